r"""Dense regions of a teacher-student problem: references surrounded by students, and what they know of the teacher.

The references :math:`\tilde W` are free; replicas at overlap `t` from them satisfy the patterns that the teacher
:math:`W^T` labels. With :math:`R = W\cdot W^T/N` and conjugate :math:`\hat R`, the functional of the free reference
gains :math:`-yR\hat R`, its entropic field becomes :math:`h + \hat R`, and its outer energetic measure

.. math:: \int Dz\,\big[2H\big(-Rz/\sqrt{q_0-R^2}\big)\big], \qquad h = \sqrt{q_0}z,

the probability that the teacher agrees with the label, given the part of the field that all replicas share. The
reference enters no pattern, so its overlap with the teacher is read off, :math:`\tilde R = E\langle\tilde W\rangle`.
The equation for :math:`\hat R` integrates over the fields on the teacher's boundary,
:math:`\hat R = \alpha\sqrt{2/\pi}\,E\langle\ell'\rangle` with :math:`h\sim\mathcal N(0, q_0 - R^2)`.

At :math:`y = \infty`, with :math:`a = \sqrt{\hat q}z + \hat R`, :math:`h = |a| + \hat t + \delta\hat q\tanh h`,

.. math:: S_\infty = \mathrm{extr}\Big\{&-\tfrac12\hat q(1-q) - \tfrac12(\delta q\,\hat q + q\,\delta\hat q) - t\hat t
   - R\hat R \\ &+ E\max_x\big[-\tfrac{x^2}2 + \log2\cosh(|a| + \sqrt{\delta\hat q}\,x + \hat t)\big] \\
   &+ \alpha\,E_T\max_x\big[-\tfrac{x^2}2 + \ell(h + \sqrt{\delta q}\,x, \sqrt{1-q})\big]\Big\},

:math:`\tilde W = \mathrm{sign}\,a`, and :math:`dS_\infty/dd = 2\hat t`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from replica_theory.arguments import Allowed, checked_alpha, checked_distance, checked_model, checked_real, shown
from replica_theory.models.perceptron import TeacherStudent
from replica_theory.numerics.progress import alive
from replica_theory.replicas.curve_rows import curve_rows
from replica_theory.replicas.equations import TAUGHT
from replica_theory.results.curve import EntropyCurve, Row, assemble
from replica_theory.results.grid import broadcast, by_setting
from replica_theory.status import report
from replica_theory.typing import Array, ArrayLike

_OVERLAPS = (
    "q0", "q1", "q0_hat", "q1_hat", "t_hat", "gamma", *TAUGHT, "generalization_error", "generalization_error_ref",
    "energy", "phi", "free_entropy", "residual", "replicon", "replicon_ref", "fold",
)  # fmt: skip
_LARGEST_Y = 40.0
_REPLICAS = Allowed(f"lie in (0, {_LARGEST_Y:g}] or be inf", lambda y: (y > 0) & ((y <= _LARGEST_Y) | (y == np.inf)))


def dense_teacher(
    model: TeacherStudent, alpha: ArrayLike, distance: ArrayLike, *, y: ArrayLike = np.inf
) -> EntropyCurve:
    r"""Local entropy of the students around the densest references, and what both know of the teacher.

    Parameters
    ----------
    model : TeacherStudent
        Margin and inverse temperature of the students (arrays broadcast), of binary or spherical weights; at finite
        `beta` ``free_entropy`` of the overlaps is that of the thermal students, :math:`S - \beta\alpha e`.
    alpha, distance : float or array
        Load, and distances between reference and student, in [0, 1/2].
    y : float or array
        Number of replicas, in (0, 40], or ``inf``: the largest local entropy. At ``y = 1`` references are typical
        students with independent flips: :math:`\varphi` is their entropy plus :math:`H_2(d)`.

    Returns
    -------
    EntropyCurve
        `overlaps` holds, next to the order parameters of the free reference, ``teacher_overlap`` R of the students and
        ``teacher_overlap_ref`` of the reference, and ``generalization_error`` and ``generalization_error_ref``,
        :math:`\arccos(R)/\pi` of either: probabilities to disagree with the teacher on a new pattern; further the
        eigenvalues ``replicon`` and (finite y) ``replicon_ref`` of `local_entropy`, and ``fold``. `slope` is
        :math:`dS/dd`, `complexity` is :math:`\Sigma` (NaN at y = inf), `error` the change of the entropy under doubled
        quadrature.

    Raises
    ------
    TypeError, ValueError
        If the model is not a `TeacherStudent`, or alpha, distance or y are out of range.
    ConvergenceError
        In a scalar call whose point has no saddle; in array calls such points are NaN and warned of once.

    Notes
    -----
    The branch is that of students with R < 1. At y = inf it starts at the distance
    :math:`(1 - E|\tanh a|)/2` of the typical students from the signs of their mean (the clipped Bayes-optimal
    student), is flat from there to 1/2, and is continued downwards in log d; at finite y it starts at d = 1/2. A branch
    that turns back has status ``fold`` beyond the distance where it does; distances between 0 and 1e-6 are
    ``out-of-range``.

    At y = inf and d → 0 the entropy is :math:`H_2(d)` up to terms like :math:`e^{-1/d}`, below rounding from d = 1e-3
    on; there the overlaps with the teacher follow from the limit in which the width :math:`\delta q` diverges
    (``residual``, ``energy`` and ``replicon`` are NaN).

    Examples
    --------
    >>> from replica_theory import TeacherStudent
    >>> curve = dense_teacher(TeacherStudent(), 0.6, 0.1)
    >>> print(f"{curve.entropy:.6f} {curve.overlaps['generalization_error_ref']:.6f}")
    0.240265 0.335095
    """
    checked_model(model, TeacherStudent, weights=("binary", "spherical"))
    alpha, distance, count = checked_alpha(alpha), checked_distance(distance), checked_real("y", y, _REPLICAS)
    points = broadcast(alpha=alpha, distance=distance, kappa=model.kappa, beta=model.beta, y=count)

    def solve(at: Mapping[str, float], distances: Array) -> list[Row]:
        students = model.at(kappa=at["kappa"], beta=at["beta"])
        rows = curve_rows(students, None, at["alpha"], at["y"], distances)
        return [row._replace(y=at["y"], overlaps=_with_errors(row.overlaps)) for row in rows]

    with alive("dense region"):
        rows = by_setting(points, "distance", solve)
    label = f"dense region around a teacher's students, alpha = {shown(alpha)}, y = {shown(count)}"
    asked = {"function": "dense_teacher", "y": np.asarray(y).tolist()}
    curve = assemble(rows, points, label, names=_OVERLAPS, model=model, settings=asked)
    report(curve, "dense_teacher", f"at distance {distance}")
    return curve


def _with_errors(overlaps: dict[str, float]) -> dict[str, float]:
    """The overlaps and the generalisation errors that belong to those with the teacher."""
    pairs = (("teacher_overlap", "generalization_error"), ("teacher_overlap_ref", "generalization_error_ref"))
    errors = {error: float(np.arccos(np.clip(overlaps[r], -1.0, 1.0)) / np.pi) for r, error in pairs if r in overlaps}
    return overlaps | errors
