"""The first load at which a number of the replica-symmetric saddle falls to zero, for many margins at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from replica_theory.models.model import Model
from replica_theory.status import silenced
from replica_theory.typical.replica_symmetric import ReplicaSymmetric, replica_symmetric
from replica_theory.typing import Array

_GROWTH, _STEPS = 1.3, 40
"""Factor between the loads that are tried, and how many; where the branch ends between two, it is halved instead."""
_HALVINGS = 12
_APART = 1e-4
"""Relative difference of the loads that give the slope."""


class FirstLoad(NamedTuple):
    """The loads, the saddle there, how steeply the number falls, and which loads were found (NaN elsewhere)."""

    alpha: Array
    saddle: ReplicaSymmetric
    slope: Array
    found: NDArray[np.bool_]


def first_load(model: Model, kappa: Array, quantity: Literal["entropy", "stability"], start: Array) -> FirstLoad:
    """The first zero of a quantity along the branch that starts at alpha = 0.

    Parameters
    ----------
    model : Model
        At one inverse temperature.
    kappa : array, shape (m,)
        Margins.
    quantity : {"entropy", "stability"}
        What falls from a positive value.
    start : array, shape (m,)
        Loads from which it is searched upwards; it is positive there, or the load is halved until it is.
    """
    from scipy.optimize import elementwise  # imported here: it doubles the package's import time

    def at(alpha: Array, kappa: Array) -> Array:
        return np.asarray(getattr(_saddle(model, alpha, kappa), quantity))

    low, high = _bracket(at, kappa, start)
    alpha = np.full_like(low, np.nan)
    rows = np.flatnonzero(np.isfinite(high))
    if len(rows):
        ends = low[rows], high[rows]
        root = elementwise.find_root(at, ends, args=(kappa[rows],), tolerances={"xrtol": 1e-15, "fatol": 0.0})
        alpha[rows] = np.where(root.success, root.x, np.nan)
    found = np.isfinite(alpha)
    safe = np.where(found, alpha, start)
    beside = [at(safe * (1 + side * _APART), kappa) for side in (-1, 1)]
    return FirstLoad(alpha, _saddle(model, safe, kappa), (beside[1] - beside[0]) / (2 * _APART * safe), found)


def _saddle(model: Model, alpha: Array, kappa: Array) -> ReplicaSymmetric:
    with silenced():
        return replica_symmetric(model.at(kappa=kappa), alpha)


def _bracket(at: Callable[[Array, Array], Array], kappa: Array, start: Array) -> tuple[Array, Array]:
    """Loads with a positive and a negative number; NaN for the second where there is none."""
    low, high = start.copy(), np.full_like(start, np.nan)
    for _ in range(_HALVINGS):
        bad = np.flatnonzero(~(at(low, kappa) > 0))
        if not len(bad):
            break
        low[bad] *= 0.5
    rows = np.flatnonzero(at(low, kappa) > 0)
    growth = np.full_like(low, _GROWTH)
    for _ in range(_STEPS):
        if not len(rows):
            break
        above = low[rows] * growth[rows]
        value = at(above, kappa[rows])
        high[rows[value <= 0]] = above[value <= 0]
        low[rows[value > 0]] = above[value > 0]
        lost = rows[np.isnan(value)]
        growth[lost] = np.sqrt(growth[lost])
        rows = rows[~(value <= 0)]
    return low, high
