r"""Learners: fields behind the signs of a configuration, taught by one constraint after the other.

A constraint that is shown is inside what it allows by so many flips of single weights, its gap: negative where it is
violated, between 0 and 1 where it has none to spare. A violated one moves the field of every weight that it holds by
two in the direction in which its gap grows; one that is barely satisfied deepens, now and then, the fields that agree
with it already, which moves no weight.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bp.problems import _bits, _lessons

Lesson = Callable[[int, NDArray[np.int8]], tuple[float, NDArray[np.float64]]]
"""What shows a constraint: its number and a configuration give its gap, and the direction in which that grows."""


class Pull(NamedTuple):
    """What is added to the fields of a learner after a batch: how much, by the sign of a weight and by a vote on it.

    Attributes
    ----------
    votes : array of int, shape (N,)
        The votes, from -V to V.
    gains : array, shape (2, 2V + 1)
        What is added to the field of a weight -1 (0) and +1 (1) where the vote is -V, ..., V.
    voting : bool
        Whether the learner votes itself: what its weights change by in the batch is added to the votes.
    """

    votes: NDArray[np.int64]
    gains: NDArray[np.float64]
    voting: bool


class Learner:
    """Fields that learn from constraints shown one at a time; this one by what it is shown, in any problem.

    Parameters
    ----------
    show : callable
        See `Lesson`.
    weights : array of ±1, shape (N,)
        Signs of the fields to start from, ±1 like them.
    """

    def __init__(self, show: Lesson, weights: NDArray[np.int8]) -> None:
        self._show, self._fields = show, weights.astype(np.float32)

    @property
    def fields(self) -> NDArray[np.float32]:
        """The fields, a copy."""
        return self._fields.copy()

    @property
    def weights(self) -> NDArray[np.int8]:
        """Signs of the fields."""
        return np.where(self._fields > 0, 1, -1).astype(np.int8)

    def restore(self, fields: NDArray[np.floating[Any]]) -> None:
        """Set the fields."""
        self._fields[:] = fields

    def limit(self, bound: float) -> None:
        """Bring fields that are larger than a bound back to it."""
        np.clip(self._fields, -bound, bound, out=self._fields)

    def sweep(self, order: NDArray[np.int64], coins: NDArray[np.float64], barely: float) -> int:
        """Show constraints in an order; number of those that were violated.

        Parameters
        ----------
        order : array of int, shape (M,)
        coins : array, shape (M,)
            Uniform numbers; one below `barely` deepens the fields of a constraint that is barely satisfied.
        barely : float
        """
        violated = 0
        for a, coin in zip(order.tolist(), coins.tolist(), strict=True):
            weights = self.weights
            gap, direction = self._show(a, weights)
            if gap < 0:
                self._fields += 2.0 * direction
                violated += 1
            elif gap < 1 and coin < barely:
                self._fields += 2.0 * np.where(direction * weights > 0, direction, 0.0)
        return violated

    def batch(self, order: NDArray[np.int64], rate: float, pull: Pull | None = None) -> int:
        """Show constraints to the weights as they are, then move the fields; number of those that were violated.

        Each violated constraint moves them by `rate` times the direction in which its gap grows; then the fields are
        pulled, by the signs that they have by then.
        """
        weights, moves, violated = self.weights, np.zeros(len(self._fields)), 0
        for a in order.tolist():
            gap, direction = self._show(a, weights)
            if gap < 0:
                moves += direction
                violated += 1
        self._fields += rate * moves
        if pull is not None:
            width = pull.gains.shape[1] // 2
            self._fields += pull.gains[np.where(self._fields > 0, 1, 0), pull.votes + width]
            if pull.voting:
                pull.votes[:] += self.weights - weights
        return violated


class BitLearner(Learner):
    """A learner over ±1 patterns, in bits and compiled: a pattern shown costs N/64 words, a lesson N integers.

    Parameters
    ----------
    bits : array of uint64, shape (P, words)
        Patterns times labels.
    weights : array of ±1, shape (N,)
    lattice : array of int, shape (K, 2)
        Intervals of allowed sums, their ends of the parity of N.
    """

    def __init__(self, bits: _bits.Words, weights: NDArray[np.int8], lattice: NDArray[np.int64]) -> None:
        self._bits, self._n = bits, len(weights)
        self._gaps, self._sides = gap_tables(self._n, lattice)
        self._fields, self._moves = np.zeros((2, 64 * bits.shape[1]), dtype=np.float32)
        self.restore(weights)

    @property
    def fields(self) -> NDArray[np.float32]:
        """The fields."""
        return np.array(self._fields[: self._n])

    @property
    def weights(self) -> NDArray[np.int8]:
        """Signs of the fields."""
        return np.where(self._fields[: self._n] > 0, 1, -1).astype(np.int8)

    def restore(self, fields: NDArray[Any]) -> None:
        """Set the fields."""
        self._fields[: self._n] = fields
        self._words = _bits.pack(self.weights[None])[0]

    def sweep(self, order: NDArray[np.int64], coins: NDArray[np.float64], barely: float) -> int:
        """Show patterns in an order, compiled."""
        tables, learned = (self._gaps, self._sides), (self._fields, self._words)
        return int(_lessons.sweep(self._bits, self._n, *tables, *learned, order, coins, barely))

    def batch(self, order: NDArray[np.int64], rate: float, pull: Pull | None = None) -> int:
        """Show patterns to the weights as they are, then move and pull the fields, compiled."""
        tables, learned = (self._gaps, self._sides), (self._fields, self._moves, self._words)
        votes, gains, voting = NO_PULL if pull is None else pull
        return int(_lessons.batch(self._bits, self._n, *tables, *learned, order, rate, votes, gains, voting))


NO_PULL = Pull(np.empty(0, dtype=np.int64), np.zeros((2, 1)), False)
"""What compiled learners take for None."""


def gap_tables(n: int, lattice: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """By how many flips each sum -n-2, -n, ..., n+2 is inside the allowed ones, and which way leads further in.

    Outside, the gap is minus the number of flips to the nearest allowed sum, and the way leads there.
    """
    sums = np.arange(-n - 2, n + 3, 2)[:, None]
    inside = np.minimum(sums - lattice[:, 0], lattice[:, 1] - sums) // 2
    nearest, place = np.argmax(inside, axis=1), np.arange(len(sums))
    below = (sums - lattice[:, 0])[place, nearest] <= (lattice[:, 1] - sums)[place, nearest]
    return inside.max(axis=1), np.where(below, 1, -1).astype(np.int8)
