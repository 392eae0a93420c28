r"""Learning from a teacher: generalisation, the first-order transition to perfect learning, and the spinodal.

The order parameters are the student-student overlap `q` and the teacher-student overlap `R` of `replica_symmetric`;
two branches compete: students with R < 1, and (at kappa = 0, where the teacher violates no pattern) the teacher itself,
R = 1, with zero entropy and zero energy (Györgyi 1990; Seung, Sompolinsky and Tishby 1992).

Teachers of other weights are drawn from the measure of these. With the mean square `T` of the teacher and `Q` of the
students, errors are those at the angle of :math:`R/\sqrt{QT}`, and the teacher is the branch R = T; on the sphere,
where there is a continuum of students around the teacher, there is the branch of the students alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from replica_theory.arguments import checked_alpha, checked_choice, checked_model, shown
from replica_theory.models.perceptron import TeacherStudent
from replica_theory.results.grid import GridResult
from replica_theory.results.quantities import LEARNING
from replica_theory.status import Status, report, silenced
from replica_theory.typical.functional import at_loads, teacher_square
from replica_theory.typical.replica_symmetric import replica_symmetric
from replica_theory.typing import Array, ArrayLike

Branch = Literal["equilibrium", "student", "teacher"]

NODES = 481


@dataclass(frozen=True, eq=False, repr=False)
class Learning(GridResult):
    r"""What a typical student knows of its teacher; every field has the broadcast shape of alpha, kappa and beta.

    Attributes
    ----------
    model : TeacherStudent
    alpha : float or array
    teacher_overlap : float or array
        Overlap `R` between student and teacher.
    generalization_error : float or array
        :math:`\arccos(R/\sqrt{QT})/\pi`, the probability that student and teacher disagree on a new pattern.
    vote_error : float or array
        :math:`\arccos(R/\sqrt{qT})/\pi`, the same for the vote of all students (the sign of their mean field). At
        kappa = 0 and beta = inf, where R = q, it is :math:`\arccos(\sqrt q)/\pi`, the least of all predictions (Bayes).
    q : float or array
        Overlap between two students.
    entropy, free_entropy : float or array
        Nats per weight.
    perfect : bool or array of bool
        Whether the point lies on the branch of the teacher, R = T.
    error : float or array
        Estimated quadrature error of `free_entropy` (0 on the branch of the teacher).
    status : Status or array of Status
    """

    _coordinates: ClassVar = ("alpha", "kappa", "beta")
    _quantities: ClassVar = LEARNING
    _main: ClassVar = "generalization_error"

    model: TeacherStudent
    alpha: ArrayLike
    teacher_overlap: ArrayLike
    generalization_error: ArrayLike
    vote_error: ArrayLike
    q: ArrayLike
    entropy: ArrayLike
    free_entropy: ArrayLike
    perfect: Any
    error: ArrayLike
    status: Any

    def __post_init__(self) -> None:
        super().__post_init__()
        flags = np.asarray(self.perfect, dtype=bool)  # numbers, in files
        object.__setattr__(self, "perfect", flags if flags.ndim else bool(flags))


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
    >>> point = teacher_student(TeacherStudent(), 1.0)  # one student, and the Bayes-optimal vote of all
    >>> print(f"{point.generalization_error:.6f} {point.vote_error:.6f}")
    0.310526 0.230626
    """
    checked_model(model, TeacherStudent, any_weights=True)
    checked_choice("branch", branch, get_args(Branch))
    if branch == "teacher" and np.any(np.asarray(model.kappa) != 0):
        raise ValueError(f"the teacher is a branch of its own only at kappa = 0; got kappa={shown(model.kappa)}")
    if branch == "teacher" and not model.weights.counts:
        raise ValueError(f"the teacher is no branch of its own among {model.weights!r}")
    alpha = checked_alpha(alpha)
    points = at_loads(model, alpha)
    with silenced():
        students = replica_symmetric(model, np.broadcast_to(alpha, points.shape or (1,)))
    status = np.array(students.status, dtype=object).ravel()
    free = np.asarray(students.free_entropy, dtype=float).ravel()
    # A branch that is only inaccurate exists, and neither can be said to win.
    of_teacher, square = model.weights.log_teacher, teacher_square(model)
    wins = ~(free > of_teacher) & (status != Status.INACCURATE_QUADRATURE) & model.weights.counts
    perfect = {
        "student": np.zeros(len(points), dtype=bool),
        "teacher": np.ones(len(points), dtype=bool),
        "equilibrium": (points.columns["kappa"] == 0) & wins,
    }[branch]
    status[perfect] = Status.CONVERGED
    r = np.where(perfect, square, np.asarray(students.teacher_overlap).ravel())
    q = np.where(perfect, square, np.asarray(students.q).ravel())
    own = np.where(perfect, square, np.asarray(students.mean_square).ravel())
    columns = {
        "alpha": points.columns["alpha"],
        "perfect": perfect,
        "status": status,
        "teacher_overlap": r,
        "generalization_error": np.where(perfect, 0.0, np.arccos(np.minimum(r / np.sqrt(own * square), 1.0)) / np.pi),
        "vote_error": np.where(perfect, 0.0, _of_the_vote(r / np.sqrt(square), q)),
        "q": q,
        "entropy": np.where(perfect, 0.0, np.asarray(students.entropy).ravel()),
        "free_entropy": np.where(perfect, of_teacher, free),
        "error": np.where(perfect, 0.0, np.asarray(students.error).ravel()),
    }
    result = Learning(model=model, **points.shaped_all(columns))
    report(result, "teacher_student", f"at alpha={alpha} on branch {branch!r}")
    return result


def _of_the_vote(r: Array, q: Array) -> Array:
    """Error of the mean of all students: 1/2 where they have nothing in common, and their mean vanishes."""
    cosine = np.divide(r, np.sqrt(q), out=np.where(np.isnan(q), np.nan, 0.0), where=q > 0)
    return np.asarray(np.arccos(np.clip(cosine, -1.0, 1.0)) / np.pi)
