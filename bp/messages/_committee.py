r"""The output of a committee machine, compiled: the probability that a majority of Gaussian units is right.

With :math:`p_k` the probability that unit `k` is right, :math:`Z` that a majority is, and :math:`D_k` that of the other
units exactly (K-1)/2 are, :math:`\partial_{p_k}Z = D_k`. Numbers of right units below and above a unit are convolved
from both ends, in probabilities, or in their logarithms where these would leave the range of floating-point numbers.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from bp.messages._special import log_soft

_FAR = 12.0
"""Standard deviations that a unit may be wrong by until its probabilities are scaled."""
_RANGE = 1200.0
"""Squared deviations of all the units that a majority takes, up to which products of probabilities are normal."""
_LANES = 64
"""Patterns done side by side."""
_SERIES, _LEVELS = 3.0, 40
"""From where the tail is a continued fraction, and its depth."""
_LOG_SQRT_2PI = 0.5 * math.log(2 * math.pi)
_SQRT_HALF = math.sqrt(0.5)


@njit(cache=True, nogil=True, error_model="numpy")
def channel(omega: Any, variance: Any, kappa: float, beta: float, log_z: Any, log_p: Any, g: Any, gamma: Any) -> None:
    r"""Log-weights of the patterns, their derivatives by the means of the units, and minus the second ones.

    Parameters
    ----------
    omega, variance : (K, P)
        Mean and variance of the stability of each unit.
    kappa, beta : float
    log_z, log_p : (P,)
        Log-weight at `beta`, and log-probability that the pattern is satisfied.
    g, gamma : (K, P)
    """
    units, patterns = omega.shape
    shape = (units, _LANES)
    x, std, hazards, right, wrong = np.empty(shape), np.empty(shape), np.empty(shape), np.empty(shape), np.empty(shape)
    below = np.empty((units + 1, units // 2 + 1, _LANES))
    space = right, wrong, below, np.empty_like(below), np.empty(_LANES), np.empty(_LANES)
    weights = np.empty(units), np.empty(units), np.empty(units), np.empty(units)
    tables = np.empty((units + 1, units + 1)), np.empty((units + 1, units + 1))
    own = np.empty(units), np.empty(units)
    hard, near = -math.expm1(-beta), min(_FAR, math.sqrt(_RANGE / (units + 1)))
    for start in range(0, patterns, _LANES):
        size = min(_LANES, patterns - start)
        for k in range(units):
            for j in range(size):
                std[k, j] = math.sqrt(variance[k, start + j])
                x[k, j] = (kappa - omega[k, start + j]) / std[k, j]
        _near(x, size, space, hazards)
        for j in range(size):
            a, far = start + j, x[0, j]
            log_p[a] = math.log(space[5][j]) if space[4][j] > 0.5 else math.log1p(-space[4][j])
            for k in range(1, units):
                far = max(far, x[k, j])
            if not far < near:
                own[0][:] = x[:, j]
                log_p[a] = _far(own[0], weights, tables, own[1])
                hazards[:, j] = own[1]
            log_z[a] = log_soft(log_p[a], beta)
            share = hard * math.exp(log_p[a] - log_z[a])
            for k in range(units):
                g[k, a] = share * hazards[k, j] / std[k, j]
                gamma[k, a] = g[k, a] * (g[k, a] - x[k, j] / std[k, j])


@njit(cache=True, error_model="numpy")
def _near(x: Any, size: int, space: Any, hazards: Any) -> None:
    r"""Probabilities of too few votes and of a majority; derivatives of its logarithm by :math:`-x_k` into `hazards`.

    For `size` patterns side by side. Votes are counted up to half of the others: a majority is there with the first
    unit that is right after exactly half.
    """
    right, wrong, below, above, lost, total = space
    units, half = len(x), len(x) // 2
    for k in range(units):
        for j in range(size):
            small = 0.5 * math.erfc(abs(x[k, j]) * _SQRT_HALF)
            up = x[k, j] > 0.0
            right[k, j], wrong[k, j] = small if up else 1.0 - small, 1.0 - small if up else small
    below[0], above[units] = 0.0, 0.0
    below[0, 0], above[units, 0] = 1.0, 1.0
    for k in range(units):
        _vote(below[k], right[k], wrong[k], size, below[k + 1])
    for k in range(units - 1, 0, -1):
        _vote(above[k + 1], right[k], wrong[k], size, above[k])
    total[:], lost[:] = 0.0, 0.0
    for k in range(units):
        for j in range(size):
            total[j] += below[k, half, j] * right[k, j]
    for votes in range(half + 1):
        for j in range(size):
            lost[j] += below[units, votes, j]
    for k in range(units):
        hazards[k, :size] = 0.0
        for votes in range(half + 1):
            for j in range(size):
                hazards[k, j] += below[k, votes, j] * above[k + 1, half - votes, j]
        for j in range(size):
            hazards[k, j] *= math.exp(-0.5 * x[k, j] * x[k, j] - _LOG_SQRT_2PI) / total[j]


@njit(cache=True, error_model="numpy")
def _vote(before: Any, right: Any, wrong: Any, size: int, after: Any) -> None:
    """Probabilities of numbers of votes with one more unit."""
    for votes in range(len(before)):
        if votes:
            for j in range(size):
                after[votes, j] = before[votes, j] * wrong[j] + before[votes - 1, j] * right[j]
        else:
            for j in range(size):
                after[0, j] = before[0, j] * wrong[j]


@njit(cache=True, error_model="numpy")
def _far(x: Any, weights: Any, tables: Any, hazards: Any) -> float:
    r"""Log-probability of a majority, and its derivatives, where probabilities may leave the range of numbers.

    Tails are kept without their factor :math:`e^{e_k}`, :math:`e_k = -x_k^2/2`, and votes are weighed by
    :math:`e^{-c}`, with `c` the exponent of the last unit that a majority needs, so that the largest terms are of order
    one. Nothing is a difference of large exponents but :math:`e_k - c`.
    """
    right, wrong, others, exponents = weights
    units = len(x)
    need = units // 2 + 1
    for k in range(units):
        exponents[k] = -0.5 * x[k] * x[k] if x[k] > 0.0 else 0.0
    tilt = np.sort(exponents)[units - need]
    last = max(0.0, np.sort(x)[need - 1])
    offset = need * tilt
    for k in range(units):
        wrong[k] = 0.5 * math.erfc(-x[k] * _SQRT_HALF)
        right[k] = _scaled_tail(x[k]) if x[k] > 0.0 else 0.5 * math.erfc(x[k] * _SQRT_HALF)
        ahead = 0.5 * (last - max(x[k], 0.0)) * (last + max(x[k], 0.0))
        if ahead > 0.0:
            offset += ahead
            wrong[k] *= math.exp(-ahead)
        else:
            right[k] *= math.exp(ahead)
    _votes(right, wrong, tables, others)
    total = 0.0
    for votes in range(need, units + 1):
        total += tables[0][units, votes] * math.exp(tilt * (votes - need))
    for k in range(units):
        ahead = 0.5 * (last - max(x[k], 0.0)) * (last + max(x[k], 0.0))
        power = min(ahead, 0.0) if x[k] > 0.0 else -0.5 * x[k] * x[k] - (0.0 if ahead > 0.0 else tilt)
        hazards[k] = others[k] * math.exp(power - _LOG_SQRT_2PI) / total
    return float(offset + math.log(total))


@njit(cache=True, error_model="numpy")
def _scaled_tail(x: float) -> float:
    r""":math:`H(x)e^{x^2/2}` for `x` > 0."""
    if x < _SERIES:
        return 0.5 * math.erfc(x * _SQRT_HALF) * math.exp(0.5 * x * x)
    fraction = x
    for level in range(_LEVELS, 0, -1):
        fraction = x + level / fraction
    return math.exp(-_LOG_SQRT_2PI) / fraction


@njit(cache=True, error_model="numpy")
def _votes(right: Any, wrong: Any, tables: Any, others: Any) -> None:
    """Weights of each number of votes among the first units, and among the last; of half of the others, for each."""
    units, (below, above) = len(right), tables
    half = (units - 1) // 2
    below[0, 0] = above[units, 0] = 1.0
    for k in range(units):
        for votes in range(k + 2):
            lost = below[k, votes] * wrong[k] if votes <= k else 0.0
            below[k + 1, votes] = lost + (below[k, votes - 1] * right[k] if votes else 0.0)
    for k in range(units - 1, -1, -1):
        for votes in range(units - k + 1):
            lost = above[k + 1, votes] * wrong[k] if votes < units - k else 0.0
            above[k, votes] = lost + (above[k + 1, votes - 1] * right[k] if votes else 0.0)
    for k in range(units):
        others[k] = 0.0
        for votes in range(max(0, half - (units - 1 - k)), min(k, half) + 1):
            others[k] += below[k, votes] * above[k + 1, half - votes]


@njit(cache=True, error_model="numpy")
def log_votes(right: Any, wrong: Any, tables: Any, half: Any, more: Any) -> float:
    """Log-probability of a majority, from those of the units.

    `half` and `more`: that exactly half, or more, of the others are right, for each unit.
    """
    units, (below, above) = len(right), tables
    pivot = (units - 1) // 2
    below[:], above[:] = -np.inf, -np.inf
    below[0, 0] = above[units, 0] = 0.0
    for k in range(units):
        for votes in range(k + 1):
            below[k + 1, votes] = _log_add(below[k + 1, votes], below[k, votes] + wrong[k])
            below[k + 1, votes + 1] = below[k, votes] + right[k]
    for k in range(units - 1, -1, -1):
        for votes in range(units - k):
            above[k, votes] = _log_add(above[k, votes], above[k + 1, votes] + wrong[k])
            above[k, votes + 1] = above[k + 1, votes] + right[k]
    for k in range(units):
        half[k], more[k] = -np.inf, -np.inf
        for first in range(k + 1):
            for last in range(max(pivot - first, 0), units - k):
                both = below[k, first] + above[k + 1, last]
                if first + last == pivot:
                    half[k] = _log_add(half[k], both)
                else:
                    more[k] = _log_add(more[k], both)
    total = -np.inf
    for votes in range(pivot + 1, units + 1):
        total = _log_add(total, below[units, votes])
    return min(total, 0.0)


@njit(cache=True, error_model="numpy")
def _log_add(a: float, b: float) -> float:
    larger, smaller = max(a, b), min(a, b)
    return larger if smaller == -np.inf else larger + math.log1p(math.exp(smaller - larger))
