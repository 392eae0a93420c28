r"""The integrals over an ultrametric tree of replicas, with everything that a saddle point needs of them.

:math:`m_1` replicas stand in nested groups of sizes :math:`m_1 > \dots > m_k \ge 1`, :math:`m_{k+1} = 1` (real
numbers allowed), at overlaps :math:`q_0` between trees and :math:`q_1 < \dots < q_k` inside the groups. With the free
entropy of a leaf, :math:`B_{k+1}(h) = \ell(h, \sqrt{1-q_k})` (energetic) or :math:`\log 2\cosh h` (entropic,
:math:`\hat q` in place of q), a group counts

.. math:: B_j(h) = \frac1{m_j}\log\int\!Dx\,e^{m_j B_{j+1}(h + \sqrt{q_j - q_{j-1}}\,x)}, \qquad
   \Gamma = \int\!Dz\,B_1(\sqrt{q_0}\,z),

per replica. Averages below level j are those of the tree measure: every group weighs its fields as above. Then, with
:math:`m_0 = 0`,

.. math:: \frac{\partial\Gamma}{\partial q_j} = \frac{m_j - m_{j+1}}2\,E B_{j+1}'^2, \qquad
   \frac{\partial\Gamma}{\partial m_j} = \frac{E B_{j+1} - E B_j}{m_j}.

Every level has a grid of fields of its own and takes the functions of the next one on that one's grid, so that nothing
is interpolated: the trapezoidal rule converges exponentially. Where a field is allowed, :math:`\int e^{mB}` is
:math:`1 + \int(e^{mB} - 1)`, whose integrand lives next to the edges: grids are windows around these.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from replica_theory.arguments import checked_model, shown
from replica_theory.models.model import Model
from replica_theory.numerics.binary import log2cosh
from replica_theory.typing import Array

Mask = NDArray[np.bool_]
_REACH = 8.5
"""Standard deviations beyond which a Gaussian weighs less than rounding."""
_SMOOTH, _KINK = 0.7, 0.4
"""Nodes a standard deviation of the integrand, and a width of log P (its zeros are 2 widths off the real axis)."""
_UNFELT = 45.0
"""Exponent by which the middle of a hole must be below the peaks beside it to be left out."""
_TURN = 0.2
"""Spacing of the fields in the middle of a hole, likewise; the two sides may differ."""
_SPIN = 0.28
"""Spacing of the fields of a spin: log cosh mh has its singularity at a distance of pi/(2m)."""
_MOST_NODES, _MOST_PAIRS = 40_000, 3_000_000
"""Nodes of a level, and of a level times those of the next (24 MB), at the usual fineness."""


@dataclass(frozen=True)
class Tree:
    """Sizes and overlaps (or their conjugates) of nested groups, outermost first.

    Attributes
    ----------
    sizes : array, shape (k,)
    overlaps : array, shape (k + 1,)
        Between trees, then inside the groups.
    """

    sizes: Array
    overlaps: Array

    @property
    def widths(self) -> Array:
        """Variance of the field at every level: of q0, then of the groups."""
        return np.diff(self.overlaps, prepend=0.0)

    @property
    def counts(self) -> Array:
        """What every overlap counts in linear terms: m_j - m_{j+1}."""
        return -np.diff(np.concatenate([[0.0], self.sizes, [1.0]]))

    @property
    def valid(self) -> bool:
        """Whether sizes are at least 1 and the overlaps increase."""
        steps = self.widths
        return bool(np.all(self.sizes >= 1) and steps[0] >= 0 and np.all(steps[1:] > 0))


class Term(NamedTuple):
    r"""One of the two integrals and what it drives.

    Attributes
    ----------
    value : float
        :math:`\Gamma`, per replica.
    squares : array, shape (k + 1,)
        :math:`E B_{j+1}'^2`, j = 0..k: the conjugates over alpha (energetic) or the overlaps (entropic).
    free : array, shape (k + 1,)
        :math:`E B_j`, j = 1..k + 1.
    curvature : float
        :math:`E B_1''^2`.
    """

    value: float
    squares: Array
    free: Array
    curvature: float

    def size_slopes(self, sizes: Array) -> Array:
        """The derivatives in the sizes."""
        return np.diff(self.free) / sizes


def checked_for_tuples(model: Any, door: str) -> None:
    """Refuse what is no hard constraint of intervals on binary weights, with random labels and one margin.

    Raises
    ------
    TypeError, ValueError
        If it is something else.
    """
    checked_model(model, Model, door, hard=True, random_labels=True, single=True)
    if model.allowed_intervals is None:
        raise ValueError(f"model must be a hard constraint of intervals for {door}; got {shown(model)}")


def energetic(model: Model, tree: Tree, fineness: float = 1.0) -> Term | None:
    """The energetic integral; None outside its domain.

    Parameters
    ----------
    model : Model
        One margin.
    tree : Tree
    fineness : float
        Nodes, in units of the usual number.
    """
    rest = 1 - tree.overlaps
    if not (tree.valid and rest[-1] > 1e-12):
        return None
    grids = _windows(model, tree, fineness)
    if grids is None or _large(grids, fineness):
        return None
    leaf = model.log_kernel(grids[-1].nodes, float(np.sqrt(rest[-1])))
    allowed = [model.allows(grid.nodes) for grid in grids]
    return _climb(tree, grids, (leaf.log, leaf.d1, leaf.d2), allowed)


def entropic(tree: Tree, fineness: float = 1.0) -> Term | None:
    """The entropic integral at conjugate overlaps; None outside its domain.

    Parameters
    ----------
    tree : Tree
    fineness : float
    """
    if not tree.valid:
        return None
    widths, grids, reach = tree.widths, [], 0.0
    for level, width in enumerate(widths):
        size = 0.0 if level == 0 else float(tree.sizes[level - 1])
        reach += size * width + _REACH * float(np.sqrt(width))
        inner = float(tree.sizes[level]) if level < len(tree.sizes) else 1.0
        step = min(_SPIN / inner, _SMOOTH * float(np.sqrt(width))) / fineness
        if width > 0 and not reach / step < _MOST_NODES * fineness:
            return None
        grids.append(_lattice([(-reach, reach)], step) if width > 0 else _ORIGIN)
    if _large(grids, fineness):
        return None
    spin = np.tanh(grids[-1].nodes)
    leaf = (log2cosh(grids[-1].nodes), spin, 1 - spin**2)
    return _climb(tree, grids, leaf, [np.zeros(len(grid.nodes), dtype=bool) for grid in grids])


class _Grid(NamedTuple):
    """Fields of a level, and their spacing."""

    nodes: Array
    step: float


_ORIGIN = _Grid(np.zeros(1), 1.0)


def _large(grids: list[_Grid], fineness: float) -> bool:
    most = _MOST_PAIRS * fineness**2
    return any(len(outer.nodes) * len(inner.nodes) > most for outer, inner in pairwise(grids))


def _lattice(windows: list[tuple[float, float]], step: float) -> _Grid:
    """The multiples of a step that lie in any of the windows."""
    spans = [np.arange(np.floor(low / step), np.ceil(high / step) + 1) for low, high in windows]
    nodes = spans[0] if len(spans) == 1 else np.unique(np.concatenate(spans))
    return _Grid(step * nodes, step)


def _windows(model: Model, tree: Tree, fineness: float) -> list[_Grid] | None:
    """Fields of every level next to the edges, as far as those of the level above lead to them."""
    rest, widths = 1 - tree.overlaps, tree.widths
    stiff = np.append(np.cumsum((tree.sizes * widths[1:])[::-1])[::-1], 0.0) + rest[-1]
    """B_{j+1} falls off as -d^2/2 of this, j = 0..k."""
    edges = [float(np.asarray(edge)) for edge in model.edges]
    inner, hole = np.append(tree.sizes, 1.0), _half_hole(model)
    reach = _REACH * float(np.sqrt(tree.overlaps[0]))
    depth = reach + max(map(abs, edges))
    grids = []
    for level, width in enumerate(widths):
        size = 0.0 if level == 0 else float(tree.sizes[level - 1])
        if width == 0:
            grids.append(_ORIGIN)
            continue
        sharp = float(1 / np.sqrt(1 / width + size / stiff[level]))
        # In the middle of a hole, one side gives way to the other as in log cosh: where it is felt at all.
        pull = size * width / float(stiff[level])
        felt = hole > 0 and 0.5 * hole**2 * size / float(stiff[level]) * pull / (1 + pull) < _UNFELT
        turn = _TURN * float(stiff[level] / inner[level]) / hole if felt else np.inf
        step = min(_SMOOTH * sharp, _KINK * float(np.sqrt(rest[level])), turn) / fineness
        near = _REACH * float(np.sqrt(1 - tree.overlaps[level - 1] if level else 1.0))
        if level:
            reach += _REACH * float(np.sqrt(width))
            depth = max(near, depth * float(stiff[level] / stiff[level - 1]) + _REACH * sharp)
        else:
            depth = near = reach
        spans = [_around(model, edge, near, depth, reach) for edge in edges] if level else [(-reach, reach)]
        if not sum(high - low for low, high in spans) / step < _MOST_NODES * fineness:
            return None
        grids.append(_lattice(spans, step))
    return grids


def _half_hole(model: Model) -> float:
    """Half the widest gap between two allowed intervals; 0 without any."""
    ends = [(float(np.asarray(low)), float(np.asarray(high))) for low, high in model.allowed_intervals or ()]
    return max((0.5 * (right[0] - left[1]) for left, right in pairwise(ends)), default=0.0)


def _around(model: Model, edge: float, near: float, depth: float, reach: float) -> tuple[float, float]:
    """The window around an edge: `near` on its allowed side, `depth` on the other, within the reach of all fields."""
    above = any(float(np.asarray(low)) == edge for low, _ in model.allowed_intervals or ())
    low, high = (edge - depth, edge + near) if above else (edge - near, edge + depth)
    bound = max(reach, abs(edge) + near)
    return max(low, -bound), min(high, bound)


def _climb(tree: Tree, grids: list[_Grid], leaf: tuple[Array, Array, Array], allowed: list[Mask]) -> Term:
    """From the leaves to the root for the functions, and down again for the averages."""
    free, slope, bend = leaf
    squares, means, kernels = [slope**2], [free], []
    for level in range(len(tree.sizes), 0, -1):
        size = float(tree.sizes[level - 1])
        log_norm, kernel = _group(grids[level - 1], grids[level], tree.widths[level], size * free, allowed[level - 1])
        # With the square about the mean: no cancellation where a group is stiff.
        moments = kernel @ np.stack([slope, slope**2, bend], axis=1)
        first, second, third = moments.T
        free, slope, bend = log_norm / size, first, third + size * (second - first**2)
        kernels.append(kernel)
        squares.append(slope**2)
        means.append(free)
    width = float(tree.widths[0])
    nodes, step = grids[0]
    weight = np.ones(1) if width == 0 else step * np.exp(-(nodes**2) / (2 * width)) / np.sqrt(2 * np.pi * width)
    curvature = float(weight @ bend**2)
    mean_squares, mean_free = [], []
    for square, mean in zip(squares[::-1], means[::-1], strict=True):
        mean_squares.append(float(weight @ square))
        mean_free.append(float(weight @ mean))
        weight = weight @ kernels.pop() if kernels else weight
    return Term(mean_free[0], np.array(mean_squares), np.array(mean_free), curvature)


def _group(outer: _Grid, inner: _Grid, width: float, exponent: Array, allowed: Mask) -> tuple[Array, Array]:
    r"""Logarithm of :math:`\int Dx\,e^{mB}` at the outer fields, and the weights of the inner fields there."""
    logs = -((inner.nodes - outer.nodes[:, None]) ** 2) / (2 * width)
    log_step = float(np.log(inner.step)) - 0.5 * float(np.log(2 * np.pi * width))
    missing = np.exp(logs[allowed] + log_step) @ np.expm1(np.minimum(exponent, 0.0))
    logs += exponent
    top = logs.max(axis=1)
    kernel = np.exp(logs - top[:, None])
    total = kernel.sum(axis=1)
    log_norm = top + np.log(total) + log_step
    log_norm[allowed] = np.where(missing > -0.5, np.log1p(np.maximum(missing, -0.5)), log_norm[allowed])
    kernel *= np.exp(top + log_step - log_norm)[:, None]
    return log_norm, kernel
