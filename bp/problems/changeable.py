"""How the weights of a perceptron change: by single flips, or taught by patterns shown one at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bp.problems import _bits
from bp.problems.learners import BitLearner, Learner
from bp.problems.walkers import BitWalker, Energy, RealWalker, Walker
from replica_theory.arguments import checked_choice, checked_signs


class Changeable:
    """Labelled patterns under hard constraints on their sums, to be walked on and learnt from."""

    n: int
    bits: _bits.Words | None
    real: NDArray[np.float64] | None
    energies: Any
    row: Any
    allowed: Any
    intervals: Any

    def walker(self, weights: ArrayLike, energy: Energy = "errors") -> Walker:
        """A walker by single flips from a configuration; TypeError or ValueError if it or `energy` is none here."""
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
        of the entries. The direction is the pattern, or minus the pattern where the upper end is nearer.
        """
        row = self.row(a).astype(np.float64)
        ends = self.allowed.lattice if self.bits is not None else self.intervals[a]
        flip = 2.0 if self.bits is not None else 2.0 * float(np.sqrt(np.mean(row**2)))
        gaps = np.subtract(row @ weights, ends) * [1.0, -1.0] / flip
        nearest = int(np.argmax(gaps.min(axis=1)))
        side = int(np.argmin(gaps[nearest]))
        return float(gaps[nearest, side]), row * (1 - 2 * side)

    def learner(self, weights: ArrayLike) -> Learner:
        """Fields with the signs of a configuration, to be taught by patterns shown one at a time."""
        signs = checked_signs("weights", weights, self.n)
        return Learner(self.present, signs) if self.bits is None else BitLearner(self.bits, signs, self.allowed.lattice)
