"""Counters in bit planes against integers."""

import numpy as np
import pytest
from numba import njit

from bp.problems import _bits, _counters


@njit
def _call(counters, first, last, w, moving, rising):
    """The function is inlined where it is called."""
    return _counters.move(counters, 0, first, last, w, moving, rising)


def counts_of(planes, count):
    bits = _bits.unpack(planes[0], count) > 0
    values = 2 ** np.arange(len(bits))
    values[-1] *= -1
    return (bits * values[:, None]).sum(axis=0)


def packed(bits):
    return _bits.pack((2 * bits - 1)[None].astype(np.int8))[0]


@pytest.mark.parametrize("largest", [1, 2, 7, 8, 203])
def test_planes_hold_the_counts(largest):
    counts = np.random.default_rng(1).integers(-largest, largest + 1, 150)
    planes = _counters.planes(counts, largest)
    assert planes.shape == (1, largest.bit_length() + 1, _bits.words(150))
    assert np.array_equal(counts_of(planes, 150), counts)


def test_moves_and_comparisons_with_zero():
    rng = np.random.default_rng(2)
    counts = rng.integers(-5, 6, 128)
    others = _counters.planes(counts[::-1], 31)
    planes = np.concatenate([others, _counters.planes(counts, 31)], axis=1)
    for _ in range(40):
        moving, rising = rng.random((2, 128)) < 0.7
        rising[counts == -31], rising[counts == 31] = True, False
        words = zip(packed(moving), packed(rising), strict=True)
        found = np.array([_call(planes, 6, 12, w, *pair) for w, pair in enumerate(words)], dtype=np.uint64)
        counts = counts + moving * np.where(rising, 1, -1)
        assert np.array_equal(counts_of(planes[:, 6:], 128), counts)
        for mask, expected in zip(found.T.copy(), (counts < 0, counts == 0, counts == -1), strict=True):
            assert np.array_equal(_bits.unpack(mask[None], 128)[0] > 0, expected)
    assert np.array_equal(planes[:, :6], others)
