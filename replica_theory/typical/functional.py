r"""The replica-symmetric functional: order parameters, their equations, free entropy and stability.

Of any weights: what they are enters by the averages of `replica_theory.models.weights` only, and by the mean squared
weight `Q`, an order parameter where the weights do not fix it.
"""

from __future__ import annotations

from copy import copy
from typing import Any, NamedTuple

import numpy as np
from scipy import special

from replica_theory.models.model import Model
from replica_theory.models.steep_fields import steep_fields
from replica_theory.models.weights import BINARY, Orders, Weights
from replica_theory.numerics.gaussian import Rule, multi_rule
from replica_theory.results.grid import Points, broadcast
from replica_theory.typing import Array, ArrayLike

_EPSILON = 4 * float(np.finfo(float).eps)
"""What rounding may change of a sum, in units of its terms."""


class Conjugates(NamedTuple):
    r"""Conjugates of the overlaps and of the mean squared weight, :math:`(\hat q, \hat R, c)`, one entry a point."""

    q: Array
    r: Array
    c: ArrayLike = 0.0


def overlaps(q_hat: Array, r_hat: Array, c: ArrayLike = 0.0, *, n: int = 121, weights: Weights = BINARY) -> Orders:
    r""":math:`q = E\langle w\rangle^2`, :math:`R = E w^*\langle w\rangle` and :math:`Q` in the fields of conjugates.

    Of binary weights :math:`\int Dz\tanh^2(\sqrt{\hat q}z+\hat R)`, :math:`\int Dz\tanh(\sqrt{\hat q}z+\hat R)`
    and 1.
    """
    return weights.means(q_hat, r_hat, c, n)


def conjugates(model: Model, q: Array, r: Array, square: ArrayLike = 1.0, *, n: int = 121) -> Conjugates:
    r"""Conjugates over alpha at overlaps q, R and a mean squared weight Q.

    :math:`\int D\mu\,\ell'^2`, :math:`\sqrt{2/\pi T}\int Dz\,\ell'(\sqrt{q-R^2/T}z)` with the mean squared weight
    `T` of the teacher, and :math:`-\int D\mu\,\ell''` where `Q` is free (0 elsewhere).
    """
    root, width = np.sqrt(q), np.sqrt(square - q)
    measure, std = _outer_rule(model, q, r, root, width, n), width[..., None]
    kernel = model.log_kernel(root[..., None] * measure.nodes, std)
    q_hat = measure.integrate(kernel.d1**2)
    c: ArrayLike = 0.0 if model.weights.square is not None else -measure.integrate(kernel.d2)
    if not model.has_teacher:
        return Conjugates(q_hat, np.zeros_like(q_hat), c)
    teacher = teacher_square(model)
    spread = np.sqrt(q - r**2 / teacher)
    boundary = _steps(model, spread, width, n)
    slope = model.log_kernel(spread[..., None] * boundary.nodes, std).d1
    return Conjugates(q_hat, np.sqrt(2 / (np.pi * teacher)) * boundary.integrate(slope), c)


def at_load(model: Model, alpha: Array, per_alpha: Conjugates) -> Conjugates:
    r"""The conjugates of `conjugates` at a load, with the multiplier where weights of fixed `Q` have one."""
    q_hat, r_hat = alpha * per_alpha.q, alpha * per_alpha.r
    if model.weights.square is None:
        return Conjugates(q_hat, r_hat, alpha * per_alpha.c)
    return Conjugates(q_hat, r_hat, model.weights.multiplier(q_hat, r_hat))


def teacher_square(model: Model) -> float:
    """Mean squared weight of the teacher, who is drawn from the measure of the weights."""
    return model.weights.moments[1]


def energetic_rule(model: Model, q: Array, r: Array, square: ArrayLike = 1.0, *, n: int) -> Rule:
    """The outer measure of the energetic term (with the teacher's weight), resolved at the edges of the constraint."""
    return _outer_rule(model, q, r, np.sqrt(q), np.sqrt(square - q), n)


def _outer_rule(model: Model, q: Array, r: Array, root: Array, width: Array, n: int) -> Rule:
    """The same, with the square roots of q and Q - q."""
    if not model.has_teacher:
        return _steps(model, root, width, n)
    r = r / np.sqrt(teacher_square(model))
    measure = _steps(model, root, width, n, also=np.sqrt(q - r**2))
    weight = teacher_weight(measure.nodes, q[..., None], r[..., None])
    return Rule(measure.nodes, measure.weights * weight, measure.coarse * weight)


class Reading(NamedTuple):
    r"""The functional and what is read off it at given order parameters, one entry a point.

    `error` is the estimated quadrature error of `free_entropy` with what rounding may add, `heat` the difference
    :math:`\beta\alpha e` of entropy and free entropy and `heat_error` its error; `log_prior` is
    :math:`E\langle\log\rho(w)\rangle`, by which the free entropy also exceeds the entropy; `image` are the overlaps
    that belong to the conjugates of these.
    """

    free_entropy: Array
    error: Array
    energy: Array
    heat: Array
    heat_error: Array
    log_prior: ArrayLike
    stability: Array
    image: Orders


def read(model: Model, alpha: Array, q: Orders, q_hat: Conjugates, n: int = 241) -> Reading:
    r"""Everything that the functional says at overlaps and conjugates, each measure set up once.

    .. math:: \Phi = E\,g(\sqrt{\hat q}z + \hat Rw^*, c) + \tfrac12cQ - \tfrac12\hat q(Q-q) - R\hat R
       + \alpha\int\!D\mu\,\ell(\sqrt q z, \sqrt{Q-q})

    `stability` is :math:`1 - \alpha\int D\mu\,(\ell'')^2\,E(g'')^2`.
    """
    spins = model.weights.entropic(*q_hat, n=n)
    measure = energetic_rule(model, *q, n=n)
    at = np.sqrt(q.q)[..., None] * measure.nodes, np.sqrt(q.square - q.q)[..., None]
    kernel = model.log_kernel(*at)
    energetic, norm = measure.integrate(kernel.log), 0.5 * q_hat.c * q.square
    terms = np.abs(spins.value) + alpha * np.abs(energetic) + q_hat.q * q.square + np.abs(q.r * q_hat.r) + np.abs(norm)
    rounding = _EPSILON * terms
    beta = np.broadcast_to(model.beta, (len(alpha), 1))[:, 0]
    energy, doubt = np.zeros_like(alpha), np.zeros_like(alpha)
    finite = np.isfinite(beta)
    if finite.any():
        violated = model.violation(*at)
        energy = np.where(finite, measure.integrate(violated), 0.0)
        doubt = np.where(finite, measure.error(violated), 0.0) + _EPSILON * energy
    heat = np.where(finite, beta, 0.0) * alpha
    return Reading(
        spins.value + alpha * energetic - 0.5 * q_hat.q * (q.square - q.q) - q.r * q_hat.r + norm,
        spins.error + alpha * measure.error(kernel.log) + rounding,
        energy,
        heat * energy,
        heat * doubt,
        spins.log_prior,
        np.asarray(1 - alpha * measure.integrate(kernel.d2**2) * spins.response),
        Orders(spins.q, spins.r if model.has_teacher else np.zeros_like(alpha), spins.square),
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


def teacher_weight(z: Array, q: ArrayLike, r: ArrayLike) -> Array:
    """Twice the probability that the teacher agrees with the label, given the field sqrt(q) z."""
    return np.asarray(2 * special.ndtr(r * z / np.sqrt(np.maximum(q - np.square(r), 1e-300))))
