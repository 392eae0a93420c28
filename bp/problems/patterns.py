"""Patterns with labels: the data that perceptrons and their kin are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bp.problems import _bits, _reals
from bp.problems.walkers import Energy
from replica_theory.arguments import checked_integer, checked_signs, shown

_SCALE = 1e15  # real entries are squared, in single precision at times
_REMEDY = "2*x - 1 makes ±1 of 0 and 1"
_MASKED = "leave masked entries out or fill them, x.filled(value)"


@dataclass(frozen=True, eq=False, repr=False)
class LabelledPatterns:
    """`P` patterns of `n` entries, their labels multiplied in; checked once, copied once and read-only from then on.

    Attributes
    ----------
    n, n_patterns : int
        Number of entries of a pattern, and of patterns P.
    bits : array of uint64, shape (P, words), or None
        Patterns times labels, ±1 ones: bit `j` of word `w` of a row is set where the entry `64w + j` is +1.
    real : array of float64, shape (P, n), or None
        Patterns times labels, real ones.
    labels : array of int8, shape (P,)
        Labels ±1.

    Notes
    -----
    `labels`, `xi`, `patterns` and `row` of ±1 patterns are int8, whose products with one another (``xi @ weights``)
    overflow in numpy: `sums` are right, or convert first.
    """

    n: int
    n_patterns: int
    bits: _bits.Words | None
    real: NDArray[np.float64] | None
    labels: NDArray[np.int8]

    @classmethod
    def of(
        cls, n: int, bits: _bits.Words | None, real: NDArray[np.float64] | None, labels: ArrayLike | None = None
    ) -> LabelledPatterns:
        """Patterns that are checked already (`checked_patterns`), taken over; the labels are multiplied in."""
        patterns = LabelledPatterns.__new__(LabelledPatterns)
        patterns._hold(n, bits, real, labels)
        return patterns

    @property
    def is_binary(self) -> bool:
        """Whether all pattern entries are ±1."""
        return self.bits is not None

    @property
    def n_constraints(self) -> int:
        """Number of patterns."""
        return self.n_patterns

    @property
    def energies(self) -> tuple[Energy, ...]:
        """Energies that a walker over the patterns can follow."""
        return ("errors",) if self.bits is None else ("errors", "flips")

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Patterns times labels, and labels."""
        stored = {"real": self.real} if self.bits is None else {"bits": self.bits}
        return {"n": np.asarray(self.n), "labels": self.labels, **stored}  # type: ignore[dict-item]

    @property
    def xi(self) -> NDArray[Any]:
        """Patterns times labels (P, n), read-only: int8, unpacked afresh at every call, or the real ones as float64."""
        if self.bits is None:
            assert self.real is not None
            return self.real
        unpacked = _bits.unpack(self.bits, self.n)
        unpacked.flags.writeable = False
        return unpacked

    @property
    def patterns(self) -> NDArray[Any]:
        """The patterns as they came in (P, n), read-only: int8 of ±1 or float64, made afresh at every call."""
        given = self.xi * self.labels[:, None]
        given.flags.writeable = False
        return given

    def row(self, a: int) -> NDArray[Any]:
        """One pattern times its label, (n,): int8 of ±1 or float64."""
        a = checked_integer("a", a, 0, self.n_patterns - 1)
        if self.bits is None:
            assert self.real is not None
            return np.asarray(self.real[a])
        return np.asarray(_bits.unpack(self.bits[a : a + 1], self.n)[0])

    @property
    def norms(self) -> NDArray[np.float64]:
        """Norms of the patterns, shape (P,)."""
        if self.real is None:
            return np.full(self.n_patterns, np.sqrt(self.n))
        return np.asarray(np.linalg.norm(self.real, axis=1))

    def stabilities(self, weights: ArrayLike) -> NDArray[np.float64]:
        r"""Stabilities :math:`h^\mu = y^\mu\xi^\mu\cdot W/\sqrt N` of a configuration, shape (P,)."""
        return np.asarray(self.sums(weights) / np.sqrt(self.n))

    def sums(self, weights: ArrayLike) -> NDArray[np.float64]:
        r"""Sums :math:`y^\mu\xi^\mu\cdot W` of a configuration of ±1, shape (P,); those of ±1 patterns are exact."""
        signs = checked_signs("weights", weights, self.n)
        if self.bits is None:
            assert self.real is not None
            return np.asarray(_reals.times(self.real, signs[None].astype(np.float64))[0])
        return _bits.sums(self.bits, _bits.pack(signs[None]), self.n).astype(np.float64)

    def _hold(
        self, n: int, bits: _bits.Words | None, real: NDArray[np.float64] | None, labels: ArrayLike | None
    ) -> None:
        """Take over patterns, and multiply the labels in (in a copy, if they are read-only)."""
        stored: NDArray[Any] = real if bits is None else bits  # type: ignore[assignment]
        p = len(stored)
        signs = np.ones(p, dtype=np.int8) if labels is None else checked_signs("labels", labels, p)
        if bits is not None and labels is not None and not bits.flags.writeable:
            stored = bits = bits.copy()
        if bits is None:
            stored *= signs[:, None]
        else:
            _bits.negate(bits, signs < 0, n)
        for array in (stored, signs):
            array.flags.writeable = False
        for name, value in (("n", n), ("n_patterns", p), ("bits", bits), ("real", real), ("labels", signs)):
            object.__setattr__(self, name, value)


def checked_patterns(patterns: ArrayLike) -> tuple[int, _bits.Words | None, NDArray[np.float64] | None]:
    """Number of entries, and a fresh copy of the patterns: as bits (±1), or real.

    Raises
    ------
    TypeError, ValueError
        If they are not a matrix of finite numbers of a sensible scale, masked, all zeros in a row, 0 and 1, or integers
        other than ±1.
    """
    array = _given("patterns", patterns)
    if array.dtype.kind not in "biuf":
        what = shown(patterns) if array.ndim == 0 else f"dtype {array.dtype}"
        raise TypeError(f"patterns must be real numbers; got {what}")
    if array.ndim != 2:
        raise ValueError(f"patterns must have shape (P, N); got shape {array.shape}")
    if 0 in array.shape:
        raise ValueError(f"patterns must hold at least one pattern on one weight; got shape {array.shape}")
    if array.dtype.kind == "f":
        bad = np.argwhere(~np.isfinite(array))
        if len(bad):
            raise ValueError(f"patterns must be finite; entry {tuple(map(int, bad[0]))} is {array[tuple(bad[0])]}")
        if not np.all(np.abs(array) == 1):
            _check_scale(array)
            return array.shape[1], None, array.astype(np.float64)
    signs = (array == 1) | ((array == -1) if array.dtype.kind in "if" else False)
    if not np.all(signs):
        where = tuple(map(int, np.argwhere(~signs)[0]))
        remedy = _REMEDY if _is_zero_one(array) else "use floats for real patterns"
        raise ValueError(f"integer patterns must be ±1; entry {where} is {array[where]} ({remedy})")
    if array.dtype.kind == "b":
        raise ValueError(f"integer patterns must be ±1; entry (0, 0) is True ({_REMEDY})")
    return array.shape[1], _bits.pack(array.astype(np.int8)), None


def checked_bits(bits: NDArray[np.uint64], n: int) -> int:
    """The number of entries `n` of patterns in bits, once it is clear that they are such.

    Raises
    ------
    TypeError, ValueError
        If `n` is no positive integer, or `bits` another kind of array, of another shape, or not zero beyond `n`.
    """
    n = checked_integer("n", n)
    if not (isinstance(bits, np.ndarray) and bits.dtype == np.uint64 and bits.flags.c_contiguous):
        kind = f"an array of {bits.dtype}" if isinstance(bits, np.ndarray) else type(bits).__name__
        raise TypeError(f"bits must be a contiguous array of uint64 in native byte order; got {kind}")
    if np.ma.isMaskedArray(bits):
        raise TypeError(f"bits must not be masked; {_MASKED}")
    if bits.ndim != 2 or not len(bits) or bits.shape[1] != _bits.words(n):
        raise ValueError(f"bits must have shape (P, {shown(_bits.words(n))}) for n={shown(n)}; got shape {bits.shape}")
    if (row := _bits.stray(bits, n)) is not None:
        raise ValueError(f"bits must be zero beyond the first n={n} of a row; row {row} is not")
    return n


def _given(name: str, values: ArrayLike) -> NDArray[Any]:
    """What a user gave as a plain array; masks, which numpy would drop without a word, and ragged lists are refused."""
    rows = values if isinstance(values, list | tuple) else ()
    if np.ma.isMaskedArray(values) or any(np.ma.isMaskedArray(row) for row in rows):
        raise TypeError(f"{name} must not be masked: every entry counts; {_MASKED}")
    try:
        return np.asarray(values)
    except ValueError as error:  # numpy: inhomogeneous shape
        raise ValueError(f"{name} must have rows of one length; got {shown(values)}") from error
    except Exception as error:  # other libraries: no array at all, said in errors of any kind
        raise TypeError(f"{name} must be an array of real numbers; got {type(values).__name__}") from error


def _is_zero_one(array: NDArray[Any]) -> bool:
    """Whether all entries are 0 or 1, and not all 1."""
    return bool(np.all((array == 0) | (array == 1)) and not np.all(array == 1))


def _check_scale(patterns: NDArray[Any]) -> None:
    """Refuse patterns of zeros, of 0 and 1, and such whose squares leave the range of floating-point numbers."""
    largest = np.max(np.abs(patterns), axis=1).astype(np.float64)  # half precision has no 1e15
    zero = np.flatnonzero(largest == 0)
    if not len(zero) == len(patterns) and _is_zero_one(patterns):
        where = tuple(map(int, np.argwhere(patterns == 0)[0]))
        raise ValueError(
            f"patterns of 0 and 1 are refused, as ±1 is meant as a rule; entry {where} is {patterns[where]} "
            f"({_REMEDY}; where 0 and 1 are meant, multiply patterns and kappa by 2)"
        )
    if len(zero):
        raise ValueError(
            f"patterns must not have a row of zeros, as no weights change its stability; row {zero[0]} is one (leave "
            "it out: it is satisfied by all weights if the constraint allows 0, else by none)"
        )
    odd = np.flatnonzero((largest < 1 / _SCALE) | (largest > _SCALE))
    if len(odd):
        allowed = f"between {1 / _SCALE:.0e} and {_SCALE:.0e}"
        raise ValueError(
            f"the largest entry of a row of patterns must be {allowed}; in row {odd[0]} it is {largest[odd[0]]}"
        )
