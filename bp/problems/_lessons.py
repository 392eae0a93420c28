"""Compiled sweeps of learners: patterns in bits, their sums as places in tables like those of `bp.problems._walks`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from bp.problems import _bits


@njit(cache=True)
def sweep(
    bits: Any, n: int, gaps: Any, sides: Any, fields: Any, weights: Any, order: Any, coins: Any, barely: float
) -> int:
    """Show patterns in an order; number of those that were violated.

    `gaps` and `sides` hold for every place of a sum by how many flips it is inside the allowed sums, and the sign of
    the change that takes it further in. `fields`, padded to whole words, and `weights`, their signs as a row of words
    (zero beyond `n`), learn.
    """
    violated = 0
    for k in range(len(order)):
        row = bits[order[k]]
        apart = np.int64(0)
        for w in range(len(row)):
            apart += np.int64(_bits.popcount(row[w] ^ weights[w]))
        place = n + 1 - apart
        if gaps[place] > 0 or (gaps[place] == 0 and not coins[k] < barely):
            continue
        turned = np.uint64(0) if sides[place] > 0 else ~np.uint64(0)
        violated += gaps[place] < 0
        for w in range(-(-n // 64)):
            wanted, part = row[w] ^ turned, fields[64 * w : 64 * w + 64]
            if gaps[place] < 0:
                inside = ~np.uint64(0) if 64 * w + 64 <= n else (np.uint64(1) << np.uint64(n & 63)) - np.uint64(1)
                weights[w] = _move(wanted, part) & inside
            else:
                _deepen(wanted, ~(wanted ^ weights[w]), part)
    return violated


@njit(cache=True)
def batch(
    bits: Any,
    n: int,
    gaps: Any,
    sides: Any,
    fields: Any,
    moves: Any,
    weights: Any,
    order: Any,
    rate: float,
    votes: Any,
    gains: Any,
    voting: bool,
) -> int:
    """Show patterns to weights as they are, then move the fields, pull them if there are votes, and take the signs."""
    moves[:] = 0.0
    violated = gather(bits, n, gaps, sides, weights, order, moves)
    if violated or len(votes):
        turn(n, fields, moves, weights, rate, votes, gains, voting)
    return violated


@njit(cache=True)
def turn(n: int, fields: Any, moves: Any, weights: Any, rate: float, votes: Any, gains: Any, voting: bool) -> None:
    """Move fields by `rate` times their `moves`, then by the gains of their signs and votes; sign words and votes."""
    width, pulled, length = gains.shape[1] // 2, len(votes) > 0, np.float32(rate)
    for w in range(-(-n // 64)):
        word, old = np.uint64(0), weights[w]
        for j in range(min(64, n - 64 * w)):
            i = 64 * w + j
            field = fields[i] + length * moves[i]
            if pulled:
                field = np.float32(field + gains[np.int64(field > 0), votes[i] + width])
            fields[i] = field
            word |= np.uint64(field > 0) << np.uint64(j)
        weights[w] = word
        changed = word ^ old
        while voting and changed:
            lane = np.int64(_bits.popcount((changed & -changed) - np.uint64(1)))
            votes[64 * w + lane] += 4 * np.int64((word >> np.uint64(lane)) & np.uint64(1)) - 2
            changed &= changed - np.uint64(1)


@njit(cache=True)
def gather(bits: Any, n: int, gaps: Any, sides: Any, weights: Any, order: Any, moves: Any) -> int:
    """Show patterns to weights that stay as they are; number of those violated, whose directions add up in `moves`."""
    violated = 0
    for a in order:
        row = bits[a]
        apart = np.int64(0)
        for w in range(len(row)):
            apart += np.int64(_bits.popcount(row[w] ^ weights[w]))
        place = n + 1 - apart
        if gaps[place] >= 0:
            continue
        violated += 1
        turned = np.uint64(0) if sides[place] > 0 else ~np.uint64(0)
        for w in range(-(-n // 64)):
            _add(row[w] ^ turned, moves[64 * w : 64 * w + 64])
    return violated


@njit(cache=True)
def _add(wanted: Any, moves: Any) -> None:
    """Add ±1 to 64 numbers."""
    for j in range(64):
        moves[j] += np.float32(2 * np.int32((wanted >> np.uint64(j)) & np.uint64(1)) - 1)


@njit(cache=True)
def _move(wanted: Any, fields: Any) -> Any:
    """Move 64 fields by two towards the wanted signs; the word of their signs."""
    signs = np.uint64(0)
    for j in range(64):
        bit = np.int32((wanted >> np.uint64(j)) & np.uint64(1))
        fields[j] += np.float32(4 * bit - 2)
        signs |= np.uint64(fields[j] > 0) << np.uint64(j)
    return signs


@njit(cache=True)
def _deepen(wanted: Any, agreeing: Any, fields: Any) -> None:
    """Move those of 64 fields that have the wanted sign already further by two."""
    for j in range(64):
        bit = np.int32((wanted >> np.uint64(j)) & np.uint64(1))
        fields[j] += np.float32((4 * bit - 2) * np.int32((agreeing >> np.uint64(j)) & np.uint64(1)))
