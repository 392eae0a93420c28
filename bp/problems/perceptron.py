"""One realisation of the disorder: patterns, labels and constraint."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bp.memory import require_memory
from bp.problems import _bits
from bp.problems.constraint import (
    CONSTRAINTS,
    Constraint,
    acceptance,
    checked_constraint,
    intervals,
    lattice,
    satisfied,
    sum_intervals,
    word,
)
from bp.problems.problem import Messaging, Problem
from bp.problems.walkers import BitWalker, Energy, RealWalker, Walker
from bp.randomness import Rng, generator
from replica_theory.arguments import (
    POSITIVE,
    checked_choice,
    checked_integer,
    checked_model,
    checked_number,
    checked_signs,
)
from replica_theory.models.model import Model

Patterns = Literal["binary", "gaussian"]

_SCALE = 1e15  # real entries are squared, in single precision at times
_BLOCK_ENTRIES = 1 << 22  # entries drawn at a time


@dataclass(frozen=True, eq=False, repr=False)
class Instance(Messaging, Problem):
    r"""`P` patterns on `N` binary weights with their labels: solutions have every stability in the allowed set.

    Stabilities are :math:`h^\mu = y^\mu \xi^\mu\cdot W/\sqrt N`; a pattern is satisfied when :math:`h` is one that the
    constraint allows. The arrays are checked once, copied once and read-only from then on. Patterns of ±1 are kept as
    bits, `PN`/8 bytes, with the labels multiplied in; the labels take `P` bytes more.

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Entries ±1 of any dtype (kept as bits), or arbitrary finite reals of a floating dtype (kept as float64).
    labels : array_like, shape (P,), optional
        Labels ±1; all +1 by default.
    kappa : float, optional
        Margin; by default 0, or that of a `Model`.
    constraint : str or Model
        ``"margin"``: :math:`h\ge\kappa`; ``"symmetric"``: :math:`|h|\le\kappa`; the class name of a model that a margin
        gives, such as ``"UShapePerceptron"``; or any model of `replica_theory`, such as ``IntervalModel([(-1, 0)])``.
        A soft one (`CustomModel`) is for `belief_propagation` with ``method="exact"`` or ``"amp"`` only.
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
    labels : array of int8, shape (P,)
        Labels ±1.
    model : Model
        The constraint (at beta = inf).
    teacher : array of int8, shape (N,), or None

    Raises
    ------
    TypeError, ValueError
        For wrong shapes, no patterns, NaN or infinite entries, patterns whose largest entry is above 1e15 or below
        1e-15 in size (and not 0), integer patterns or labels other than ±1, a margin that is not finite or not that of
        the model, an unknown constraint, or one at finite beta.

    Examples
    --------
    >>> inst = Instance([[1, -1, 1], [1, 1, -1]], labels=[1, -1])
    >>> inst.n, inst.n_patterns, inst.errors([1, -1, 1])
    (3, 2, 0)
    >>> inst.xi.tolist(), inst.patterns.tolist()
    ([[1, -1, 1], [-1, -1, 1]], [[1, -1, 1], [1, 1, -1]])
    """

    n: int
    n_patterns: int
    bits: _bits.Words | None
    real: NDArray[np.float64] | None
    labels: NDArray[np.int8]
    model: Model
    teacher: NDArray[np.int8] | None

    def __init__(
        self,
        patterns: ArrayLike,
        labels: ArrayLike | None = None,
        kappa: float | None = None,
        *,
        constraint: Constraint = "margin",
        teacher: ArrayLike | None = None,
    ) -> None:
        xi = _checked_patterns(patterns)
        bits, real = (_bits.pack(xi), None) if xi.dtype == np.int8 else (None, xi)
        self._fill(xi.shape[1], bits, real, labels, checked_constraint(constraint, kappa), teacher)

    @classmethod
    def from_bits(
        cls,
        bits: NDArray[np.uint64],
        n: int,
        labels: ArrayLike | None = None,
        kappa: float | None = None,
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
        instance._fill(n, bits, None, labels, checked_constraint(constraint, kappa), teacher)
        return instance

    def _fill(
        self,
        n: int,
        bits: _bits.Words | None,
        real: NDArray[np.float64] | None,
        labels: ArrayLike | None,
        model: Model,
        teacher: ArrayLike | None,
    ) -> None:
        stored: NDArray[Any] = real if bits is None else bits  # type: ignore[assignment]
        p = len(stored)
        signs = np.ones(p, dtype=np.int8) if labels is None else checked_signs("labels", labels, p)
        weights = None if teacher is None else checked_signs("teacher", teacher, n)
        if bits is None:
            stored *= signs[:, None]
        else:
            _bits.negate(bits, signs < 0, n)
        for array in (stored, signs, weights):
            if array is not None:
                array.flags.writeable = False
        for field, value in zip(fields(self), (n, p, bits, real, signs, model, weights), strict=True):
            object.__setattr__(self, field.name, value)

    def __repr__(self) -> str:
        kind = "±1" if self.is_binary else "real"
        constraint = f"{self.constraint}, kappa={self.kappa}" if self.constraint in CONSTRAINTS else repr(self.model)
        return f"Instance({self.n_patterns} {kind} patterns on {self.n} weights, {constraint})"

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
    def patterns(self) -> NDArray[Any]:
        """The patterns as they came in (P, N), read-only: int8 of ±1 or float64, made afresh at every call."""
        given = self.xi * self.labels[:, None]
        given.flags.writeable = False
        return given

    @property
    def alpha(self) -> float:
        """Load P/N."""
        return self.n_patterns / self.n

    @property
    def kappa(self) -> float:
        """Margin of the model."""
        return float(self.model.kappa)

    @property
    def constraint(self) -> str:
        """``"margin"``, ``"symmetric"``, or the class name of the model."""
        return word(self.model)

    @property
    def is_binary(self) -> bool:
        """Whether all pattern entries are ±1."""
        return self.bits is not None

    @property
    def is_hard(self) -> bool:
        """Whether every stability is either allowed or not; a soft constraint has no `intervals` and no `errors`."""
        return self.model.allowed_intervals is not None

    @cached_property
    def intervals(self) -> NDArray[np.float64]:
        """The allowed stabilities as disjoint intervals in increasing order, shape (K, 2)."""
        return intervals(self.model)

    @cached_property
    def sum_intervals(self) -> NDArray[np.float64]:
        r"""The allowed sums :math:`y^\mu\xi^\mu\cdot W = \sqrt N h^\mu` as intervals, shape (K, 2).

        They are :math:`\sqrt N` times `intervals`, widened by the rounding of :math:`\sqrt N\kappa` so that a sum that
        should meet an edge exactly does.
        """
        return sum_intervals(self.model, self.n)

    @cached_property
    def lattice(self) -> NDArray[np.int64]:
        """The allowed sums of ±1 patterns as intervals (K, 2) whose ends have the parity of N, as sums have."""
        return lattice(self.sum_intervals, self.n)

    def acceptance(self) -> NDArray[np.float64]:
        r"""Probability that a pattern is satisfied at the sums :math:`-N, -N+1, \ldots, N`, shape (2N + 1,)."""
        return acceptance(self.model, self.n)

    def stabilities(self, weights: ArrayLike) -> NDArray[np.float64]:
        r"""Stabilities :math:`h^\mu = y^\mu\xi^\mu\cdot W/\sqrt N` of a configuration, shape (P,)."""
        h: NDArray[np.float64] = self._sums(weights) / np.sqrt(self.n)
        return h

    def violated(self, weights: ArrayLike) -> NDArray[np.bool_]:
        """Which patterns a configuration violates, shape (P,): those whose sums are in none of the `sum_intervals`."""
        return ~satisfied(self._sums(weights), self.sum_intervals)

    @property
    def n_constraints(self) -> int:
        """Number of patterns."""
        return self.n_patterns

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Patterns times labels, labels, the model in words, and the teacher."""
        found: dict[str, Any] = {"n": self.n, "model": repr(self.model), "labels": self.labels}
        found |= {"bits": self.bits, "real": self.real, "teacher": self.teacher}
        return {name: np.asarray(value) for name, value in found.items() if value is not None}

    @property
    def tightened(self) -> Instance:
        """The same patterns with their least allowed sum as the margin, which the smooth sums of messages see above it.

        For real patterns, and for any other constraint than a margin, the instance itself.
        """
        if self.bits is None or not self.is_hard or len(self.intervals) > 1 or self.intervals[0, 1] < np.inf:
            return self
        return Instance.from_bits(self.bits, self.n, kappa=int(self.lattice[0, 0]) / float(np.sqrt(self.n)))

    @property
    def energies(self) -> tuple[Energy, ...]:
        """Energies that a walker can follow."""
        return ("errors",) if self.bits is None else ("errors", "flips")

    def walker(self, weights: ArrayLike, energy: Energy = "errors") -> Walker:
        """A walker by single flips, in bits for patterns of ±1.

        Raises
        ------
        TypeError, ValueError
            For weights other than ±1, an energy that real patterns do not have, or a soft constraint.
        """
        signs = checked_signs("weights", weights, self.n)
        if energy not in self.energies:
            raise ValueError(f"energy must be one of {', '.join(map(repr, self.energies))}; got {energy!r}")
        if self.bits is not None:
            return BitWalker(self.bits, signs, self.lattice, energy)
        assert self.real is not None
        return RealWalker(np.ascontiguousarray(self.real.T), signs, np.array(self.sum_intervals))

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
    patterns: Patterns = "binary",
) -> Instance:
    r"""Draw an instance of a model: :math:`P = \mathrm{round}(\alpha N)` random patterns on `n` weights.

    For `TeacherStudent` a random teacher gives the labels (a pattern orthogonal to it gets +1) and is kept in
    `Instance.teacher`; for the other models the labels are absorbed in the random patterns.

    Parameters
    ----------
    model : Model
        Gives the constraint (its beta is not part of an instance).
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
    n, alpha = checked_integer("n", n), checked_number("alpha", alpha, POSITIVE)
    n_patterns = round(alpha * n)
    if n_patterns == 0:
        raise ValueError(f"alpha={alpha} at n={n} gives no patterns; alpha must be at least {0.5 / n:.3g}")
    checked_model(model, Model, "random_instance", single=True)
    checked_choice("patterns", patterns, get_args(Patterns))
    constraint = checked_constraint(model.at(beta=np.inf))
    binary = patterns == "binary"
    require_memory(
        n_patterns * (8 * _bits.words(n) if binary else 8 * n),
        f"{n_patterns} {patterns} patterns on {n} weights",
        "take a smaller n or alpha" if binary else "patterns='binary' takes a 64th of it",
    )
    rng = generator(rng)
    teacher: NDArray[np.int8] | None = None
    labels: NDArray[np.int64] | None = None
    if not binary:
        real = rng.standard_normal((n_patterns, n))
        if model.has_teacher:
            teacher = _random_signs(rng, n)
            labels = np.where(real @ teacher < 0, -1, 1)
        return Instance(real, labels, constraint=constraint, teacher=teacher)
    bits = _random_bits(rng, n_patterns, n)
    if model.has_teacher:
        teacher = _random_signs(rng, n)
        labels = np.where(_bits.sums(bits, _bits.pack(teacher[None]), n) < 0, -1, 1)
    return Instance.from_bits(bits, n, labels, constraint=constraint, teacher=teacher)


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


def sphere_instance(model: Model, n: int, alpha: float, rng: np.random.Generator) -> Instance:
    """Patterns uniform on the sphere, labelled by a random teacher where the model has one."""
    x = rng.standard_normal((round(alpha * n), n))
    x *= np.sqrt(n) / np.linalg.norm(x, axis=1, keepdims=True)
    constraint = model.at(beta=np.inf)
    if not model.has_teacher:
        return Instance(x, constraint=constraint)
    teacher = 2 * rng.integers(0, 2, n) - 1
    return Instance(x, np.where(x @ teacher < 0, -1, 1), constraint=constraint, teacher=teacher)
