"""Where the dense region around a teacher's students ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy

from replica_theory.arguments import checked_flag, checked_model
from replica_theory.models.perceptron import TeacherStudent
from replica_theory.numerics.branches import follow_branch
from replica_theory.numerics.progress import alive
from replica_theory.replicas.infinite_y import LimitEquations
from replica_theory.replicas.limit_curve import typical_branch
from replica_theory.results.grid import GridResult
from replica_theory.results.quantities import TEACHER_THRESHOLD
from replica_theory.status import ConvergenceError, Status
from replica_theory.thresholds.vanishing_slope import VanishingSlope
from replica_theory.typical.replica_symmetric import replica_symmetric
from replica_theory.typing import Array

_SEARCHED = (0.005, 0.03)
"""Distances at which the slope is looked at for its first zero."""
_EASY_LOADS = (0.5, 0.3, 0.15)
"""Loads from which the branch is followed up to there: the first that has it."""


@dataclass(frozen=True, eq=False, repr=False)
class DenseTeacherThreshold(GridResult):
    r"""Load at which the largest local entropy stops growing with the distance, :math:`\min_d dS_\infty/dd = 0`.

    Attributes
    ----------
    alpha, distance : float
        The load, and where the slope vanishes.
    teacher_overlap, teacher_overlap_ref : float
        Overlaps of students and reference with the teacher there.
    error : float
        Change of alpha when the quadrature is doubled.
    criterion : str
    model : TeacherStudent or None
    status : Status
    """

    _coordinates: ClassVar = ("kappa", "beta")
    _quantities: ClassVar = TEACHER_THRESHOLD
    _main: ClassVar = "alpha"

    alpha: float
    distance: float
    teacher_overlap: float
    teacher_overlap_ref: float
    error: float
    criterion: str = "slope"
    model: TeacherStudent | None = None
    status: Status = Status.CONVERGED


def dense_teacher_threshold(model: TeacherStudent, *, progress: bool = True) -> DenseTeacherThreshold:
    r"""Load up to which dense regions of students reach out to the typical ones.

    Criterion "slope" at y = inf, free reference: the load at which :math:`\min_d dS_\infty/dd = 0`. With
    :math:`\alpha_0(d)` the load at which the slope vanishes at distance d (:math:`\hat t = 0`), it is
    :math:`\min_d\alpha_0(d)`.

    Parameters
    ----------
    model : TeacherStudent
        Scalar margin and inverse temperature.
    progress : bool
        Show how it goes: a bar on a terminal, elsewhere lines of the log (INFO).

    Returns
    -------
    DenseTeacherThreshold

    Raises
    ------
    TypeError, ValueError
        If the model is not a `TeacherStudent`, or a parameter is an array.
    ConvergenceError
        If the slope vanishes at no load on the branch, or its minimum lies outside the distances that are searched.

    Examples
    --------
    >>> from replica_theory import TeacherStudent
    >>> threshold = dense_teacher_threshold(TeacherStudent())
    >>> print(f"{threshold.alpha:.6f} at d = {threshold.distance:.4f}")
    1.086293 at d = 0.0185
    """
    checked_model(model, TeacherStudent, single=True)
    with alive("threshold of the dense region", checked_flag("progress", progress)):
        return _threshold(model)


def _threshold(model: TeacherStudent) -> DenseTeacherThreshold:
    zero = _zero_slope(model, _SEARCHED[1])
    if zero is None:
        raise ConvergenceError("no threshold of the dense region: the slope of S_inf vanishes at no load")
    x, origin = zero
    surface = VanishingSlope(LimitEquations(model, float(x[-1])))
    grid = [float(p) for p in np.linspace(origin, np.log(_SEARCHED[0]), 13)[1:]]
    points = [q for q in follow_branch(surface.residual, x, origin, grid, max_step=0.2) if q.status.ok]
    loads = [float(q.x[-1]) for q in points]
    k = int(np.argmin(loads)) if loads else 0
    if not 0 < k < len(loads) - 1:
        raise ConvergenceError("no threshold of the dense region: the load of vanishing slope has no minimum in d")
    nearest = points[k]

    def at(p: float) -> Array:
        return follow_branch(surface.residual, nearest.x, nearest.parameter + 1e-9, [p], max_step=0.2)[0].x

    ends = sorted((points[k - 1].parameter, points[k + 1].parameter))
    options = {"xatol": 1e-6}
    best = scipy.optimize.minimize_scalar(lambda p: float(at(p)[-1]), bounds=ends, method="bounded", options=options)
    x, distance = at(float(best.x)), float(np.exp(best.x))
    point = LimitEquations(model, float(x[-1])).read(np.append(x[:-1], 0.0), 1 - 2 * distance)
    if point is None:
        raise ConvergenceError("no threshold of the dense region: the saddle point is lost at the minimum")
    p = float(best.x)
    finer = follow_branch(surface.finer().residual, x, p + 1e-9, [p], max_step=0.2)[0].x
    error = float(np.abs(finer[-1] - x[-1]))
    return DenseTeacherThreshold(float(x[-1]), distance, point.r, point.r_ref, error, model=model)


def _zero_slope(model: TeacherStudent, distance: float) -> tuple[Array, float] | None:
    """Coordinates ``(q, R, log(1 + gap), alpha)`` at which the slope vanishes at a distance, and its logarithm."""
    p, t = float(np.log(distance)), 1 - 2 * distance
    for first in _EASY_LOADS:
        start = _solution(model, first, p)
        if start is not None:
            break
    else:
        return None
    loads = [float(a) for a in np.arange(first, 4.0, 0.02)[1:]]
    followed = follow_branch(
        lambda x, a: LimitEquations(model, a).residual(x, t), start, first, loads, max_step=0.02
    )  # fmt: skip
    for point in followed:
        if not point.status.ok:
            return None
        if point.x[-1] < 0:
            return np.append(point.x[:-1], point.parameter), p
    return None


def _solution(model: TeacherStudent, alpha: float, log_distance: float) -> Array | None:
    """Coordinates of the solution at one load and distance."""
    try:
        found = typical_branch(model, alpha, replica_symmetric(model, alpha), [log_distance])[log_distance]
    except ConvergenceError:
        return None
    return found if isinstance(found, np.ndarray) else None
