"""A learner over committee machines on ±1 patterns, in bits and compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bp.problems import _bits, _lessons
from bp.problems.learners import NO_PULL, Learner, Pull


class CommitteeLearner(Learner):
    """Fields that learn from patterns shown one at a time: one costs N/64 words, and the fields of the units that move.

    Of a violated pattern the wrong units nearest to being right, as many as votes are missing, move; one that no vote
    can be spared of may deepen the fields of the right unit that is nearest to being wrong. Of units equally near the
    first moves, which solves more than others in turn (three replicas of SGD on 321 x 5: 12 of 20 against 5); but
    where units outnumber their inputs most are level, and each pattern prefers others, or the last would never learn.

    Parameters
    ----------
    bits : array of uint64, shape (1 or K, P, words)
        Patterns times labels: one for all units, or one for each.
    weights : array of int8, shape (K, inputs)
    least : int
        Least sum at which a unit is right, of the parity of the inputs.
    """

    def __init__(self, bits: _bits.Words, weights: NDArray[np.int8], least: int) -> None:
        units, self._inputs = weights.shape
        self._bits, self._most = bits, (self._inputs - least) // 2
        self._fields, self._moves = np.zeros((2, units, 64 * self._bits.shape[2]), dtype=np.float32)
        self._words = np.zeros((units, self._bits.shape[2]), dtype=np.uint64)
        self.restore(weights.ravel())

    @property
    def fields(self) -> NDArray[np.float32]:
        """The fields, unit by unit."""
        return np.array(self._fields[:, : self._inputs]).ravel()

    @property
    def weights(self) -> NDArray[np.int8]:
        """Signs of the fields."""
        return np.where(self.fields > 0, 1, -1).astype(np.int8)

    def restore(self, fields: NDArray[Any]) -> None:
        """Set the fields."""
        self._fields[:, : self._inputs] = fields.reshape(len(self._fields), -1)
        signs(self._fields, self._inputs, self._words)

    def sweep(self, order: NDArray[np.int64], coins: NDArray[np.float64], barely: float) -> int:
        """Show patterns in an order, compiled."""
        learned = (self._fields, self._words)
        return int(sweep(self._bits, self._inputs, self._most, *learned, order, coins, barely))

    def batch(self, order: NDArray[np.int64], rate: float, pull: Pull | None = None) -> int:
        """Show patterns to the weights as they are, then move and pull the fields, compiled."""
        learned = (self._fields, self._moves, self._words)
        votes, gains, voting = NO_PULL if pull is None else pull
        return int(batch(self._bits, self._inputs, self._most, *learned, order, rate, votes, gains, voting))


@njit(cache=True)
def sweep(bits: Any, inputs: int, most: int, fields: Any, weights: Any, order: Any, coins: Any, barely: float) -> int:
    """Show patterns in an order; number of those that were violated.

    A unit is right where it differs from a pattern in at most `most` entries. `fields`, padded to whole words, and
    `weights`, their signs in words, learn.
    """
    units, violated = len(weights), 0
    spare = np.empty(units, dtype=np.int64)
    for position in range(len(order)):
        a = order[position]
        missing, first = _spare(bits, a, most, weights, spare), first_of(units, inputs, a)
        if missing > 0:
            violated += 1
            for _ in range(missing):
                k = _nearest(spare, first)
                spare[k] = 0
                _move(bits[min(k, len(bits) - 1), a], fields[k])
                _signs(fields[k], inputs, weights[k])
        elif missing == 0 and coins[position] < barely:
            k = _barest(spare, first)
            if spare[k] == 0:
                _deepen(bits[min(k, len(bits) - 1), a], inputs, weights[k], fields[k])
    return violated


@njit(cache=True)
def batch(
    bits: Any,
    inputs: int,
    most: int,
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
    violated = gather(bits, inputs, most, weights, order, moves)
    if violated or len(votes):
        for k in range(len(weights)):
            some = votes[k * inputs : (k + 1) * inputs] if len(votes) else votes
            _lessons.turn(inputs, fields[k], moves[k], weights[k], rate, some, gains, voting)
    return violated


@njit(cache=True)
def gather(bits: Any, inputs: int, most: int, weights: Any, order: Any, moves: Any) -> int:
    """Show patterns to weights that stay as they are; number of those violated, whose directions add up in `moves`."""
    units, violated = len(weights), 0
    spare = np.empty(units, dtype=np.int64)
    for a in order:
        missing = _spare(bits, a, most, weights, spare)
        if missing <= 0:
            continue
        violated, first = violated + 1, first_of(units, inputs, a)
        for _ in range(missing):
            k = _nearest(spare, first)
            spare[k] = 0
            row = bits[min(k, len(bits) - 1), a]
            for w in range(len(row)):
                word = row[w]
                part = moves[k, 64 * w : 64 * w + 64]
                for j in range(64):
                    part[j] += np.float32(2 * np.int32((word >> np.uint64(j)) & np.uint64(1)) - 1)
    return violated


@njit(cache=True)
def signs(fields: Any, inputs: int, weights: Any) -> None:
    """The signs of all fields in words, zero beyond the inputs."""
    for k in range(len(weights)):
        _signs(fields[k], inputs, weights[k])


@njit(cache=True)
def _signs(fields: Any, inputs: int, weights: Any) -> None:
    for w in range(len(weights)):
        word, left = np.uint64(0), min(64, inputs - 64 * w)
        for j in range(left):
            word |= np.uint64(fields[64 * w + j] > 0) << np.uint64(j)
        weights[w] = word


@njit(cache=True)
def first_of(units: int, inputs: int, a: int) -> int:
    """The unit that pattern `a` prefers among those equally near: see `CommitteeLearner`."""
    return a % units if units > inputs else 0


@njit(cache=True)
def _spare(bits: Any, a: int, most: int, weights: Any, spare: Any) -> int:
    """Flips that every unit can spare, negative if it is wrong; the number of votes that are missing."""
    right, units = 0, len(weights)
    for k in range(units):
        row, apart = bits[min(k, len(bits) - 1), a], np.uint64(0)
        for w in range(len(row)):
            apart += _bits.popcount(row[w] ^ weights[k, w])
        spare[k] = most - np.int64(apart)
        right += spare[k] >= 0
    return units // 2 + 1 - right


@njit(cache=True)
def _nearest(spare: Any, first: int) -> int:
    """The wrong unit that is nearest to being right, of several the next from `first` on, round and round."""
    nearest, units = -1, len(spare)
    for step in range(units):
        k = (first + step) % units
        if spare[k] < 0 and (nearest < 0 or spare[k] > spare[nearest]):
            nearest = k
    return nearest


@njit(cache=True)
def _barest(spare: Any, first: int) -> int:
    """The right unit that is nearest to being wrong, of several the last from `first` on, round and round."""
    barest, units = -1, len(spare)
    for step in range(units):
        k = (first + step) % units
        if spare[k] >= 0 and (barest < 0 or spare[k] <= spare[barest]):
            barest = k
    return barest


@njit(cache=True)
def _move(row: Any, fields: Any) -> None:
    """Move the fields of a unit by two towards a pattern."""
    for w in range(len(row)):
        for j in range(64):
            fields[64 * w + j] += np.float32(4 * np.int32((row[w] >> np.uint64(j)) & np.uint64(1)) - 2)


@njit(cache=True)
def _deepen(row: Any, inputs: int, weights: Any, fields: Any) -> None:
    """Move those fields of a unit further by two that have the sign of a pattern already."""
    for i in range(inputs):
        w, j = i >> 6, np.uint64(i & 63)
        bit = (row[w] >> j) & np.uint64(1)
        if bit == (weights[w] >> j) & np.uint64(1):
            fields[i] += np.float32(4 * np.int32(bit) - 2)
