r"""Scalar special functions for compiled kernels: Gaussian tails and intervals in the log domain.

Leaves: numbers in, numbers out. Accurate to rounding in both tails and free of overflow;
tested against scipy and mpmath.
"""

from __future__ import annotations

import math

from numba import njit

from bp.problems._intervals import Limits, count, lower, upper

_SQRT_HALF = math.sqrt(0.5)
_LOG_SQRT_2PI = 0.5 * math.log(2 * math.pi)
_ASYMPTOTIC_FROM = 30.0  # erfc is still a normal number here, and eight terms of the series reach rounding
_SLACK = 1e-12  # rounding allowed in sqrt(N) * kappa when a field sits exactly on the margin


@njit(cache=True, error_model="numpy")
def log_h(x: float) -> float:
    r""":math:`\log H(x)`, :math:`H(x) = \tfrac12\mathrm{erfc}(x/\sqrt2)`, for any real or infinite `x`."""
    if x < 0.0:
        return math.log1p(-0.5 * math.erfc(-x * _SQRT_HALF))
    if x < _ASYMPTOTIC_FROM:
        return math.log(0.5 * math.erfc(x * _SQRT_HALF))
    if x == math.inf:
        return -math.inf
    r = 1.0 / (x * x)
    series = 1.0
    for odd in range(15, 0, -2):
        series = 1.0 - odd * r * series
    return -0.5 * x * x - math.log(x) - _LOG_SQRT_2PI + math.log(series)


@njit(cache=True, error_model="numpy")
def log_interval(a: float, b: float) -> float:
    r""":math:`\log[H(a) - H(b)]`, the log-probability that a standard normal lies in [a, b], for `a` < `b`."""
    if a + b < 0.0:
        a, b = -b, -a
    if b == math.inf:
        return log_h(a)
    if a > 0.0:
        near = log_h(a)
        return near + math.log(-math.expm1(log_h(b) - near))
    if b < 1.0:
        return math.log(0.5 * (math.erf(b * _SQRT_HALF) + math.erf(-a * _SQRT_HALF)))
    return math.log1p(-0.5 * (math.erfc(-a * _SQRT_HALF) + math.erfc(b * _SQRT_HALF)))


@njit(cache=True, error_model="numpy")
def log_soft(log_p: float, beta: float) -> float:
    r""":math:`\log[e^{-\beta} + (1 - e^{-\beta})P]` from :math:`\log P`."""
    if beta == math.inf:
        return log_p
    if beta == 0.0 or log_p >= 0.0:
        return 0.0
    hard = log_p + math.log(-math.expm1(-beta))
    if hard > -beta:
        return hard + math.log1p(math.exp(-beta - hard))
    return -beta + math.log1p(math.exp(hard + beta))


@njit(cache=True, error_model="numpy")
def log_factor(mean: float, variance: float, limits: Limits, beta: float) -> float:
    r"""Log-weight of a pattern whose field is Gaussian, allowed in the intervals `limits`, at `beta`.

    :math:`\log[e^{-\beta} + (1-e^{-\beta}) P]`, :math:`P = \sum_k[H((l_k-\omega)/\sqrt V) - H((u_k-\omega)/\sqrt V)]`.
    At zero variance `P` is 1 in an interval (ends included, up to rounding) and 0 outside.
    """
    if variance > 0.0:
        std = math.sqrt(variance)
        log_p = log_interval((lower(limits, 0) - mean) / std, (upper(limits, 0) - mean) / std)
        for k in range(1, count(limits)):
            log_p = _log_add(log_p, log_interval((lower(limits, k) - mean) / std, (upper(limits, k) - mean) / std))
        return log_soft(log_p, beta)
    slack = _SLACK * max(1.0, abs(mean))
    for k in range(count(limits)):
        if lower(limits, k) - slack <= mean <= upper(limits, k) + slack:
            return 0.0
    return -beta


@njit(cache=True, error_model="numpy")
def _log_add(one: float, other: float) -> float:
    """Logarithm of the sum of two probabilities of disjoint events: at most 0, also after rounding."""
    large, small = max(one, other), min(one, other)
    if small == -math.inf:
        return large
    return min(large + math.log1p(math.exp(small - large)), 0.0)


@njit(cache=True, error_model="numpy")
def log_cosh(x: float) -> float:
    r""":math:`\log\cosh x` without overflow."""
    x = abs(x)
    return x + math.log1p(math.exp(-2.0 * x)) - math.log(2.0)
