"""How the weights of a perceptron change: by single flips, taught by patterns shown one at a time, or downhill."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bp.problems import _bits
from bp.problems.learners import BitLearner, Learner
from bp.problems.walkers import BitWalker, Energy, RealWalker, Walker
from replica_theory.arguments import checked_choice, checked_signs

_POWERS = 20
"""Products that find a largest eigenvalue to a few percent."""


class Changeable:
    """Labelled patterns under hard constraints on their sums, to be walked on and learnt from."""

    n: int
    bits: _bits.Words | None
    real: NDArray[np.float64] | None
    energies: Any
    row: Any
    allowed: Any
    intervals: Any
    thresholds: Any
    domain: Any
    products: Any
    ascent: Any
    require_spins: Any

    def walker(self, weights: ArrayLike, energy: Energy = "errors") -> Walker:
        """A walker by single flips from a configuration; TypeError or ValueError if it or `energy` is none here."""
        self.require_spins("a walk by flips")
        signs = checked_signs("weights", weights, self.n)
        checked_choice("energy", energy, self.energies)
        if self.bits is not None:
            return BitWalker(self.bits, signs, self.allowed.lattice, energy)
        assert self.real is not None
        return RealWalker(np.ascontiguousarray(self.real.T), signs, self.intervals)

    def present(self, a: int, weights: NDArray[Any]) -> tuple[float, NDArray[np.float64]]:
        r"""By how many flips pattern `a` is inside the allowed sums, and the direction in which that grows, (N,).

        The gap is :math:`\max_k\min(s-l_k,u_k-s)/2` over the allowed intervals :math:`[l_k,u_k]`, an integer for
        patterns of ±1, whose intervals end at sums that there are; for real ones a flip is twice the root mean square
        of the entries, and of real weights. The direction is the pattern, or minus the pattern where the upper end is
        nearer.
        """
        row = self.row(a).astype(np.float64)
        lattice = self.bits is not None and self.domain == "spins"
        ends = self.allowed.lattice if lattice else self.intervals[a]
        flip = 2.0 if lattice else 2.0 * float(np.sqrt(np.mean(row**2)))
        gaps = np.subtract(row @ weights, ends) * [1.0, -1.0] / flip
        nearest = int(np.argmax(gaps.min(axis=1)))
        side = int(np.argmin(gaps[nearest]))
        return float(gaps[nearest, side]), row * (1 - 2 * side)

    def gaps(self, weights: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        r"""By how much stabilities are inside what is allowed, :math:`\max_k\min(h-l_k,u_k-h)`, and slopes, (P,)."""
        h = self.products(weights) / np.sqrt(self.n)
        h = h if self.thresholds is None else h - self.thresholds
        inside = np.stack([h[:, None] - self.allowed.stabilities[:, 0], self.allowed.stabilities[:, 1] - h[:, None]])
        nearest = np.argmax(inside.min(axis=0), axis=1)
        low, high = inside[:, np.arange(len(h)), nearest]
        return np.minimum(low, high), np.where(low <= high, 1.0, -1.0)

    @cached_property
    def stiffness(self) -> float:
        r"""Largest eigenvalue of :math:`\frac1N\sum_\mu\xi^\mu\xi^{\mu\top}`, by a few powers."""
        vector = np.random.default_rng(0).standard_normal(self.n)
        for _ in range(_POWERS):
            vector = self.ascent(self.products(vector / np.linalg.norm(vector))) / np.sqrt(self.n)
        return float(np.linalg.norm(vector))

    def learner(self, weights: ArrayLike) -> Learner:
        """Fields with the signs of a configuration, to be taught by patterns shown one at a time."""
        self.require_spins("learning by signs of fields")
        signs = checked_signs("weights", weights, self.n)
        return Learner(self.present, signs) if self.bits is None else BitLearner(self.bits, signs, self.allowed.lattice)
