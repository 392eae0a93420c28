"""A probe at a given overlap with a typical reference: the integrals and equations of Franz-Parisi theory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from replica_theory.models.committee import TreeCommittee
from replica_theory.models.mixture import Mixture, class_constraints
from replica_theory.models.model import Model
from replica_theory.models.steep_fields import steep_points
from replica_theory.models.weights import DiscreteWeights, SphericalWeights
from replica_theory.numerics.binary import log2cosh
from replica_theory.numerics.fixed_points import solve_fixed_points
from replica_theory.numerics.gaussian import Rule, multi_rule, rule
from replica_theory.numerics.squeezing import unsqueezed
from replica_theory.replicas.class_means import mean_of_classes
from replica_theory.replicas.committee_probe import Overlaps, committee_probe
from replica_theory.replicas.probe_weights import ProbeWeights, ReferenceFields, discrete_probe, spherical_probe
from replica_theory.typical.replica_symmetric import ReplicaSymmetric, replica_symmetric
from replica_theory.typing import Array

RESOLUTIONS = ((121, 41), (241, 81), (481, 121))
"""Nodes along the steep and the smooth coordinate: solve with one, read out with the next."""
_FROZEN = 1e-7
"""1 - q below which the probes count as frozen: the branch is about to end there."""
_MISSED = 1e-3
"""Share of the reference's measure that may escape the nodes."""
_FARTHEST = 200.0
"""Standard deviations from its mean at which a reference's field may lie, given its stability."""
_LARGEST = 600.0
"""Logarithm of the largest weight: so much is at nodes that do not count."""
_HALVINGS = 30
"""Of twice that, until it is found."""
_EVEN = 1e-11
"""Overlap of the references below which it counts as zero, and moves the entropy by less."""


@lru_cache
def typical_overlap(probe: Model, reference: Model, alpha: float) -> float:
    """Overlap between a typical solution of `probe` and one of `reference`, NaN if there is no saddle point."""
    typical = replica_symmetric(reference, alpha)
    alone = typical if probe == reference else replica_symmetric(probe, alpha)
    setting = Setting.around(probe, reference, alpha, typical)
    return probe_at_typical(setting, alone)


@dataclass(frozen=True)
class Setting:
    """Probe, reference and its replica-symmetric order parameters (both 0 where the overlap is negligible).

    `square_ref` and `c_ref` are the mean squared weight of the reference and its conjugate, `shift_ref` the shift of
    its fields where it is a mixture.
    """

    probe: Model
    reference: Model
    alpha: float
    q_ref: float
    q_ref_hat: float
    nodes: tuple[int, int] = RESOLUTIONS[0]
    square_ref: float = 1.0
    c_ref: float = 0.0
    shift_ref: float = 0.0

    @classmethod
    def around(cls, probe: Model, reference: Model, alpha: float, typical: ReplicaSymmetric) -> Setting:
        """The setting around a reference with this replica-symmetric saddle point."""
        q, q_hat = float(typical.q), float(typical.q_hat)
        own = (q, q_hat) if q > _EVEN else (0.0, 0.0)
        square, c = float(typical.mean_square), float(typical.mean_square_hat)
        shift = 0.0 if typical.shift is None else float(typical.shift)
        return cls(probe, reference, alpha, *own, square_ref=square, c_ref=c, shift_ref=shift)

    @property
    def free_square(self) -> bool:
        """Whether the mean squared weight of the probe is an order parameter."""
        return self.probe.weights.square is None


class Place(NamedTuple):
    """Where a probe stands: overlap t, t - t0, variance c^2, coupling field, mean squared weight."""

    t: float
    gap: float
    c2: float
    mu: float
    square: float


class Energetic(NamedTuple):
    """Energetic term: value, quadrature error, conjugates, slope in t, energy and curvature; alpha times the mean l''.

    The last only where the mean squared weight is free. `tilt` and `sag` are the means of l' and l'', and `shift` is
    that of the probe's fields, of a mixture.
    """

    value: float
    error: float
    q_hat: float
    t0_hat: float
    slope: float
    energy: float
    curvature: float
    bend: float = 0.0
    tilt: float = 0.0
    sag: float = 0.0
    shift: float = 0.0


def probe_at_typical(setting: Setting, alone: ReplicaSymmetric) -> float:
    """Overlap of an unconstrained probe with the reference: t = t0 with no coupling field."""
    if setting.probe == setting.reference or setting.q_ref == 0:
        return setting.q_ref
    q, square, c = float(alone.q), float(alone.mean_square), float(alone.mean_square_hat)

    def update(x: Array, _: NDArray[np.intp]) -> Array:
        t = float(x[0, 0])
        if not 0 <= t <= np.sqrt(q * setting.q_ref):
            return np.full_like(x, np.nan)
        forces = energetic(setting, Place(t, 0.0, q - t**2 / setting.q_ref, 0.0, square))
        spins = entropic(setting, forces.q_hat, forces.t0_hat, 0.0, c)
        return np.array([[spins.t0]])

    found = solve_fixed_points(update, np.array([[0.9 * np.sqrt(q * setting.q_ref)]]), sweeps=20)
    return float(found.x[0, 0]) if found.converged[0] else np.nan


def residual(setting: Setting, x: Array, cosine: float) -> Array:
    r"""Saddle-point equations in the unknowns :math:`t_0/\tilde q`, :math:`c^2/\tilde q`, :math:`\mu/(1+|\mu|)`, `Q`.

    :math:`\mu = \hat t - \hat t_0` is the coupling field, which diverges as the probes freeze (q → Q), and
    :math:`c^2 = q - t_0^2/\tilde q - (t-t_0)^2/(\tilde Q-\tilde q)` is the variance of the probe's field given the
    reference's field and stability; it vanishes both at the typical distance and as d → 0 (for an even constraint
    they stand undivided). The mean squared weight `Q` is the last unknown where the weights do not fix it.
    """
    at = decode(setting, x, cosine)
    q = probe_overlap(setting, at)
    if not (np.isfinite(at.mu) and at.square - q > _FROZEN):
        return np.full(len(x), np.nan)
    forces = energetic(setting, at)
    spins = weights_in(setting, at, forces)
    unit = scale(setting)
    new_c2 = spins.c2 / unit
    own = [spins.t0 / unit - float(x[0]), (new_c2 - float(x[1])) / max(1.0, new_c2), spins.t - at.t]
    return np.array([*own, spins.square - at.square] if setting.free_square else own)


def weights_in(setting: Setting, at: Place, forces: Energetic) -> ProbeWeights:
    r"""The entropic term in the fields of the energetic one.

    At a given distance, :math:`t = (1-2d)\sqrt{Q\tilde Q}`, stationarity in `Q` makes its conjugate
    :math:`c = -\alpha E\ell'' + \gamma t/Q`.
    """
    c = 0.0
    if setting.free_square:
        c = (at.mu + forces.t0_hat - forces.slope) * at.t / at.square - forces.bend
    return entropic(setting, forces.q_hat, forces.t0_hat, at.mu, c)


def decode(setting: Setting, x: Array, cosine: float) -> Place:
    """What coordinates x mean at a given cosine 1 - 2d."""
    t0, c2, mu = (float(v) for v in x[:3])
    unit = scale(setting)
    square = float(x[3]) if setting.free_square else 1.0
    if not square > 0:
        return Place(np.nan, np.nan, np.nan, np.nan, np.nan)
    t = cosine * float(np.sqrt(square * setting.square_ref))
    return Place(t, t - unit * t0, max(unit * c2, 0.0), unsqueezed(mu), square)


def scale(setting: Setting) -> float:
    """Unit of the overlaps among the coordinates: the overlap of the references, 1 where it vanishes."""
    return setting.q_ref if setting.q_ref > 0 else 1.0


def energetic(setting: Setting, at: Place) -> Energetic:
    r"""Energetic term and its derivatives :math:`\hat q, \hat t_0`, `dG_E/dt`; with a hidden layer at the images.

    Of a mixture its mean over the classes.
    """
    if isinstance(setting.probe, Mixture):
        return _of_classes(setting, setting.probe, at)
    if isinstance(setting.probe, TreeCommittee) and setting.probe.hidden == "finite":
        return _of_units(setting, setting.probe, at)
    f = setting.probe.overlap_map
    if f.is_identity:
        return _energetic(setting, at)
    q, t0 = probe_overlap(setting, at), at.t - at.gap
    image, ref, overlap, other = (float(f.at(value)) for value in (q, setting.q_ref, at.t, t0))
    c2 = image - ratio(other**2, ref) - (overlap - other) ** 2 / (1 - ref)
    place = at._replace(t=overlap, gap=overlap - other, c2=max(c2, 0.0))
    own = _energetic(replace(setting, q_ref=ref), place)
    return own._replace(
        q_hat=float(f.conjugate(q, own.q_hat)),
        t0_hat=float(f.conjugate(t0, own.t0_hat)),
        slope=float(f.conjugate(at.t, own.slope)),
        curvature=float(f.curvature(q, own.curvature, own.q_hat / setting.alpha)),
    )


def _of_classes(setting: Setting, probe: Mixture, at: Place) -> Energetic:
    """The mean over the classes, the reference's at its own shift and the probe's at the best one."""
    assert isinstance(setting.reference, Mixture)
    references = [one for _, one in class_constraints(setting.reference, setting.shift_ref)]

    def of(k: int, one: Model) -> Energetic:
        return _energetic(replace(setting, probe=one, reference=references[k]), at)

    mean = mean_of_classes(probe, of, start=setting.shift_ref)
    return Energetic(*[np.nan] * len(Energetic._fields)) if mean is None else mean[0]._replace(shift=mean[1])


def _of_units(setting: Setting, probe: TreeCommittee, at: Place) -> Energetic:
    """Of a few hidden units; the error is estimated where there are more nodes than for solving."""
    reference, alpha = setting.reference, setting.alpha
    assert isinstance(reference, TreeCommittee)
    overlaps = Overlaps(setting.q_ref, probe_overlap(setting, at), at.t, at.t - at.gap, at.c2)
    errors = setting.nodes != RESOLUTIONS[0]
    found = committee_probe(probe, reference, overlaps, setting.nodes[0], errors=errors)
    q_hat, t0_hat, slope = alpha * found.force, alpha * found.aside, alpha * found.pull
    return Energetic(found.value, found.error, q_hat, t0_hat, slope, found.energy, found.curvature)


def _energetic(setting: Setting, at: Place) -> Energetic:
    q_ref, alpha, gap = setting.q_ref, setting.alpha, at.gap
    std_ref = np.sqrt(setting.square_ref - q_ref)
    a, b = ratio(at.t - gap, np.sqrt(q_ref)), gap / std_ref
    spread = np.hypot(b, np.sqrt(at.c2))
    share, apart = (b / spread, np.sqrt(at.c2) / spread) if spread > 1e-12 else (0.0, 1.0)
    q = a**2 + spread**2
    root, std = max(np.sqrt(q), 1e-12), np.sqrt(at.square - q)
    # Coordinates: probe field h = sqrt(q) u; the reference's z, w mix u and v by a rotation.
    along = (np.sqrt(q_ref) * a + std_ref * share * spread) / root
    across = (np.sqrt(q_ref) * spread - std_ref * share * a) / root
    given = std_ref * max(float(apart), 1e-15)
    binary = setting.probe.weights.name == "binary"
    # Fields of references in their tails go far, and take those of the probe along.
    tail = ratio(at.t - gap, np.sqrt(q_ref)) - gap * np.sqrt(q_ref) / std_ref**2
    reach = 1.0 if binary else max(1.0, (abs(tail) + np.sqrt(at.c2)) / root)
    u = _steep_rule(setting, reach * root, std, reach * along, across, given)
    u = u if reach == 1 else _widened(u, reach)
    own, slope = np.sqrt(q_ref) * a * u.nodes / root, np.sqrt(q_ref) * spread / root
    if binary:
        v = _smooth_rule(setting, along * u.nodes, across, given)
        at_v, shifted = v.nodes, np.zeros(())
    else:
        middle = _likeliest(setting.reference, (along * u.nodes, across, given), (own, slope, std_ref))
        v = _smooth_rule(setting, along * u.nodes + across * middle, across, given, std_ref / max(abs(slope), 1e-6))
        at_v, shifted = v.nodes + middle[:, None], -middle[:, None] * (v.nodes + 0.5 * middle[:, None])
    k = np.sqrt(q_ref) * (a * u.nodes[:, None] + spread * at_v) / root
    conditional = setting.reference.log_kernel(along * u.nodes[:, None] + across * at_v, given)
    prior = setting.reference.log_kernel(k, std_ref)
    log = conditional.log - prior.log + shifted
    omega = np.exp(log if binary else np.minimum(log, _LARGEST))
    weight, drift, pull = (v.integrate(omega * f) for f in (1.0, prior.d1, conditional.d1))
    probe = setting.probe.log_kernel(root * u.nodes, std)
    value = u.integrate(weight * probe.log)
    error = u.error(weight * probe.log) + u.integrate(np.abs(probe.log) * v.error(omega))
    # A reference far out in the tail has its mass where there are no nodes, and the estimates see nothing.
    missed = abs(1 - float(u.integrate(weight)))
    error += missed * float(np.abs(probe.log).max()) if missed > _MISSED else 0.0
    thermal = np.isfinite(setting.probe.beta)
    energy = u.integrate(weight * setting.probe.violation(root * u.nodes, std)) if thermal else np.zeros(())
    return Energetic(
        float(value),
        float(error),
        float(alpha * u.integrate(weight * probe.d1**2)),
        float(alpha * u.integrate(drift * probe.d1)),
        float(alpha * u.integrate(pull * probe.d1)),
        float(energy),
        float(u.integrate(weight * probe.d2**2)),
        float(alpha * u.integrate(weight * probe.d2)) if setting.free_square else 0.0,
        float(u.integrate(weight * probe.d1)),
        float(u.integrate(weight * probe.d2)),
    )


def _steep_rule(setting: Setting, root: float, std: float, along: float, across: float, given: float) -> Rule:
    """Rule along the probe's field, resolved where its kernel and the reference's (blurred across) are steep."""
    along, blur = max(along, 1e-6), float(np.hypot(given, across))
    steps = []
    for e, f in zip(setting.probe.edges, setting.reference.edges, strict=True):
        probe = (float(np.clip(float(np.asarray(e)) / root, -8, 8)), std / root)
        reference = (float(np.clip(float(np.asarray(f)) / along, -8, 8)), blur / along)
        apart = abs(probe[0] - reference[0]) > 3 * max(probe[1], reference[1])
        steps += [probe, reference] if apart else [min(probe, reference, key=lambda step: step[1])]
    for model, own, unit, spread in ((setting.probe, std, root, 0.0), (setting.reference, given, along, across)):
        crossovers = steep_points(model, own)[len(model.edges) :]
        steps += [(float(np.clip(c / unit, -8, 8)), float(np.hypot(width, spread)) / unit) for c, width in crossovers]
    centers, widths = zip(*sorted(steps), strict=True)
    return multi_rule([np.asarray(c) for c in centers], [np.asarray(w) for w in widths], setting.nodes[0])


def _widened(narrow: Rule, reach: float) -> Rule:
    """The rule of a standard Gaussian whose nodes reach farther by a factor."""
    ratio_of_densities = reach * np.exp(-0.5 * (reach**2 - 1) * narrow.nodes**2)
    return Rule(reach * narrow.nodes, narrow.weights * ratio_of_densities, narrow.coarse * ratio_of_densities)


def _likeliest(reference: Model, stability: tuple[Array, float, float], field: tuple[Array, float, float]) -> Array:
    """The orthogonal coordinate at which the reference's measure is largest, at each value of the steep one.

    Both pairs are mean and slope in it, and width, of the reference's stability and of its field. Where the references
    hardly differ, it is far out.
    """
    (mean, across, given), (own, slope, std) = stability, field

    low, high = np.full_like(mean, -_FARTHEST), np.full_like(mean, _FARTHEST)
    for _ in range(_HALVINGS):
        v = 0.5 * (low + high)
        posterior = reference.log_kernel(mean + across * v, given).d1
        rising = across * posterior - slope * reference.log_kernel(own + slope * v, std).d1 > v
        low, high = np.where(rising, v, low), np.where(rising, high, v)
    return np.asarray(0.5 * (low + high))


def _smooth_rule(setting: Setting, mean: Array, across: float, given: float, own: float = 1.0) -> Rule:
    """Rule along the orthogonal coordinate at each value of the steep one; `own` is the width of the prior's step.

    The reference's step has width `given` over `across` here: wide, unless its margin is the larger one and d → 0.
    """
    steps = steep_points(setting.reference, given)
    narrowest = min(width for _, width in steps)
    if narrowest > 0.3 * abs(across):
        return rule(0.0, min(narrowest / max(abs(across), 1e-6), own), setting.nodes[1])
    centers = [(center - mean) / across for center, _ in steps]
    widths = [np.full_like(mean, width / abs(across)) for _, width in steps]
    # The measure counts as a step of its own: nodes that crowd around one far from its mass would be missing there.
    return multi_rule([*centers, np.zeros_like(mean)], [*widths, np.full_like(mean, own)], setting.nodes[1])


def entropic(setting: Setting, q_hat: float, t0_hat: float, mu: float, c: float = 0.0) -> ProbeWeights:
    r"""Entropic term and the overlaps at conjugates :math:`\hat q, \hat t_0`, :math:`\mu = \hat t - \hat t_0`, `c`."""
    weights = setting.probe.weights
    reference = ReferenceFields(setting.q_ref, setting.q_ref_hat, setting.square_ref, setting.c_ref)
    if isinstance(weights, SphericalWeights):
        return spherical_probe(reference, q_hat, t0_hat, mu)
    if isinstance(weights, DiscreteWeights):
        return discrete_probe(weights, reference, q_hat, t0_hat, mu, c, setting.nodes)
    root = max(np.sqrt(q_hat), 1e-12)
    u = rule(np.clip(-mu / root, -8, 8), 1 / root, setting.nodes[0])
    v = rule(0.0, 1.0, setting.nodes[1])
    correlation = min(ratio(t0_hat, root), np.sqrt(setting.q_ref_hat))
    rest = np.sqrt(max(setting.q_ref_hat - correlation**2, 0.0))
    bias = np.tanh(correlation * u.nodes[:, None] + rest * v.nodes)
    square = bias**2
    first, second = bias @ v.weights, square @ v.weights
    third = second + (square * bias) @ v.weights
    second = first + second
    field = root * u.nodes + mu
    m = np.tanh(field)
    t0, t = float(u.integrate(second * m)), float(u.integrate((1 + first) * m))
    # What is left of the magnetization after projecting it on the reference's field and stability: the sum of squares,
    # since the difference q - t0^2/q_ref - (t - t0)^2/(1 - q_ref) is lost in rounding where overlaps are small.
    own, other = ratio(t0, setting.q_ref), (t - t0) / (1 - setting.q_ref)
    rest_of_m, along = m - other, own - other
    c2 = (1 + first) * rest_of_m**2 - 2 * second * along * rest_of_m + third * along**2
    entropy = (1 + first) * log2cosh(field)
    error = u.error(entropy) + abs(u.integrate(log2cosh(field) * (first - bias @ v.coarse)))
    return ProbeWeights(
        float(u.integrate(entropy)),
        float(error),
        float(u.integrate((1 + first) * m**2)),
        t0,
        t,
        float(u.integrate((1 + first) * (1 - m**2) ** 2)),
        float(u.integrate(c2)),
    )


def probe_overlap(setting: Setting, at: Place) -> float:
    """Overlap q of two probes."""
    return ratio((at.t - at.gap) ** 2, setting.q_ref) + at.gap**2 / (setting.square_ref - setting.q_ref) + at.c2


def ratio(numerator: float, denominator: float) -> float:
    """The quotient, 0 where the reference has no overlap (an even constraint)."""
    return float(numerator / denominator) if denominator > 0 else 0.0
