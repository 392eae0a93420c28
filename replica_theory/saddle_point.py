r"""Saddle points as fixed points: many at once by iteration and Newton, one branch at a time by continuation.

Every saddle point here has the form :math:`x = G(x)` (order parameters → conjugates → order parameters). The
fixed-point iteration is robust far from the solution, Newton on :math:`G(x) - x` finishes where the iteration contracts
slowly. A map signals a point outside its domain by returning NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from replica_theory.status import Status

Array = NDArray[np.float64]
BatchMap = Callable[[Array, NDArray[np.intp]], Array]

_DIFFERENCE = 1e-7
"""Relative step of the finite-difference Jacobian (about the square root of the rounding unit)."""


@dataclass(frozen=True, eq=False)
class FixedPoints:
    """Solutions of ``x = G(x)`` for a batch of problems.

    Attributes
    ----------
    x : array, shape (m, k)
    residual : array, shape (m,)
        Largest component of ``|G(x) - x|``.
    converged : array of bool, shape (m,)
    iterations : int
        Evaluations of the map on the whole batch at most.
    """

    x: Array
    residual: Array
    converged: NDArray[np.bool_]
    iterations: int


def solve_fixed_points(
    update: BatchMap, start: Array, *, tol: float = 1e-13, sweeps: int = 5, newton: int = 40
) -> FixedPoints:
    """Solve ``x = G(x)`` for `m` independent problems of `k` unknowns each.

    Parameters
    ----------
    update : callable
        ``update(x, index)`` returns G at the rows of `x`, which belong to the problems `index`; NaN outside the domain.
    start : array, shape (m, k)
    tol : float
        Residual at which a problem is finished.
    sweeps, newton : int
        Fixed-point iterations first, then at most this many Newton steps (k + 1 evaluations each, halved until the
        residual falls in proportion).

    Returns
    -------
    FixedPoints
    """
    x: Array = np.array(start, dtype=np.float64)
    everyone = np.arange(len(x))
    image: Array = update(x, everyone)
    for _ in range(sweeps):
        x = np.where(np.isfinite(image), image, x)
        image = update(x, everyone)
    residual: Array = np.abs(image - x).max(axis=1)
    active = everyone[~(residual <= tol)]
    steps = 0
    while len(active) and steps < newton:
        step = _newton_step(update, x[active], image[active], active)
        moved = _descend(update, x, image, residual, active, step)
        active = active[moved & ~(residual[active] <= tol)]
        steps += 1
    # Newton stalls at the rounding level of the map, a few units above a tolerance chosen near it.
    converged = residual <= max(tol, 1e-11)
    return FixedPoints(x, residual, converged, sweeps + steps + 1)


def _newton_step(update: BatchMap, x: Array, image: Array, index: NDArray[np.intp]) -> Array:
    """Newton step for G(x) - x = 0 with a forward-difference Jacobian; shape of `x`."""
    m, k = x.shape
    jacobian = np.empty((m, k, k))
    for j in range(k):
        h = _DIFFERENCE * np.maximum(np.abs(x[:, j]), 1e-3)
        shifted = x.copy()
        shifted[:, j] += h
        column = update(shifted, index)
        outside = ~np.isfinite(column).all(axis=1)
        if outside.any():
            shifted[outside, j] -= 2 * h[outside]
            column[outside] = update(shifted[outside], index[outside])
        jacobian[:, :, j] = (column - image) / (shifted[:, j] - x[:, j])[:, None]
    jacobian -= np.eye(k)
    solvable = np.isfinite(jacobian).all(axis=(1, 2))
    jacobian[~solvable] = -np.eye(k)
    jacobian[np.abs(np.linalg.det(jacobian)) < 1e-300] = -np.eye(k)
    return np.asarray(np.linalg.solve(jacobian, (x - image)[:, :, None])[:, :, 0], dtype=np.float64)


def _descend(
    update: BatchMap, x: Array, image: Array, residual: Array, active: NDArray[np.intp], step: Array
) -> NDArray[np.bool_]:
    """Take each active problem's step, halved until the residual falls; returns which ones moved (in place)."""
    moved = np.zeros(len(active), dtype=bool)
    scale = 1.0
    for _ in range(12):
        trying = np.flatnonzero(~moved)
        if not len(trying):
            break
        rows = active[trying]
        trial = x[rows] + scale * step[trying]
        trial_image = update(trial, rows)
        trial_residual = np.abs(trial_image - trial).max(axis=1)
        better = trial_residual < (1 - 0.1 * scale) * residual[rows]
        taken = rows[better]
        x[taken], image[taken], residual[taken] = trial[better], trial_image[better], trial_residual[better]
        moved[trying[better]] = True
        scale *= 0.5
    return moved


@dataclass(frozen=True, eq=False)
class BranchPoint:
    """One point of a branch: parameter, solution, how it ended."""

    parameter: float
    x: Array
    status: Status


def follow_branch(
    residual: Callable[[Array, float], Array],
    start: Array,
    origin: float,
    targets: list[float],
    *,
    max_step: float,
    min_step: float = 1e-4,
    tol: float = 1e-12,
) -> list[BranchPoint]:
    r"""Follow the solution of :math:`r(x; p) = 0` from `origin` through the `targets`, monotone in `p`.

    Quadratic predictor, Newton corrector with the Jacobian kept from point to point by Broyden's update (one evaluation
    of the residual an iteration); a step that fails is halved. When the step falls below `min_step` the branch has
    ended: the remaining targets get `Status.SADDLE_LOST` and NaN, never a solution of another branch.

    Parameters
    ----------
    residual : callable
        ``residual(x, p)`` with `x` of shape (k,); NaN outside the domain.
    start : array, shape (k,)
        Solution (or a close guess) at `origin`.
    origin : float
    targets : list of float
        In the order in which they are met, all on one side of `origin`.
    max_step, min_step : float
        Largest and smallest step in `p`.
    tol : float
        Largest component of the residual at which a point is finished.

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
    step, lost = max_step, False
    for target in targets:
        while not lost and seen[-1][0] != target:
            p = seen[-1][0]
            delta = float(np.sign(target - p)) * min(step, abs(target - p))
            following = target if abs(target - p) <= step else p + delta
            guess = seen[0][1] + delta * tangent if len(seen) == 1 else _extrapolate(seen[-3:], following)
            found = corrector.solve(guess, following)
            if found is None:
                step = 0.5 * abs(delta)
                lost = step < min_step
                continue
            seen.append((following, found))
            step = min(1.5 * step, max_step)
        status = Status.SADDLE_LOST if lost else Status.CONVERGED
        points.append(BranchPoint(target, np.full(len(start), np.nan) if lost else seen[-1][1], status))
    return points


def _extrapolate(seen: list[tuple[float, Array]], p: float) -> Array:
    """Polynomial through the last points, at p."""
    value: Array = np.zeros_like(seen[0][1])
    for k, (pk, xk) in enumerate(seen):
        others = [pj for j, (pj, _) in enumerate(seen) if j != k]
        value = value + xk * float(np.prod([(p - pj) / (pk - pj) for pj in others]))
    return value


class _Broyden:
    """Newton's method for r(x; p) = 0 that carries its Jacobian along the branch."""

    def __init__(self, residual: Callable[[Array, float], Array], tol: float) -> None:
        self._residual, self._tol = residual, tol
        self._jacobian: Array | None = None

    def solve(self, guess: Array, p: float) -> Array | None:
        """The solution near `guess`, or None: first with the Jacobian at hand, then with a fresh one."""
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
        h = _DIFFERENCE * max(abs(p), 1.0)
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
            h = _DIFFERENCE * max(abs(float(x[j])), 1e-3)
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
            jacobian = jacobian + np.outer(trial - r - jacobian @ step, step) / (step @ step)
            x, r = x + step, trial
        return None
