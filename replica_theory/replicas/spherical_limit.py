r"""The largest local entropy on the sphere: one unknown.

For random labels and :math:`t^2` above the overlap of typical solutions,

.. math:: S_\infty(t) = \tfrac12\log(1-t^2) + \mathrm{extr}_{\delta q}\Big\{\frac{t^2}{2(1-t^2+\delta q)}
   + \alpha\,E\max_x\big[-\tfrac{x^2}2 + \ell(tz + \sqrt{\delta q}x, \sqrt{1-t^2})\big]\Big\},

where :math:`\alpha E\ell'^2 = t^2/(1-t^2+\delta q)^2` at the maxima.
"""

from __future__ import annotations

import numpy as np
from scipy import optimize

from replica_theory.models.model import Model
from replica_theory.numerics.squeezing import squeezed
from replica_theory.replicas.infinite_y import WIDEST, LimitEquations
from replica_theory.replicas.saturated import Saturated, saturated
from replica_theory.typing import Array


def spherical_limit(model: Model, alpha: float, t: float) -> Array | Saturated | None:
    """Coordinates of `LimitEquations` at an overlap, or their limit where the width diverges; None if not found."""
    limit = saturated(model, alpha, t)
    if limit is not None:
        return limit
    equations, rest = LimitEquations(model, alpha), 1 - t**2

    def excess(log_width: float) -> float:
        gap = float(np.expm1(log_width))
        forces = equations.forces(t**2, 0.0, gap)
        if forces is None or not forces.q_hat > 0:
            return np.nan
        return float(np.log(forces.q_hat)) + 2 * float(np.log((rest + gap) / t))

    ends = excess(0.0), excess(WIDEST)
    if ends[1] < 0:
        return saturated(model, alpha, t, always=True)
    if not (ends[0] <= 0 <= ends[1]):
        return None
    width = float(optimize.brentq(excess, 0.0, WIDEST, xtol=1e-14, rtol=1e-14)) if ends[0] < 0 else 0.0
    gap = float(np.expm1(width))
    forces = equations.forces(t**2, 0.0, gap)
    if forces is None:
        return None
    t_hat = t * (1 / rest - forces.gap_hat - 1 / (rest + gap))
    return np.array([t**2, width, squeezed(t_hat)])
