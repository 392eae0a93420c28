"""The points of a curve in the distance at y = inf: flat from the best aligned reference to 1/2, continued below."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from replica_theory.models.model import Model
from replica_theory.models.weights import DiscreteWeights
from replica_theory.numerics.branches import BranchPoint, follow_branch
from replica_theory.replicas.discrete_limit import aligned_levels
from replica_theory.replicas.equations import TAUGHT
from replica_theory.replicas.even_constraint import Limit, descend, limit_branch
from replica_theory.replicas.finite_curve import SMALLEST_DISTANCE
from replica_theory.replicas.infinite_y import LimitEquations, aligned
from replica_theory.replicas.saturated import Saturated, saturated
from replica_theory.replicas.spherical_limit import spherical_limit
from replica_theory.results.curve import AT_REFERENCE, FAILED, INACCURATE, Row
from replica_theory.status import ConvergenceError, Status
from replica_theory.typical.replica_symmetric import ReplicaSymmetric, replica_symmetric
from replica_theory.typing import Array


def limit_curve(model: Model, alpha: float, distances: Array) -> list[Row]:
    """One row a distance."""
    try:
        alone = replica_symmetric(model, alpha)
    except ConvergenceError:
        return [FAILED] * len(distances)
    symmetric = float(alone.q) == 0
    flat, r_ref = (0.5, 0.0) if symmetric else _aligned(model, alone)
    inside = np.unique(distances[(distances >= SMALLEST_DISTANCE) & (distances < flat)])
    logs = [float(p) for p in np.log(inside)]
    if model.weights.name == "spherical" and not model.has_teacher:
        solved: dict[float, Limit] = {p: spherical_limit(model, alpha, 1 - 2 * float(np.exp(p))) for p in logs}
    else:
        solved = limit_branch(model, alpha, logs) if symmetric else typical_branch(model, alpha, alone, logs)
    equations = LimitEquations(model, alpha)
    rows = []
    for d in distances:
        if d >= flat:
            rows.append(_typical_row(model, alone, r_ref))
        elif d == 0:
            rows.append(AT_REFERENCE._replace(entropy=0.0 if model.weights.counts else -np.inf, y=np.inf))
        elif d < SMALLEST_DISTANCE:
            rows.append(Row(Status.OUT_OF_RANGE))
        else:
            rows.append(_limit_row(equations, solved.get(float(np.log(d))), float(d)))
    return rows


def typical_branch(model: Model, alpha: float, alone: ReplicaSymmetric, logs: list[float]) -> dict[float, Limit]:
    """Solutions at log distances below that of the best aligned reference, continued from there."""
    solved: dict[float, Limit] = {p: saturated(model, alpha, 1 - 2 * float(np.exp(p))) for p in logs}
    more = [float(alone.teacher_overlap)] if model.has_teacher else []
    if isinstance(model.weights, DiscreteWeights):
        ratio = aligned_levels(model.weights, float(alone.q_hat), float(alone.mean_square_hat))[1]
        more = [float(alone.mean_square), ratio]
    start, origin = np.array([float(alone.q), *more, 0.0, 0.0]), float(np.log(_aligned(model, alone)[0]))
    missing = [p for p, found in solved.items() if found is None]
    return solved | descend(LimitEquations(model, alpha), start, origin, missing)


def _aligned(model: Model, alone: ReplicaSymmetric) -> tuple[float, float]:
    """Distance of the best aligned reference from the typical solutions, and its overlap with the teacher."""
    if isinstance(model.weights, DiscreteWeights):
        return 0.5 * (1 - aligned_levels(model.weights, float(alone.q_hat), float(alone.mean_square_hat))[0]), 0.0
    r_hat = float(alone.teacher_overlap_hat) if model.has_teacher else 0.0
    t, r_ref = aligned(float(alone.q_hat), r_hat, model.weights)
    return 0.5 * (1 - t), r_ref


def _typical_row(model: Model, alone: ReplicaSymmetric, r_ref: float) -> Row:
    """Where the typical solutions are those of some reference."""
    overlaps = {"q0": float(alone.q), "q1": float(alone.q), "gamma": 0.0, "t_hat": 0.0, "energy": float(alone.energy)}
    overlaps |= {"free_entropy": float(alone.free_entropy), "replicon": float(alone.stability)}
    if alone.shift is not None:
        overlaps["shift"] = float(alone.shift)
    entropy, error = float(alone.entropy), 0.0
    if model.has_teacher:
        q_hat, error = float(alone.q_hat), float(alone.error)
        overlaps |= {"q0_hat": q_hat, "q1_hat": q_hat, "residual": float(alone.residual)}
        overlaps |= dict(
            zip(TAUGHT, (float(alone.teacher_overlap), float(alone.teacher_overlap_hat), r_ref), strict=True)
        )
    status = Status.of(entropy if model.weights.counts else 0.0, stability=float(alone.stability))
    return Row(status, entropy, 0.0, np.nan, np.inf, error, overlaps)


def _limit_row(equations: LimitEquations, x: Limit, distance: float) -> Row:
    if x is None:
        return FAILED
    if isinstance(x, BranchPoint):
        return Row(x.status, overlaps={"fold": float(np.exp(x.fold))})
    counts = equations.model.weights.counts
    if isinstance(x, Saturated):
        overlaps = {"q0": x.q, "q1": x.q, "q0_hat": 0.0, "q1_hat": 0.0, "t_hat": 0.5 * x.slope,
                    "gamma": 0.5 * x.slope, "gap": np.inf, "gap_hat": 0.0}  # fmt: skip
        if equations.model.has_teacher:
            overlaps |= dict(zip(TAUGHT, (x.r, 0.0, x.r_ref), strict=True))
        if equations.model.weights.square is None:
            half = 0.5 * x.slope / float(np.sqrt(x.square * x.square_ref))
            overlaps |= {"t_hat": half, "gamma": half, "mean_square": x.square, "mean_square_ref": x.square_ref}
        return Row(Status.of(x.entropy if counts else 0.0), x.entropy, x.slope, np.nan, np.inf, 0.0, overlaps)
    t = 1 - 2 * distance
    point = equations.read(x, t)
    finer = replace(equations, nodes=2 * equations.nodes - 1).read(x, t)
    if point is None or finer is None:
        return FAILED
    overlaps = {"q0": point.q, "q1": point.q, "q0_hat": point.q_hat, "q1_hat": point.q_hat, "t_hat": point.t_hat,
                "gamma": point.t_hat, "energy": point.energy, "gap": point.gap, "gap_hat": point.gap_hat}  # fmt: skip
    overlaps |= {"replicon": point.replicon, "free_entropy": finer.free_entropy}
    if equations.model.has_teacher:
        overlaps |= dict(zip(TAUGHT, (point.r, point.r_hat, point.r_ref), strict=True))
        overlaps["residual"] = float(np.abs(equations.residual(x, t)).max())
    if equations.model.weights.square is None:
        overlaps |= {"mean_square": point.square, "mean_square_ref": point.square_ref}
    if equations.model.is_mixture:
        overlaps["shift"] = finer.shift
    error = abs(finer.entropy - point.entropy)
    slope = 2 * point.t_hat * float(np.sqrt(point.square * point.square_ref)) + _heat_slope(equations, x, distance)
    status = Status.of(finer.entropy if counts else 0.0, stability=finer.replicon, error=error, tolerance=INACCURATE)
    return Row(status, finer.entropy, slope, np.nan, np.inf, error, overlaps)


def _heat_slope(equations: LimitEquations, x: Array, distance: float) -> float:
    """What the slope of the entropy exceeds that of the free entropy by, by solving on both sides.

    It is 0 at beta = inf without a prior.
    """
    if np.isposinf(equations.model.beta) and not equations.model.weights.has_prior:
        return 0.0
    p, h = float(np.log(distance)), 1e-4
    heats = []
    for side in (p - h, p + h):
        beside = follow_branch(equations.along, x, p, [side], max_step=h)[0]
        point = equations.read(beside.x, 1 - 2 * float(np.exp(side))) if beside.status.ok else None
        heats.append(np.nan if point is None else point.entropy - point.free_entropy)
    return float(heats[1] - heats[0]) / (2 * h * distance)
