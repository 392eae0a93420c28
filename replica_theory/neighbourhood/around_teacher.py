r"""Students at a given distance from their teacher: the Franz-Parisi entropy of a teacher-student problem.

With the overlap :math:`R = 1-2d` given and the field :math:`\gamma` that holds it there,

.. math:: S(d) = \mathrm{extr}_{q,\hat q,\hat R}\Big\{&-\tfrac12\hat q(1-q) - R\hat R
   + \int\!Dz\,\log2\cosh(\sqrt{\hat q}z+\hat R) \\
   &+ \alpha\int\!D\mu(z)\,\ell\big(\sqrt q z,\sqrt{1-q}\big)\Big\}, \qquad \frac{dS}{dd} = 2\gamma,

the functional of `replica_symmetric`, in which :math:`\hat R = \gamma + \alpha\sqrt{2/\pi}\int Dz\,\ell'`. At kappa = 0
and beta = inf the teacher is a typical solution of the patterns that it labels, so this is what `franz_parisi` is for
random labels: the entropy around a typical solution.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from replica_theory.arguments import checked_alpha, checked_distance, checked_model, shown
from replica_theory.models.model import Model
from replica_theory.models.perceptron import TeacherStudent
from replica_theory.models.weights import Orders
from replica_theory.numerics.fixed_points import ROUNDING, solve_fixed_points
from replica_theory.numerics.gaussian import rule
from replica_theory.numerics.inner_newton import inner_newton
from replica_theory.results.curve import AT_REFERENCE, EXCLUDED, FAILED, INACCURATE, EntropyCurve, Row, assemble
from replica_theory.results.grid import broadcast
from replica_theory.status import Status, report
from replica_theory.typical.functional import (
    Conjugates,
    conjugates,
    flat_model,
    flat_slice,
    read,
)
from replica_theory.typing import Array, ArrayLike

_NODES = 241
_CLOSEST = 1e-8
"""Smallest 1 - q at which the integrals are done."""
_SMALLEST_DISTANCE = 1e-7
"""Distances between 0 and this one are not resolved."""
_MERGED = 1e-8
"""Smallest q - R^2 at which they are, relative to 1 - R^2."""
_NAMES = ("q", "q_hat", "teacher_overlap", "teacher_overlap_hat", "gamma", "energy", "free_entropy", "replicon")


def around_teacher(model: TeacherStudent, alpha: ArrayLike, distance: ArrayLike) -> EntropyCurve:
    r"""Entropy of the students at given distances from the teacher.

    Parameters
    ----------
    model : TeacherStudent
        At finite `beta` students are thermal and `entropy` is that of the students at the energy
        ``overlaps["energy"]``.
    alpha, distance : float or array
        Load, and distances in [0, 1/2]; they broadcast with each other and with the model's parameters.

    Returns
    -------
    EntropyCurve
        `slope` is :math:`2\gamma`, that of the free entropy. `overlaps` holds ``q, q_hat, teacher_overlap,
        teacher_overlap_hat, gamma, energy, free_entropy`` and ``replicon``, positive where the replica-symmetric
        saddle is stable. Points with negative entropy, where no student is typically found, have status
        ``"negative-entropy"``.

    Raises
    ------
    TypeError, ValueError
        If the model is not a `TeacherStudent`, or alpha or a distance is out of range.
    ConvergenceError
        In a scalar call that finds no saddle point; in array calls such points are NaN and warned of once.

    Notes
    -----
    Replica symmetric. At the typical distance :math:`\gamma=0` and the entropy is that of `replica_symmetric`. What
    `bp.local_entropy` measures around the teacher of an instance tends to it.

    Examples
    --------
    >>> from replica_theory import TeacherStudent
    >>> curve = around_teacher(TeacherStudent(), alpha=0.8, distance=[0.1, 0.25])
    >>> curve.entropy.round(6)
    array([0.118181, 0.203857])
    """
    checked_model(model, TeacherStudent, weights=("binary", "spherical"))
    alpha, distance = checked_alpha(alpha), checked_distance(distance)
    points = broadcast(alpha=alpha, distance=distance, kappa=model.kappa, beta=model.beta)
    flat, loads, d = flat_model(model, points), points.columns["alpha"], points.columns["distance"]
    away = np.flatnonzero(d > 0)
    rows = [_at_teacher(model.weights.counts, at["kappa"], at["beta"]) for at in points]
    for k, row in zip(away, _solve(flat_slice(flat, away), loads[away], d[away]) if len(away) else [], strict=True):
        rows[k] = row
    label, asked = f"around the teacher, alpha = {shown(alpha)}", {"function": "around_teacher"}
    curve = assemble(rows, points, label, names=_NAMES, replicas=False, model=model, settings=asked)
    report(curve, "around_teacher", f"at distance {distance}")
    return curve


def _solve(model: Model, alpha: Array, distance: Array) -> list[Row]:
    """One row a point, all solved together: the unknown is log(1 - q), at given R.

    Its residual is relative to 1 - q: where there is no saddle point the iteration runs away to q = 1, and no q so near
    to it that q hardly changes counts as a solution.
    """
    r, widest = 1 - 2 * distance, 4 * distance * (1 - distance)

    def update(x: Array, index: NDArray[np.intp]) -> Array:
        image = np.full_like(x, np.nan)
        # At q = R^2 students know each other only by the teacher; that is a limit, no end of the domain.
        rest = np.minimum(np.exp(x[:, 0]), (1 - _MERGED) * widest[index])
        inside = np.flatnonzero(rest > _CLOSEST)
        rows = index[inside]
        hats = conjugates(flat_slice(model, rows), 1 - rest[inside], r[rows], n=_NODES)
        q_hat = alpha[rows] * hats.q
        if model.weights.name == "spherical":
            image[inside, 0] = -np.log(_multiplier(q_hat, widest[rows]))
        else:
            image[inside, 0] = np.log(_deficits(q_hat, _aligning(q_hat, distance[rows]))[0])
        return image

    start = np.log(0.7 * np.maximum(widest, 1e-300))[:, None]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        found = solve_fixed_points(update, start, tol=1e-12)
    rest = np.exp(found.x[:, 0])
    rounding = np.maximum(ROUNDING, 1e-14 / rest)
    solved = (found.residual <= rounding) & (rest > _CLOSEST)
    q = 1 - np.where(solved, np.minimum(rest, (1 - _MERGED) * widest), 0.7 * widest)
    orders = Orders(q, r)
    pattern = conjugates(model, q, r, n=_NODES)
    q_hat = alpha * pattern.q
    spherical = model.weights.name == "spherical"
    r_hat = r * _multiplier(q_hat, widest) if spherical else _aligning(q_hat, distance)
    hats, gamma = Conjugates(q_hat, r_hat, model.weights.multiplier(q_hat, r_hat)), r_hat - alpha * pattern.r
    coarse, reading = (read(model, alpha, orders, hats, n) for n in (_NODES, 2 * _NODES - 1))
    entropy = reading.free_entropy + reading.heat
    error = reading.error + reading.heat_error + np.abs(entropy - coarse.free_entropy - coarse.heat)
    columns = np.stack([q, q_hat, r, r_hat, gamma, reading.energy, reading.free_entropy, reading.stability], axis=1)
    return [
        Row(
            _status(float(entropy[k]) if model.weights.counts else 0.0, float(reading.stability[k]), float(error[k])),
            float(entropy[k]),
            float(2 * gamma[k]),
            error=float(error[k]),
            overlaps=dict(zip(_NAMES, columns[k].tolist(), strict=True)),
        )
        if solved[k]
        else Row(Status.OUT_OF_RANGE)
        if distance[k] < _SMALLEST_DISTANCE
        else FAILED
        for k in range(len(alpha))
    ]


def _at_teacher(counts: bool, kappa: float, beta: float) -> Row:
    """The limit d = 0: the teacher alone, who has stabilities of either size but no negative one."""
    allowed = AT_REFERENCE if counts else AT_REFERENCE._replace(entropy=-np.inf)
    return allowed if kappa <= 0 or np.isfinite(beta) else EXCLUDED


def _status(entropy: float, stability: float, error: float) -> Status:
    return Status.of(entropy, stability=stability, error=error, tolerance=INACCURATE)


def _multiplier(q_hat: Array, widest: Array) -> Array:
    r""":math:`\lambda = 1/(1-q) = \hat R/R` on the sphere: the root of :math:`(1-R^2)\lambda^2 - \lambda = \hat q`."""
    return np.asarray((1 + np.sqrt(1 + 4 * widest * q_hat)) / (2 * widest))


def _aligning(q_hat: Array, distance: Array) -> Array:
    r"""The :math:`\hat R` at which :math:`\int Dz\tanh(\sqrt{\hat q}z+\hat R) = R`, by Newton's method in atanh."""
    goal, width = 0.5 * (np.log1p(-distance) - np.log(distance)), np.sqrt(1 + 0.5 * np.pi * q_hat)

    def step(r_hat: Array) -> Array:
        variance, short = _deficits(q_hat, r_hat)
        move = (goal - 0.5 * np.log((2 - short) / short)) * short * (2 - short) / np.maximum(variance, 1e-300)
        return np.asarray(np.clip(move, -2.0 * width, 2.0 * width))

    # tanh is nearly an error function, whose Gaussian average is known.
    start = 2 / np.sqrt(np.pi) * width * special.erfinv(1 - 2 * distance)
    return inner_newton(step, start, most=100, tol=1e-13).each_or_nan


def _deficits(q_hat: Array, r_hat: Array) -> tuple[Array, Array]:
    r""":math:`1 - q` and :math:`1 - R` at given conjugates, accurate also where they are small."""
    width = 1 / np.maximum(np.sqrt(q_hat), 1e-6)
    spins = rule(np.clip(-r_hat * width, -8.0, 8.0), width, _NODES)
    field = np.sqrt(q_hat)[:, None] * spins.nodes + r_hat[:, None]
    up, down = special.expit(2 * field), special.expit(-2 * field)
    return spins.integrate(4 * up * down), spins.integrate(2 * down)
