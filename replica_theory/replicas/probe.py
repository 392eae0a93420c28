"""A probe at a given overlap with a typical reference: the integrals and equations of Franz-Parisi theory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from replica_theory.models.model import Model
from replica_theory.models.steep_fields import steep_points
from replica_theory.numerics.binary import log2cosh
from replica_theory.numerics.fixed_points import solve_fixed_points
from replica_theory.numerics.gaussian import Rule, multi_rule, rule
from replica_theory.numerics.squeezing import unsqueezed
from replica_theory.typical.replica_symmetric import ReplicaSymmetric, replica_symmetric
from replica_theory.typing import Array

RESOLUTIONS = ((121, 41), (241, 81), (481, 121))
"""Nodes along the steep and the smooth coordinate: solve with one, read out with the next."""
_FROZEN = 1e-7
"""1 - q below which the probes count as frozen: the branch is about to end there."""
_MISSED = 1e-3
"""Share of the reference's measure that may escape the nodes."""
_EVEN = 1e-11
"""Overlap of the references below which it counts as zero, and moves the entropy by less."""


@lru_cache
def typical_overlap(probe: Model, reference: Model, alpha: float) -> float:
    """Overlap between a typical solution of `probe` and one of `reference`, NaN if there is no saddle point."""
    typical = replica_symmetric(reference, alpha)
    alone = typical if probe == reference else replica_symmetric(probe, alpha)
    setting = Setting.around(probe, reference, alpha, typical)
    return probe_at_typical(setting, float(alone.q))


@dataclass(frozen=True)
class Setting:
    """Probe, reference and its replica-symmetric order parameters (both 0 where the overlap is negligible)."""

    probe: Model
    reference: Model
    alpha: float
    q_ref: float
    q_ref_hat: float
    nodes: tuple[int, int] = RESOLUTIONS[0]

    @classmethod
    def around(cls, probe: Model, reference: Model, alpha: float, typical: ReplicaSymmetric) -> Setting:
        """The setting around a reference with this replica-symmetric saddle point."""
        q, q_hat = float(typical.q), float(typical.q_hat)
        return cls(probe, reference, alpha, *((q, q_hat) if q > _EVEN else (0.0, 0.0)))


class Energetic(NamedTuple):
    """Energetic term: value, quadrature error, conjugates, slope in t, energy and curvature."""

    value: float
    error: float
    q_hat: float
    t0_hat: float
    slope: float
    energy: float
    curvature: float


class Entropic(NamedTuple):
    """Entropic term: value, quadrature error, overlaps, curvature, and the variance `c2` that t0 and t leave of q."""

    value: float
    error: float
    q: float
    t0: float
    t: float
    curvature: float
    c2: float


def probe_at_typical(setting: Setting, q: float) -> float:
    """Overlap of an unconstrained probe with the reference: t = t0 with no coupling field."""
    if setting.probe == setting.reference or setting.q_ref == 0:
        return setting.q_ref

    def update(x: Array, _: NDArray[np.intp]) -> Array:
        t = float(x[0, 0])
        if not 0 <= t <= np.sqrt(q * setting.q_ref):
            return np.full_like(x, np.nan)
        forces = energetic(setting, 0.0, q - t**2 / setting.q_ref, t)
        spins = entropic(setting, forces.q_hat, forces.t0_hat, 0.0)
        return np.array([[spins.t0]])

    found = solve_fixed_points(update, np.array([[0.9 * np.sqrt(q * setting.q_ref)]]), sweeps=20)
    return float(found.x[0, 0]) if found.converged[0] else np.nan


def residual(setting: Setting, x: Array, t: float) -> Array:
    r"""Saddle-point equations in the unknowns :math:`t_0/\tilde q`, :math:`c^2/\tilde q` and :math:`\mu/(1+|\mu|)`.

    :math:`\mu = \hat t - \hat t_0` is the coupling field, which diverges as the probes freeze (q → 1), and
    :math:`c^2 = q - t_0^2/\tilde q - (t-t_0)^2/(1-\tilde q)` is the variance of the probe's field given the
    reference's field and stability; it vanishes both at the typical distance and as d → 0 (for an even constraint
    they stand undivided).
    """
    gap, c2, mu = decode(setting, x, t)
    q = probe_overlap(setting, gap, c2, t)
    if not (np.isfinite(mu) and 1 - q > _FROZEN):
        return np.full(3, np.nan)
    forces = energetic(setting, gap, c2, t)
    spins = entropic(setting, forces.q_hat, forces.t0_hat, mu)
    unit = scale(setting)
    new_c2 = spins.c2 / unit
    return np.array([spins.t0 / unit - float(x[0]), (new_c2 - float(x[1])) / max(1.0, new_c2), spins.t - t])


def decode(setting: Setting, x: Array, t: float) -> tuple[float, float, float]:
    """Gap t - t0, variance c^2 and coupling field of coordinates x."""
    t0, c2, mu = (float(v) for v in x)
    unit = scale(setting)
    return t - unit * t0, max(unit * c2, 0.0), unsqueezed(mu)


def scale(setting: Setting) -> float:
    """Unit of the overlaps among the coordinates: the overlap of the references, 1 where it vanishes."""
    return setting.q_ref if setting.q_ref > 0 else 1.0


def energetic(setting: Setting, gap: float, c2: float, t: float) -> Energetic:
    r"""Energetic term and its derivatives :math:`\hat q, \hat t_0`, `dG_E/dt`, at t - t0 = gap and c^2."""
    q_ref, alpha = setting.q_ref, setting.alpha
    a, b = ratio(t - gap, np.sqrt(q_ref)), gap / np.sqrt(1 - q_ref)
    spread = np.hypot(b, np.sqrt(c2))
    share, apart = (b / spread, np.sqrt(c2) / spread) if spread > 1e-12 else (0.0, 1.0)
    q, std_ref = a**2 + spread**2, np.sqrt(1 - q_ref)
    root, std = max(np.sqrt(q), 1e-12), np.sqrt(1 - q)
    # Coordinates: probe field h = sqrt(q) u; the reference's z, w mix u and v by a rotation.
    along = (np.sqrt(q_ref) * a + std_ref * share * spread) / root
    across = (np.sqrt(q_ref) * spread - std_ref * share * a) / root
    given = std_ref * max(float(apart), 1e-15)
    u = _steep_rule(setting, root, std, along, across, given)
    v = _smooth_rule(setting, along * u.nodes, across, given)
    k = np.sqrt(q_ref) * (a * u.nodes[:, None] + spread * v.nodes) / root
    conditional = setting.reference.log_kernel(along * u.nodes[:, None] + across * v.nodes, given)
    prior = setting.reference.log_kernel(k, std_ref)
    omega = np.exp(conditional.log - prior.log)
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


def _smooth_rule(setting: Setting, mean: Array, across: float, given: float) -> Rule:
    """Rule along the orthogonal coordinate at each value of the steep one.

    The reference's step has width `given` over `across` here: wide, unless its margin is the larger one and d → 0.
    """
    steps = steep_points(setting.reference, given)
    narrowest = min(width for _, width in steps)
    if narrowest > 0.3 * abs(across):
        return rule(0.0, narrowest / max(abs(across), 1e-6), setting.nodes[1])
    centers = [(center - mean) / across for center, _ in steps]
    widths = [np.full_like(mean, width / abs(across)) for _, width in steps]
    # The measure counts as a step of its own: nodes that crowd around one far from its mass would be missing there.
    return multi_rule([*centers, np.zeros_like(mean)], [*widths, np.ones_like(mean)], setting.nodes[1])


def entropic(setting: Setting, q_hat: float, t0_hat: float, mu: float) -> Entropic:
    r"""Entropic term and the overlaps at conjugates :math:`\hat q, \hat t_0` and :math:`\mu = \hat t - \hat t_0`."""
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
    return Entropic(
        float(u.integrate(entropy)),
        float(error),
        float(u.integrate((1 + first) * m**2)),
        t0,
        t,
        float(u.integrate((1 + first) * (1 - m**2) ** 2)),
        float(u.integrate(c2)),
    )


def probe_overlap(setting: Setting, gap: float, c2: float, t: float) -> float:
    """Overlap q of two probes."""
    return ratio((t - gap) ** 2, setting.q_ref) + gap**2 / (1 - setting.q_ref) + c2


def ratio(numerator: float, denominator: float) -> float:
    """The quotient, 0 where the reference has no overlap (an even constraint)."""
    return float(numerator / denominator) if denominator > 0 else 0.0
