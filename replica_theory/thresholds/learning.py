"""Loads of perfect learning: the transition to the teacher and the end of the other branch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal, overload

import numpy as np
import scipy

from replica_theory.arguments import checked_flag, checked_model
from replica_theory.certified.capacity import certified_transition
from replica_theory.certified.certificate import DIGITS, Certificate
from replica_theory.certified.multiprecision import Digits, checked_digits
from replica_theory.certified.typical import transition_to_digits
from replica_theory.models.perceptron import TeacherStudent
from replica_theory.models.weights import Orders
from replica_theory.results.grid import GridResult
from replica_theory.results.quantities import TRANSITION
from replica_theory.status import ConvergenceError, Status
from replica_theory.typical.functional import Conjugates, conjugates, overlaps, read
from replica_theory.typical.teacher_student import NODES
from replica_theory.typing import Array

_ROUNDING = 1e-14
"""Relative accuracy to which a load is found."""
_LOWEST, _HIGHEST = -5.0, 3.0
"""Range of log R_hat that is searched (alpha from below 0.01 to R = 0.9999)."""


@dataclass(frozen=True, eq=False, repr=False)
class LearningTransition(GridResult):
    """A point on the student branch where it meets a criterion.

    Attributes
    ----------
    alpha : float
        Load.
    teacher_overlap : float
        Overlap `R` of the student branch there.
    criterion : str
        What happens there.
    error : float
        Change of alpha when the quadrature is halved, and what its root is resolved to.
    model : TeacherStudent or None
    status : Status
    """

    _coordinates: ClassVar = ("kappa", "beta")
    _quantities: ClassVar = TRANSITION
    _main: ClassVar = "alpha"

    alpha: float
    teacher_overlap: float
    criterion: str
    error: float
    model: TeacherStudent | None = None
    status: Status = Status.CONVERGED


@overload
def teacher_student_transition(
    model: TeacherStudent, *, digits: None = None, certified: Literal[False] = False
) -> LearningTransition: ...
@overload
def teacher_student_transition(model: TeacherStudent, *, digits: int, certified: Literal[False] = False) -> Digits: ...
@overload
def teacher_student_transition(
    model: TeacherStudent, *, digits: int | None = None, certified: Literal[True]
) -> Certificate: ...
def teacher_student_transition(
    model: TeacherStudent, *, digits: int | None = None, certified: bool = False
) -> LearningTransition | Digits | Certificate:
    r"""First-order transition to perfect learning: the load where the students' free entropy falls to the teacher's, 0.

    Parameters
    ----------
    model : TeacherStudent
        At kappa = 0, any (scalar) beta.
    digits : int, optional
        So many significant digits (1 to 1000) of ``alpha, teacher_overlap, q_hat, stability``, each confirmed by a
        second run at another quadrature and precision, at beta = inf.
    certified : bool
        Whether the load comes in a ball that is proved to hold it, of relative radius :math:`10^{-d}` with `digits` `d`
        (25 where none are given), at beta = inf; see `Certificate` and :doc:`/theory/certified`. Needs python-flint.

    Returns
    -------
    LearningTransition, Digits or Certificate

    Raises
    ------
    ValueError
        If kappa is not 0 (the teacher is no isolated solution then) or a parameter is an array; with `digits` or
        `certified`, if beta is finite.
    ImportError
        If `certified` is set and python-flint is not installed.
    ConvergenceError
        If the free entropy stays positive along the whole branch.

    Notes
    -----
    At beta = inf students are Bayes-optimal, their free entropy is a theorem (Barbier, Krzakala, Macris, Miolane and
    Zdeborová 2019), and everything is explicit in :math:`\hat q`; at finite beta replica symmetry is assumed.

    Examples
    --------
    >>> from replica_theory import TeacherStudent
    >>> print(f"{teacher_student_transition(TeacherStudent()).alpha:.9f}")  # Györgyi 1990: 1.245
    1.244683990
    >>> print(teacher_student_transition(TeacherStudent(), digits=30).alpha)
    1.24468398985069027909205815744
    """
    digits = None if digits is None else checked_digits(digits)
    _checked_scalar(model)
    if checked_flag("certified", certified) or digits is not None:
        checked_model(model, TeacherStudent, "teacher_student_transition with digits", hard=True)
        if certified:
            return certified_transition(model, lambda: _start_of(model), digits or DIGITS)
        return transition_to_digits(model, _start_of(model), digits or DIGITS)
    return _transition(model, _equal_free_entropies, "free entropies of student and teacher are equal")


def teacher_student_spinodal(model: TeacherStudent) -> LearningTransition:
    r"""Spinodal of the students: the largest load at which the branch R < 1 exists.

    Parameters and errors as for `teacher_student_transition`.

    Examples
    --------
    >>> from replica_theory import TeacherStudent
    >>> print(f"{teacher_student_spinodal(TeacherStudent()).alpha:.6f}")
    1.492632
    """
    _checked_scalar(model)
    return _transition(model, _top_of_branch, "the branch R < 1 ends")


def _start_of(model: TeacherStudent) -> float:
    """The conjugate overlap at the transition in double precision."""
    return float(np.exp(_equal_free_entropies(model, NODES)))


def _equal_free_entropies(model: TeacherStudent, n: int) -> float:
    """Log R_hat at which the students' free entropy vanishes."""
    end = _top_of_branch(model, n)

    def free(log_r_hat: float) -> float:
        alpha, orders, hats = _on_branch(model, np.array([log_r_hat]), n)
        return float(read(_lifted(model), alpha, orders, hats, n).free_entropy[0])

    if free(end) >= 0:
        raise ConvergenceError("no first-order transition: the students' free entropy is positive up to the spinodal")
    return float(scipy.optimize.brentq(free, _LOWEST, end, xtol=1e-14, rtol=1e-14))


def _top_of_branch(model: TeacherStudent, n: int) -> float:
    """Log R_hat at the first maximum of alpha along the branch."""
    grid = np.linspace(_LOWEST, _HIGHEST, 201)
    alpha = _on_branch(model, grid, n)[0]
    falling = np.flatnonzero(np.diff(alpha) < 0)
    if not len(falling):
        raise ConvergenceError("the branch R < 1 has no end: alpha rises along all of it")
    k = max(int(falling[0]), 1)
    best = scipy.optimize.minimize_scalar(
        lambda x: -float(_on_branch(model, np.array([x]), n)[0][0]),
        bounds=(grid[k - 1], grid[k + 1]),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return float(best.x)


def _on_branch(model: TeacherStudent, log_r_hat: Array, n: int) -> tuple[Array, Orders, Conjugates]:
    """Alpha, overlaps and conjugates at given R_hat: q_hat follows from the ratio of the two conjugate equations."""
    r_hat = np.exp(log_r_hat)
    lifted = _lifted(model)

    from scipy.optimize import elementwise  # imported here: it doubles the package's import time

    def mismatch(log_ratio: Array, r_hat: Array) -> Array:
        q_hat = r_hat * np.exp(log_ratio)
        per_alpha = conjugates(lifted, *_overlaps_inside(q_hat, r_hat, n), n=n)
        return np.asarray(np.log(per_alpha.q / per_alpha.r) - log_ratio)

    if np.isposinf(model.beta) and model.kappa == 0:
        log_ratio = np.zeros_like(r_hat)  # Bayes-optimal (Nishimori): q = R
    else:
        ends = (np.full_like(r_hat, -10.0), np.full_like(r_hat, 5.0))
        log_ratio = elementwise.find_root(mismatch, ends, args=(r_hat,), tolerances={"xatol": 1e-14}).x
    hats = Conjugates(r_hat * np.exp(log_ratio), r_hat)
    orders = _overlaps_inside(hats.q, hats.r, n)
    return r_hat / conjugates(lifted, *orders, n=n).r, orders, hats


def _overlaps_inside(q_hat: Array, r_hat: Array, n: int) -> Orders:
    """Overlaps with q < 1 and R^2 < q also after rounding."""
    q, r, _ = overlaps(q_hat, r_hat, n=n)
    q = np.minimum(q, 1 - 1e-12)
    return Orders(q, np.minimum(r, np.sqrt(q) * (1 - 1e-12)))


def _transition(
    model: TeacherStudent, place: Callable[[TeacherStudent, int], float], criterion: str
) -> LearningTransition:
    """The point on the branch whose log R_hat is found at `place`, and what its load changes at half the quadrature."""
    (alpha, orders, _), (rough, _, _) = (
        _on_branch(model, np.array([place(model, n)]), n) for n in (NODES, NODES // 2 + 1)
    )
    error = float(np.abs(alpha - rough)[0] + _ROUNDING * alpha[0])
    return LearningTransition(float(alpha[0]), float(orders.r[0]), criterion, error, model)


def _lifted(model: TeacherStudent) -> TeacherStudent:
    return model.at(kappa=np.reshape(model.kappa, (1, 1)), beta=np.reshape(model.beta, (1, 1)))


def _checked_scalar(model: TeacherStudent) -> None:
    checked_model(model, TeacherStudent, single=True)
    if model.beta == 0:
        raise ValueError("beta must be positive: at beta = 0 a student learns nothing")
    if model.kappa != 0:
        raise ValueError(f"the teacher is an isolated solution only at kappa = 0; got kappa={model.kappa}")
