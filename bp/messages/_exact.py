"""Compiled exact messages of a pattern, by convolution over the other weights."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bp.messages._rows import BLOCK_ROWS, field_from_logs, store
from bp.messages._special import log_soft
from replica_theory.typing import Array, Real


@njit(cache=True, error_model="numpy")
def exact_row(
    xi: NDArray[Any],
    eta: Array,
    total: Array,
    accepted: Array,
    beta: float,
    table: Array,
    forward: Array,
    new: Array,
) -> float:
    r"""Messages of one row with entries in {-1, 0, 1} by transfer matrices; returns the log-probability of the row.

    ``accepted[N + s]`` is the probability that a pattern of sum `s` is satisfied (1 or 0 if the constraint is hard),
    ``table[j, k]`` is the probability that the row is satisfied when `k` of its first `j` non-zero terms
    :math:`\xi_iW_i` are positive; ``forward[k]`` the probability of that `k`. All terms are positive: nothing cancels.
    """
    size = 0
    for i in range(xi.size):
        size += xi[i] != 0
    for k in range(size + 1):
        table[size, k] = accepted[xi.size + 2 * k - size]
    j = size
    for i in range(xi.size - 1, -1, -1):
        if xi[i] != 0:
            p, q = odds(xi[i] * (total[i] - eta[i]))
            table[j - 1, :j] = p * table[j, 1 : j + 1] + q * table[j, :j]
            j -= 1
    forward[:] = 0.0
    forward[0] = 1.0
    for i in range(xi.size):
        new[i] = 0.0
        if xi[i] != 0:
            p, q = odds(xi[i] * (total[i] - eta[i]))
            plus, minus = 0.0, 0.0
            for k in range(j + 1):
                plus += forward[k] * table[j + 1, k + 1]
                minus += forward[k] * table[j + 1, k]
            new[i] = xi[i] * field_from_logs(log_soft(_log(plus), beta), log_soft(_log(minus), beta))
            j += 1
            for k in range(j, 0, -1):
                forward[k] = q * forward[k] + p * forward[k - 1]
            forward[0] *= q
    return _log(table[0, 0])


@njit(cache=True, error_model="numpy")
def odds(x: float) -> tuple[float, float]:
    """Probabilities of +1 and -1 at field x, each to full relative accuracy."""
    e = math.exp(-2.0 * abs(x))
    near, far = 1.0 / (1.0 + e), e / (1.0 + e)
    return (near, far) if x > 0 else (far, near)


@njit(cache=True, error_model="numpy")
def _log(p: float) -> float:
    return math.log(p) if p > 0.0 else -math.inf


@njit(cache=True, nogil=True, error_model="numpy")
def exact_sweep(
    first: int,
    last: int,
    xi: NDArray[Any],
    eta: Real,
    total: Array,
    accepted: Array,
    beta: float,
    damping: float,
    log_p: Array,
    sums: Real,
    change: Array,
) -> None:
    """One parallel sweep of BP with exact messages; as `gaussian_sweep`, with entries of `xi` in {-1, 0, 1}.

    `accepted` (2N + 1,) is the probability that a pattern is satisfied at each sum from -N to N.
    """
    n = xi.shape[1]
    table, forward = np.empty((n + 1, n + 1)), np.empty(n + 1)
    new, largest = np.empty(n, eta.dtype), np.empty(n, eta.dtype)
    for block in range(first, last):
        sums[block] = 0.0
        largest[:] = 0.0
        for a in range(block * BLOCK_ROWS, min((block + 1) * BLOCK_ROWS, xi.shape[0])):
            log_p[a] = exact_row(xi[a], eta[a], total, accepted, beta, table, forward, new)
            store(eta[a], new, damping, sums[block], largest)
        change[block] = np.max(largest)


@njit(cache=True, error_model="numpy")
def exact_sequence(
    order: NDArray[np.int64],
    xi: NDArray[Any],
    eta: Real,
    total: Array,
    accepted: Array,
    beta: float,
    damping: float,
    log_p: Array,
    sums: Real,
) -> float:
    """One sequential sweep with exact messages; as `gaussian_sequence`."""
    n = xi.shape[1]
    sums[:] = 0.0
    table, forward = np.empty((n + 1, n + 1)), np.empty(n + 1)
    new, largest = np.empty(n, eta.dtype), np.zeros(n, eta.dtype)
    for a in order:
        log_p[a] = exact_row(xi[a], eta[a], total, accepted, beta, table, forward, new)
        store(eta[a], new, damping, sums[0], largest)
        total += new
    return float(np.max(largest))
