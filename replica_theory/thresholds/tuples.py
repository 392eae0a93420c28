r"""Thresholds of tuples of solutions: levels of nested groups, the multi-overlap gap, and where algorithms end.

Solutions that an algorithm can reach come in tuples at every overlap. Tuples of :math:`m_1` solutions in k nested
groups, the sizes real numbers, exist up to the *threshold of level* k + 2, where their entropy vanishes together with
its derivatives in overlaps and sizes (`tuple_threshold`): level 2 is the capacity; at level 3 local entropy and
complexity of the best references vanish together; ever higher levels fall towards the load where the ultrametric
tree branches continuously (`algorithmic_threshold`). At integer sizes the threshold is that of the multi-overlap gap
(`multi_overlap_gap`): for an even constraint, where the first moment over tuples is exact, a proof that tuples at some
overlaps are missing above it.

Tuples of one instance are replica symmetric at overlap :math:`q_0`, which is an assumption; `stability` says where it
fails. For even constraints :math:`q_0 = 0` as long as that is stable.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from scipy import optimize

from replica_theory.arguments import Allowed, checked_integer, checked_numbers, shown
from replica_theory.models.model import Model
from replica_theory.replicas.many_solutions import below_limit, many_solutions
from replica_theory.replicas.tuple_saddle import Saddle, TupleLoad, find_saddle
from replica_theory.replicas.tuple_survey import lowest
from replica_theory.replicas.ultrametric import checked_for_tuples
from replica_theory.results.grid import broadcast
from replica_theory.results.quantities import TUPLE, TUPLES
from replica_theory.results.record import Record
from replica_theory.status import ConvergenceError, Status
from replica_theory.thresholds.capacity import capacity_columns
from replica_theory.typical.functional import flat_model
from replica_theory.typing import Array

MOST_LEVELS = 9
_LARGEST = 5000
_SIZE = Allowed(f"lie in [1, {_LARGEST}]", lambda m: (m >= 1) & (m <= _LARGEST))
_FINER = 1.5
"""Nodes of the second quadrature, in units of the first."""
_ROUNDING = 1e-12
_POWERS = (3, 4)
"""Of the levels' distance in the two laws by which they are extrapolated."""
_ODD_START = (0.81, 0.036, 0.1, 0.3, 4.3)
"""1 - q0, 1 - q1, q0_hat and q1_hat - q0_hat, in units of 1 - q and q_hat at capacity, and the size: mostly level 3."""
_LITTLE = 1e-3
"""Overlap between tuples, over that inside them, with which the symmetry of an even constraint is broken."""


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
        Half the distance between the two extrapolations that it is the middle of (see `algorithmic_threshold`), or
        what that middle moved by with the last level, if that is more: an estimate, no bound.
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

    With the integrals :math:`\Gamma` over the tree, :math:`m_0 = 0`, :math:`m_{k+1} = 1`, the logarithm of the number
    of tuples of :math:`m_1` solutions is, per weight,

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
        Instead of levels: the sizes :math:`5000 \ge m_1 > m_2 > \dots > 1`. Real numbers are allowed.

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
    For an even constraint with given sizes :math:`q_0 = 0`, where the first moment is exact: at integer sizes, each a
    multiple of the next, there are no such tuples above the load. Of levels this saddle point is given where it is
    stable, and else that of tuples that overlap (:math:`q_0 > 0`), which lies lower: by 1e-7 at level 5 of
    :math:`|h| \le 1`, by 0.002 at level 3 of :math:`|h| \le 1.5`. Tuples are then replica symmetric at :math:`q_0`, an
    assumption that `stability` tests.

    The saddle point of level 3 is the lowest of a survey of all sizes; every other one is reached from the level below,
    and lies below that. Where a constraint has a hole, or allows few stabilities, others may compete from level 5 on.
    Where the best size is larger than can be done (:math:`|h| \le \kappa` with :math:`\kappa` below about 0.2), level 3
    is the limit of infinitely many solutions: ``sizes`` is inf, and `error` what finite sizes are estimated to gain.

    Examples
    --------
    >>> from replica_theory import BinaryPerceptron, SymmetricBinaryPerceptron
    >>> print(f"{tuple_threshold(BinaryPerceptron()).alpha:.9f}")
    0.784214591
    >>> print(f"{tuple_threshold(SymmetricBinaryPerceptron(), sizes=(12, 4)).alpha:.8f}")
    1.62182086
    """
    checked_for_tuples(model, "tuple_threshold")
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
        Number of solutions, from 2 to 5000.

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
    return tuple_threshold(model, sizes=(checked_integer("m", m, 2, _LARGEST),))


def algorithmic_threshold(model: Model, levels: int = 7) -> AlgorithmicThreshold:
    r"""Load to which the thresholds of the levels fall.

    The thresholds of level 3 to `levels` are extrapolated by two laws through the last three of them,
    :math:`\alpha_r = \alpha + c/(r - r_0)^p` with p = 3 and p = 4. The limits of the first rise with the levels and
    those of the second fall (up to level 6, 7, 8, 9 at :math:`\kappa = 0`: .762263, .762316, .762350, .762372 and
    .762577, .762497, .762463, .762446), so that the threshold is expected between them; it is given as the middle.
    The powers were chosen because they bracket in this way at the margins looked at, not derived.

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
    checked_for_tuples(model, "algorithmic_threshold")
    highest = checked_integer("levels", levels, 5, MOST_LEVELS)
    found = [_of_level(model, level) for level in range(3, highest + 1)]
    alphas = np.array([one.alpha for one in found])
    stabilities = np.array([one.stability for one in found])
    laws = _extrapolated(alphas)
    if laws is None:
        raise ConvergenceError(f"algorithmic_threshold of {model}: the levels do not approach a limit ({alphas})")
    alpha, error = float(np.mean(laws)), 0.5 * abs(laws[1] - laws[0])
    before = _extrapolated(alphas[:-1]) if len(alphas) > 3 else None
    if before is not None:
        error = max(error, abs(float(np.mean(before)) - alpha))
    status = Status.of(0.0, stability=float(stabilities.min()))
    return AlgorithmicThreshold(
        model, alpha, error, np.arange(3.0, highest + 1), alphas, stabilities, np.array(laws), status
    )


def _extrapolated(alphas: Array) -> tuple[float, float] | None:
    """The limits of the two laws through the last three thresholds; None where their steps do not shrink."""
    first, second = float(alphas[-3] - alphas[-2]), float(alphas[-2] - alphas[-1])
    if not 1e-3 * first < second < 0.999 * first:
        return None
    one, other = (float(alphas[-1]) - second * _rest(second / first, power) for power in _POWERS)
    return one, other


def _rest(ratio: float, power: int) -> float:
    """What is left of a power law at the last of three points over its last difference, the two at a given ratio."""

    def law(x: float) -> tuple[float, float]:
        a, b, c = (x - 2) ** -power, (x - 1) ** -power, x**-power
        return (b - c) / (a - b), c / (b - c)

    return law(float(optimize.brentq(lambda x: law(x)[0] - ratio, 2.0 + 1e-6, 1e5)))[1]


def _checked_sizes(sizes: Any) -> tuple[float, ...]:
    given = checked_numbers("sizes", sizes, _SIZE)
    if not given or len(given) > MOST_LEVELS - 2 or np.any(np.diff(np.append(given, 1.0)) >= 0):
        raise ValueError(f"sizes must be 1 to {MOST_LEVELS - 2} decreasing numbers above 1; got {shown(sizes)}")
    return given


def _of_level(model: Model, level: int) -> TupleThreshold:
    depth, apart = level - 2, model.is_even
    saddle = _climbed(model, depth, apart)
    if apart and (saddle is None or saddle.stability < 0):
        parted = _climbed(model, depth, False)
        saddle, apart = (saddle, True) if parted is None else (parted, False)
    if saddle is not None:
        return _reported(TupleLoad(model, depth, apart), saddle)
    limit = many_solutions(model) if model.is_even and depth == 1 else None
    if limit is None:
        raise ConvergenceError(
            f"tuple_threshold of {model}: no saddle point of level {level} was found (where few stabilities are "
            "allowed, the best sizes are very large)"
        )
    error = below_limit(model, limit) + _ROUNDING * limit.alpha
    return TupleThreshold(
        model, limit.alpha, np.array([np.inf]), np.array([0.0, limit.q]), np.zeros(2), 1 - limit.alpha, error
    )


@lru_cache(maxsize=64)
def _climbed(model: Model, depth: int, apart: bool) -> Saddle | None:
    """The saddle point with the best sizes, each level from the one below; it must lie below that."""
    if depth and model.is_even and not apart and (whole := _climbed(model, depth, True)) is not None:
        system = TupleLoad(model, depth, False)
        found = None if whole.stability >= 0 else find_saddle(system, _parted(system, whole))
        if found is not None and found.alpha < whole.alpha:
            return found
    below = None if depth == 0 else _climbed(model, depth - 1, apart)
    if depth > 0 and below is None:
        return None
    system = TupleLoad(model, depth, apart)
    for start in _starts(system, below):
        found = None if start is None else find_saddle(system, start)
        if found is not None and (below is None or found.alpha < below.alpha):
            return found
    return None


def _starts(system: TupleLoad, below: Saddle | None) -> Iterator[Array | None]:
    """Where the saddle point is searched, in turn."""
    if below is None:
        yield np.zeros(0) if system.apart else _at_capacity(system.model)
    elif system.depth > 1:
        yield _next_start(system, below)
        yield _innermost_split(system, below)
    else:
        outer = float(below.conjugates.overlaps[0])
        if not system.model.is_even:
            rest, inside, part, width, size = _ODD_START
            free = 1 - float(below.overlaps.overlaps[0])
            yield np.log([rest * free, inside * free, part * outer, width * outer, size])
        point = lowest(system, 0.1 * outer)
        yield None if point is None else point.x


def _at_capacity(model: Model) -> Array | None:
    """The unknowns of level 2; None where the overlap vanishes or there is no capacity."""
    columns = capacity_columns(flat_model(model, broadcast(kappa=model.kappa, beta=model.beta)))
    q, q_hat = float(columns["q"][0]), float(columns["q_hat"][0])
    return np.log([1 - q, q_hat]) if 0 < q < 1 and q_hat > 0 else None


def _parted(system: TupleLoad, apart: Saddle) -> Array:
    """Unknowns of tuples that overlap a little, near a saddle point of tuples that do not."""
    q, q_hat = apart.overlaps.overlaps.copy(), apart.conjugates.overlaps.copy()
    q[0], q_hat[0] = _LITTLE * q[1], 0.5 * _LITTLE * q_hat[1]
    return system.unknowns(q, q_hat, apart.overlaps.sizes)


def _next_start(system: TupleLoad, below: Saddle) -> Array:
    """Unknowns near the saddle point of one more level: how they moved from level to level at the margins 0 and 1."""
    k = system.depth
    rest, sizes = 1 - below.overlaps.overlaps, below.overlaps.sizes
    outer, above = float(below.conjugates.overlaps[0]), below.conjugates.overlaps[1:] - below.conjugates.overlaps[0]
    place = np.arange(k - 1, 0, -1)
    inner = np.append(rest[1:] * (1 + 0.85 * (k - place) / place**1.2), 0.05 * k * rest[-1])
    overlaps = 1 - np.append(rest[0] * (1.0 if system.apart else 1 - 0.2 / k), inner)
    hats = 0.06 * (k + 1) * outer + np.concatenate([[0.0, 0.046 * k * above[0]], 1.22 * above])
    return system.unknowns(overlaps, hats, np.append((1.3 + 2.8 / k) * sizes[0], 0.95 * sizes))


def _innermost_split(system: TupleLoad, below: Saddle) -> Array:
    """Unknowns with the innermost groups divided, all else as it was."""
    rest, q_hat, sizes = 1 - below.overlaps.overlaps, below.conjugates.overlaps, below.overlaps.sizes
    overlaps = 1 - np.concatenate([rest[:-1], [1.2 * rest[-1], 0.06 * rest[-1]]])
    hats = np.concatenate([q_hat[:-1], [q_hat[-2] + 0.2 * (q_hat[-1] - q_hat[-2]), q_hat[-1]]])
    return system.unknowns(overlaps, hats, np.concatenate([sizes[:-1], [2.5 * sizes[-1], 0.95 * sizes[-1]]]))


def _of_sizes(model: Model, sizes: tuple[float, ...]) -> TupleThreshold:
    system = TupleLoad(model, len(sizes), model.is_even, sizes)
    saddle = _of_one_size(system) if len(sizes) == 1 else _from_best(system)
    if saddle is None:
        raise ConvergenceError(f"tuple_threshold of {model}: no saddle point of sizes {sizes} was found")
    return _reported(system, saddle)


def _of_one_size(system: TupleLoad) -> Saddle | None:
    """From the lowest load of all widths."""
    capacity = _climbed(system.model, 0, system.apart)
    if capacity is None:
        return None
    point = lowest(system, 0.1 * float(capacity.conjugates.overlaps[0]))
    found = None if point is None else find_saddle(system, point.x)
    return found if found is not None and found.alpha < capacity.alpha else None


def _from_best(system: TupleLoad) -> Saddle | None:
    """From the best sizes to those given, in steps as large as they may be."""
    best = _climbed(system.model, system.depth, system.apart)
    if best is None:
        return None
    free, target, reached, step = np.log(best.overlaps.sizes), np.log(np.array(system.sizes)), 0.0, 1.0
    saddle, x = best, best.x[: -system.depth]
    while reached < 1 and step > 1e-3:
        share = min(1.0, reached + step)
        between = tuple(np.exp(free + share * (target - free)).tolist())
        found = find_saddle(system if share == 1 else replace(system, sizes=between), x, 30)
        if found is None:
            step *= 0.5
            continue
        saddle, x, reached = found, found.x, share
    return saddle if reached == 1 else None


def _reported(system: TupleLoad, saddle: Saddle) -> TupleThreshold:
    finer = replace(system, fineness=_FINER).at(saddle.x)
    if finer is None:
        raise ConvergenceError(f"tuple_threshold of {system.model}: {Status.INACCURATE_QUADRATURE.sentence}")
    error = abs(finer.alpha - saddle.alpha) + _ROUNDING * saddle.alpha
    status = Status.of(0.0, stability=saddle.stability)
    return TupleThreshold(
        system.model, saddle.alpha, saddle.overlaps.sizes, saddle.overlaps.overlaps, saddle.conjugates.overlaps,
        saddle.stability, error, status,
    )  # fmt: skip
