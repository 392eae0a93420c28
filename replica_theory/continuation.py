r"""Continuation of the saddle points of `neighbourhood`, from nothing: in the distance, the load and the replicas.

Every branch starts where the replicas do not feel the reference (d = 1/2 if it is free, the typical distance between
solutions if it is one), where the equations are singular, and is followed in log d from a little off that point. Many
replicas are reached by raising y at one distance.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from replica_theory.franz_parisi import typical_overlap
from replica_theory.neighbourhood import Equations, Problem
from replica_theory.replica_symmetric import replica_symmetric
from replica_theory.saddle_point import follow_branch

Array = NDArray[np.float64]

EASY_Y = 2.0
"""Up to this y a curve can be continued from its origin; larger ones are raised from here at one distance."""
_DEPARTURE = 0.1
"""First step in log d away from the distance where the replicas do not feel the reference."""
_STEP = 0.25
_RESOLVED = 0.02
_CROSSING_DISTANCE = 0.1
"""Where the y of zero complexity is looked for first."""


def follow_from_origin(problem: Problem, q: float, logs: list[float]) -> dict[float, Array | None]:
    """Solutions at given log d, continued from where the replicas do not feel the reference."""
    t_origin = _origin(problem.equations, q)[1]
    if not np.isfinite(t_origin):
        return {}
    typical = float(np.log(0.5 * (1 - t_origin)))
    below = [p for p in sorted(logs, reverse=True) if p < typical]
    above = [p for p in sorted(logs) if p >= typical]
    solved: dict[float, Array | None] = {}
    for side, branch in ((-1.0, below), (1.0, above)):
        if not branch:
            continue
        if typical + _DEPARTURE > np.log(0.5):
            side = -1.0  # nothing beyond: come from below
        # A wider step where the overlap between solutions is nearly zero (an almost even constraint).
        wide = _DEPARTURE if side > 0 else 4 * _DEPARTURE
        for leave in (typical + side * _DEPARTURE, typical + side * wide):
            x = _depart_by_load(problem.equations, leave - typical)
            if x is not None:
                break
        else:
            continue
        back = [p for p in reversed(branch) if side * (p - leave) < 0]
        for part in ([p for p in branch if side * (p - leave) >= 0], back):
            for point in follow_branch(problem.residual, x, leave, part, max_step=_STEP, min_step=_RESOLVED):
                solved[point.parameter] = point.x if point.status.ok else None
    return solved


def _depart_by_load(equations: Equations, departure: float) -> Array | None:
    """Solution a departure in log d away from the origin; at high loads continued from a lower one."""
    load = equations.system.alpha

    def at_load(alpha: float) -> tuple[Equations, Array, float, float]:
        system = replace(equations.system, alpha=alpha)
        here = replace(equations, system=system)
        start, t_origin = _origin(here, float(replica_symmetric(system.model, alpha).q))
        return here, start, t_origin, 1 - (1 - t_origin) * float(np.exp(departure))

    def residual(x: Array, alpha: float) -> Array:
        here, _, _, t = at_load(alpha)
        return here.residual(x, t)

    for fraction in (1.0, 0.6, 0.3, 0.1):
        here, start, t_origin, t = at_load(fraction * load)
        x = _depart(here, start, t_origin, t)
        if not np.abs(here.residual(x, t)).max() <= 1e-4:
            continue
        point = follow_branch(residual, x, fraction * load, [load], max_step=0.15 * load, min_step=0.01 * load)[0]
        if fraction == 1.0 or point.status.ok:
            return x if fraction == 1.0 else point.x
    return None


def _origin(equations: Equations, q: float) -> tuple[Array, float]:
    """Coordinates and overlap where the replicas do not feel the reference."""
    system = equations.system
    if system.reference is None:
        return (np.zeros(2), 0.0) if equations.even else (np.array([q, 0.0, 0.0]), 0.0)
    if equations.even:
        return np.zeros(2), 0.0
    t = typical_overlap(system.model, system.reference, system.alpha)
    q_ref = float(replica_symmetric(system.reference, system.alpha).q)
    return np.array([q, 0.0, 0.0, q_ref - t**2 / q, 0.0]), t


def _depart(equations: Equations, start: Array, t_origin: float, t: float) -> Array:
    """Approximate solution a little off the origin, by damped iteration (at the origin the equations are singular)."""
    shift = t - t_origin
    x: Array = start.copy()
    if equations.system.reference is None:
        field = shift / (1 + 0.3 * equations.system.y)
        x[-2] = (1.0 if equations.even else 0.5 / (1 + equations.system.y)) * shift**2
    else:
        field = 1.6 * shift / (1 + 0.05 * equations.system.y)
        if equations.even:
            x[0] = 0.2 * shift**2
        else:
            x[1], x[2] = 0.25 * shift**2, 0.88 * shift
    x[-1] = field / (1 + abs(field))
    weights = np.append(np.full(len(x) - 1, 0.4), -0.6)
    # The coordinate that vanishes at the origin (a variance) must stay positive on the way.
    variance = len(x) - 2 if equations.system.reference is None or equations.even else 1
    weights = np.append(np.full(len(x) - 1, 0.4), -0.6)
    for _ in range(60):
        step = equations.residual(x, t)
        if not np.isfinite(step).all() or np.abs(step).max() < 1e-6:
            break
        following = x + weights * step
        following[variance] = max(following[variance], 0.5 * x[variance])
        x = following
    return x


def raise_replicas(
    equations: Equations, q: float, log_distance: float, y: float, *, until_zero: bool = False
) -> tuple[Equations, Array] | None:
    """Solution at one distance, continued in log y from y = 1 up to `y` or to the first negative complexity."""
    origin = Problem(with_y(equations, min(y, EASY_Y)))
    x = follow_from_origin(origin, q, [log_distance]).get(log_distance)
    if x is None:
        return None
    t, log_y, step = 1 - 2 * float(np.exp(log_distance)), float(np.log(min(y, EASY_Y))), 0.25
    while log_y < np.log(y):
        following = min(log_y + step, float(np.log(y)))
        point = follow_branch(
            lambda x, v: with_y(equations, float(np.exp(v))).residual(x, t), x, log_y, [following],
            max_step=step, min_step=0.01,
        )[0]  # fmt: skip
        if not point.status.ok:
            return None
        x, log_y = point.x, following
        saddle = with_y(equations, float(np.exp(log_y))).evaluate(x, t)[1]
        if until_zero and saddle is not None and saddle.complexity(float(np.exp(log_y))) < 0:
            return with_y(equations, float(np.exp(log_y))), x
    return None if until_zero else (with_y(equations, y), x)


def with_y(equations: Equations, y: float) -> Equations:
    """The equations at another number of replicas."""
    return replace(equations, system=replace(equations.system, y=y))


def meeting_point(logs: list[float]) -> float:
    """The log distance at which y is raised: the requested one nearest to a distance that is easy at any y."""
    return min(logs, key=lambda p: abs(p - np.log(_CROSSING_DISTANCE)), default=float(np.log(_CROSSING_DISTANCE)))


def outwards(problem: Problem, x: Array, meeting: float, logs: list[float]) -> dict[float, Array | None]:
    """Solutions at given log d, continued from one of them in both directions."""
    # Solve the meeting point itself first, from a hair off: what was raised may only be near it.
    here = follow_branch(problem.residual, x, meeting + 1e-7, [meeting], max_step=_STEP)[0]
    if not here.status.ok:
        return {}
    solved: dict[float, Array | None] = {meeting: here.x}
    for branch in ([p for p in sorted(logs, reverse=True) if p < meeting], [p for p in sorted(logs) if p > meeting]):
        for point in follow_branch(problem.residual, here.x, meeting, branch, max_step=_STEP, min_step=_RESOLVED):
            solved[point.parameter] = point.x if point.status.ok else None
    return solved
