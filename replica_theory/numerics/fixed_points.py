"""Fixed points of maps, many at a time: sweeps, then Newton."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from replica_theory.typing import Array

BatchMap = Callable[[Array, NDArray[np.intp]], Array]
DIFFERENCE = 1e-7
"""Relative step of the finite-difference Jacobian (about the square root of the rounding unit)."""
ROUNDING = 1e-11
"""Residual that is accepted where rounding keeps it from falling further."""


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


@np.errstate(invalid="ignore")
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
    converged = residual <= max(tol, ROUNDING)
    return FixedPoints(x, residual, converged, sweeps + steps + 1)


def _newton_step(update: BatchMap, x: Array, image: Array, index: NDArray[np.intp]) -> Array:
    """Newton step for G(x) - x = 0 with a forward-difference Jacobian; shape of `x`."""
    m, k = x.shape
    jacobian = np.empty((m, k, k))
    for j in range(k):
        h = DIFFERENCE * np.maximum(np.abs(x[:, j]), 1e-3)
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
