r"""Replicas and reference of a few levels at y = inf: the better level of the reference, and the better field.

.. math:: \int\!Dz\,\max_{\tilde W, x}\Big[-\tfrac{x^2}2 - \tfrac12\tilde c\tilde W^2
   + g\big(\sqrt{\hat q}z + \hat t\tilde W + \sqrt{\delta\hat q}\,x, c\big)\Big]

The maximum over `x` is a convex function M of :math:`\sqrt{\hat q}z + \hat t\tilde W` (that of `proximal`), so the
level of the reference grows with `z`: the fields where it switches are those where two terms are as large, and the
quadrature has ends of panels there. With :math:`\tilde c = \hat t\rho` the differences are taken per :math:`\hat t`,
:math:`[M(h+\hat t\tilde W) - M(h)]/\hat t - \rho\tilde W^2/2`: at :math:`\hat t = 0` the reference is the level nearest
to :math:`g'/\rho`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import optimize

from replica_theory.models.model import Kernel
from replica_theory.models.proximal import Maximiser, maximiser, panels
from replica_theory.models.weights import DiscreteWeights
from replica_theory.numerics.inner_newton import inner_newton
from replica_theory.replicas.limit_weights import LimitWeights
from replica_theory.typing import Array

_SPREAD = np.sinh(np.linspace(-9.0, 9.0, 181))
_REACH = 9.0
"""Standard deviations of the field that count."""
_CLOSE = 1e-7
r"""Couplings so small that differences per coupling are derivatives, to the square of it."""
_SHARP = 0.02
"""Least width of a rise of the mean, in those of the levels, that panels are graded to."""
_COARSE = 201
"""Thresholds among which the best reference is looked for."""


@dataclass(frozen=True)
class LimitFields:
    r"""The conjugates :math:`\hat q, \delta\hat q, \hat t, c`, and the ratio :math:`\rho = \tilde c/\hat t`."""

    q: float
    gap: float
    t: float
    c: float
    ratio: float


def discrete_limit_weights(weights: DiscreteWeights, fields: LimitFields, order: int) -> LimitWeights | None:
    """The term at given conjugates, None where a maximum is not found; `order` nodes in each panel."""
    best = _maximiser(weights, fields) if fields.gap >= 0 else None
    choice = None if best is None else _choice(weights, fields, best)
    if best is None or choice is None:
        return None
    levels, switches = choice
    steep, jumps = _steep(weights, fields, best, levels, switches)
    root = float(np.sqrt(fields.q))
    h, weight = panels(steep, [*switches, *jumps], root, order)
    weight = weight * np.exp(-0.5 * h**2 / fields.q) / np.sqrt(2 * np.pi * fields.q)
    reference = np.array(levels)[np.searchsorted(switches, h)]
    f = best.fields(h + fields.t * reference)
    if not np.isfinite(f).all():
        return None
    tilt, prior = weights.tilt(f, fields.c), weights.log_prior(f, fields.c)
    m, square = tilt.mean, float(weight @ (tilt.variance + tilt.mean**2))
    value = tilt.log - 0.5 * fields.gap * m**2 - 0.5 * fields.t * fields.ratio * reference**2
    q = float(weight @ m**2)
    return LimitWeights(
        float(weight @ value),
        q,
        float(weight @ (h * m)) / fields.q - (square - q),
        float(weight @ (reference * m)),
        float(weight @ tilt.variance**2),
        square=square,
        square_ref=float(weight @ reference**2),
        log_prior=0.0 if prior is None else float(weight @ prior),
    )


def aligned_levels(weights: DiscreteWeights, q_hat: float, c: float) -> tuple[float, float]:
    r"""Cosine of the best aligned reference with a typical solution, and its ratio :math:`\rho = t/\tilde Q`.

    The reference is the level nearest to the mean of the typical solutions over :math:`\rho`.
    """

    def found(log_ratio: float) -> tuple[float, float]:
        spins = discrete_limit_weights(weights, LimitFields(q_hat, 0.0, 0.0, c, float(np.exp(log_ratio))), 20)
        if spins is None or not spins.square_ref > 0:
            return 0.0, 0.0
        return spins.t / float(np.sqrt(spins.square * spins.square_ref)), spins.t / spins.square_ref

    most, least = max(abs(w) for w in weights.levels), min(abs(w) for w in weights.levels if w)
    grid = np.log(np.geomspace(1e-3, 3 * most / least, _COARSE // 5))
    k = int(np.argmax([found(float(x))[0] for x in grid]))
    ends = (float(grid[max(k - 1, 0)]), float(grid[min(k + 1, len(grid) - 1)]))
    top = optimize.minimize_scalar(
        lambda x: -found(float(x))[0], bounds=ends, method="bounded", options={"xatol": 1e-9}
    )
    ratio = found(float(top.x))[1]
    for _ in range(100):  # the level nearest to the mean over t/Q, again and again, only comes closer
        cosine, following = found(float(np.log(ratio)))
        if abs(following - ratio) <= 1e-14 * ratio:
            break
        ratio = following
    return cosine, ratio


def _maximiser(weights: DiscreteWeights, fields: LimitFields) -> Maximiser | None:
    """The inner maximum over the field on a table that covers all that counts."""

    def kernel(f: Array) -> Kernel:
        return Kernel(*weights.tilt(f, fields.c))

    most = float(np.sqrt(weights.most_square))
    reach = _REACH * float(np.sqrt(fields.q)) + (abs(fields.t) + fields.gap) * most
    ties, widths = _ties(weights, fields.c)
    low, high = min(-reach, *ties) - 12 * max(widths), max(reach, *ties) + 12 * max(widths)
    graded = [tie + width * _SPREAD for tie, width in zip(ties, widths, strict=True)]
    f = np.unique(np.concatenate([np.linspace(low, high, 201), *graded]))
    return maximiser(kernel, f[(f >= low) & (f <= high)], fields.gap, max(widths))


def _choice(weights: DiscreteWeights, fields: LimitFields, best: Maximiser) -> tuple[list[float], list[float]] | None:
    """The levels of the reference that are best somewhere, in order, and the fields where one follows the other."""
    levels: list[float] = []
    switches: list[float] = []
    for level in weights.levels:
        while levels:
            place = _switch(weights, fields, best, (levels[-1], level))
            if place is None:
                return None
            if not switches or place > switches[-1]:
                switches.append(place)
                break
            levels.pop()
            switches.pop()
        levels.append(level)
    return levels, switches


def _switch(weights: DiscreteWeights, fields: LimitFields, best: Maximiser, pair: tuple[float, float]) -> float | None:
    """The field above which the higher level of two is the better one: the end of the range if there is none."""
    low, high = pair
    away = 0.5 * fields.ratio * (high**2 - low**2)

    def gain(h: Array) -> tuple[Array, Array]:
        if abs(fields.t) < _CLOSE:
            tilt = weights.tilt(best.fields(h + 0.5 * fields.t * (low + high)), fields.c)
            rise = tilt.variance / np.maximum(1 - fields.gap * tilt.variance, 0.02)
            return (high - low) * tilt.mean - away, (high - low) * rise
        f = best.fields(np.concatenate([h + fields.t * low, h + fields.t * high]))
        tilt = weights.tilt(f, fields.c)
        value = tilt.log - 0.5 * fields.gap * tilt.mean**2
        return (value[len(h) :] - value[: len(h)]) / fields.t - away, (
            tilt.mean[len(h) :] - tilt.mean[: len(h)]
        ) / fields.t

    reach = _REACH * float(np.sqrt(fields.q))
    return _root(gain, reach)


def _root(gain: Callable[[Array], tuple[Array, Array]], reach: float) -> float | None:
    """Root of an increasing function with its slope, or the end of the range on its side; None if it is not found."""
    grid = np.linspace(-reach, reach, _COARSE)
    values = gain(grid)[0]
    if not np.isfinite(values).all():
        return None
    if values[0] >= 0 or values[-1] <= 0:
        return -reach if values[0] >= 0 else reach
    k = int(np.argmax(values > 0))
    low, high = float(grid[k - 1]), float(grid[k])

    def step(h: Array) -> Array:
        value, slope = gain(h)
        return np.asarray(-value / np.maximum(slope, 1e-300))

    found = inner_newton(step, np.array([0.5 * (low + high)]), most=60, tol=1e-14, scale=reach, bounds=(low, high))
    if found.converged:
        return float(found.x[0])
    root = optimize.brentq(lambda h: float(gain(np.array([h]))[0][0]), low, high, xtol=1e-15 * reach)
    return float(root)


def _steep(
    weights: DiscreteWeights, fields: LimitFields, best: Maximiser, levels: list[float], switches: list[float]
) -> tuple[list[tuple[float, float]], list[float]]:
    """Outer fields where the mean rises, with their widths, and those where it jumps at one level of the reference."""
    ties, widths = (np.array(part) for part in _ties(weights, fields.c))
    at = best.kernel(ties)
    width = widths * np.maximum(1 - fields.gap * at.d2, _SHARP)
    places = ties - fields.gap * at.d1
    ends = [-np.inf, *switches, np.inf]
    steep: list[tuple[float, float]] = [(place, 0.3 * float(widths.min())) for place in switches]
    jumps: list[float] = []
    for level, (low, high) in zip(levels, pairwise(ends), strict=True):
        shift = fields.t * level
        steep += [(float(p - shift), float(w)) for p, w in zip(places, width, strict=True) if low < p - shift < high]
        jumps += [jump.field - shift for jump in best.jumps if low < jump.field - shift < high]
    return steep, jumps


def _ties(weights: DiscreteWeights, c: float) -> tuple[list[float], list[float]]:
    """Fields between neighbouring levels, and over what range the mean rises there."""
    pairs = list(zip(pairwise(weights.levels), pairwise(weights.prior), strict=True))
    ties = [0.5 * (a + b) * c - float(np.log(s / r)) / (b - a) for (a, b), (r, s) in pairs]
    return ties, [2 / (b - a) for (a, b), _ in pairs]
