r"""Thresholds of the dense region: loads up to which solutions are surrounded by solutions at every distance.

The literature quotes one number (0.77: PRL 115, 128101; between 0.77 and 0.78: Stojnic 2025) for what are several
criteria. Each is a function here, and its name goes with its number:

- *slope*: the local entropy stops growing with the distance, :math:`\min_d dS/dd = 0`;
- *gap*: the saddle point, with entropy and complexity non-negative, ceases to exist in a window of distances;
- *margin*: the Franz-Parisi entropy around references of the largest margin stops growing.

At kappa = 0 the slope along zero complexity, the reference a solution, vanishes at 0.7757: the criterion by which the
literature has 0.77 (these digits cut, not rounded), inside its interval (0.77, 0.78). The slope at `y = inf` (free
reference) vanishes at 0.75530203 and the margin criterion is met at 0.729, so these are other thresholds, not worse
values of the same one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Literal, get_args, overload

import numpy as np
import scipy
from numpy.typing import NDArray

from replica_theory.arguments import checked_choice, checked_flag, checked_model
from replica_theory.certified.dense import dense_threshold_to_digits
from replica_theory.certified.multiprecision import Digits, checked_digits, intervals_of
from replica_theory.models.mixture import Mixture
from replica_theory.models.model import Model
from replica_theory.neighbourhood.franz_parisi import franz_parisi_rows
from replica_theory.neighbourhood.local_entropy import (
    ZERO_COMPLEXITY,
    Reference,
    checked_limit,
    checked_mixture,
    checked_replicas,
)
from replica_theory.numerics.branches import follow_branch
from replica_theory.numerics.progress import alive, tick
from replica_theory.numerics.squeezing import squeezed
from replica_theory.replicas.curve_rows import curve_rows
from replica_theory.replicas.infinite_y import LimitEquations
from replica_theory.replicas.limit_curve import limit_curve
from replica_theory.replicas.saturated import saturated
from replica_theory.results.curve import Row
from replica_theory.results.grid import GridResult
from replica_theory.results.quantities import THRESHOLD
from replica_theory.status import ConvergenceError, Status, report, statuses
from replica_theory.thresholds.capacity import capacity, capacity_columns
from replica_theory.thresholds.vanishing_slope import VanishingSlope
from replica_theory.typing import Array, ArrayLike

Criterion = Literal["slope", "gap", "margin"]

_WINDOW = (0.002, 0.05)
"""Distances in which the local entropy mostly stops growing first, and in which a gap is looked for."""
_NEAR = 0.06
"""Steps in log d next to a minimum of the slope."""
_EASY = 0.1
"""A distance at which a branch is easily entered."""
_UNBOUNDED = 100.0
_LOADS = (0.91, 0.94, 0.88, 0.97, 0.85, 0.8, 0.7, 0.6)
"""Fractions of the capacity at which the slope of S_inf is looked at for an interior minimum."""


@dataclass(frozen=True, eq=False, repr=False)
class DenseThreshold(GridResult):
    """A threshold of the dense region, with the criterion that defines it.

    Attributes
    ----------
    alpha : float or array
        The load; an array if the model's margin is one, NaN where there is no threshold.
    distance : float or array
        Where the criterion is met.
    criterion, reference : str
    y : float or str
    kappa : float or array
    error : float or array
        Estimated error of alpha.
    model : Model or None
        The constraint, with the margins `kappa`.
    status : Status or array of Status
    """

    _coordinates: ClassVar = ("kappa", "beta")
    _quantities: ClassVar = THRESHOLD
    _main: ClassVar = "alpha"

    alpha: ArrayLike
    distance: ArrayLike
    criterion: str
    reference: str
    y: float | str
    kappa: ArrayLike
    error: ArrayLike
    model: Model | None = None
    status: Any = Status.CONVERGED

    def __str__(self) -> str:
        """The number with its criterion, a line for each margin."""
        columns = np.broadcast_arrays(self.alpha, self.error, self.distance, self.kappa)
        return "\n".join(
            f"alpha = {alpha:.8g} +- {error:.1g} at d = {distance:.4g}: {self.criterion}, "
            f"reference {self.reference}, y = {self.y}, kappa = {kappa:g}"
            for alpha, error, distance, kappa in zip(*(np.ravel(c) for c in columns), strict=True)
        )


@overload
def local_entropy_threshold(
    model: Model,
    criterion: Criterion = "slope",
    *,
    reference: Reference = "free",
    y: float | str = np.inf,
    progress: bool = True,
    digits: None = None,
) -> DenseThreshold: ...
@overload
def local_entropy_threshold(
    model: Model,
    criterion: Criterion = "slope",
    *,
    reference: Reference = "free",
    y: float | str = np.inf,
    progress: bool = True,
    digits: int,
) -> Digits: ...
def local_entropy_threshold(
    model: Model,
    criterion: Criterion = "slope",
    *,
    reference: Reference = "free",
    y: float | str = np.inf,
    progress: bool = True,
    digits: int | None = None,
) -> DenseThreshold | Digits:
    r"""Load at which the dense region stops, by a named criterion.

    Parameters
    ----------
    model : Model
        With beta = inf; an array of margins gives arrays of thresholds.
    criterion : {"slope", "gap", "margin"}
        ``"slope"``: :math:`\min_d dS/dd = 0` along the curve of `local_entropy` with this reference and y. ``"gap"``:
        that curve ceases to exist, with non-negative entropy and complexity, at some distance in [0.002, 0.05].
        ``"margin"``: the Franz-Parisi entropy around references of the largest margin is non-monotone (`reference` is
        then "solution" and y = 0).
    reference : {"free", "solution"}
    y : float, inf or "zero-complexity"
    progress : bool
        Show how it goes: a bar on a terminal, elsewhere lines of the log (INFO).
    digits : int, optional
        So many significant digits of ``alpha, distance, q, q_hat, gap, gap_hat`` of the slope criterion with a free
        reference at y = inf, each confirmed by a second run; one margin, intervals and binary weights. 20 digits take
        some 5 s.

    Returns
    -------
    DenseThreshold or Digits

    Raises
    ------
    TypeError
        If `model` is no model.
    ValueError
        If the criterion or the reference is unknown, beta is finite, or the model has a teacher.
    ConvergenceError
        If the criterion is met at no load below capacity (one margin; several: NaN, warned of once).

    Notes
    -----
    For an even constraint at a low threshold (:math:`|h|\le\kappa`: below :math:`2/\pi`) the best references meet
    every constraint at once, :math:`S_\infty = H_2(d) + \alpha\,\ell(c, \sqrt{1-t^2})`, and the slope vanishes at
    :math:`\alpha = \min_d\log\tfrac{1-d}d/(2t|\ell''|)`. Otherwise the slope at y = inf is solved to 1e-9: on the
    surface :math:`\hat t = 0` the load is a function of the distance, and the threshold its minimum. The others are
    roots in alpha of a curve's smallest slope (1e-5), or a bisection on its existence (1e-3); these take from seconds
    to a minute. Values at kappa = 0: slope, free, y = inf: 0.75530203; slope, solution, zero complexity: 0.7757;
    margin: 0.729.

    Examples
    --------
    >>> from replica_theory import BinaryPerceptron
    >>> print(f"{local_entropy_threshold(BinaryPerceptron()).alpha:.4f}")
    0.7553
    """
    checked_model(model, Model, "a threshold", hard=True, random_labels=True, units=("infinite",), mixtures=True,
                  instead="dense_teacher_threshold")  # fmt: skip
    checked_choice("reference", reference, get_args(Reference))
    checked_choice("criterion", criterion, get_args(Criterion))
    count, zero = checked_replicas(y, "free" if criterion == "margin" else reference)
    if isinstance(model, Mixture):
        checked_mixture(model, limit=criterion == "slope" and not zero and bool(np.isinf(count).all()))
    if digits is not None:
        return _to_digits(model, criterion, (reference, y), checked_digits(digits))
    with alive(f"threshold ({criterion})", checked_flag("progress", progress)):
        if np.ndim(model.kappa):
            return _at_margins(model, criterion, reference, y)
        return _at_margin(model, criterion, reference, y)


def _to_digits(model: Model, criterion: Criterion, asked: tuple[Reference, float | str], digits: int) -> Digits:
    """The threshold of the slope of a free reference at y = inf, from that of double precision on."""
    if criterion != "slope":
        raise ValueError(f"digits must be left out, but for the criterion 'slope'; got criterion={criterion!r}")
    checked_limit(asked, digits)
    intervals_of(model, "local_entropy_threshold")
    found = local_entropy_threshold(model)
    alpha, distance = float(np.asarray(found.alpha)), float(np.asarray(found.distance))
    overlaps = limit_curve(model, alpha, np.array([distance]))[0].overlaps
    start = {name: float(np.asarray(overlaps.get(name, np.nan))) for name in ("q0", "gap")}
    if not 0 < start["gap"] < np.inf:
        raise ConvergenceError(f"digits of the threshold of {model} are not known: replicas freeze there", found)
    return dense_threshold_to_digits(model, alpha, start, digits)


def _at_margin(model: Model, criterion: Criterion, reference: Reference, y: float | str) -> DenseThreshold:
    """The threshold at one margin."""
    limit = float(capacity(model).alpha)
    if criterion == "margin":
        alpha, distance, error = _margin(model, limit)
        reference, y = "solution", 0.0
    elif criterion == "gap":
        alpha, distance, error = _gap(model, limit, reference, y)
    elif not isinstance(y, str) and np.isinf(y):
        alpha, distance, error = _limit_slope(model, limit)
    else:
        alpha, distance, error = _slope(model, limit, reference, y)
    return DenseThreshold(alpha, distance, criterion, reference, y, float(np.asarray(model.kappa)), error, model)


def _at_margins(model: Model, criterion: Criterion, reference: Reference, y: float | str) -> DenseThreshold:
    """The thresholds at an array of margins."""
    kappa = np.asarray(model.kappa)
    columns = np.full((3, kappa.size), np.nan)
    status = statuses([Status.CONVERGED] * kappa.size)
    for k, margin in enumerate(kappa.ravel()):
        try:
            one = local_entropy_threshold(
                model.at(kappa=float(margin), beta=np.inf), criterion, reference=reference, y=y
            )
        except ConvergenceError:
            status[k] = Status.SADDLE_LOST
            continue
        columns[:, k] = float(one.alpha), float(one.distance), float(one.error)
    alpha, distance, error = (column.reshape(kappa.shape) for column in columns)
    if criterion == "margin":
        reference, y = "solution", 0.0
    found = DenseThreshold(alpha, distance, criterion, reference, y, kappa, error, model, status.reshape(kappa.shape))
    report(found, "local_entropy_threshold")
    return found


def local_entropy_thresholds(model: Model, *, progress: bool = True) -> list[DenseThreshold]:
    """Every threshold of the dense region in one list (those whose criterion is met below capacity).

    Parameters
    ----------
    model : Model
        With beta = inf; an array of margins gives arrays of thresholds.
    progress : bool
        Show how it goes.

    Returns
    -------
    list of DenseThreshold
        Slope with a free reference at y = inf; slope and gap with the reference a solution at zero complexity; margin.

    Raises
    ------
    ValueError
        As in `local_entropy_threshold`.
    """
    wanted: list[tuple[Criterion, Reference, float | str]] = [
        ("slope", "free", np.inf),
        ("slope", "solution", ZERO_COMPLEXITY),
        ("gap", "solution", ZERO_COMPLEXITY),
        ("margin", "solution", 0.0),
    ]
    checked_flag("progress", progress)
    found = []
    for criterion, reference, y in wanted:
        try:
            found.append(local_entropy_threshold(model, criterion, reference=reference, y=y, progress=progress))
        except ConvergenceError:
            continue
    return found


def _limit_slope(model: Model, limit: float) -> tuple[float, float, float]:
    r"""Minimum over d of the load at which :math:`\hat t(d) = 0` (y = inf)."""
    simple = _saturated_slope(model)
    if simple is not None:
        return simple
    surface = VanishingSlope(LimitEquations(model, limit))
    log_distance, field, x = _near_threshold(model, limit)
    flat = follow_branch(
        lambda x, s: surface.residual(x, log_distance, s), x, field, [0.0], max_step=max(abs(field) / 4, 1e-3),
        min_step=1e-6,
    )[0]  # fmt: skip
    if not flat.status.ok:
        raise ConvergenceError("the slope of the local entropy could not be followed to zero")

    def load(p: float) -> float:
        point = follow_branch(surface.residual, flat.x, log_distance, [p], max_step=0.1)[0]
        return float(point.x[2]) if point.status.ok else np.inf

    best = scipy.optimize.minimize_scalar(
        load, bounds=(log_distance - 0.5, log_distance + 0.5), method="bounded", options={"xatol": 1e-6}
    )
    p = float(best.x)
    near = follow_branch(surface.residual, flat.x, log_distance, [p], max_step=0.1)[0].x
    refined = follow_branch(surface.finer().residual, near, p + 1e-9, [p], max_step=0.1)[0].x
    return float(refined[2]), float(np.exp(best.x)), abs(float(refined[2] - best.fun)) + 1e-10


def _saturated_slope(model: Model) -> tuple[float, float, float] | None:
    """The same where the best references meet every constraint at once; None if that is not so at the threshold."""

    def load(log_distance: float) -> float:
        d = float(np.exp(log_distance))
        unit = saturated(model, 1.0, 1 - 2 * d, always=True)
        bare = float(np.log((1 - d) / d))
        return np.inf if unit is None or unit.slope >= bare else bare / (bare - unit.slope)

    grid = np.linspace(np.log(1e-3), np.log(0.45), 60)
    values = np.array([load(p) for p in grid])
    k = int(np.argmin(values))
    if not (0 < k < len(grid) - 1 and np.isfinite(values[k])):
        return None
    best = scipy.optimize.minimize_scalar(load, bounds=(grid[k - 1], grid[k + 1]), method="bounded",
                                          options={"xatol": 1e-9})  # fmt: skip
    alpha, d = float(best.fun), float(np.exp(best.x))
    return None if saturated(model, alpha, 1 - 2 * d) is None else (alpha, d, 1e-10)


def _near_threshold(model: Model, limit: float) -> tuple[float, float, Array]:
    """Log distance, squeezed field and (q, log(1 + dq), alpha) at an interior minimum of the slope near threshold."""
    grid = np.geomspace(1e-3, 0.15, 40)
    for fraction in _LOADS:
        alpha = fraction * limit
        rows = limit_curve(model, alpha, grid)
        slope = np.array([row.slope for row in rows])
        inside = np.flatnonzero((slope[1:-1] < slope[:-2]) & (slope[1:-1] < slope[2:]) & (slope[1:-1] < 1.0)) + 1
        if len(inside):
            k = int(inside[np.argmin(slope[inside])])
            t_hat, of = float(slope[k]) / 2, rows[k].overlaps
            x = np.array([of["q0"], float(np.log1p(of["gap"])), alpha])
            return float(np.log(grid[k])), squeezed(t_hat), x
    raise ConvergenceError("the slope of the local entropy has no interior minimum at any load below capacity")


def _slope(model: Model, limit: float, reference: Reference, y: float | str) -> tuple[float, float, float]:
    def lowest(alpha: float) -> tuple[float, float]:
        tick(f"alpha = {alpha:.5g}")
        return _first_minimum(lambda grid: _rows(model, alpha, grid, reference, y))

    return _root_in_load(lowest, limit)


def _first_minimum(rows: Callable[[Array], list[Row]]) -> tuple[float, float]:
    """Smallest slope at an interior minimum of a curve and its distance, looked for ever farther from the window.

    A curve whose branch turns back before any has none that is positive. Without a minimum the slope falls all the way
    to the distance where the replicas do not feel the reference: it is positive up to there.
    """
    window = grid = np.geomspace(*_WINDOW, 14)
    found = rows(grid)
    best = _interior(grid, found)
    if best is None:
        outer = grid[-1] * (grid[1] / grid[0]) ** np.arange(1, 10)
        grid, found = np.append(grid, outer), [*found, *rows(outer)]
        best = _interior(grid, found)
    if best is not None:
        return _refined(best, rows)
    lost = [k for k, row in enumerate(found) if k < len(window) and row.status in (Status.FOLD, Status.SADDLE_LOST)]
    if lost:
        return -np.inf, float(grid[lost[-1]])
    return max((row.slope for row in found if row.status.ok), default=-np.inf), float(grid[-1])


def _refined(best: tuple[float, float], rows: Callable[[Array], list[Row]]) -> tuple[float, float]:
    """The minimum by a parabola through points so near that it is one."""
    # With a distance at which the branch is easily entered.
    near = best[1] * np.exp([-_NEAR, 0.0, _NEAR])
    found = rows(np.append(near, _EASY) if near[-1] < _EASY else np.insert(near, 0, _EASY))
    found = found[:3] if near[-1] < _EASY else found[1:]
    if not all(row.status.ok for row in found):
        return best
    slope = np.array([row.slope for row in found])
    a, b, c = np.polyfit(np.array([-_NEAR, 0.0, _NEAR]), slope, 2)
    return (float(c - b * b / (4 * a)), float(best[1] * np.exp(-b / (2 * a)))) if a > 0 else best


def _interior(distances: Array, rows: list[Row]) -> tuple[float, float] | None:
    """The lowest of the interior minima of the slope, refined by the parabola through three points in log d."""
    slope = np.array([row.slope if row.status.ok else np.nan for row in rows])
    with np.errstate(invalid="ignore"):
        minima = np.flatnonzero((slope[1:-1] < slope[:-2]) & (slope[1:-1] < slope[2:])) + 1
    if not len(minima):
        return None
    k = int(minima[np.argmin(slope[minima])])
    return _lowest_slope(distances[k - 1 : k + 2], rows[k - 1 : k + 2])


def _rows(model: Model, alpha: float, grid: Array, reference: Reference, y: float | str) -> list[Row]:
    zero = isinstance(y, str)
    center = None if reference == "free" else model
    return curve_rows(model, center, alpha, 0.0 if isinstance(y, str) else y, grid, zero=zero)


def _margin(model: Model, limit: float) -> tuple[float, float, float]:
    """Load at which the Franz-Parisi entropy around references of the largest margin has a vanishing slope."""
    grid = np.geomspace(1e-3, 0.1, 30)

    def lowest(alpha: float) -> tuple[float, float]:
        tick(f"alpha = {alpha:.5g}")
        tightest = model.at(kappa=_largest_margin(model, alpha))
        return _lowest_slope(grid, franz_parisi_rows(model, tightest, alpha, grid))

    return _root_in_load(lowest, limit)


def _largest_margin(model: Model, alpha: float) -> float:
    """Margin whose capacity is alpha (a hair inside, so that the reference's entropy is positive)."""
    kappa = float(np.asarray(model.kappa))
    side = next((sign for sign in (1.0, -1.0) if np.all(model.contains(model.at(kappa=kappa + 1e-3 * sign)))), None)
    if side is None:
        raise ValueError(f"no margin is tighter than that of {model}: the criterion 'margin' has no meaning for it")

    def excess(step: float) -> float:
        here = capacity_columns(model.at(kappa=np.full((1, 1), kappa + side * step)))
        if not here["status"][0].ok:
            raise ConvergenceError(f"capacity at kappa = {kappa + side * step:g}: {here['status'][0].sentence}")
        return float(here["alpha"][0]) - alpha

    top = 0.9 * abs(kappa) if side < 0 else 2.0
    return kappa + side * (1 - 1e-6) * float(scipy.optimize.brentq(excess, 0.0, top, xtol=1e-10))


def _lowest_slope(distances: Array, rows: list[Row]) -> tuple[float, float]:
    """Smallest slope of a curve and its distance, refined by the parabola through three points in log d."""
    slope = np.array([row.slope if row.status.ok else -np.inf for row in rows])
    k = int(np.argmin(slope))
    if not 0 < k < len(slope) - 1 or not np.isfinite(slope[k - 1 : k + 2]).all():
        return float(slope[k]), float(distances[k])
    a, b, c = np.polyfit(np.log(distances[k - 1 : k + 2]) - np.log(distances[k]), slope[k - 1 : k + 2], 2)
    return float(c - b * b / (4 * a)), float(distances[k] * np.exp(-b / (2 * a)))


def _root_in_load(lowest: Callable[[float], tuple[float, float]], limit: float) -> tuple[float, float, float]:
    """Root in alpha of a smallest slope that is positive at low loads; missing points count as negative."""
    lowest = lru_cache(None)(lowest)
    low, high = 0.85 * limit, 0.99 * limit
    while lowest(low)[0] <= 0:
        low, high = 0.8 * low, low
        if low < 0.05 * limit:
            raise ConvergenceError("the local entropy is non-monotone at every load")
    if lowest(high)[0] > 0:
        raise ConvergenceError("the local entropy grows with the distance at every load below capacity")
    while high - low > 0.02 * limit or not np.isfinite(lowest(high)[0]):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if lowest(middle)[0] > 0 else (low, middle)
        if high - low < 1e-4 * limit:
            return 0.5 * (low + high), lowest(low)[1], high - low
    alpha = float(scipy.optimize.brentq(lambda a: lowest(a)[0], low, high, xtol=2e-6))
    return alpha, lowest(alpha)[1], 1e-5


def _gap(model: Model, limit: float, reference: Reference, y: float | str) -> tuple[float, float, float]:
    """Bisection on the existence of the curve in the window, and where it ceases to exist."""
    grid = np.geomspace(*_WINDOW, 14)

    def missing(alpha: float) -> list[float]:
        tick(f"alpha = {alpha:.5g}")
        rows = _rows(model, alpha, grid, reference, y)
        # The branch is followed down to its end: what lies below has no distance of its own.
        return [row.overlaps.get("fold", np.nan) if row.status is Status.FOLD else float(grid[k])
                for k, row in enumerate(rows) if _missing(rows)[k]]  # fmt: skip

    low, high = 0.6 * limit, 0.999 * limit
    gone = missing(high)
    if not len(gone):
        raise ConvergenceError("the curve exists at every load below capacity")
    if len(missing(low)):
        raise ConvergenceError(f"the curve has a gap already at alpha = {low:.4g}")
    while high - low > 1e-3 * limit:
        middle = 0.5 * (low + high)
        now = missing(middle)
        low, high, gone = (low, middle, now) if len(now) else (middle, high, gone)
    return 0.5 * (low + high), max(gone), 0.5 * (high - low)


def _missing(rows: list[Row]) -> NDArray[np.bool_]:
    """Where no reference of non-negative complexity has neighbours at the distance.

    At low loads the y of zero complexity grows without bound towards d = 0: points lost there are no gap.
    """
    ok = np.array([row.status.ok for row in rows])
    if not ok.any():
        return ~ok
    entropy, complexity, y = np.array([(row.entropy, row.complexity, row.y) for row in rows]).T
    nearest = np.abs(np.arange(len(ok))[:, None] - np.flatnonzero(ok)).argmin(axis=1)
    unbounded = y[np.flatnonzero(ok)[nearest]] > _UNBOUNDED
    negative = ok & ((entropy < 0) | (complexity < -1e-9))
    return np.asarray(negative | (~ok & ~unbounded))
