r"""What a constraint is: the log-probability kernel that every formula of the theory takes.

A pattern with stability :math:`h = y\,\xi\cdot W/\sqrt N` is satisfied when :math:`h` lies in the allowed set of the
model. If the field is Gaussian with mean :math:`h` and standard deviation :math:`\sigma`, the constraint enters every
functional through

.. math:: \ell(h, \sigma) = \log\big[e^{-\beta} + (1 - e^{-\beta})\, P(h + \sigma x \text{ allowed})\big],
   \qquad x \sim \mathcal N(0, 1),

and through its derivatives in `h` only, since :math:`\partial_{\sigma^2}\ell = (\ell'' + \ell'^2)/2` (heat equation).
A new constraint is a new subclass of `Model` with one method, `log_probability`; any union of intervals is an
`IntervalModel` already, and any other kernel a function given to `CustomModel`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]
ArrayLike = float | Array
_ModelT = TypeVar("_ModelT", bound="Model")

_LOG_SQRT_2PI = 0.5 * np.log(2 * np.pi)
_SHARP = 1e-9
"""Width at which a Gaussian field is as good as no noise at all."""
_UNDERFLOW = 1e-280
"""A user's probability below this has lost its relative accuracy, or will within a difference step."""
_DIFFERENCE = 0.1
"""Spacing over the standard deviation of the stencil that differentiates a user's kernel."""


class Kernel(NamedTuple):
    r"""A log-probability :math:`\ell` with its first two derivatives in the mean field `h`."""

    log: Array
    d1: Array
    d2: Array


@dataclass(frozen=True, eq=False)
class Model(ABC):
    r"""A constraint on the stabilities, at margin `kappa` and inverse temperature `beta`.

    Parameters
    ----------
    kappa : float or array
        Margin. An array makes every function of the theory broadcast over it.
    beta : float or array, default inf
        Inverse temperature of the energy "number of violated patterns"; ``inf`` counts solutions.

    Raises
    ------
    ValueError
        If `kappa` is not finite, or `beta` is negative or NaN.
    """

    kappa: ArrayLike = 0.0
    beta: ArrayLike = np.inf

    def __post_init__(self) -> None:
        object.__setattr__(self, "kappa", _checked("kappa", self.kappa))
        object.__setattr__(self, "beta", _checked("beta", self.beta))
        if not np.all(np.isfinite(self.kappa)):
            raise ValueError(f"kappa must be finite; got {self.kappa}")
        if np.any(np.isnan(self.beta)) or np.any(np.asarray(self.beta) < 0):
            raise ValueError(f"beta must be non-negative (inf counts solutions); got {self.beta}")

    @abstractmethod
    def log_probability(self, mean: Array, std: ArrayLike) -> Kernel:
        r""":math:`\log P(h + \sigma x\ \mathrm{allowed})` and its first two derivatives in `h`.

        Parameters
        ----------
        mean, std : array
            Mean `h` and standard deviation :math:`\sigma > 0` of the field; they broadcast with `kappa`.
        """

    @property
    @abstractmethod
    def edges(self) -> tuple[ArrayLike, ...]:
        """Fields at which a pattern changes from allowed to forbidden (where the kernel is steep)."""

    @property
    def is_even(self) -> bool:
        """Whether the allowed set is symmetric under `h` → `-h` (then overlaps can vanish by symmetry)."""
        return False

    @property
    def is_concave(self) -> bool:
        """Whether the kernel is log-concave in `h` (an interval of allowed fields; not so at finite beta)."""
        return bool(np.all(np.isposinf(self.beta)))

    @property
    def has_teacher(self) -> bool:
        """Whether the labels come from a teacher rather than at random."""
        return False

    def log_kernel(self, mean: Array, std: ArrayLike) -> Kernel:
        r"""The kernel :math:`\ell(h, \sigma)` at the model's `beta`, with its first two derivatives in `h`.

        With :math:`p = (1-e^{-\beta}) P e^{-\ell}` the probability that the pattern is satisfied given its weight,
        :math:`\ell' = p (\log P)'` and :math:`\ell'' = p[(\log P)'' + (\log P)'^2] - \ell'^2`.
        """
        bare = self.log_probability(mean, std)
        if np.all(np.isposinf(self.beta)):
            return bare
        beta = np.asarray(self.beta)
        with np.errstate(divide="ignore"):
            log_weight = np.log(-np.expm1(-beta))
        log = np.logaddexp(-beta, log_weight + bare.log)
        satisfied = np.exp(log_weight + bare.log - log)
        d1 = satisfied * bare.d1
        return Kernel(log, d1, satisfied * (bare.d2 + bare.d1**2) - d1**2)

    def probability(self, mean: Array, std: ArrayLike) -> tuple[Array, Array]:
        r"""The kernel itself, :math:`e^\ell`, and its derivative in `h` (cheap, for sums that need no logarithm)."""
        kernel = self.log_kernel(mean, std)
        value = np.exp(kernel.log)
        return value, value * kernel.d1

    def violation(self, mean: Array, std: ArrayLike) -> Array:
        r"""Thermal probability that the pattern is violated, :math:`-\partial\ell/\partial\beta` (0 at beta = inf)."""
        beta = np.asarray(self.beta)
        bare = self.log_probability(mean, std).log
        log = self.log_kernel(mean, std).log
        probability: Array = np.exp(-beta - log) * -np.expm1(np.minimum(bare, 0.0))
        return probability

    def heat(self, alpha: float, energy: float) -> float:
        r"""What the entropy exceeds the free entropy by, :math:`\beta\alpha e` (0 at beta = inf); one `beta` only."""
        beta = float(np.asarray(self.beta))
        return beta * alpha * energy if np.isfinite(beta) else 0.0

    def allows(self, h: ArrayLike) -> NDArray[np.bool_]:
        """Whether a pattern of stability `h` is satisfied (the edges included)."""
        with np.errstate(all="ignore"):
            sharp = self.log_probability(np.asarray(h, dtype=float), _SHARP)
        return np.asarray(sharp.log >= np.log(0.5) - 1e-6)

    def acceptance(self, h: ArrayLike) -> Array:
        r"""Probability that a pattern of stability exactly `h` is satisfied: 1 or 0, unless the constraint is soft."""
        return np.asarray(self.allows(h), dtype=float)

    def contains(self, other: Model) -> NDArray[np.bool_]:
        """Whether every stability that `other` allows is allowed here (a hard constraint; broadcast over `kappa`)."""
        edges = np.broadcast_arrays(*(np.asarray(e, dtype=float) for e in (*self.edges, *other.edges)))
        ordered = np.sort(np.stack(edges), axis=0)
        between = 0.5 * (ordered[1:] + ordered[:-1])
        probes = np.concatenate([ordered[:1] - 1, between, ordered[-1:] + 1])
        thick = np.concatenate([ordered[:1] * 0 + 1, np.diff(ordered, axis=0), ordered[:1] * 0 + 1]) > 0
        return np.asarray((self.allows(probes) | ~other.allows(probes) | ~thick).all(axis=0))

    def at(self: _ModelT, **parameters: Any) -> _ModelT:
        """Copy of the model with other parameters, e.g. ``model.at(kappa=0.1)``."""
        return replace(self, **parameters)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(_same(getattr(self, f.name), getattr(other, f.name)) for f in fields(self))

    def __hash__(self) -> int:
        values = (getattr(self, f.name) for f in fields(self))
        return hash((type(self).__name__, *(np.asarray(v).tobytes() if _numeric(v) else v for v in values)))


@dataclass(frozen=True, eq=False)
class BinaryPerceptron(Model):
    r"""Binary perceptron: a pattern is satisfied when :math:`h \ge \kappa`.

    Examples
    --------
    >>> BinaryPerceptron(kappa=0.0)
    BinaryPerceptron(kappa=0.0, beta=inf)
    """

    def log_probability(self, mean: Array, std: ArrayLike) -> Kernel:
        r""":math:`\log H((\kappa - h)/\sigma)` with its derivatives in `h`."""
        x = (self.kappa - mean) / std
        ratio = hazard(x)
        return Kernel(special.log_ndtr(-x), ratio / std, -ratio * (ratio - x) / np.square(std))

    def probability(self, mean: Array, std: ArrayLike) -> tuple[Array, Array]:
        r""":math:`e^{-\beta} + (1-e^{-\beta})H(x)` and its derivative, :math:`x = (\kappa - h)/\sigma`."""
        x = (self.kappa - mean) / std
        satisfied = -np.expm1(-np.asarray(self.beta))
        value = np.exp(-np.asarray(self.beta)) + satisfied * special.ndtr(-x)
        return np.asarray(value), np.asarray(satisfied * np.exp(-0.5 * x * x - _LOG_SQRT_2PI) / std)

    @property
    def edges(self) -> tuple[ArrayLike, ...]:
        """The margin."""
        return (self.kappa,)


@dataclass(frozen=True, eq=False)
class TeacherStudent(BinaryPerceptron):
    r"""Perceptron whose labels are given by a binary teacher; the student must reach :math:`h \ge \kappa`.

    At ``kappa=0`` and ``beta=inf`` the teacher is itself one of the solutions and inference is Bayes-optimal: the
    student-student overlap equals the teacher-student overlap.
    """

    @property
    def has_teacher(self) -> bool:
        """Labels come from a teacher."""
        return True


@dataclass(frozen=True, eq=False)
class SymmetricBinaryPerceptron(Model):
    r"""Symmetric binary perceptron: a pattern is satisfied when :math:`|h| \le \kappa`, :math:`\kappa > 0`."""

    kappa: ArrayLike = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if np.any(np.asarray(self.kappa) <= 0):
            raise ValueError(f"kappa must be positive for |h| <= kappa to have solutions; got {self.kappa}")

    def log_probability(self, mean: Array, std: ArrayLike) -> Kernel:
        r""":math:`\log[\Phi((\kappa-h)/\sigma) - \Phi((-\kappa-h)/\sigma)]` with its derivatives in `h`."""
        return _interval_kernel(-np.asarray(self.kappa), np.asarray(self.kappa), mean, std)

    def probability(self, mean: Array, std: ArrayLike) -> tuple[Array, Array]:
        r""":math:`e^{-\beta} + (1-e^{-\beta})P` and its derivative."""
        kappa = np.asarray(self.kappa)
        return _union_probability([(-kappa, kappa)], mean, std, np.asarray(self.beta))

    @property
    def edges(self) -> tuple[ArrayLike, ...]:
        """Both margins."""
        return (-np.asarray(self.kappa), self.kappa)

    @property
    def is_even(self) -> bool:
        """The allowed set is symmetric."""
        return True


@dataclass(frozen=True, eq=False)
class UShapePerceptron(Model):
    r"""Perceptron with a U-shaped constraint: a pattern is satisfied when :math:`|h| \ge \kappa`, :math:`\kappa > 0`.

    The complement of the symmetric perceptron (Aubin, Perkins and Zdeborová 2019). By symmetry q = 0 is a saddle point,
    where the annealed entropy is exact as long as it is stable: at capacity up to :math:`\kappa = 0.817` (see
    `ReplicaSymmetric.stability`). The allowed set has a hole, so the kernel is not log-concave.

    Examples
    --------
    >>> print(f"{UShapePerceptron(0.5).log_probability(np.zeros(()), 1.0).log:.6f}")  # log 2H(1/2)
    -0.482765
    """

    kappa: ArrayLike = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        if np.any(np.asarray(self.kappa) <= 0):
            raise ValueError(f"kappa must be positive for |h| >= kappa to be a constraint; got {self.kappa}")

    def log_probability(self, mean: Array, std: ArrayLike) -> Kernel:
        r""":math:`\log[H((\kappa-h)/\sigma) + H((\kappa+h)/\sigma)]` with its derivatives in `h`."""
        return _union_kernel(self._intervals, mean, std)

    def probability(self, mean: Array, std: ArrayLike) -> tuple[Array, Array]:
        r""":math:`e^{-\beta} + (1-e^{-\beta})P` and its derivative."""
        return _union_probability(self._intervals, mean, std, np.asarray(self.beta))

    @property
    def _intervals(self) -> list[tuple[Array, Array]]:
        kappa, far = np.asarray(self.kappa), np.asarray(np.inf)
        return [(-far, -kappa), (kappa, far)]

    @property
    def edges(self) -> tuple[ArrayLike, ...]:
        """Both margins."""
        return (-np.asarray(self.kappa), self.kappa)

    @property
    def is_even(self) -> bool:
        """The allowed set is symmetric."""
        return True

    @property
    def is_concave(self) -> bool:
        """Never: the allowed set has a hole."""
        return False


@dataclass(frozen=True, eq=False, init=False)
class IntervalModel(Model):
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

    intervals: tuple[tuple[float, float], ...] = ()

    def __init__(
        self, intervals: Iterable[tuple[float, float]], kappa: ArrayLike = 0.0, beta: ArrayLike = np.inf
    ) -> None:
        object.__setattr__(self, "intervals", _checked_intervals(intervals))
        object.__setattr__(self, "kappa", kappa)
        object.__setattr__(self, "beta", beta)
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
        ends = [-np.inf, *sorted(float(e) for e in edges), np.inf]
        if len(ends) == 2:
            raise ValueError("edges must name the places where the constraint changes; got none")
        middles = [ends[1] - 1.0, *(0.5 * (a + b) for a, b in pairwise(ends[1:-1])), ends[-2] + 1.0]
        chosen = [pair for pair, h in zip(pairwise(ends), middles, strict=True) if pair[0] < pair[1] and allowed(h)]
        return cls(chosen, kappa, beta)

    def log_probability(self, mean: Array, std: ArrayLike) -> Kernel:
        r"""Logarithm of the Gaussian measure of the intervals with its derivatives in `h`."""
        return _union_kernel(self._shifted, mean, std)

    def probability(self, mean: Array, std: ArrayLike) -> tuple[Array, Array]:
        r""":math:`e^{-\beta} + (1-e^{-\beta})P` and its derivative."""
        return _union_probability(self._shifted, mean, std, np.asarray(self.beta))

    @property
    def _shifted(self) -> list[tuple[Array, Array]]:
        return [(np.asarray(a + self.kappa), np.asarray(b + self.kappa)) for a, b in self.intervals]

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


@dataclass(frozen=True, eq=False, init=False)
class CustomModel(Model):
    r"""A constraint given by the user's own kernel, :math:`P(h, \sigma) = E_x[f(h + \sigma x)]`.

    `f` is the probability that a pattern of stability exactly `h` is satisfied: 0 or 1 for a hard constraint, in
    between for a soft one (a noisy output). Hard constraints are better served by `IntervalModel`, which is exact and
    several times faster.

    Parameters
    ----------
    function : callable
        ``function(mean, std)``: P, or log P with ``log=True``, for arrays that broadcast. It must decay correctly in
        its tails; a P that underflows is continued by the Gaussian tail of the nearest edge, so give log P where you
        can.
    edges : iterable of float, default (0,)
        Where `f` changes fast, in increasing order: quadratures are refined there.
    log : bool, default False
        Whether `function` returns log P.
    even, concave : bool, default False
        Whether f(-h) = f(h) (then overlaps vanish by symmetry), and whether log P is concave in the mean (then inner
        maxima are unique).
    kappa : float or array, default 0
        Shift: the kernel is ``function(mean - kappa, std)``.
    beta : float or array, default inf
        Inverse temperature.

    Raises
    ------
    TypeError
        If `function` is not callable.
    ValueError
        If its values are not probabilities (NaN, outside [0, 1], of the wrong shape, not even though declared so, not
        log-concave though declared so), or are no Gaussian average: :math:`P(h, \sqrt{\sigma^2+\tau^2}) =
        \int Dx\,P(h + \tau x, \sigma)` is tested. All of this before any work.

    Notes
    -----
    Derivatives in `h` are central differences of order 12 on log P with spacing :math:`\sigma/10`: P is smooth on the
    scale :math:`\sigma`, and the error is about 1e-13 times :math:`|\log P|` in the first derivative, 1e-12 times in
    the second.

    Examples
    --------
    A pattern that counts as satisfied with probability 0.9 where h > 0 and 0.1 elsewhere:

    >>> from scipy.special import ndtr
    >>> noisy = CustomModel(lambda mean, std: 0.1 + 0.8 * ndtr(mean / std))
    >>> print(f"{float(np.exp(noisy.log_kernel(np.zeros(()), 1.0).log)):.6f}")
    0.500000
    """

    function: Callable[[Array, Array], Any] = special.ndtr
    soft_edges: tuple[float, ...] = (0.0,)
    log: bool = False
    even: bool = False
    concave: bool = False

    def __init__(
        self,
        function: Callable[[Array, Array], Any],
        edges: Iterable[float] = (0.0,),
        *,
        log: bool = False,
        even: bool = False,
        concave: bool = False,
        kappa: ArrayLike = 0.0,
        beta: ArrayLike = np.inf,
    ) -> None:
        if not callable(function):
            raise TypeError(f"function must be callable as function(mean, std); got {function!r}")
        ends = tuple(float(e) for e in np.ravel(checked_real("edges", tuple(edges))))
        if not ends or not np.isfinite(ends).all() or list(ends) != sorted(set(ends)):
            raise ValueError(f"edges must be finite, in increasing order, and at least one; got {ends}")
        _check_user_kernel(function, ends, bool(log), bool(even), bool(concave))
        values = {"function": function, "soft_edges": ends, "log": bool(log), "even": bool(even)}
        values |= {"concave": bool(concave), "kappa": kappa, "beta": beta}
        for name, value in values.items():
            object.__setattr__(self, name, value)
        self.__post_init__()

    def at(self, **parameters: Any) -> CustomModel:
        """Copy of the model with other parameters, e.g. ``model.at(kappa=0.1)``."""
        old: dict[str, Any] = {"edges": self.soft_edges, "function": self.function}
        old |= {name: getattr(self, name) for name in ("log", "even", "concave", "kappa", "beta")}
        return CustomModel(**(old | parameters))

    def log_probability(self, mean: Array, std: ArrayLike) -> Kernel:
        """The user's log P and its derivatives by differences."""
        h, s = np.broadcast_arrays(np.asarray(mean, dtype=float) - self.kappa, np.asarray(std, dtype=float))
        points = h[..., None] + _DIFFERENCE * s[..., None] * _STENCIL
        widths = np.broadcast_to(s[..., None], points.shape)
        values = _user_log(self.function, self.soft_edges, self.log, points, widths)
        middle = len(_STENCIL) // 2
        # Differences of the differences to the middle: constants drop out before they are rounded.
        change = values - values[..., middle, None]
        d1, d2 = change @ _FIRST / (_DIFFERENCE * s), change @ _SECOND / np.square(_DIFFERENCE * s)
        return Kernel(values[..., middle], np.asarray(d1), np.asarray(d2))

    def acceptance(self, h: ArrayLike) -> Array:
        """The user's kernel without noise."""
        return np.asarray(np.exp(self.log_probability(np.asarray(h, dtype=float), _SHARP).log))

    @property
    def edges(self) -> tuple[ArrayLike, ...]:
        """Where the kernel is steep."""
        return tuple(e + self.kappa for e in self.soft_edges)

    @property
    def is_even(self) -> bool:
        """As declared (and not shifted)."""
        return self.even and bool(np.all(np.asarray(self.kappa) == 0))

    @property
    def is_concave(self) -> bool:
        """As declared (and beta infinite)."""
        return self.concave and super().is_concave


def hazard(x: ArrayLike) -> Array:
    r"""Inverse Mills ratio :math:`G(x)/H(x) = \sqrt{2/\pi}/\mathrm{erfcx}(x/\sqrt2)`, free of overflow."""
    return np.asarray(np.sqrt(2 / np.pi) / special.erfcx(np.asarray(x) / np.sqrt(2)))


def _interval_kernel(low: Array, high: Array, mean: Array, std: ArrayLike) -> Kernel:
    r""":math:`\log[\Phi((b-h)/\sigma) - \Phi((a-h)/\sigma)]` of one interval, accurate in both tails."""
    mean = np.asarray(mean)
    with np.errstate(invalid="ignore"):  # the centre of (-inf, b), the far end of (a, inf)
        right = np.where(np.isinf(low), True, np.where(np.isinf(high), False, mean >= 0.5 * (low + high)))
        sign = np.where(right, 1.0, -1.0)
        near = np.where(right, mean - high, low - mean) / std
        far = np.where(right, mean - low, high - mean) / std
        log = _log_ndtr_difference(near, far)
        # In the tail, G/P by the hazard: exp(-near^2/2 - log) would lose near^2 eps.
        tail = near > 0
        direct = np.exp(-0.5 * np.minimum(near, 0.0) ** 2 - _LOG_SQRT_2PI - np.where(tail, 0.0, log))
        share = -np.expm1(special.log_ndtr(-far) - special.log_ndtr(-near))
        density_near = np.where(tail, hazard(np.maximum(near, 0.0)) / share, direct)
        finite = np.isfinite(far)
        density_far = np.where(finite, density_near * np.exp(-0.5 * (far - near) * (far + near)), 0.0)
        d1 = (density_far - density_near) / std
        curvature = (near * density_near - np.where(finite, far, 0.0) * density_far) / np.square(std)
    return Kernel(log, sign * d1, curvature - d1**2)


def _union_kernel(intervals: list[tuple[Array, Array]], mean: Array, std: ArrayLike) -> Kernel:
    """The same of disjoint intervals: a mixture, whose curvature is the mean one plus the variance of the slopes."""
    parts = [_interval_kernel(low, high, mean, std) for low, high in intervals]
    if len(parts) == 1:
        return parts[0]
    logs, d1s, d2s = (np.stack(np.broadcast_arrays(*columns)) for columns in zip(*parts, strict=True))
    # A sum of probabilities near 1 may round above it.
    log = np.minimum(np.logaddexp.reduce(logs, axis=0), 0.0)
    weights = np.exp(logs - log)
    weights /= weights.sum(axis=0)
    d1 = (weights * d1s).sum(axis=0)
    return Kernel(log, d1, (weights * (d2s + (d1s - d1) ** 2)).sum(axis=0))


def _union_probability(
    intervals: list[tuple[Array, Array]], mean: Array, std: ArrayLike, beta: Array
) -> tuple[Array, Array]:
    r""":math:`e^{-\beta} + (1-e^{-\beta})P` of disjoint intervals and its derivative, without logarithms."""
    satisfied = -np.expm1(-beta)
    value, slope = np.exp(-beta), np.zeros(())
    for low, high in intervals:
        a, b = (low - mean) / std, (high - mean) / std
        # The smaller tails: exact also far from the interval.
        right = np.abs(a) > np.abs(b)
        value = value + satisfied * (special.ndtr(np.where(right, b, -a)) - special.ndtr(np.where(right, a, -b)))
        slope = slope + satisfied * (np.exp(-0.5 * a * a - _LOG_SQRT_2PI) - np.exp(-0.5 * b * b - _LOG_SQRT_2PI)) / std
    return np.asarray(value), np.asarray(slope)


def _checked_intervals(intervals: Any) -> tuple[tuple[float, float], ...]:
    """Disjoint intervals in increasing order."""
    if not isinstance(intervals, Iterable) or isinstance(intervals, str):
        raise TypeError(f"intervals must be a list of pairs (a, b); got {intervals!r}")
    pairs = checked_real("intervals", [tuple(p) if isinstance(p, Iterable) else p for p in intervals])
    if pairs.ndim != 2 or pairs.shape[1] != 2:
        raise ValueError(f"intervals must be a list of pairs (a, b), at least one; got {intervals!r}")
    if not (pairs[:, 0] < pairs[:, 1]).all():  # NaN included
        raise ValueError(f"every interval (a, b) needs a < b; got {intervals!r}")
    joined: list[tuple[float, float]] = []
    for a, b in sorted((float(a), float(b)) for a, b in pairs):
        if joined and a <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(b, joined[-1][1]))
        else:
            joined.append((a, b))
    if joined == [(-np.inf, np.inf)]:
        raise ValueError(f"intervals must forbid something; {intervals!r} allows every stability")
    return tuple(joined)


def _stencils(half: int) -> tuple[Array, Array, Array]:
    """Nodes of a central difference formula on 2 half + 1 points, and weights of the first and second derivative."""
    nodes = np.arange(-half, half + 1, dtype=float)
    powers = nodes[None, :] ** np.arange(2 * half + 1)[:, None]
    moments = np.zeros((2 * half + 1, 2))
    moments[1, 0], moments[2, 1] = 1.0, 2.0
    weights: Array = np.linalg.solve(powers, moments).astype(np.float64)
    return nodes.astype(np.float64), weights[:, 0], weights[:, 1]


_STENCIL, _FIRST, _SECOND = _stencils(6)


def _user_log(
    function: Callable[[Array, Array], Any], edges: tuple[float, ...], log: bool, mean: Array, std: Array
) -> Array:
    """Log P of a user's function."""
    values = np.asarray(function(mean, std), dtype=float)
    if log:
        return values
    with np.errstate(divide="ignore"):
        result = np.log(values)
    lost = values < _UNDERFLOW
    if lost.any():
        distance = np.min([np.abs(mean[lost] - e) for e in edges], axis=0)
        result[lost] = special.log_ndtr(-distance / std[lost])
    return np.asarray(result)


@lru_cache(maxsize=64)
def _check_user_kernel(
    function: Callable[[Array, Array], Any], edges: tuple[float, ...], log: bool, even: bool, concave: bool
) -> None:
    """Refuse a kernel that is not the Gaussian average of a probability."""
    offsets = np.array([-3.0, -1.0, -0.3, 0.0, 0.3, 1.0, 3.0])
    means = np.unique(np.concatenate([e + offsets for e in edges] + [offsets]))
    means = np.unique(np.concatenate([means, -means]))
    stds = np.array([0.1, 0.4, 1.0])[:, None]

    def probability(mean: Array, std: Array) -> Array:
        try:
            raw = np.asarray(function(mean, std))
        except Exception as error:
            raise ValueError(f"function(mean, std) must take arrays that broadcast; it raised {error!r}") from error
        expected = np.broadcast_shapes(mean.shape, std.shape)
        if raw.shape != expected or raw.dtype.kind not in "fiu":
            raise ValueError(f"function must return real values of shape {expected}; got {raw.dtype} of {raw.shape}")
        values = np.asarray(np.exp(raw) if log else raw, dtype=float)
        if not ((values >= 0) & (values <= 1 + 1e-12)).all():  # NaN included
            worst = raw.ravel()[int(np.argmin((values >= 0) & (values <= 1 + 1e-12)))]
            name = "log P with P" if log else "P"
            raise ValueError(f"function must return {name} in [0, 1]; got {worst}")
        return values

    narrow = probability(means, stds)
    if not narrow[-1].max() > 0:
        raise ValueError("function must allow something; it returned P = 0 everywhere")
    if even and not np.allclose(narrow, narrow[:, ::-1], rtol=1e-9, atol=1e-14):
        raise ValueError("function was declared even, but P(-h) differs from P(h)")
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    spread = means[:, None] + stds[1:, :, None] * nodes
    average = probability(spread, np.broadcast_to(stds[1:, :, None], spread.shape)) @ weights / weights.sum()
    wide = probability(means, np.sqrt(2.0) * stds[1:])
    if not np.allclose(average, wide, rtol=0, atol=1e-6):
        raise ValueError(
            "function is no probability of a Gaussian field: P(h, sqrt(s^2 + t^2)) differs from the average of "
            f"P(h + t x, s) over x by {np.abs(average - wide).max():.2g}"
        )
    if concave:
        line = np.linspace(means[0], means[-1], 201)
        with np.errstate(divide="ignore"):
            curve = np.log(probability(line, np.array(0.4)))
        if (np.diff(curve[np.isfinite(curve)], 2) > 1e-9).any():
            raise ValueError("function was declared concave, but log P is not concave in the mean")


def _log_ndtr_difference(near: Array, far: Array) -> Array:
    """log[H(near) - H(far)] for near < far and near + far >= 0, without cancellation in the tail."""
    log_near = special.log_ndtr(-near)
    tail = log_near + np.log1p(-np.exp(special.log_ndtr(-far) - log_near))
    bulk = np.log1p(-(special.ndtr(np.minimum(near, 0.0)) + special.ndtr(-far)))
    return np.asarray(np.where(near > 0, tail, bulk))


def checked_real(name: str, value: Any) -> Array:
    """A fresh float array of the argument.

    Raises
    ------
    TypeError
        If it is not a real number or an array of them (text that spells a number is refused too).
    """
    try:
        if np.asarray(value).dtype.kind not in "USc":
            return np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        pass
    raise TypeError(f"{name} must be a real number or an array of them; got {value!r}")


def checked_model(model: Any) -> None:
    """Refuse what is not a model.

    Raises
    ------
    TypeError
        If it is not an instance of `Model`.
    """
    if not isinstance(model, Model):
        raise TypeError(f"model must be a Model such as BinaryPerceptron(kappa=0.0); got {model!r}")


def _numeric(value: Any) -> bool:
    return isinstance(value, (float, int, np.ndarray)) and not isinstance(value, bool)


def _same(one: Any, other: Any) -> bool:
    return np.array_equal(one, other) if _numeric(one) and _numeric(other) else bool(one == other)


def _checked(name: str, value: Any) -> ArrayLike:
    """The parameter as a float or a read-only float array."""
    array = checked_real(name, value)
    if array.ndim == 0:
        return float(array)
    array.flags.writeable = False
    return array
