"""Replica-symmetric saddle points, capacities and the transition to a teacher of binary weights to any digits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mpmath import mp

from replica_theory.certified.multiprecision import (
    ZERO_OF_ERFC,
    Digits,
    Equations,
    Intervals,
    Real,
    Resolution,
    confirmed,
    intervals_of,
    kernel,
    log2cosh,
)
from replica_theory.models.model import Model


def capacity_to_digits(model: Model, q_hat: float, digits: int) -> Digits:
    r"""Capacity to many digits: the root of the entropy along the branch, near a given :math:`\hat q`.

    Everything is an explicit function of :math:`\hat q` (see `capacity`); where that is 0, the capacity is the
    annealed one.
    """
    intervals = intervals_of(model, "capacity")
    place = f"capacity of {model}"
    if q_hat == 0:
        return confirmed(model, lambda x, resolution: ([], _annealed(intervals)), [], digits, place)

    def equations(x: Sequence[Real], resolution: Resolution) -> tuple[list[Real], Mapping[str, Real]]:
        values = dict(_on_branch(intervals, mp.exp(x[0]), resolution))
        return [values.pop("entropy")], values

    return confirmed(model, equations, [float(mp.log(q_hat))], digits, place)


def replica_symmetric_to_digits(model: Model, alpha: float, q_hat: float, digits: int) -> Digits:
    r"""Replica-symmetric saddle point to many digits, near a given :math:`\hat q`."""
    intervals = intervals_of(model, "replica_symmetric")
    place = f"replica_symmetric at alpha={alpha}"
    if q_hat == 0:
        return confirmed(model, lambda x, resolution: ([], _flat(intervals, alpha)), [], digits, place)
    return confirmed(model, saddle(intervals, alpha), [float(mp.log(q_hat))], digits, place)


def transition_to_digits(model: Model, q_hat: float, digits: int) -> Digits:
    r"""Transition to perfect learning to many digits: the students' free entropy vanishes, near a given :math:`\hat q`.

    At kappa = 0 and beta = inf students are Bayes-optimal, :math:`R = q` and :math:`\hat R = \hat q`.
    """

    def equations(x: Sequence[Real], resolution: Resolution) -> tuple[list[Real], Mapping[str, Real]]:
        values = dict(_of_students(mp.exp(x[0]), resolution))
        return [values.pop("free_entropy")], values

    return confirmed(model, equations, [float(mp.log(q_hat))], digits, f"transition of {model}")


def saddle(intervals: Intervals, alpha: float) -> Equations:
    r"""The equation of the saddle point at a load, in :math:`\log\hat q`."""

    def equations(x: Sequence[Real], resolution: Resolution) -> tuple[list[Real], Mapping[str, Real]]:
        values = dict(_on_branch(intervals, mp.exp(x[0]), resolution, mp.mpf(alpha)))
        return [mp.log(values.pop("alpha") / alpha)], values

    return equations


def entropic(q_hat: Real, resolution: Resolution) -> tuple[Real, Real, Real]:
    r"""Means of :math:`\log2\cosh`, :math:`\tanh^2` and :math:`\mathrm{sech}^4` of :math:`\sqrt{\hat q}z`."""
    value, square, fourth = mp.zero, mp.zero, mp.zero
    root = mp.sqrt(q_hat)
    for z, weight in resolution.rule(mp.pi / (2 * root)):
        if z <= 0:  # even
            log, tanh = log2cosh(root * z)
            weight = weight if z == 0 else 2 * weight
            value += weight * log
            square += weight * tanh**2
            fourth += weight * (1 - tanh**2) ** 2
    return value, square, fourth


def _on_branch(
    intervals: Intervals, q_hat: Real, resolution: Resolution, load: Real | None = None
) -> Mapping[str, Real]:
    """What goes with a conjugate overlap; the entropy at a load of its own, where one is given."""
    value, q, fourth = entropic(q_hat, resolution)
    std = mp.sqrt(1 - q)
    log, force, bend = mp.zero, mp.zero, mp.zero
    for z, weight in resolution.rule(ZERO_OF_ERFC * std / mp.sqrt(q)):
        p, d1, d2 = kernel(intervals, mp.sqrt(q) * z, std)
        log += weight * mp.log(p)
        force += weight * d1**2
        bend += weight * d2**2
    alpha = q_hat / force
    entropy = -q_hat * (1 - q) / 2 + value + (alpha if load is None else load) * log
    values = {"alpha": alpha, "entropy": entropy, "q": q, "q_hat": q_hat}
    return values | {"stability": 1 - alpha * bend * fourth}


def _of_students(q_hat: Real, resolution: Resolution) -> Mapping[str, Real]:
    """What goes with a conjugate overlap of Bayes-optimal students at kappa = 0."""
    root, value, q, fourth = mp.sqrt(q_hat), mp.zero, mp.zero, mp.zero
    for z, weight in resolution.rule(mp.pi / (2 * root)):
        log, tanh = log2cosh(root * z + q_hat)
        value += weight * log
        q += weight * tanh
        fourth += weight * (1 - tanh**2) ** 2
    std, log, force, bend = mp.sqrt(1 - q), mp.zero, mp.zero, mp.zero
    slope = mp.sqrt(q) / std
    for z, weight in resolution.rule(ZERO_OF_ERFC / slope, mp.sqrt(1 + 2 * slope**2)):
        p, d1, d2 = kernel(((0.0, mp.inf),), mp.sqrt(q) * z, std)
        weight *= 2 * p
        log += weight * mp.log(p)
        force += weight * d1**2
        bend += weight * d2**2
    alpha = q_hat / force
    free = -q_hat * (1 + q) / 2 + value + alpha * log
    values = {"alpha": alpha, "free_entropy": free, "teacher_overlap": q, "q_hat": q_hat}
    return values | {"stability": 1 - alpha * bend * fourth}


def _annealed(intervals: Intervals) -> Mapping[str, Real]:
    p, _, d2 = kernel(intervals, mp.zero, mp.one)
    alpha = -mp.ln2 / mp.log(p)
    return {"alpha": alpha, "q": mp.zero, "q_hat": mp.zero, "stability": 1 - alpha * d2**2}


def _flat(intervals: Intervals, alpha: float) -> Mapping[str, Real]:
    p, _, d2 = kernel(intervals, mp.zero, mp.one)
    entropy = mp.ln2 + mp.mpf(alpha) * mp.log(p)
    return {"entropy": entropy, "q": mp.zero, "q_hat": mp.zero, "stability": 1 - mp.mpf(alpha) * d2**2}
