"""The units of a committee machine: what each sees, and which patterns a majority has right."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from bp.problems import _bits
from bp.problems.constraint import Allowed, frozen, satisfied
from bp.problems.patterns import LabelledPatterns
from bp.problems.refutation import opposed
from replica_theory.arguments import checked_signs
from replica_theory.models.model import Model


class Units:
    """`K` units on patterns, each with a share of the weights; their margin is that of a model.

    Attributes
    ----------
    n : int
        Number of weights of all units.
    units : int
        Their number K, odd.
    tree : bool
        Whether every unit has inputs of its own.
    data : LabelledPatterns
        The patterns, labels multiplied in.
    model : Model
        The constraint on a unit.
    """

    n: int
    units: int
    tree: bool
    data: LabelledPatterns
    model: Model

    @property
    def inputs(self) -> int:
        """Weights of a unit."""
        return self.n // self.units

    @property
    def kappa(self) -> float:
        """Margin of the units."""
        return float(self.model.kappa)

    @property
    def n_constraints(self) -> int:
        """Number of patterns."""
        return self.data.n_patterns

    @property
    def is_symmetric(self) -> bool:
        """Whether units can be exchanged: all see the same patterns."""
        return self.units > 1 and not self.tree

    @property
    def majority(self) -> int:
        """Units that have to be right."""
        return (self.units + 1) // 2

    @cached_property
    def allowed(self) -> Allowed:
        """The stabilities and sums at which a unit is right."""
        return Allowed(self.model, self.inputs)

    @cached_property
    def intervals(self) -> NDArray[np.float64]:
        """The sums at which each unit is right, for each pattern, shape (1 or K, P, 1, 2)."""
        return frozen(
            np.array([self.allowed.around(part.norms) for part in (self.parts if self.tree else [self.data])])
        )

    @cached_property
    def parts(self) -> tuple[LabelledPatterns, ...]:
        """The patterns that each unit sees; the same object for all units unless it is a tree."""
        if not self.tree:
            return (self.data,) * self.units
        if self.data.is_binary:
            return tuple(LabelledPatterns.of(self.inputs, bits, None) for bits in self.seen)
        slices = np.split(self.data.xi, self.units, axis=1)
        return tuple(LabelledPatterns.of(self.inputs, None, part.copy()) for part in slices)

    @cached_property
    def seen(self) -> _bits.Words:
        """The ±1 patterns that the units see: one for all, or one for each, shape (1 or K, P, words)."""
        assert self.data.bits is not None
        if not self.tree:
            return self.data.bits[None]
        slices = np.split(self.data.xi, self.units, axis=1)
        return np.asarray(frozen(np.array([_bits.pack(part) for part in slices])))

    def sums(self, weights: ArrayLike) -> NDArray[np.float64]:
        r"""Sums :math:`y^\mu\xi^\mu\cdot W_k` of the units, shape (K, P)."""
        signs = checked_signs("weights", weights, self.n).reshape(self.units, -1)
        return np.array([part.sums(w) for part, w in zip(self.parts, signs, strict=True)])

    def violated(self, weights: ArrayLike) -> NDArray[np.bool_]:
        """Which patterns the majority of units has wrong, shape (P,)."""
        if not self.data.is_binary:
            return np.asarray(satisfied(self.sums(weights), self.intervals).sum(axis=0) < self.majority)
        signs = checked_signs("weights", weights, self.n).reshape(self.units, -1)
        most = (self.inputs - int(self.allowed.lattice[0, 0])) // 2
        return np.asarray(_wrong(self.seen, _bits.pack(signs), most))

    def refutation(self) -> str:
        """Why no weights satisfy every pattern, in a sentence; empty if there is no short proof.

        A unit that has no more than one of two opposite patterns right leaves no majority for both.
        """
        binary = self.data.is_binary
        if binary and (least := int(self.allowed.lattice[0, 0])) > self.inputs:
            return f"a unit is right from a sum of {least} on, and {self.inputs} inputs do not reach it"
        pair = opposed(self.data, self.allowed.lattice.astype(np.float64) if binary else self.allowed.sums)
        return f"patterns {pair[0]} and {pair[1]} are each other's negative: no unit has both right" if pair else ""


@njit(cache=True)
def _wrong(bits: Any, weights: Any, most: int) -> Any:
    """Which patterns differ from no majority of units in at most `most` entries."""
    units, wrong = len(weights), np.empty(bits.shape[1], dtype=np.bool_)
    for a in range(len(wrong)):
        right = 0
        for k in range(units):
            row, apart = bits[min(k, len(bits) - 1), a], np.uint64(0)
            for w in range(len(row)):
                apart += _bits.popcount(row[w] ^ weights[k, w])
            right += 1 if np.int64(apart) <= most else 0
        wrong[a] = 2 * right < units
    return wrong
