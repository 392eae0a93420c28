r"""Functionals of `y` replicas around a reference: the two integrals that every finite-`y` theory shares.

The replicas of one reference have overlap :math:`q_1`, those of different references :math:`q_0`; a reference that is
itself constrained has overlap :math:`\tilde q` with other references and :math:`t_0` with their replicas. With outer
Gaussian fields (covariance :math:`C` of reference and replica) and one inner field shared by the replicas,

.. math:: G_E = E_{(\tilde h, h)_C}\log\int\!Df_{h,\,q_1-q_0}\; e^{\tilde\ell(\tilde h + c(f-h),\,\sigma_c)}\,
   e^{y\,\ell(f, \sqrt{1-q_1})}, \qquad c = \frac{t-t_0}{q_1-q_0},\quad \sigma_c^2 = 1-\tilde q-c^2(q_1-q_0),

.. math:: G_S = E_{(\tilde h, h)_{\hat C}}\log\sum_{\tilde W} e^{\tilde h\tilde W}
   \int\!Df_{h+\tau\tilde W,\,\hat q_1-\hat q_0}\,(2\cosh f)^y, \qquad \tau = \hat t-\hat t_0.

The kernels depend on the inner field `f` alone, so one grid of `f` serves every outer node: special functions are
evaluated once on it, and the inner integrals are sums of exponentials (matrix products). The grids follow the maxima of
the integrands, whatever `y`. A free reference has :math:`\tilde\ell = 0` and :math:`\tilde h = 0`.

Where a teacher gives the labels (free references) the replicas have an overlap `R` with it: the outer energetic measure
is that of `outer_field`, the outer entropic field becomes :math:`h + \hat R`, and

.. math:: \hat R = \alpha\sqrt{2/\pi}\,E\langle\ell'\rangle_{h\sim\mathcal N(0, q_0-R^2)}, \qquad
   R = E\langle\tanh f\rangle, \qquad \tilde R = E\langle\tilde W\rangle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from replica_theory.models.model import Model
from replica_theory.models.overlap_map import OverlapMap
from replica_theory.models.proximal import jumps
from replica_theory.models.steep_fields import steep_points
from replica_theory.models.weights import DiscreteWeights
from replica_theory.numerics.binary import log2cosh
from replica_theory.numerics.gaussian import POINT, Rule, rule
from replica_theory.numerics.inner_grid import Band, inner_grid
from replica_theory.replicas.discrete_y import DiscreteFields, discrete_y
from replica_theory.replicas.outer_field import Step, outer_rule, tilted_rule
from replica_theory.replicas.spherical_y import OuterFields, spherical_y
from replica_theory.typing import Array

_NEGLIGIBLE = 45.0
"""Terms below exp(-45) of the largest do not count."""
_MANY = 1000
"""Nodes from which on a uniform grid of the entropic field costs more than one that is fine where it must be."""
_NARROW = 0.01
"""An inner Gaussian whose variance is this much smaller than that of the rest of the integrand has its own grid."""
_SHARPEST = 1e-12
"""Least variance of the reference's stability at given fields of the replica."""
_UNRESOLVED, _WIDEST = 6.0, 300.0
"""Distances, in widths of the reference's step, that the nodes around an edge do not resolve, and that none could."""
_SHARPEST_FIELD = 1e-18
"""Least variance of the entropic field whose nodes rounding keeps apart; it moves averages by its own size."""
_REACH = 8.5
"""Outer nodes beyond this many standard deviations weigh less than 1e-16."""


@dataclass(frozen=True)
class Resolution:
    """Density of the grids: outer nodes along the replica and the reference field, and spacing of the inner grid."""

    outer: int = 61
    reference: int = 7
    spacing: float = 0.6

    def doubled(self) -> Resolution:
        """Twice the nodes everywhere."""
        return Resolution(2 * self.outer - 1, 2 * self.reference - 1, 0.5 * self.spacing)

    def refined(self) -> Resolution:
        """Half as many again: geometric convergence takes the error to the power 3/2."""
        return Resolution(3 * self.outer // 4 * 2 + 1, self.reference + self.reference // 2, self.spacing / 1.5)

    def coarse(self) -> Resolution:
        """Two thirds of the nodes."""
        return Resolution(self.outer // 3 * 2 + 1, self.reference - self.reference // 3, self.spacing / 0.75)


@dataclass(frozen=True)
class System:
    """Replicas (`model`), reference (`reference`, None if free), load, number of replicas and resolution."""

    model: Model
    reference: Model | None
    alpha: float
    y: float
    resolution: Resolution = Resolution()

    def __post_init__(self) -> None:
        if self.model.has_teacher and self.reference is not None:
            raise ValueError(f"with a teacher the reference must be free (None); got {self.reference!r}")


class Overlaps(NamedTuple):
    r"""Order parameters, or their conjugates: q0, q1 - q0, t0/q0 and :math:`\tilde q - t_0^2/q_0` (both 0 if free), R.

    `r` is the overlap of a replica with the teacher, 0 where there is none; `square` and `square_ref` are the mean
    squared weights of replicas and reference.
    """

    q0: float
    gap: float
    slope: float = 0.0
    rest: float = 0.0
    r: float = 0.0
    square: float = 1.0
    square_ref: float = 1.0

    @property
    def q1(self) -> float:
        """Overlap of two replicas of one reference."""
        return self.q0 + self.gap

    @property
    def t0(self) -> float:
        """Overlap of a replica with another reference."""
        return self.slope * self.q0

    @property
    def q_ref(self) -> float:
        """Overlap of two references."""
        return self.rest + self.slope**2 * self.q0


class Energetic(NamedTuple):
    r"""Value :math:`G_E`, the mean of :math:`\ell`, alpha times the derivatives, and the violation probability.

    `curvature` is :math:`E\langle\ell''^2\rangle`; `response` is :math:`E\,J\otimes J` with `J` the Jacobian of
    :math:`(\langle\tilde\ell'\rangle, \langle\ell'\rangle)` in the fields :math:`(\tilde h, h)` (free: in `h` alone).
    `bend` is :math:`\alpha E\langle\ell''\rangle` and `bend_ref` the same of the reference, :math:`\alpha
    E[\langle\tilde\ell''+\tilde\ell'^2\rangle - \langle\tilde\ell'\rangle^2]`, where the mean squared weight is free.
    """

    value: float
    log: float
    hats: Overlaps
    force: float
    energy: float
    curvature: float
    response: Array
    bend: float = 0.0
    bend_ref: float = 0.0


class Entropic(NamedTuple):
    r"""Value :math:`G_S`, the mean of :math:`\log2\cosh`, the overlaps and the overlap `t` with the reference.

    `curvature` is :math:`E\langle\mathrm{sech}^4\rangle`; `response` is :math:`E\,J\otimes J` with `J` the Jacobian
    of :math:`(\langle\tilde W\rangle, \langle\tanh\rangle)`; `r_ref` is the overlap of reference and teacher.
    """

    value: float
    log: float
    overlaps: Overlaps
    t: float
    curvature: float
    response: Array
    r_ref: float = 0.0


def energetic(system: System, q: Overlaps, t: float) -> Energetic | None:
    r"""Energetic term at given overlaps, None outside its domain.

    ``hats`` holds :math:`\hat q_0 = \alpha E\langle\ell'\rangle^2`, :math:`\hat q_1 = \alpha E\langle\ell'^2\rangle`,
    :math:`\hat{\tilde q} = \alpha E\langle\tilde\ell'\rangle^2`, :math:`\hat t_0 =
    \alpha E\langle\tilde\ell'\rangle\langle\ell'\rangle`; ``force`` is :math:`\alpha E\langle\tilde\ell'\ell'\rangle`.
    """
    if not (q.gap > 0 and q.q0 >= 0 and q.square - q.q1 > 1e-9):
        return None
    f = system.model.overlap_map
    if f.is_identity:
        return _own_energetic(system, q, t)
    found = _own_energetic(system, _image(f, q), float(f.at(t)))
    return None if found is None else _chained(f, q, t, found, system)


def _image(f: OverlapMap, q: Overlaps) -> Overlaps:
    """The overlaps as a hidden layer shows them."""
    q0, q1, t0, q_ref = (float(f.at(value)) for value in (q.q0, q.q1, q.t0, q.q_ref))
    slope = t0 / q0 if q0 > 0 else 0.0
    return q._replace(q0=q0, gap=q1 - q0, slope=slope, rest=q_ref - slope * t0)


def _chained(f: OverlapMap, q: Overlaps, t: float, found: Energetic, system: System) -> Energetic:
    """Derivatives in the overlaps from those in their images."""
    own = found.hats
    at = [q.q_ref, q.t0, q.t0, q.q0] if system.reference is not None else [q.q0]
    forces = [own.q_ref, own.t0, own.t0, own.q0] if system.reference is not None else [own.q0]
    q0, q1, t0, q_ref = (
        float(f.conjugate(*pair)) for pair in ((q.q0, own.q0), (q.q1, own.q1), (q.t0, own.t0), (q.q_ref, own.q_ref))
    )
    slope = t0 / q0 if q0 > 0 else 0.0
    scales = f.slope(np.array(at))
    bent = np.diag(f.bend(np.array(at)) * np.array(forces) / system.alpha)
    return found._replace(
        hats=own._replace(q0=q0, gap=q1 - q0, slope=slope, rest=q_ref - slope * t0),
        force=float(f.conjugate(t, found.force)),
        curvature=float(f.curvature(q.q1, found.curvature, own.q1 / system.alpha)),
        response=scales[:, None] * found.response * scales + bent,
    )


def _own_energetic(system: System, q: Overlaps, t: float) -> Energetic | None:
    """The term of the images themselves."""
    if system.reference is not None:
        return _constrained_energetic(system, system.reference, q, t)
    return None if system.model.has_teacher and not q.r**2 < q.q0 else _free_energetic(system, q)


def entropic(system: System, hats: Overlaps, tau: float, norms: tuple[float, float] = (0.0, 0.0)) -> Entropic | None:
    r"""Entropic term at given conjugates and :math:`\tau = \hat t - \hat t_0`, None outside its domain.

    `norms` are the conjugates of the mean squared weights of replicas and reference, where these are free.
    """
    y = system.y
    if not (hats.gap >= 0 and hats.q0 >= 0 and np.isfinite(tau)):
        return None
    hats = hats._replace(gap=max(hats.gap, _SHARPEST_FIELD))
    if isinstance(system.model.weights, DiscreteWeights):
        return _discrete_entropic(system, system.model.weights, hats, tau, norms)
    if system.model.weights.name == "spherical":
        return _spherical_entropic(system, hats, tau)
    root = np.sqrt(hats.q0)
    outer = POINT
    if root > 0:
        outer = rule(np.clip(-hats.r / root, -8, 8), 1 / (max(y, 1.0) * max(root, 1e-6)), system.resolution.outer)
    h = root * outer.nodes + hats.r
    one = _around_one(system, hats, tau, h)
    other = one if one is None or hats.r == 0 else _around_one(system, hats, -tau, h)
    if one is None or other is None:
        return None
    (log_up, up), (log_down, down) = one, other
    if hats.r == 0:  # the outer measure is even
        log_down, down = log_up[::-1], up[::-1] * np.array([-1.0, 1.0, 1.0, 1.0])
    half, mean = 0.5 * (log_up - log_down), 0.5 * (log_up + log_down)
    across = _hermite(5 * system.resolution.reference) if system.reference is not None else POINT
    field = half[:, None]
    if system.reference is not None:
        field = field + hats.slope * h[:, None] + np.sqrt(max(hats.rest, 0.0)) * across.nodes
    w = np.tanh(field)

    def expect(values: Array) -> float:
        return float(outer.integrate(across.integrate(np.broadcast_to(values, w.shape))))

    def mixed(k: int) -> Array:
        return np.asarray(0.5 * ((1 + w) * up[:, k, None] + (1 - w) * down[:, k, None]))

    average = mixed(0)
    q0, q1 = expect(average**2), expect(mixed(1))
    aligned = 0.5 * ((1 + w) * up[:, 0, None] - (1 - w) * down[:, 0, None])
    t0, q_ref = (expect(w * average), expect(w**2)) if system.reference is not None else (0.0, 0.0)
    r, r_ref = (expect(average), expect(w)) if system.model.has_teacher else (0.0, 0.0)
    slope = t0 / q0 if q0 > 0 else 0.0
    value = expect(mean[:, None] + log2cosh(field))
    along = 1 - mixed(1) + y * (mixed(1) - average**2)
    if system.reference is None:
        response = np.array([[expect(along**2)]])
    else:
        response = _kronecker(outer.weights[:, None] * across.weights, 1 - w**2, aligned - w * average, along, y)
    order = Overlaps(q0, q1 - q0, slope, q_ref - slope * t0, r)
    return Entropic(value, expect(mixed(2)), order, expect(aligned), expect(mixed(3)), response, r_ref)


def _spherical_entropic(system: System, hats: Overlaps, tau: float) -> Entropic | None:
    found = spherical_y(OuterFields(hats.q_ref, hats.t0, hats.q0, hats.r), hats.gap, tau, system.y)
    if found is None:
        return None
    own, cross, along = (np.array([value]) for value in found.jacobian)
    t0, q_ref = (found.t0, found.q_ref) if system.reference is not None else (0.0, 0.0)
    slope = t0 / found.q0 if found.q0 > 0 else 0.0
    if system.reference is None:
        response = np.array([along**2])
    else:
        response = _kronecker(np.ones(1), own, cross, along, system.y)
    order = Overlaps(found.q0, found.gap, slope, q_ref - slope * t0, found.r)
    return Entropic(found.value, found.log, order, found.t, found.c**-2, response, found.r_ref)


def _discrete_entropic(
    system: System, weights: DiscreteWeights, hats: Overlaps, tau: float, norms: tuple[float, float]
) -> Entropic | None:
    free = system.reference is None
    across = POINT if free else _hermite(5 * system.resolution.reference)
    fields = DiscreteFields(hats.q0, hats.gap, hats.slope, hats.rest, tau, *norms)
    found = discrete_y(weights, fields, system.y, system.resolution.outer, across, system.resolution.spacing)
    if found is None:
        return None
    t0, q_ref = (0.0, 0.0) if free else (found.t0, found.q_ref)
    slope = t0 / found.q0 if found.q0 > 0 else 0.0
    if free:
        response = np.array([[float((found.weight * found.along**2).sum())]])
    else:
        response = _kronecker(found.weight, found.own, found.cross, found.along, system.y)
    gap = found.q1 - found.q0
    order = Overlaps(found.q0, gap, slope, q_ref - slope * t0, 0.0, found.square, found.square_ref)
    return Entropic(found.value, found.log, order, found.t, found.curvature, response)


def _around_one(system: System, hats: Overlaps, tau: float, h: Array) -> tuple[Array, Array] | None:
    """Logarithm of the integral over f around one sign of the reference, and averages of tanh, its square, log, sech^4.

    None where the nodes are not found.
    """
    f, log_df = _entropic_grid(system, hats, tau, h)
    if not np.isfinite(f).all():
        return None
    log_f = log2cosh(f)
    log_weight = -((f - h[:, None] - tau) ** 2) / (2 * hats.gap) + system.y * log_f + log_df
    top = log_weight.max(axis=1)
    m = np.tanh(f)
    columns = [np.ones_like(f), m, m**2, log_f, (1 - m**2) ** 2]
    sums = _sums(np.exp(log_weight - top[:, None]), np.stack(columns, axis=-1))
    log_z = top + np.log(sums[:, 0]) - 0.5 * np.log(2 * np.pi * hats.gap)
    return log_z, sums[:, 1:] / sums[:, :1]


def _entropic_grid(system: System, hats: Overlaps, tau: float, h: Array) -> tuple[Array, Array]:
    """Grid of the inner field and the logarithm of its spacing."""
    y, width = system.y, np.sqrt(hats.gap)
    if hats.gap * max(y, 1.0) < _NARROW:
        center = h + tau
        return _narrow_grid(center + y * hats.gap * np.tanh(center), width, system.resolution.spacing)
    reach = min(_REACH * np.sqrt(hats.q0), float(h[-1]) - hats.r) + abs(hats.r) + abs(tau) + y * hats.gap + 9 * width
    spacing = min(width, 0.6) * system.resolution.spacing
    count = int(np.ceil(reach / spacing))
    if count > _MANY:  # fields far from the zero of tanh need no more than the Gaussian's own width
        ends = (reach - 9 * width) * np.array([-1.0, 1.0])
        return inner_grid([(0.0, 0.6)], ends, float(width), system.resolution.spacing)
    return spacing * np.arange(-count, count + 1), np.log(np.full(1, spacing))


def _narrow_grid(centers: Array, width: float, spacing: float) -> tuple[Array, Array]:
    """Grid of its own for each outer node, when the inner Gaussian is narrower than everything else."""
    count = int(np.ceil(9 / spacing))
    return centers[:, None] + width * spacing * np.arange(-count, count + 1), np.log(np.full(1, width * spacing))


def _sums(weight: Array, columns: Array) -> Array:
    """Sums of the columns with the weights of each outer node, on a grid shared by them or one for each."""
    return np.asarray(weight @ columns if columns.ndim == 2 else (weight[:, None] @ columns)[:, 0])


def _free_energetic(system: System, q: Overlaps) -> Energetic | None:
    outer = _outer_rule(system, q)
    boundary = _boundary_rule(system, q) if system.model.has_teacher else None
    if outer is None or (boundary is None and system.model.has_teacher):
        return None
    log_z, averages = _free_averages(system, q, np.sqrt(q.q0) * outer.nodes)
    q0_hat = float(outer.integrate(averages[:, 0] ** 2))
    q1_hat = float(outer.integrate(averages[:, 1]))
    response = averages[:, 4] + system.y * (averages[:, 1] - averages[:, 0] ** 2)
    r_hat = 0.0
    if boundary is not None:
        forces = _free_averages(system, q, np.sqrt(q.q0 - q.r**2) * boundary.nodes)[1][:, 0]
        r_hat = float(np.sqrt(2 / np.pi) * boundary.integrate(forces))
    return Energetic(
        float(outer.integrate(log_z)),
        float(outer.integrate(averages[:, 2])),
        Overlaps(system.alpha * q0_hat, system.alpha * (q1_hat - q0_hat), r=system.alpha * r_hat),
        0.0,
        float(outer.integrate(averages[:, 5])) if averages.shape[1] > 5 else 0.0,
        float(outer.integrate(averages[:, 3])),
        np.array([[float(outer.integrate(response**2))]]),
        system.alpha * float(outer.integrate(averages[:, 4])),
    )


def _free_averages(system: System, q: Overlaps, h: Array) -> tuple[Array, Array]:
    """Logarithm of the inner integral at outer fields h, and the averages of `_inner`."""
    _, log_weight, columns = _inner(system, q, h, [])
    top = log_weight.max(axis=1)
    sums = _sums(np.exp(log_weight - top[:, None]), columns)
    return top - 0.5 * np.log(2 * np.pi * q.gap) + np.log(sums[:, 0]), sums[:, 1:] / sums[:, :1]


def _inner(
    system: System, q: Overlaps, h: Array, more: list[Step], bands: Sequence[Band] = ()
) -> tuple[Array, Array, Array]:
    r"""Inner fields, log weights there at each outer field h, and columns of 1, l', l'^2, l, l''^2, l'', violation.

    `more` and `bands` are steps of the reference's kernel, next to those of the replicas'.
    """
    model, y, rest = system.model, system.y, q.square - q.q1
    std, sharp = np.sqrt(rest), np.sqrt(rest / max(y, 1.0))
    steps = [(center, min(width, sharp)) for center, width in steep_points(model, std)] + more
    if system.reference is None and q.gap < _NARROW * sharp**2:
        f, log_df = _narrow_grid(h + y * q.gap * model.log_kernel(h, std).d1, np.sqrt(q.gap), system.resolution.spacing)
    else:
        f, log_df = inner_grid(steps, h, np.sqrt(q.gap), system.resolution.spacing, bands)
    kernel = model.log_kernel(f, std)
    log_weight = -((f - h[:, None]) ** 2) / (2 * q.gap) + y * kernel.log + log_df
    moments = [np.ones_like(f), kernel.d1, kernel.d1**2, kernel.log, kernel.d2**2, kernel.d2]
    if np.isfinite(model.beta):
        moments.append(model.violation(f, std))
    return f, log_weight, np.stack(moments, axis=-1)


def _constrained_energetic(system: System, reference: Model, q: Overlaps, t: float) -> Energetic | None:
    coupling = (t - q.t0) / q.gap
    # Smooth in this variance down to where the reference's field is the replica's: rounding must not end the domain.
    std_ref2 = max(q.square_ref - q.q_ref - coupling**2 * q.gap, _SHARPEST)
    outer = _outer_rule(system, q)
    if outer is None:
        return None
    h, std_ref = np.sqrt(q.q0) * outer.nodes, np.sqrt(std_ref2)
    more, bands = _reference_steps(reference, q, coupling, std_ref) if coupling > 0 else ([], [])
    f, log_weight, columns = _inner(system, q, h, more, bands)
    top = log_weight.max(axis=1)
    window = _window(log_weight, top)
    weight = np.exp(np.take_along_axis(log_weight, window, axis=1) - top[:, None])
    local = f[window]
    across = _hermite(system.resolution.reference)
    field = q.slope * h[:, None] + np.sqrt(max(q.rest, 0.0)) * across.nodes
    mean = field[:, :, None] + coupling * (local - h[:, None])[:, None, :]
    allowed, pull = reference.probability(mean, std_ref)
    weighted = weight[:, :, None] * columns[window]
    # Integration by parts gives the mean of p'', the second derivative of the reference's probability.
    parts = weighted[:, :, 0] * (local - h[:, None]) / q.gap - system.y * weighted[:, :, 1]
    weighted_pull = np.concatenate([weighted[:, :, :2], parts[:, :, None] / (coupling or np.inf)], axis=2)
    constant = top - 0.5 * np.log(2 * np.pi * q.gap)
    return _constrained_averages(system, outer, across, allowed @ weighted, pull @ weighted_pull, constant)


def _reference_steps(reference: Model, q: Overlaps, coupling: float, std_ref: float) -> tuple[list[Step], list[Band]]:
    """Where the reference's kernel is steep in the replica's inner field: at each edge, or all over where that moves.

    The step lies where the reference's mean field is at the edge, which depends on the outer fields.
    """
    spread = 6 * float(np.hypot((1 - q.slope / coupling) * np.sqrt(q.q0), np.sqrt(max(q.rest, 0.0)) / coupling))
    steps: list[Step] = []
    bands: list[Band] = []
    for center, std in steep_points(reference, std_ref):
        width, moved = std / coupling, center / coupling
        if abs(moved - center) + spread < _UNRESOLVED * width or spread > _WIDEST * width:
            steps.append((center, width))
        elif spread < width:
            steps.append((moved, width))
        else:
            # Graded on both sides of the band.
            bands.append((moved, spread, 5 * width))
            steps += [(moved - spread, width), (moved + spread, width)]
    return steps, bands


def _constrained_averages(
    system: System, outer: Rule, across: Rule, sums: Array, pulls: Array, constant: Array
) -> Energetic:
    # Outer nodes whose weight is negligible may underflow.
    norm = np.maximum(sums[:, :, :1], 1e-300)
    averages, pulled = sums[:, :, 1:] / norm, pulls / norm

    def expect(values: Array) -> float:
        return float(outer.integrate(across.integrate(values)))

    q0_hat, q1_hat = expect(averages[:, :, 0] ** 2), expect(averages[:, :, 1])
    t0_hat, ref_hat = expect(pulled[:, :, 0] * averages[:, :, 0]), expect(pulled[:, :, 0] ** 2)
    slope = t0_hat / q0_hat if q0_hat > 0 else 0.0
    alpha, pull, force = system.alpha, pulled[:, :, 0], averages[:, :, 0]
    weight = outer.weights[:, None] * across.weights
    along = averages[:, :, 4] + system.y * (averages[:, :, 1] - force**2)
    return Energetic(
        expect(constant[:, None] + np.log(norm[:, :, 0])),
        expect(averages[:, :, 2]),
        Overlaps(alpha * q0_hat, alpha * (q1_hat - q0_hat), slope, alpha * (ref_hat - slope * t0_hat)),
        alpha * expect(pulled[:, :, 1]),
        expect(averages[:, :, 5]) if averages.shape[2] > 5 else 0.0,
        expect(averages[:, :, 3]),
        _kronecker(weight, pulled[:, :, 2] - pull**2, pulled[:, :, 1] - pull * force, along, system.y),
        alpha * expect(averages[:, :, 4]),
        alpha * expect(pulled[:, :, 2] - pull**2),
    )


def _kronecker(weight: Array, own: Array, cross: Array, along: Array, y: float) -> Array:
    """The mean of J x J for the Jacobian J = [[own, y cross], [cross, along]] of reference and replica."""
    jacobian = np.stack([own, y * cross, cross, along]).reshape(2, 2, -1)
    weighted = (jacobian * weight.ravel()).reshape(4, -1) @ jacobian.reshape(4, -1).T
    return np.asarray(weighted.reshape(2, 2, 2, 2).transpose(0, 2, 1, 3).reshape(4, 4))


@lru_cache
def _hermite(n: int) -> Rule:
    """Gauss-Hermite rule, for a field in which the integrand is smooth (the reference's own, of small variance)."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(n)
    return Rule(nodes, weights / weights.sum(), np.zeros(n))


def _outer_rule(system: System, q: Overlaps) -> Rule | None:
    """Rule along the outer field, with the teacher's weight; None where its steps are not found."""
    if q.q0 <= 0:
        return POINT
    steps = _outer_steps(system, q, q.q0)
    if steps is None:
        return None
    n = system.resolution.outer
    return tilted_rule(steps, n, q.q0, q.r) if system.model.has_teacher else outer_rule(steps, n)


def _boundary_rule(system: System, q: Overlaps) -> Rule | None:
    """Rule along the outer fields on the teacher's boundary."""
    steps = _outer_steps(system, q, q.q0 - q.r**2)
    return None if steps is None else outer_rule(steps, system.resolution.outer)


def _outer_steps(system: System, q: Overlaps, variance: float) -> list[Step] | None:
    """Where a field of given variance must be resolved: at the edges, and where one inner maximum gives way to another.

    None where these jumps are not found.
    """
    model, y = system.model, system.y
    root, std2 = np.sqrt(variance), q.square - q.q1
    edges = [float(np.asarray(edge)) / root for edge in model.edges]
    width = np.sqrt(q.gap + std2 / max(y, 1.0)) / root
    if model.is_concave or y == 0:
        center = edges[0] if len(edges) == 1 else 0.0
        return [(np.clip(center, -6, 6), width / len(edges))]
    breaks = jumps(model, variance, y * q.gap, float(np.sqrt(std2)))
    if breaks is None:
        return None
    steps = [(edge, width) for edge in edges]
    steps += [(jump.field / root, 2 * q.gap / (jump.right - jump.left) / root) for jump in breaks]
    return [(np.clip(c, -6, 6), w) for c, w in steps]


def _window(log_weight: Array, top: Array) -> NDArray[np.intp]:
    """Indices of the nodes that count, row by row: windows of one common length."""
    counts = log_weight > top[:, None] - _NEGLIGIBLE
    first = counts.argmax(axis=1)
    last = counts.shape[1] - counts[:, ::-1].argmax(axis=1)
    length = int((last - first).max())
    first = np.minimum(first, counts.shape[1] - length)
    return np.asarray(first[:, None] + np.arange(length))
