r"""Where a kernel changes fast: at the edges of its constraint, and where one of its regimes takes over from another.

Beyond an edge the probability of being allowed falls like :math:`H(x)`, `x` the distance over the width of the field,
until something else is as likely: the floor :math:`e^{-\beta}` of a finite temperature (or of a soft constraint), or
the other edge of a hole. There :math:`\ell` turns from a parabola into a constant, or from one parabola into another,
within :math:`\sigma/x` only, much less than the width :math:`\sigma` of an edge where `x` is large; and both regimes
have the measure's full weight as an overlap tends to 1. Quadratures need nodes there.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from replica_theory.models.model import Model
from replica_theory.models.perceptron import hazard
from replica_theory.typing import Array

_SOFT = 6.0
"""Distance over the width up to which a crossover is as smooth as the edge beside it, and needs no nodes of its own."""


class Steep(NamedTuple):
    """A field at which a kernel changes fast, and the width of the change; arrays of one shape."""

    center: Array
    width: Array


def steep_fields(model: Model, std: Array) -> list[Steep]:
    r"""The edges of a kernel of width `std` and its crossovers.

    Parameters
    ----------
    model : Model
    std : array
        Width :math:`\sigma` of the field; it broadcasts with the parameters of the model.

    Returns
    -------
    list of Steep
        The edges first, in the order of `Model.edges`; a crossover that exists for some entries only lies at its edge
        for the others.

    Examples
    --------
    >>> from replica_theory import BinaryPerceptron
    >>> for step in steep_fields(BinaryPerceptron(beta=200.0), np.array(0.1)):
    ...     print(f"{step.center:.4f} {step.width:.4f}")
    0.0000 0.1000
    -1.9804 0.0050
    """
    shape = np.broadcast_shapes(np.shape(std), np.shape(model.kappa), np.shape(model.beta))
    std = np.broadcast_to(np.asarray(std, dtype=float), shape)
    edges = [np.broadcast_to(np.asarray(edge, dtype=float), shape) for edge in model.edges]
    found = [Steep(edge, std) for edge in edges]
    if _edges_suffice(model, edges, std):
        return found
    middles = [0.5 * (a + b) for a, b in pairwise(edges)]
    depths = [_depth(model, inside) for inside in (edges[0] - 1.0, *middles, edges[-1] + 1.0)]
    found += _beside(edges[0], -std, depths[0])
    for low, high, depth in zip(edges[:-1], edges[1:], depths[1:-1], strict=True):
        found += _inside(low, high, std, depth)
    return found + _beside(edges[-1], std, depths[-1])


def steep_points(model: Model, std: float) -> list[tuple[float, float]]:
    """The same of a model of single parameters, as pairs of numbers."""
    return [(float(field.center), float(field.width)) for field in steep_fields(model, np.array(std))]


def _edges_suffice(model: Model, edges: list[Array], std: Array) -> bool:
    """Whether there is no crossover, at a glance: a hard constraint, no low temperature, and no wide hole."""
    beta = np.asarray(model.beta)
    hard = type(model).allowed_intervals is not Model.allowed_intervals and model.allowed_intervals is not None
    narrow = all((high - low <= 2 * _SOFT * std).all() for low, high in pairwise(edges))
    return hard and narrow and bool(((beta < 0.5 * _SOFT**2) | np.isposinf(beta)).all())


def _depth(model: Model, inside: Array) -> Array:
    """Distance over the width at which the kernel has fallen to its floor in the region around a field (0: allowed)."""
    accepted, beta = model.acceptance(inside), np.asarray(model.beta)
    with np.errstate(divide="ignore"):
        return _quantile(np.logaddexp(-beta, np.log(-np.expm1(-beta)) + np.log(accepted)) + np.zeros(inside.shape))


def _quantile(log_probability: Array) -> Array:
    """The x at which log H(x) has a value, 0 for values above exp(-1), by Newton's method."""
    goal = np.minimum(log_probability, -1.0)
    x = np.sqrt(-2 * goal)
    finite = np.isfinite(x) & (log_probability < -1.0)
    for _ in range(6 if finite.any() else 0):
        start = np.where(finite, x, 1.0)
        x = np.where(finite, start + (special.log_ndtr(-start) - goal) / hazard(start), x)
    return np.asarray(np.where(log_probability < -1.0, x, 0.0))


def _beside(edge: Array, std: Array, depth: Array, there: NDArray[np.bool_] | bool = True) -> list[Steep]:
    """The crossover to the floor beyond an edge, in the direction of the (signed) width."""
    there = there & np.isfinite(depth) & (depth > _SOFT)
    if not there.any():
        return []
    return [Steep(edge + std * np.where(there, depth, 0.0), np.abs(std) / np.where(there, depth, 1.0))]


def _inside(low: Array, high: Array, std: Array, depth: Array) -> list[Steep]:
    """From both edges of a hole: the crossovers to the floor, or that of their parabolas in the middle."""
    hole = (high - low) / std
    to_floor, to_middle = 2 * depth < hole, (depth > 0) & (hole > 2 * _SOFT)
    meeting = _beside(low, std, 0.5 * hole, to_middle & ~to_floor)
    meeting = [Steep(center, 0.5 * width) for center, width in meeting]
    return _beside(low, std, depth, to_floor) + meeting + _beside(high, -std, depth, to_floor)
