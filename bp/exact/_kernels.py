"""Compiled leaves of `bp.exact.enumeration`: 64 configurations at a time, plain arrays, no Python objects.

A configuration is an integer whose bit `i` says that weight `i` is +1. Its first six bits (the "low" weights) index the
bits of a 64-bit word, the next ``mid`` bits are walked in Gray code, the leading ones number the chunk. For pattern
``mu`` the sums over the low weights are sorted once, ``sums[mu]``, and ``masks[mu, r]`` is the word of the
configurations of rank ``r`` or higher; the configurations whose sums are in an interval are then a range of ranks,
found by bisection, and ``limits`` are the intervals of sums that satisfy each pattern. All kernels release the
GIL and write only to the output they are given.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bp.problems._intervals import Limits, count, lower, upper

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Words = NDArray[np.uint64]
Solutions = NDArray[np.uint32]
Transform = NDArray[np.int32]

WORD_BITS = 6
WORD = 1 << WORD_BITS

_LOW_BITS = np.array(
    [sum(1 << c for c in range(WORD) if c >> bit & 1) for bit in range(WORD_BITS)],
    dtype=np.uint64,
)


@njit(cache=True, nogil=True)
def popcount(x: np.uint64) -> np.uint64:
    """Number of bits set in a uint64."""
    x = x - ((x >> np.uint64(1)) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (x * np.uint64(0x0101010101010101)) >> np.uint64(56)


@njit(cache=True, nogil=True)
def _rank(values: Floats, threshold: float) -> int:
    """How many of 64 ascending values lie below the threshold."""
    rank = 0
    for step in (32, 16, 8, 4, 2, 1):
        if values[rank + step - 1] < threshold:
            rank += step
    return rank + 1 if values[rank] < threshold else rank


@njit(cache=True, nogil=True)
def _allowed(field: float, sums: Floats, masks: Words, limits: Limits, mu: int) -> np.uint64:
    """Word of the low configurations whose sum, added to the field of the other weights, is in an allowed interval."""
    allowed = np.uint64(0)
    for k in range(count(limits)):
        word = masks[_rank(sums, lower(limits, k)[mu] - field)]
        if upper(limits, k)[mu] < np.inf:
            word &= ~masks[_rank(sums, np.nextafter(upper(limits, k)[mu] - field, np.inf))]
        allowed |= word
    return allowed


@njit(cache=True, nogil=True)
def _start(chunk: int, columns: Floats, mid: int, field: Floats) -> None:
    """Fields of all patterns with the leading weights of the chunk and the walked ones at -1."""
    field[:] = 0.0
    for i in range(columns.shape[0]):
        sign = 1.0 if i >= mid and (chunk >> (i - mid)) & 1 else -1.0
        for mu in range(field.shape[0]):
            field[mu] += sign * columns[i, mu]


@njit(cache=True, nogil=True)
def _flip(k: int, gray: int, columns: Floats, field: Floats) -> int:
    """Step `k` of the Gray code: flip one weight, update the fields, return the new code."""
    bit = 0
    while not (k >> bit) & 1:
        bit += 1
    gray ^= 1 << bit
    change = 2.0 if (gray >> bit) & 1 else -2.0
    for mu in range(field.shape[0]):
        field[mu] += change * columns[bit, mu]
    return gray


@njit(cache=True, nogil=True)
def solution_words(
    chunk: int,
    columns: Floats,
    mid: int,
    sums: Floats,
    masks: Words,
    limits: Limits,
    field: Floats,
    words: Words,
) -> None:
    """Words of the solutions of a chunk, in increasing order of the walked bits.

    `columns` (N - low, P): pattern entries of the weights above the low ones; `field` (P,): workspace; `words`
    (2**mid,) uint64: output.
    """
    _start(chunk, columns, mid, field)
    gray = 0
    for k in range(words.shape[0]):
        if k:
            gray = _flip(k, gray, columns, field)
        word = masks[0, 0]
        for mu in range(field.shape[0]):
            word &= _allowed(field[mu], sums[mu], masks[mu], limits, mu)
            if word == 0:
                break
        words[gray] = word


@njit(cache=True, nogil=True)
def tally(
    first: int,
    last: int,
    columns: Floats,
    mid: int,
    sums: Floats,
    masks: Words,
    limits: Limits,
    counts: Counts,
    ones: Counts,
) -> None:
    """Count the solutions of each chunk in [first, last) and those with each weight at +1.

    `counts` (n_chunks,) int64: entries [first, last) are written; `ones` (N,) int64: incremented.
    """
    field = np.empty(columns.shape[1])
    words = np.empty(1 << mid, dtype=np.uint64)
    low = ones.shape[0] - columns.shape[0]
    for chunk in range(first, last):
        solution_words(chunk, columns, mid, sums, masks, limits, field, words)
        total = np.int64(0)
        for g in range(words.shape[0]):
            if words[g] == 0:
                continue
            here = np.int64(popcount(words[g]))
            total += here
            for bit in range(low):
                ones[bit] += np.int64(popcount(words[g] & _LOW_BITS[bit]))
            for bit in range(mid):
                if (g >> bit) & 1:
                    ones[low + bit] += here
        counts[chunk] = total
        for bit in range(mid, columns.shape[0]):
            if (chunk >> (bit - mid)) & 1:
                ones[low + bit] += total


@njit(cache=True, nogil=True)
def unpack(
    first: int,
    last: int,
    columns: Floats,
    mid: int,
    sums: Floats,
    masks: Words,
    limits: Limits,
    offsets: Counts,
    low: int,
    out: Solutions,
) -> None:
    """Write the solutions of the chunks in [first, last) as increasing integers, chunk `c` from ``offsets[c]`` on."""
    field = np.empty(columns.shape[1])
    words = np.empty(1 << mid, dtype=np.uint64)
    for chunk in range(first, last):
        if offsets[chunk] == offsets[chunk + 1]:
            continue
        solution_words(chunk, columns, mid, sums, masks, limits, field, words)
        at = offsets[chunk]
        for g in range(words.shape[0]):
            if words[g] == 0:
                continue
            base = (chunk << (mid + low)) | (g << low)
            for bit in range(1 << low):
                if (words[g] >> np.uint64(bit)) & np.uint64(1):
                    out[at] = np.uint32(base | bit)
                    at += 1


@njit(cache=True, nogil=True)
def energies(
    first: int,
    last: int,
    columns: Floats,
    mid: int,
    sums: Floats,
    masks: Words,
    limits: Limits,
    histogram: Counts,
) -> None:
    """Add the configurations of the chunks in [first, last) to the histogram (P + 1,) of violated patterns.

    The number of violated patterns of 64 configurations is kept as a binary counter with one word per digit.
    """
    n_patterns = columns.shape[1]
    field = np.empty(n_patterns)
    digits = np.empty(64, dtype=np.uint64)
    for chunk in range(first, last):
        _start(chunk, columns, mid, field)
        gray = 0
        for k in range(1 << mid):
            if k:
                gray = _flip(k, gray, columns, field)
            n_digits = 0
            for mu in range(n_patterns):
                carry = masks[0, 0] & ~_allowed(field[mu], sums[mu], masks[mu], limits, mu)
                digit = 0
                while carry:
                    if digit == n_digits:
                        digits[digit] = 0
                        n_digits += 1
                    kept = digits[digit]
                    digits[digit] = kept ^ carry
                    carry &= kept
                    digit += 1
            _add_counters(digits, n_digits, masks[0, 0], histogram)


@njit(cache=True, nogil=True)
def _add_counters(digits: Words, n_digits: int, full: np.uint64, histogram: Counts) -> None:
    """Add the values of the binary counters of one word to a histogram."""
    for energy in range(min(1 << n_digits, histogram.shape[0])):
        word = full
        for digit in range(n_digits):
            word &= digits[digit] if (energy >> digit) & 1 else ~digits[digit]
            if word == 0:
                break
        histogram[energy] += np.int64(popcount(word))


@njit(cache=True, nogil=True)
def distance_counts(solutions: Solutions, centers: Solutions, out: Counts) -> None:
    """Histogram of the Hamming distances of all solutions from each center.

    `solutions` (count,) and `centers` (n,) uint32; `out` (n, N + 1) int64: incremented.
    """
    block = 4096
    distances = np.empty(block, dtype=np.uint8)
    parts = np.empty((4, out.shape[1]), dtype=np.int64)
    for c in range(centers.shape[0]):
        parts[:] = 0
        for start in range(0, solutions.shape[0], block):
            size = min(block, solutions.shape[0] - start)
            for j in range(size):
                x = solutions[start + j] ^ centers[c]
                x = x - ((x >> np.uint32(1)) & np.uint32(0x55555555))
                x = (x & np.uint32(0x33333333)) + ((x >> np.uint32(2)) & np.uint32(0x33333333))
                x = (x + (x >> np.uint32(4))) & np.uint32(0x0F0F0F0F)
                distances[j] = np.uint8(np.uint32(x * np.uint32(0x01010101)) >> np.uint32(24))
            whole = size - size % 4
            for j in range(0, whole, 4):
                parts[0, distances[j]] += 1
                parts[1, distances[j + 1]] += 1
                parts[2, distances[j + 2]] += 1
                parts[3, distances[j + 3]] += 1
            for j in range(whole, size):
                parts[0, distances[j]] += 1
        for k in range(out.shape[1]):
            out[c, k] += parts[0, k] + parts[1, k] + parts[2, k] + parts[3, k]


@njit(cache=True, nogil=True)
def hadamard_rows(array: Transform, first: int, last: int) -> None:
    """Walsh-Hadamard transform of the rows [first, last) of an int32 matrix, in place."""
    size = array.shape[1]
    for row in range(first, last):
        x = array[row]
        half = 1
        while half < size:
            for start in range(0, size, 2 * half):
                for j in range(start, start + half):
                    a, b = x[j], x[j + half]
                    x[j] = a + b
                    x[j + half] = a - b
            half *= 2


@njit(cache=True, nogil=True)
def hadamard_columns(array: Transform, first: int, last: int) -> None:
    """Walsh-Hadamard transform of the columns [first, last) of an int32 matrix, in place."""
    size = array.shape[0]
    half = 1
    while half < size:
        for start in range(0, size, 2 * half):
            for i in range(start, start + half):
                for j in range(first, last):
                    a, b = array[i, j], array[i + half, j]
                    array[i, j] = a + b
                    array[i + half, j] = a - b
        half *= 2


@njit(cache=True, nogil=True)
def power_by_weight(array: Transform, first: int, last: int, out: Counts) -> None:
    """Add the squares of the rows [first, last) to `out` (N + 1,) int64, by the number of bits of the flat index."""
    size = array.shape[1]
    for row in range(first, last):
        for j in range(size):
            value = np.int64(array[row, j])
            out[popcount(np.uint64(row * size + j))] += value * value
