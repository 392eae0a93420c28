"""Entropies around the solutions of a small instance, with what is known of the finite size taken out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import gammaln

from bp.exact.solutions import SolutionSet
from replica_theory.numerics.binary import binary_entropy
from replica_theory.numerics.interpolation import polynomial_weights
from replica_theory.typing import Array


def around_solutions(
    found: SolutionSet, n: int, distances: Sequence[float], references: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    r"""Mean entropy at distances from solutions drawn at random, and the largest share of those with nobody there.

    Of the finite-size effects the binomial coefficient is known, :math:`\frac1N\log\binom Nk - H_2(k/N)`, and taken
    out; between the possible distances k/N the rest is interpolated by a cubic polynomial.

    Parameters
    ----------
    found : SolutionSet
    n : int
        Weights.
    distances : sequence of float
        Fractions of the weights, two steps of 1/N or more from 0 and 1.
    references : int
        Solutions that are drawn, at most.
    rng : Generator

    Returns
    -------
    tuple of array
        NaN and 1 where there are no solutions.
    """
    around, isolated = np.full(len(distances), np.nan), np.ones(len(distances))
    if not found.count:
        return around, isolated
    pairs = found.around_solutions(min(references, found.count), rng)
    k = np.arange(n + 1)
    binomial = (gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)) / n
    for place, d in enumerate(distances):
        nodes = np.floor(d * n).astype(int) + np.arange(-1, 3)
        excess = pairs.entropy[nodes] - binomial[nodes] + binary_entropy(nodes / n)
        around[place] = polynomial_weights(nodes / n, d) @ excess
        isolated[place] = pairs.isolated[nodes].max()
    return around, isolated
