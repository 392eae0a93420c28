r"""Compiled sweeps of belief propagation on the edges of a committee machine. Leaves, as `bp.messages._gaussian`.

Given a pattern the units are independent. With :math:`D_k` the probability that exactly half of the other units are
right and :math:`M_k` that more are, the weight of a pattern is
:math:`e^{-\beta}+(1-e^{-\beta})(M_k+D_kp_k)`: unit `k` is a perceptron at the inverse temperature

.. math:: \beta_k = \log\Big[1 + \frac{(1-e^{-\beta})D_k}{e^{-\beta}+(1-e^{-\beta})M_k}\Big],

and takes the messages of one. A single unit has :math:`D = 1`, :math:`M = 0` and :math:`\beta_k=\beta`.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from bp.messages._committee import log_votes
from bp.messages._exact import exact_row, odds
from bp.messages._gaussian import NODES, gaussian_moments, gaussian_row
from bp.messages._rows import BLOCK_ROWS, edge_term_of, sech2, store
from bp.messages._special import log_factor, log_soft


class Machine(NamedTuple):
    """What a pattern asks of a machine.

    Attributes
    ----------
    xi : (P, n) or, for a tree, (P, N)
        Patterns times labels, int8 or float64.
    units : int
    beta : float
    exact : bool
        Whether the sums of a unit are convolved, or taken as Gaussian.
    least : float
        Least sum at which a unit is right, for Gaussian ones.
    accepted : (2n + 1,)
        Whether a unit is right at each sum, 1 or 0, for exact ones.
    fast : bool
    rule : array
        As for `bp.messages._gaussian.gaussian_sweep`.
    """

    xi: Any
    units: int
    beta: float
    exact: bool
    least: float
    accepted: Any
    fast: bool
    rule: Any


@njit(cache=True, nogil=True, error_model="numpy")
def committee_sweep(
    first: int,
    last: int,
    machine: Any,
    eta: Any,
    total: Any,
    m: Any,
    v: Any,
    bounds: Any,
    damping: float,
    log_p: Any,
    sums: Any,
    change: Any,
) -> None:
    """One parallel sweep over some blocks of rows, as `bp.messages._gaussian.gaussian_sweep`; `bounds` are (P, K)."""
    space = _space(machine, eta)
    largest = np.empty(eta.shape[1], eta.dtype)
    for block in range(first, last):
        sums[block] = 0.0
        largest[:] = 0.0
        for a in range(block * BLOCK_ROWS, min((block + 1) * BLOCK_ROWS, len(eta))):
            log_p[a] = _votes(a, machine, eta, total, m, v, bounds, space)
            _answers(a, machine, eta, total, bounds, damping, space)
            store(eta[a], space[0].ravel(), damping, sums[block], largest)
        change[block] = np.max(largest)


@njit(cache=True, error_model="numpy")
def committee_sequence(
    order: Any,
    machine: Any,
    eta: Any,
    total: Any,
    m: Any,
    v: Any,
    bounds: Any,
    damping: float,
    log_p: Any,
    sums: Any,
) -> float:
    """One sequential sweep, pattern by pattern in an order; `total`, `m` and `v` follow. Returns the largest change."""
    space = _space(machine, eta)
    new, largest = space[0].ravel(), np.zeros(eta.shape[1], eta.dtype)
    sums[:] = 0.0
    for a in order:
        log_p[a] = _votes(a, machine, eta, total, m, v, bounds, space)
        _answers(a, machine, eta, total, bounds, damping, space)
        store(eta[a], new, damping, sums[0], largest)
        for i in range(len(total)):
            total[i] += new[i]
            m[i], v[i] = math.tanh(total[i]), sech2(total[i])
    return float(np.max(largest))


@njit(cache=True, nogil=True, error_model="numpy")
def committee_measure(
    first: int, last: int, machine: Any, eta: Any, total: Any, m: Any, v: Any, bounds: Any, log_p: Any, terms: Any
) -> None:
    """Log-probability that patterns are satisfied, and `edge_terms`, of the messages as they are; some rows."""
    space = _space(machine, eta)
    for a in range(first, last):
        log_p[a] = _votes(a, machine, eta, total, m, v, bounds, space)
        terms[a] = edge_term_of(eta[a], total, m, np.max(bounds[a]))


@njit(cache=True)
def _space(machine: Any, eta: Any) -> Any:
    """Room for one pattern: new messages, what their row needs, moments, probabilities, and tables of votes."""
    units = machine.units
    n = eta.shape[1] // units
    new, rest = np.empty((units, n), eta.dtype), np.empty((units, n), eta.dtype)
    moments, chances = np.empty((units, 2)), np.empty((4, units))
    below, above = np.empty((units + 1, units + 1)), np.empty((units + 1, units + 1))
    size = n + 1 if machine.exact else 1
    return new, rest, moments, chances, (below, above), np.empty((size, size)), np.empty(size), np.empty(NODES)


@njit(cache=True, error_model="numpy")
def _votes(a: int, machine: Any, eta: Any, total: Any, m: Any, v: Any, bounds: Any, space: Any) -> float:
    """Moments and chances of the units; the log-probability that a majority is right."""
    new, rest, moments, chances, tables, _, forward, _ = space
    n = new.shape[1]
    tree = machine.xi.shape[1] > n
    for k in range(machine.units):
        start = k * n
        xi = machine.xi[a, start : start + n] if tree else machine.xi[a]
        row = (xi, eta[a, start : start + n], total[start : start + n])
        if machine.exact:
            chances[0, k], chances[1, k] = _exact_chances(*row, machine.accepted, forward)
            continue
        part = (m[start : start + n], v[start : start + n], bounds[a, k], machine.fast)
        omega, variance = gaussian_moments(*row, *part, rest[k], new[k])
        moments[k, 0], moments[k, 1] = omega, variance
        right = log_factor(omega, variance, (machine.least, math.inf), math.inf)
        wrong = log_factor(-omega, variance, (-machine.least, math.inf), math.inf)
        if not variance > 0.0:
            wrong = -math.inf if right == 0.0 else 0.0
        chances[0, k], chances[1, k] = right, wrong
    return float(log_votes(chances[0], chances[1], tables, chances[2], chances[3]))


@njit(cache=True, error_model="numpy")
def _answers(a: int, machine: Any, eta: Any, total: Any, bounds: Any, damping: float, space: Any) -> None:
    """New messages of a pattern to all units, each by its own inverse temperature."""
    new, rest, moments, chances, _, table, forward, coef = space
    n = new.shape[1]
    tree = machine.xi.shape[1] > n
    for k in range(machine.units):
        start = k * n
        xi = machine.xi[a, start : start + n] if tree else machine.xi[a]
        row = (xi, eta[a, start : start + n], total[start : start + n])
        beta = _temperature(chances[2, k], chances[3, k], machine.beta)
        if machine.exact:
            exact_row(*row, machine.accepted, beta, table, forward, new[k])
            continue
        limits = (machine.least, math.inf)
        tools = (machine.fast, machine.rule, coef, rest[k], new[k])
        bound = gaussian_row(*row, moments[k, 0], moments[k, 1], limits, beta, *tools)
        bounds[a, k] = damping * bounds[a, k] + (1.0 - damping) * bound


@njit(cache=True, error_model="numpy")
def _temperature(log_half: float, log_more: float, beta: float) -> float:
    r"""The inverse temperature :math:`\beta_k` of a unit among the others."""
    hard = math.log(-math.expm1(-beta)) if beta > 0.0 else -math.inf
    ratio = hard + log_half - log_soft(log_more, beta)
    if math.isnan(ratio) or ratio == -math.inf:
        return 0.0
    return ratio + math.log1p(math.exp(-ratio)) if ratio > 0.0 else math.log1p(math.exp(ratio))


@njit(cache=True, error_model="numpy")
def _exact_chances(xi: Any, eta: Any, total: Any, accepted: Any, forward: Any) -> tuple[float, float]:
    """Log-probabilities that a unit is right and wrong, by the exact law of its sum."""
    size = 0
    forward[:] = 0.0
    forward[0] = 1.0
    for i in range(xi.size):
        if xi[i] != 0:
            p, q = odds(xi[i] * (total[i] - eta[i]))
            size += 1
            for k in range(size, 0, -1):
                forward[k] = q * forward[k] + p * forward[k - 1]
            forward[0] *= q
    right, wrong = 0.0, 0.0
    for k in range(size + 1):
        share = accepted[xi.size + 2 * k - size]
        right += forward[k] * share
        wrong += forward[k] * (1.0 - share)
    if wrong < 0.5:
        return math.log1p(-wrong), math.log(wrong)
    return math.log(right), math.log1p(-right)
