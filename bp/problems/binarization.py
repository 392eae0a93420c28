r"""Patterns of ±1 from real ones: each entry says on which side of a hyperplane the real pattern lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bp.memory import require_memory
from bp.problems.prediction import checked_matrix
from bp.randomness import Rng, generator
from replica_theory.arguments import checked_integer
from replica_theory.typing import Array

_BLOCK = 1 << 22
"""Entries formed at a time."""
_CONSTANT = 1e-12
"""Standard deviation of a feature, over its largest size, that rounding may leave of a constant."""
_FLAT = 1e-6
"""Least standard deviation of a projection, so that its cut is never where all patterns are."""


@dataclass(frozen=True, eq=False)
class Binarizer:
    r"""Hyperplanes that make patterns of ±1 from real ones.

    .. math:: \xi_i = +1 \ \text{if}\ \sum_f r_{fi}\,\frac{x_f-\mu_f}{\sigma_f} > c_i, \ \text{else}\ -1.

    Attributes
    ----------
    centre, scale : array, shape (F,)
        :math:`\mu`, :math:`\sigma`.
    cuts : array, shape (n,)
        `c`.
    directions : array, shape (F, n), or None
        `r`; None for the features themselves (n = F).

    Examples
    --------
    >>> Binarizer.medians([[0.1, 5.0], [0.2, 7.0], [0.9, 9.0]])([[0.5, 6.0]]).tolist()
    [[1, -1]]
    """

    centre: Array
    scale: Array
    cuts: Array
    directions: Array | None = None

    @classmethod
    def medians(cls, patterns: ArrayLike) -> Self:
        """Every feature cut at its median over the patterns (P, F): +1 above it.

        Raises
        ------
        TypeError, ValueError
            If the patterns are no matrix of finite real numbers.
        """
        rows = checked_matrix("patterns", patterns, "(P, F)")
        features = rows.shape[1]
        return cls(np.zeros(features), np.ones(features), np.median(rows, axis=0))

    @classmethod
    def projections(cls, patterns: ArrayLike, n: int, rng: Rng = None) -> Self:
        r"""Random projections of the standardised features, each cut at random.

        Directions are standard normal (over :math:`\sqrt F`). The cut of each is normal too, with mean zero and the
        variance that the projection has over the patterns. So some entries are nearly the same for all patterns, as a
        threshold would be, and others cut the cloud of patterns in halves: there are weights for whatever labels
        distinct patterns have, once `n` is large, which cuts through the middle alone do not give (a pattern and its
        mirror image would get opposite labels).

        Parameters
        ----------
        patterns : array_like, shape (P, F)
            Those that give means and variances.
        n : int
            Number of projections.
        rng : int, SeedSequence, Generator or None
            Source of randomness.

        Raises
        ------
        TypeError, ValueError
            If the patterns are no matrix of finite real numbers, or `n` is no positive integer.
        """
        rows = checked_matrix("patterns", patterns, "(P, F)")
        n, features, rng = checked_integer("n", n), rows.shape[1], generator(rng)
        size = np.abs(rows).max(axis=0)
        size[size == 0] = 1.0
        centre, spread = (rows / size).mean(axis=0) * size, (rows / size).std(axis=0)
        scale = np.where(spread > _CONSTANT, spread, 1.0) * size
        directions = rng.standard_normal((features, n)) / np.sqrt(features)
        squares = np.zeros(n)
        for first, last in _blocks(len(rows), n):
            squares += (((rows[first:last] - centre) / scale @ directions) ** 2).sum(axis=0)
        cuts = np.maximum(np.sqrt(squares / len(rows)), _FLAT) * rng.standard_normal(n)
        return cls(centre, scale, cuts, directions)

    def __call__(self, patterns: ArrayLike) -> NDArray[np.int8]:
        """Patterns of ±1, (P, n) from (P, F).

        Raises
        ------
        MemoryError
            If they do not fit in memory.
        TypeError, ValueError
            If the patterns are no matrix of F finite real numbers a row.
        """
        rows = checked_matrix("patterns", patterns, "(P, F)", len(self.centre), "the binarizer")
        n = len(self.cuts)
        require_memory(len(rows) * n, f"{len(rows)} patterns of {n} entries", "take fewer patterns or projections")
        signs = np.empty((len(rows), n), dtype=np.int8)
        for first, last in _blocks(len(rows), n):
            values = (rows[first:last] - self.centre) / self.scale
            if self.directions is not None:
                values = values @ self.directions
            signs[first:last] = np.where(values > self.cuts, 1, -1)
        return signs


def _blocks(rows: int, n: int) -> list[tuple[int, int]]:
    """First and last row of the blocks that are formed at a time."""
    step = max(1, _BLOCK // n)
    return [(first, min(first + step, rows)) for first in range(0, rows, step)]
