"""Where the best reference meets every constraint at once: the closed form of y = ∞ at small loads."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import optimize, special

from replica_theory.models.model import Model
from replica_theory.models.weights import DiscreteWeights
from replica_theory.numerics.binary import binary_entropy
from replica_theory.numerics.gaussian import rule
from replica_theory.numerics.inner_newton import inner_newton
from replica_theory.replicas.unfelt_levels import unfelt_levels
from replica_theory.typical.functional import teacher_weight
from replica_theory.typing import Array

_FAR = 60.0
"""A field farther from the edges than any that counts."""
_FLAT = 1e-6
"""Curvature below which the kernel is as high on the grid, of spacing below 1e-3, as at its maximum nearby."""

_NODES = 241
_TAIL, _LONGEST = 20.0, 1e9
"""Logarithms of the width (and a constant) between which it is looked for: in the tail of the kernel."""
_SETTLED = 1e-12
"""Change of the teacher's field at which it is found."""


class Saturated(NamedTuple):
    """Local entropy at y = inf, its slope, overlap and field where the best reference meets every constraint at once.

    With a teacher `r` and `r_ref` are the overlaps of replicas and reference with it; `square` and `square_ref` are the
    mean squared weights.
    """

    entropy: float
    slope: float
    q: float
    field: float
    r: float = np.nan
    r_ref: float = np.nan
    square: float = 1.0
    square_ref: float = 1.0


def saturated(model: Model, alpha: float, t: float, *, always: bool = False) -> Saturated | None:
    """The point where the inner width diverges, None where it does not (or, with `always`, where it never could).

    It never does for mixtures that have a class without a best field, and no others are asked for.
    """
    if model.is_mixture:
        return None
    if isinstance(model.weights, DiscreteWeights):
        return _unfelt(model, model.weights, alpha, t) if always else None
    std = float(np.sqrt(1 - t**2))
    distance, top = 0.5 * (1 - t), _highest_fields(model, std)
    if not 0 < t < 1:
        return None
    alone, free_slope, bound = _unconstrained(model, distance, t)
    if top is None:
        limit = float(max(model.log_kernel(np.array([-_FAR, _FAR]), std).log))
        return Saturated(alone + alpha * limit, free_slope, t**2, np.inf) if always else None
    if not top:
        return None
    h = t * np.linspace(-9, 9, 4001)
    density = np.exp(-0.5 * (h / t) ** 2)
    cost = np.min([(h - c) ** 2 for c in top], axis=0)
    if not always and alpha * float(density @ cost / density.sum()) >= bound:
        return None
    kernel = model.log_kernel(np.array(top[0]), std)
    entropy = alone + alpha * float(kernel.log)
    return Saturated(entropy, free_slope + 2 * alpha * t * float(kernel.d2), t**2, top[0])


def _unfelt(model: Model, weights: DiscreteWeights, alpha: float, t: float) -> Saturated | None:
    """The limit for levels, where only signs are free to meet a constraint that is best met at infinity."""
    found = unfelt_levels(weights, t) if weights.is_even and not weights.has_prior else None
    if found is None:
        return None
    std = float(np.sqrt(found.square - found.q))
    if _highest_fields(model, std) is not None:
        return None
    entropy = found.entropy + alpha * float(max(model.log_kernel(np.array([-_FAR, _FAR]), std).log))
    return Saturated(entropy, found.slope, found.q, np.inf, square=found.square, square_ref=found.square_ref)


def _unconstrained(model: Model, distance: float, t: float) -> tuple[float, float, float]:
    r"""Entropy of all weights at a distance, its slope, and the mean square that fields can be moved by.

    The last is :math:`(E|h|)^2/E h^2` times :math:`t^2` in what the reference is made of: 2/pi for signs, 1 on the
    sphere.
    """
    if model.weights.name == "spherical":
        return 0.5 * float(np.log1p(-(t**2))), 2 * t / (1 - t**2), t**2
    return float(binary_entropy(distance)), float(np.log((1 - distance) / distance)), 2 / np.pi * t**2


def taught(model: Model, alpha: float, t: float) -> Saturated | None:
    r"""The same with a teacher, whose constraints are met the better the farther the fields are from the edge.

    At a width :math:`\delta q` so large that the kernel's slope is that of its tail, :math:`(1-e^{-\beta})G(A)/\sigma`,
    the fields are the roots of :math:`f - h = e^{L-(f-\kappa)^2/2\sigma^2}`, and with
    :math:`\rho = \hat R/\sqrt{\hat q}`

    .. math:: \alpha E_T(f-h)^2 = 4t^2G(\rho)^2, \qquad
       \rho = \sqrt{2\alpha/\pi}\,E_b(f-h)\big/\sqrt{E_T(f-h)^2}, \qquad R = t\tilde R = t\,(2H(-\rho) - 1).

    (on the sphere :math:`\alpha E_T(f-h)^2 = t^2/(1+\rho^2)` and :math:`\tilde R = \rho/\sqrt{1+\rho^2}`). None where
    no such width is found.
    """
    rho = float(np.sqrt(2 * alpha / np.pi))
    for _ in range(60):
        if model.weights.name == "spherical":
            r_ref, goal = rho / float(np.sqrt(1 + rho**2)), t**2 / (1 + rho**2)
        else:
            r_ref = float(special.erf(rho / np.sqrt(2)))
            goal = 2 / np.pi * t**2 * float(np.exp(-(rho**2)))
        log_width = _log_width(model, alpha, t, r_ref, goal)
        if log_width is None:
            return None
        boundary = _lag(model, log_width, t, float(np.sqrt(1 - r_ref**2)), 0.0)[0]
        previous, rho = rho, alpha * float(np.sqrt(2 / np.pi)) * boundary / float(np.sqrt(goal))
        if abs(rho - previous) < _SETTLED:
            alone, slope, _ = _unconstrained(model, 0.5 * (1 - t), t)
            return Saturated(alone, slope, t**2, np.inf, t * r_ref, r_ref)
    return None


def _log_width(model: Model, alpha: float, t: float, r_ref: float, goal: float) -> float | None:
    """The L at which alpha times the mean square of f - h is the goal."""

    def excess(log_width: float) -> float:
        return alpha * _lag(model, log_width, t, 1.0, r_ref)[1] / goal - 1

    ends = (_TAIL, _LONGEST)
    return float(optimize.brentq(excess, *ends, xtol=1e-12)) if excess(ends[0]) < 0 < excess(ends[1]) else None


def _lag(model: Model, log_width: float, t: float, scale: float, r_ref: float) -> tuple[float, float]:
    """Mean and mean square of f - h for h of standard deviation t times the scale, weighted by a teacher."""
    kappa, std = float(np.asarray(model.kappa)), float(np.sqrt(1 - t**2))
    far = std * float(np.sqrt(2 * log_width))
    # Fields already there have no need to move: the kink between them and the others is as wide as the kernel's tail.
    z = rule((kappa + far) / (t * scale), std**2 / far / (t * scale), _NODES)
    h = t * scale * z.nodes
    start = np.minimum(
        np.log(np.maximum(kappa + far - h, std)), log_width - 0.5 * (np.maximum(h - kappa, 0.0) / std) ** 2
    )

    def step(u: Array) -> Array:
        f = h + np.exp(u)
        excess = u + 0.5 * ((f - kappa) / std) ** 2 - log_width
        return np.asarray(np.minimum(-excess / np.maximum(1 + (f - kappa) * np.exp(u) / std**2, 0.5), 1.0))

    lag = np.exp(inner_newton(step, start, most=200, tol=1e-13).or_nan)
    weight = z.weights * teacher_weight(z.nodes, 1.0, np.asarray(r_ref))
    return float(weight @ lag), float(weight @ lag**2)


def _highest_fields(model: Model, std: float) -> list[float] | None:
    """The fields that maximise the kernel (none if they are not found), None if they lie at infinity."""
    edges = [float(np.asarray(edge)) for edge in model.edges]
    low, high = edges[0] - 2 * std, edges[-1] + 2 * std
    f = np.unique(np.concatenate([np.linspace(low, high, 2001), edges, [low - _FAR, high + _FAR]]))
    kernel = model.log_kernel(f, std)
    best = float(kernel.log.max())
    if max(kernel.log[0], kernel.log[-1]) >= best - 1e-12:
        return None
    inner = np.flatnonzero((kernel.log[1:-1] >= kernel.log[:-2]) & (kernel.log[1:-1] >= kernel.log[2:])) + 1

    def step(fields: Array) -> Array:
        slope = model.log_kernel(fields, std)
        return np.asarray(slope.d1 / np.where(slope.d2 < -_FLAT, -slope.d2, np.inf))

    fields = inner_newton(step, f[inner], most=20, tol=0.0).or_nan
    values = model.log_kernel(fields, std).log
    return [float(c) for c, v in zip(fields, values, strict=True) if v >= values.max() - 1e-9]
