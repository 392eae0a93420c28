"""Thresholds of the load: where the solutions end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, overload

import numpy as np
from numpy.typing import NDArray

from replica_theory.arguments import checked_flag, checked_model
from replica_theory.certified.capacity import certified_capacity
from replica_theory.certified.certificate import DIGITS, Certificate
from replica_theory.certified.multiprecision import Digits, checked_digits, intervals_of
from replica_theory.certified.typical import capacity_to_digits
from replica_theory.models.mixture import Mixture
from replica_theory.models.model import Model
from replica_theory.models.weights import Orders
from replica_theory.results.grid import GridResult, broadcast
from replica_theory.results.quantities import CAPACITY
from replica_theory.status import Status, report, statuses
from replica_theory.thresholds.first_load import first_load
from replica_theory.thresholds.spherical_capacity import spherical_capacity
from replica_theory.typical.class_shift import best_shift
from replica_theory.typical.functional import (
    Conjugates,
    conjugates,
    flat_model,
    flat_slice,
    overlaps,
    read,
    unfelt,
    unfelt_log,
)
from replica_theory.typing import Array, ArrayLike

_NODES = 241
_COARSE, _STEEP = 61, 8.0
"""Nodes with which a root is bracketed, up to this log q_hat."""
_NEGLIGIBLE = 1e-9
"""Conjugate overlap below which the entropy is the annealed one (they differ by its square)."""
_LITTLE = 1e-3
"""Part of the annealed capacity from which the branch is searched upwards."""
_SMALLEST, _LARGEST = -60.0, 45.0
"""Log q_hat between which the branch of an (almost) even constraint is searched; others start where `_LITTLE` says."""
_POOR = 1e-7
"""Relative error at which a capacity counts as inaccurate."""


@dataclass(frozen=True, eq=False, repr=False)
class Capacity(GridResult):
    """Load at which the replica-symmetric entropy of the solutions vanishes (on the sphere: tends to minus infinity).

    Attributes
    ----------
    model : Model
    alpha : float or array
        The capacity; shape of the model's margin.
    q, q_hat : float or array
        Overlap between solutions at capacity, and its conjugate.
    mean_square : float or array
        Mean squared weight there (1 unless weights are discrete).
    stability : float or array
        De Almeida-Thouless stability there (see `ReplicaSymmetric`); where it is negative the number is only the
        replica-symmetric estimate.
    error : float or array
        Estimated error of alpha from quadrature and root finding.
    status : Status or array of Status
    shift : float, array or None
        Of a mixture the shift `M` of its fields there; None of other models.
    """

    _coordinates: ClassVar = ("kappa", "beta")
    _quantities: ClassVar = CAPACITY
    _main: ClassVar = "alpha"

    model: Model
    alpha: ArrayLike
    q: ArrayLike
    q_hat: ArrayLike
    mean_square: ArrayLike
    stability: ArrayLike
    error: ArrayLike
    status: Any
    shift: ArrayLike | None = None


@overload
def capacity(model: Model, *, digits: None = None, certified: Literal[False] = False) -> Capacity: ...
@overload
def capacity(model: Model, *, digits: int, certified: Literal[False] = False) -> Digits: ...
@overload
def capacity(model: Model, *, digits: int | None = None, certified: Literal[True]) -> Certificate: ...
def capacity(model: Model, *, digits: int | None = None, certified: bool = False) -> Capacity | Digits | Certificate:
    r"""Capacity: the load at which the entropy of the solutions vanishes (Krauth and Mézard 1989).

    On the replica-symmetric branch everything is an explicit function of :math:`\hat q`: first
    :math:`q = \int Dz\tanh^2\sqrt{\hat q}z`, then :math:`\alpha = \hat q/\int Dz\,\ell'^2`; the capacity is the first
    root of the entropy along that curve. For an even constraint, as long as q = 0 is stable there, it is the annealed
    :math:`-\log 2/\log P(h\ \mathrm{allowed})`. Of discrete weights it is the first root of the entropy over the load.

    On the sphere the volume shrinks to a point, q = 1, at :math:`1/\alpha_c = \int Dz\,\mathrm{dist}(z, A)^2` with the
    set `A` of allowed stabilities: for :math:`h\ge\kappa` Gardner's :math:`1/[(1+\kappa^2)\Phi(\kappa) +
    \kappa\varphi(\kappa)]`. It is exact where the stability is not negative (:math:`\kappa\ge0`), and an upper bound
    elsewhere.

    Parameters
    ----------
    model : Model
        At ``beta = inf``; an array of margins gives an array of capacities.
    digits : int, optional
        So many significant digits (1 to 1000), each confirmed by a second run at another quadrature and precision, of
        ``alpha, q, q_hat, stability``; for one margin, intervals and binary weights. Margins are the exact values of
        the doubles that are given. 50 digits take half a second, 100 three.
    certified : bool
        Whether the number comes in a ball that is proved to hold it, of relative radius :math:`10^{-d}` with `digits`
        `d` (25 where none are given); see `Certificate` and :doc:`/theory/certified`. For one margin of the binary
        perceptron, from -2 to 3, of the spherical one, from 0 on, or of an even constraint with q = 0. Needs
        python-flint.

    Returns
    -------
    Capacity, Digits or Certificate
        With status ``"unstable"`` where `stability` is negative: the number is then the replica-symmetric estimate.
        Infinite where it is larger than any floating-point number.

    Raises
    ------
    ValueError
        If the model's beta is finite, or its labels come from a teacher (who is always a solution at kappa <= 0; see
        `teacher_student_transition`), or weights are spherical and the constraint soft; with `digits` or
        `certified`, if the model is none of those named there.
    ImportError
        If `certified` is set and python-flint is not installed.
    ConvergenceError
        If no root is found (with a zero level, a constraint that allows h = 0 is satisfied at any load), or nothing can
        be proved.

    Notes
    -----
    Checked against mpmath quadrature to 1e-12 relative for kappa in [-2, 3], to 1e-9 for nearly even sets, narrow
    intervals and margins down to -6. The capacity is a statement about the replica-symmetric saddle point; at kappa = 0
    it is the proven threshold (0.833078599...).

    Examples
    --------
    >>> from replica_theory import BinaryPerceptron
    >>> print(f"{capacity(BinaryPerceptron(kappa=0.0)).alpha:.12f}")
    0.833078599740
    >>> print(capacity(BinaryPerceptron(kappa=0.0), digits=50).alpha)
    0.83307859973957923368908689326696590805213275026266
    >>> proven = capacity(BinaryPerceptron(kappa=0.0), certified=True)  # doctest: +SKIP
    >>> print(f"{proven.ball.midpoint:.25f} {proven.ball.radius < 1e-25}")  # doctest: +SKIP
    0.8330785997395792336890869 True
    """
    digits = None if digits is None else checked_digits(digits)
    if checked_flag("certified", certified):
        return certified_capacity(model, lambda: float(np.asarray(capacity(model).q_hat)), digits or DIGITS)
    if digits is not None:
        intervals_of(model, "capacity")
        return capacity_to_digits(model, float(np.asarray(capacity(model).q_hat)), digits)
    checked_model(model, Model, "capacity", hard=True, random_labels=True, any_weights=True,
                  units=("infinite", "finite"), mixtures=True, instead="teacher_student_transition")  # fmt: skip
    points = broadcast(kappa=model.kappa, beta=model.beta)
    columns = capacity_columns(flat_model(model, points))
    result = Capacity(model=model, **points.shaped_all(columns))
    report(result, "capacity", f"of {model}")
    return result


def capacity_columns(model: Model) -> dict[str, Any]:
    """The fields of `Capacity` as flat arrays, for margins of shape (m, 1); NaN where there is none."""
    if not model.weights.counts:
        return spherical_capacity(model, np.asarray(model.kappa)[:, 0])
    if model.weights.square is None:
        return _of_discrete(model, np.asarray(model.kappa)[:, 0])
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        columns = _annealed(model)
        status = statuses(Status.of(0.0, stability=s) for s in columns["stability"].tolist())
        beyond = np.isposinf(columns["alpha"])
        status[~(np.isfinite(columns["alpha"]) | beyond)] = Status.OUT_OF_RANGE
        for name, value in (("q", 0.0), ("q_hat", 0.0), ("stability", 1.0), ("error", 0.0)):
            columns[name][beyond] = value
        status[beyond] = Status.CONVERGED
        followed = np.flatnonzero(
            np.isfinite(columns["alpha"]) & ((columns["q_hat"] > _NEGLIGIBLE) | (columns["stability"] < 0))
        )
        if len(followed):
            branch = _root_of_entropy(flat_slice(model, followed), columns["q_hat"][followed])
            status[followed] = branch.pop("status")
            for name, values in branch.items():
                columns[name][followed] = values
    failed = np.array([not one.ok for one in status])
    for values in columns.values():
        values[failed] = np.nan
    return columns | {"status": status, "mean_square": np.where(failed, np.nan, 1.0)}


def _of_discrete(model: Model, kappa: Array) -> dict[str, Any]:
    """The same for weights whose mean square is free: the first root of the entropy over the load."""
    std = np.full((len(kappa), 1), np.sqrt(model.weights.moments[1]))
    lost = np.maximum(-unfelt_log(model, std)[:, 0], _LITTLE)
    start = 0.4 * (model.weights.log_measure - model.weights.log_teacher) / lost
    root = first_load(model.at(beta=np.inf), kappa, "entropy", start)
    saddle, error = root.saddle, np.asarray(root.saddle.error) / np.abs(root.slope)
    names = ("q", "q_hat", "mean_square", "stability", *["shift"] * model.is_mixture)
    columns = {"alpha": root.alpha, "error": error} | {name: np.array(getattr(saddle, name)) for name in names}
    status = statuses(map(_status, root.alpha.tolist(), error.tolist(), columns["stability"].tolist()))
    status[~root.found] = Status.OUT_OF_RANGE
    for values in columns.values():
        values[~root.found] = np.nan
    return columns | {"status": status}


def _annealed(model: Model) -> dict[str, Any]:
    """Where the annealed entropy vanishes, exact as long as the solutions have no overlap to speak of."""
    term = unfelt(model)
    alpha = -np.log(2) / term.log
    q_hat = np.asarray(alpha * term.force)
    return _shifts(model, np.zeros_like(alpha)) | {
        "alpha": alpha,
        "q": q_hat.copy(),
        "q_hat": q_hat,
        "stability": 1 - alpha * term.curvature,
        "error": alpha * (1e-15 + q_hat**2),
    }


def _root_of_entropy(model: Model, annealed: Array) -> dict[str, Any]:
    """The first root of the entropy along the branch; `annealed` is q_hat as the annealed theory has it."""
    from scipy.optimize import elementwise  # imported here: it doubles the package's import time

    kappa = np.asarray(model.kappa)[:, 0]

    def entropy(log_q_hat: Array, kappa: Array, nodes: int = _NODES) -> Array:
        point = model.at(kappa=kappa[:, None], beta=np.inf)
        alpha, orders, hats = _on_branch(point, log_q_hat, nodes)
        return read(point, alpha, orders, hats, nodes).free_entropy

    low = np.maximum(np.log(_LITTLE * annealed), _SMALLEST)
    low, high = _bracket(lambda x, rows: entropy(x, kappa[rows], _COARSE if x.max() < _STEEP else _NODES), low)
    root = elementwise.find_root(entropy, (low, high), args=(kappa,), tolerances={"xatol": 1e-15, "fatol": 0.0})
    alpha, orders, hats = _on_branch(model, root.x, _NODES)
    reading = read(model, alpha, orders, hats, _NODES)
    # The entropy is stationary, so ds/dalpha = E log P, and errors of s turn into errors of alpha with it.
    error = (reading.error + np.abs(root.f_x)) / np.abs(reading.energetic)
    status = statuses(map(_status, alpha.tolist(), error.tolist(), reading.stability.tolist()))
    status[~root.success] = Status.SADDLE_LOST
    columns = {"alpha": alpha, "q": orders.q, "q_hat": hats.q, "stability": reading.stability, "error": error}
    return columns | {"status": status} | _shifts(model, orders.q)


def _shifts(model: Model, q: Array) -> dict[str, Array]:
    """The shift of a mixture at overlaps; nothing of other models."""
    return {"shift": best_shift(model, q, n=_NODES)} if isinstance(model, Mixture) else {}


def _bracket(entropy: Callable[[Array, NDArray[np.intp]], Array], low: Array) -> tuple[Array, Array]:
    """Log q_hat below and above the first root, a step of 1 apart; NaN above where there is none."""
    low, high = low.copy(), np.full_like(low, np.nan)
    rows = np.flatnonzero(entropy(low, np.arange(len(low))) > 0)
    while len(rows := rows[low[rows] < _LARGEST]):
        above = low[rows] + 1.0
        crossed = ~(entropy(above, rows) > 0)
        high[rows[crossed]] = above[crossed]
        rows, above = rows[~crossed], above[~crossed]
        low[rows] = above
    return low, high


def _status(alpha: float, error: float, stability: float) -> Status:
    return Status.of(0.0, stability=stability, error=error, tolerance=_POOR * alpha)


def _on_branch(model: Model, log_q_hat: Array, n: int) -> tuple[Array, Orders, Conjugates]:
    """Alpha, overlaps and conjugates at given conjugate overlap."""
    q_hat = np.exp(log_q_hat)
    zero = np.zeros_like(q_hat)
    orders = overlaps(q_hat, zero, n=n)._replace(r=zero)
    alpha = q_hat / conjugates(model, *orders, n=n).q
    return alpha, orders, Conjugates(q_hat, zero)
