r"""Compiled leaves of `bp.exact.enumeration` for committee machines.

A configuration is an integer, the weights of unit `k` its bits from :math:`kn` on, :math:`n=N/K`. The patterns that a
unit has right, as a mask, depend on its own :math:`2^n` configurations only; those of the units above the lowest (the
prefix) leave every pattern either satisfied, or in need of the vote of the lowest unit, or lost. All kernels release
the GIL.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from bp.problems import _bits


@njit(cache=True, nogil=True)
def tally(first: int, last: int, right: Any, units: int, every: Any, counts: Any, ones: Any) -> None:
    """Count the solutions of each prefix in [first, last), and those with each weight at +1.

    Parameters
    ----------
    first, last : int
    right : array of uint64, shape (1 or K, 2**n, W)
        Masks of the patterns that a unit has right, of all units or of each.
    units : int
    every : array of uint64, shape (W,)
        The bits that stand for patterns.
    counts : array of int64, shape (2**(N - n),)
        Out: number of solutions of a prefix.
    ones : array of int64, shape (N,)
        Incremented.
    """
    n = _inputs(right)
    planes, done, need = _space(right, units)
    low = np.zeros(right.shape[1], dtype=np.int64)
    for prefix in range(first, last):
        counts[prefix] = 0
        if not _prefix(prefix, right, units, every, planes, done, need):
            continue
        for word in range(right.shape[1]):
            if _solves(right[0, word], need):
                low[word] += 1
                counts[prefix] += 1
        for bit in range(len(ones) - n):
            if (prefix >> bit) & 1:
                ones[n + bit] += counts[prefix]
    for word in range(len(low)):
        for bit in range(n):
            if (word >> bit) & 1:
                ones[bit] += low[word]


@njit(cache=True, nogil=True)
def unpack(first: int, last: int, right: Any, units: int, every: Any, offsets: Any, out: Any) -> None:
    """Write the solutions of the prefixes in [first, last) as increasing integers, those of `c` from ``offsets[c]``."""
    n = _inputs(right)
    planes, done, need = _space(right, units)
    for prefix in range(first, last):
        at = offsets[prefix]
        if at == offsets[prefix + 1]:
            continue
        _prefix(prefix, right, units, every, planes, done, need)
        for word in range(right.shape[1]):
            if _solves(right[0, word], need):
                out[at] = np.uint32((prefix << n) | word)
                at += 1


@njit(cache=True, nogil=True)
def energies(first: int, last: int, right: Any, units: int, every: Any, histogram: Any) -> None:
    """Add the configurations of the prefixes in [first, last) to the histogram (P + 1,) of violated patterns."""
    planes, done, need = _space(right, units)
    for prefix in range(first, last):
        _prefix(prefix, right, units, every, planes, done, need)
        for word in range(right.shape[1]):
            violated = np.uint64(0)
            for w in range(len(every)):
                violated += _bits.popcount(every[w] & ~(done[w] | (need[w] & right[0, word, w])))
            histogram[violated] += 1


@njit(cache=True)
def _space(right: Any, units: int) -> Any:
    """Counters of votes, and masks of the patterns that are satisfied, or in need of a vote."""
    words, digits = right.shape[2], 1
    while (1 << digits) <= units:
        digits += 1
    return np.empty((digits, words), np.uint64), np.empty(words, np.uint64), np.empty(words, np.uint64)


@njit(cache=True)
def _inputs(right: Any) -> int:
    n = 0
    while (1 << n) < right.shape[1]:
        n += 1
    return n


@njit(cache=True)
def _prefix(prefix: int, right: Any, units: int, every: Any, planes: Any, done: Any, need: Any) -> bool:
    """Votes of the units above the lowest; whether no pattern is lost."""
    n, majority, some = _inputs(right), units // 2 + 1, True
    planes[:] = np.uint64(0)
    for k in range(1, units):
        word = (prefix >> (n * (k - 1))) & ((1 << n) - 1)
        seen = min(k, right.shape[0] - 1)
        for w in range(len(every)):
            carry = right[seen, word, w]
            for digit in range(len(planes)):
                kept = planes[digit, w]
                planes[digit, w] = kept ^ carry
                carry &= kept
    for w in range(len(every)):
        done[w] = _reached(planes, w, majority) & every[w]
        need[w] = _reached(planes, w, majority - 1) & every[w] & ~done[w]
        some = some and (done[w] | need[w]) == every[w]
    return some


@njit(cache=True)
def _reached(planes: Any, w: int, number: int) -> Any:
    """Which counters of a word have reached a number."""
    reached = ~np.uint64(0)
    for digit in range(len(planes)):
        x = planes[digit, w]
        reached = (x & reached) if (number >> digit) & 1 else (x | reached)
    return reached


@njit(cache=True)
def _solves(right: Any, need: Any) -> bool:
    """Whether the lowest unit gives every vote that is needed."""
    for w in range(len(need)):
        if need[w] & ~right[w]:
            return False
    return True
