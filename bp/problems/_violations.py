"""Violated patterns of ±1, counted on bits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bp.problems._bits import popcount
from bp.problems._intervals import Limits, count, lower, upper

_WORD = 64


@njit(cache=True, nogil=True)
def violations(bits: NDArray[np.uint64], weights: NDArray[np.int8], limits: Limits) -> int:
    """Number of patterns whose sums are in no interval; -1 if an entry of the configuration is not ±1.

    Parameters
    ----------
    bits : array, shape (P, words)
        Patterns.
    weights : array, shape (N,)
        A configuration.
    limits : Limits
        Allowed sums.
    """
    for i in range(weights.size):
        if weights[i] != 1 and weights[i] != -1:
            return -1
    packed = np.zeros(bits.shape[1], np.uint64)
    for w in range(-(-weights.size // _WORD)):
        word = np.uint64(0)
        for j in range(min(_WORD, weights.size - w * _WORD)):
            word |= np.uint64(weights[w * _WORD + j] > 0) << np.uint64(j)
        packed[w] = word
    violated = 0
    for a in range(len(bits)):
        violated += not _allowed(weights.size - 2 * _differences(bits[a], packed), limits)
    return violated


@njit(cache=True)
def _differences(row: Any, packed: Any) -> int:
    total = np.int64(0)
    for w in range(packed.size):
        total += np.int64(popcount(row[w] ^ packed[w]))
    return int(total)


@njit(cache=True)
def _allowed(sum_: int, limits: Limits) -> bool:
    inside = False
    for k in range(count(limits)):
        inside |= (sum_ >= lower(limits, k)) & (sum_ <= upper(limits, k))
    return inside
