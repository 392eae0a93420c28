r"""Loads at which nested groups of solutions end: saddle points of the functional over an ultrametric tree.

Per replica the logarithm of the number of tuples is, with the integrals of `replica_theory.replicas.ultrametric`,

.. math:: \psi = -\tfrac12\Big[\hat q_k + \sum_{j=0}^k(m_j - m_{j+1})q_j\hat q_j\Big] + \Gamma_S(\hat q)
   + \alpha\,\Gamma_E(q), \qquad m_0 = 0,\ m_{k+1} = 1.

It vanishes at :math:`\alpha(q, \hat q, m)`, whose stationary points are the thresholds: there all the derivatives of
:math:`\psi` vanish. Where :math:`q_0 = \hat q_0 = 0` by symmetry (even constraints) the threshold is a minimum;
otherwise it is a saddle point with a single direction downwards, that of :math:`q_0` and :math:`\hat q_0`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from replica_theory.models.model import Model
from replica_theory.replicas.ultrametric import Term, Tree, energetic, entropic
from replica_theory.typing import Array

_DIFFERENCE = 1e-6
"""Step in the (logarithmic) unknowns for the Jacobian of the gradient."""
_LARGEST_STEP = 0.5
_FOUND = 1e-7
"""Step below which the next one is the last."""
_FLAT = 1e-7
"""Gradient above which a point is no saddle point."""
_APART = 1.01
"""Ratio of 1 - q of two levels below which they have become one."""


class Reading(NamedTuple):
    """Load at which the tuples end at some overlaps, its gradient in the unknowns, and the stability at q0."""

    alpha: float
    gradient: Array
    stability: float


class Saddle(NamedTuple):
    """A stationary point: unknowns, the tree of overlaps and that of their conjugates, and what is read there."""

    x: Array
    overlaps: Tree
    conjugates: Tree
    alpha: float
    stability: float


@dataclass(frozen=True)
class TupleLoad:
    r"""The load as a function of the unknowns.

    These are the logarithms of :math:`1-q_j`, of :math:`\hat q_j - \hat q_{j-1}` and of the sizes, without level 0
    where tuples are `apart`, and without sizes where they are given.

    Attributes
    ----------
    model : Model
    depth : int
        Number k of nested groups.
    apart : bool
        Whether tuples of one instance have no overlap (of an even constraint).
    sizes : tuple of float or None
        Given sizes.
    fineness : float
        Nodes, in units of the usual number.
    """

    model: Model
    depth: int
    apart: bool
    sizes: tuple[float, ...] | None = None
    fineness: float = 1.0

    @property
    def descents(self) -> int:
        """Directions in which the load decreases from its saddle point."""
        return 0 if self.apart else 1

    def trees(self, x: Array) -> tuple[Tree, Tree]:
        """Overlaps and conjugates with the sizes of the groups."""
        count = self.depth if self.apart else self.depth + 1
        zero = np.zeros(1 if self.apart else 0)
        sizes = np.exp(x[2 * count :]) if self.sizes is None else np.array(self.sizes, dtype=float)
        q = np.append(zero, 1 - np.exp(x[:count]))
        q_hat = np.append(zero, np.cumsum(np.exp(x[count : 2 * count])))
        return Tree(sizes, q), Tree(sizes, q_hat)

    def unknowns(self, overlaps: Array, conjugates: Array, sizes: Array) -> Array:
        """The inverse of `trees`."""
        first = 1 if self.apart else 0
        x = [np.log(1 - overlaps[first:]), np.log(np.diff(conjugates, prepend=0.0)[first:])]
        return np.concatenate([*x, np.log(sizes)] if self.sizes is None else x)

    def at(self, x: Array) -> Reading | None:
        """Load, gradient and stability; None outside the domain."""
        if not np.all(np.abs(x) < 60):
            return None
        overlaps, conjugates = self.trees(x)
        energy = energetic(self.model, overlaps, self.fineness)
        entropy = None if energy is None else entropic(conjugates, self.fineness)
        if energy is None or entropy is None or not energy.value < 0:
            return None
        alpha = (linear_part(overlaps, conjugates) - entropy.value) / energy.value
        slopes = self._gradient(overlaps, conjugates, energy, entropy, alpha)
        if not np.all(np.isfinite(slopes)):
            return None
        return Reading(alpha, -slopes / energy.value, 1 - alpha * energy.curvature * entropy.curvature)

    def _gradient(self, overlaps: Tree, conjugates: Tree, energy: Term, entropy: Term, alpha: float) -> Array:
        r"""The derivatives of :math:`\psi` in the unknowns."""
        q, q_hat, first = overlaps.overlaps, conjugates.overlaps, 1 if self.apart else 0
        steps = overlaps.counts
        in_q = 0.5 * steps * (alpha * energy.squares - q_hat)
        in_q_hat = 0.5 * steps * (entropy.squares - q)
        in_widths = np.cumsum(in_q_hat[::-1])[::-1]
        slopes = [(-(1 - q) * in_q)[first:], (conjugates.widths * in_widths)[first:]]
        if self.sizes is None:
            sizes = overlaps.sizes
            in_sizes = -0.5 * np.diff(q * q_hat) + entropy.size_slopes(sizes) + alpha * energy.size_slopes(sizes)
            slopes.append(sizes * in_sizes)
        return np.concatenate(slopes)


def linear_part(overlaps: Tree, conjugates: Tree) -> float:
    r""":math:`\frac12[\hat q_k + \sum_j(m_j - m_{j+1})q_j\hat q_j]`."""
    q_hat = conjugates.overlaps
    return 0.5 * float(q_hat[-1] + (overlaps.counts * overlaps.overlaps) @ q_hat)


def find_saddle(system: TupleLoad, start: Array, most: int = 60) -> Saddle | None:
    """The saddle point of the right index near a start, by Newton's method along the eigenvectors of the Hessian.

    Up the lowest directions as many as there are descents, down all the others, by at most half a unit at a time.
    """
    x, last = start, False
    signs = np.where(np.arange(len(x)) < system.descents, -1.0, 1.0)
    reading = system.at(x)
    for _ in range(most):
        hessian = None if reading is None else _hessian(system, x, reading.gradient)
        if reading is None or hessian is None:
            return None
        values, vectors = np.linalg.eigh(hessian)
        step = -vectors @ (signs * (vectors.T @ reading.gradient) / np.maximum(np.abs(values), 1e-9))
        size = float(np.abs(step).max(initial=0.0))
        x, reading = _moved(system, x, step * min(1.0, _LARGEST_STEP / size if size else 1.0))
        if last and reading is not None:
            right = np.all(np.sign(values) == signs) and np.all(np.abs(reading.gradient) < _FLAT)
            return _saddle(system, x, reading) if right else None
        last = size < _FOUND
    return None


def _saddle(system: TupleLoad, x: Array, reading: Reading) -> Saddle | None:
    overlaps, conjugates = system.trees(x)
    rest = 1 - overlaps.overlaps
    if np.any(rest[:-1] < _APART * rest[1:]):
        return None
    return Saddle(x, overlaps, conjugates, reading.alpha, reading.stability)


def _hessian(system: TupleLoad, x: Array, gradient: Array) -> Array | None:
    """By differences of the gradient."""
    columns = []
    for shift in _DIFFERENCE * np.eye(len(x)):
        near = system.at(x + shift)
        if near is None:
            return None
        columns.append((near.gradient - gradient) / _DIFFERENCE)
    hessian = np.array(columns).reshape(len(x), len(x))
    return 0.5 * (hessian + hessian.T)


def _moved(system: TupleLoad, x: Array, step: Array) -> tuple[Array, Reading | None]:
    """As far along the step as the domain reaches."""
    for _ in range(20):
        reading = system.at(x + step)
        if reading is not None:
            return x + step, reading
        step = 0.5 * step
    return x, None
