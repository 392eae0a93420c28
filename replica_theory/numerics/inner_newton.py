"""Newton's method for many scalar equations at once: the inner maxima and inverse maps on which integrands depend."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from replica_theory.numerics.fixed_points import ROUNDING
from replica_theory.typing import Array


class Roots(NamedTuple):
    """Where the iteration ended, and which elements had converged there."""

    x: Array
    found: NDArray[np.bool_]

    @property
    def converged(self) -> bool:
        """Whether every root was found."""
        return bool(self.found.all())

    @property
    def or_nan(self) -> Array:
        """The roots, NaN throughout unless every one of them was found (as nodes of one integral must be)."""
        return self.x if self.converged else np.full_like(self.x, np.nan)

    @property
    def each_or_nan(self) -> Array:
        """The roots, NaN where they were not found (unknowns of problems that have nothing to do with each other)."""
        return np.where(self.found, self.x, np.nan)


def inner_newton(
    step: Callable[[Array], Array],
    start: Array,
    *,
    most: int,
    tol: float,
    scale: float | None = None,
    bounds: tuple[float, float] | None = None,
) -> Roots:
    r"""Iterate :math:`x \leftarrow x + \mathrm{step}(x)` until no element moves any more.

    Parameters
    ----------
    step : callable
        Newton step (damped where the caller sees fit) at an array of points, of the same shape.
    start : array
    most : int
        Largest number of steps.
    tol : float
        The iteration ends once the largest step is below ``tol * scale``. Where rounding keeps it from that, a last
        step below ``1e-11 * scale`` counts as converged.
    scale : float, optional
        Size of the unknowns; by default one more than the largest of them.
    bounds : pair of float, optional
        Points are kept between these.

    Returns
    -------
    Roots

    Examples
    --------
    >>> root = inner_newton(lambda x: 0.5 * (2 / x - x), np.array([1.0, 2.0]), most=20, tol=1e-14)
    >>> root.or_nan, root.converged
    (array([1.41421356, 1.41421356]), True)
    """
    x, size, moved = start, 1.0, np.full_like(start, np.inf)
    for _ in range(most):
        change = step(x)
        x = x + change if bounds is None else np.clip(x + change, *bounds)
        moved = np.abs(change)
        # An element that is NaN cannot recover: the others decide.
        size = 1 + float(np.fmax.reduce(np.abs(x), axis=None, initial=0.0)) if scale is None else scale
        if not np.fmax.reduce(moved, axis=None, initial=0.0) >= tol * size:
            break
    return Roots(x, moved <= max(tol, ROUNDING) * size)
