r"""Continuation of the saddle points of `neighbourhood`, from nothing: in the distance, the load and the replicas.

Every branch starts where the replicas do not feel the reference (d = 1/2 if it is free, the typical distance between
solutions if it is one), where the equations are singular, and is followed in log d from a little off that point. Many
replicas are reached by raising y at one distance, on either side of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from replica_theory.models.model import Model
from replica_theory.models.weights import DiscreteWeights
from replica_theory.numerics.branches import BranchPoint, follow_branch
from replica_theory.numerics.squeezing import squeezed
from replica_theory.replicas.equations import Equations, Problem
from replica_theory.replicas.finite_y import Overlaps, System
from replica_theory.replicas.probe import typical_overlap
from replica_theory.status import ConvergenceError, Status
from replica_theory.typical.replica_symmetric import replica_symmetric
from replica_theory.typing import Array

Branch = dict[float, BranchPoint]

EASY_Y = 2.0
"""Up to this y a curve can be continued from its origin; larger ones are raised from here at one distance."""
_DEPARTURE = 0.1
"""First step in log d away from the distance where the replicas do not feel the reference."""
_STEP = 0.25
_RESOLVED = 0.02
_RISE = 0.25
"""Step in log y."""
_FEW = 0.1
"""Up to this y damped iteration finds the solutions next to the origin, of any weights."""
_MEETINGS = (0.1, 0.2, 0.3, 0.05, 0.4, 0.45)
"""Distances at which y is raised, the easiest first."""
_LARGEST_Y = 500.0
"""More replicas are not resolved by the quadratures: a zero of the complexity there counts as none."""


def curve_points(problem: Problem, alone: Overlaps, logs: list[float]) -> Branch:
    """The points of a curve at fixed y at given log d; `alone` are the overlaps of replicas without any reference."""
    y = problem.equations.system.y
    if y <= EASY_Y:
        return follow_from_origin(problem, alone, logs)
    typical = singular_point(problem.equations, alone)
    solved: Branch = {}
    for side in ([p for p in logs if p < typical], [p for p in logs if p >= typical]):
        for meeting in meeting_points(side, typical):
            raised = raise_replicas(problem.equations, alone, meeting, y)
            if raised is not None:
                solved |= outwards(problem, raised[1], meeting, side)
                break
    return solved


def zero_points(problem: Problem, alone: Overlaps, logs: list[float]) -> Branch | None:
    """The points of the curve at zero complexity, None if the complexity vanishes at no y."""
    typical = singular_point(problem.equations, alone)
    for meeting in meeting_points([p for p in logs if p < typical], typical):
        raised = raise_to_zero(problem.equations, alone, meeting)
        if raised is not None:
            return outwards(problem, np.append(raised[1], np.log(raised[0].system.y)), meeting, logs)
    return None


def typical_overlaps(model: Model, alpha: float) -> Overlaps:
    """Overlaps of the replicas without any reference: with each other, and with the teacher."""
    alone = replica_symmetric(model, alpha)
    square_ref = model.weights.moments[1]
    return Overlaps(float(alone.q), 0.0, r=float(alone.teacher_overlap),
                    square=float(alone.mean_square), square_ref=square_ref)  # fmt: skip


def singular_point(equations: Equations, alone: Overlaps) -> float:
    """Log distance at which the replicas do not feel the reference and the equations are singular."""
    return float(np.log(0.5 * (1 - _origin(equations, alone)[1])))


def meeting_points(logs: list[float], typical: float) -> list[float]:
    """Log distances at which y may be raised, on the side of the singular point where the targets are."""
    if not logs:
        return []
    below = logs[0] < typical
    first = [min(logs, key=lambda p: abs(p - np.log(_MEETINGS[0])))] if below else [typical + 2 * _DEPARTURE]
    return first + [float(p) for p in np.log(_MEETINGS) if below == (p < typical - _DEPARTURE)]


def follow_from_origin(problem: Problem, alone: Overlaps, logs: list[float]) -> Branch:
    """Solutions at given log d, continued from where the replicas do not feel the reference."""
    typical = singular_point(problem.equations, alone)
    if not np.isfinite(typical):
        return {}
    below = [p for p in sorted(logs, reverse=True) if p < typical]
    above = [p for p in sorted(logs) if p >= typical]
    solved: Branch = {}
    for side, branch in ((-1.0, below), (1.0, above)):
        if not branch:
            continue
        if typical + _DEPARTURE > np.log(0.5):
            side = -1.0  # nothing beyond: come from below
        # A wider step where the overlap between solutions is nearly zero (an almost even constraint).
        wide = 4 * _DEPARTURE if side < 0 else _DEPARTURE
        if problem.equations.system.model.weights.name != "binary" and typical + 2 * _DEPARTURE < np.log(0.5):
            wide = max(wide, 2 * _DEPARTURE)
        for leave in (typical + side * _DEPARTURE, typical + side * wide):
            x = _depart_by_load(problem.equations, leave - typical)
            if x is not None:
                break
        else:
            continue
        back = [p for p in reversed(branch) if side * (p - leave) < 0]
        for part in ([p for p in branch if side * (p - leave) >= 0], back):
            solved |= _followed(problem, x, leave, part)
    return solved


def _followed(problem: Problem, x: Array, origin: float, logs: list[float]) -> Branch:
    """Solutions at log distances in the order in which they are met."""

    def leaves(x: Array) -> Status | None:
        return Status.NO_ZERO_COMPLEXITY if problem.zero and x[-1] > np.log(_LARGEST_Y) else None

    points = follow_branch(problem.residual, x, origin, logs, max_step=_STEP, min_step=_RESOLVED, leaves=leaves)
    return {point.parameter: point for point in points}


def _depart_by_load(equations: Equations, departure: float) -> Array | None:
    """Solution a departure in log d away from the origin; at high loads continued from a lower one."""
    load = equations.system.alpha

    def at_load(alpha: float) -> tuple[Equations, Array, float, float]:
        system = replace(equations.system, alpha=alpha)
        here = replace(equations, system=system)
        start, t_origin = _origin(here, typical_overlaps(system.model, alpha))
        return here, start, t_origin, 1 - (1 - t_origin) * float(np.exp(departure))

    def residual(x: Array, alpha: float) -> Array:
        try:
            here, _, _, t = at_load(alpha)
        except ConvergenceError:
            return np.full_like(x, np.nan)
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


def _origin(equations: Equations, alone: Overlaps) -> tuple[Array, float]:
    """Coordinates and overlap where the replicas do not feel the reference."""
    system = equations.system
    squares: list[float] = []
    if system.reference is not None:
        reference = replica_symmetric(system.reference, system.alpha)
        alone = alone._replace(rest=float(reference.q), square_ref=float(reference.mean_square))
    if equations.free_squares:
        squares = [alone.square, alone.square_ref]
    if equations.even:
        return np.array([0.0, *squares, 0.0]), 0.0
    if system.reference is None:
        cosine = 0.0 if system.model.weights.is_even else _mean_cosine(system)
        return np.append(equations.coordinates(alone, cosine), 0.0), cosine
    t = typical_overlap(system.model, system.reference, system.alpha)
    slope = t / alone.q0 if alone.q0 > 0 else 0.0
    cosine = t / float(np.sqrt(alone.square * alone.square_ref))
    return np.array([alone.q0, 0.0, slope, alone.rest - slope**2 * alone.q0, *squares, 0.0]), cosine


def _mean_cosine(system: System) -> float:
    """Cosine between typical solutions and a reference of independent weights, by their means."""
    weights = system.model.weights
    alone = replica_symmetric(system.model, system.alpha)
    mean, square = weights.moments
    assert isinstance(weights, DiscreteWeights)
    c = float(alone.mean_square_hat)
    z, h = weights.field(np.asarray(alone.q_hat), np.zeros(()), c, 241)
    return mean * float(z.integrate(weights.mean(h, c))) / float(np.sqrt(square * float(alone.mean_square)))


def _depart(equations: Equations, start: Array, t_origin: float, t: float) -> Array:
    """Approximate solution a little off the origin; of weights of other kinds from fewer replicas."""
    y = equations.system.y
    if equations.system.model.weights.name == "binary" or y <= _FEW:
        return _iterated(equations, start, t_origin, t)
    x = _iterated(with_y(equations, _FEW), start, t_origin, t)
    raised = _at_replicas(equations, t, x, float(np.log(_FEW)), float(np.log(y)))
    return x if raised is None else raised


def _iterated(equations: Equations, start: Array, t_origin: float, t: float) -> Array:
    """The same by damped iteration (at the origin the equations are singular)."""
    shift = t - t_origin
    x: Array = start.copy()
    finished = 1e-6
    at_gap = len(x) - (4 if equations.free_squares else 2)
    if equations.system.reference is None:
        field = shift / (1 + 0.3 * equations.system.y)
        x[at_gap] = (1.0 if equations.even else 0.5 / (1 + equations.system.y)) * shift**2
    else:
        field = (
            (1.6 if equations.system.model.weights.name == "binary" else 1.0) * shift / (1 + 0.05 * equations.system.y)
        )
        if equations.even:
            x[0] = 0.2 * shift**2
        else:
            # In proportion to the overlap between solutions where that is small.
            share = min(float(x[0]) / 0.3, 1.0)
            x[1], x[2] = 0.25 * shift**2 * share, x[2] + 0.12 * shift / max(float(x[0]), 0.3)
            finished *= share
    rise = _rise(equations, start)
    x[-1] = squeezed(field if rise is None else 0.8 * rise * field)
    # The coordinate that vanishes at the origin (a variance) must stay positive on the way.
    variance = at_gap if equations.system.reference is None or equations.even else 1
    weights = np.append(np.full(len(x) - 1, 0.4), -0.6)
    for _ in range(60 if rise is None else 300):
        step = equations.residual(x, t)
        if not np.isfinite(step).all() or np.abs(step).max() < finished:
            break
        if rise is not None:
            weights[-1] = -0.4 * rise * (1 - abs(float(x[-1]))) ** 2
        following = x + weights * step
        following[variance] = max(following[variance], 0.5 * x[variance])
        x = following
    return x


def _rise(equations: Equations, start: Array) -> float | None:
    """How fast the field grows with the overlap at the origin; None for binary weights, whose numbers are known."""
    if equations.system.model.weights.name == "binary":
        return None
    q = equations.decode(start, 0.0)[0]
    if q is None:
        return 1.0
    rest = max(q.square - q.q0, 1e-6)
    return float(np.sqrt(q.square * q.square_ref)) / (rest * max(q.square_ref - q.q_ref, 1e-6))


def raise_replicas(
    equations: Equations, alone: Overlaps, log_distance: float, y: float
) -> tuple[Equations, Array] | None:
    """Equations and solution at one distance and y, continued in log y."""
    raised = list(_rising(equations, alone, log_distance, y))
    return raised[-1] if raised and raised[-1][0].system.y == y else None


def raise_to_zero(equations: Equations, alone: Overlaps, log_distance: float) -> tuple[Equations, Array] | None:
    """Equations and solution at one distance next to the y at which the complexity first vanishes."""
    t, before = 1 - 2 * float(np.exp(log_distance)), np.nan
    for here, x in _rising(equations, alone, log_distance, _LARGEST_Y):
        saddle = here.evaluate(x, t)[1]
        complexity = np.nan if saddle is None else saddle.complexity(here.system.y)
        if complexity < 0:
            share = complexity / (complexity - before) if before > 0 else 0.0
            following = float(np.log(here.system.y)) - share * _RISE
            closer = _at_replicas(equations, t, x, float(np.log(here.system.y)), following)
            return (here, x) if closer is None else (with_y(equations, float(np.exp(following))), closer)
        before = complexity
    return None


def _rising(equations: Equations, alone: Overlaps, log_distance: float, y: float) -> Iterator[tuple[Equations, Array]]:
    """Equations and solutions at one distance as y rises to its end, as far as the branch goes."""
    low = min(y, EASY_Y)
    departed = follow_from_origin(Problem(with_y(equations, low)), alone, [log_distance]).get(log_distance)
    if departed is None or not departed.status.ok:
        return
    t, log_y, x = 1 - 2 * float(np.exp(log_distance)), float(np.log(low)), departed.x
    while log_y < np.log(y):
        following = min(log_y + _RISE, float(np.log(y)))
        found = _at_replicas(equations, t, x, log_y, following)
        if found is None:
            return
        x, log_y = found, following
        yield with_y(equations, float(np.exp(log_y)) if log_y < np.log(y) else y), x


def _at_replicas(equations: Equations, t: float, x: Array, log_y: float, following: float) -> Array | None:
    """The solution followed from one log y to another."""
    point = follow_branch(
        lambda x, v: with_y(equations, float(np.exp(v))).residual(x, t), x, log_y, [following],
        max_step=_RISE, min_step=0.01,
    )[0]  # fmt: skip
    return point.x if point.status.ok else None


def with_y(equations: Equations, y: float) -> Equations:
    """The equations at another number of replicas."""
    return replace(equations, system=replace(equations.system, y=y))


def outwards(problem: Problem, x: Array, meeting: float, logs: list[float]) -> Branch:
    """Solutions at given log d, continued from one of them in both directions."""
    # Solve the meeting point itself first, from a hair off: what was raised may only be near it.
    here = follow_branch(problem.residual, x, meeting + 1e-7, [meeting], max_step=_STEP)[0]
    if not here.status.ok:
        return {}
    solved: Branch = {meeting: here}
    for branch in ([p for p in sorted(logs, reverse=True) if p < meeting], [p for p in sorted(logs) if p > meeting]):
        solved |= _followed(problem, here.x, meeting, branch)
    return solved
