"""Thresholds of the load: where the solutions end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from replica_theory.arguments import checked_model
from replica_theory.models.model import Model
from replica_theory.results.grid import GridResult, broadcast
from replica_theory.results.quantities import CAPACITY
from replica_theory.status import Status, report, statuses
from replica_theory.typical.functional import (
    Orders,
    almeida_thouless,
    conjugates,
    energetic_rule,
    flat_model,
    free_entropy,
    overlaps,
)
from replica_theory.typing import Array, ArrayLike

_NODES = 241
_BRACKET = (-7.0, 7.0)
"""log q_hat at capacity lies well inside for every margin of interest (0.95 at kappa = 0)."""


@dataclass(frozen=True, eq=False, repr=False)
class Capacity(GridResult):
    """Load at which the replica-symmetric entropy of the solutions vanishes.

    Attributes
    ----------
    model : Model
    alpha : float or array
        The capacity; shape of the model's margin.
    q, q_hat : float or array
        Overlap between solutions at capacity, and its conjugate.
    stability : float or array
        De Almeida-Thouless stability there (see `ReplicaSymmetric`); where it is negative the number is only the
        replica-symmetric estimate.
    error : float or array
        Estimated error of alpha from quadrature and root finding.
    status : Status or array of Status
    """

    _coordinates: ClassVar = ("kappa", "beta")
    _quantities: ClassVar = CAPACITY
    _main: ClassVar = "alpha"

    model: Model
    alpha: ArrayLike
    q: ArrayLike
    q_hat: ArrayLike
    stability: ArrayLike
    error: ArrayLike
    status: Any


def capacity(model: Model) -> Capacity:
    r"""Capacity: the load at which the entropy of the solutions vanishes (Krauth and Mézard 1989).

    On the replica-symmetric branch everything is an explicit function of :math:`\hat q`: first
    :math:`q = \int Dz\tanh^2\sqrt{\hat q}z`, then :math:`\alpha = \hat q/\int Dz\,\ell'^2`; the capacity is the root of
    the entropy along that curve. For an even constraint (q = 0) it is :math:`-\log 2/\log P(h\ \mathrm{allowed})`.

    Parameters
    ----------
    model : Model
        At ``beta = inf``; an array of margins gives an array of capacities.

    Returns
    -------
    Capacity

    Raises
    ------
    ValueError
        If the model's beta is finite, or its labels come from a teacher (who is always a solution at kappa <= 0; see
        `teacher_student_transition`).
    ConvergenceError
        If no root is found (margins far outside [-2, 3]).

    Notes
    -----
    Checked against mpmath quadrature to 1e-12 relative for kappa in [-2, 3]. The capacity is a statement about the
    replica-symmetric saddle point; at kappa = 0 it is the proven threshold (0.833078599...).

    Examples
    --------
    >>> from replica_theory import BinaryPerceptron
    >>> print(f"{capacity(BinaryPerceptron(kappa=0.0)).alpha:.12f}")
    0.833078599740
    """
    checked_model(model, Model, "capacity", hard=True, random_labels=True, instead="teacher_student_transition")
    points = broadcast(kappa=model.kappa, beta=model.beta)
    columns = capacity_columns(flat_model(model, points))
    result = Capacity(model=model, **points.shaped_all(columns))
    report(result, "capacity", f"of {model}")
    return result


def capacity_columns(model: Model) -> dict[str, Any]:
    """The fields of `Capacity` as flat arrays, for margins of shape (m, 1); NaN where there is no root."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return _even_capacity(model) if model.is_even else _root_of_entropy(model)


def _even_capacity(model: Model) -> dict[str, Any]:
    log_probability = model.log_kernel(np.zeros_like(np.asarray(model.kappa)), 1.0)
    alpha = -np.log(2) / log_probability.log[:, 0]
    zero = np.zeros_like(alpha)
    return {
        "alpha": alpha,
        "q": zero,
        "q_hat": zero,
        "stability": 1 - alpha * log_probability.d2[:, 0] ** 2,
        "error": 1e-15 * alpha,
        "status": statuses([Status.CONVERGED] * len(alpha)),
    }


def _root_of_entropy(model: Model) -> dict[str, Any]:
    from scipy.optimize import elementwise  # imported here: it doubles the package's import time

    kappa = np.asarray(model.kappa)[:, 0]

    def entropy(log_q_hat: Array, kappa: Array) -> Array:
        point = model.at(kappa=kappa[:, None], beta=np.inf)
        alpha, orders, hats = _on_branch(point, log_q_hat)
        value: Array = free_entropy(point, alpha, orders, hats, _NODES)[0]
        return value

    low, high = (np.full(len(kappa), edge) for edge in _BRACKET)
    root = elementwise.find_root(entropy, (low, high), args=(kappa,), tolerances={"xatol": 1e-15, "fatol": 0.0})
    alpha, orders, hats = _on_branch(model, root.x)
    measure = energetic_rule(model, *orders, n=_NODES)
    kernel = model.log_kernel(np.sqrt(orders.q)[:, None] * measure.nodes, np.sqrt(1 - orders.q)[:, None])
    # The entropy is stationary, so ds/dalpha = E log P, and errors of s turn into errors of alpha with it.
    error = free_entropy(model, alpha, orders, hats, _NODES)[1] + np.abs(root.f_x)
    return {
        "alpha": alpha,
        "q": orders.q,
        "q_hat": hats.q,
        "stability": almeida_thouless(model, alpha, orders, hats, _NODES),
        "error": error / np.abs(measure.integrate(kernel.log)),
        "status": statuses(Status.CONVERGED if s else Status.SADDLE_LOST for s in root.success),
    }


def _on_branch(model: Model, log_q_hat: Array) -> tuple[Array, Orders, Orders]:
    """Alpha, overlaps and conjugates at given conjugate overlap."""
    q_hat = np.exp(log_q_hat)
    zero = np.zeros_like(q_hat)
    orders = overlaps(q_hat, zero, _NODES)._replace(r=zero)
    alpha = q_hat / conjugates(model, *orders, n=_NODES).q
    return alpha, orders, Orders(q_hat, zero)
