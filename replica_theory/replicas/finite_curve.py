"""The points of a curve in the distance at finite y or zero complexity: continued, or interpolated near its origin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy

from replica_theory.numerics.interpolation import polynomial_weights
from replica_theory.replicas.continuation import (
    Branch,
    curve_points,
    outwards,
    singular_point,
    typical_overlaps,
    zero_points,
)
from replica_theory.replicas.equations import Problem, read_out
from replica_theory.replicas.even_constraint import SYMMETRIC, sign_broken_start, sign_broken_zero
from replica_theory.replicas.finite_y import Overlaps, System
from replica_theory.results.curve import AT_REFERENCE, EXCLUDED, FAILED, INACCURATE, Row
from replica_theory.status import ConvergenceError, Status
from replica_theory.typical.replica_symmetric import replica_symmetric
from replica_theory.typing import Array

SMALLEST_DISTANCE = 1e-6
"""Distances between 0 and this one are not resolved."""
_SINGULAR = (0.14, 0.17, 0.2, 0.24, 0.28, 0.33, 0.38)
"""Distances in log d from the typical one, of a constrained reference, at which rows are computed to interpolate those
nearer to it."""
_MARGIN = 5e-3
"""Distance in log d from 1/2, where rounding spoils the rows too."""
_SIGN_BROKEN_MEETINGS = (0.1, 0.2, 0.3)
"""Distances at which the sign-broken sector is looked for."""
_NEAR_HALF = np.array([0.49, 0.48, 0.47, 0.46])
"""Distances from which everything between the first of them and 1/2 is extrapolated, in even powers of t; the others
are stepping stones of the continuation too."""
_ODD = ("t0", "t0_hat", "t_hat", "gamma", "teacher_overlap_ref")


def finite_curve(problem: Problem, distances: Array) -> list[Row]:
    """One row a distance: of the sign-symmetric sector if the constraint is even."""
    if not problem.zero and (_is_free(problem) or problem.equations.even):
        return _whole(problem, distances)
    return _points(problem, distances)


def _is_free(problem: Problem) -> bool:
    """Whether references are free, and the curve's origin at d = 1/2: with means that are not 0 it is nearer."""
    return problem.equations.system.reference is None and problem.equations.system.model.weights.is_even


def sign_broken_curve(problem: Problem, distances: Array) -> list[Row]:
    """The points of a curve of an even constraint with q0 > 0 at finite y."""
    logs, missing = _logs(distances), Status.SADDLE_LOST
    if not logs:
        return _rows(problem, {}, distances)
    nearest = min(logs, key=lambda p: abs(p - np.log(_SIGN_BROKEN_MEETINGS[0])))
    start: Array | None = None
    # Where the branch ends above the first distance, it may still be there farther out.
    for meeting in (nearest, *(float(p) for p in np.log(_SIGN_BROKEN_MEETINGS[1:]))):
        if problem.zero:
            raised = sign_broken_zero(problem.equations, meeting)
            missing = Status.NO_ZERO_COMPLEXITY if raised is None else Status.SADDLE_LOST
            start = None if raised is None else np.append(raised[1], np.log(raised[0].system.y))
        else:
            start = sign_broken_start(problem.equations, meeting)
        if start is not None:
            break
    problem = replace(problem, equations=replace(problem.equations, even=False))
    solved = {} if start is None else outwards(problem, start, meeting, logs)
    apart = {p: point for p, point in solved.items() if not point.status.ok or point.x[0] > SYMMETRIC}
    return _rows(problem, apart, distances, missing)


def _whole(problem: Problem, distances: Array) -> list[Row]:
    """The points of a curve with its origin at d = 1/2; near it q1 - q0 is lost in rounding, but all is even in t."""
    near = distances > float(_NEAR_HALF[0])
    if not (distances > float(_NEAR_HALF[-1])).any():
        return _points(problem, distances)
    rows = _points(problem, np.append(distances[~near], _NEAR_HALF))
    counts = problem.equations.system.model.weights.counts
    regular, nodes = iter(rows[: -len(_NEAR_HALF)]), rows[-len(_NEAR_HALF) :]
    return [
        _extrapolated(nodes, float(d), counts) if close else next(regular)
        for d, close in zip(distances, near, strict=True)
    ]


def _extrapolated(nodes: list[Row], distance: float, counts: bool) -> Row:
    """Row at a distance near 1/2 from those at `_NEAR_HALF`, by polynomials in the square of the overlap."""
    if not all(row.status.ok for row in nodes):
        return FAILED
    t, overlap = 1 - 2 * distance, 1 - 2 * _NEAR_HALF
    weights = polynomial_weights(overlap**2, t**2)

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
    shorter = float(polynomial_weights(overlap[:-1] ** 2, t**2) @ np.array(entropies[:-1]))
    error = max(row.error for row in nodes) + abs(entropy - shorter)
    slope = odd([row.slope for row in nodes])
    stability = float(np.fmin(overlaps["replicon"], overlaps["replicon_ref"]))
    counted = (entropy, complexity) if counts else (0.0, 0.0)
    status = Status.of(*counted, stability=stability, error=error, tolerance=INACCURATE)
    return Row(status, entropy, slope, complexity, nodes[0].y, error, overlaps)


def _points(problem: Problem, distances: Array) -> list[Row]:
    """The points of a curve that is continued from its origin."""
    system = problem.equations.system
    try:
        alone = typical_overlaps(system.model, system.alpha)
    except ConvergenceError:
        return [FAILED] * len(distances)
    logs = _logs(distances)
    if problem.zero:
        solved = zero_points(problem, alone, logs)
        missing = Status.NO_ZERO_COMPLEXITY if solved is None else Status.SADDLE_LOST
        return _rows(problem, solved or {}, distances, missing)
    if _is_free(problem) or problem.equations.even:
        return _rows(problem, curve_points(problem, alone, logs), distances)
    return _across(problem, alone, distances)


def _across(problem: Problem, alone: Overlaps, distances: Array) -> list[Row]:
    """The points of a curve across the typical distance, where the equations of a constrained reference are singular.

    Everything is smooth there: rows nearby are interpolated from those on both sides and at it, in atanh t.
    """
    typical = singular_point(problem.equations, alone)
    with np.errstate(divide="ignore"):
        near = np.abs(np.log(distances) - typical) < _SINGULAR[0]
    if not near.any():
        return _rows(problem, curve_points(problem, alone, _logs(distances)), distances)
    offsets = np.array(_SINGULAR)
    nodes = np.concatenate([typical - offsets, typical + offsets])
    nodes = nodes[nodes < np.log(0.5) - _MARGIN]
    everything = np.append(distances[~near], np.exp(nodes))
    rows = _rows(problem, curve_points(problem, alone, _logs(everything)), everything)
    regular, known = iter(rows[: -len(nodes)]), rows[-len(nodes) :]
    lost = next((row for row in known if not row.status.ok), None)
    p, p_nodes = (np.arctanh(1 - 2 * x) for x in (distances, np.append(np.exp(nodes), np.exp(typical))))
    centre, counts = _decoupled(problem.equations.system), problem.equations.system.model.weights.counts
    return [
        next(regular) if not close else lost or _interpolated(p_nodes, known, centre, float(here), counts)
        for here, close in zip(p, near, strict=True)
    ]


def _decoupled(system: System) -> dict[str, float]:
    """What is known at the typical distance: the replicas and their constrained reference do not feel each other."""
    replicas = replica_symmetric(system.model, system.alpha)
    count = system.model.weights.log_measure
    if system.reference is not None:
        count = float(replica_symmetric(system.reference, system.alpha).free_entropy)
    free = float(replicas.free_entropy)
    q = float(replicas.q)
    return {"entropy": float(replicas.entropy), "complexity": count, "free_entropy": free,
            "phi": count + system.y * free, "q0": q, "q1": q, "gamma": 0.0}  # fmt: skip


def _interpolated(nodes: Array, rows: list[Row], centre: dict[str, float], p: float, counts: bool) -> Row:
    """Row at p = atanh t by the polynomial through the others and, where known, the centre (the last node).

    Its error is that of the rows as they weigh, and what leaving out the farthest changes.
    """
    columns = {name: [row.overlaps[name] for row in rows] for name in rows[0].overlaps}
    columns |= {name: [getattr(row, name) for row in rows] for name in ("entropy", "complexity")}
    values = {}
    for name, column in columns.items():
        known = [*column, centre[name]] if name in centre else column
        values[name] = float(polynomial_weights(nodes[: len(known)], p) @ known)
    entropy, complexity = values.pop("entropy"), values.pop("complexity")
    values["residual"] = max(columns["residual"])
    entropies = np.array([*columns["entropy"], centre["entropy"]])
    interpolant = scipy.interpolate.BarycentricInterpolator(nodes, entropies)
    slope = -2 * float(np.cosh(p)) ** 2 * float(interpolant.derivative(p))
    keep = np.abs(nodes - p) < np.abs(nodes - p).max()
    shorter = float(polynomial_weights(nodes[keep], p) @ entropies[keep])
    error = np.abs(polynomial_weights(nodes, p)[:-1]) @ [row.error for row in rows] + abs(entropy - shorter)
    stability = float(np.fmin(values["replicon"], values["replicon_ref"]))
    counted = (entropy, complexity) if counts else (0.0, 0.0)
    status = Status.of(*counted, stability=stability, error=float(error), tolerance=INACCURATE)
    return Row(status, entropy, slope, complexity, rows[0].y, float(error), values)


def _logs(distances: Array) -> list[float]:
    return [float(p) for p in np.log(np.unique(distances[distances >= SMALLEST_DISTANCE]))]


def _rows(problem: Problem, solved: Branch, distances: Array, missing: Status = Status.SADDLE_LOST) -> list[Row]:
    return [_row(problem, solved, float(d), missing) for d in distances]


def _row(problem: Problem, solved: Branch, distance: float, missing: Status) -> Row:
    if distance == 0:
        return _at_reference(problem)
    if distance < SMALLEST_DISTANCE:
        return Row(Status.OUT_OF_RANGE)
    point = solved.get(float(np.log(distance)))
    if point is None:
        return Row(missing)
    if not point.status.ok:
        return Row(point.status, overlaps={"fold": float(np.exp(point.fold))})
    return read_out(problem, point.x, distance)


def _at_reference(problem: Problem) -> Row:
    """The limit d = 0: the replicas are the reference, which satisfies both constraints where they are hard."""
    system = problem.equations.system
    model, reference, weights = system.model, system.reference, system.model.weights
    nothing = AT_REFERENCE if weights.counts else AT_REFERENCE._replace(entropy=-np.inf)
    if problem.zero:
        return nothing._replace(complexity=0.0)
    if np.isfinite(model.beta):
        return nothing._replace(y=system.y)
    if system.y == 0 and reference is None:  # any configuration is one: it hardly ever is a solution
        return EXCLUDED._replace(y=0.0, complexity=weights.log_measure)
    tighter = model if reference is None or not model.contains(reference) else reference
    try:
        alone = replica_symmetric(tighter, system.alpha)
    except ConvergenceError:
        return FAILED
    count, r = float(alone.entropy), float(alone.teacher_overlap)
    status = Status.CONVERGED if count >= 0 or not weights.counts else Status.NEGATIVE_COMPLEXITY
    taught = {"teacher_overlap": r, "teacher_overlap_ref": r} if model.has_teacher else {}
    overlaps = {"q1": 1.0, "phi": count if weights.counts or system.y == 0 else -np.inf, **taught}
    return nothing._replace(status=status, complexity=count, y=system.y, overlaps=overlaps)
