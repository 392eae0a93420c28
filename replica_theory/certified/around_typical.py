r"""The Franz-Parisi entropy of binary weights to any digits.

Both terms are integrals over two orthogonal Gaussian coordinates, as in `replica_theory.replicas.probe`: one along the
probe's field, whose kernel is needed on a line only, and one across.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mpmath import mp

from replica_theory.certified.multiprecision import (
    ZERO_OF_ERFC,
    Digits,
    Intervals,
    Real,
    Resolution,
    confirmed,
    intervals_of,
    kernel,
    log2cosh,
    probability,
)
from replica_theory.certified.typical import replica_symmetric_to_digits
from replica_theory.models.model import Model

_REFERENCE_GUARD = 60
"""Digits by which the reference's overlaps are better than what is asked for."""


@dataclass(frozen=True)
class _Around:
    """The reference, and what is allowed."""

    probe: Intervals
    reference: Intervals
    alpha: Real
    q: Real
    q_hat: Real


def franz_parisi_to_digits(
    model: Model, reference: Model, alpha: float, distance: float, start: Mapping[str, float], digits: int
) -> Digits:
    r"""Franz-Parisi entropy at a distance, near given order parameters (`q`, `t0`, `t_hat`, `t0_hat`, `q_ref_hat`)."""
    probe, around = intervals_of(model, "franz_parisi"), intervals_of(reference, "franz_parisi")
    place = f"franz_parisi at alpha={alpha}, distance={distance}"
    if not start["q_ref_hat"] > 0:
        raise ValueError(f"digits need references that overlap (q > 0); got {reference} at alpha={alpha}")
    typical = replica_symmetric_to_digits(reference, alpha, start["q_ref_hat"], digits + _REFERENCE_GUARD)

    def equations(x: Sequence[Real], resolution: Resolution) -> tuple[list[Real], Mapping[str, Real]]:
        q_ref, q_ref_hat = mp.mpf(str(typical.q)), mp.mpf(str(typical.q_hat))
        setting = _Around(probe, around, mp.mpf(alpha), q_ref, q_ref_hat)
        q, t0, mu, t = x[0], x[1], x[2], 1 - 2 * mp.mpf(distance)
        energy, q_hat, t0_hat, slope = _energetic(setting, q, t0, t, resolution)
        t_hat = mu + t0_hat
        value, own, other, along = _entropic(setting, q_hat, t0_hat, mu, resolution)
        entropy = -q_hat * (1 - q) / 2 - t * t_hat + t0 * t0_hat + value + setting.alpha * energy
        values = {"entropy": entropy, "slope": 2 * (t_hat - slope), "q": q, "q_hat": q_hat, "t0": t0}
        values |= {"t0_hat": t0_hat, "t_hat": t_hat, "q_ref": q_ref}
        return [own - q, other - t0, along - t], values

    first = [start["q"], start["t0"], start["t_hat"] - start["t0_hat"]]
    return confirmed(model, equations, first, digits, place)


def _energetic(setting: _Around, q: Real, t0: Real, t: Real, resolution: Resolution) -> tuple[Real, Real, Real, Real]:
    r"""Energetic term, :math:`\hat q`, :math:`\hat t_0` and :math:`\alpha\,dG_E/dt`.

    The probe's field is :math:`\sqrt qu`. The reference's own field `k` and the mean of its stability mix `u` with an
    orthogonal coordinate `v`.
    """
    root, root_ref, std, std_ref = mp.sqrt(q), mp.sqrt(setting.q), mp.sqrt(1 - q), mp.sqrt(1 - setting.q)
    a, b = t0 / root_ref, (t - t0) / std_ref
    spread = mp.sqrt(q - a * a)
    share = b / spread
    given = std_ref * mp.sqrt(1 - share * share)
    along, across = t / root, (root_ref * spread - std_ref * share * a) / root
    tilt, turn = root_ref * a / root, root_ref * spread / root
    strip = min(ZERO_OF_ERFC * std / root, _strip(ZERO_OF_ERFC * std_ref, tilt))
    lines = list(resolution.rule(_strip(ZERO_OF_ERFC * std_ref, turn), mp.sqrt(1 + (across / given) ** 2)))
    energy, force, drift, pull = mp.zero, mp.zero, mp.zero, mp.zero
    for u, weight in resolution.rule(strip, mp.sqrt(1 + (along / given) ** 2)):
        p, d1, _ = kernel(setting.probe, root * u, std)
        mass, own, conditional = mp.zero, mp.zero, mp.zero
        for v, part in lines:
            p_ref, slope_ref = probability(setting.reference, tilt * u + turn * v, std_ref)
            p_given, slope_given = probability(setting.reference, along * u + across * v, given)
            part /= p_ref
            mass += part * p_given
            own += part * p_given * slope_ref / p_ref
            conditional += part * slope_given
        energy += weight * mass * mp.log(p)
        force += weight * mass * d1**2
        drift += weight * own * d1
        pull += weight * conditional * d1
    return energy, setting.alpha * force, setting.alpha * drift, setting.alpha * pull


def _entropic(
    setting: _Around, q_hat: Real, t0_hat: Real, mu: Real, resolution: Resolution
) -> tuple[Real, Real, Real, Real]:
    r"""Entropic term, :math:`q`, :math:`t_0` and :math:`t`."""
    root = mp.sqrt(q_hat)
    correlation = t0_hat / root
    rest = mp.sqrt(setting.q_hat - correlation**2)
    lines = list(resolution.rule(_strip(mp.pi / 2, rest)))
    strip = min(_strip(mp.pi / 2, root), _strip(mp.pi / 2, correlation))
    value, q, t0, t = mp.zero, mp.zero, mp.zero, mp.zero
    for u, weight in resolution.rule(strip):
        mean, square = mp.zero, mp.zero
        for v, part in lines:
            bias = mp.tanh(correlation * u + rest * v)
            mean += part * bias
            square += part * bias**2
        log, m = log2cosh(root * u + mu)
        value += weight * (1 + mean) * log
        q += weight * (1 + mean) * m**2
        t0 += weight * (mean + square) * m
        t += weight * (1 + mean) * m
    return value, q, t0, t


def _strip(distance: Real, slope: Real) -> Real:
    """How far from the real axis a singularity is that a coordinate meets at this slope."""
    return distance / abs(slope) if slope else mp.inf
