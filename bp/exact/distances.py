"""Distances between solutions that are kept as the bits of integers."""

from __future__ import annotations

from math import comb

import numpy as np
from numpy.typing import NDArray

from bp.exact import _kernels as kernels
from bp.execution.threads import in_threads
from replica_theory.typing import Array

_BLOCK = 4096  # references handled between two checks for an interrupt


def integers(configurations: NDArray[np.int8]) -> NDArray[np.uint32]:
    """Rows of ±1 as integers whose bit `i` says that the entry `i` is +1."""
    bits = np.arange(configurations.shape[1], dtype=np.uint32)
    words: NDArray[np.uint32] = np.bitwise_or.reduce((configurations > 0).astype(np.uint32) << bits, axis=1)
    return words


def configurations(packed: NDArray[np.uint32], n: int) -> NDArray[np.int8]:
    """The rows of ±1 that `integers` made integers of."""
    out = np.empty((len(packed), n), dtype=np.int8)
    for i in range(n):
        out[:, i] = 2 * ((packed >> np.uint32(i)) & np.uint32(1)).astype(np.int8) - 1
    return out


def distance_counts(solutions: NDArray[np.uint32], centers: NDArray[np.uint32], n: int) -> NDArray[np.int64]:
    """Histograms (centers, N + 1) of the distances of all solutions from each center."""
    out = np.zeros((len(centers), n + 1), dtype=np.int64)

    def task(first: int, last: int) -> None:
        kernels.distance_counts(solutions, centers[first:last], out[first:last])

    in_threads(task, len(centers))
    return out


def averages(solutions: NDArray[np.uint32], centers: NDArray[np.uint32], n: int) -> tuple[Array, Array]:
    """Mean entropy around those centers that have a solution at the distance, and the fraction of those that have none.

    Both have shape (N + 1,); the mean is NaN where no center has one.
    """
    log_counts = np.zeros(n + 1)
    present = np.zeros(n + 1, dtype=np.int64)
    for block in np.array_split(centers, -(-len(centers) // _BLOCK)):
        counts = distance_counts(solutions, block, n)
        log_counts += np.log(np.maximum(counts, 1)).sum(axis=0)
        present += np.count_nonzero(counts, axis=0)
    entropy = np.divide(log_counts, n * present, out=np.full(n + 1, np.nan), where=present > 0)
    return entropy, 1 - present / len(centers)


def ordered_pairs(solutions: NDArray[np.uint32], n: int) -> NDArray[np.int64]:
    """Number of ordered pairs at each distance, every solution with itself included, by comparing all."""
    total = np.zeros(n + 1, dtype=np.int64)
    for block in np.array_split(solutions, max(1, -(-len(solutions) // _BLOCK))):
        total += distance_counts(solutions, block, n).sum(axis=0)
    return total


def ordered_pairs_by_transform(solutions: NDArray[np.uint32], n: int) -> NDArray[np.int64]:
    r"""Ordered pairs by distance, from the power spectrum of the indicator (all sums below :math:`2^{60}`)."""
    rows = 1 << (n // 2)
    array = np.zeros((rows, (1 << n) // rows), dtype=np.int32)
    array.reshape(-1)[solutions] = 1
    in_threads(lambda first, last: kernels.hadamard_rows(array, first, last), rows)
    in_threads(lambda first, last: kernels.hadamard_columns(array, first, last), array.shape[1])

    def power(first: int, last: int) -> NDArray[np.int64]:
        out = np.zeros(n + 1, dtype=np.int64)
        kernels.power_by_weight(array, first, last, out)
        return out

    spectrum = [int(value) for value in np.sum(in_threads(power, rows), axis=0)]
    pairs = [sum(_krawtchouk(n, k, w) * spectrum[w] for w in range(n + 1)) >> n for k in range(n + 1)]
    return np.array(pairs, dtype=np.int64)


def _krawtchouk(n: int, k: int, w: int) -> int:
    return sum((-1) ** j * comb(w, j) * comb(n - w, k - j) for j in range(k + 1))
