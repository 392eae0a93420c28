"""Constraints that allow unions of intervals: symmetric, u-shaped, any."""

from __future__ import annotations

import functools
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import special

from replica_theory.arguments import FINITE, checked_callable, checked_real, shown
from replica_theory.models.model import BETA, LOG_SQRT_2PI, WEIGHTS, Kernel, Model, Option
from replica_theory.models.perceptron import hazard
from replica_theory.models.weights import BINARY, Weights
from replica_theory.numerics.namespace import NUMPY, Namespace
from replica_theory.typing import Array, ArrayLike

_NARROW = 0.03
"""Width of an interval in units of the field's (and of the scale on which a tail decays) below which it is thin: six
orders of it are then below rounding."""
_EPSILON = 2 * float(np.finfo(float).eps)


class UnionOfIntervals(Model):
    """A constraint that allows the stabilities in some disjoint intervals: its kernel is exact, from their ends."""

    @property
    @abstractmethod
    def allowed_intervals(self) -> tuple[tuple[ArrayLike, ArrayLike], ...]:
        """The intervals (a, b), in increasing order."""

    def log_probability(self, mean: Any, std: Any, space: Namespace = NUMPY) -> Kernel:
        r""":math:`\log\sum_k[\Phi((b_k-h)/\sigma) - \Phi((a_k-h)/\sigma)]` with its derivatives in `h`."""
        return _union_kernel(self.allowed_intervals, mean, std, space)

    def probability(self, mean: Array, std: ArrayLike) -> tuple[Array, Array]:
        r""":math:`e^{-\beta} + (1-e^{-\beta})P` and its derivative."""
        return _union_probability(self.allowed_intervals, mean, std, np.asarray(self.beta))

    def allows(self, h: ArrayLike) -> NDArray[np.bool_]:
        """Whether a pattern of stability `h` is satisfied (edges included, up to rounding), however thin the set."""
        h = np.asarray(checked_real("h", h, FINITE))
        inside = [(h >= a - _rounding(h, a)) & (h <= b + _rounding(h, b)) for a, b in self.allowed_intervals]
        return np.asarray(np.logical_or.reduce(inside))


class Even(UnionOfIntervals):
    """A union of intervals that is symmetric about 0, with a positive margin at either side."""

    _must: ClassVar[str]

    def __post_init__(self) -> None:
        super().__post_init__()
        if np.any(np.asarray(self.kappa) <= 0):
            raise ValueError(f"kappa must be positive for {self._must}; got {shown(self.kappa)}")

    @property
    def edges(self) -> tuple[ArrayLike, ...]:
        """Both margins."""
        return (-np.asarray(self.kappa), self.kappa)

    @property
    def is_even(self) -> bool:
        """The allowed set is symmetric."""
        return True


@dataclass(frozen=True, eq=False, repr=False)
class SymmetricBinaryPerceptron(Even):
    r"""Symmetric binary perceptron: a pattern is satisfied when :math:`|h| \le \kappa`, :math:`\kappa > 0`."""

    name: ClassVar[str] = "symmetric"
    title: ClassVar[str] = "symmetric binary perceptron"
    condition: ClassVar[str] = "|h| <= kappa"
    _must: ClassVar[str] = "|h| <= kappa to have solutions"

    kappa: ArrayLike = 1.0

    @property
    def allowed_intervals(self) -> tuple[tuple[ArrayLike, ArrayLike], ...]:
        """Between the margins."""
        return ((-np.asarray(self.kappa), np.asarray(self.kappa)),)


@dataclass(frozen=True, eq=False, repr=False)
class UShapePerceptron(Even):
    r"""Perceptron with a U-shaped constraint: a pattern is satisfied when :math:`|h| \ge \kappa`, :math:`\kappa > 0`.

    The complement of the symmetric perceptron (Aubin, Perkins and Zdeborová 2019). By symmetry q = 0 is a saddle point,
    where the annealed entropy is exact as long as it is stable: at capacity up to :math:`\kappa = 0.817` (see
    `ReplicaSymmetric.stability`). The allowed set has a hole, so the kernel is not log-concave.

    Examples
    --------
    >>> print(f"{UShapePerceptron(0.5).log_probability(np.zeros(()), 1.0).log:.6f}")  # log 2H(1/2)
    -0.482765
    """

    name: ClassVar[str] = "u-shape"
    title: ClassVar[str] = "u-shaped binary perceptron"
    condition: ClassVar[str] = "|h| >= kappa"
    _must: ClassVar[str] = "|h| >= kappa to be a constraint"

    kappa: ArrayLike = 0.5

    @property
    def allowed_intervals(self) -> tuple[tuple[ArrayLike, ArrayLike], ...]:
        """Beyond either margin."""
        kappa, far = np.asarray(self.kappa), np.asarray(np.inf)
        return ((-far, -kappa), (kappa, far))

    @property
    def is_concave(self) -> bool:
        """Never: the allowed set has a hole."""
        return False


@dataclass(frozen=True, eq=False, init=False, repr=False)
class IntervalModel(UnionOfIntervals):
    r"""Any union of intervals as constraint: satisfied when :math:`h - \kappa \in \bigcup_k [a_k, b_k]`.

    The kernel is exact, :math:`P = \sum_k [\Phi((b_k + \kappa - h)/\sigma) - \Phi((a_k + \kappa - h)/\sigma)]`, and
    accurate in its tails. The other models are special cases: ``[(0, inf)]`` is the binary perceptron,
    ``[(-1, 1)]`` the symmetric and ``[(-inf, -1), (1, inf)]`` the U-shaped one at margin 1.

    Parameters
    ----------
    intervals : iterable of (float, float)
        Their ends, infinite ones included; intervals that touch or overlap are joined.
    kappa : float or array, default 0
        Shift of all the intervals.
    beta : float or array, default inf
        Inverse temperature.
    weights : Weights, default BinaryWeights()
        What a weight may be.

    Raises
    ------
    TypeError, ValueError
        If `intervals` is not such a list, is empty, allows everything, or an interval has no length.

    Examples
    --------
    >>> bands = IntervalModel([(-2.0, -1.0), (1.0, 2.0)])
    >>> bands.is_even, bands.is_concave, bool(bands.allows(1.5)), bool(bands.allows(0.0))
    (True, False, True, False)
    """

    name: ClassVar[str] = "interval"
    title: ClassVar[str] = "interval perceptron"
    condition: ClassVar[str] = "h - kappa in one of the given intervals"
    options: ClassVar[tuple[Option, ...]] = (
        Option("intervals", "allowed stabilities from A to B", "intervals", required=True),
        Option("kappa", "shift of all the intervals"),
        BETA,
        WEIGHTS,
    )

    intervals: tuple[tuple[float, float], ...] = ()

    def __init__(
        self,
        intervals: Iterable[tuple[float, float]],
        kappa: ArrayLike = 0.0,
        beta: ArrayLike = np.inf,
        *,
        weights: Weights = BINARY,
    ) -> None:
        object.__setattr__(self, "intervals", _checked_intervals(intervals))
        object.__setattr__(self, "kappa", kappa)
        object.__setattr__(self, "beta", beta)
        object.__setattr__(self, "weights", weights)
        self.__post_init__()

    @classmethod
    def from_indicator(
        cls,
        allowed: Callable[[float], bool],
        edges: Iterable[float],
        kappa: ArrayLike = 0.0,
        beta: ArrayLike = np.inf,
    ) -> IntervalModel:
        r"""The union of intervals on which a function is true.

        Parameters
        ----------
        allowed : callable
            ``allowed(h)``, true where the stability `h` satisfies the constraint; called once between any two edges.
        edges : iterable of float
            All the places where it changes.
        kappa, beta : float or array
            As for the class.

        Examples
        --------
        >>> IntervalModel.from_indicator(lambda h: abs(h) > 1, edges=[-1, 1]).intervals
        ((-inf, -1.0), (1.0, inf))
        """
        checked_callable("allowed", allowed, "allowed(h)")
        ends = [-np.inf, *sorted(checked_edges(edges)), np.inf]
        middles = [ends[1] - 1.0, *(0.5 * (a + b) for a, b in pairwise(ends[1:-1])), ends[-2] + 1.0]
        chosen = [pair for pair, h in zip(pairwise(ends), middles, strict=True) if pair[0] < pair[1] and allowed(h)]
        return cls(chosen, kappa, beta)

    @property
    def allowed_intervals(self) -> tuple[tuple[ArrayLike, ArrayLike], ...]:
        """The intervals, shifted by `kappa`."""
        return tuple((np.asarray(a + self.kappa), np.asarray(b + self.kappa)) for a, b in self.intervals)

    @property
    def edges(self) -> tuple[ArrayLike, ...]:
        """The finite ends of the intervals, in increasing order."""
        return tuple(e + self.kappa for pair in self.intervals for e in pair if np.isfinite(e))

    @property
    def is_even(self) -> bool:
        """Whether the intervals are symmetric about 0 (and not shifted)."""
        mirrored = tuple((-b, -a) for a, b in reversed(self.intervals))
        return mirrored == self.intervals and bool(np.all(np.asarray(self.kappa) == 0))

    @property
    def is_concave(self) -> bool:
        """Whether there is a single interval (and beta is infinite)."""
        return len(self.intervals) == 1 and super().is_concave


def _rounding(h: Array, edge: ArrayLike) -> Array:
    """By how much a stability may miss an edge that it should meet."""
    edge = np.asarray(edge, dtype=float)
    return np.asarray(_EPSILON * (np.abs(h) + np.where(np.isinf(edge), 0.0, np.abs(edge))))


def _interval_kernel(low: Any, high: Any, mean: Any, std: Any, space: Namespace) -> Kernel:
    r""":math:`\log[\Phi((b-h)/\sigma) - \Phi((a-h)/\sigma)]` of one interval, accurate in both tails."""
    xp, functions = space.xp, space.special
    # Invalid: the centre of (-inf, b), the far end of (a, inf); division by 0: ends that are one number in units of the
    # width, where the interval is thin.
    with np.errstate(invalid="ignore", divide="ignore"):
        right = xp.isinf(low) | (~xp.isinf(high) & (mean >= 0.5 * (low + high)))
        sign = xp.where(right, 1.0, -1.0)
        near = xp.where(right, mean - high, low - mean) / std
        far = xp.where(right, mean - low, high - mean) / std
        log = _log_ndtr_difference(near, far, space)
        # In the tail, G/P by the hazard: exp(-near^2/2 - log) would lose near^2 eps.
        tail = near > 0
        direct = xp.exp(-0.5 * xp.where(tail, 0.0, near) ** 2 - LOG_SQRT_2PI - xp.where(tail, 0.0, log))
        share = -xp.expm1(functions.log_ndtr(-far) - functions.log_ndtr(-near))
        density_near = xp.where(tail, hazard(xp.where(tail, near, 0.0), space) / share, direct)
        finite = xp.isfinite(far)
        density_far = xp.where(finite, density_near * xp.exp(-0.5 * (far - near) * (far + near)), 0.0)
        d1 = (density_far - density_near) / std
        curvature = (near * density_near - xp.where(finite, far, 0.0) * density_far) / (std * std)
        narrow = (high - low) * (1 + 0.5 * xp.abs(near + far)) < _NARROW * std
    kernel = Kernel(log, sign * d1, curvature - d1**2)
    if not bool(narrow.any()):
        return kernel
    middle = xp.where(narrow, (0.5 * (low + high) - mean) / std, 0.0)
    thin = _thin_kernel(middle, xp.where(narrow, (high - low) / std, 1.0), std, space)
    return Kernel(*(xp.where(narrow, one, other) for one, other in zip(thin, kernel, strict=True)))


def _thin_kernel(m: Any, x: Any, std: Any, space: Namespace) -> Kernel:
    r"""The same of an interval of width `x` around `m`, in units of `std`: the difference of tails would cancel.

    :math:`\log[xG(m)(1 + s)]` with :math:`s = He_2(m)x^2/24 + He_4(m)x^4/1920`.
    """
    xp = space.xp
    a, b = x * x / 24, x**4 / 1920
    s = 1 + (m * m - 1) * a + (m**4 - 6 * m * m + 3) * b
    slope = (2 * m * a + (4 * m**3 - 12 * m) * b) / s
    bend = (2 * a + 12 * (m * m - 1) * b) / s
    log = xp.log(x) - 0.5 * m * m - LOG_SQRT_2PI + xp.log(s)
    return Kernel(log, (m - slope) / std, (bend - slope * slope - 1) / (std * std))


def _union_kernel(intervals: tuple[tuple[ArrayLike, ArrayLike], ...], mean: Any, std: Any, space: Namespace) -> Kernel:
    """The same of disjoint intervals: a mixture, whose curvature is the mean one plus the variance of the slopes."""
    xp = space.xp
    parts = [_interval_kernel(space.constant(a), space.constant(b), mean, std, space) for a, b in intervals]
    if len(parts) == 1:
        return parts[0]
    logs, d1s, d2s = (xp.stack(columns) for columns in zip(*parts, strict=True))
    log = functools.reduce(xp.logaddexp, logs)
    log = xp.where(log > 0, 0.0, log)  # a sum of probabilities near 1 may round above it
    weights = xp.exp(logs - log)
    weights = weights / weights.sum(axis=0)
    d1 = (weights * d1s).sum(axis=0)
    return Kernel(log, d1, (weights * (d2s + (d1s - d1) ** 2)).sum(axis=0))


def _union_probability(
    intervals: tuple[tuple[ArrayLike, ArrayLike], ...], mean: Array, std: ArrayLike, beta: Array
) -> tuple[Array, Array]:
    r""":math:`e^{-\beta} + (1-e^{-\beta})P` of disjoint intervals and its derivative, without logarithms."""
    satisfied = -np.expm1(-beta)
    value, slope = np.exp(-beta), np.zeros(())
    for low, high in intervals:
        a, b = (low - mean) / std, (high - mean) / std
        # The smaller tails: exact also far from the interval.
        right = np.abs(a) > np.abs(b)
        value = value + satisfied * (special.ndtr(np.where(right, b, -a)) - special.ndtr(np.where(right, a, -b)))
        slope = slope + satisfied * (np.exp(-0.5 * a * a - LOG_SQRT_2PI) - np.exp(-0.5 * b * b - LOG_SQRT_2PI)) / std
    return np.asarray(value), np.asarray(slope)


def checked_edges(edges: Any) -> tuple[float, ...]:
    """Fields at which a constraint changes, at least one, in the order given.

    Raises
    ------
    TypeError, ValueError
        If they are not finite real numbers in a row.
    """
    found = np.asarray(checked_real("edges", tuple(edges) if isinstance(edges, Iterator) else edges, FINITE))
    if found.ndim != 1 or not found.size:
        raise ValueError(f"edges must be numbers in a row, at least one; got {shown(edges)}")
    return tuple(found.tolist())


def _checked_intervals(intervals: Any) -> tuple[tuple[float, float], ...]:
    """Disjoint intervals in increasing order."""
    listed = [*intervals] if isinstance(intervals, Iterator) else intervals
    pairs = np.asarray(checked_real("intervals", listed))
    if pairs.ndim != 2 or pairs.shape[1] != 2 or not len(pairs):
        raise ValueError(f"intervals must be a list of pairs (a, b), at least one; got {shown(listed)}")
    if not (pairs[:, 0] < pairs[:, 1]).all():  # NaN included
        raise ValueError(f"intervals: every (a, b) needs a < b; got {shown(listed)}")
    joined: list[tuple[float, float]] = []
    for a, b in sorted((float(a), float(b)) for a, b in pairs):
        if joined and a <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(b, joined[-1][1]))
        else:
            joined.append((a, b))
    if joined == [(-np.inf, np.inf)]:
        raise ValueError(f"intervals must forbid something; {shown(listed)} allows every stability")
    return tuple(joined)


def _log_ndtr_difference(near: Any, far: Any, space: Namespace) -> Any:
    """log[H(near) - H(far)] for near < far and near + far >= 0, without cancellation in the tail."""
    xp, functions = space.xp, space.special
    log_near = functions.log_ndtr(-near)
    tail = log_near + xp.log1p(-xp.exp(functions.log_ndtr(-far) - log_near))
    bulk = xp.log1p(-(functions.ndtr(xp.where(near > 0, 0.0, near)) + functions.ndtr(-far)))
    return xp.where(near > 0, tail, bulk)
