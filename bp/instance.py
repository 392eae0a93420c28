"""One realisation of the disorder: patterns, labels, margin and constraint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from replica_theory.models import BinaryPerceptron, Model, SymmetricBinaryPerceptron

Rng = int | np.random.SeedSequence | np.random.Generator | None
Constraint = Literal["margin", "symmetric"]

_BLOCK_ROWS = 128  # patterns converted for the BLAS at a time: stays in cache

_MODELS: dict[str, type[Model]] = {"margin": BinaryPerceptron, "symmetric": SymmetricBinaryPerceptron}


@dataclass(frozen=True, eq=False, slots=True)
class Instance:
    r"""`P` patterns on `N` binary weights, labels absorbed: solutions have every stability in the allowed set.

    Stabilities are :math:`h^\mu = y^\mu \xi^\mu\cdot W/\sqrt N`; a pattern is satisfied when :math:`h \ge \kappa`
    (``constraint="margin"``) or :math:`|h| \le \kappa` (``"symmetric"``). The arrays are checked once, copied once
    (the labels multiplied in) and read-only from then on.

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Entries ±1 of any dtype (kept as int8), or arbitrary finite reals of a floating dtype (kept as float64).
    labels : array_like, shape (P,), optional
        Labels ±1; all +1 by default.
    kappa : float, default 0
        Margin.
    constraint : {"margin", "symmetric"}
        Which set of stabilities is allowed.
    teacher : array_like, shape (N,), optional
        Teacher weights ±1 that gave the labels, kept for measurements.

    Attributes
    ----------
    xi : array, shape (P, N), int8 or float64
        Patterns times labels.

    Raises
    ------
    ValueError
        For wrong shapes, no patterns, NaN or infinite entries, integer patterns or labels other than ±1, a margin that
        is not finite, or an unknown constraint.

    Examples
    --------
    >>> inst = Instance([[1, -1, 1], [1, 1, -1]], labels=[1, -1])
    >>> inst.n, inst.n_patterns, inst.errors([1, -1, 1])
    (3, 2, 0)
    """

    xi: NDArray[Any]
    kappa: float
    constraint: Constraint
    teacher: NDArray[np.int8] | None

    def __init__(
        self,
        patterns: ArrayLike,
        labels: ArrayLike | None = None,
        kappa: float = 0.0,
        *,
        constraint: Constraint = "margin",
        teacher: ArrayLike | None = None,
    ) -> None:
        xi = _checked_patterns(patterns)
        if labels is not None:
            xi *= _checked_signs("labels", labels, xi.shape[0])[:, None].astype(xi.dtype)
        if constraint not in _MODELS:
            raise ValueError(f"constraint must be one of {', '.join(map(repr, _MODELS))}; got {constraint!r}")
        model = _MODELS[constraint](kappa=kappa)
        if np.ndim(model.kappa):
            raise ValueError(f"kappa of an instance must be a single number; got shape {np.shape(kappa)}")
        xi.flags.writeable = False
        object.__setattr__(self, "xi", xi)
        object.__setattr__(self, "kappa", model.kappa)
        object.__setattr__(self, "constraint", constraint)
        signs = None if teacher is None else _checked_signs("teacher", teacher, xi.shape[1])
        if signs is not None:
            signs.flags.writeable = False
        object.__setattr__(self, "teacher", signs)

    @property
    def n(self) -> int:
        """Number of weights N."""
        return int(self.xi.shape[1])

    @property
    def n_patterns(self) -> int:
        """Number of patterns P."""
        return int(self.xi.shape[0])

    @property
    def alpha(self) -> float:
        """Load P/N."""
        return self.n_patterns / self.n

    @property
    def model(self) -> Model:
        """The constraint as a model of `replica_theory` (at beta = inf)."""
        return _MODELS[self.constraint](kappa=self.kappa)

    @property
    def interval(self) -> tuple[float, float]:
        """The allowed stabilities as an interval ``(lower, upper)``."""
        return (self.kappa, np.inf) if self.constraint == "margin" else (-self.kappa, self.kappa)

    @property
    def is_binary(self) -> bool:
        """Whether all pattern entries are ±1."""
        return self.xi.dtype == np.int8

    def stabilities(self, weights: ArrayLike) -> NDArray[np.float64]:
        r"""Stabilities :math:`h^\mu = y^\mu\xi^\mu\cdot W/\sqrt N` of a configuration, shape (P,)."""
        h: NDArray[np.float64] = self._sums(weights) / np.sqrt(self.n)
        return h

    @property
    def sum_bounds(self) -> tuple[float, float]:
        r"""The allowed sums :math:`y^\mu\xi^\mu\cdot W = \sqrt N h^\mu` as an interval.

        It is :math:`\sqrt N` times `interval`, widened by the rounding of :math:`\sqrt N\kappa` so that a sum that
        should meet the margin exactly does.
        """
        lower, upper = self.interval
        slack = 1e-12 * max(1.0, abs(self.kappa))
        return float(np.sqrt(self.n) * (lower - slack)), float(np.sqrt(self.n) * (upper + slack))

    def errors(self, weights: ArrayLike) -> int:
        """Number of patterns that a configuration violates (sums outside `sum_bounds`)."""
        lower, upper = self.sum_bounds
        sums = self._sums(weights)
        return int(np.count_nonzero((sums < lower) | (sums > upper)))

    def _sums(self, weights: ArrayLike) -> NDArray[np.float64]:
        """The sums; those of ±1 patterns are exact (float32 holds integers up to 2**24, and N is smaller)."""
        signs = _checked_signs("weights", weights, self.n)
        if not self.is_binary:
            return np.asarray(self.xi @ signs.astype(np.float64))
        sums, w = np.empty(self.n_patterns, dtype=np.float32), signs.astype(np.float32)
        for start in range(0, self.n_patterns, _BLOCK_ROWS):
            block = slice(start, start + _BLOCK_ROWS)
            sums[block] = self.xi[block].astype(np.float32) @ w
        return sums.astype(np.float64)


def random_instance(
    model: Model,
    n: int,
    alpha: float,
    rng: Rng = None,
    *,
    patterns: Literal["binary", "gaussian"] = "binary",
) -> Instance:
    r"""Draw an instance of a model: :math:`P = \mathrm{round}(\alpha N)` random patterns on `n` weights.

    For `TeacherStudent` a random teacher gives the labels (a pattern orthogonal to it gets +1) and is kept in
    `Instance.teacher`; for the other models the labels are absorbed in the random patterns.

    Parameters
    ----------
    model : Model
        Gives the constraint and the margin.
    n : int
        Number of weights.
    alpha : float
        Load; :math:`\mathrm{round}(\alpha n)` must be at least 1.
    rng : int, SeedSequence, Generator or None
        Source of randomness.
    patterns : {"binary", "gaussian"}
        Entries ±1 with equal probability, or standard normal.

    Returns
    -------
    Instance

    Raises
    ------
    ValueError
        If `n` or `alpha` is not positive, no pattern results, `patterns` is unknown, or the model holds an array of
        margins.

    Examples
    --------
    >>> from replica_theory import BinaryPerceptron
    >>> random_instance(BinaryPerceptron(), n=101, alpha=0.5, rng=1).n_patterns
    50
    """
    if not (isinstance(n, int | np.integer) and n > 0):
        raise ValueError(f"n must be a positive integer; got {n!r}")
    if not (np.ndim(alpha) == 0 and np.isfinite(alpha) and alpha > 0):
        raise ValueError(f"alpha must be a positive number; got {alpha!r}")
    n_patterns = round(alpha * n)
    if n_patterns == 0:
        raise ValueError(f"alpha={alpha} at n={n} gives no patterns; alpha must be at least {0.5 / n:.3g}")
    rng = np.random.default_rng(rng)
    if patterns == "binary":
        xi: NDArray[Any] = _random_signs(rng, (n_patterns, n))
    elif patterns == "gaussian":
        xi = rng.standard_normal((n_patterns, n))
    else:
        raise ValueError(f"patterns must be 'binary' or 'gaussian'; got {patterns!r}")
    if not isinstance(model, BinaryPerceptron | SymmetricBinaryPerceptron):
        known = "BinaryPerceptron, TeacherStudent or SymmetricBinaryPerceptron"
        raise TypeError(f"instances can be drawn of {known}; got {type(model).__name__}")
    constraint: Constraint = "symmetric" if isinstance(model, SymmetricBinaryPerceptron) else "margin"
    kappa: Any = model.kappa
    if not model.has_teacher:
        return Instance(xi, kappa=kappa, constraint=constraint)
    teacher = _random_signs(rng, n)
    labels = np.where(xi @ teacher.astype(np.int32 if patterns == "binary" else np.float64) < 0, -1, 1)
    return Instance(xi, labels, kappa, constraint=constraint, teacher=teacher)


def _random_signs(rng: np.random.Generator, shape: int | tuple[int, ...]) -> NDArray[np.int8]:
    return (2 * rng.integers(0, 2, size=shape, dtype=np.int8) - 1).astype(np.int8)


def _checked_patterns(patterns: ArrayLike) -> NDArray[Any]:
    """A fresh int8 (±1) or float64 copy of the patterns."""
    array = np.asarray(patterns)
    if array.dtype == object or array.dtype.kind not in "biuf":
        raise TypeError(f"patterns must be real numbers; got dtype {array.dtype}")
    if array.ndim != 2:
        raise ValueError(f"patterns must have shape (P, N); got shape {array.shape}")
    if 0 in array.shape:
        raise ValueError(f"patterns must hold at least one pattern on one weight; got shape {array.shape}")
    if array.dtype.kind == "f":
        bad = np.argwhere(~np.isfinite(array))
        if len(bad):
            raise ValueError(f"patterns must be finite; entry {tuple(map(int, bad[0]))} is {array[tuple(bad[0])]}")
        return array.astype(np.int8) if np.all(np.abs(array) == 1) else array.astype(np.float64)
    bad = np.argwhere((array != 1) & (array != -1))
    if len(bad):
        where = tuple(map(int, bad[0]))
        raise ValueError(f"integer patterns must be ±1; entry {where} is {array[where]} (use floats for real patterns)")
    return array.astype(np.int8)


def _checked_signs(name: str, values: ArrayLike, size: int) -> NDArray[np.int8]:
    array = np.asarray(values)
    if array.shape != (size,):
        raise ValueError(f"{name} must have shape ({size},); got shape {array.shape}")
    bad = np.flatnonzero(~np.isin(array, (-1, 1)))
    if len(bad):
        raise ValueError(f"{name} must be ±1; entry {int(bad[0])} is {array[bad[0]]}")
    return array.astype(np.int8)
