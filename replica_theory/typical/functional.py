r"""The replica-symmetric functional: order parameters, their equations, free entropy and stability.

Of any weights: what they are enters by the averages of `replica_theory.models.weights` only, and by the mean squared
weight `Q`, an order parameter where the weights do not fix it. A hidden layer of infinitely many units enters by the
map :math:`f` of `replica_theory.models.overlap_map`: the energetic term is taken at :math:`f(q)`, and
:math:`\hat q = \alpha f'(q)E\ell'^2`; of a few units the term is that of `replica_theory.typical.majority`. Of a
mixture of pattern classes everything energetic is the mean over the classes, at the shift of
`replica_theory.typical.class_shift`.
"""

from __future__ import annotations

from copy import copy
from typing import Any, NamedTuple, TypeGuard

import numpy as np
from scipy import special

from replica_theory.models.committee import TreeCommittee
from replica_theory.models.mixture import Mixture
from replica_theory.models.model import Model, cost_rate
from replica_theory.models.weights import BINARY, Orders, Weights
from replica_theory.numerics.gaussian import Rule
from replica_theory.results.grid import Points, broadcast
from replica_theory.typical.class_shift import best_shift, mean_over
from replica_theory.typical.majority import EnergeticTerm, majority_term
from replica_theory.typical.stepped import stepped_rule
from replica_theory.typing import Array, ArrayLike

_EPSILON = 4 * float(np.finfo(float).eps)
"""What rounding may change of a sum, in units of its terms."""
_EXACT = 5
"""Any number of nodes: fields do not vary."""


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
    if _few_units(model):
        return Conjugates(majority_term(model, q, n, errors=False).force, np.zeros_like(q))
    if isinstance(model, Mixture):
        return Conjugates(
            *mean_over(model, best_shift(model, q, square, n), lambda c: conjugates(c, q, r, square, n=n))
        )
    own, q = q, model.overlap_map.at(q)
    root, width = np.sqrt(q), np.sqrt(square - q)
    measure, std = _outer_rule(model, q, r, root, width, n), width[..., None]
    kernel = model.log_kernel(root[..., None] * measure.nodes, std)
    q_hat = model.overlap_map.conjugate(own, measure.integrate(kernel.d1**2))
    c: ArrayLike = 0.0 if model.weights.square is not None else -measure.integrate(kernel.d2)
    if not model.has_teacher:
        return Conjugates(q_hat, np.zeros_like(q_hat), c)
    teacher = teacher_square(model)
    spread = np.sqrt(q - r**2 / teacher)
    boundary = stepped_rule(model, spread, width, n)
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


class Unfelt(NamedTuple):
    r"""The energetic term where overlaps vanish, one entry a point: value, and its derivatives in the overlap.

    `force` is :math:`f'(0)\,\ell'(0, 1)^2`, the conjugate over alpha; `curvature` is the second derivative,
    :math:`f'(0)^2\ell''^2 + f''(0)\ell'^2`.
    """

    log: Array
    force: Array
    curvature: Array


def unfelt(model: Model) -> Unfelt:
    """The energetic term at zero overlap (of a mean squared weight 1), for parameters of shape (m, 1)."""
    shape = np.broadcast_shapes(np.shape(model.kappa), np.shape(model.beta))
    zero = np.zeros(shape)
    if _few_units(model):
        term = majority_term(model, zero[..., 0], _EXACT)
        return Unfelt(term.log, term.force, term.curvature)
    if isinstance(model, Mixture):
        return Unfelt(*mean_over(model, best_shift(model, zero[..., 0]), unfelt))
    kernel = model.log_kernel(zero, 1.0)
    d1, d2 = kernel.d1[..., 0], kernel.d2[..., 0]
    force, map_ = d1**2, model.overlap_map
    nothing = np.zeros_like(force)
    return Unfelt(kernel.log[..., 0], map_.conjugate(nothing, force), map_.curvature(nothing, d2**2, force))


def unfelt_log(model: Model, std: Array) -> Array:
    """The energetic term of fields of mean 0 and some widths, of any shape that its parameters fit."""
    if not isinstance(model, Mixture):
        return np.asarray(model.log_kernel(np.zeros_like(std), std).log)
    shift = best_shift(model, np.zeros_like(std), std**2)
    zero, width = np.zeros_like(std)[..., None], std[..., None]
    return mean_over(model, shift, lambda one: [one.log_kernel(zero, width).log[..., 0]])[0]


def _few_units(model: Model) -> TypeGuard[TreeCommittee]:
    return model.hidden == "finite"


def _outer_rule(model: Model, q: Array, r: Array, root: Array, width: Array, n: int) -> Rule:
    """The same, with the square roots of q and Q - q."""
    if not model.has_teacher:
        return stepped_rule(model, root, width, n)
    r = r / np.sqrt(teacher_square(model))
    measure = stepped_rule(model, root, width, n, also=np.sqrt(q - r**2))
    weight = teacher_weight(measure.nodes, q[..., None], r[..., None])
    return Rule(measure.nodes, measure.weights * weight, measure.coarse * weight)


class Reading(NamedTuple):
    r"""The functional and what is read off it at given order parameters, one entry a point.

    `error` is the estimated quadrature error of `free_entropy` with what rounding may add, `heat` the difference
    :math:`\beta\alpha e` of entropy and free entropy and `heat_error` its error; `log_prior` is
    :math:`E\langle\log\rho(w)\rangle`, by which the free entropy also exceeds the entropy; `image` are the overlaps
    that belong to the conjugates of these. `energetic` is the energetic term alone.
    """

    free_entropy: Array
    energetic: Array
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

    `stability` is :math:`1 - \alpha\int D\mu\,(\ell'')^2\,E(g'')^2` (with a hidden layer, the second derivative of the
    energetic term in the overlap stands for the first average).
    """
    spins = model.weights.entropic(*q_hat, n=n)
    term = _energetic(model, q, n)
    energetic, norm = term.log, 0.5 * q_hat.c * q.square
    terms = np.abs(spins.value) + alpha * np.abs(energetic) + q_hat.q * q.square + np.abs(q.r * q_hat.r) + np.abs(norm)
    rounding = _EPSILON * terms
    heat = np.broadcast_to(cost_rate(model), (len(alpha), 1))[:, 0] * alpha
    return Reading(
        spins.value + alpha * energetic - 0.5 * q_hat.q * (q.square - q.q) - q.r * q_hat.r + norm,
        energetic,
        spins.error + alpha * term.error + rounding,
        term.energy,
        heat * term.energy,
        heat * (term.energy_error + _EPSILON * term.energy),
        spins.log_prior,
        np.asarray(1 - alpha * term.curvature * spins.response),
        Orders(spins.q, spins.r if model.has_teacher else np.zeros_like(alpha), spins.square),
    )


def _energetic(model: Model, q: Orders, n: int) -> EnergeticTerm:
    """The energetic term and what is read off it; its energy is 0 at beta = inf, unless patterns are weighted."""
    if _few_units(model):
        return majority_term(model, q.q, n)
    if isinstance(model, Mixture):
        return EnergeticTerm(*mean_over(model, best_shift(model, q.q, q.square, n), lambda c: _energetic(c, q, n)))
    map_ = model.overlap_map
    image = map_.at(q.q)
    root, width = np.sqrt(image), np.sqrt(q.square - image)
    measure = _outer_rule(model, image, q.r, root, width, n)
    at = root[..., None] * measure.nodes, width[..., None]
    kernel = model.log_kernel(*at)
    energy = doubt = np.zeros_like(q.q)
    finite = np.isfinite(np.broadcast_to(model.beta, (len(q.q), 1))[:, 0]) | model.is_weighted
    if finite.any():
        violated = model.violation(*at)
        energy = np.where(finite, measure.integrate(violated), 0.0)
        doubt = np.where(finite, measure.error(violated), 0.0)
    force = np.zeros_like(q.q) if map_.is_identity else measure.integrate(kernel.d1**2)
    curvature = map_.curvature(q.q, measure.integrate(kernel.d2**2), force)
    return EnergeticTerm(measure.integrate(kernel.log), measure.error(kernel.log), force, curvature, energy, doubt)


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


def teacher_weight(z: Array, q: ArrayLike, r: ArrayLike) -> Array:
    """Twice the probability that the teacher agrees with the label, given the field sqrt(q) z."""
    return np.asarray(2 * special.ndtr(r * z / np.sqrt(np.maximum(q - np.square(r), 1e-300))))
