"""Exact answers on small instances: every configuration is visited."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from math import comb
from typing import Any

import numpy as np
from numba import config as numba_config
from numpy.typing import ArrayLike, NDArray

from bp.exact import _kernels as kernels
from bp.problems._intervals import packed
from bp.problems.perceptron import Instance
from bp.randomness import Rng, generator

MAX_WEIGHTS = 30
_WALKED_BITS = 12  # Gray-code steps between two fresh sums: bounds the rounding drift of real patterns
_TASKS = 64
_BLOCK = 4096  # references handled between two checks for an interrupt


@dataclass(frozen=True, eq=False)
class SolutionDistances:
    r"""Solutions around solutions: what the Franz-Parisi potential averages, exactly, on one instance.

    Attributes
    ----------
    distance : array, shape (N + 1,)
        Distances :math:`d = k/N`.
    entropy : array, shape (N + 1,)
        Mean of :math:`\log \mathcal N_{\tilde W}(d)/N` over the references that have a solution at distance `d`; NaN
        where none has.
    isolated : array, shape (N + 1,)
        Fraction of the references without a solution at distance `d`.
    n_references : int
        Number of references averaged over.
    """

    distance: NDArray[np.float64]
    entropy: NDArray[np.float64]
    isolated: NDArray[np.float64]
    n_references: int


@dataclass(frozen=True, eq=False)
class SolutionSet:
    r"""All solutions of an instance.

    Attributes
    ----------
    n : int
        Number of weights `N`.
    count : int
        Number of solutions.
    magnetizations : array, shape (N,)
        Mean weights over the solutions; NaN if there is none.
    energy_counts : array, shape (P + 1,), int64, or None
        Number of configurations that violate 0, 1, ..., P patterns, where it was asked for.
    packed : array, shape (count,), uint32, or None
        The solutions as increasing integers whose bit `i` says :math:`W_i = +1`; None if they take more than
        `max_memory`.
    max_memory : int
        Most bytes that the methods may take for one array.
    """

    n: int
    count: int
    magnetizations: NDArray[np.float64]
    energy_counts: NDArray[np.int64] | None = None
    packed: NDArray[np.uint32] | None = field(default=None, repr=False)
    max_memory: int = 2**31

    @property
    def entropy(self) -> float:
        r"""Entropy :math:`\log(\mathrm{count})/N` in nats per weight, -inf without solutions."""
        return float(np.log(self.count) / self.n) if self.count else -np.inf

    def free_entropy(self, beta: float) -> float:
        r"""Free entropy :math:`N^{-1}\log\sum_W e^{-\beta E(W)}` with `E` the number of violated patterns.

        Raises
        ------
        ValueError
            If `beta` is negative or NaN, or the energies were not counted.
        """
        if self.energy_counts is None:
            raise ValueError("the energies were not counted: call enumerate_solutions(instance, energies=True)")
        if not beta >= 0:
            raise ValueError(f"beta must be non-negative (inf counts solutions); got {beta!r}")
        if beta == np.inf:
            return self.entropy
        occupied = np.flatnonzero(self.energy_counts)
        terms = np.log(self.energy_counts[occupied]) - beta * occupied
        return float(np.logaddexp.reduce(terms) / self.n)

    def solutions(self) -> NDArray[np.int8]:
        """The solutions as rows of ±1, shape (count, N); ValueError if they take more than `max_memory`."""
        packed = self._packed
        self._require(self.count * self.n, "the solutions as ±1 take", "use the attribute packed, or")
        out = np.empty((self.count, self.n), dtype=np.int8)
        for i in range(self.n):
            out[:, i] = 2 * ((packed >> np.uint32(i)) & np.uint32(1)).astype(np.int8) - 1
        return out

    def distance_counts(self, center: ArrayLike) -> NDArray[np.int64]:
        """Number of solutions at each Hamming distance 0, ..., N from a configuration ±1, shape (N + 1,)."""
        counts: NDArray[np.int64] = _distance_counts(self._packed, self._pack(center)[None], self.n)[0]
        return counts

    def local_entropy(self, center: ArrayLike, distance: ArrayLike) -> Any:
        r"""Exact local entropy :math:`N^{-1}\log \mathcal N_{\tilde W}(d)` around any configuration.

        Parameters
        ----------
        center : array_like, shape (N,)
            Configuration ±1; it need not be a solution.
        distance : float or array_like
            Distances in [0, 1]; solutions at Hamming distance :math:`\mathrm{round}(dN)` are counted.

        Returns
        -------
        float or array
            Nats per weight, -inf where there is no solution.

        Raises
        ------
        ValueError
            For a center that is not ±1 of length N, or a distance outside [0, 1].
        """
        d = np.asarray(distance, dtype=np.float64)
        if not np.all((d >= 0) & (d <= 1)):
            raise ValueError(f"distance must lie in [0, 1]; got {distance!r}")
        counts = self.distance_counts(center)[np.rint(d * self.n).astype(np.intp)]
        with np.errstate(divide="ignore"):
            entropy = np.log(counts) / self.n
        return float(entropy) if d.ndim == 0 else entropy

    @cached_property
    def pair_distances(self) -> NDArray[np.int64]:
        r"""Number of unordered pairs of different solutions at each Hamming distance 0, ..., N, exact.

        All pairs are compared if that is cheaper, else the indicator of the solutions is Walsh-Hadamard transformed
        (:math:`O(N 2^N)` integer operations, :math:`4\cdot 2^N` bytes) and its power at each number of bits turned
        into distances by Krawtchouk polynomials (MacWilliams identity). ValueError if this takes more than
        `max_memory`.
        """
        packed = self._packed
        if self.count**2 <= self.n * 2**self.n:
            ordered = _ordered_pairs(packed, self.n)
        else:
            self._require(4 * 2**self.n, f"the distances between {self.count} solutions take")
            ordered = _ordered_pairs_by_transform(packed, self.n)
        ordered[0] -= self.count
        pairs = ordered // 2
        pairs.flags.writeable = False
        return pairs

    def around_solutions(self, references: int | None = None, rng: Rng = None) -> SolutionDistances:
        r"""Local entropies around the solutions themselves, averaged: the quenched Franz-Parisi potential.

        Parameters
        ----------
        references : int, optional
            Number of solutions drawn at random (without replacement) as references; all of them by default. The cost
            is ``references * count`` distances, about 1 ns each.
        rng : int, SeedSequence, Generator or None
            Source of randomness for the draw.

        Returns
        -------
        SolutionDistances

        Raises
        ------
        ValueError
            If there is no solution, or `references` is not in [1, count].
        """
        if not self.count:
            raise ValueError("there are no solutions to take as references")
        if references is not None and not 1 <= references <= self.count:
            raise ValueError(f"references must be in [1, {self.count}]; got {references!r}")
        centers = self._packed
        if references is not None and references < self.count:
            chosen = generator(rng).choice(self.count, references, replace=False, shuffle=False)
            centers = centers[np.sort(chosen)]
        log_counts = np.zeros(self.n + 1)
        present = np.zeros(self.n + 1, dtype=np.int64)
        for block in np.array_split(centers, -(-len(centers) // _BLOCK)):
            counts = _distance_counts(self._packed, block, self.n)
            log_counts += np.log(np.maximum(counts, 1)).sum(axis=0)
            present += np.count_nonzero(counts, axis=0)
        entropy = np.divide(log_counts, self.n * present, out=np.full(self.n + 1, np.nan), where=present > 0)
        distance = np.arange(self.n + 1) / self.n
        return SolutionDistances(distance, entropy, 1 - present / len(centers), len(centers))

    @property
    def _packed(self) -> NDArray[np.uint32]:
        if self.packed is None:
            self._require(4 * self.count, f"the {self.count} solutions were not kept: they take")
        assert self.packed is not None
        return self.packed

    def _require(self, size: int, what: str, instead: str = "") -> None:
        if size > self.max_memory:
            raise ValueError(
                f"{what} {size / 2**20:.0f} MiB, more than max_memory ({self.max_memory / 2**20:.0f} MiB): "
                + f"{instead} call enumerate_solutions with a larger max_memory".lstrip()
            )

    def _pack(self, center: ArrayLike) -> Any:
        signs = np.asarray(center)
        if signs.shape != (self.n,) or not np.all(np.isin(signs, (-1, 1))):
            raise ValueError(f"center must be ±1 of shape ({self.n},); got {center!r}")
        return np.bitwise_or.reduce((signs > 0).astype(np.uint32) << np.arange(self.n, dtype=np.uint32))


def enumerate_solutions(instance: Instance, *, energies: bool = False, max_memory: int = 2**31) -> SolutionSet:
    r"""Visit all :math:`2^N` configurations of an instance: exact entropies at small `N`.

    The configurations are walked in Gray code, 64 at a time: the sums of each pattern over six weights are sorted
    beforehand, and the configurations that satisfy it, given the other weights, are a range of ranks. The work is
    shared among the threads of numba (``NUMBA_NUM_THREADS``); the result does not depend on their number.

    Parameters
    ----------
    instance : Instance
        At most 30 weights, any hard constraint, patterns ±1 (exact) or real (a stability within rounding of the margin
        counts as satisfied, as in `Instance.errors`).
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
        If `instance` is not an `Instance`, or its constraint is soft.
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
    if not isinstance(instance, Instance):
        raise TypeError(f"instance must be a bp.Instance; got {type(instance).__name__}")
    if instance.n > MAX_WEIGHTS:
        raise ValueError(
            f"enumeration visits 2**N configurations and stops at N = {MAX_WEIGHTS}; this instance has N = "
            f"{instance.n}: use belief_propagation, which estimates the entropy at any N"
        )
    walk = _Walk(instance)
    count, ones, offsets = walk.tally()
    magnetizations = (2 * ones - count) / count if count else np.full(instance.n, np.nan)
    energy_counts = walk.energies() if energies else None
    packed = walk.solutions(offsets) if 4 * count <= max_memory else None
    for array in (magnetizations, energy_counts, packed):
        if array is not None:
            array.flags.writeable = False
    return SolutionSet(instance.n, count, magnetizations, energy_counts, packed, max_memory)


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
        self.tables = (columns, self.mid, sums, masks, packed(instance.sum_intervals))

    def tally(self) -> tuple[int, NDArray[np.int64], NDArray[np.int64]]:
        """Number of solutions, number with each weight at +1, and where each chunk starts in the list."""
        counts = np.zeros(self.n_chunks, dtype=np.int64)

        def task(first: int, last: int) -> NDArray[np.int64]:
            ones = np.zeros(self.n, dtype=np.int64)
            kernels.tally(first, last, *self.tables, counts, ones)
            return ones

        ones: NDArray[np.int64] = np.sum(_in_threads(task, self.n_chunks), axis=0)
        offsets = np.concatenate([[0], np.cumsum(counts)])
        return int(offsets[-1]), ones, offsets

    def energies(self) -> NDArray[np.int64]:
        """Number of configurations by number of violated patterns."""

        def task(first: int, last: int) -> NDArray[np.int64]:
            histogram = np.zeros(self.n_patterns + 1, dtype=np.int64)
            kernels.energies(first, last, *self.tables, histogram)
            return histogram

        total: NDArray[np.int64] = np.sum(_in_threads(task, self.n_chunks), axis=0)
        return total

    def solutions(self, offsets: NDArray[np.int64]) -> NDArray[np.uint32]:
        """The solutions as increasing integers."""
        out = np.empty(offsets[-1], dtype=np.uint32)

        def task(first: int, last: int) -> None:
            kernels.unpack(first, last, *self.tables, offsets, self.low, out)

        _in_threads(task, self.n_chunks)
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


def _in_threads(task: Callable[[int, int], Any], size: int) -> list[Any]:
    """Results, in order, of ``task(first, last)`` over consecutive parts of ``range(size)``."""
    edges = np.unique(np.linspace(0, size, min(size, _TASKS) + 1).astype(int)).tolist()
    if len(edges) == 2:
        return [task(*edges)]
    pool = ThreadPoolExecutor(numba_config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]
    try:
        return [future.result() for future in [pool.submit(task, *part) for part in pairwise(edges)]]
    finally:
        pool.shutdown(cancel_futures=True)


def _distance_counts(solutions: NDArray[np.uint32], centers: NDArray[np.uint32], n: int) -> NDArray[np.int64]:
    """Histograms (centers, N + 1) of the distances of all solutions from each center."""
    out = np.zeros((len(centers), n + 1), dtype=np.int64)

    def task(first: int, last: int) -> None:
        kernels.distance_counts(solutions, centers[first:last], out[first:last])

    _in_threads(task, len(centers))
    return out


def _ordered_pairs(solutions: NDArray[np.uint32], n: int) -> NDArray[np.int64]:
    total = np.zeros(n + 1, dtype=np.int64)
    for block in np.array_split(solutions, max(1, -(-len(solutions) // _BLOCK))):
        total += _distance_counts(solutions, block, n).sum(axis=0)
    return total


def _ordered_pairs_by_transform(solutions: NDArray[np.uint32], n: int) -> NDArray[np.int64]:
    r"""Ordered pairs by distance, from the power spectrum of the indicator (all sums below :math:`2^{60}`)."""
    rows = 1 << (n // 2)
    array = np.zeros((rows, (1 << n) // rows), dtype=np.int32)
    array.reshape(-1)[solutions] = 1
    _in_threads(lambda first, last: kernels.hadamard_rows(array, first, last), rows)
    _in_threads(lambda first, last: kernels.hadamard_columns(array, first, last), array.shape[1])

    def power(first: int, last: int) -> NDArray[np.int64]:
        out = np.zeros(n + 1, dtype=np.int64)
        kernels.power_by_weight(array, first, last, out)
        return out

    spectrum = [int(value) for value in np.sum(_in_threads(power, rows), axis=0)]
    pairs = [sum(_krawtchouk(n, k, w) * spectrum[w] for w in range(n + 1)) >> n for k in range(n + 1)]
    return np.array(pairs, dtype=np.int64)


def _krawtchouk(n: int, k: int, w: int) -> int:
    return sum((-1) ** j * comb(w, j) * comb(n - w, k - j) for j in range(k + 1))
