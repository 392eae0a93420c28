"""Counters in bit planes: 64 of them move by one, and are held against zero, in five operations on words a plane.

A counter is one bit in each of the planes (replicas, planes, words), the lowest plane first, in two's complement: the
last plane is its sign. Numbers are counted from the one that they are to be held against.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bp.problems import _bits


def planes(counts: NDArray[np.int64], largest: int) -> NDArray[np.uint64]:
    """Counters (1, planes, words) of given counts, with room for numbers up to `largest` and down to its negative."""
    bits = np.arange(largest.bit_length() + 1)
    return _bits.pack(2 * ((counts >> bits[:, None]) & 1) - 1)[None]


@njit(cache=True, forceinline=True)
def move(counters: Any, r: int, first: int, last: int, w: int, moving: Any, rising: Any) -> tuple[Any, Any, Any]:
    """Move counters of a word by one where a bit is set in `moving`, up where it is in `rising` and down elsewhere.

    They are in the planes `first` up to `last`. Returns which are negative, zero, and minus one.
    """
    sign, some, every = np.uint64(0), np.uint64(0), ~np.uint64(0)
    for b in range(first, last):
        before = counters[r, b, w]
        sign = before ^ moving
        counters[r, b, w] = sign
        moving &= ~(before ^ rising)
        some |= sign
        every &= sign
    return sign, ~some, every
