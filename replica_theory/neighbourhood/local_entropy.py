r"""Local-entropy large deviations: references weighted by how many solutions surround them (PRL 115, 128101).

With :math:`\mathcal N_{\tilde W}(t)` the number of solutions at overlap `t` from :math:`\tilde W`,

.. math:: \varphi(y, t) = \lim\tfrac1N E\log\sum_{\tilde W}\tilde X(\tilde W)\,\mathcal N_{\tilde W}(t)^y, \qquad
   S = \partial_y\varphi, \qquad \Sigma = \varphi - yS, \qquad \partial_d\varphi = 2y\gamma.

`S` is the local entropy of the references that dominate at `y`, :math:`\Sigma` the logarithm of their number.
References are free (any :math:`\tilde W`) or solutions themselves (:math:`\tilde X` is then their constraint).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, get_args

import numpy as np
import scipy

from replica_theory.arguments import (
    COUNT,
    FINITE,
    checked_alpha,
    checked_choice,
    checked_distance,
    checked_model,
    checked_number,
    checked_real,
    shown,
)
from replica_theory.models.model import Model
from replica_theory.models.perceptron import TeacherStudent
from replica_theory.neighbourhood.dense_teacher import dense_teacher
from replica_theory.numerics.branches import follow_branch
from replica_theory.replicas.continuation import Branch, curve_points, outwards, singular_point, zero_points
from replica_theory.replicas.equations import OVERLAPS, Equations, Problem, read_out
from replica_theory.replicas.even_constraint import broken_start, broken_zero, descend, limit_branch
from replica_theory.replicas.finite_y import System
from replica_theory.replicas.infinite_y import LimitEquations, aligned_distance
from replica_theory.replicas.saturated import Satiated, satiated
from replica_theory.results.curve import FAILED, EntropyCurve, Row, assemble
from replica_theory.results.grid import broadcast, by_setting
from replica_theory.status import ConvergenceError, Status, report
from replica_theory.typical.replica_symmetric import replica_symmetric
from replica_theory.typing import Array, ArrayLike

Reference = Literal["free", "solution"]
Sector = Literal["symmetric", "broken"]

ZERO_COMPLEXITY = "zero-complexity"
_SMALLEST_DISTANCE = 1e-6
_SINGULAR = (0.14, 0.17, 0.2, 0.24, 0.28, 0.33, 0.38)
"""Distances in log d from the typical one, of a constrained reference, at which rows are computed to interpolate those
nearer to it."""
_MARGIN = 5e-3
"""Distance in log d from 1/2, where rounding spoils the rows too."""
_BROKEN_MEETING = 0.1
_SYMMETRIC = 1e-7
"""Overlap below which a solution belongs to the symmetric sector."""
_NEAR_HALF = np.array([0.49, 0.48, 0.47, 0.46])
"""Distances from which everything between the first of them and 1/2 is extrapolated, in even powers of t; the others
are stepping stones of the continuation too."""
_ODD = ("t0", "t0_hat", "t_hat", "gamma")


def local_entropy(
    model: Model,
    alpha: ArrayLike,
    distance: ArrayLike,
    *,
    reference: Reference = "free",
    y: ArrayLike | str = np.inf,
    kappa_ref: float | None = None,
    sector: Sector | None = None,
) -> EntropyCurve:
    r"""Local entropy, complexity and everything that goes with them, at given distances.

    Parameters
    ----------
    model : Model
        Constraint on the replicas (scalar or array parameters); finite `beta` makes the inner measure thermal. With a
        teacher (free references): the students of `dense_teacher`.
    alpha, distance : float or array
        Load, and distances in [0, 1/2].
    reference : {"free", "solution"}
        Any configuration as reference, or one that satisfies the constraint itself.
    y : float, array, ``inf`` or ``"zero-complexity"``
        Number of replicas, conjugate to the local entropy: 0 weights all references alike (with ``"solution"``: the
        Franz-Parisi entropy), 1 counts pairs, ``inf`` (free reference) is the largest local entropy that the
        replica-symmetric theory allows, ``"zero-complexity"`` is the largest one that references really have,
        :math:`\Sigma(y, d) = 0`. Arrays broadcast.
    kappa_ref : float, optional
        Margin of the constrained reference, at least the model's; the model's own by default.
    sector : {"symmetric", "broken"}, optional
        For an even constraint (:math:`|h|\le\kappa`, :math:`|h|\ge\kappa`, ...): different references have overlap 0
        by symmetry, or they have not (:math:`q_0 > 0`). By default the symmetric sector wherever it is stable
        (``replicon_ref`` > 0), the broken one elsewhere and at y = inf.

    Returns
    -------
    EntropyCurve
        `entropy` is the entropy of the replicas around the reference: :math:`S = \partial_y\varphi`, at finite `beta`
        (where that is ``free_entropy`` of `overlaps`) plus :math:`\beta\alpha e`. `slope` is :math:`dS/dd` along the
        curve (at fixed y, or at zero complexity), `complexity` is :math:`\Sigma` (NaN at y = inf), `y` the one used.
        `overlaps` holds ``q0, q1, t0, q_ref`` and their conjugates, ``t_hat, gamma, phi, free_entropy, energy,
        residual``, the eigenvalues ``replicon`` and ``replicon_ref`` of `Notes`, and ``fold``: the distance at which
        the branch turns back, at points beyond it. All are read off at doubled resolution of the quadratures; `error`
        is what that changed of the entropy.

    Raises
    ------
    ValueError
        For alpha, distance or y out of range, ``y=inf`` with a constrained reference, a reference margin below the
        model's, the symmetric sector where there is none (not even, or y = inf), or an unknown word.
    ConvergenceError
        In a scalar call whose point has no saddle; in array calls such points are NaN and warned of once.

    Notes
    -----
    Every curve starts where the replicas do not feel the reference (d = 1/2 if it is free, the typical distance
    between solutions if it is one) and is continued in log d; for zero complexity y is raised at d = 0.1 until
    :math:`\Sigma` vanishes and then followed along with the distance. A branch that turns back ends the curve there
    (status ``fold``); no other branch is reported, though there may be one nearer to the reference. Where y exceeds
    500 before :math:`\Sigma` vanishes the status is ``no-zero-complexity``. d = 0 is the limit of one solution at
    each reference; distances between 0 and 1e-6 are not resolved (status ``out-of-range``). Within 14 % of the typical
    distance of a constrained reference everything is interpolated, with an `error` that counts it.

    The replica-symmetric saddle is stable against breaking among the replicas of one reference where

    .. math:: 1 - \alpha\,E\langle\ell''^2\rangle\,E\langle\mathrm{sech}^4\rangle > 0

    (``replicon``; averages of this theory, with their weight :math:`e^{y\ell}`, :math:`(2\cosh)^y`), and against
    breaking among the references where
    :math:`1 - \alpha\,E(\partial_h\langle\ell'\rangle)^2\,E(\partial_h\langle\tanh\rangle)^2 > 0`
    (``replicon_ref``; for constrained references the largest eigenvalue of :math:`\alpha\,E[J\otimes J]\,
    E[\hat J\otimes\hat J]` with the Jacobians of both forces and of both magnetizations; it falls to
    :math:`-\infty` as y → inf). For free references at d = 1/2 both are the de Almeida-Thouless stability of
    `replica_symmetric`; at y = 1 the second one is, at every distance.

    Examples
    --------
    >>> from replica_theory import BinaryPerceptron
    >>> curve = local_entropy(BinaryPerceptron(), 0.4, 0.1, reference="solution", y=3.0)
    >>> print(f"{curve.entropy:.6f} {curve.complexity:.6f}")
    0.237435 0.352681
    """
    if isinstance(model, TeacherStudent) and reference == "free" and not isinstance(y, str) and sector is None:
        return dense_teacher(model, alpha, distance, y=y)
    alpha, distance = checked_alpha(alpha), checked_distance(distance)
    _checked(model, reference, kappa_ref)
    count, zero = checked_replicas(y, reference)
    _checked_sector(sector, model, count)
    points = broadcast(alpha=alpha, distance=distance, kappa=model.kappa, beta=model.beta, y=count)

    def solve(at: Mapping[str, float], distances: Array) -> list[Row]:
        probe = model.at(kappa=at["kappa"], beta=at["beta"])
        center = None if reference == "free" else probe.at(kappa=at["kappa"] if kappa_ref is None else kappa_ref)
        return _curve(probe, center, at["alpha"], at["y"], zero, distances, sector)

    rows = by_setting(points, "distance", solve)
    names = sorted({*OVERLAPS, "fold", *(name for row in rows for name in row.overlaps)})
    label = f"{reference} reference, y = {shown(np.asarray(y))}, alpha = {shown(alpha)}"
    asked = {"function": "local_entropy", "reference": reference, "y": np.asarray(y).tolist()}
    asked |= {"kappa_ref": None if kappa_ref is None else float(kappa_ref), "sector": sector}
    curve = assemble(rows, points, label, names=names, model=model, settings=asked)
    report(curve, "local_entropy", f"at distance {distance}")
    return curve


def _curve(
    probe: Model, center: Model | None, alpha: float, y: float, zero: bool, distances: Array, sector: Sector | None
) -> list[Row]:
    """The points of one curve, each in its sector."""
    if np.isinf(y):
        return _broken_limit(probe, alpha, distances) if probe.is_even else limit_curve(probe, alpha, distances)
    problem = Problem(Equations(System(probe, center, alpha, 1.0 if zero else y), even=probe.is_even), zero)
    if sector == "broken" and probe.is_even:
        return _broken_points(problem, distances)
    rows = (
        _whole(problem, y, distances)
        if not zero and (center is None or probe.is_even)
        else _points(problem, y, distances)
    )
    if sector is None and probe.is_even:
        unstable = [k for k, row in enumerate(rows) if row.overlaps.get("replicon_ref", 1.0) < 0]
        if unstable:
            for k, row in zip(unstable, _broken_points(problem, distances[unstable]), strict=True):
                rows[k] = row
    return rows


def _whole(problem: Problem, y: float, distances: Array) -> list[Row]:
    """The points of a curve with its origin at d = 1/2; near it q1 - q0 is lost in rounding, but all is even in t."""
    near = distances > float(_NEAR_HALF[0])
    if not (distances > float(_NEAR_HALF[-1])).any():
        return _points(problem, y, distances)
    rows = _points(problem, y, np.append(distances[~near], _NEAR_HALF))
    regular, nodes = iter(rows[: -len(_NEAR_HALF)]), rows[-len(_NEAR_HALF) :]
    return [
        _extrapolated(nodes, float(d)) if close else next(regular) for d, close in zip(distances, near, strict=True)
    ]


def _extrapolated(nodes: list[Row], distance: float) -> Row:
    """Row at a distance near 1/2 from those at `_NEAR_HALF`, by polynomials in the square of the overlap."""
    if not all(row.status.ok for row in nodes):
        return FAILED
    t, overlap = 1 - 2 * distance, 1 - 2 * _NEAR_HALF

    def polynomial(knots: Array) -> Array:
        return np.array([np.prod([(t**2 - b**2) / (a**2 - b**2) for b in knots if b != a]) for a in knots])

    weights = polynomial(overlap)

    def even(values: list[float]) -> float:
        return float(weights @ np.array(values))

    def odd(values: list[float]) -> float:
        return float(weights @ (np.array(values) / overlap)) * t

    overlaps = {
        name: (odd if name in _ODD else even)([row.overlaps[name] for row in nodes]) for name in nodes[0].overlaps
    }
    overlaps["residual"] = max(row.overlaps["residual"] for row in nodes)
    entropies = [row.entropy for row in nodes]
    entropy, complexity = even(entropies), even([row.complexity for row in nodes])
    shorter = float(polynomial(overlap[:-1]) @ np.array(entropies[:-1]))
    error = max(row.error for row in nodes) + abs(entropy - shorter)
    slope = odd([row.slope for row in nodes])
    return Row(nodes[0].status, entropy, slope, complexity, nodes[0].y, error, overlaps)


def _points(problem: Problem, y: float, distances: Array) -> list[Row]:
    """The points of a curve that is continued from its origin."""
    system = problem.equations.system
    try:
        alone = replica_symmetric(system.model, system.alpha)
    except ConvergenceError:
        return [FAILED] * len(distances)
    logs, q = _logs(distances), float(alone.q)
    if problem.zero:
        solved = zero_points(problem, q, logs)
        missing = Status.NO_ZERO_COMPLEXITY if solved is None else Status.SADDLE_LOST
        return _rows(problem, solved or {}, distances, missing)
    if system.reference is None or problem.equations.even:
        return _rows(problem, curve_points(problem, q, y, logs), distances)
    return _across(problem, q, y, distances)


def _across(problem: Problem, q: float, y: float, distances: Array) -> list[Row]:
    """The points of a curve across the typical distance, where the equations of a constrained reference are singular.

    Everything is smooth there: rows nearby are interpolated from those on both sides and at it, in atanh t.
    """
    typical = singular_point(problem.equations, q)
    with np.errstate(divide="ignore"):
        near = np.abs(np.log(distances) - typical) < _SINGULAR[0]
    if not near.any():
        return _rows(problem, curve_points(problem, q, y, _logs(distances)), distances)
    offsets = np.array(_SINGULAR)
    nodes = np.concatenate([typical - offsets, typical + offsets])
    nodes = nodes[nodes < np.log(0.5) - _MARGIN]
    everything = np.append(distances[~near], np.exp(nodes))
    rows = _rows(problem, curve_points(problem, q, y, _logs(everything)), everything)
    regular, known = iter(rows[: -len(nodes)]), rows[-len(nodes) :]
    lost = next((row for row in known if not row.status.ok), None)
    p, p_nodes = (np.arctanh(1 - 2 * x) for x in (distances, np.append(np.exp(nodes), np.exp(typical))))
    centre = _forgetful(problem.equations.system)
    return [
        next(regular) if not close else lost or _interpolated(p_nodes, known, centre, float(here))
        for here, close in zip(p, near, strict=True)
    ]


def _forgetful(system: System) -> dict[str, float]:
    """What is known at the typical distance: the replicas and their constrained reference do not feel each other."""
    assert system.reference is not None
    replicas, reference = (replica_symmetric(m, system.alpha) for m in (system.model, system.reference))
    free, count = float(replicas.free_entropy), float(reference.free_entropy)
    q = float(replicas.q)
    return {"entropy": float(replicas.entropy), "complexity": count, "free_entropy": free,
            "phi": count + system.y * free, "q0": q, "q1": q, "gamma": 0.0}  # fmt: skip


def _interpolated(nodes: Array, rows: list[Row], centre: dict[str, float], p: float) -> Row:
    """Row at p = atanh t by the polynomial through the others and, where known, the centre (the last node).

    Its error is that of the rows as they weigh, and what leaving out the farthest changes.
    """
    columns = {name: [row.overlaps[name] for row in rows] for name in rows[0].overlaps}
    columns |= {name: [getattr(row, name) for row in rows] for name in ("entropy", "complexity")}
    values = {}
    for name, column in columns.items():
        known = [*column, centre[name]] if name in centre else column
        values[name] = float(_polynomial(nodes[: len(known)], p) @ known)
    entropy, complexity = values.pop("entropy"), values.pop("complexity")
    values["residual"] = max(columns["residual"])
    entropies = np.array([*columns["entropy"], centre["entropy"]])
    interpolant = scipy.interpolate.BarycentricInterpolator(nodes, entropies)
    slope = -2 * float(np.cosh(p)) ** 2 * float(interpolant.derivative(p))
    keep = np.abs(nodes - p) < np.abs(nodes - p).max()
    shorter = float(_polynomial(nodes[keep], p) @ entropies[keep])
    error = np.abs(_polynomial(nodes, p)[:-1]) @ [row.error for row in rows] + abs(entropy - shorter)
    return Row(Status.of(entropy, complexity), entropy, slope, complexity, rows[0].y, float(error), values)


def _polynomial(nodes: Array, p: float) -> Array:
    """Weights with which values at the nodes make up that of their polynomial at p."""
    return np.array([np.prod((p - np.delete(nodes, k)) / (node - np.delete(nodes, k))) for k, node in enumerate(nodes)])


def _logs(distances: Array) -> list[float]:
    return [float(p) for p in np.log(np.unique(distances[distances >= _SMALLEST_DISTANCE]))]


def _rows(problem: Problem, solved: Branch, distances: Array, missing: Status = Status.SADDLE_LOST) -> list[Row]:
    return [_row(problem, solved, float(d), missing) for d in distances]


def _row(problem: Problem, solved: Branch, distance: float, missing: Status) -> Row:
    if distance == 0:
        return _at_reference(problem)
    if distance < _SMALLEST_DISTANCE:
        return Row(Status.OUT_OF_RANGE)
    point = solved.get(float(np.log(distance)))
    if point is None:
        return Row(missing)
    if not point.status.ok:
        return Row(point.status, overlaps={"fold": float(np.exp(point.fold))})
    return read_out(problem, point.x, distance)


def _at_reference(problem: Problem) -> Row:
    """The limit d = 0: the replicas are the reference, which satisfies both constraints."""
    system = problem.equations.system
    model, reference = system.model, system.reference
    if problem.zero:
        return Row(Status.NO_ZERO_COMPLEXITY)
    if np.isfinite(model.beta) or system.y == 0 or (reference is not None and np.isfinite(reference.beta)):
        return Row(Status.OUT_OF_RANGE)
    tighter = model if reference is None or not model.contains(reference) else reference
    try:
        count = float(replica_symmetric(tighter, system.alpha).entropy)
    except ConvergenceError:
        return FAILED
    return Row(Status.of(0.0, count), 0.0, np.nan, count, system.y, 0.0, {"q1": 1.0, "phi": count})


def _broken_points(problem: Problem, distances: Array) -> list[Row]:
    """The points of a curve of an even constraint with q0 > 0 at finite y."""
    logs, missing = _logs(distances), Status.SADDLE_LOST
    if not logs:
        return _rows(problem, {}, distances)
    meeting = min(logs, key=lambda p: abs(p - np.log(_BROKEN_MEETING)))
    start: Array | None
    if problem.zero:
        raised = broken_zero(problem.equations, meeting)
        missing = Status.NO_ZERO_COMPLEXITY if raised is None else missing
        start = None if raised is None else np.append(raised[1], np.log(raised[0].system.y))
    else:
        start = broken_start(problem.equations, meeting)
    problem = replace(problem, equations=replace(problem.equations, even=False))
    solved = {} if start is None else outwards(problem, start, meeting, logs)
    apart = {p: point for p, point in solved.items() if not point.status.ok or point.x[0] > _SYMMETRIC}
    return _rows(problem, apart, distances, missing)


def _broken_limit(model: Model, alpha: float, distances: Array) -> list[Row]:
    """The points of a curve of an even constraint at y = inf."""
    inside = distances[(distances >= _SMALLEST_DISTANCE) & (distances < 0.5)]
    solved = limit_branch(model, alpha, _logs(inside))
    rows = []
    for d in distances:
        found = solved.get(float(np.log(d))) if d >= _SMALLEST_DISTANCE else None
        if d == 0:
            rows.append(Row(Status.CONVERGED, 0.0, np.inf, np.nan, np.inf, 0.0, {}))
        elif d == 0.5:
            rows.append(_typical_row(model, alpha))
        else:
            rows.append(_limit_row(LimitEquations(model, alpha), found, float(d)))
    return rows


def _typical_row(model: Model, alpha: float) -> Row:
    """The limit d = 1/2 at y = inf: some reference has the typical solutions there."""
    alone = replica_symmetric(model, alpha)
    entropy = float(alone.entropy)
    overlaps = {"q0": float(alone.q), "q1": float(alone.q), "gamma": 0.0, "t_hat": 0.0, "energy": float(alone.energy)}
    overlaps |= {"free_entropy": float(alone.free_entropy), "replicon": float(alone.stability)}
    return Row(Status.of(entropy), entropy, 0.0, np.nan, np.inf, 0.0, overlaps)


def limit_curve(model: Model, alpha: float, distances: Array) -> list[Row]:
    """The points of the curve at y = inf."""
    try:
        alone = replica_symmetric(model, alpha)
    except ConvergenceError:
        return [FAILED] * len(distances)
    equations = LimitEquations(model, alpha)
    flat = aligned_distance(float(alone.q_hat))
    origin = float(np.log(flat))
    solved: dict[float, Array | Satiated | None] = {
        p: satiated(model, alpha, 1 - 2 * float(np.exp(p))) for p in _logs(distances[distances < flat])
    }
    start = np.array([float(alone.q), 0.0, 0.0])
    solved |= descend(equations, start, origin, [p for p, found in solved.items() if found is None])
    rows = []
    for d in distances:
        if d >= flat:
            rows.append(_typical_row(model, alpha))
        elif d == 0:
            rows.append(Row(Status.CONVERGED, 0.0, np.inf, np.nan, np.inf, 0.0, {}))
        else:
            found = solved.get(float(np.log(d))) if d >= _SMALLEST_DISTANCE else None
            rows.append(_limit_row(equations, found, float(d)))
    return rows


def _limit_row(equations: LimitEquations, x: Array | Satiated | None, distance: float) -> Row:
    if x is None:
        return FAILED
    if isinstance(x, Satiated):
        overlaps = {"q0": x.q, "q1": x.q, "q0_hat": 0.0, "q1_hat": 0.0, "t_hat": 0.5 * x.slope,
                    "gamma": 0.5 * x.slope, "gap": np.inf, "gap_hat": 0.0}  # fmt: skip
        return Row(Status.of(x.entropy), x.entropy, x.slope, np.nan, np.inf, 0.0, overlaps)
    t = 1 - 2 * distance
    point = equations.read(x, t)
    finer = replace(equations, nodes=2 * equations.nodes - 1).read(x, t)
    assert point is not None and finer is not None
    overlaps = {"q0": point.q, "q1": point.q, "q0_hat": point.q_hat, "q1_hat": point.q_hat, "t_hat": point.t_hat,
                "gamma": point.t_hat, "energy": point.energy, "gap": point.gap, "gap_hat": point.gap_hat}  # fmt: skip
    overlaps |= {"replicon": point.replicon, "free_entropy": finer.free_entropy}
    error = abs(finer.entropy - point.entropy)
    slope = 2 * point.t_hat + _heat_slope(equations, x, distance)
    return Row(Status.of(finer.entropy), finer.entropy, slope, np.nan, np.inf, error, overlaps)


def _heat_slope(equations: LimitEquations, x: Array, distance: float) -> float:
    """What the slope of the entropy exceeds that of the free entropy by (0 at beta = inf), by solving on both sides."""
    if np.isposinf(equations.model.beta):
        return 0.0
    p, h = float(np.log(distance)), 1e-4
    heats = []
    for side in (p - h, p + h):
        beside = follow_branch(equations.along, x, p, [side], max_step=h)[0]
        point = equations.read(beside.x, 1 - 2 * float(np.exp(side))) if beside.status.ok else None
        heats.append(np.nan if point is None else point.entropy - point.free_entropy)
    return float(heats[1] - heats[0]) / (2 * h * distance)


def _checked(model: Model, reference: str, kappa_ref: float | None) -> None:
    checked_model(model, Model)
    if model.has_teacher:
        raise ValueError("with a teacher, local_entropy takes free references and a number of replicas, or inf")
    checked_choice("reference", reference, get_args(Reference))
    if kappa_ref is None:
        return
    if reference == "free":
        raise ValueError(
            f"kappa_ref is the margin of a constrained reference; got kappa_ref={kappa_ref} with a free one"
        )
    checked_number("kappa_ref", kappa_ref, FINITE)
    if not np.all(model.contains(model.at(kappa=kappa_ref))):
        raise ValueError(
            f"the reference must satisfy the model's own constraint: kappa_ref={kappa_ref}, kappa={model.kappa}"
        )


def _checked_sector(sector: Any, model: Model, count: Array) -> None:
    if sector is not None:
        checked_choice("sector", sector, get_args(Sector))
    if sector == "symmetric" and not model.is_even:
        raise ValueError("the symmetric sector belongs to even constraints (|h| <= kappa, |h| >= kappa, ...)")
    if sector == "symmetric" and np.isinf(count).any():
        raise ValueError("at y = inf only the broken sector exists; take a finite y for the symmetric one")


def checked_replicas(y: Any, reference: str) -> tuple[Array, bool]:
    """The numbers of replicas, and whether they are to be found from zero complexity.

    Raises
    ------
    TypeError, ValueError
        If `y` is no number, inf or "zero-complexity", or there is no theory of it for this kind of reference.
    """
    if isinstance(y, str):
        if y != ZERO_COMPLEXITY:
            raise ValueError(f"y must be a number, inf or {ZERO_COMPLEXITY!r}; got {y!r}")
        return np.zeros(()), True
    count = np.asarray(checked_real("y", y, COUNT))
    if np.isinf(count).any() and reference == "solution":
        raise ValueError("y = inf is a theory of the free reference; for solutions take y = 'zero-complexity'")
    return count, False
