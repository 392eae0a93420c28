r"""Capacity of the spherical perceptron, where the volume of solutions shrinks to a point: q = 1.

There :math:`(1-q)\,\ell(h, \sqrt{1-q})\to-\frac12\mathrm{dist}(h, A)^2` with the set `A` of allowed stabilities, so
that (Gardner 1988, for any constraint)

.. math:: \frac1{\alpha_c} = \int Dz\,\mathrm{dist}(z, A)^2, \qquad
   1 - \alpha_c P(z\notin A)\ \mathrm{the\ stability\ if}\ A\ \mathrm{is\ an\ interval}.

Between two intervals the best field jumps, and the stability is :math:`-\infty`. Of a mixture both are means over the
classes, at the shift of the least distance where that is free.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy import optimize, special

from replica_theory.models.mixture import Mixture, class_constraints
from replica_theory.models.model import LOG_SQRT_2PI, Model
from replica_theory.status import Status, statuses
from replica_theory.typing import Array

_EPSILON = 16 * float(np.finfo(float).eps)


def spherical_capacity(model: Model, kappa: Array) -> dict[str, Any]:
    """Flat columns by name, one entry a margin.

    Raises
    ------
    ValueError
        If the constraint is soft: there is no set of allowed stabilities.
    """
    found = np.array([_of_one(model.at(kappa=float(one), beta=np.inf)) for one in kappa]).reshape(-1, 4)
    alpha, stability, error, shift = found.T
    ones = np.ones_like(alpha)
    status = statuses(Status.of(0.0, stability=value) for value in stability.tolist())
    columns = {
        "alpha": alpha,
        "q": ones,
        "q_hat": np.inf * ones,
        "mean_square": ones.copy(),
        "stability": stability,
        "error": error,
        "status": status,
    }
    return columns | {"shift": shift} if model.is_mixture else columns


class _Outside(NamedTuple):
    """Mean squared distance of a Gaussian field from what is allowed, its probability to be outside, and terms."""

    squared: float
    outside: float
    terms: float
    single: bool


def _of_one(model: Model) -> tuple[float, float, float, float]:
    """Capacity, stability and error at one margin, and the shift of a mixture: a free one minimises the distance."""
    shift = 0.0
    if isinstance(model, Mixture):
        shift = _nearest(model) if model.is_free else model.given_shift
        found = _mean(model, shift)
    else:
        found = _outside(model)
    if not found.squared > 0:
        return np.inf, 1.0, 0.0, shift
    stability = 1 - found.outside / found.squared if found.single else -np.inf
    return 1 / found.squared, stability, _EPSILON * found.terms / found.squared**2, shift


def _nearest(model: Mixture) -> float:
    """The shift of the least distance, a convex function of it."""
    ends = [float(np.asarray(edge)) for _, one in class_constraints(model, 0.0) for edge in one.edges]
    reach = 1.0 + max(map(abs, ends))
    return float(optimize.minimize_scalar(lambda m: _mean(model, m).squared, bracket=(-reach, reach), tol=1e-12).x)


def _mean(model: Mixture, shift: float) -> _Outside:
    """Means over the classes at a shift."""
    shares, parts = zip(*((p, _outside(one)) for p, one in class_constraints(model, shift)), strict=True)
    squared, outside, terms = (float(np.dot(shares, [part[k] for part in parts])) for k in range(3))
    return _Outside(squared, outside, terms, all(part.single for part in parts))


def _outside(model: Model) -> _Outside:
    intervals = model.allowed_intervals
    if intervals is None:
        raise ValueError(f"capacity of spherical weights needs a hard constraint; got {model!r}")
    ends = [(float(np.asarray(a)), float(np.asarray(b))) for a, b in intervals]
    squared, outside, terms = 0.0, 0.0, 0.0
    for low, high in zip([-np.inf, *(b for _, b in ends)], [*(a for a, _ in ends), np.inf], strict=True):
        middle = low if np.isinf(low) else high if np.isinf(high) else 0.5 * (low + high)
        for left, right, edge in ((low, middle, low), (middle, high, high)):
            if left < right:
                value, size = _second_moment(left, right, edge)
                squared, terms = squared + value, terms + size
                outside += float(special.ndtr(right) - special.ndtr(left))
    return _Outside(squared, outside, terms, len(ends) == 1)


def _second_moment(left: float, right: float, edge: float) -> tuple[float, float]:
    """Of the distance from an edge, over the Gaussian measure from left to right; and the size of the terms."""
    share = float(special.ndtr(right) - special.ndtr(left))
    density = [0.0 if np.isinf(x) else float(np.exp(-0.5 * x * x - LOG_SQRT_2PI)) for x in (left, right)]
    moved = [0.0 if np.isinf(x) else x * p for x, p in zip((left, right), density, strict=True)]
    parts = [(1 + edge**2) * share, moved[0], -moved[1], -2 * edge * density[0], 2 * edge * density[1]]
    return sum(parts), sum(map(abs, parts))
