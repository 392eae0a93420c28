r"""Tuples of infinitely many solutions: all of them around one center, whose field every constraint may choose.

As the size of a group grows, its solutions are those at overlap :math:`t = \sqrt{q_1}` with a center that is free.
Where the constraint is even and bounded, the center has the stabilities that satisfy it most easily,

.. math:: \alpha_\infty = \min_t \frac{H_2\big(\tfrac{1-t}2\big)}{-\max_h\ell(h, \sqrt{1-t^2})}, \qquad
   H_2(d) = -d\log d - (1-d)\log(1-d),

with stability :math:`1 - \alpha_\infty` at :math:`q_0 = 0`. At large finite sizes the load follows
:math:`\alpha_\infty + (A - B\log m)/m`, whose lowest value, :math:`-(B/e)\,e^{-A/B}` below the limit, lies at
:math:`m = e^{1 + A/B}`: for :math:`|h| \le 0.1` about :math:`10^{11}`, where the two differ by :math:`10^{-13}`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import optimize

from replica_theory.models.model import Model
from replica_theory.numerics.binary import binary_entropy
from replica_theory.replicas.tuple_saddle import TupleLoad, find_saddle
from replica_theory.typing import Array

_LARGE = (5e3, 1.5e4)
"""Sizes from which the approach to the limit is read."""
_NARROWEST, _WIDTHS = 1e-150, 200
"""Least standard deviation that is looked at, and how many."""


class ManySolutions(NamedTuple):
    """The load, and the logarithm of 1 - q of two solutions there."""

    alpha: float
    log_rest: float

    @property
    def q(self) -> float:
        """Overlap of two solutions."""
        return -float(np.expm1(self.log_rest))


def many_solutions(model: Model) -> ManySolutions | None:
    """The load at which groups of infinitely many solutions end; None where fields may be arbitrarily good.

    Parameters
    ----------
    model : Model
        An even constraint of one margin.
    """
    ends = np.array([float(np.asarray(edge)) for edge in model.edges])
    intervals = model.allowed_intervals or ()
    if not intervals or not np.all(np.isfinite(np.array(intervals, dtype=float))):
        return None
    places = np.unique(np.concatenate([[0.0], ends, 0.5 * (ends[1:] + ends[:-1])]))

    def log_load(log_std: float) -> float:
        std = float(np.exp(log_std))
        loss = -float(np.max(model.log_kernel(_fine(places, std), std).log))
        # (1 - t)/2 without cancellation.
        distance = std**2 / (2 * (1 + float(np.sqrt(1 - std**2))))
        entropy = float(binary_entropy(distance))
        return float(np.log(entropy) - np.log(loss)) if loss > 0 else np.inf

    grid = np.linspace(np.log(max(_NARROWEST, 1e-3 * float(np.abs(ends).max()))), -1e-9, _WIDTHS)
    values = [log_load(x) for x in grid.tolist()]
    k = int(np.argmin(values))
    if not 0 < k < _WIDTHS - 1:
        return None
    best = optimize.minimize_scalar(log_load, bounds=(grid[k - 1], grid[k + 1]), method="bounded",
                                    options={"xatol": 1e-9})  # fmt: skip
    return ManySolutions(float(np.exp(best.fun)), float(2 * best.x))


def below_limit(model: Model, limit: ManySolutions) -> float:
    """How far below the limit the lowest load of a finite size lies, from the loads of two large ones; 0 where unknown.

    Unknown is what is not felt: where the loads of large sizes differ by rounding only, or fall towards the limit.

    Parameters
    ----------
    model : Model
    limit : ManySolutions
    """
    alpha, log_rest = limit
    center = float(np.arctanh(np.sqrt(-np.expm1(log_rest)))) if log_rest > -30 else np.inf
    rises = []
    for size in _LARGE:
        system = TupleLoad(model, 1, apart=True, sizes=(size,))
        found = None if np.isinf(center) else find_saddle(system, np.array([log_rest, np.log(center / size)]))
        if found is None:
            return 0.0
        rises.append(size * (found.alpha - alpha))
    fall = (rises[0] - rises[1]) / float(np.log(_LARGE[1] / _LARGE[0]))
    if not fall > 0:
        return 0.0
    return fall * float(np.exp(-1 - rises[0] / fall)) / _LARGE[0]


def _fine(places: Array, std: float) -> Array:
    """Fields among which the best one is: around edges and the middles of the intervals."""
    return np.asarray(np.unique(places[:, None] + std * np.linspace(-2, 2, 9)))
