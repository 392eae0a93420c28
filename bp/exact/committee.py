"""The walk over all configurations of a committee machine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bp.exact import _committee as kernels
from bp.execution.threads import in_threads
from bp.memory import require_memory
from bp.problems import _bits
from bp.problems.committee import Committee
from bp.problems.constraint import satisfied

_BLOCK = 1 << 12  # configurations whose sums are formed at a time


class CommitteeWalk:
    """All configurations of a committee machine, unit by unit.

    Parameters
    ----------
    committee : Committee
    """

    def __init__(self, committee: Committee) -> None:
        self.n, self.n_patterns = committee.n, committee.n_constraints
        words = _bits.words(self.n_patterns)
        seen, size = committee.units if committee.tree else 1, 1 << committee.inputs
        bytes_of = 8 * (seen * size * words + 2 * (1 << (self.n - committee.inputs)))
        require_memory(bytes_of, "what the units have right in all configurations", "take fewer weights or patterns")
        right = np.array([_right(committee, k) for k in range(seen)])
        every = _bits.pack(np.ones((1, self.n_patterns), dtype=np.int8))[0]
        used = -(-self.n_patterns // 64)
        self._tables = (np.ascontiguousarray(right[..., :used]), committee.units, every[:used].copy())
        self._size = 1 << (self.n - committee.inputs)

    def tally(self) -> tuple[int, NDArray[np.int64], NDArray[np.int64]]:
        """Number of solutions, number with each weight at +1, and where those of each prefix start in the list."""
        counts = np.zeros(self._size, dtype=np.int64)

        def task(first: int, last: int) -> NDArray[np.int64]:
            ones = np.zeros(self.n, dtype=np.int64)
            kernels.tally(first, last, *self._tables, counts, ones)
            return ones

        ones: NDArray[np.int64] = np.sum(in_threads(task, self._size), axis=0)
        offsets = np.concatenate([[0], np.cumsum(counts)])
        return int(offsets[-1]), ones, offsets

    def energies(self) -> NDArray[np.int64]:
        """Number of configurations by number of violated patterns."""

        def task(first: int, last: int) -> NDArray[np.int64]:
            histogram = np.zeros(self.n_patterns + 1, dtype=np.int64)
            kernels.energies(first, last, *self._tables, histogram)
            return histogram

        total: NDArray[np.int64] = np.sum(in_threads(task, self._size), axis=0)
        return total

    def solutions(self, offsets: NDArray[np.int64]) -> NDArray[np.uint32]:
        """The solutions as increasing integers."""
        out = np.empty(offsets[-1], dtype=np.uint32)
        in_threads(lambda first, last: kernels.unpack(first, last, *self._tables, offsets, out), self._size)
        return out


def _right(committee: Committee, k: int) -> NDArray[np.uint64]:
    """Masks (2**n, words) of the patterns that unit `k` has right in each of its configurations."""
    part, n = committee.parts[k], committee.inputs
    allowed = committee.allowed.sums if part.is_binary else committee.intervals[k]
    rows = part.xi.astype(np.float64).T
    masks = np.empty((1 << n, _bits.words(committee.n_constraints)), dtype=np.uint64)
    for start in range(0, 1 << n, _BLOCK):
        words = np.arange(start, min(start + _BLOCK, 1 << n))
        signs = 2.0 * ((words[:, None] >> np.arange(n)) & 1) - 1.0
        masks[start : start + len(words)] = _bits.pack(2 * satisfied(signs @ rows, allowed).astype(np.int8) - 1)
    return masks
