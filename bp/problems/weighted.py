"""Labelled patterns on the weights of a model: which configurations there are, and products with them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bp.problems.patterns import LabelledPatterns
from bp.problems.problem import Domain, Problem
from bp.problems.products import PackedPatterns, Patterns, RealPatterns
from bp.problems.weights import checked_weights, domain_of, random_weights
from bp.randomness import Rng, generator


class WeightedPatterns(LabelledPatterns, Problem):
    """Labelled patterns whose model says what a weight may be."""

    @cached_property
    def domain(self) -> Domain:
        """Whether weights are ±1 (``"spins"``), of some levels (``"levels"``), or on the sphere (``"reals"``)."""
        return domain_of(self.model.weights)

    def checked(self, name: str, weights: ArrayLike) -> NDArray[Any]:
        """A fresh configuration of the model's weights, int8 of ±1 or float64; TypeError, ValueError if it is none."""
        return checked_weights(name, weights, self.n, self.model.weights)

    def start(self, rng: Rng) -> NDArray[Any]:
        """A random configuration: uniform of ±1 or on the sphere, levels by their prior."""
        return (
            super().start(rng) if self.domain == "spins" else random_weights(self.model.weights, self.n, generator(rng))
        )

    def sums(self, weights: ArrayLike) -> NDArray[np.float64]:
        r"""Sums :math:`y^\mu\xi^\mu\cdot W` of a configuration, (P,); those of ±1 patterns and weights are exact."""
        return super().sums(weights) if self.domain == "spins" else self.products(self.checked("weights", weights))

    def products(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sums of any real weights, unchecked, shape (P,)."""
        return np.asarray(self._products.times(weights))

    def ascent(self, slopes: NDArray[np.float64]) -> NDArray[np.float64]:
        r"""Gradient :math:`\frac1{\sqrt N}\sum_\mu f_\mu y^\mu\xi^\mu` of a function of the stabilities, shape (N,)."""
        return np.asarray(self._products.back(slopes) / np.sqrt(self.n))

    @cached_property
    def _products(self) -> Patterns:
        if self.bits is not None:
            return PackedPatterns(self.bits, self.n)
        assert self.real is not None
        return RealPatterns(self.real)
