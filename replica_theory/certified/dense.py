r"""The largest local entropy, of infinitely many replicas around a free reference, and its threshold to any digits.

The integrals of `replica_theory.replicas.infinite_y` run over the inner maxima: with
:math:`z = (u - \delta q\,\ell'(u))/\sqrt q` and :math:`|z| = (h - \hat t - \delta\hat q\tanh h)/\sqrt{\hat q}`
everything is an explicit function of `u` and `h`, and the first integrand is analytic on the whole line.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

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
)
from replica_theory.models.model import Model

_INSIDE = 0.7
"""Part of the strip that is used: at its edge the density has an essential singularity."""


def local_entropy_to_digits(
    model: Model, alpha: float, distance: float, start: Mapping[str, float], digits: int
) -> Digits:
    r"""The largest local entropy :math:`S_\infty` at a distance, near given overlaps (`q0`, `gap`, `t_hat`)."""
    intervals = intervals_of(model, "local_entropy")

    def equations(x: Sequence[Real], resolution: Resolution) -> tuple[list[Real], Mapping[str, Real]]:
        q, gap, t_hat, load, t = x[0], mp.exp(x[1]), x[2], mp.mpf(alpha), 1 - 2 * mp.mpf(distance)
        force, bend, energy = _energetic(intervals, q, gap, resolution)
        q_hat, gap_hat = load * force, load * bend
        found = _entropic(q_hat, gap_hat, t_hat, resolution)
        entropy = -q_hat * (1 - q) / 2 - (gap * q_hat + q * gap_hat) / 2 - t * t_hat + found[0] + load * energy
        values = {"entropy": entropy, "slope": 2 * t_hat, "q": q, "q_hat": q_hat, "gap": gap, "gap_hat": gap_hat}
        return [found[1] - q, found[2] / gap - 1, found[3] - t], values

    first = [start["q0"], math.log(start["gap"]), start["t_hat"]]
    return confirmed(model, equations, first, digits, f"local_entropy at alpha={alpha}, distance={distance}")


def dense_threshold_to_digits(model: Model, alpha: float, start: Mapping[str, float], digits: int) -> Digits:
    r"""Load at which the slope of :math:`S_\infty` vanishes first, near given overlaps (`q0`, `gap`).

    Where :math:`\hat t = 0`, two equations are left for the overlaps at a load. The distance is a function of
    :math:`\hat t`, whose smallest value is 0: two solutions merge there, and the Jacobian of the equations is singular.
    """
    intervals = intervals_of(model, "local_entropy_threshold")

    def equations(x: Sequence[Real], resolution: Resolution) -> tuple[list[Real], Mapping[str, Real]]:
        # Differences of as many digits as are wanted need twice as many in the numbers.
        double = Resolution(2 * resolution.digits, resolution.factor)
        with mp.workdps(double.digits + 4):
            h = mp.mpf(10) ** -resolution.digits
            base, t, hats = _without_field(intervals, x, double)
            by_q, by_gap = (
                _without_field(intervals, y, double)[0] for y in ((x[0] + h, *x[1:]), (x[0], x[1] + h, x[2]))
            )
            rows = [[(moved[k] - base[k]) / h for moved in (by_q, by_gap)] for k in range(2)]
            singular = rows[0][0] * rows[1][1] - rows[0][1] * rows[1][0]
        values = {"alpha": mp.exp(x[2]), "distance": (1 - t) / 2, "q": x[0], "gap": mp.exp(x[1])}
        return [*base, singular], values | {"q_hat": hats[0], "gap_hat": hats[1]}

    first = [start["q0"], math.log(start["gap"]), math.log(alpha)]
    return confirmed(model, equations, first, digits, f"local_entropy_threshold of {model}")


def _without_field(
    intervals: Intervals, x: Sequence[Real], resolution: Resolution
) -> tuple[tuple[Real, Real], Real, tuple[Real, Real]]:
    """Residuals of both overlaps without a field towards the reference, the overlap with it, and conjugates."""
    q, gap, alpha = x[0], mp.exp(x[1]), mp.exp(x[2])
    force, bend, _ = _energetic(intervals, q, gap, resolution)
    _, own, wide, t = _entropic(alpha * force, alpha * bend, mp.zero, resolution)
    return (own - q, wide / gap - 1), t, (alpha * force, alpha * bend)


def _energetic(intervals: Intervals, q: Real, gap: Real, resolution: Resolution) -> tuple[Real, Real, Real]:
    r"""Means of :math:`r^2`, :math:`\delta q\,r'^2/(1-\delta q\,r')`, and of the inner maximum."""
    std, root, far = mp.sqrt(1 - q), mp.sqrt(q), resolution.far
    steepness = (1 + gap / (1 - q)) / root
    step = resolution.step(_INSIDE * ZERO_OF_ERFC * std, steepness)
    force, bend, value = mp.zero, mp.zero, mp.zero
    for side in (1, -1):
        k = 0 if side > 0 else -1
        while True:
            u = k * step
            p, d1, d2 = kernel(intervals, u, std)
            z = (u - gap * d1) / root
            density = mp.exp(-z * z / 2)
            force += density * (1 - gap * d2) * d1**2
            bend += density * gap * d2**2
            value += density * (1 - gap * d2) * (mp.log(p) - gap * d1**2 / 2)
            if z * side > far:
                break
            k += side
    norm = step / (root * mp.sqrt(2 * mp.pi))
    return force * norm, bend * norm, value * norm


def _entropic(q_hat: Real, gap_hat: Real, t_hat: Real, resolution: Resolution) -> tuple[Real, Real, Real, Real]:
    r"""Mean of the inner maximum, :math:`q`, :math:`\delta q` and :math:`t`."""
    root, far = mp.sqrt(q_hat), resolution.far
    low = _lowest_field(gap_hat, t_hat)
    half = (root * far + t_hat + gap_hat - low) / 2
    step = 4 * resolution.factor / resolution.depth
    reach = mp.asinh(2 * resolution.depth / mp.pi)
    value, q, moment, t = mp.zero, mp.zero, mp.zero, mp.zero
    for k in range(-int(reach / step) - 1, int(reach / step) + 2):
        inner = mp.pi / 2 * mp.sinh(k * step)
        part = 2 / (1 + mp.exp(-2 * inner))  # 1 + tanh, to full relative accuracy near the lower end
        weight = mp.pi / 2 * mp.cosh(k * step) * part * (2 - part) if inner < 0 else mp.pi / 2 * mp.cosh(k * step) * (
            part * 2 / (1 + mp.exp(2 * inner)))  # fmt: skip
        log, tanh = log2cosh(low + half * part)
        z = (low + half * part - t_hat - gap_hat * tanh) / root
        weight *= half * (1 - gap_hat * (1 - tanh**2)) / root * mp.exp(-z * z / 2)
        value += weight * (log - gap_hat * tanh**2 / 2)
        q += weight * tanh**2
        moment += weight * z * tanh
        t += weight * tanh
    norm = step * 2 / mp.sqrt(2 * mp.pi)
    q *= norm
    return value * norm, q, moment * norm / root - (1 - q), t * norm


def _lowest_field(gap_hat: Real, t_hat: Real) -> Real:
    r"""The largest root of :math:`h = \hat t + \delta\hat q\tanh h`, from above, where Newton's method is monotone."""
    if t_hat == 0 and gap_hat <= 1:
        return mp.zero
    h = t_hat + gap_hat
    for _ in range(200):
        tanh = mp.tanh(h)
        step = (h - t_hat - gap_hat * tanh) / (1 - gap_hat * (1 - tanh**2))
        h -= step
        if abs(step) <= abs(h) * mp.eps * 8:
            break
    return h
