r"""Compiled leaves of `bp.exact.enumeration` for formulas.

A configuration is an integer. Its six lowest variables run through the bits of a word, the others are a prefix. A
clause is looked at where the last of its variables in the prefix is set: if none of these satisfies it, it leaves the
configurations of a mask. Prefixes are counted upwards, so that a step sets anew the lowest bits only, and where nothing
is left all prefixes that begin alike are passed over. All kernels release the GIL.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from bp.problems import _bits

LOW = 6
"""Variables that run through a word."""


class Formula(NamedTuple):
    """A formula for the walk.

    Attributes
    ----------
    starts : (H + 2,)
        First clause of each bit of the prefix, the last of its bits that it asks; and those that ask none.
    asked : (M, 2)
        Bits of the prefix that satisfy a clause as they are 1, and as they are 0.
    left : (M,)
        Configurations of the low variables that do.
    all : (1,)
        Every one of these.
    """

    starts: Any
    asked: Any
    left: Any
    all: Any


@njit(cache=True, nogil=True)
def tally(first: int, last: int, size: int, formula: Any, low: int, counts: Any, ones: Any) -> None:
    """Count the solutions of some chunks of `size` prefixes, and those with each variable true."""
    starts, asked, left = formula.starts, formula.asked, formula.left
    alive = _alive(starts, left, formula.all[0])
    high = len(starts) - 2
    for chunk in range(first, last):
        counts[chunk] = 0
        prefix, end, changed = chunk * size, (chunk + 1) * size, high
        while prefix < end:
            fails = _settle(prefix, changed, starts, asked, left, alive)
            if fails < 0:
                found = np.int64(_bits.popcount(alive[0]))
                counts[chunk] += found
                for bit in range(low):
                    ones[bit] += np.int64(_bits.popcount(alive[0] & _column(bit)))
                for bit in range(high):
                    if (prefix >> bit) & 1:
                        ones[low + bit] += found
                fails = 0
            prefix = ((prefix >> fails) + 1) << fails
            changed = _trailing(prefix, high)


@njit(cache=True, nogil=True)
def unpack(first: int, last: int, size: int, formula: Any, low: int, offsets: Any, out: Any) -> None:
    """Write the solutions of some chunks as increasing integers, those of chunk `c` from ``offsets[c]``."""
    starts, asked, left = formula.starts, formula.asked, formula.left
    alive = _alive(starts, left, formula.all[0])
    high = len(starts) - 2
    for chunk in range(first, last):
        place = offsets[chunk]
        prefix, end, changed = chunk * size, (chunk + 1) * size, high
        while prefix < end:
            fails = _settle(prefix, changed, starts, asked, left, alive)
            if fails < 0:
                for word in range(1 << low):
                    if (alive[0] >> np.uint64(word)) & np.uint64(1):
                        out[place] = (prefix << low) | word
                        place += 1
                fails = 0
            prefix = ((prefix >> fails) + 1) << fails
            changed = _trailing(prefix, high)


@njit(cache=True, nogil=True)
def energies(first: int, last: int, size: int, formula: Any, low: int, histogram: Any) -> None:
    """Add the configurations of some chunks to a histogram of the number of violated clauses."""
    starts, asked, left, every = formula.starts, formula.asked, formula.left, formula.all[0]
    high, planes = len(starts) - 2, 1
    while (1 << planes) <= len(left):
        planes += 1
    counts = np.zeros((high + 1, planes), np.uint64)
    for c in range(starts[high], starts[high + 1]):
        _add(counts[high], every & ~left[c])
    for chunk in range(first, last):
        prefix, end, changed = chunk * size, (chunk + 1) * size, high
        while prefix < end:
            for bit in range(changed - 1, -1, -1):
                counts[bit] = counts[bit + 1]
                for c in range(starts[bit], starts[bit + 1]):
                    if ((prefix & asked[c, 0]) | (~prefix & asked[c, 1])) == 0:
                        _add(counts[bit], every & ~left[c])
            for word in range(1 << low):
                energy = np.int64(0)
                for p in range(planes):
                    energy += np.int64((counts[0, p] >> np.uint64(word)) & np.uint64(1)) << p
                histogram[energy] += 1
            prefix += 1
            changed = _trailing(prefix, high)


@njit(cache=True)
def _alive(starts: Any, left: Any, every: Any) -> Any:
    """Low configurations that are left once each bit of the prefix is set; here, before any is."""
    alive = np.zeros(len(starts) - 1, np.uint64)
    alive[-1] = every
    for c in range(starts[-2], starts[-1]):
        alive[-1] &= left[c]
    return alive


@njit(cache=True, forceinline=True)
def _settle(prefix: int, changed: int, starts: Any, asked: Any, left: Any, alive: Any) -> int:
    """Set the lowest `changed` bits of the prefix; the bit at which nothing is left, -1 if something is."""
    if changed == 0:
        return -1 if alive[0] else 0
    for bit in range(changed - 1, -1, -1):
        mask = alive[bit + 1]
        for c in range(starts[bit], starts[bit + 1]):
            if ((prefix & asked[c, 0]) | (~prefix & asked[c, 1])) == 0:
                mask &= left[c]
        alive[bit] = mask
        if mask == 0:
            return bit
    return -1


@njit(cache=True, forceinline=True)
def _trailing(prefix: int, most: int) -> int:
    """Number of bits that the last step has changed."""
    changed = 1
    while changed < most and (prefix & 1) == 0:
        prefix >>= 1
        changed += 1
    return min(changed, most)


@njit(cache=True, forceinline=True)
def _column(bit: int) -> Any:
    """The low configurations in which a variable is true."""
    period = np.uint64(1) << np.uint64(bit)
    mask = np.uint64(0)
    for word in range(64):
        if (np.uint64(word) & period) != 0:
            mask |= np.uint64(1) << np.uint64(word)
    return mask


@njit(cache=True, forceinline=True)
def _add(planes: Any, mask: Any) -> None:
    """Add one to the counters of a mask."""
    carry = mask
    for p in range(len(planes)):
        planes[p], carry = planes[p] ^ carry, planes[p] & carry
        if carry == 0:
            break
