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

from bp.messages._special import log_h

_FAR = 12.0
"""Standard deviations beyond which probabilities are kept as logarithms."""
_LOG_SQRT_2PI = 0.5 * math.log(2 * math.pi)


@njit(cache=True, error_model="numpy")
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
    right, wrong, others = np.empty(units), np.empty(units), np.empty(units)
    below, above = np.empty((units + 1, units + 1)), np.empty((units + 1, units + 1))
    soft = math.exp(-beta)
    for a in range(patterns):
        far = 0.0
        for k in range(units):
            far = max(far, abs(kappa - omega[k, a]) / math.sqrt(variance[k, a]))
        if far < _FAR:
            for k in range(units):
                x = (kappa - omega[k, a]) / math.sqrt(2 * variance[k, a])
                right[k], wrong[k] = 0.5 * math.erfc(x), 0.5 * math.erfc(-x)
            z = _votes(right, wrong, below, above, others)
            weight = soft + (1 - soft) * z
            log_p[a], log_z[a] = math.log(z), math.log(weight)
            for k in range(units):
                scale = math.sqrt(variance[k, a])
                x = (kappa - omega[k, a]) / scale
                g[k, a] = (1 - soft) * others[k] * math.exp(-0.5 * x * x - _LOG_SQRT_2PI) / (scale * weight)
                gamma[k, a] = g[k, a] * (g[k, a] - x / scale)
        else:
            for k in range(units):
                x = (kappa - omega[k, a]) / math.sqrt(variance[k, a])
                right[k], wrong[k] = log_h(x), log_h(-x)
            log_p[a] = _log_votes(right, wrong, below, above, others)
            log_z[a] = log_p[a] if soft == 0.0 else _log_add(-beta, math.log1p(-soft) + log_p[a])
            for k in range(units):
                scale = math.sqrt(variance[k, a])
                x = (kappa - omega[k, a]) / scale
                log_g = others[k] - 0.5 * x * x - _LOG_SQRT_2PI - log_z[a] + math.log1p(-soft)
                g[k, a] = math.exp(log_g) / scale
                gamma[k, a] = g[k, a] * (g[k, a] - x / scale)


@njit(cache=True)
def _votes(right: Any, wrong: Any, below: Any, above: Any, others: Any) -> float:
    """Probability of a majority; `others`, for each unit, that of exactly half of the others."""
    units = len(right)
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
    total = 0.0
    for votes in range(half + 1, units + 1):
        total += below[units, votes]
    return total


@njit(cache=True)
def _log_votes(right: Any, wrong: Any, below: Any, above: Any, others: Any) -> float:
    """As `_votes`, of logarithms."""
    units = len(right)
    half = (units - 1) // 2
    below[0, 0] = above[units, 0] = 0.0
    for k in range(units):
        for votes in range(k + 2):
            lost = below[k, votes] + wrong[k] if votes <= k else -np.inf
            below[k + 1, votes] = _log_add(lost, below[k, votes - 1] + right[k] if votes else -np.inf)
    for k in range(units - 1, -1, -1):
        for votes in range(units - k + 1):
            lost = above[k + 1, votes] + wrong[k] if votes < units - k else -np.inf
            above[k, votes] = _log_add(lost, above[k + 1, votes - 1] + right[k] if votes else -np.inf)
    for k in range(units):
        others[k] = -np.inf
        for votes in range(max(0, half - (units - 1 - k)), min(k, half) + 1):
            others[k] = _log_add(others[k], below[k, votes] + above[k + 1, half - votes])
    total = -np.inf
    for votes in range(half + 1, units + 1):
        total = _log_add(total, below[units, votes])
    return total


@njit(cache=True)
def _log_add(a: float, b: float) -> float:
    larger, smaller = max(a, b), min(a, b)
    return larger if smaller == -np.inf else larger + math.log1p(math.exp(smaller - larger))
