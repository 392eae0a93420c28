"""Patterns with labels: the data that perceptrons and their kin are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bp.problems import _bits
from bp.problems.walkers import Energy
from replica_theory.arguments import checked_integer, checked_signs

_SCALE = 1e15  # real entries are squared, in single precision at times


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
    """

    n: int
    n_patterns: int
    bits: _bits.Words | None
    real: NDArray[np.float64] | None
    labels: NDArray[np.int8]

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

    def sums(self, weights: ArrayLike) -> NDArray[np.float64]:
        r"""Sums :math:`y^\mu\xi^\mu\cdot W` of a configuration of ±1, shape (P,); those of ±1 patterns are exact."""
        signs = checked_signs("weights", weights, self.n)
        if self.bits is None:
            assert self.real is not None
            return np.asarray(self.real @ signs.astype(np.float64))
        return _bits.sums(self.bits, _bits.pack(signs[None]), self.n).astype(np.float64)

    def _hold(
        self, n: int, bits: _bits.Words | None, real: NDArray[np.float64] | None, labels: ArrayLike | None
    ) -> None:
        """Take over patterns, and multiply the labels in."""
        stored: NDArray[Any] = real if bits is None else bits  # type: ignore[assignment]
        p = len(stored)
        signs = np.ones(p, dtype=np.int8) if labels is None else checked_signs("labels", labels, p)
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
        If they are not a matrix of finite numbers of a sensible scale, or integers other than ±1.
    """
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
        if not np.all(np.abs(array) == 1):
            return array.shape[1], None, array.astype(np.float64)
    bad = np.argwhere((array != 1) & (array != -1))
    if len(bad):
        where = tuple(map(int, bad[0]))
        raise ValueError(f"integer patterns must be ±1; entry {where} is {array[where]} (use floats for real patterns)")
    return array.shape[1], _bits.pack(array.astype(np.int8)), None


def checked_bits(bits: NDArray[np.uint64], n: int) -> None:
    """Refuse what are no patterns of `n` entries in bits.

    Raises
    ------
    TypeError, ValueError
        If it is another kind of array, or of another shape.
    """
    if not (isinstance(bits, np.ndarray) and bits.dtype == np.uint64 and bits.flags.c_contiguous):
        raise TypeError("bits must be a contiguous array of uint64")
    if bits.ndim != 2 or not len(bits) or n < 1 or bits.shape[1] != _bits.words(n):
        raise ValueError(f"bits must have shape (P, {_bits.words(max(n, 1))}) for n={n}; got shape {bits.shape}")


def _check_scale(patterns: NDArray[Any]) -> None:
    """Refuse patterns whose squares leave the range of floating-point numbers."""
    largest = np.max(np.abs(patterns), axis=1)
    odd = np.flatnonzero((largest != 0) & ((largest < 1 / _SCALE) | (largest > _SCALE)))
    if len(odd):
        allowed = f"0 or between {1 / _SCALE:.0e} and {_SCALE:.0e}"
        raise ValueError(f"the largest entry of a pattern must be {allowed}; in row {odd[0]} it is {largest[odd[0]]}")
