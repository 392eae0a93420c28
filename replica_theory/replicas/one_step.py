r"""Functionals of replicas that fall into clusters: the integrals of the theory with one step of symmetry breaking.

The `y` replicas of one reference stand in groups of `m`: overlap :math:`q_2` inside a group, :math:`q_1` between
groups, :math:`q_0` between references. A group with field `f` counts :math:`B(f) = \log\int\!Du\,F(f+\sqrt\Delta u)^m`,
:math:`\Delta = q_2 - q_1`, and the replicas of a reference :math:`\log\int\!Dw\,e^{(y/m)B(h+\sqrt{q_1-q_0}\,w)}`
with :math:`F = e^{\ell(\cdot, \sqrt{1-q_2})}` or :math:`2\cosh`. At :math:`y = \infty`, :math:`q_1 = q_0 + \delta q/y`,
the integral over `w` becomes :math:`\max_x[-x^2/2 + B(h + \sqrt{\delta q}\,x)/m]`.

`F` depends on the innermost field alone: one grid of it gives :math:`B` at every `f`, and one grid of `f` the averages
at every `h`, both as matrix products.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from replica_theory.models.model import Model
from replica_theory.models.steep_fields import steep_points
from replica_theory.numerics.binary import log2cosh
from replica_theory.numerics.gaussian import POINT, Rule, rule
from replica_theory.numerics.half_line import half_line
from replica_theory.numerics.inner_grid import MOST_NODES, inner_grid
from replica_theory.numerics.inner_newton import inner_newton
from replica_theory.replicas.finite_y import Resolution
from replica_theory.replicas.outer_field import outer_rule
from replica_theory.typing import Array

_MOST_PAIRS = 4_000_000
"""Nodes of the innermost field times fields at which they are summed: 32 MB."""
_REACH = 9.0
"""Nodes beyond this many standard deviations weigh less than 1e-18."""


@dataclass(frozen=True)
class Breaking:
    """Model, load, number of replicas (inf allowed), Parisi parameter and resolution."""

    model: Model
    alpha: float
    y: float
    m: float
    resolution: Resolution = Resolution(outer=81, spacing=0.5)  # noqa: RUF009

    @property
    def infinite(self) -> bool:
        """Whether y = inf."""
        return bool(np.isinf(self.y))


class Orders(NamedTuple):
    r"""Overlaps, or their conjugates: q0, q1 - q0 (:math:`\delta q` at y = inf) and q2 - q1."""

    q0: float
    gap: float
    step: float

    def q1(self, infinite: bool) -> float:
        """Overlap between groups."""
        return self.q0 if infinite else self.q0 + self.gap

    def q2(self, infinite: bool) -> float:
        """Overlap inside a group."""
        return self.q1(infinite) + self.step


class Term(NamedTuple):
    r"""One of the two integrals G and what it drives.

    Attributes
    ----------
    value : float
        G (at y = inf: G/y).
    log : float
        Its derivative in y, the mean of B/m.
    slope : float
        Its derivative in m, over y.
    orders : Orders
        The conjugates over alpha (energetic) or the overlaps (entropic).
    t : float
        Overlap with the reference (entropic).
    energy : float
        Probability of violation (energetic).
    """

    value: float
    log: float
    slope: float
    orders: Orders
    t: float = 0.0
    energy: float = 0.0


class _Moments(NamedTuple):
    """B/m, then averages over a group of log F, its derivative, the square of that, and violation; and (B/m)''."""

    free: Array
    log: Array
    d1: Array
    square: Array
    energy: Array
    d2: Array


@dataclass(frozen=True)
class _Group:
    """Innermost grid: nodes, m log F plus the logarithm of the weight, columns to average, variance and m."""

    nodes: Array
    log_weight: Array
    columns: Array
    variance: float
    m: float

    def at(self, f: Array) -> _Moments:
        """Moments at fields f."""
        logs = -((self.nodes - f[:, None]) ** 2) / (2 * self.variance) + self.log_weight
        top = logs.max(axis=1)
        sums = np.exp(logs - top[:, None]) @ self.columns
        log, d1, square, energy, d2 = (sums[:, 1:] / sums[:, :1]).T
        free = (top + np.log(sums[:, 0]) - 0.5 * np.log(2 * np.pi * self.variance)) / self.m
        return _Moments(free, log, d1, square, energy, d2 + self.m * (square - d1**2))


def energetic(system: Breaking, q: Orders) -> Term | None:
    """Energetic term at given overlaps, None outside its domain."""
    model, y, m = system.model, system.y, system.m
    rest = 1 - q.q2(system.infinite)
    if not (q.q0 >= 0 and q.gap >= 0 and q.step > 0 and rest > 1e-10 and (q.gap > 0 or system.infinite)):
        return None
    std, width = float(np.sqrt(rest)), float(np.sqrt(q.step))
    sharp = std / np.sqrt(max(m, 1.0))
    soft = float(np.hypot(sharp, width))
    edges = [float(np.asarray(edge)) for edge in model.edges]
    outer = _outer_rule(edges, q, soft if system.infinite else float(np.hypot(soft, np.sqrt(q.gap))), system)
    if outer is None:
        return None
    h = np.sqrt(q.q0) * outer.nodes
    steps = [(edge, soft * float(np.sqrt(m / max(y, m)))) for edge in edges]
    f, log_df = (h, h) if system.infinite else inner_grid(steps, h, float(np.sqrt(q.gap)), system.resolution.spacing)
    # At y = inf the field that maximises lies between h and the allowed set, or a few widths inside it.
    margin = _REACH * soft if system.infinite else 0.0
    ends = np.array([min(f[0], *edges) - margin, max(f[-1], *edges) + margin])
    sharpest = [(center, min(size, sharp)) for center, size in steep_points(model, std)]
    g, log_dg = inner_grid(sharpest, ends, width, system.resolution.spacing)
    kernel = model.log_kernel(g, std)
    energy = model.violation(g, std) if np.isfinite(model.beta) else np.zeros_like(g)
    columns = np.stack([np.ones_like(g), kernel.log, kernel.d1, kernel.d1**2, energy, kernel.d2], axis=1)
    group = _Group(g, m * kernel.log + log_dg, columns, q.step, m)
    if system.infinite:
        return _largest_energetic(group, outer, h, q.gap)
    at = group.at(f)
    log_z, mean = _tilted(f, h, q.gap, y * at.free + log_df, at)
    free, log, _, square, d11, violation = (float(outer.integrate(column)) for column in mean.T)
    q0 = float(outer.integrate(mean[:, 2] ** 2))
    orders = Orders(q0, d11 - q0, square - d11)
    return Term(float(outer.integrate(log_z)), free, (log - free) / m, orders, energy=violation)


def entropic(system: Breaking, hats: Orders, t_hat: float) -> Term | None:
    r"""Entropic term at given conjugates and :math:`\hat t`, None outside its domain."""
    y, m, infinite = system.y, system.m, system.infinite
    valid = hats.q0 >= 0 and hats.gap >= 0 and hats.step > 0 and np.isfinite(t_hat)
    if not valid or (hats.q0 == 0 if infinite else hats.gap == 0):
        return None
    root = float(np.sqrt(hats.q0))
    if infinite:
        z, weight = half_line(1 / root)
        h = root * z + t_hat
        reach = float(np.abs(h).max()) + hats.gap
    else:
        outer = rule(0.0, 1 / (max(y, 1.0) * root), system.resolution.outer) if root > 0 else POINT
        h = root * outer.nodes
        reach = min(8.5 * root, float(h[-1])) + abs(t_hat) + y * hats.gap + _REACH * float(np.sqrt(hats.gap))
    g = _uniform(reach + m * hats.step + _REACH * float(np.sqrt(hats.step)), hats.step, system)
    if g is None:
        return None
    log_f, spin = log2cosh(g), np.tanh(g)
    columns = np.stack([np.ones_like(g), log_f, spin, spin**2, np.zeros_like(g), 1 - spin**2], axis=1)
    group = _Group(g, m * log_f + np.log(g[1] - g[0]), columns, hats.step, m)
    if infinite:
        return _largest_entropic(group, z, weight, h, hats)
    f = _uniform(reach, hats.gap, system)
    return (
        None
        if f is None or len(f) * len(g) > _MOST_PAIRS
        else _sum_over_references(group, outer, h, f, hats.gap, y, t_hat)
    )


def _outer_rule(edges: list[float], q: Orders, blur: float, system: Breaking) -> Rule | None:
    """Rule along the field shared by all references; `blur` is the width of what is integrated."""
    if q.q0 <= 0:
        return POINT
    root = float(np.sqrt(q.q0))
    steps = [(float(np.clip(edge / root, -8, 8)), blur / root) for edge in edges]
    return outer_rule(steps, system.resolution.outer)


def _uniform(reach: float, variance: float, system: Breaking) -> Array | None:
    """Uniform grid on [-reach, reach] for a Gaussian of given variance times a function of tanh."""
    spacing = min(float(np.sqrt(variance)), 0.6) * system.resolution.spacing
    count = int(np.ceil(reach / spacing))
    return np.asarray(spacing * np.arange(-count, count + 1), dtype=np.float64) if count < MOST_NODES else None


def _tilted(f: Array, mean: Array, variance: float, log_weight: Array, at: _Moments) -> tuple[Array, Array]:
    """Logarithm of the integral over f at each mean, and the averages of free, log, d1, square, d1^2, energy."""
    logs = -((f - mean[:, None]) ** 2) / (2 * variance) + log_weight
    top = logs.max(axis=1)
    columns = np.stack([np.ones_like(f), at.free, at.log, at.d1, at.square, at.d1**2, at.energy], axis=1)
    sums = np.exp(logs - top[:, None]) @ columns
    log_z = top + np.log(sums[:, 0]) - 0.5 * np.log(2 * np.pi * variance)
    return log_z, sums[:, 1:] / sums[:, :1]


def _sum_over_references(group: _Group, outer: Rule, h: Array, f: Array, gap: float, y: float, t_hat: float) -> Term:
    """Entropic term at finite y: both signs of the reference, by symmetry from one."""
    at = group.at(f)
    log_z, up = _tilted(f, h + t_hat, gap, y * at.free + np.log(f[1] - f[0]), at)
    down = up[::-1] * np.array([1.0, 1.0, -1.0, 1.0, 1.0, 1.0])
    half = 0.5 * (log_z - log_z[::-1])
    w = np.tanh(half)[:, None]
    mixed = 0.5 * ((1 + w) * up + (1 - w) * down)
    aligned = 0.5 * ((1 + w) * up - (1 - w) * down)[:, 2]
    free, log, _, q2, q1, _ = (float(outer.integrate(column)) for column in mixed.T)
    q0 = float(outer.integrate(mixed[:, 2] ** 2))
    value = float(outer.integrate(0.5 * (log_z + log_z[::-1]) + log2cosh(half)))
    return Term(value, free, (log - free) / group.m, Orders(q0, q1 - q0, q2 - q1), t=float(outer.integrate(aligned)))


def _largest_energetic(group: _Group, outer: Rule, h: Array, gap: float) -> Term:
    """Energetic term at y = inf: B is concave, Newton's method finds the maximum."""

    def step(f: Array) -> Array:
        at = group.at(f)
        return np.asarray((h + gap * at.d1 - f) / (1 - gap * np.minimum(at.d2, 0.0)))

    at = group.at(inner_newton(step, h, most=80, tol=1e-11).or_nan)
    free, log, square, energy = (float(outer.integrate(v)) for v in (at.free, at.log, at.square, at.energy))
    q0 = float(outer.integrate(at.d1**2))
    response = float(outer.integrate(gap * at.d2**2 / (1 - gap * at.d2)))
    value = free - 0.5 * gap * q0
    return Term(value, value, (log - free) / group.m, Orders(q0, response, square - q0), energy=energy)


def _largest_entropic(group: _Group, z: Array, weight: Array, h: Array, hats: Orders) -> Term:
    """Entropic term at y = inf: the largest root of f = h + gap B'(f)/m, from above."""

    def step(f: Array) -> Array:
        at = group.at(f)
        return np.asarray((h + hats.gap * at.d1 - f) / np.maximum(1 - hats.gap * at.d2, 1e-3))

    at = group.at(inner_newton(step, h + hats.gap, most=200, tol=1e-11).or_nan)
    free, log, q2, t = (float(weight @ v) for v in (at.free, at.log, at.square, at.d1))
    q0 = float(weight @ at.d1**2)
    gap = float(weight @ (z * at.d1)) / float(np.sqrt(hats.q0)) - (1 - q2) - group.m * (q2 - q0)
    value = free - 0.5 * hats.gap * q0
    return Term(value, value, (log - free) / group.m, Orders(q0, gap, q2 - q0), t=t)
