"""Which patterns of a perceptron a configuration satisfies: their sums against intervals, each with its threshold."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bp.problems._intervals import Limits, packed
from bp.problems._violations import violations
from bp.problems.constraint import Allowed, frozen, satisfied
from bp.problems.refutation import Refutable
from bp.problems.weighted import WeightedPatterns
from replica_theory.arguments import checked_signs
from replica_theory.models.model import Model


class Judged(Refutable, WeightedPatterns):
    """Labelled patterns under one constraint, which a threshold moves for each where there are thresholds.

    Attributes
    ----------
    model : Model
    thresholds : array, shape (P,), or None
    """

    model: Model
    thresholds: NDArray[np.float64] | None

    @cached_property
    def allowed(self) -> Allowed:
        """The stabilities and sums that the model allows."""
        return Allowed(self.model, self.n)

    @cached_property
    def intervals(self) -> NDArray[np.float64]:
        """The sums that each pattern is allowed, shape (P, K, 2)."""
        around = self.allowed.around(self.norms)
        if self.thresholds is not None:
            around = around + np.sqrt(self.n) * self.thresholds[:, None, None]
        return frozen(around)

    def log_acceptance(self, weights: ArrayLike) -> NDArray[np.float64] | None:
        """Log-probability that a configuration satisfies each pattern, (P,); None for a hard constraint."""
        if self.allowed.is_hard:
            return None
        with np.errstate(divide="ignore"):
            above = 0.0 if self.thresholds is None else self.thresholds
            return np.asarray(np.log(self.model.acceptance(self.stabilities(weights) - above)))

    @property
    def is_even(self) -> bool:
        """Whether a configuration and its mirror image violate the same constraints."""
        return self.thresholds is None and super().is_even

    def refutation(self) -> str:
        """Why no weights satisfy every pattern, in a sentence; empty without a short proof (none for thresholds)."""
        return super().refutation() if self.thresholds is None else ""

    def violated(self, weights: ArrayLike) -> NDArray[np.bool_]:
        """Which patterns a configuration violates, shape (P,): those whose sums are in no allowed interval."""
        return ~satisfied(self.sums(weights), self.allowed.sums if self.real is None else self.intervals)

    def errors(self, weights: ArrayLike) -> int:
        """Number of patterns that a configuration violates."""
        if self.bits is None or self.domain != "spins" or not self.allowed.is_hard:
            return super().errors(weights)
        if isinstance(weights, np.ndarray) and weights.dtype == np.int8 and weights.shape == (self.n,):
            number = int(violations(self.bits, weights.copy(), self._limits))
            if number >= 0:
                return number
        return int(violations(self.bits, checked_signs("weights", weights, self.n), self._limits))

    @cached_property
    def _limits(self) -> Limits:
        return packed(self.allowed.sums)
