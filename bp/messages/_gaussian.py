r"""Compiled sweeps of belief propagation on edge messages. Leaves: plain arrays in, preallocated arrays out.

A message from pattern `a` to weight `i` is kept as a field :math:`\eta_{ai} = \mathrm{atanh}\,u_{ai}`, so that fields
add, :math:`H_i = \theta_i + \sum_a\eta_{ai}`, and the cavity magnetisation :math:`h = \tanh(H_i - \eta_{ai})` loses no
digits at saturation. With :math:`\ell` the log-weight of `bp.messages._special.log_factor`, fields and bounds in units
where the field is :math:`\xi\cdot W` (bounds times :math:`\sqrt N`), :math:`\omega = \sum_i\xi_i h_i` and
:math:`V = \sum_i\xi_i^2(1-h_i^2)`,

.. math:: \eta_i = \tfrac12\big[\ell(\omega - \xi_i h_i + \xi_i, V_i) - \ell(\omega - \xi_i h_i - \xi_i, V_i)\big],
   \qquad V_i = V - \xi_i^2(1-h_i^2).

For ±1 patterns every message of a row is the same smooth function of one variable,
:math:`\eta_i = \xi_i f(\xi_ih_i)`, so a row needs `f` at a few Chebyshev nodes only and a polynomial per edge. The
singularities at :math:`V = 1 - h^2` come near as magnetisations saturate; then `f` takes one polynomial for
:math:`\xi_ih_i > 0` and one for :math:`\xi_ih_i < 0`, both in :math:`|h_i|`, good where :math:`1-h_i^2 \le cV`. Fewer
than 1/c edges of a row lie outside and take the formula above, as does the whole row where the last coefficients of
`f` are not at rounding level. The variance is summed from :math:`1-h_i^2 = (1-m_i^2)(1-t_{ai}^2)/(1-m_it_{ai})^2`,
:math:`t = \tanh\eta`, which cancels nothing.

Rows are dealt out to threads in blocks of fixed size, each with its own partial column sums, which the caller adds in
order: the result does not depend on the number of threads.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bp.messages._rows import (
    BLOCK_ROWS,
    FIELD_MAX,
    LANES,
    SMALL,
    edge_term_of,
    field_from_logs,
    sech2,
    squares,
    store,
)
from bp.messages._special import log_factor
from bp.problems._intervals import Limits
from replica_theory.typing import Array, Real

NODES, NODES_SINGLE = 12, 8  # for double and single precision
_DRIFT = 1.0  # how far a field may move before its tanh is taken afresh: rounding grows by e^(2 _DRIFT) at most
_WHOLE = 90.0  # variance above which one polynomial resolves f
_SHARE = 1.0 / 24.0  # c: below this share of the variance, the polynomials for each sign resolve f
_SATURATED = 1e-30  # variance below which the argument of the polynomials for each sign is 0/0 in single precision
_OUTSIDE = 32  # room for the edges beyond: fewer than 1 / _SHARE but for rounding
_TAIL = 1e-15  # size of the last coefficient of f, relative to the scale of log-weights, at which f is resolved
_TAIL_SINGLE = 1e-9


@njit(cache=True, error_model="numpy")
def _direct_moments(xi: NDArray[Any], eta: Real, total: Array, rest: Real, aligned: Real) -> tuple[float, float]:
    r"""Mean and variance of the field of a row from the cavity fields; leaves their terms in `aligned` and `rest`."""
    omega, variance = 0.0, 0.0
    for i in range(xi.size):
        x = float(xi[i])
        k, w = x * math.tanh(total[i] - eta[i]), x * x * sech2(total[i] - eta[i])
        omega += k
        variance += w
        aligned[i], rest[i] = k, w
    return omega, variance


@njit(cache=True, error_model="numpy")
def _message(x: float, cavity: float, omega: float, variance: float, limits: Limits, beta: float) -> float:
    """A message by the defining formula, from the mean and variance of its row and the cavity field."""
    mean = omega - x * math.tanh(cavity)
    rest = max(variance - x * x * sech2(cavity), 0.0)
    plus = log_factor(mean + x, rest, limits, beta)
    minus = log_factor(mean - x, rest, limits, beta)
    return field_from_logs(plus, minus)


@njit(cache=True, error_model="numpy")
def _row_direct(
    xi: NDArray[Any],
    eta: Real,
    total: Array,
    omega: float,
    variance: float,
    limits: Limits,
    beta: float,
    new: Real,
) -> float:
    """Messages of one row by the defining formula; returns the largest."""
    bound = 0.0
    for i in range(xi.size):
        field = _message(float(xi[i]), total[i] - eta[i], omega, variance, limits, beta)
        new[i] = field
        bound = max(bound, abs(field))
    return bound


@njit(cache=True, error_model="numpy")
def _row_moments(xi: NDArray[Any], eta: Real, m: Real, v: Real, rest: Real, aligned: Real) -> tuple[float, float]:
    r"""As `_direct_moments`, for a ±1 row of small messages.

    :math:`h = (m - t)/(1 - mt)` with :math:`t = \tanh\eta` a convergent of its continued fraction; `v` is
    :math:`1 - m^2`.
    """
    n = xi.size
    T = eta.dtype.type
    p0, p1, p2 = T(135135.0), T(17325.0), T(378.0)
    q1, q2, q3 = T(62370.0), T(3150.0), T(28.0)
    omega, square = np.zeros(LANES, eta.dtype), np.zeros(LANES, eta.dtype)
    whole = n - n % LANES
    for i in range(n):
        x = eta[i]
        y = x * x
        p = x * (p0 + y * (p1 + y * (p2 + y)))
        q = p0 + y * (q1 + y * (q2 + y * q3))
        r = T(1.0) / (q - m[i] * p)
        aligned[i] = T(xi[i]) * ((m[i] * q - p) * r)
        rest[i] = v[i] * ((q - p) * r) * ((q + p) * r)
    for i in range(0, whole, LANES):
        for lane in range(LANES):
            omega[lane] += aligned[i + lane]
            square[lane] += rest[i + lane]
    for i in range(whole, n):
        omega[0] += aligned[i]
        square[0] += rest[i]
    return float(np.sum(omega)), float(np.sum(square))


@njit(cache=True, error_model="numpy")
def _interpolate(
    sign: float,
    half: float,
    omega: float,
    variance: float,
    limits: Limits,
    beta: float,
    rule: Array,
    coef: Array,
) -> float:
    """Coefficients of f(sign * (1 - half * (1 - x))) on [-1, 1]; returns a bound of it, or inf if not resolved."""
    nodes = rule.shape[1]
    coef[:] = 0.0
    scale = 1.0
    for j in range(nodes):
        z = half * (1.0 - rule[nodes, j])
        k, rest = sign * (1.0 - z), variance - z * (2.0 - z)
        plus = log_factor(omega - k + 1.0, rest, limits, beta)
        minus = log_factor(omega - k - 1.0, rest, limits, beta)
        scale = max(scale, abs(plus), abs(minus))
        coef[:nodes] += rule[:nodes, j] * (0.5 * (plus - minus))
    top = 0.5 ** (nodes - 2)  # Chebyshev over monomial coefficient of the highest degree
    tail = scale * (_TAIL if nodes == NODES else _TAIL_SINGLE)
    if not (abs(coef[nodes - 1]) * top <= tail and abs(coef[nodes - 2]) * (2.0 * top) <= 5.0 * tail):
        return math.inf
    bound = float(np.sum(np.abs(coef)))
    return bound if bound < FIELD_MAX else math.inf


@njit(cache=True, error_model="numpy")
def _in_registers(coef: Array, like: Real) -> Any:
    """The coefficients in the precision of `like`; those beyond its nodes are zero and cost less than another loop."""
    T = like.dtype.type
    return (
        *(T(coef[0]), T(coef[1]), T(coef[2]), T(coef[3]), T(coef[4]), T(coef[5])),
        *(T(coef[6]), T(coef[7]), T(coef[8]), T(coef[9]), T(coef[10]), T(coef[11])),
    )


@njit(cache=True, error_model="numpy")
def _polynomial(c: Any, x: Any) -> Any:
    high = c[6] + x * (c[7] + x * (c[8] + x * (c[9] + x * (c[10] + x * c[11]))))
    return c[0] + x * (c[1] + x * (c[2] + x * (c[3] + x * (c[4] + x * (c[5] + x * high)))))


@njit(cache=True, error_model="numpy")
def _row_whole(
    xi: NDArray[Any],
    omega: float,
    variance: float,
    limits: Limits,
    beta: float,
    rule: Array,
    coef: Array,
    aligned: Real,
) -> float:
    """Replace `aligned` by the messages xi * f(aligned), from one polynomial; returns a bound, or inf if it fails."""
    bound = _interpolate(1.0, 1.0, omega, variance, limits, beta, rule, coef)
    if bound < math.inf:
        T, c = aligned.dtype.type, _in_registers(coef, aligned)
        for i in range(xi.size):
            aligned[i] = T(xi[i]) * _polynomial(c, aligned[i])
    return bound


@njit(cache=True, error_model="numpy")
def _row_split(
    xi: NDArray[Any],
    eta: Real,
    total: Array,
    omega: float,
    variance: float,
    limits: Limits,
    beta: float,
    rule: Array,
    coef: Array,
    rest: Real,
    aligned: Real,
) -> float:
    """As `_row_whole`, from a polynomial for either sign of `aligned`; `rest` holds 1 - aligned^2."""
    T = aligned.dtype.type
    if variance < _SATURATED:
        return math.inf
    most = min(_SHARE * variance, 1.0)
    half = 0.5 * most / (1.0 + math.sqrt(1.0 - most))
    bound = _interpolate(1.0, half, omega, variance, limits, beta, rule, coef)
    up = _in_registers(coef, aligned)
    bound = max(bound, _interpolate(-1.0, half, omega, variance, limits, beta, rule, coef))
    down = _in_registers(coef, aligned)
    if bound == math.inf:
        return bound
    outside, field, count = np.empty(_OUTSIDE, np.int64), np.empty(_OUTSIDE), 0
    if most < 1.0:
        for i in range(xi.size):
            if rest[i] > most:
                if count == _OUTSIDE:
                    return math.inf
                outside[count] = i
                field[count] = _message(float(xi[i]), total[i] - eta[i], omega, variance, limits, beta)
                bound = max(bound, abs(field[count]))
                count += 1
    one, stretch = T(1.0), T(1.0 / half)
    for i in range(xi.size):
        k = aligned[i]
        x = one - stretch * (rest[i] / (one + abs(k)))
        aligned[i] = T(xi[i]) * (_polynomial(up, x) if k > T(0.0) else _polynomial(down, x))
    for j in range(count):
        aligned[outside[j]] = field[j]
    return bound


@njit(cache=True, error_model="numpy")
def gaussian_moments(
    xi: NDArray[Any], eta: Real, total: Array, m: Real, v: Real, bound: float, fast: bool, rest: Real, aligned: Real
) -> tuple[float, float]:
    """Mean and variance of the field of a row by the fastest way that is exact, their terms in `aligned` and `rest`."""
    if fast and bound < SMALL:
        return _row_moments(xi, eta, m, v, rest, aligned)
    return _direct_moments(xi, eta, total, rest, aligned)


@njit(cache=True, error_model="numpy")
def gaussian_row(
    xi: NDArray[Any],
    eta: Real,
    total: Array,
    omega: float,
    variance: float,
    limits: Limits,
    beta: float,
    fast: bool,
    rule: Array,
    coef: Array,
    rest: Real,
    aligned: Real,
) -> float:
    """Messages of a row, from its moments, in the place of `aligned`; returns a bound of them."""
    bound = math.inf
    if fast and variance > _WHOLE:
        bound = _row_whole(xi, omega, variance, limits, beta, rule, coef, aligned)
    if fast and bound == math.inf:
        bound = _row_split(xi, eta, total, omega, variance, limits, beta, rule, coef, rest, aligned)
    if bound == math.inf:
        bound = _row_direct(xi, eta, total, omega, variance, limits, beta, aligned)
    return bound


@njit(cache=True, nogil=True, error_model="numpy")
def gaussian_sweep(
    first: int,
    last: int,
    xi: NDArray[Any],
    eta: Real,
    total: Array,
    m: Real,
    v: Real,
    bounds: Array,
    offsets: Array,
    limits: Limits,
    beta: float,
    damping: float,
    fast: bool,
    rule: Array,
    log_p: Array,
    sums: Real,
    change: Array,
) -> None:
    r"""One parallel sweep of Gaussian-cavity BP over the edges of some blocks of rows.

    Parameters
    ----------
    first, last : int
        The blocks.
    xi : array, shape (P, N), int8 or float64
    eta : array, shape (P, N), float64 or float32
        Message fields, replaced by ``damping * old + (1 - damping) * new``.
    total, m, v : arrays, shape (N,)
        Total fields :math:`H_i`, float64, their hyperbolic tangents and :math:`1 - m_i^2`, in the precision of `eta`.
    bounds : array, shape (P,)
        Upper bounds of ``|eta|`` on each row, updated.
    offsets : array, shape (P,)
        Thresholds of the patterns, in the same units: what their sums are less before they meet the intervals.
    limits : Limits
        Allowed intervals in units of :math:`\xi\cdot W`.
    beta, damping : float
        Inverse temperature, weight of the old message.
    fast : bool
        Use the polynomial of a row where it applies (needs entries ±1).
    rule : array, shape (n + 1, n)
        From `chebyshev_rule`, for NODES or NODES_SINGLE nodes.
    log_p : array, shape (P,)
        Out: log-probability that each pattern is satisfied, of the messages before the sweep.
    sums : array, shape (`block_count`, N), of the precision of `eta`
        Out: column sums of the new messages, per block.
    change : array, shape (`block_count`,)
        Out: largest undamped change of a message, per block.
    """
    coef, work, new = np.empty(NODES), np.empty(xi.shape[1], eta.dtype), np.empty(xi.shape[1], eta.dtype)
    largest = np.empty(xi.shape[1], eta.dtype)
    for block in range(first, last):
        sums[block] = 0.0
        largest[:] = 0.0
        for a in range(block * BLOCK_ROWS, min((block + 1) * BLOCK_ROWS, xi.shape[0])):
            row = (xi[a], eta[a], total)
            omega, variance = gaussian_moments(*row, m, v, bounds[a], fast, work, new)
            omega -= offsets[a]
            bound = gaussian_row(*row, omega, variance, limits, beta, fast, rule, coef, work, new)
            log_p[a] = log_factor(omega, variance, limits, math.inf)
            bounds[a] = damping * bounds[a] + (1.0 - damping) * bound
            store(eta[a], new, damping, sums[block], largest)
        change[block] = np.max(largest)


@njit(cache=True, error_model="numpy")
def gaussian_sequence(
    order: NDArray[np.int64],
    xi: NDArray[Any],
    eta: Real,
    total: Array,
    m: Real,
    bounds: Array,
    offsets: Array,
    limits: Limits,
    beta: float,
    damping: float,
    fast: bool,
    rule: Array,
    log_p: Array,
    sums: Real,
) -> float:
    r"""One sequential sweep, pattern by pattern in the given order; as `gaussian_sweep` otherwise.

    `total` and `m` follow every pattern, :math:`m \leftarrow (m + t)/(1 + mt)` with `t` the tanh of the move of the
    field, or afresh from the field where it has moved far. Returns the largest undamped change; `sums` (1, N).
    """
    sums[:] = 0.0
    coef, work, new = np.empty(NODES), np.empty(xi.shape[1], eta.dtype), np.empty(xi.shape[1], eta.dtype)
    v = np.empty(xi.shape[1], eta.dtype)
    squares(total, v)
    largest = np.zeros(xi.shape[1], eta.dtype)
    change, drift = 0.0, 0.0
    for a in order:
        row = (xi[a], eta[a], total)
        omega, variance = gaussian_moments(*row, m, v, bounds[a], fast, work, new)
        omega -= offsets[a]
        bound = gaussian_row(*row, omega, variance, limits, beta, fast, rule, coef, work, new)
        log_p[a] = log_factor(omega, variance, limits, math.inf)
        bounds[a] = damping * bounds[a] + (1.0 - damping) * bound
        largest[:] = 0.0
        store(eta[a], new, damping, sums[0], largest)
        change = max(change, np.max(largest))
        move = (1.0 - damping) * np.max(largest)
        drift += move
        if move < SMALL and drift < _DRIFT:
            _move(total, m, v, new)
        else:
            drift = 0.0
            for i in range(total.size):
                total[i] += new[i]
                m[i], v[i] = math.tanh(total[i]), sech2(total[i])
    return float(change)


@njit(cache=True, error_model="numpy")
def _move(total: Array, m: Real, v: Real, move: Real) -> None:
    """Add small moves to the fields, and by the addition law to their hyperbolic tangents and `v` = 1 - m^2."""
    T = m.dtype.type
    p0, p1, p2, q1, q2, q3 = T(135135.0), T(17325.0), T(378.0), T(62370.0), T(3150.0), T(28.0)
    for i in range(m.size):
        x = move[i]
        y = x * x
        p = x * (p0 + y * (p1 + y * (p2 + y)))
        q = p0 + y * (q1 + y * (q2 + y * q3))
        r = T(1.0) / (q + m[i] * p)
        v[i] *= ((q - p) * r) * ((q + p) * r)
        m[i] = (m[i] * q + p) * r
        total[i] += x


@njit(cache=True, nogil=True, error_model="numpy")
def gaussian_measure(
    first: int,
    last: int,
    xi: NDArray[Any],
    eta: Real,
    total: Array,
    m: Real,
    v: Real,
    bounds: Array,
    offsets: Array,
    limits: Limits,
    fast: bool,
    log_p: Array,
    terms: Array,
) -> None:
    """Log-probability that each pattern is satisfied and its `edge_terms`, of the messages as they are; some rows."""
    work, aligned = np.empty(xi.shape[1], eta.dtype), np.empty(xi.shape[1], eta.dtype)
    for a in range(first, last):
        omega, variance = gaussian_moments(xi[a], eta[a], total, m, v, bounds[a], fast, work, aligned)
        log_p[a] = log_factor(omega - offsets[a], variance, limits, math.inf)
        terms[a] = edge_term_of(eta[a], total, m, bounds[a])


def chebyshev_rule(nodes: int = NODES) -> Array:
    """Matrix from values at the Chebyshev nodes of [-1, 1] to monomial coefficients, and the nodes as last row."""
    angle = np.pi * (np.arange(nodes) + 0.5) / nodes
    to_chebyshev = 2.0 / nodes * np.cos(np.outer(np.arange(nodes), angle))
    to_chebyshev[0] /= 2.0
    basis = np.zeros((nodes, nodes))
    for r in range(nodes):
        column = np.polynomial.chebyshev.cheb2poly(np.eye(nodes)[r])
        basis[: column.size, r] = column
    return np.vstack([basis @ to_chebyshev, np.cos(angle)])
