r"""The Gaussian measure: quadrature rules for :math:`\int Dz\, f(z)` when `f` is steep somewhere.

Every integrand of the theory is smooth except for steps of known position and width (the edge of a constraint, the
zero of a tanh), which sharpen as an overlap tends to 1. The trapezoidal rule in `u`, with
:math:`z = c + w\sinh u` centred on the step, resolves a step of width `w/2` and the whole measure with the same nodes
and converges geometrically; Gauss-Hermite rules fail there (160 nodes: 1e-5 wrong at q = 0.99).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from replica_theory.numerics.inner_newton import inner_newton
from replica_theory.typing import Array

CUTOFF = 10.0
"""Nodes cover |z| <= 10; the measure beyond is 1.5e-23."""

DEFAULT_NODES = 241


@dataclass(frozen=True, eq=False)
class Rule:
    r"""Nodes and weights for :math:`\int Dz\, f(z) \approx \sum_i w_i f(z_i)`, along the last axis.

    Attributes
    ----------
    nodes, weights : array, shape (..., n)
        The Gaussian density is contained in the weights.
    coarse : array, shape (..., n)
        Weights of the rule with half the nodes (zero on the others).
    """

    nodes: Array
    weights: Array
    coarse: Array

    def integrate(self, values: Array) -> Array:
        r"""Integral of `values` (..., n) given at the nodes; shape (...)."""
        return np.asarray(np.einsum("...i,...i->...", values, self.weights))

    def error(self, values: Array) -> Array:
        """Estimated error: the difference to the half rule.

        The rule converges geometrically, so its true error is about the square of the half rule's: this bounds it.
        """
        return np.asarray(np.abs(np.einsum("...i,...i->...", values, self.weights - self.coarse)))


POINT = Rule(np.zeros(1), np.ones(1), np.ones(1))
"""The rule of a Gaussian without width."""


def rule(center: ArrayLike = 0.0, width: ArrayLike = 1.0, n: int = DEFAULT_NODES) -> Rule:
    r"""Rule for the standard Gaussian measure that resolves one step.

    Parameters
    ----------
    center, width : float or array
        Position and width of the step; they broadcast to the leading shape of the rule. A width above 1/2 counts as
        1/2 (the measure itself has width 1), a centre beyond the cutoff is moved to it.
    n : int
        Number of nodes, odd.

    Returns
    -------
    Rule

    Examples
    --------
    >>> import numpy as np
    >>> step = rule(center=0.5, width=1e-4)
    >>> float(abs(step.integrate(step.nodes**2) - 1) < 1e-13)
    1.0
    """
    if n < 5 or n % 2 == 0:
        raise ValueError(f"n must be odd and at least 5; got {n}")
    middle: Array = np.clip(np.asarray(center, dtype=np.float64), -CUTOFF, CUTOFF)[..., None]
    scale: Array = np.minimum(2.0 * np.asarray(width, dtype=np.float64), 1.0)[..., None]
    low, high = np.arcsinh((-CUTOFF - middle) / scale), np.arcsinh((CUTOFF - middle) / scale)
    u = low + (high - low) * np.linspace(0.0, 1.0, n)
    nodes = middle + scale * np.sinh(u)
    measure = (high - low) / (n - 1) * scale * np.cosh(u) * np.exp(-0.5 * nodes**2) / np.sqrt(2 * np.pi)
    return Rule(nodes, measure, measure * np.where(np.arange(n) % 2 == 0, 2.0, 0.0))


def multi_rule(centers: list[Array], widths: list[Array], n: int = DEFAULT_NODES) -> Rule:
    r"""Rule that resolves several steps, close or far, of equal or unequal widths.

    The trapezoidal rule in :math:`u(z) = \sum_k\mathrm{asinh}((z-c_k)/w_k)`, whose density of nodes is the sum of those
    that the steps would have alone; its inverse is found by Newton's method.

    Parameters
    ----------
    centers, widths : list of array
        Positions and widths of the steps; they broadcast to the leading shape of the rule.
    n : int
        Nodes for each step.

    Returns
    -------
    Rule
        NaN throughout in those of its rows whose nodes are not found.
    """
    if len(centers) == 1:
        return rule(centers[0], widths[0], n)
    shape = np.broadcast_shapes(*(np.shape(v) for v in (*centers, *widths)))
    middle = [np.broadcast_to(np.clip(c, -CUTOFF, CUTOFF), shape).reshape(-1, 1) for c in centers]
    scale = [np.broadcast_to(np.minimum(2.0 * np.asarray(w), 1.0), shape).reshape(-1, 1) for w in widths]

    def position(z: Array) -> Array:
        return np.asarray(sum(np.arcsinh((z - c) / s) for c, s in zip(middle, scale, strict=True)))

    def density(z: Array) -> Array:
        return np.asarray(sum(1.0 / np.hypot(z - c, s) for c, s in zip(middle, scale, strict=True)))

    count = len(centers) * (n - 1) + 1
    ends = position(np.tile([-CUTOFF, CUTOFF], (len(middle[0]), 1)))
    spacing = (ends[:, 1:] - ends[:, :1]) / (count - 1)
    u = ends[:, :1] + spacing * np.arange(count)

    def step(z: Array) -> Array:
        return np.asarray((u - position(z)) / density(z))

    guess = _first_guess(position, centers=middle, scales=scale, u=u)
    # Quadratic: the step after the last, taken below, is below rounding.
    roots = inner_newton(step, guess, most=20, tol=1e-9, scale=1.0, bounds=(-CUTOFF, CUTOFF))
    found = np.where(roots.found.all(axis=1, keepdims=True), roots.x, np.nan)
    nodes = np.clip(found + step(found), -CUTOFF, CUTOFF)
    weights = spacing / density(nodes) * np.exp(-0.5 * nodes**2) / np.sqrt(2 * np.pi)
    coarse = weights * np.where(np.arange(count) % 2 == 0, 2.0, 0.0)
    return Rule(*(v.reshape(*shape, count) for v in (nodes, weights, coarse)))


def _first_guess(position: Callable[[Array], Array], centers: list[Array], scales: list[Array], u: Array) -> Array:
    """Nodes at given positions, by linear interpolation between those of the single rules."""
    if not len(u):
        return u
    v = np.linspace(-1.0, 1.0, 201)
    tables = [c + s * np.sinh(v * np.arcsinh(2 * CUTOFF / s)) for c, s in zip(centers, scales, strict=True)]
    table = np.sort(np.clip(np.concatenate(tables, axis=1), -CUTOFF, CUTOFF), axis=1)
    # One interpolation for all rows: they are laid end to end.
    offset = 1e4 * np.arange(len(u))[:, None]
    flat = np.interp((u + offset).ravel(), (position(table) + offset).ravel(), (table + offset).ravel())
    return np.asarray(flat.reshape(u.shape) - offset)
