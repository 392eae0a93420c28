"""Counters in bit planes: 64 of them move by one, or are held against a number, in a dozen operations on words.

A counter is one bit in each of the planes (replicas, planes, words), the lowest plane first.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bp.problems import _bits


def planes(counts: NDArray[np.int64], largest: int) -> NDArray[np.uint64]:
    """Counters (1, planes, words) of given counts, with room for numbers up to `largest`."""
    bits = np.arange(max(largest.bit_length(), 1))
    return _bits.pack(2 * ((counts >> bits[:, None]) & 1) - 1)[None]


@njit(cache=True, forceinline=True)
def move(counters: Any, r: int, first: int, last: int, w: int, rising: Any) -> None:
    """Move the counters of a word by one, up where a bit is set and down elsewhere; planes `first` up to `last`."""
    carry, borrow = rising, ~rising
    for b in range(first, last):
        x = counters[r, b, w]
        counters[r, b, w] = x ^ carry ^ borrow
        carry &= x
        borrow &= ~x


@njit(cache=True, forceinline=True)
def add(counters: Any, r: int, first: int, last: int, w: int, ones: Any) -> None:
    """Add one where a bit is set."""
    for b in range(first, last):
        x = counters[r, b, w]
        counters[r, b, w] = x ^ ones
        ones &= x


@njit(cache=True, forceinline=True)
def at_least(counters: Any, r: int, first: int, last: int, w: int, number: int) -> Any:
    """Which counters of a word have reached a number."""
    reached = ~np.uint64(0)
    for b in range(first, last):
        x = counters[r, b, w]
        reached = (x & reached) if (number >> (b - first)) & 1 else (x | reached)
    return reached
