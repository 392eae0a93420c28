r"""The two sectors of an even constraint (allowed set symmetric under `h` → `-h`) and how to get into them.

*Symmetric*: the overlaps between different references and between their replicas vanish, :math:`q_0 = t_0 = \tilde q =
0`, and :math:`\varphi` is the exponent of the first moment, :math:`\frac1N\log E\sum_{\tilde W}\tilde X\,\mathcal N^y`.
*Broken*: :math:`q_0 > 0`, the saddle point of the general formulas. It branches off where the symmetric one becomes
unstable, at a number of replicas :math:`y_c(d)`, and has the smaller :math:`\varphi` beyond. At :math:`y = \infty` it
alone is left: it starts from the typical entropy at d = 1/2 and grows towards :math:`q = t^2` as d → 0.

Where every constraint can be met at once by the best reference, :math:`\delta q` diverges: the reference has all its
stabilities at the maximum `c` of :math:`\ell(\cdot, \sqrt{1-t^2})`, then :math:`q = t^2` and

.. math:: S_\infty = H_2(d) + \alpha\,\ell(c, \sqrt{1-t^2}), \qquad \text{where}\quad
   \alpha\,E(h - c)^2 < \tfrac2\pi t^2, \quad h\sim\mathcal N(0, t^2),

which for :math:`|h|\le\kappa` (`c` = 0) means :math:`\alpha < 2/\pi`, whatever the distance and the margin.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from replica_theory.models.model import Model
from replica_theory.numerics.branches import BranchPoint, follow_branch
from replica_theory.replicas.equations import Equations
from replica_theory.replicas.finite_y import entropic
from replica_theory.replicas.infinite_y import LimitEquations
from replica_theory.replicas.saturated import Saturated, saturated, taught
from replica_theory.typing import Array

_LOADS = (0.5, 0.65, 0.8, 0.9, 1.0)
"""Fractions of the annealed capacity from which the sign-broken sector is continued in the load."""
_DISTANCES = (0.3, 0.2, 0.4, 0.1)
_SATURATED = 1e9
"""Width beyond which its divergence is taken as complete (the entropy is then off by less than its inverse)."""
_NEAR_HALF = 0.4
_RESOLVED = 2e-3
"""Resolution in log d of the end of a branch at y = inf."""
_MANY = 60.0
"""Number of replicas at which y = inf is near."""
_MOST = 1000.0
_COOLED = 10.0
"""Number of replicas (or more) at which the constraint on the references is switched on."""
Limit = Array | Saturated | BranchPoint | None
"""Coordinates at y = inf, their limit where the width diverges, how the branch ended before, or nothing."""
SYMMETRIC = 1e-7
"""Overlap below which a solution belongs to the sign-symmetric sector."""


def limit_start(model: Model, alpha: float) -> tuple[Array, float] | None:
    """Solution of the sign-broken sector at y = inf and the log distance where it is; None if none is found.

    Damped iteration from q = t^2 at a moderate load, then continuation in the load.
    """
    lost = -float(model.log_kernel(np.zeros(()), 1.0).log)
    annealed = np.log(2) / lost if lost > 0 else np.inf
    loads = [min(alpha, f * annealed) for f in _LOADS] + [alpha]
    for distance in _DISTANCES:
        t = 1 - 2 * distance
        for load in dict.fromkeys(loads):
            if saturated(model, load, t) is not None:
                continue
            x = _iterated(LimitEquations(model, load), t)
            if x is not None and load != alpha:
                x = _along_load(model, x, load, alpha, t)
            if x is not None:
                return x, float(np.log(distance))
    return None


def _along_load(model: Model, x: Array, load: float, alpha: float, t: float) -> Array | None:
    def residual(x: Array, log_load: float) -> Array:
        return LimitEquations(model, float(np.exp(log_load))).residual(x, t)

    point = follow_branch(residual, x, np.log(load), [np.log(alpha)], max_step=0.1, min_step=1e-3)[0]
    return point.x if point.status.ok else None


def _iterated(equations: LimitEquations, t: float) -> Array | None:
    x = np.array([t**2, np.log(2), 0.1])
    for _ in range(100):
        step = equations.residual(x, t)
        if not np.isfinite(step).all():
            return None
        x = x + np.array([0.4, 0.4, -0.3]) * step
        if np.abs(step).max() < 1e-6:
            break
    point = follow_branch(equations.residual, x, t + 1e-9, [t], max_step=1.0)[0]
    return point.x if point.status.ok and 0 < point.x[0] < 1 else None


def limit_branch(model: Model, alpha: float, logs: list[float]) -> dict[float, Limit]:
    """Solutions of the sign-broken sector at y = inf at given log distances (arrays), or their saturated limits."""
    equations = LimitEquations(model, alpha)
    solved: dict[float, Limit] = {p: saturated(model, alpha, 1 - 2 * np.exp(p)) or _unfelt(equations, p) for p in logs}
    todo = [p for p in logs if solved[p] is None]
    start = limit_start(model, alpha) if todo else None
    if start is None:
        return solved
    x, origin = start
    solved |= descend(equations, x, origin, [p for p in todo if p < origin])
    above = sorted(p for p in todo if p >= origin)
    for point in follow_branch(equations.along, x, origin, above, max_step=0.1, min_step=_RESOLVED):
        solved[point.parameter] = point.x if point.status.ok else point
    return solved


def descend(equations: LimitEquations, x: Array, origin: float, logs: list[float]) -> dict[float, Limit]:
    """Solutions at y = inf at log distances below the origin; their limits once the width has diverged."""
    model, alpha = equations.model, equations.alpha
    solved = {p: _unfelt(equations, p) for p in logs}
    todo = [p for p in logs if solved[p] is None]
    if not todo:
        return solved
    # From a small overlap the branch is followed in the logarithm of the overlap.
    near_half = origin > np.log(_NEAR_HALF)
    along, place = (equations.along_odds, _odds) if near_half else (equations.along, float)
    places, diverged = {place(p): p for p in todo}, False
    branch = sorted({*places, *_waypoints(min(places), place(origin))}, reverse=True)
    for point in follow_branch(along, x, place(origin), branch, max_step=0.1, min_step=_RESOLVED):
        if point.status.ok:
            diverged = bool(point.x[-2] > np.log(_SATURATED))
        if point.parameter not in places:
            continue
        p = places[point.parameter]
        t, ended = 1 - 2 * float(np.exp(p)), None
        if diverged and not point.status.ok:
            ended = taught(model, alpha, t) if model.has_teacher else saturated(model, alpha, t, always=True)
        fold = _log_distance(point.fold) if near_half else point.fold
        solved[p] = point.x if point.status.ok else ended or replace(point, fold=fold)
    return solved


def _unfelt(equations: LimitEquations, log_distance: float) -> Limit:
    """The solution at a log distance if its width is seen to have diverged without looking for it."""
    t = 1 - 2 * float(np.exp(log_distance))
    limit = saturated(equations.model, equations.alpha, t, always=True)
    return limit if limit is not None and np.isinf(limit.field) and equations.diverges(t) else None


def _odds(log_distance: float) -> float:
    """The logarithm of d/t at log d; where t is below rounding, that of rounding."""
    return log_distance - float(np.log(max(-np.expm1(log_distance + np.log(2)), np.finfo(float).eps)))


def _log_distance(odds: float) -> float:
    """The logarithm of d at log(d/t)."""
    return odds - float(np.log1p(2 * np.exp(odds)))


def _waypoints(low: float, high: float) -> list[float]:
    """Places in between, to see the width diverge."""
    return [float(p) for p in np.arange(high - 0.2, low, -0.2)]


def sign_broken_start(equations: Equations, log_distance: float) -> Array | None:
    """Solution of the sign-broken sector at one distance, at the system's y and reference; None if none is found.

    From y = inf down in y; then the reference's constraint is switched on (its temperature lowered from infinity).
    """
    system = equations.system
    free = replace(equations, even=False, system=replace(system, reference=None))
    t, x = 1 - 2 * float(np.exp(log_distance)), None
    load, limit = system.alpha, limit_branch(system.model, system.alpha, [log_distance])[log_distance]
    for _ in range(40):
        if not isinstance(limit, Saturated):
            break
        load *= 1.2
        limit = limit_branch(system.model, load, [log_distance])[log_distance]
    if not isinstance(limit, np.ndarray):
        return None
    q, gap = float(limit[0]), float(np.expm1(limit[-2]))
    y = max(system.y, _MANY, 4 * gap / (1 - q))
    x = np.array([q, gap / y, limit[-1]])
    x = _homotopy(lambda v: _at(free, alpha=load, y=float(np.exp(v))), x, np.log(y) + 1e-7, np.log(y), t)
    x = _homotopy(lambda v: _at(free, alpha=float(np.exp(v)), y=y), x, np.log(load), np.log(system.alpha), t)
    # References that are solutions break the symmetry before free ones: cool them first.
    middle = max(system.y, _COOLED)
    x = _homotopy(lambda v: _at(free, y=float(np.exp(v))), x, np.log(y), np.log(middle), t)
    family = replace(equations, even=False)
    if system.reference is not None and x is not None:
        x = _constrained(_at(family, y=middle), _at(free, y=middle), x, t)
    x = _homotopy(lambda v: _at(family, y=float(np.exp(v))), x, np.log(middle), np.log(system.y), t)
    return None if x is None or x[0] < SYMMETRIC else x


def sign_broken_zero(equations: Equations, log_distance: float) -> tuple[Equations, Array] | None:
    """Equations and solution of the sign-broken sector next to zero complexity at one distance."""
    many = _at(equations, y=_MANY)
    x, t = sign_broken_start(many, log_distance), 1 - 2 * float(np.exp(log_distance))
    many, log_y, sign = replace(many, even=False), float(np.log(_MANY)), 0.0
    while x is not None and log_y <= np.log(_MOST) and x[0] > SYMMETRIC:
        here = _at(many, y=float(np.exp(log_y)))
        saddle = here.evaluate(x, t)[1]
        if saddle is None:
            return None
        previous, sign = sign, float(np.sign(saddle.complexity(here.system.y)))
        if previous * sign < 0:
            return here, x
        following = log_y + 0.25 * sign
        x = _homotopy(lambda v: _at(many, y=float(np.exp(v))), x, log_y, following, t)
        log_y = following
    return None


def _constrained(target: Equations, free: Equations, x: Array, t: float) -> Array | None:
    """The solution for constrained references, from the free one by cooling them."""
    center = target.system.reference
    assert center is not None
    solved = free.terms(x, t)
    if solved is None:
        return None
    q, forces, _ = solved
    tau = free.decode(x, t)[1]
    spins = entropic(_hot(target, 0.0).system, forces.hats, tau)
    if spins is None:
        return None
    overlaps = spins.overlaps._replace(q0=q.q0, gap=q.gap)
    start = np.append(_hot(target, 0.0).coordinates(overlaps, t), x[-1])
    return _homotopy(lambda v: _hot(target, v), start, 1e-9, 1.0, t)


def _hot(equations: Equations, coldness: float) -> Equations:
    """The reference at inverse temperature -log(1 - coldness): free at 0, as given at 1."""
    center = equations.system.reference
    if center is None or coldness >= 1:
        return equations
    beta = min(float(-np.log1p(-coldness)), float(np.asarray(center.beta)))
    return replace(equations, system=replace(equations.system, reference=center.at(beta=beta)))


def _at(equations: Equations, **changes: Any) -> Equations:
    """The equations at another load or number of replicas."""
    return replace(equations, system=replace(equations.system, **changes))


def _homotopy(
    family: Callable[[float], Equations], x: Array | None, origin: float, target: float, t: float
) -> Array | None:
    """Solution at the target of a one-parameter family of equations."""
    if x is None or origin == target:
        return x
    point = follow_branch(
        lambda x, v: family(v).residual(x, t), x, origin, [target], max_step=0.25, min_step=2e-3
    )[0]  # fmt: skip
    return point.x if point.status.ok else None
