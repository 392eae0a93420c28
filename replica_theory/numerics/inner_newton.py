"""Newton's method for many scalar equations at once: the inner maxima and inverse maps on which integrands depend."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from replica_theory.numerics.fixed_points import ROUNDING
from replica_theory.typing import Array


class Roots(NamedTuple):
    """Where the iteration ended, and whether every element had converged there."""

    x: Array
    converged: bool

    @property
    def or_nan(self) -> Array:
        """The roots, NaN throughout unless every one of them was found."""
        return self.x if self.converged else np.full_like(self.x, np.nan)


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
    >>> root.x, root.converged
    (array([1.41421356, 1.41421356]), True)
    """
    x, moved, size = start, np.inf, 1.0
    for _ in range(most):
        change = step(x)
        x = x + change if bounds is None else np.clip(x + change, *bounds)
        moved = float(np.abs(change).max(initial=0.0))
        size = 1 + float(np.abs(x).max(initial=0.0)) if scale is None else scale
        if not moved >= tol * size:  # NaN too: it cannot recover
            break
    return Roots(x, bool(moved <= max(tol, ROUNDING) * size))
