r"""Thresholds of tuples of solutions: levels of nested groups, the multi-overlap gap, and where algorithms end.

Solutions that an algorithm can reach come in tuples at every overlap. Tuples of :math:`m_1` solutions in k nested
groups, the sizes real numbers, exist up to the *threshold of level* k + 2, where their entropy vanishes together with
its derivatives in overlaps and sizes (`tuple_threshold`): level 2 is the capacity; at level 3 local entropy and
complexity of the best references vanish together; ever higher levels fall towards the load where the ultrametric
tree branches continuously (`algorithmic_threshold`). At integer sizes the threshold is that of the multi-overlap gap
(`multi_overlap_gap`): for an even constraint, where the first moment over tuples is exact, a proof that tuples at some
overlaps are missing above it.

Tuples of one instance are replica symmetric at overlap :math:`q_0`, which is an assumption; `stability` says where it
fails. For even constraints :math:`q_0 = 0`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from scipy import optimize

from replica_theory.arguments import Allowed, checked_integer, checked_model, checked_numbers, shown
from replica_theory.models.model import Model
from replica_theory.replicas.tuple_saddle import Saddle, TupleLoad, find_saddle
from replica_theory.results.quantities import TUPLE, TUPLES
from replica_theory.results.record import Record
from replica_theory.status import ConvergenceError, Status
from replica_theory.thresholds.capacity import capacity_columns
from replica_theory.typical.functional import flat_model
from replica_theory.results.grid import broadcast
from replica_theory.typing import Array

MOST_LEVELS = 9
_SIZE = Allowed("be positive and finite, at least 1", lambda m: (m >= 1) & (m < np.inf))
_FINER = 1.5
"""Nodes of the second quadrature, in units of the first."""
_ROUNDING = 1e-12
_POWERS = (3, 4)
"""Of the levels' distance in the two laws by which they are extrapolated."""
_EVEN_STARTS = [(rest, size) for size in (4.0, 10.0) for rest in (0.015, 0.15)]
_MORE_EVEN_STARTS = [(rest, size) for size in (3.0, 30.0) for rest in (0.05, 0.4)]
_ODD_STARTS = [(rest, hat, size) for size in (4.3, 10.0, 3.0) for rest in (0.036, 0.1, 0.3) for hat in (0.1, 0.3)]
"""1 - q1, the conjugate of q0 (both over what they are at capacity) and the size from which level 3 is searched."""


@dataclass(frozen=True, eq=False, repr=False)
class TupleThreshold(Record):
    """Load at which tuples of solutions in nested groups end.

    Attributes
    ----------
    model : Model
    alpha : float
        The load.
    sizes : array, shape (k,)
        Solutions in a group, outermost first.
    overlaps, conjugates : array, shape (k + 1,)
        Overlaps between tuples and then inside the groups, and what is conjugate to them.
    stability : float
        Of the overlap between tuples against breaking of replica symmetry; positive: stable.
    error : float
        Estimated error of alpha.
    given : bool
        Whether sizes were given (an overlap gap) rather than the best ones.
    status : Status
        ``"unstable"`` where `stability` is negative.
    """

    _axes: ClassVar = {"sizes": ("group",), "overlaps": ("level",), "conjugates": ("level",)}
    _quantities: ClassVar = TUPLE
    _main: ClassVar = "alpha"
    _table: ClassVar = "level"

    model: Model
    alpha: float
    sizes: Array
    overlaps: Array
    conjugates: Array
    stability: float
    error: float
    given: bool = False
    status: Status = Status.CONVERGED


@dataclass(frozen=True, eq=False, repr=False)
class AlgorithmicThreshold(Record):
    """Load to which the thresholds of ever higher levels fall: an extrapolation.

    Attributes
    ----------
    model : Model
    alpha : float
        The extrapolated load.
    error : float
        Half the distance between the two extrapolations that it is the middle of (see `algorithmic_threshold`): an
        estimate, no bound.
    levels : array
        3, 4, ...
    thresholds : array
        The threshold of each level.
    stabilities : array
        Of each.
    extrapolations : array, shape (2,)
        Limits of the laws of power 3 and 4.
    status : Status
        ``"unstable"`` where one of the levels is.
    """

    _axes: ClassVar = {
        "levels": ("level",),
        "thresholds": ("level",),
        "stabilities": ("level",),
        "extrapolations": ("law",),
    }
    _quantities: ClassVar = TUPLES
    _main: ClassVar = "alpha"
    _table: ClassVar = "level"

    model: Model
    alpha: float
    error: float
    levels: Array
    thresholds: Array
    stabilities: Array
    extrapolations: Array
    status: Status = Status.CONVERGED


def tuple_threshold(model: Model, levels: int | None = None, *, sizes: Any = None) -> TupleThreshold:
    r"""Load at which nested groups of solutions end: a level of lifting, or a multi-overlap gap.

    With the integrals of `replica_theory.replicas.ultrametric`, :math:`m_0 = 0`, :math:`m_{k+1} = 1`, the logarithm of
    the number of tuples of :math:`m_1` solutions is, per weight,

    .. math:: \frac{\varphi}{m_1} = -\tfrac12\Big[\hat q_k + \sum_{j=0}^k(m_j - m_{j+1})q_j\hat q_j\Big]
       + \Gamma_S(\hat q) + \alpha\,\Gamma_E(q).

    The threshold is where it vanishes with all its derivatives: of all loads at which it vanishes the smallest over
    overlaps :math:`q_j` inside the groups, their conjugates and (unless they are given) sizes, and the saddle point in
    :math:`q_0`.

    Parameters
    ----------
    model : Model
        Of binary weights, with a hard constraint and random labels; one margin.
    levels : int, default 3
        k + 2, from 2 (the capacity) to 9.
    sizes : number or sequence of numbers, optional
        Instead of levels: the sizes :math:`m_1 > m_2 > \dots \ge 1`. Real numbers are allowed.

    Returns
    -------
    TupleThreshold

    Raises
    ------
    TypeError, ValueError
        If the model is none of those, both or neither sensible levels nor sizes are given, or sizes do not decrease.
    ConvergenceError
        If no saddle point is found: for margins so small that the best size is very large, or so low that typical
        solutions hardly overlap.

    Notes
    -----
    For an even constraint :math:`q_0 = 0` and the first moment is exact: at integer sizes, each a multiple of the next,
    there are no such tuples above the load. Otherwise tuples are replica symmetric at :math:`q_0`: an assumption that
    `stability` tests (against breaking between tuples).

    Examples
    --------
    >>> from replica_theory import BinaryPerceptron, SymmetricBinaryPerceptron
    >>> print(f"{tuple_threshold(BinaryPerceptron()).alpha:.9f}")
    0.784214591
    >>> print(f"{tuple_threshold(SymmetricBinaryPerceptron(), sizes=(12, 4)).alpha:.8f}")
    1.62182086
    """
    checked_model(model, Model, "tuple_threshold", hard=True, random_labels=True, single=True)
    if levels is not None and sizes is not None:
        raise ValueError(f"levels must be left out where sizes are given; got levels={shown(levels)}")
    if sizes is None:
        return _of_level(model, 3 if levels is None else checked_integer("levels", levels, 2, MOST_LEVELS))
    return _of_sizes(model, _checked_sizes(sizes))


def multi_overlap_gap(model: Model, m: Any = 4) -> TupleThreshold:
    r"""Load from which on m solutions at one mutual overlap are missing at some overlap: `tuple_threshold` at one size.

    Parameters
    ----------
    model : Model
        As for `tuple_threshold`.
    m : int
        Number of solutions, at least 2.

    Returns
    -------
    TupleThreshold

    Raises
    ------
    TypeError, ValueError, ConvergenceError
        As for `tuple_threshold`.

    Examples
    --------
    >>> from replica_theory import SymmetricBinaryPerceptron
    >>> print(f"{multi_overlap_gap(SymmetricBinaryPerceptron(), m=4).alpha:.8f}")
    1.65780690
    """
    return tuple_threshold(model, sizes=(checked_integer("m", m, 2),))


def algorithmic_threshold(model: Model, levels: int = 7) -> AlgorithmicThreshold:
    r"""Load to which the thresholds of the levels fall.

    The thresholds of level 3 to `levels` are extrapolated by two laws through the last three of them,
    :math:`\alpha_r = \alpha + c/(r - r_0)^p` with p = 3 and p = 4. The limits of the first rise with the levels and
    those of the second fall (up to level 6, 7, 8, 9 at :math:`\kappa = 0`: .762263, .762316, .762350, .762372 and
    .762577, .762497, .762463, .762446), so that the threshold lies between them; it is given as the middle.

    Parameters
    ----------
    model : Model
        As for `tuple_threshold`.
    levels : int, default 7
        The highest level, from 5 to 9.

    Returns
    -------
    AlgorithmicThreshold

    Raises
    ------
    TypeError, ValueError
        As for `tuple_threshold`.
    ConvergenceError
        If one of the levels is not found.

    Notes
    -----
    That stable algorithms fail above this load is a theorem for some models (branching overlap gap), for these an
    extrapolation: replica symmetry at :math:`q_0` is assumed (`stabilities`), and the limit of the levels is a fit.

    Examples
    --------
    >>> from replica_theory import SymmetricBinaryPerceptron
    >>> found = algorithmic_threshold(SymmetricBinaryPerceptron(), levels=5)
    >>> found.thresholds.round(6).tolist()
    [1.657535, 1.621738, 1.609125]
    """
    checked_model(model, Model, "algorithmic_threshold", hard=True, random_labels=True, single=True)
    highest = checked_integer("levels", levels, 5, MOST_LEVELS)
    found = [_of_level(model, level) for level in range(3, highest + 1)]
    alphas = np.array([one.alpha for one in found])
    stabilities = np.array([one.stability for one in found])
    laws = np.array(_extrapolated(alphas))
    error = 0.5 * float(np.ptp(laws))
    status = Status.of(0.0, stability=float(stabilities.min()))
    return AlgorithmicThreshold(
        model, float(laws.mean()), error, np.arange(3.0, highest + 1), alphas, stabilities, laws, status
    )


def _extrapolated(alphas: Array) -> tuple[float, float]:
    """The limits of the two laws through the last three thresholds."""
    first, second = float(alphas[-3] - alphas[-2]), float(alphas[-2] - alphas[-1])
    low, high = (float(alphas[-1]) - second * _rest(second / first, power) for power in _POWERS)
    return low, high


def _rest(ratio: float, power: int) -> float:
    """What is left of a power law at the last of three points over its last difference, the two at a given ratio."""

    def law(x: float) -> tuple[float, float]:
        a, b, c = (x - 2) ** -power, (x - 1) ** -power, x**-power
        return (b - c) / (a - b), c / (b - c)

    return law(float(optimize.brentq(lambda x: law(x)[0] - ratio, 2.0 + 1e-6, 1e4)))[1]


def _checked_sizes(sizes: Any) -> tuple[float, ...]:
    given = checked_numbers("sizes", (sizes,) if np.ndim(sizes) == 0 else sizes, _SIZE)
    if not given or len(given) > MOST_LEVELS - 2 or np.any(np.diff(np.append(given, 1.0)) >= 0):
        raise ValueError(f"sizes must be 1 to {MOST_LEVELS - 2} decreasing numbers above 1; got {shown(sizes)}")
    return given


def _of_level(model: Model, level: int) -> TupleThreshold:
    return _reported(TupleLoad(model, level - 2), _climbed(model, level - 2), given=False)


@lru_cache(maxsize=64)
def _climbed(model: Model, depth: int) -> Saddle | None:
    """The saddle point with the best sizes, each level from the one below."""
    if depth == 0:
        return find_saddle(TupleLoad(model, 0), _at_capacity(model)[0])
    if depth == 1:
        return _level_three(model)
    below = _climbed(model, depth - 1)
    return None if below is None else find_saddle(TupleLoad(model, depth), _next_start(model, below))


def _at_capacity(model: Model) -> tuple[Array, float, float]:
    """The unknowns of level 2, and q and q_hat; NaN where there is no capacity."""
    if model.is_even:
        return np.zeros(0), 0.0, 0.0
    columns = capacity_columns(flat_model(model, broadcast(kappa=model.kappa, beta=model.beta)))
    q, q_hat = float(columns["q"][0]), float(columns["q_hat"][0])
    return np.log([1 - q, q_hat]), q, q_hat


def _level_three(model: Model) -> Saddle | None:
    system = TupleLoad(model, 1)
    if model.is_even:
        for starts in (_EVEN_STARTS, _MORE_EVEN_STARTS):
            found = [find_saddle(system, np.log([rest, 0.9, size])) for rest, size in starts]
            kept = [one for one in found if one is not None]
            if kept:
                return min(kept, key=lambda one: one.alpha)
        return None
    _, q, q_hat = _at_capacity(model)
    for rest, hat, size in _ODD_STARTS:
        near = find_saddle(system, np.log([0.81 * (1 - q), rest * (1 - q), hat * q_hat, 0.3 * q_hat, size]), 30)
        if near is not None:
            return near
    return None


def _next_start(model: Model, below: Saddle) -> Array:
    """Unknowns near the saddle point of one more level: how they moved from level to level at the margins 0 and 1."""
    k = len(below.overlaps.sizes) + 1
    rest, sizes = 1 - below.overlaps.overlaps, below.overlaps.sizes
    outer, above = float(below.conjugates.overlaps[0]), below.conjugates.overlaps[1:] - below.conjugates.overlaps[0]
    place = np.arange(k - 1, 0, -1)
    inner = np.append(rest[1:] * (1 + 0.85 * (k - place) / place**1.2), 0.05 * k * rest[-1])
    overlaps = 1 - np.append(rest[0] * (1.0 if model.is_even else 1 - 0.2 / k), inner)
    hats = 0.06 * (k + 1) * outer + np.concatenate([[0.0, 0.046 * k * above[0]], 1.22 * above])
    return TupleLoad(model, k).unknowns(overlaps, hats, np.append((1.3 + 2.8 / k) * sizes[0], 0.95 * sizes))


def _of_sizes(model: Model, sizes: tuple[float, ...]) -> TupleThreshold:
    """From the best sizes to those given, in steps as large as they may be."""
    depth = len(sizes)
    best = _climbed(model, depth)
    if best is None:
        return _reported(TupleLoad(model, depth, sizes), None, given=True)
    free, target, reached, step = np.log(best.overlaps.sizes), np.log(sizes), 0.0, 1.0
    saddle: Saddle | None = best
    x = best.x[: -depth]
    while reached < 1 and step > 1e-3:
        share = min(1.0, reached + step)
        system = TupleLoad(model, depth, tuple(np.exp(free + share * (target - free)).tolist()) if share < 1 else sizes)
        found = find_saddle(system, x, 30)
        if found is None:
            step *= 0.5
            continue
        saddle, x, reached = found, found.x, share
    return _reported(TupleLoad(model, depth, sizes), saddle if reached == 1 else None, given=True)


def _reported(system: TupleLoad, saddle: Saddle | None, given: bool) -> TupleThreshold:
    finer = None if saddle is None else replace(system, fineness=_FINER).at(saddle.x)
    if saddle is None or finer is None:
        what = f"sizes {system.sizes}" if given else f"level {system.depth + 2}"
        raise ConvergenceError(f"tuple_threshold of {system.model}: no saddle point of {what} was found")
    error = abs(finer.alpha - saddle.alpha) + _ROUNDING * saddle.alpha
    status = Status.of(0.0, stability=saddle.stability)
    return TupleThreshold(
        system.model, saddle.alpha, saddle.overlaps.sizes, saddle.overlaps.overlaps, saddle.conjugates.overlaps,
        saddle.stability, error, given, status,
    )  # fmt: skip
