"""What is beneath the doors to the local entropy: one row for each distance of a curve at one setting."""

from __future__ import annotations

from typing import Literal

import numpy as np

from replica_theory.models.model import Model
from replica_theory.numerics.progress import alive
from replica_theory.replicas.equations import Equations, Problem
from replica_theory.replicas.finite_curve import finite_curve, sign_broken_curve
from replica_theory.replicas.finite_y import System
from replica_theory.replicas.limit_curve import limit_curve
from replica_theory.results.curve import Row
from replica_theory.status import ConvergenceError, Status
from replica_theory.typical.replica_symmetric import replica_symmetric
from replica_theory.typing import Array

_NEGLIGIBLE = 1e-10
"""What counts as nothing in an entropy."""
MOST_REPLICAS, MOST_AROUND_SOLUTIONS = 1e5, 500.0
"""Numbers of replicas that the quadratures resolve around a free reference (y = inf is a theory of its own) and around
one that is a solution."""
Sector = Literal["sign-symmetric", "sign-broken"]


def curve_rows(
    model: Model,
    reference: Model | None,
    alpha: float,
    y: float,
    distances: Array,
    *,
    zero: bool = False,
    sector: Sector | None = None,
) -> list[Row]:
    """The points of one curve, each in its sector; nothing is raised or warned of.

    Parameters
    ----------
    model, reference : Model
        Of single parameters; None is a free reference (with a teacher it must be).
    alpha, y : float
        Load and number of replicas, inf included.
    distances : array, shape (n,)
    zero : bool
        Whether y is found from zero complexity instead.
    sector : {"sign-symmetric", "sign-broken"}, optional
        Of an even constraint; by default the symmetric one wherever it is stable, the broken one elsewhere.

    Returns
    -------
    list of Row
    """
    with alive("local entropy"):
        return _rows(model, reference, alpha, y, distances, zero=zero, sector=sector)


def _rows(
    model: Model,
    reference: Model | None,
    alpha: float,
    y: float,
    distances: Array,
    *,
    zero: bool,
    sector: Sector | None,
) -> list[Row]:
    if np.isinf(y):
        return limit_curve(model, alpha, distances)
    if y > (MOST_REPLICAS if reference is None else MOST_AROUND_SOLUTIONS):
        return [Row(Status.OUT_OF_RANGE)] * len(distances)
    even = model.is_even or (not zero and _uncoupled(model, reference, alpha, y))
    problem = Problem(Equations(System(model, reference, alpha, 1.0 if zero else y), even=even), zero)
    if sector == "sign-broken" and model.is_even:
        return sign_broken_curve(problem, distances)
    rows = finite_curve(problem, distances)
    if sector is None and model.is_even and model.weights.square is not None:
        unstable = [k for k, row in enumerate(rows) if row.overlaps.get("replicon_ref", 1.0) < 0]
        if unstable:
            for k, row in zip(unstable, sign_broken_curve(problem, distances[unstable]), strict=True):
                rows[k] = row
    return rows


def _uncoupled(model: Model, reference: Model | None, alpha: float, y: float) -> bool:
    """Whether different references hardly know of each other: what that leaves out of the entropy is of second order.

    So it is at small loads, at high temperatures, and for constraints that are nearly always met, or nearly even.
    """
    if model.has_teacher:
        return False
    try:
        overlap = max(float(replica_symmetric(m, alpha).q) for m in (model, reference or model))
    except ConvergenceError:
        return False
    return ((1 + y) ** 2 * overlap) ** 2 < _NEGLIGIBLE
