r"""Proofs that no weights satisfy every pattern: short ones, that need no search.

Three kinds are looked for. A pattern and its opposite (the same pattern with both labels) that no sum satisfies both. A
pattern whose sum no weights bring into an allowed interval. And forced weights: with some weights known, the sum of a
pattern lies in :math:`b\pm r`, `b` the part of the known ones and `r` the sum of the other :math:`|\xi_i|`; a weight
without whose sign this meets no allowed interval is known from then on, until a pattern is out of reach or a weight is
forced both ways. Every step is a proof, and for real patterns it is taken only where rounding cannot matter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bp.problems import _bits

_ROUNDING = 1e-9
"""What sums of real patterns may be off by, relative to their largest."""
_BLOCK = 1 << 22
"""Entries looked at together."""


class Refutable:
    """Labelled patterns under a constraint on their sums, hard or soft."""

    n: int
    n_patterns: int
    bits: _bits.Words | None
    real: NDArray[np.float64] | None
    allowed: Any
    domain: Any

    def refutation(self) -> str:
        """Why no weights satisfy every pattern, in a sentence; empty if there is no short proof, or they are not ±1."""
        if self.domain != "spins" or not self.allowed.is_hard:
            return ""
        intervals = self.allowed.lattice.astype(np.float64) if self.bits is not None else self.allowed.sums
        return self._opposites(intervals) or self._forced(intervals)

    def _opposites(self, intervals: NDArray[np.float64]) -> str:
        """Two patterns, one the other's negative, with no sum that satisfies both."""
        pair = opposed(self, intervals)
        return f"patterns {pair[0]} and {pair[1]} are each other's negative, and no sum satisfies both" if pair else ""

    def _forced(self, intervals: NDArray[np.float64]) -> str:
        """A pattern out of reach, or weights that patterns force to contradict."""
        known = np.zeros(self.n)
        if self.bits is not None and _idle(intervals, self.n):
            return ""
        while True:
            before = np.count_nonzero(known)
            for start, xi in self._blocks():
                if reason := _propagate(xi, known, intervals, start):
                    return reason
            if np.count_nonzero(known) == before:
                return ""

    def _blocks(self) -> Iterator[tuple[int, NDArray[np.float64]]]:
        """The patterns, some rows at a time, and the number of the first."""
        rows = max(1, _BLOCK // self.n)
        for start in range(0, self.n_patterns, rows):
            if self.real is not None:
                yield start, self.real[start : start + rows]
            else:
                assert self.bits is not None
                yield start, _bits.unpack(self.bits[start : start + rows], self.n).astype(np.float64)


def opposed(patterns: Any, intervals: NDArray[np.float64]) -> tuple[int, int] | None:
    """The first two labelled patterns that are each other's negative, if no sum in the intervals is right for both."""
    mirrored = -intervals[:, ::-1]
    if np.any(_meet(intervals[:, None, 0], intervals[:, None, 1], mirrored)):
        return None
    seen: dict[bytes, tuple[int, bool]] = {}
    for a in range(patterns.n_patterns):
        key, turned = _up_to_sign(patterns, a)
        b, other = seen.setdefault(key, (a, turned))
        if turned != other:
            return b, a
    return None


def _up_to_sign(patterns: Any, a: int) -> tuple[bytes, bool]:
    """A hash of a pattern that its negative shares, and whether it is the negative."""
    if patterns.bits is None:
        row = patterns.real[a] + 0.0
        turned = bool(row[np.argmax(row != 0)] < 0)
        return hashlib.blake2b((-row + 0.0 if turned else row).tobytes(), digest_size=32).digest(), turned
    words = patterns.bits[a : a + 1]
    turned = not words[0, 0] & np.uint64(1)
    if turned:
        words = words.copy()
        _bits.negate(words, np.array([True]), patterns.n)
    return hashlib.blake2b(words.tobytes(), digest_size=32).digest(), turned


def _idle(intervals: NDArray[np.float64], n: int) -> bool:
    """Whether a ±1 pattern on free weights is in reach, and forces none of them."""
    ends = np.array([[-n, n], [-n, n - 2], [2 - n, n]], dtype=np.float64)
    return bool(np.all([np.any(_meet(low, high, intervals)) for low, high in ends]))


def _propagate(xi: NDArray[np.float64], known: NDArray[np.float64], intervals: NDArray[np.float64], start: int) -> str:
    """Add what a block of patterns forces to `known` (0 where nothing is); a contradiction in words."""
    size = np.abs(xi)
    slack = _ROUNDING * np.sum(size, axis=1)
    base, reach = xi @ known, size @ (known == 0)
    low, high = base - reach - slack, base + reach + slack
    within = _meet(low[:, None], high[:, None], intervals)
    if not np.all(some := np.any(within, axis=1)):
        a = int(np.argmin(some))
        if np.any(known):
            return f"the other patterns force weights with which none satisfies pattern {start + a}"
        return f"no weights satisfy pattern {start + a}, even alone"
    least = np.min(np.where(within, intervals[:, 0], np.inf), axis=1)
    most = np.max(np.where(within, intervals[:, 1], -np.inf), axis=1)
    free = (known == 0) & (size > 0)
    along = free & (high[:, None] - 2 * size < least[:, None])
    against = free & (low[:, None] + 2 * size > most[:, None])
    signs = np.sign(xi)
    up = np.any((along & (signs > 0)) | (against & (signs < 0)), axis=0)
    down = np.any((along & (signs < 0)) | (against & (signs > 0)), axis=0)
    if np.any(both := up & down):
        return f"the patterns force weight {int(np.argmax(both))} to be +1 and to be -1"
    known[up], known[down] = 1.0, -1.0
    return ""


def _meet(low: Any, high: Any, intervals: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which intervals (K, 2) meet [low, high]; one more axis."""
    return np.asarray(np.maximum(low, intervals[:, 0]) <= np.minimum(high, intervals[:, 1]))
