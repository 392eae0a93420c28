r"""The moment :math:`I_p(t) = E\,(t+x)_+^p` of a Gaussian above zero, for any power: to rounding from tail to tail.

It solves :math:`I'' = pI - tI'` and is a parabolic cylinder function. What is tabled, once for each power, are the
logarithm, its two derivatives and the mean of :math:`\log(t+x)` under the weight :math:`(t+x)_+^p`, each without the
growth that it has in the tails; what is left are smooth functions of :math:`u = \mathrm{asinh}(t/\sqrt{1+p})`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.polynomial import chebyshev
from scipy import special

from replica_theory.typing import Array

_FARTHEST, _PIECES, _DEGREE = 20.0, 80, 14
"""The end of the table in `u`, where corrections are below rounding; its pieces on either side, and their degree."""
_TAIL, _TERMS, _HERMITE = 12.0, 24, 96
"""In units of sqrt(1 + p): where the tails begin; terms of the series below zero, nodes of the rule above."""
_SPACING, _LEFT, _RIGHT = 0.125, -7.5, 14.0
"""Of the trapezoidal rule between the tails."""


class Moment(NamedTuple):
    r""":math:`\log I_p(t)`, its first two derivatives, and the mean of :math:`\log(t+x)` under the weight."""

    log: Array
    d1: Array
    d2: Array
    mean_log: Array


@dataclass(frozen=True, eq=False)
class PowerMoment:
    """The moment of one power, by a table of it.

    Parameters
    ----------
    power : float
        `p`, at least 0.
    table : callable
        What `_tamed` holds, of `u`, along the last axis.
    """

    power: float
    table: Any

    def __call__(self, t: Array) -> Moment:
        """The moment at fields of any size."""
        t = np.asarray(t, dtype=float)
        below = t < 0
        u = np.arcsinh(t / np.sqrt(1 + self.power))
        at = np.clip(u, -_FARTHEST, _FARTHEST)
        tamed = self.table(at)
        # Beyond the table logarithms go on along straight lines.
        beyond, fall = np.abs(u - at), np.minimum(t, 0.0)
        width = np.hypot(np.sqrt(1 + self.power), t)
        return Moment(
            tamed[..., 0] + np.where(below, -1 - self.power, self.power) * beyond - 0.5 * fall**2,
            tamed[..., 1] / width - fall,
            tamed[..., 2] / width / width - below,
            tamed[..., 3] + np.where(below, -1.0, 1.0) * beyond,
        )


@lru_cache(maxsize=32)
def power_moment(power: float) -> PowerMoment:
    r"""The moment of a power :math:`p \ge 0`.

    Examples
    --------
    >>> print(f"{float(power_moment(1.0)(np.array(0.0)).log):.12f}")  # log of 1/sqrt(2 pi)
    -0.918938533205
    """
    from scipy.interpolate import PPoly  # imported here: it doubles the package's import time

    ends = np.linspace(-_FARTHEST, _FARTHEST, 2 * _PIECES + 1)
    half = 0.5 * (ends[1] - ends[0])
    points = chebyshev.chebpts1(_DEGREE + 1)
    u = ends[:-1, None] + half * (1 + points)
    values = _tamed(power, np.sqrt(1 + power) * np.sinh(u))
    series = np.linalg.solve(chebyshev.chebvander(points, _DEGREE), np.moveaxis(values, 1, 0).reshape(_DEGREE + 1, -1))
    # From sums of polynomials T_n(x) to powers of x + 1, the distance from the left end.
    powers = [np.polynomial.Polynomial(chebyshev.cheb2poly(row))(np.polynomial.Polynomial([-1.0, 1.0])).coef
              for row in np.eye(_DEGREE + 1)]  # fmt: skip
    change = np.array([np.pad(row, (0, _DEGREE + 1 - len(row))) for row in powers])
    coefficients = change.T @ series / half ** np.arange(_DEGREE + 1)[:, None]
    shape = (_DEGREE + 1, 2 * _PIECES, len(Moment._fields))
    return PowerMoment(power, PPoly(coefficients[::-1].reshape(shape), ends))


def _tamed(power: float, t: Array) -> Array:
    r"""What is left without growth, along a new last axis.

    These are :math:`\log I + t_-^2/2`, :math:`(\log I)' + t_-` and :math:`(\log I)'' + \theta(-t)` in units of
    :math:`1/\sqrt{1+p+t^2}` and its square, and the mean logarithm; :math:`t_- = \min(t, 0)`.
    """
    flat, edge = t.ravel(), _TAIL * np.sqrt(1 + power)
    rows = np.empty((len(flat), len(Moment._fields)))
    for where, part in ((flat < -edge, _far_below), (flat > edge, _far_above), (np.abs(flat) <= edge, _between)):
        rows[where] = np.stack(part(power, flat[where]), axis=1)
    width = np.sqrt(1 + power + flat**2)
    rows[:, 1] *= width
    rows[:, 2] *= width**2
    return rows.reshape(*t.shape, -1)


def _between(power: float, t: Array) -> tuple[Array, ...]:
    r"""By the trapezoidal rule for :math:`\int dy\,y^pe^{-(y-t)^2/2}`, `y` scaled to its peak."""
    peak = 0.5 * (t + np.sqrt(t**2 + 4 * (1 + power)))
    peak = np.where(t > 0, peak, 2 * (1 + power) / (np.sqrt(t**2 + 4 * (1 + power)) - t))[:, None]
    width = 1 / np.sqrt(peak**2 + 1 + power)
    v = np.arange(_LEFT, _RIGHT, _SPACING)
    log_y = np.log(peak) + width * (v - np.exp(-v) + 1)
    y, below = np.exp(log_y), (t < 0)[:, None]
    exponent = (power + 1) * log_y - 0.5 * y**2 + t[:, None] * y - np.where(below, 0.0, 0.5 * t[:, None] ** 2)
    top = exponent.max(axis=1, keepdims=True)
    share = np.exp(exponent - top) * width * (1 + np.exp(-v))
    norm = share.sum(axis=1, keepdims=True)
    share /= norm
    log = (top + np.log(norm * _SPACING))[:, 0] - 0.5 * np.log(2 * np.pi)
    mean = (share * np.where(below, y, y - t[:, None])).sum(axis=1)
    square = (share * (y - (share * y).sum(axis=1, keepdims=True)) ** 2).sum(axis=1)
    return log, mean, square - (t >= 0), (share * log_y).sum(axis=1)


def _far_below(power: float, t: Array) -> tuple[Array, ...]:
    r"""With :math:`y = s/|t|`: powers :math:`s^p e^{-s}` under :math:`e^{-s^2/2t^2}`, expanded."""
    k, x = np.arange(_TERMS)[:, None], -t
    terms = (-0.5 / x**2) ** k / special.factorial(k)
    zeroth = special.poch(power + 1, 2 * k) * terms
    norm = zeroth.sum(axis=0)
    mean = (zeroth * (power + 1 + 2 * k)).sum(axis=0) / norm
    square = (zeroth * (power + 1 + 2 * k) * (power + 2 + 2 * k)).sum(axis=0) / norm
    mean_log = (zeroth * special.psi(power + 1 + 2 * k)).sum(axis=0) / norm - np.log(x)
    log = special.gammaln(power + 1) - (power + 1) * np.log(x) - 0.5 * np.log(2 * np.pi) + np.log(norm)
    return log, mean / x, (square - mean**2) / x**2, mean_log


def _far_above(power: float, t: Array) -> tuple[Array, ...]:
    """By Gauss-Hermite quadrature: nothing is left of the edge."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(_HERMITE)
    nodes, weights = nodes[(inside := np.abs(nodes) < 0.95 * _TAIL)], weights[inside]
    logs = np.log1p(nodes / t[:, None])
    norm, one, two, mean_log = (
        (weights * np.exp((power - m) * logs) * factor).sum(axis=1) / np.sqrt(2 * np.pi)
        for m, factor in ((0, 1.0), (1, 1.0), (2, 1.0), (0, logs))
    )
    slope = power / t * one / norm
    bend = power / t**2 * ((power - 1) * two / norm - power * (one / norm) ** 2)
    return power * np.log(t) + np.log(norm), slope, bend, np.log(t) + mean_log / norm
