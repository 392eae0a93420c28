r"""Saddle points as fixed points: many at once by iteration and Newton, one branch at a time by continuation.

Every saddle point here has the form :math:`x = G(x)` (order parameters → conjugates → order parameters). The
fixed-point iteration is robust far from the solution, Newton on :math:`G(x) - x` finishes where the iteration contracts
slowly. A map signals a point outside its domain by returning NaN (and may compute with NaN: nothing is warned of).
Where a branch resists steps in its parameter it is followed by arclength, which tells a fold from a hard stretch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from replica_theory.numerics.fixed_points import DIFFERENCE, ROUNDING
from replica_theory.numerics.interpolation import polynomial_weights
from replica_theory.numerics.progress import tick
from replica_theory.status import Status
from replica_theory.typing import Array

_SHORTEST, _LONGEST = 1e-6, 0.3
"""Steps in arclength (relative changes of the unknowns)."""
_ALIGNED = 0.8
"""Cosine between neighbouring tangents below which a step in arclength may have left its branch, and is halved."""
_ASTRAY, _NEARBY = 0.5, 0.1
"""A step in p is halved where its correction exceeds this part of the step, and this relative size."""
_FLAT = 1e-5
"""Slope dp/ds at which a fold counts as found: the parameter is then right to about its square."""


@dataclass(frozen=True, eq=False)
class BranchPoint:
    """One point of a branch: parameter, solution (NaN if there is none), how it ended, and where it turned back."""

    parameter: float
    x: Array
    status: Status
    fold: float = np.nan


@np.errstate(invalid="ignore")
def follow_branch(
    residual: Callable[[Array, float], Array],
    start: Array,
    origin: float,
    targets: list[float],
    *,
    max_step: float,
    min_step: float = 1e-4,
    tol: float = 1e-12,
    leaves: Callable[[Array], Status | None] = lambda x: None,
) -> list[BranchPoint]:
    r"""Follow the solution of :math:`r(x; p) = 0` from `origin` through the `targets`, monotone in `p`.

    Quadratic predictor, Newton corrector with the Jacobian kept from point to point by Broyden's update (one evaluation
    of the residual an iteration); a step that fails, or that ends far from where the branch was heading, is halved.
    Below `min_step` the branch is followed by arclength: if it turns back the remaining targets get `Status.FOLD`, if
    it stops `Status.SADDLE_LOST`, and NaN, never a solution of another branch; past a hard stretch it goes on in steps
    of `p`.

    Parameters
    ----------
    residual : callable
        ``residual(x, p)`` with `x` of shape (k,); NaN outside the domain.
    start : array, shape (k,)
        Solution (or a close guess) at `origin`; it is corrected there where the first target is the origin itself.
    origin : float
    targets : list of float
        In the order in which they are met, all on one side of `origin`.
    max_step, min_step : float
        Largest and smallest step in `p`.
    tol : float
        Largest component of the residual at which a point is finished.
    leaves : callable, optional
        A status with which the branch ends at a solution (a parameter out of bounds, say), or None.

    Returns
    -------
    list of BranchPoint
        One for each target.
    """
    corrector = _Broyden(residual, tol)
    # With the Jacobian at hand, the first point is corrected and the first step knows its direction.
    seen = [(origin, np.array(start, dtype=float))]
    tangent = corrector.tangent(seen[0][1], origin)
    points: list[BranchPoint] = []
    step, ended, fold = max_step, Status.CONVERGED, np.nan
    if targets and targets[0] == origin:  # no step will correct it
        here = corrector.solve(seen[0][1], origin)
        seen, ended = (seen, Status.SADDLE_LOST) if here is None else ([(origin, here)], leaves(here) or ended)
    for target in targets:
        while ended.ok and seen[-1][0] != target:
            p = seen[-1][0]
            delta = float(np.sign(target - p)) * min(step, abs(target - p))
            following = target if abs(target - p) <= step else p + delta
            guess = seen[0][1] + delta * tangent if len(seen) == 1 else _extrapolate(seen[-3:], following)
            found = corrector.solve(guess, following)
            if found is not None and (len(seen) == 1 or not _astray(seen[-1][1], guess, found)):
                seen.append((following, found))
                ended = leaves(found) or ended
                step = min(1.5 * step, max_step)
                continue
            step = 0.5 * abs(delta)
            if step < min_step:
                arc = follow_arc(residual, seen[-1][1], p, target, step=min_step, tol=tol, leaves=leaves)
                seen, ended, fold, step = [*seen, *arc.points], arc.status, arc.fold, min_step
        x = seen[-1][1] if ended.ok else np.full(len(start), np.nan)
        points.append(BranchPoint(target, x, ended, fold))
    return points


class Arc(NamedTuple):
    """A stretch of a branch followed by arclength.

    `points` are pairs of parameter and solution, monotone in the parameter; `status` is CONVERGED where the arc reached
    its target, FOLD where it turned back (at the parameter `fold`), SADDLE_LOST where it stopped.
    """

    points: list[tuple[float, Array]]
    status: Status
    fold: float = np.nan


@np.errstate(invalid="ignore")
def follow_arc(
    residual: Callable[[Array, float], Array],
    start: Array,
    origin: float,
    target: float,
    *,
    step: float,
    tol: float = 1e-12,
    most: int = 100,
    leaves: Callable[[Array], Status | None] = lambda x: None,
) -> Arc:
    r"""Follow a branch by pseudo-arclength from a solution at `origin` towards `target`, to there or to its fold.

    The unknowns are `x` and `p` together, scaled by their size; each step goes along the tangent of the branch and is
    corrected at right angles to it (H. B. Keller 1977), so a turning point is nothing special. There :math:`dp/ds`
    changes sign; the fold is refined to where it vanishes.

    Parameters
    ----------
    residual, start, origin, target, tol, leaves
        As for `follow_branch`; `start` must be a solution.
    step : float
        First step in arclength; it grows where the corrector is quick and is halved where it fails.
    most : int
        Largest number of steps.

    Returns
    -------
    Arc
    """
    arc = _Arclength(residual, tol)
    side = float(np.sign(target - origin))
    z = np.append(start, origin)
    points: list[tuple[float, Array]] = []
    direction = arc.tangent(z, np.append(np.zeros(len(start)), side))
    for _ in range(most):
        if direction is None:
            break
        found, turned, step = arc.advance(z, direction, step)
        if found is None or turned is None:
            break
        if side * turned[-1] <= 0:
            return Arc(points, Status.FOLD, arc.fold(z, direction, found))
        if side * (found[-1] - target) >= 0:
            last = _Broyden(residual, tol).solve(
                _extrapolate([(z[-1], z[:-1]), (found[-1], found[:-1])], target), target
            )
            return Arc(points, Status.SADDLE_LOST) if last is None else Arc([*points, (target, last)], Status.CONVERGED)
        z, direction = found, turned
        points.append((float(z[-1]), z[:-1]))
        ended = leaves(z[:-1])
        if ended is not None:
            return Arc(points, ended)
    return Arc(points, Status.SADDLE_LOST)


class _Arclength:
    """Tangents and corrections of r(x; p) = 0 in the scaled unknowns (x, p)."""

    def __init__(self, residual: Callable[[Array, float], Array], tol: float) -> None:
        self._residual, self._tol = residual, tol

    def tangent(self, z: Array, along: Array) -> Array | None:
        """Unit tangent at a solution, in scaled unknowns, on the side of `along`; None where it cannot be had."""
        jacobian = self._jacobian(z, self._at(z))
        if not np.isfinite(jacobian).all():
            return None
        direction: Array = np.linalg.svd(jacobian)[2][-1]
        return direction if direction @ along > 0 else -direction

    def advance(self, z: Array, direction: Array, step: float) -> tuple[Array | None, Array | None, float]:
        """The next solution and the tangent there, or None, and the next step."""
        while step > _SHORTEST:
            found, quick = self.correct(z, direction, step)
            turned = None if found is None else self.tangent(found, direction)
            if turned is not None and turned @ direction > _ALIGNED:
                return found, turned, min(2 * step if quick else step, _LONGEST)
            step *= 0.5
        return None, None, step

    def correct(self, z: Array, direction: Array, step: float) -> tuple[Array | None, bool]:
        """The solution in the plane at right angles to the tangent, a step away; and whether it took few iterations."""
        tick()
        scale = _scale(z)
        predicted = z + step * direction * scale
        at = predicted.copy()
        r = self._at(at)
        matrix = np.vstack([self._jacobian(at, r), direction])
        for k in range(8):
            if not (np.isfinite(r).all() and np.isfinite(matrix).all()):
                return None, False
            if np.abs(r).max() <= self._tol:
                return at, k <= 6
            try:
                move = np.linalg.solve(matrix, -np.append(r, direction @ ((at - predicted) / scale)))
            except np.linalg.LinAlgError:
                return None, False
            at = at + move * scale
            r = self._at(at)
        return at if np.abs(r).max() <= max(self._tol, ROUNDING) else None, False

    def fold(self, z: Array, direction: Array, beyond: Array) -> float:
        """Parameter at which dp/ds vanishes between two neighbouring solutions."""
        low, high = 0.0, float(direction @ ((beyond - z) / _scale(z)))
        best, side = beyond, np.sign(direction[-1])
        for _ in range(20):
            middle = 0.5 * (low + high)
            found = self.correct(z, direction, middle)[0]
            tangent = None if found is None else self.tangent(found, direction)
            if found is None or tangent is None:
                break
            best = found
            if abs(tangent[-1]) < _FLAT:
                break
            low, high = (middle, high) if side * tangent[-1] > 0 else (low, middle)
        return float(best[-1])

    def _at(self, z: Array) -> Array:
        return self._residual(z[:-1], float(z[-1]))

    def _jacobian(self, z: Array, r: Array) -> Array:
        """Derivatives of the residual in the scaled unknowns, (k, k + 1)."""
        columns = []
        for j, size in enumerate(_scale(z)):
            shifted = z.copy()
            shifted[j] += DIFFERENCE * size
            column = (self._at(shifted) - r) / DIFFERENCE
            if not np.isfinite(column).all():
                shifted[j] -= 2 * DIFFERENCE * size
                column = (r - self._at(shifted)) / DIFFERENCE
            columns.append(column)
        return np.stack(columns, axis=1)


def _scale(z: Array) -> Array:
    """Sizes of the unknowns: their own for x, 1 for the parameter."""
    return np.append(np.maximum(np.abs(z[:-1]), 0.03), 1.0)


def _astray(last: Array, guess: Array, found: Array) -> bool:
    """Whether a solution is so far from its prediction that it may lie on another branch."""
    size = np.maximum(np.abs(found), 0.03)
    correction = float(np.abs((found - guess) / size).max())
    return correction > max(_NEARBY, _ASTRAY * float(np.abs((found - last) / size).max()))


def _extrapolate(seen: list[tuple[float, Array]], p: float) -> Array:
    """Polynomial through the last points, at p."""
    value: Array = np.zeros_like(seen[0][1])
    for weight, (_, x) in zip(polynomial_weights(np.array([q for q, _ in seen]), p), seen, strict=True):
        value = value + x * weight
    return value


class _Broyden:
    """Newton's method for r(x; p) = 0 that carries its Jacobian along the branch."""

    def __init__(self, residual: Callable[[Array, float], Array], tol: float) -> None:
        self._residual, self._tol = residual, tol
        self._jacobian: Array | None = None

    def solve(self, guess: Array, p: float) -> Array | None:
        """The solution near `guess`, or None: first with the Jacobian at hand, then with a fresh one."""
        tick()
        if self._jacobian is not None:
            found = self._iterate(guess, p, limit=8)
            if found is not None:
                return found
        self._jacobian = self._fresh_jacobian(guess, p)
        if self._jacobian is None:
            return None
        found = self._iterate(guess, p, limit=20)
        if found is None:
            self._jacobian = None
        return found

    def tangent(self, x: Array, p: float) -> Array:
        """Direction dx/dp of the branch at a solution; zero where it cannot be had."""
        self._jacobian = self._fresh_jacobian(x, p)
        if self._jacobian is None:
            return np.zeros_like(x)
        h = DIFFERENCE * max(abs(p), 1.0)
        change = (self._residual(x, p + h) - self._residual(x, p)) / h
        try:
            direction = -np.linalg.solve(self._jacobian, change)
        except np.linalg.LinAlgError:
            return np.zeros_like(x)
        return np.asarray(direction if np.isfinite(direction).all() else np.zeros_like(x))

    def _fresh_jacobian(self, x: Array, p: float) -> Array | None:
        base = self._residual(x, p)
        columns = []
        for j in range(len(x)):
            h = DIFFERENCE * max(abs(float(x[j])), 1e-3)
            shifted = x.copy()
            shifted[j] += h
            column = (self._residual(shifted, p) - base) / h
            if not np.isfinite(column).all():
                shifted[j] -= 2 * h
                column = (base - self._residual(shifted, p)) / h
            columns.append(column)
        jacobian = np.stack(columns, axis=1)
        return jacobian if np.isfinite(jacobian).all() else None

    def _iterate(self, guess: Array, p: float, limit: int) -> Array | None:
        assert self._jacobian is not None
        jacobian = self._jacobian
        x, r = guess, self._residual(guess, p)
        if not np.isfinite(r).all():
            return None
        worst = 10 * np.abs(r).max()
        for _ in range(limit):
            if np.abs(r).max() <= self._tol:
                self._jacobian = jacobian
                return x
            try:
                step = np.linalg.solve(jacobian, -r)
            except np.linalg.LinAlgError:
                return None
            trial = self._residual(x + step, p)
            for _ in range(8):
                if np.isfinite(trial).all():
                    break
                step = 0.5 * step
                trial = self._residual(x + step, p)
            if not np.isfinite(trial).all() or np.abs(trial).max() > worst:
                return None
            if not step.any():
                break
            jacobian = jacobian + np.outer(trial - r - jacobian @ step, step) / (step @ step)
            x, r = x + step, trial
        return x if np.abs(r).max() <= max(self._tol, ROUNDING) else None
