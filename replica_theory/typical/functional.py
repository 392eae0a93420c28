"""The replica-symmetric functional: order parameters, their equations, free entropy and stability."""

from __future__ import annotations

from copy import copy
from typing import Any, NamedTuple

import numpy as np
from scipy import special

from replica_theory.models.model import Model
from replica_theory.models.steep_fields import steep_fields
from replica_theory.numerics.binary import log2cosh
from replica_theory.numerics.gaussian import Rule, multi_rule, rule
from replica_theory.results.grid import Points, broadcast
from replica_theory.typing import Array, ArrayLike

_EPSILON = 4 * float(np.finfo(float).eps)
"""What rounding may change of a sum, in units of its terms."""


class Orders(NamedTuple):
    """Overlaps (q, R) or their conjugates, one entry a point."""

    q: Array
    r: Array


def overlaps(q_hat: Array, r_hat: Array, n: int = 121) -> Orders:
    r""":math:`q = \int Dz\tanh^2(\sqrt{\hat q}z+\hat R)` and :math:`R = \int Dz\tanh(\sqrt{\hat q}z+\hat R)`."""
    spins = _entropic_rule(q_hat, r_hat, n)
    m = np.tanh(np.sqrt(q_hat)[..., None] * spins.nodes + r_hat[..., None])
    return Orders(spins.integrate(m**2), spins.integrate(m))


def rest_and_overlap(q_hat: Array, r_hat: Array, n: int = 121) -> Orders:
    r""":math:`1 - q = \int Dz\,\mathrm{sech}^2(\sqrt{\hat q}z+\hat R)`, to relative accuracy as q → 1, and `R`."""
    spins = _entropic_rule(q_hat, r_hat, n)
    field = np.sqrt(q_hat)[..., None] * spins.nodes + r_hat[..., None]
    return Orders(spins.integrate(4 * np.exp(-2 * log2cosh(field))), spins.integrate(np.tanh(field)))


def conjugates(model: Model, q: Array, r: Array, n: int = 121) -> Orders:
    r"""Conjugates over alpha, :math:`\int D\mu\,\ell'^2` and :math:`\sqrt{2/\pi}\int Dz\,\ell'(\sqrt{q-R^2}z)`."""
    std = np.sqrt(1 - q)[..., None]
    measure = energetic_rule(model, q, r, n)
    q_hat = measure.integrate(model.log_kernel(np.sqrt(q)[..., None] * measure.nodes, std).d1 ** 2)
    if not model.has_teacher:
        return Orders(q_hat, np.zeros_like(q_hat))
    spread = np.sqrt(q - r**2)
    boundary = _steps(model, spread, np.sqrt(1 - q), n)
    slope = model.log_kernel(spread[..., None] * boundary.nodes, std).d1
    return Orders(q_hat, np.sqrt(2 / np.pi) * boundary.integrate(slope))


def energetic_rule(model: Model, q: Array, r: Array, n: int) -> Rule:
    """The outer measure of the energetic term (with the teacher's weight), resolved at the edges of the constraint."""
    if not model.has_teacher:
        return _steps(model, np.sqrt(q), np.sqrt(1 - q), n)
    measure = _steps(model, np.sqrt(q), np.sqrt(1 - q), n, also=np.sqrt(q - r**2))
    weight = teacher_weight(measure.nodes, q[..., None], r[..., None])
    return Rule(measure.nodes, measure.weights * weight, measure.coarse * weight)


class Reading(NamedTuple):
    r"""The functional and what is read off it at given order parameters, one entry a point.

    `error` is the estimated quadrature error of `free_entropy` with what rounding may add, `heat` the difference
    :math:`\beta\alpha e` of entropy and free entropy and `heat_error` its error; `image` are the overlaps that belong
    to the conjugates of these.
    """

    free_entropy: Array
    error: Array
    energy: Array
    heat: Array
    heat_error: Array
    stability: Array
    image: Orders


def read(model: Model, alpha: Array, q: Orders, q_hat: Orders, n: int = 241) -> Reading:
    r"""Everything that the functional says at overlaps and conjugates, each measure set up once.

    `stability` is :math:`1 - \alpha\int D\mu\,(\ell'')^2\int Dz\,\mathrm{sech}^4(\sqrt{\hat q}z+\hat R)`.
    """
    spins = _entropic_rule(q_hat.q, q_hat.r, n)
    field = np.sqrt(q_hat.q)[..., None] * spins.nodes + q_hat.r[..., None]
    entropic, m = log2cosh(field), np.tanh(field)
    measure = energetic_rule(model, q.q, q.r, n)
    at = np.sqrt(q.q)[..., None] * measure.nodes, np.sqrt(1 - q.q)[..., None]
    kernel = model.log_kernel(*at)
    energetic, spin = measure.integrate(kernel.log), spins.integrate(entropic)
    rounding = _EPSILON * (spin + alpha * np.abs(energetic) + q_hat.q + np.abs(q.r * q_hat.r))
    beta = np.broadcast_to(model.beta, (len(alpha), 1))[:, 0]
    energy, doubt = np.zeros_like(alpha), np.zeros_like(alpha)
    finite = np.isfinite(beta)
    if finite.any():
        violated = model.violation(*at)
        energy = np.where(finite, measure.integrate(violated), 0.0)
        doubt = np.where(finite, measure.error(violated), 0.0) + _EPSILON * energy
    heat = np.where(finite, beta, 0.0) * alpha
    return Reading(
        spin + alpha * energetic - 0.5 * q_hat.q * (1 - q.q) - q.r * q_hat.r,
        spins.error(entropic) + alpha * measure.error(kernel.log) + rounding,
        energy,
        heat * energy,
        heat * doubt,
        np.asarray(1 - alpha * measure.integrate(kernel.d2**2) * spins.integrate((1 - m**2) ** 2)),
        Orders(spins.integrate(m**2), spins.integrate(m) if model.has_teacher else np.zeros_like(alpha)),
    )


def at_loads(model: Model, alpha: ArrayLike) -> Points:
    """The points of a model at loads alpha."""
    return broadcast(alpha=alpha, kappa=model.kappa, beta=model.beta)


def flat_model(model: Model, points: Points) -> Model:
    """The model with the kappa and beta of the points, of shape (m, 1)."""
    return model.at(kappa=points.columns["kappa"][:, None], beta=points.columns["beta"][:, None])


def flat_slice(model: Model, index: Any) -> Model:
    """The model of some rows of a flattened model, whose parameters have been checked."""
    part = copy(model)
    for name in ("kappa", "beta"):
        value = np.asarray(getattr(model, name))
        object.__setattr__(part, name, value[index] if value.ndim else value)
    return part


def _steps(model: Model, scale: Array, std: Array, n: int, also: Array | None = None) -> Rule:
    """Rule in z that resolves the kernel at field ``scale * z`` and width `std` (and a step of width `also` at 0)."""
    safe = np.maximum(scale, 1e-6)
    fields = steep_fields(model, std[..., None])
    centers = [np.clip(field.center[..., 0] / safe, -8.0, 8.0) for field in fields]
    widths = [field.width[..., 0] / safe for field in fields]
    if also is not None:
        step = np.where(scale > 0, also, safe) / safe
        same = [k for k, center in enumerate(centers) if not center.any()]
        for k in same:
            widths[k] = np.minimum(widths[k], step)
        if not same:
            centers, widths = [*centers, np.zeros_like(scale)], [*widths, step]
    return multi_rule(centers, widths, n)


def _entropic_rule(q_hat: Array, r_hat: Array, n: int) -> Rule:
    width = 1 / np.maximum(np.sqrt(q_hat), 1e-6)
    return rule(np.clip(-r_hat * width, -8.0, 8.0), width, n)


def teacher_weight(z: Array, q: ArrayLike, r: ArrayLike) -> Array:
    """Twice the probability that the teacher agrees with the label, given the field sqrt(q) z."""
    return np.asarray(2 * special.ndtr(r * z / np.sqrt(np.maximum(q - np.square(r), 1e-300))))
