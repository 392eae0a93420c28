r"""The surface on which the slope of the largest local entropy vanishes, :math:`\hat t = 0`, with the load unknown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from replica_theory.replicas.infinite_y import LimitEquations
from replica_theory.typing import Array


class VanishingSlope:
    r"""Equations of `LimitEquations` in its unknowns with alpha in the place of the last, at :math:`\hat t` given.

    Parameters
    ----------
    equations : LimitEquations
        Their load does not matter.
    """

    def __init__(self, equations: LimitEquations) -> None:
        self._equations = equations

    def residual(self, x: Array, log_distance: float, squeezed: float = 0.0) -> Array:
        r"""Saddle-point equations at a log distance and given :math:`\hat t/(1+|\hat t|)`; NaN outside the domain."""
        if not x[-1] > 0:
            return np.full(len(x), np.nan)
        at = np.append(x[:-1], squeezed)
        return replace(self._equations, alpha=float(x[-1])).residual(at, 1 - 2 * float(np.exp(log_distance)))

    def finer(self) -> VanishingSlope:
        """The same with doubled quadrature."""
        return VanishingSlope(replace(self._equations, nodes=2 * self._equations.nodes - 1))
