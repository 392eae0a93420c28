r"""Inner maxima of a kernel that is not log-concave: :math:`M(h) = \max_f[\ell(f) - (f-h)^2/(2\delta q)]`.

With :math:`u(f) = \ell(f) - f^2/(2\delta q)` the maximum is a Legendre transform: the maximiser runs along the upper
concave envelope of `u`, and where the envelope is a straight line (from `a` to `b`, touching at both ends) it jumps,
at the field :math:`h` with :math:`-h/\delta q` the slope of the line. `M` has a kink there, so Gaussian averages of its
curvature contain the kinks, and quadratures must not straddle them. This is so for constraints with a hole and for any
constraint at finite temperature.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from replica_theory.models.model import Kernel, Model
from replica_theory.models.steep_fields import steep_points
from replica_theory.numerics.inner_newton import inner_newton
from replica_theory.typing import Array

_SPREAD = np.sinh(np.linspace(-9.0, 9.0, 361))
_DOUBLING = np.concatenate([[0.0], 2.0 ** np.arange(-1, 40)])
_REACH = 9.0
"""Standard deviations of the field that count (the measure beyond is 2e-19)."""


class Jump(NamedTuple):
    """A field at which the maximiser jumps from `left` to `right`."""

    field: float
    left: float
    right: float


class Maxima(NamedTuple):
    r"""Nodes `h` of the Gaussian field of variance q, their weights, and the maximisers there; the jumps."""

    h: Array
    weights: Array
    fields: Array
    jumps: list[Jump]

    def kinks(self, q: float, gap: float, weights: Array | None = None) -> float:
        r"""Share of the jumps in :math:`E\,M''(h)`: the sum of :math:`(b-a)/\delta q` times the density of h there.

        `weights` multiply the Gaussian density at each jump.
        """
        density = [np.exp(-0.5 * j.field**2 / q) / np.sqrt(2 * np.pi * q) * (j.right - j.left) for j in self.jumps]
        return float(sum(density if weights is None else density * weights)) / gap


def maxima(model: Model, q: float, gap: float, std: float, order: int) -> Maxima | None:
    r"""Gaussian quadrature over the field `h` (variance q) with the inner maximiser at every node.

    None where Newton's method does not find a jump or a maximiser.

    Parameters
    ----------
    model : Model
        Scalar parameters.
    q, gap, std : float
        Variance of `h`, :math:`\delta q > 0`, and width of the kernel.
    order : int
        Gauss-Legendre nodes in each panel; panels are graded towards steep fields and end at the jumps.
    """
    best = maximiser(lambda f: model.log_kernel(f, std), _table(model, q, std), gap, std)
    if best is None:
        return None
    h, weights = panels(steep_points(model, std), [jump.field for jump in best.jumps], float(np.sqrt(q)), order)
    fields = best.fields(h)
    if np.isnan(fields).any():
        return None
    return Maxima(h, weights * np.exp(-0.5 * h**2 / q) / np.sqrt(2 * np.pi * q), fields, best.jumps)


@dataclass(frozen=True)
class Maximiser:
    """The inner maxima of a kernel, with its values on a table of fields and the jumps found on it."""

    kernel: Callable[[Array], Kernel]
    gap: float
    width: float
    f: Array
    table: Kernel
    jumps: list[Jump]

    def fields(self, h: Array) -> Array:
        """The maximisers at fields h, NaN if they are not found."""
        if self.gap == 0:
            return h
        stable = self.gap * self.table.d2 < 1
        inverse = self.f - self.gap * self.table.d1
        fields: Array = np.empty_like(h)
        ends = [Jump(-np.inf, -np.inf, -np.inf), *self.jumps, Jump(np.inf, np.inf, np.inf)]
        for left, right in pairwise(ends):
            here = (h >= left.field) & (h < right.field)
            known = (self.f >= left.right) & (self.f <= right.left) & stable
            start = np.clip(h[here], left.right, right.left)
            if known.any():
                start = np.interp(h[here], inverse[known], self.f[known])
            fields[here] = _newton(self.kernel, start, h[here], self.gap, self.width)
        return fields


def maximiser(kernel: Callable[[Array], Kernel], f: Array, gap: float, width: float) -> Maximiser | None:
    """The inner maxima of any kernel from a table of increasing fields; None where a jump is not found.

    `width` is that of the kernel's steps, by which Newton's method is damped.
    """
    table = kernel(f)
    found = _jumps(kernel, f, table, gap, width)
    return None if found is None else Maximiser(kernel, gap, width, f, table, found)


def jumps(model: Model, q: float, gap: float, std: float) -> list[Jump] | None:
    """The jumps of the maximiser for fields of variance q, in increasing order; None where one is not found."""
    best = maximiser(lambda f: model.log_kernel(f, std), _table(model, q, std), gap, std)
    return None if best is None else best.jumps


def _table(model: Model, q: float, std: float) -> Array:
    """Fields that cover the measure and its maximisers, graded where the kernel is steep."""
    edges = [float(np.asarray(edge)) for edge in model.edges]
    reach = _REACH * np.sqrt(q)
    low, high = min(-reach, *edges) - 12 * std, max(reach, *edges) + 12 * std
    graded = [center + width * _SPREAD for center, width in steep_points(model, std)]
    f = np.unique(np.concatenate([np.linspace(low, high, 401), *graded]))
    return np.asarray(f[(f >= low) & (f <= high)])


def _jumps(kernel: Callable[[Array], Kernel], f: Array, table: Kernel, gap: float, width: float) -> list[Jump] | None:
    stable = gap * table.d2 < 1
    found = []
    for i, j in [] if stable.all() else _gaps_of_envelope(f, table.log - f**2 / (2 * gap)):
        if stable[i + 1 : j].all():
            continue
        jump = _refined(kernel, float(f[i]), float(f[j]), gap, width)
        if np.isnan(jump.field):
            if 0 < i and j < len(f) - 1:
                return None
            # The line touches beyond the table, where the kernel is flat: so far out no field counts.
            jump = Jump(-np.inf if i == 0 else np.inf, float(f[i]), float(f[j]))
        found.append(jump)
    return found


def _gaps_of_envelope(f: Array, u: Array) -> list[tuple[int, int]]:
    """Neighbours on the upper concave envelope that are no neighbours on the grid."""
    hull: list[int] = []
    for k in range(len(f)):
        while len(hull) > 1 and (u[hull[-1]] - u[hull[-2]]) * (f[k] - f[hull[-1]]) <= (u[k] - u[hull[-1]]) * (
            f[hull[-1]] - f[hull[-2]]
        ):
            hull.pop()
        hull.append(k)
    return [(i, j) for i, j in pairwise(hull) if j > i + 1]


def _refined(kernel: Callable[[Array], Kernel], left: float, right: float, gap: float, width: float) -> Jump:
    """The jump between two branches, where their values are equal; NaN if it is not found."""
    ends = np.array([left, right])
    log = kernel(ends).log
    start = 0.5 * (left + right) - gap * (log[1] - log[0]) / (right - left)

    def step(h: Array) -> Array:
        nonlocal ends
        ends = _newton(kernel, ends, np.full(2, h[0]), gap, width)
        if np.isnan(ends).any():
            return np.full(1, np.nan)
        value = kernel(ends).log - (ends - h) ** 2 / (2 * gap)
        with np.errstate(invalid="ignore", divide="ignore"):  # NaN where both ends run into one
            return np.asarray(-gap * np.diff(value) / np.diff(ends))

    h = inner_newton(step, np.array([start]), most=50, tol=1e-13).or_nan
    return Jump(float(h[0]), float(ends[0]), float(ends[1]))


def _newton(kernel: Callable[[Array], Kernel], start: Array, h: Array, gap: float, width: float) -> Array:
    """Maximisers from starting points on their own branches, NaN if they are not found."""
    longest = 0.5 * np.sqrt(gap) + width

    def step(f: Array) -> Array:
        at = kernel(f)
        move = (h + gap * at.d1 - f) / np.maximum(1 - gap * at.d2, 0.02)
        return np.asarray(np.clip(move, -longest, longest))

    return inner_newton(step, start, most=_most_steps(gap), tol=1e-12).or_nan


def panels(steep: list[tuple[float, float]], jumps: list[float], root: float, order: int) -> tuple[Array, Array]:
    """Gauss-Legendre nodes on panels that double in size from half a steep field's width, and end at jumps."""
    top = _REACH * root
    away = np.concatenate([-_DOUBLING[::-1], _DOUBLING])
    cuts = np.concatenate([np.arange(-_REACH, _REACH + 0.5) * root, jumps, *(c + width * away for c, width in steep)])
    cuts = np.unique(np.clip(cuts, -top, top))
    keep = np.append(True, np.diff(cuts) > 1e-13 * top)
    cuts = cuts[keep]
    x, w = np.polynomial.legendre.leggauss(order)
    half = 0.5 * np.diff(cuts)[:, None]
    return (0.5 * (cuts[1:] + cuts[:-1])[:, None] + half * x).ravel(), (half * w).ravel()


def maximal_field(model: Model, h: Array, gap: float, std: float) -> Array:
    r"""Field that maximises :math:`\ell(f) - (f-h)^2/(2\delta q)`: the root of :math:`f = h + \delta q\,\ell'(f)`.

    Newton's method, for log-concave kernels (others have several maxima: see `maxima`); NaN where it does not converge.
    """

    def step(f: Array) -> Array:
        kernel = model.log_kernel(f, std)
        return np.asarray((h + gap * kernel.d1 - f) / (1 - gap * np.minimum(kernel.d2, 0.0)))

    return h if gap == 0 else inner_newton(step, h, most=_most_steps(gap), tol=1e-11).or_nan


def _most_steps(gap: float) -> int:
    """Newton steps to a maximiser: it takes about the logarithm of a large gap, where the kernel's tail is reached."""
    return max(60, 20 + 2 * int(np.log(gap)))
