r"""Compiled sweeps of belief propagation on edge messages. Leaves: plain arrays in, preallocated arrays out.

A message from pattern `a` to weight `i` is kept as a field :math:`\eta_{ai} = \mathrm{atanh}\,u_{ai}`, so that fields
add, :math:`H_i = \theta_i + \sum_a\eta_{ai}`, and the cavity magnetisation :math:`h = \tanh(H_i - \eta_{ai})` loses no
digits at saturation. With :math:`\ell` the log-weight of `bp._special.log_factor`, fields and bounds in units where
the field is :math:`\xi\cdot W` (bounds times :math:`\sqrt N`), :math:`\omega = \sum_i\xi_i h_i` and
:math:`V = \sum_i\xi_i^2(1-h_i^2)`,

.. math:: \eta_i = \tfrac12\big[\ell(\omega - \xi_i h_i + \xi_i, V_i) - \ell(\omega - \xi_i h_i - \xi_i, V_i)\big],
   \qquad V_i = V - \xi_i^2(1-h_i^2).

For ±1 patterns every message of a row is the same smooth function of one variable,
:math:`\eta_i = \xi_i f(\xi_i h_i)`, so a row needs `f` at a few Chebyshev nodes of [-1, 1] only and a polynomial per
edge. The row falls back on the formula above when the last coefficients of `f` are not at rounding level.

Rows are dealt out in blocks of fixed size, each with its own partial column sums, which the caller adds in order: the
result does not depend on the number of threads.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from bp._special import log_cosh, log_factor, log_soft

Array = NDArray[np.float64]

BLOCK_ROWS = 16
LANES = 8  # independent partial sums, so that the compiler may use vector registers
NODES = 12
FIELD_MAX = 1000.0  # a hard message: e^(-2 eta) is 0 in double precision even against other fields; sums stay finite
_PADE_MAX = 0.4  # where the rational tanh below is exact to rounding
_MIN_VARIANCE = 8.0  # below, f is too steep for NODES coefficients: do not try
_TOP = 0.5 ** (NODES - 2)  # Chebyshev over monomial coefficient of the highest degree
_TAIL = 1e-15  # size of the last coefficient of f, relative to the scale of log-weights, at which f is resolved


@njit(cache=True, error_model="numpy")
def field_from_logs(log_plus: float, log_minus: float) -> float:
    """Half the log-ratio of two weights, kept within FIELD_MAX; 0 if both vanish."""
    if log_plus == log_minus:
        return 0.0
    return min(max(0.5 * (log_plus - log_minus), -FIELD_MAX), FIELD_MAX)


@njit(cache=True, error_model="numpy")
def _sech2(x: float) -> float:
    """1 - tanh(x)^2 without cancellation."""
    e = math.exp(-2.0 * abs(x))
    return 4.0 * e / ((1.0 + e) * (1.0 + e))


@njit(cache=True, error_model="numpy")
def _row_direct(
    xi: NDArray[Any], eta: Array, total: Array, lower: float, upper: float, beta: float, new: Array
) -> tuple[float, float, float]:
    """Messages of one row by the defining formula; returns its mean, variance and largest new message."""
    omega, variance = 0.0, 0.0
    for i in range(xi.size):
        omega += xi[i] * math.tanh(total[i] - eta[i])
        variance += xi[i] * xi[i] * _sech2(total[i] - eta[i])
    bound = 0.0
    for i in range(xi.size):
        x = float(xi[i])
        mean = omega - x * math.tanh(total[i] - eta[i])
        rest = max(variance - x * x * _sech2(total[i] - eta[i]), 0.0)
        plus = log_factor(mean + x, rest, lower, upper, beta)
        minus = log_factor(mean - x, rest, lower, upper, beta)
        new[i] = field_from_logs(plus, minus)
        bound = max(bound, abs(new[i]))
    return omega, variance, bound


@njit(cache=True, error_model="numpy")
def _row_moments(xi: NDArray[Any], eta: Array, m: Array, aligned: Array) -> tuple[float, float]:
    r"""Mean and variance of the field of a ±1 row; leaves :math:`\xi_i h_i` in `aligned`. For small messages only.

    :math:`h = (m - t)/(1 - mt)` with :math:`t = \tanh\eta` a convergent of its continued fraction.
    """
    n = xi.size
    for i in range(n):
        x = eta[i]
        y = x * x
        p = x * (135135.0 + y * (17325.0 + y * (378.0 + y)))
        q = 135135.0 + y * (62370.0 + y * (3150.0 + 28.0 * y))
        aligned[i] = xi[i] * ((m[i] * q - p) / (q - m[i] * p))
    omega, square = np.zeros(LANES), np.zeros(LANES)
    whole = n - n % LANES
    for i in range(0, whole, LANES):
        for lane in range(LANES):
            k = aligned[i + lane]
            omega[lane] += k
            square[lane] += 1.0 - k * k
    for i in range(whole, n):
        omega[0] += aligned[i]
        square[0] += 1.0 - aligned[i] * aligned[i]
    return np.sum(omega), np.sum(square)


@njit(cache=True, error_model="numpy")
def _row_polynomial(
    omega: float, variance: float, lower: float, upper: float, beta: float, rule: Array, coef: Array
) -> float:
    """Coefficients of `f` for a ±1 row; returns the bound sum |coef|, or inf if `f` is not resolved."""
    if not variance > _MIN_VARIANCE:
        return math.inf
    coef[:] = 0.0
    scale = 1.0
    for j in range(NODES):
        k = rule[NODES, j]
        rest = variance - 1.0 + k * k
        plus = log_factor(omega - k + 1.0, rest, lower, upper, beta)
        minus = log_factor(omega - k - 1.0, rest, lower, upper, beta)
        scale = max(scale, abs(plus), abs(minus))
        coef += rule[:NODES, j] * (0.5 * (plus - minus))
    last, before = abs(coef[NODES - 1]) * _TOP, abs(coef[NODES - 2]) * (2.0 * _TOP)
    if last <= _TAIL * scale and before <= 5.0 * _TAIL * scale:
        return float(np.sum(np.abs(coef)))
    return math.inf


@njit(cache=True, error_model="numpy")
def _row_evaluate(xi: NDArray[Any], aligned: Array, coef: Array) -> None:
    """Replace `aligned` by the messages xi * f(aligned)."""
    c0, c1, c2, c3, c4, c5 = coef[0], coef[1], coef[2], coef[3], coef[4], coef[5]
    c6, c7, c8, c9, c10, c11 = coef[6], coef[7], coef[8], coef[9], coef[10], coef[11]
    for i in range(xi.size):
        k = aligned[i]
        high = c6 + k * (c7 + k * (c8 + k * (c9 + k * (c10 + k * c11))))
        aligned[i] = xi[i] * (c0 + k * (c1 + k * (c2 + k * (c3 + k * (c4 + k * (c5 + k * high))))))


@njit(cache=True, error_model="numpy")
def _store(eta: Array, new: Array, damping: float, sums: Array, change: Array) -> None:
    """Damp the new messages into `eta`, and account for them in the column sums and largest changes."""
    for i in range(eta.size):
        delta = new[i] - eta[i]
        value = eta[i] + (1.0 - damping) * delta
        eta[i] = value
        sums[i] += value
        delta = abs(delta)
        change[i] = delta if delta > change[i] else change[i]


@njit(cache=True, parallel=True, error_model="numpy")
def gaussian_sweep(
    xi: NDArray[Any],
    eta: Array,
    total: Array,
    m: Array,
    bounds: Array,
    lower: float,
    upper: float,
    beta: float,
    damping: float,
    fast: bool,
    rule: Array,
    log_p: Array,
    sums: Array,
    change: Array,
    work: Array,
) -> None:
    r"""One parallel sweep of Gaussian-cavity BP over all edges.

    Parameters
    ----------
    xi : array, shape (P, N), int8 or float64
    eta : array, shape (P, N)
        Message fields, replaced by ``damping * old + (1 - damping) * new``.
    total, m : arrays, shape (N,)
        Total fields :math:`H_i` and their hyperbolic tangents.
    bounds : array, shape (P,)
        Upper bounds of ``|eta|`` on each row, updated.
    lower, upper, beta, damping : float
        Interval in units of :math:`\xi\cdot W`, inverse temperature, weight of the old message.
    fast : bool
        Use the polynomial of a row where it applies (needs entries ±1).
    rule : array, shape (NODES + 1, NODES)
        From `chebyshev_rule`.
    log_p : array, shape (P,)
        Out: log-probability that each pattern is satisfied, of the messages before the sweep.
    sums, change, work : arrays, shape (`block_count`, N)
        Out: column sums of the new messages and largest undamped change, per block; scratch.
    """
    for block in prange(sums.shape[0]):
        sums[block] = 0.0
        change[block] = 0.0
        coef = np.empty(NODES)
        new = work[block]
        for a in range(block * BLOCK_ROWS, min((block + 1) * BLOCK_ROWS, xi.shape[0])):
            bound = math.inf
            omega, variance = 0.0, 0.0
            if fast and bounds[a] < _PADE_MAX:
                omega, variance = _row_moments(xi[a], eta[a], m, new)
                bound = _row_polynomial(omega, variance, lower, upper, beta, rule, coef)
            if bound < math.inf:
                _row_evaluate(xi[a], new, coef)
            else:
                omega, variance, bound = _row_direct(xi[a], eta[a], total, lower, upper, beta, new)
            log_p[a] = log_factor(omega, variance, lower, upper, math.inf)
            bounds[a] = max(bound, bounds[a]) if damping > 0.0 else bound
            _store(eta[a], new, damping, sums[block], change[block])


@njit(cache=True, error_model="numpy")
def _row_exact(
    xi: NDArray[Any],
    eta: Array,
    total: Array,
    lower: float,
    upper: float,
    beta: float,
    table: Array,
    forward: Array,
    new: Array,
) -> float:
    r"""Messages of one row with entries in {-1, 0, 1} by transfer matrices; returns the log-probability of the row.

    ``table[j, k]`` is the probability that the row is satisfied when `k` of its first `j` non-zero terms
    :math:`\xi_iW_i` are positive; ``forward[k]`` the probability of that `k`. All terms are positive: nothing cancels.
    """
    size = 0
    for i in range(xi.size):
        size += xi[i] != 0
    for k in range(size + 1):
        table[size, k] = 1.0 if lower <= 2 * k - size <= upper else 0.0
    j = size
    for i in range(xi.size - 1, -1, -1):
        if xi[i] != 0:
            p, q = _odds(xi[i] * (total[i] - eta[i]))
            table[j - 1, :j] = p * table[j, 1 : j + 1] + q * table[j, :j]
            j -= 1
    forward[:] = 0.0
    forward[0] = 1.0
    for i in range(xi.size):
        new[i] = 0.0
        if xi[i] != 0:
            p, q = _odds(xi[i] * (total[i] - eta[i]))
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
def _odds(x: float) -> tuple[float, float]:
    """Probabilities of +1 and -1 at field x, each to full relative accuracy."""
    e = math.exp(-2.0 * abs(x))
    near, far = 1.0 / (1.0 + e), e / (1.0 + e)
    return (near, far) if x > 0 else (far, near)


@njit(cache=True, error_model="numpy")
def _log(p: float) -> float:
    return math.log(p) if p > 0.0 else -math.inf


@njit(cache=True, parallel=True, error_model="numpy")
def exact_sweep(
    xi: NDArray[Any],
    eta: Array,
    total: Array,
    lower: float,
    upper: float,
    beta: float,
    damping: float,
    log_p: Array,
    sums: Array,
    change: Array,
    work: Array,
) -> None:
    """One parallel sweep of BP with exact messages; as `gaussian_sweep`, with entries of `xi` in {-1, 0, 1}."""
    n = xi.shape[1]
    for block in prange(sums.shape[0]):
        sums[block] = 0.0
        change[block] = 0.0
        table = np.empty((n + 1, n + 1))
        forward = np.empty(n + 1)
        new = work[block]
        for a in range(block * BLOCK_ROWS, min((block + 1) * BLOCK_ROWS, xi.shape[0])):
            log_p[a] = _row_exact(xi[a], eta[a], total, lower, upper, beta, table, forward, new)
            _store(eta[a], new, damping, sums[block], change[block])


@njit(cache=True, parallel=True, error_model="numpy")
def edge_terms(eta: Array, total: Array, terms: Array) -> None:
    r"""Per row, :math:`\sum_i[\log\cosh(H_i - \eta_i) - \log\cosh H_i]` of the Bethe free entropy into `terms` (P,)."""
    for a in prange(eta.shape[0]):
        term = 0.0
        for i in range(eta.shape[1]):
            term += log_cosh(total[i] - eta[a, i]) - log_cosh(total[i])
        terms[a] = term


def block_count(n_patterns: int) -> int:
    """Number of row blocks of a sweep."""
    return -(-n_patterns // BLOCK_ROWS)


def chebyshev_rule() -> Array:
    """Matrix from values at the Chebyshev nodes of [-1, 1] to monomial coefficients, and the nodes as last row."""
    angle = np.pi * (np.arange(NODES) + 0.5) / NODES
    to_chebyshev = 2.0 / NODES * np.cos(np.outer(np.arange(NODES), angle))
    to_chebyshev[0] /= 2.0
    basis = np.zeros((NODES, NODES))
    for r in range(NODES):
        column = np.polynomial.chebyshev.cheb2poly(np.eye(NODES)[r])
        basis[: column.size, r] = column
    return np.vstack([basis @ to_chebyshev, np.cos(angle)])
