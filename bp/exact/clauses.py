"""The walk over all configurations of a formula."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bp.exact import _clauses as kernels
from bp.execution.threads import in_threads
from bp.problems.satisfiability import Satisfiability

_CHUNKS = 10
"""Bits of the prefix that tell chunks apart."""


class ClauseWalk:
    """All configurations of a formula.

    Parameters
    ----------
    formula : Satisfiability
    """

    def __init__(self, formula: Satisfiability) -> None:
        self.n, self.n_patterns = formula.n, formula.n_constraints
        self._low = min(kernels.LOW, self.n)
        high = self.n - self._low
        chunk_bits = min(_CHUNKS, high)
        self._chunks, self._size = 1 << chunk_bits, 1 << (high - chunk_bits)
        self._formula = _tables(formula, self._low)

    def tally(self) -> tuple[int, NDArray[np.int64], NDArray[np.int64]]:
        """Number of solutions, number with each variable true, and where those of each chunk start in the list."""
        counts = np.zeros(self._chunks, dtype=np.int64)

        def task(first: int, last: int) -> NDArray[np.int64]:
            ones = np.zeros(self.n, dtype=np.int64)
            kernels.tally(first, last, self._size, self._formula, self._low, counts, ones)
            return ones

        ones: NDArray[np.int64] = np.sum(in_threads(task, self._chunks), axis=0)
        offsets = np.concatenate([[0], np.cumsum(counts)])
        return int(offsets[-1]), ones, offsets

    def energies(self) -> NDArray[np.int64]:
        """Number of configurations by number of violated clauses."""

        def task(first: int, last: int) -> NDArray[np.int64]:
            histogram = np.zeros(self.n_patterns + 1, dtype=np.int64)
            kernels.energies(first, last, self._size, self._formula, self._low, histogram)
            return histogram

        total: NDArray[np.int64] = np.sum(in_threads(task, self._chunks), axis=0)
        return total

    def solutions(self, offsets: NDArray[np.int64]) -> NDArray[np.uint32]:
        """The solutions as increasing integers."""
        out = np.empty(offsets[-1], dtype=np.uint32)
        in_threads(
            lambda first, last: kernels.unpack(first, last, self._size, self._formula, self._low, offsets, out),
            self._chunks,
        )
        return out


def _tables(formula: Satisfiability, low: int) -> kernels.Formula:
    """Clauses by the lowest of their bits of the prefix."""
    high = formula.n - low
    words = np.arange(1 << low)
    asked = np.zeros((formula.n_constraints, 2), dtype=np.int64)
    left = np.zeros(formula.n_constraints, dtype=np.uint64)
    level = np.full(formula.n_constraints, high)
    for a, clause in enumerate(formula.clauses):
        satisfied = np.zeros(len(words), dtype=bool)
        for literal in clause:
            bit = abs(literal) - 1
            if bit < low:
                satisfied |= ((words >> bit) & 1) == (literal > 0)
            else:
                asked[a, int(literal < 0)] |= 1 << (bit - low)
                level[a] = min(level[a], bit - low)
        left[a] = np.sum(np.uint64(1) << words[satisfied].astype(np.uint64), dtype=np.uint64)
    order = np.argsort(level, kind="stable")
    starts = np.searchsorted(level[order], np.arange(high + 2))
    every = np.array([(1 << (1 << low)) - 1], dtype=np.uint64)
    return kernels.Formula(starts, asked[order], left[order], every)
