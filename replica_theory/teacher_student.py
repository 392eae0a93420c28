r"""Learning from a teacher: generalisation, the first-order transition to perfect learning, and the spinodal.

The order parameters are the student-student overlap `q` and the teacher-student overlap `R` of `replica_symmetric`;
two branches compete: students with R < 1, and (at kappa = 0, where the teacher violates no pattern) the teacher itself,
R = 1, with zero entropy and zero energy (Györgyi 1990; Seung, Sompolinsky and Tishby 1992).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from replica_theory.models import ArrayLike, TeacherStudent
from replica_theory.replica_symmetric import (
    Orders,
    checked_alpha,
    conjugates,
    flatten,
    free_entropy,
    overlaps,
    replica_symmetric,
)
from replica_theory.status import ConvergenceError, Status, report, silenced

Array = NDArray[np.float64]
Branch = Literal["equilibrium", "student", "teacher"]

_NODES = 481


@dataclass(frozen=True, eq=False)
class Learning:
    r"""What a typical student knows of its teacher; every field has the broadcast shape of alpha, kappa and beta.

    Attributes
    ----------
    model : TeacherStudent
    alpha : float or array
    teacher_overlap : float or array
        Overlap `R` between student and teacher.
    generalization_error : float or array
        :math:`\arccos(R)/\pi`, the probability that student and teacher disagree on a new pattern.
    q : float or array
        Overlap between two students.
    entropy, free_entropy : float or array
        Nats per weight.
    perfect : bool or array of bool
        Whether the point lies on the branch of the teacher, R = 1.
    status : Status or array of Status
    """

    model: TeacherStudent
    alpha: ArrayLike
    teacher_overlap: ArrayLike
    generalization_error: ArrayLike
    q: ArrayLike
    entropy: ArrayLike
    free_entropy: ArrayLike
    perfect: Any
    status: Any


@dataclass(frozen=True)
class LearningTransition:
    """A point on the student branch where it meets a criterion.

    Attributes
    ----------
    alpha : float
        Load.
    teacher_overlap : float
        Overlap `R` of the student branch there.
    criterion : str
        What happens there.
    """

    alpha: float
    teacher_overlap: float
    criterion: str


def teacher_student(model: TeacherStudent, alpha: ArrayLike, *, branch: Branch = "equilibrium") -> Learning:
    r"""Typical student of a binary teacher at load alpha.

    Parameters
    ----------
    model : TeacherStudent
        Margin and inverse temperature of the student (arrays broadcast with alpha).
    alpha : float or array
        Load.
    branch : {"equilibrium", "student", "teacher"}
        ``"student"``: the branch R < 1 that starts at alpha = 0, metastable above the transition, absent above the
        spinodal. ``"teacher"``: R = 1, which exists at kappa = 0. ``"equilibrium"``: the one of larger free entropy.

    Returns
    -------
    Learning

    Raises
    ------
    ValueError
        If alpha is not positive, `branch` is unknown, or ``"teacher"`` is asked for at a margin other than 0.
    ConvergenceError
        In a scalar call on a branch that does not exist; array calls give NaN and warn once.

    Examples
    --------
    >>> from replica_theory import TeacherStudent
    >>> print(f"{teacher_student(TeacherStudent(), 1.0).teacher_overlap:.6f}")
    0.560715
    >>> teacher_student(TeacherStudent(), 1.3).generalization_error
    0.0
    """
    _checked_teacher(model)
    if branch not in ("equilibrium", "student", "teacher"):
        raise ValueError(f"branch must be 'equilibrium', 'student' or 'teacher'; got {branch!r}")
    if branch == "teacher" and np.any(np.asarray(model.kappa) != 0):
        raise ValueError(f"the teacher is a branch of its own only at kappa = 0; got kappa={model.kappa}")
    alpha = checked_alpha(alpha)
    _, flat_alpha, shape = flatten(model, alpha)
    with silenced():
        students = replica_symmetric(model, np.broadcast_to(alpha, shape or (1,)))
    ok = np.asarray(students.converged).ravel()
    free = np.asarray(students.free_entropy, dtype=float).ravel()
    exists = np.broadcast_to(np.asarray(model.kappa) == 0, shape).ravel()
    perfect = {
        "student": np.zeros(len(flat_alpha), dtype=bool),
        "teacher": np.ones(len(flat_alpha), dtype=bool),
        "equilibrium": exists & ~(ok & (free > 0)),
    }[branch]
    status = np.array(students.status, dtype=object).ravel()
    status[perfect] = Status.CONVERGED
    r = np.where(perfect, 1.0, np.asarray(students.teacher_overlap).ravel())
    columns = {
        "teacher_overlap": r,
        "generalization_error": np.arccos(r) / np.pi,
        "q": np.where(perfect, 1.0, np.asarray(students.q).ravel()),
        "entropy": np.where(perfect, 0.0, np.asarray(students.entropy).ravel()),
        "free_entropy": np.where(perfect, 0.0, free),
    }
    fields = {k: (float(v[0]) if shape == () else v.reshape(shape)) for k, v in columns.items()}
    result = Learning(
        model=model,
        alpha=alpha,
        perfect=bool(perfect[0]) if shape == () else perfect.reshape(shape),
        status=status[0] if shape == () else status.reshape(shape),
        **fields,
    )
    call = f"teacher_student at alpha={alpha} on branch {branch!r}" if shape == () else "teacher_student"
    report(status, result, call, scalar=shape == ())
    return result


def teacher_student_transition(model: TeacherStudent) -> LearningTransition:
    r"""First-order transition to perfect learning: the load where the students' free entropy falls to the teacher's, 0.

    Parameters
    ----------
    model : TeacherStudent
        At kappa = 0, any (scalar) beta.

    Returns
    -------
    LearningTransition

    Raises
    ------
    ValueError
        If kappa is not 0 (the teacher is no isolated solution then) or a parameter is an array.
    ConvergenceError
        If the free entropy stays positive along the whole branch.

    Examples
    --------
    >>> from replica_theory import TeacherStudent
    >>> print(f"{teacher_student_transition(TeacherStudent()).alpha:.9f}")  # Györgyi 1990: 1.245
    1.244683990
    """
    _checked_scalar(model)
    end = _top_of_branch(model)

    def free(log_r_hat: float) -> float:
        alpha, orders, hats = _on_branch(model, np.array([log_r_hat]))
        return float(free_entropy(_lifted(model), alpha, orders, hats, _NODES)[0][0])

    if free(end) >= 0:
        raise ConvergenceError("no first-order transition: the students' free entropy is positive up to the spinodal")
    root = float(scipy.optimize.brentq(free, _LOWEST, end, xtol=1e-14, rtol=1e-14))
    return _transition(model, root, "free entropies of student and teacher are equal")


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
    return _transition(model, _top_of_branch(model), "the branch R < 1 ends")


_LOWEST, _HIGHEST = -5.0, 3.0
"""Range of log R_hat that is searched (alpha from below 0.01 to R = 0.9999)."""


def _top_of_branch(model: TeacherStudent) -> float:
    """Log R_hat at the first maximum of alpha along the branch."""
    grid = np.linspace(_LOWEST, _HIGHEST, 201)
    alpha = _on_branch(model, grid)[0]
    falling = np.flatnonzero(np.diff(alpha) < 0)
    if not len(falling):
        raise ConvergenceError("the branch R < 1 has no end: alpha rises along all of it")
    k = max(int(falling[0]), 1)
    best = scipy.optimize.minimize_scalar(
        lambda x: -float(_on_branch(model, np.array([x]))[0][0]),
        bounds=(grid[k - 1], grid[k + 1]),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return float(best.x)


def _on_branch(model: TeacherStudent, log_r_hat: Array) -> tuple[Array, Orders, Orders]:
    """Alpha, overlaps and conjugates at given R_hat: q_hat follows from the ratio of the two conjugate equations."""
    r_hat = np.exp(log_r_hat)
    lifted = _lifted(model)

    from scipy.optimize import elementwise  # imported here: it doubles the package's import time

    def mismatch(log_ratio: Array, r_hat: Array) -> Array:
        q_hat = r_hat * np.exp(log_ratio)
        per_alpha = conjugates(lifted, *_overlaps_inside(q_hat, r_hat), n=_NODES)
        return np.asarray(np.log(per_alpha.q / per_alpha.r) - log_ratio)

    if np.isposinf(model.beta) and model.kappa == 0:
        log_ratio = np.zeros_like(r_hat)  # Bayes-optimal (Nishimori): q = R
    else:
        ends = (np.full_like(r_hat, -10.0), np.full_like(r_hat, 5.0))
        log_ratio = elementwise.find_root(mismatch, ends, args=(r_hat,), tolerances={"xatol": 1e-14}).x
    hats = Orders(r_hat * np.exp(log_ratio), r_hat)
    orders = _overlaps_inside(*hats)
    return r_hat / conjugates(lifted, *orders, n=_NODES).r, orders, hats


def _overlaps_inside(q_hat: Array, r_hat: Array) -> Orders:
    """Overlaps with q < 1 and R^2 < q also after rounding."""
    q, r = overlaps(q_hat, r_hat, _NODES)
    q = np.minimum(q, 1 - 1e-12)
    return Orders(q, np.minimum(r, np.sqrt(q) * (1 - 1e-12)))


def _transition(model: TeacherStudent, log_r_hat: float, criterion: str) -> LearningTransition:
    alpha, orders, _ = _on_branch(model, np.array([log_r_hat]))
    return LearningTransition(float(alpha[0]), float(orders.r[0]), criterion)


def _lifted(model: TeacherStudent) -> TeacherStudent:
    return model.at(kappa=np.reshape(model.kappa, (1, 1)), beta=np.reshape(model.beta, (1, 1)))


def _checked_teacher(model: TeacherStudent) -> None:
    if not isinstance(model, TeacherStudent):
        raise TypeError(f"model must be a TeacherStudent; got {model!r}")


def _checked_scalar(model: TeacherStudent) -> None:
    _checked_teacher(model)
    if np.ndim(model.kappa) or np.ndim(model.beta):
        raise ValueError("kappa and beta must be single numbers here")
    if model.beta == 0:
        raise ValueError("beta must be positive: at beta = 0 a student learns nothing")
    if model.kappa != 0:
        raise ValueError(f"the teacher is an isolated solution only at kappa = 0; got kappa={model.kappa}")
