"""Exact answers on small instances: every configuration is visited."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bp.exact import _kernels as kernels
from bp.exact.clauses import ClauseWalk
from bp.exact.committee import CommitteeWalk
from bp.exact.solutions import SolutionSet
from bp.execution.threads import in_threads
from bp.problems._intervals import packed_rows
from bp.problems.committee import Committee
from bp.problems.perceptron import Instance
from bp.problems.satisfiability import Satisfiability
from replica_theory.arguments import checked_flag, checked_integer, checked_kind

MAX_WEIGHTS = 30
_WALKED_BITS = 12  # Gray-code steps between two fresh sums: bounds the rounding drift of real patterns


def enumerate_solutions(
    instance: Instance | Committee | Satisfiability, *, energies: bool = False, max_memory: int = 2**31
) -> SolutionSet:
    r"""Visit all :math:`2^N` configurations of an instance: exact entropies at small `N`.

    The configurations are walked in Gray code, 64 at a time: the sums of each pattern over six weights are sorted
    beforehand, and the configurations that satisfy it, given the other weights, are a range of ranks. The units of a
    committee machine are walked one inside the other, with what each has right in a table; of a formula, values are
    given up at the first clause that they violate. The work is shared among the threads of numba
    (``NUMBA_NUM_THREADS``); the result does not depend on their number.

    Parameters
    ----------
    instance : Instance, Committee or Satisfiability
        At most 30 weights (of all units), any hard constraint, patterns ±1 (exact) or real (a stability within rounding
        of the margin counts as satisfied, as in `Instance.errors`).
    energies : bool
        Whether to count the configurations by number of violated patterns as well (slower: no early rejection).
    max_memory : int
        Most bytes for the list of solutions (4 bytes each) and for any array that the result makes of it. A longer
        list is not kept: the count, the magnetizations and the energies are still there, what needs the solutions
        raises ValueError.

    Returns
    -------
    SolutionSet

    Raises
    ------
    TypeError
        If `instance` is no `Instance`, `Committee` or `Satisfiability`, or its constraint is soft.
    ValueError
        If the instance has more than 30 weights.

    Notes
    -----
    Time :math:`O(2^N P/64)`, less with early rejection: on two cores about 0.3 s at `N` = 27 and 3 s at `N` = 30,
    :math:`\alpha` = 0.5.

    Examples
    --------
    >>> from bp import Instance
    >>> found = enumerate_solutions(Instance([[1, 1, 1], [1, -1, 1]]))
    >>> found.count, found.magnetizations.tolist()
    (2, [1.0, 0.0, 1.0])
    >>> found.distance_counts([1, 1, 1]).tolist()
    [1, 1, 0, 0]
    >>> found.local_entropy([1, 1, 1], distance=[0.0, 1 / 3, 2 / 3])
    array([  0.,   0., -inf])
    """
    checked_kind("instance", instance, Instance, Committee, Satisfiability)
    instance.require_spins("enumeration")
    energies, max_memory = checked_flag("energies", energies), checked_integer("max_memory", max_memory, 0)
    if instance.n > MAX_WEIGHTS:
        raise ValueError(
            f"enumeration visits 2**N configurations and stops at N = {MAX_WEIGHTS}; this instance has N = "
            f"{instance.n}: use belief_propagation, which estimates the entropy at any N"
        )
    walk = _walk(instance)
    count, ones, offsets = walk.tally()
    magnetizations = (2 * ones - count) / count if count else np.full(instance.n, np.nan)
    energy_counts = walk.energies() if energies else None
    packed = walk.solutions(offsets) if 4 * count <= max_memory else None
    for array in (magnetizations, energy_counts, packed):
        if array is not None:
            array.flags.writeable = False
    return SolutionSet(instance.n, count, magnetizations, energy_counts, packed, max_memory)


def _walk(problem: Instance | Committee | Satisfiability) -> _Walk | CommitteeWalk | ClauseWalk:
    if isinstance(problem, Satisfiability):
        return ClauseWalk(problem)
    if isinstance(problem, Instance):
        return _Walk(problem)
    if problem.units > 1:
        return CommitteeWalk(problem)
    return _Walk(Instance(problem.data.xi, constraint=problem.model))


class _Walk:
    """The tables that the kernels need, and the kernels shared among threads."""

    def __init__(self, instance: Instance) -> None:
        xi = instance.xi.astype(np.float64)
        self.n, self.n_patterns = instance.n, instance.n_patterns
        self.low = min(kernels.WORD_BITS, self.n)
        self.mid = min(_WALKED_BITS, self.n - self.low)
        self.n_chunks = 1 << (self.n - self.low - self.mid)
        sums, masks = _tables(xi[:, : self.low])
        columns = np.ascontiguousarray(xi[:, self.low :].T)
        self.tables = (columns, self.mid, sums, masks, packed_rows(instance.intervals))

    def tally(self) -> tuple[int, NDArray[np.int64], NDArray[np.int64]]:
        """Number of solutions, number with each weight at +1, and where each chunk starts in the list."""
        counts = np.zeros(self.n_chunks, dtype=np.int64)

        def task(first: int, last: int) -> NDArray[np.int64]:
            ones = np.zeros(self.n, dtype=np.int64)
            kernels.tally(first, last, *self.tables, counts, ones)
            return ones

        ones: NDArray[np.int64] = np.sum(in_threads(task, self.n_chunks), axis=0)
        offsets = np.concatenate([[0], np.cumsum(counts)])
        return int(offsets[-1]), ones, offsets

    def energies(self) -> NDArray[np.int64]:
        """Number of configurations by number of violated patterns."""

        def task(first: int, last: int) -> NDArray[np.int64]:
            histogram = np.zeros(self.n_patterns + 1, dtype=np.int64)
            kernels.energies(first, last, *self.tables, histogram)
            return histogram

        total: NDArray[np.int64] = np.sum(in_threads(task, self.n_chunks), axis=0)
        return total

    def solutions(self, offsets: NDArray[np.int64]) -> NDArray[np.uint32]:
        """The solutions as increasing integers."""
        out = np.empty(offsets[-1], dtype=np.uint32)

        def task(first: int, last: int) -> None:
            kernels.unpack(first, last, *self.tables, offsets, self.low, out)

        in_threads(task, self.n_chunks)
        return out


def _tables(xi: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.uint64]]:
    """Sorted sums (P, 64) of the patterns over the low weights, and the words (P, 65) of ranks r or higher."""
    n_patterns, low = xi.shape
    size = 1 << low
    signs = 2.0 * ((np.arange(size)[:, None] >> np.arange(low)) & 1) - 1
    unsorted = xi @ signs.T
    order = np.argsort(unsorted, axis=1, kind="stable")
    sums = np.full((n_patterns, kernels.WORD), np.inf)
    sums[:, :size] = np.take_along_axis(unsorted, order, axis=1)
    masks = np.zeros((n_patterns, kernels.WORD + 1), dtype=np.uint64)
    bits = np.uint64(1) << order.astype(np.uint64)
    masks[:, :size] = np.bitwise_or.accumulate(bits[:, ::-1], axis=1)[:, ::-1]
    return sums, masks
