"""One realisation of the disorder: patterns, labels, margin and constraint."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bp.memory import require_memory
from bp.problems import _bits
from bp.problems.problem import Messaging, Problem
from bp.problems.walkers import BitWalker, Energy, RealWalker, Walker
from bp.randomness import Rng, generator
from replica_theory.arguments import checked_real
from replica_theory.models.intervals import SymmetricBinaryPerceptron
from replica_theory.models.model import Model
from replica_theory.models.perceptron import BinaryPerceptron

Constraint = Literal["margin", "symmetric"]

_SCALE = 1e15  # real entries are squared, in single precision at times
_BLOCK_ENTRIES = 1 << 22  # entries drawn at a time

_MODELS: dict[str, type[Model]] = {"margin": BinaryPerceptron, "symmetric": SymmetricBinaryPerceptron}


@dataclass(frozen=True, eq=False, repr=False)
class Instance(Messaging, Problem):
    r"""`P` patterns on `N` binary weights, labels absorbed: solutions have every stability in the allowed set.

    Stabilities are :math:`h^\mu = y^\mu \xi^\mu\cdot W/\sqrt N`; a pattern is satisfied when :math:`h \ge \kappa`
    (``constraint="margin"``) or :math:`|h| \le \kappa` (``"symmetric"``). The arrays are checked once, copied once
    (the labels multiplied in) and read-only from then on. Patterns of ±1 are kept as bits, `PN`/8 bytes.

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Entries ±1 of any dtype (kept as bits), or arbitrary finite reals of a floating dtype (kept as float64).
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
    n, n_patterns : int
        Number of weights N and of patterns P.
    bits : array of uint64, shape (P, words), or None
        Patterns times labels, ±1 ones: bit `j` of word `w` of a row is set where the entry `64w + j` is +1.
    real : array of float64, shape (P, N), or None
        Patterns times labels, real ones.

    Raises
    ------
    ValueError
        For wrong shapes, no patterns, NaN or infinite entries, patterns whose largest entry is above 1e15 or below
        1e-15 in size (and not 0), integer patterns or labels other than ±1, a margin that is not finite, or an unknown
        constraint.

    Examples
    --------
    >>> inst = Instance([[1, -1, 1], [1, 1, -1]], labels=[1, -1])
    >>> inst.n, inst.n_patterns, inst.errors([1, -1, 1])
    (3, 2, 0)
    """

    n: int
    n_patterns: int
    bits: _bits.Words | None
    real: NDArray[np.float64] | None
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
        bits, real = (_bits.pack(xi), None) if xi.dtype == np.int8 else (None, xi)
        self._fill(xi.shape[1], bits, real, labels, kappa, constraint, teacher)

    @classmethod
    def from_bits(
        cls,
        bits: NDArray[np.uint64],
        n: int,
        labels: ArrayLike | None = None,
        kappa: float = 0.0,
        *,
        constraint: Constraint = "margin",
        teacher: ArrayLike | None = None,
    ) -> Instance:
        """An instance from patterns that are bits already, laid out as the attribute `bits` (taken over, not copied).

        Parameters
        ----------
        bits : array of uint64, shape (P, words)
            Zero beyond the first `n` bits of a row.
        n : int
            Number of weights.
        labels, kappa, constraint, teacher
            As for `Instance`.

        Raises
        ------
        TypeError, ValueError
            If `bits` is no such array, or for the other arguments as for `Instance`.
        """
        if not (isinstance(bits, np.ndarray) and bits.dtype == np.uint64 and bits.flags.c_contiguous):
            raise TypeError("bits must be a contiguous array of uint64")
        if bits.ndim != 2 or not len(bits) or n < 1 or bits.shape[1] != _bits.words(n):
            raise ValueError(f"bits must have shape (P, {_bits.words(max(n, 1))}) for n={n}; got shape {bits.shape}")
        instance = cls.__new__(cls)
        instance._fill(n, bits, None, labels, kappa, constraint, teacher)
        return instance

    def _fill(
        self,
        n: int,
        bits: _bits.Words | None,
        real: NDArray[np.float64] | None,
        labels: ArrayLike | None,
        kappa: float,
        constraint: Constraint,
        teacher: ArrayLike | None,
    ) -> None:
        stored: NDArray[Any] = real if bits is None else bits  # type: ignore[assignment]
        if labels is not None:
            signs = checked_signs("labels", labels, len(stored))
            if bits is None:
                stored *= signs[:, None]
            else:
                _bits.negate(bits, signs < 0, n)
        if constraint not in _MODELS:
            raise ValueError(f"constraint must be one of {', '.join(map(repr, _MODELS))}; got {constraint!r}")
        model = _MODELS[constraint](kappa=kappa)
        if np.ndim(model.kappa):
            raise ValueError(f"kappa of an instance must be a single number; got shape {np.shape(kappa)}")
        weights = None if teacher is None else checked_signs("teacher", teacher, n)
        for array in (stored, weights):
            if array is not None:
                array.flags.writeable = False
        values = (n, len(stored), bits, real, model.kappa, constraint, weights)
        for field, value in zip(fields(self), values, strict=True):
            object.__setattr__(self, field.name, value)

    def __repr__(self) -> str:
        kind = "±1" if self.is_binary else "real"
        return f"Instance({self.n_patterns} {kind} patterns on {self.n} weights, {self.constraint}, kappa={self.kappa})"

    @property
    def xi(self) -> NDArray[Any]:
        """Patterns times labels (P, N), read-only: int8, unpacked afresh at every call, or the real ones as float64."""
        if self.bits is None:
            assert self.real is not None
            return self.real
        unpacked = _bits.unpack(self.bits, self.n)
        unpacked.flags.writeable = False
        return unpacked

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
        return self.bits is not None

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

    @property
    def lattice(self) -> NDArray[np.int64]:
        """The allowed sums of ±1 patterns as intervals (K, 2) whose ends have the parity of N, as sums have."""
        (lower, upper), n, beyond = self.sum_bounds, self.n, self.n + 2
        least = -beyond if lower < -n else math.ceil(lower)
        most = beyond if upper > n else math.floor(upper)
        return np.array([[least + (least - n) % 2, most - (most - n) % 2]])

    @property
    def n_constraints(self) -> int:
        """Number of patterns."""
        return self.n_patterns

    def violated(self, weights: ArrayLike) -> NDArray[np.bool_]:
        """Which patterns a configuration violates (sums outside `sum_bounds`), shape (P,)."""
        lower, upper = self.sum_bounds
        sums = self._sums(weights)
        return np.asarray((sums < lower) | (sums > upper))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Patterns, margin, constraint and teacher."""
        found: dict[str, Any] = {"n": self.n, "kappa": self.kappa, "constraint": self.constraint}
        found |= {"bits": self.bits, "real": self.real, "teacher": self.teacher}
        return {name: np.asarray(value) for name, value in found.items() if value is not None}

    @property
    def tightened(self) -> Instance:
        """The same patterns with their least allowed sum as the margin, which the smooth sums of messages see above it.

        For real patterns and even constraints the instance itself.
        """
        if self.bits is None or self.model.is_even:
            return self
        return Instance.from_bits(self.bits, self.n, kappa=float(self.lattice[0, 0]) / float(np.sqrt(self.n)))

    @property
    def energies(self) -> tuple[Energy, ...]:
        """Energies that a walker can follow."""
        return ("errors",) if self.bits is None else ("errors", "flips")

    def walker(self, weights: ArrayLike, energy: Energy = "errors") -> Walker:
        """A walker by single flips, in bits for patterns of ±1.

        Raises
        ------
        ValueError
            For weights other than ±1, or an energy that real patterns do not have.
        """
        signs = checked_signs("weights", weights, self.n)
        if energy not in self.energies:
            raise ValueError(f"energy must be one of {', '.join(map(repr, self.energies))}; got {energy!r}")
        if self.bits is not None:
            return BitWalker(self.bits, signs, self.lattice, energy)
        assert self.real is not None
        return RealWalker(np.ascontiguousarray(self.real.T), signs, np.array([self.sum_bounds]))

    def present(self, a: int, weights: NDArray[Any]) -> tuple[float, NDArray[Any]]:
        """Stability of pattern `a`, and the pattern times its label, (N,)."""
        if self.bits is None:
            assert self.real is not None
            row: NDArray[Any] = self.real[a]
        else:
            row = _bits.unpack(self.bits[a : a + 1], self.n)[0]
        return float(row.astype(np.float64) @ weights) / math.sqrt(self.n), row

    def _sums(self, weights: ArrayLike) -> NDArray[np.float64]:
        """The sums; those of ±1 patterns are exact."""
        signs = checked_signs("weights", weights, self.n)
        if self.bits is None:
            assert self.real is not None
            return np.asarray(self.real @ signs.astype(np.float64))
        return _bits.sums(self.bits, _bits.pack(signs[None]), self.n).astype(np.float64)


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
    if not isinstance(n, int | np.integer) or isinstance(n, bool) or n < 1:
        raise ValueError(f"n must be a positive integer; got {n!r}")
    if np.ndim(checked_real("alpha", alpha)) or not (np.isfinite(alpha) and alpha > 0):
        raise ValueError(f"alpha must be a positive number; got {alpha!r}")
    n_patterns = round(alpha * n)
    if n_patterns == 0:
        raise ValueError(f"alpha={alpha} at n={n} gives no patterns; alpha must be at least {0.5 / n:.3g}")
    if not isinstance(model, BinaryPerceptron | SymmetricBinaryPerceptron):
        known = "BinaryPerceptron, TeacherStudent or SymmetricBinaryPerceptron"
        raise TypeError(f"instances can be drawn of {known}; got {type(model).__name__}")
    if patterns not in ("binary", "gaussian"):
        raise ValueError(f"patterns must be 'binary' or 'gaussian'; got {patterns!r}")
    binary = patterns == "binary"
    require_memory(
        n_patterns * (8 * _bits.words(n) if binary else 8 * n),
        f"{n_patterns} {patterns} patterns on {n} weights",
        "take a smaller n or alpha" if binary else "patterns='binary' takes a 64th of it",
    )
    rng = generator(rng)
    constraint: Constraint = "symmetric" if isinstance(model, SymmetricBinaryPerceptron) else "margin"
    kappa: Any = model.kappa
    teacher: NDArray[np.int8] | None = None
    labels: NDArray[np.int64] | None = None
    if not binary:
        real = rng.standard_normal((n_patterns, n))
        if model.has_teacher:
            teacher = _random_signs(rng, n)
            labels = np.where(real @ teacher < 0, -1, 1)
        return Instance(real, labels, kappa, constraint=constraint, teacher=teacher)
    bits = _random_bits(rng, n_patterns, n)
    if model.has_teacher:
        teacher = _random_signs(rng, n)
        labels = np.where(_bits.sums(bits, _bits.pack(teacher[None]), n) < 0, -1, 1)
    return Instance.from_bits(bits, n, labels, kappa, constraint=constraint, teacher=teacher)


def _random_bits(rng: np.random.Generator, n_patterns: int, n: int, block: int = _BLOCK_ENTRIES) -> _bits.Words:
    """Random patterns as bits, the same whatever the number of entries drawn at a time.

    Blocks are whole multiples of four entries, the bytes of one draw of the generator.
    """
    bits = np.empty((n_patterns, _bits.words(n)), dtype=np.uint64)
    rows = 4 * max(1, block // (4 * n))
    for start in range(0, n_patterns, rows):
        part = bits[start : start + rows]
        part[:] = _bits.pack(rng.integers(0, 2, size=(len(part), n), dtype=np.int8))
    return bits


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
        _check_scale(array)
        return array.astype(np.int8) if np.all(np.abs(array) == 1) else array.astype(np.float64)
    bad = np.argwhere((array != 1) & (array != -1))
    if len(bad):
        where = tuple(map(int, bad[0]))
        raise ValueError(f"integer patterns must be ±1; entry {where} is {array[where]} (use floats for real patterns)")
    return array.astype(np.int8)


def _check_scale(patterns: NDArray[Any]) -> None:
    """Refuse patterns whose squares leave the range of floating-point numbers."""
    largest = np.max(np.abs(patterns), axis=1)
    odd = np.flatnonzero((largest != 0) & ((largest < 1 / _SCALE) | (largest > _SCALE)))
    if len(odd):
        allowed = f"0 or between {1 / _SCALE:.0e} and {_SCALE:.0e}"
        raise ValueError(f"the largest entry of a pattern must be {allowed}; in row {odd[0]} it is {largest[odd[0]]}")


def checked_signs(name: str, values: ArrayLike, size: int) -> NDArray[np.int8]:
    """A configuration of ±1 as int8."""
    array = np.asarray(values)
    if array.shape != (size,):
        raise ValueError(f"{name} must have shape ({size},); got shape {array.shape}")
    bad = np.flatnonzero(~np.isin(array, (-1, 1)))
    if len(bad):
        raise ValueError(f"{name} must be ±1; entry {int(bad[0])} is {array[bad[0]]}")
    return array.astype(np.int8)


def sphere_instance(model: Model, n: int, alpha: float, rng: np.random.Generator) -> Instance:
    """Patterns uniform on the sphere, labelled by a random teacher where the model has one."""
    x = rng.standard_normal((round(alpha * n), n))
    x *= np.sqrt(n) / np.linalg.norm(x, axis=1, keepdims=True)
    kappa = float(np.asarray(model.kappa))
    if model.is_even:
        return Instance(x, kappa=kappa, constraint="symmetric")
    if not model.has_teacher:
        return Instance(x, kappa=kappa)
    teacher = 2 * rng.integers(0, 2, n) - 1
    return Instance(x, np.where(x @ teacher < 0, -1, 1), kappa, teacher=teacher)
