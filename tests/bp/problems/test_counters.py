"""Counters in bit planes against integers."""

import numpy as np
import pytest
from numba import njit

from bp.problems import _bits, _counters


@njit
def _call(which, counters, first, last, w, number):
    """The functions are inlined where they are called."""
    if which == 0:
        _counters.move(counters, 0, first, last, w, number)
    elif which == 1:
        _counters.add(counters, 0, first, last, w, number)
    return _counters.at_least(counters, 0, first, last, w, np.int64(number))


def counts_of(planes, count):
    bits = _bits.unpack(planes[0], count) > 0
    return (bits * 2 ** np.arange(len(bits))[:, None]).sum(axis=0)


@pytest.mark.parametrize("largest", [1, 2, 7, 8, 203])
def test_planes_hold_the_counts(largest):
    counts = np.random.default_rng(1).integers(0, largest + 1, 150)
    planes = _counters.planes(counts, largest)
    assert planes.shape == (1, largest.bit_length(), _bits.words(150))
    assert np.array_equal(counts_of(planes, 150), counts)


def test_moves_and_sums_of_words():
    rng = np.random.default_rng(2)
    counts = rng.integers(1, 30, 128)
    planes = np.concatenate([_counters.planes(counts[::-1], 31), _counters.planes(counts, 31)], axis=1)
    for _ in range(40):
        rising = rng.random(128) < 0.5
        rising[counts == 0], rising[counts == 31] = True, False
        words = _bits.pack((2 * rising - 1)[None].astype(np.int8))[0]
        for w in range(2):
            _call(0, planes, 5, 10, w, words[w])
        counts = counts + np.where(rising, 1, -1)
        assert np.array_equal(counts_of(planes[:, 5:], 128), counts)
    more = (rng.random(128) < 0.5) & (counts < 31)
    for w, word in enumerate(_bits.pack((2 * more - 1)[None].astype(np.int8))[0]):
        _call(1, planes, 5, 10, w, word)
    assert np.array_equal(counts_of(planes[:, 5:], 128), counts + more)


def test_comparisons_with_every_number():
    counts = np.random.default_rng(3).integers(0, 32, 128)
    planes = _counters.planes(counts, 31)
    for number in range(32):
        words = np.array([_call(2, planes, 0, 5, w, np.uint64(number)) for w in range(2)], dtype=np.uint64)
        assert np.array_equal(_bits.unpack(words[None], 128)[0] > 0, counts >= number)
