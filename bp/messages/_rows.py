"""Compiled pieces that the messages of one pattern (a row) share, Gaussian or exact."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from bp.messages._special import log_cosh
from replica_theory.typing import Array, Real

BLOCK_ROWS = 16
LANES = 16  # independent partial sums, so that the compiler may use vector registers
FIELD_MAX = 1000.0  # a hard message: e^(-2 eta) is 0 in double precision even against other fields; sums stay finite
SMALL = 0.4  # where the rational tanh and the Taylor series below are exact to rounding
_FACTORS = 1024  # so many within e^(+-SMALL) cannot overflow a product


@njit(cache=True, error_model="numpy")
def field_from_logs(log_plus: float, log_minus: float) -> float:
    """Half the log-ratio of two weights, kept within FIELD_MAX; 0 if both vanish."""
    if log_plus == log_minus:
        return 0.0
    return min(max(0.5 * (log_plus - log_minus), -FIELD_MAX), FIELD_MAX)


@njit(cache=True, error_model="numpy")
def sech2(x: float) -> float:
    """1 - tanh(x)^2 without cancellation."""
    e = math.exp(-2.0 * abs(x))
    return 4.0 * e / ((1.0 + e) * (1.0 + e))


@njit(cache=True, error_model="numpy")
def squares(fields: Array, out: Real) -> None:
    """1 - tanh(fields)^2."""
    for i in range(fields.size):
        out[i] = sech2(fields[i])


@njit(cache=True, error_model="numpy")
def store(eta: Real, new: Real, damping: float, sums: Real, change: Real) -> None:
    """Damp the new messages into `eta`; account for them in column sums and largest changes; leave moves in `new`."""
    keep = eta.dtype.type(1.0 - damping)
    for i in range(eta.size):
        delta = new[i] - eta[i]
        move = keep * delta
        value = eta[i] + move
        new[i] = move
        eta[i] = value
        sums[i] += value
        delta = abs(delta)
        change[i] = delta if delta > change[i] else change[i]


@njit(cache=True, nogil=True, error_model="numpy")
def edge_terms(first: int, last: int, eta: Real, total: Array, m: Real, bounds: Array, terms: Array) -> None:
    r"""Per row from `first` to `last`, :math:`\sum_i[\log\cosh(H_i - \eta_i) - \log\cosh H_i]` into `terms` (P,)."""
    for a in range(first, last):
        terms[a] = edge_term_of(eta[a], total, m, bounds[a])


@njit(cache=True, error_model="numpy")
def edge_term_of(eta: Real, total: Array, m: Real, bound: float) -> float:
    r"""Term of one row: :math:`\log\prod_i(\cosh\eta_i - m_i\sinh\eta_i)` where messages are small.

    The factors are positive, so that many of them share a logarithm without loss of digits.
    """
    term, n = 0.0, eta.size
    if not bound < SMALL:
        for i in range(n):
            term += log_cosh(total[i] - eta[i]) - log_cosh(total[i])
        return term
    factor = np.empty(_FACTORS)
    for start in range(0, n, _FACTORS):
        size = min(_FACTORS, n - start)
        for i in range(size):
            factor[i] = _tilt(float(eta[start + i]), float(m[start + i]))
        while size > LANES:
            half = (size + 1) // 2
            for i in range(size - half):
                factor[i] *= factor[half + i]
            size = half
        term += math.log(np.prod(factor[:size]))
    return term


@njit(cache=True, error_model="numpy")
def _tilt(x: float, m: float) -> float:
    """cosh(x) - m sinh(x) for small x, by Taylor series."""
    y = x * x
    even = y * (1 / 24 + y * (1 / 720 + y * (1 / 40320 + y * (1 / 3628800 + y * (1 / 479001600)))))
    odd = 1 / 6 + y * (1 / 120 + y * (1 / 5040 + y * (1 / 362880 + y * (1 / 39916800 + y * (1 / 6227020800)))))
    return 1.0 + y * (0.5 + even) - m * (x + x * y * odd)


def block_count(n_patterns: int) -> int:
    """Number of row blocks of a sweep."""
    return -(-n_patterns // BLOCK_ROWS)
