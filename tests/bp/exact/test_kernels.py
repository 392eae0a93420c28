"""Compiled leaves of the enumeration against Python's own integers."""

import numpy as np

from bp.exact import _kernels


def test_popcount():
    rng = np.random.default_rng(1)
    for x in [0, 1, 2**64 - 1, *rng.integers(0, 2**63, 50).tolist()]:
        assert _kernels.popcount(np.uint64(x)) == x.bit_count()


def test_distance_counts():
    rng = np.random.default_rng(2)
    solutions, centers = (rng.integers(0, 2**20, size, dtype=np.uint32) for size in (300, 7))
    out = np.zeros((7, 21), dtype=np.int64)
    _kernels.distance_counts(solutions, centers, out)
    for center, row in zip(centers.tolist(), out, strict=True):
        distances = [(center ^ s).bit_count() for s in solutions.tolist()]
        assert row.tolist() == np.bincount(distances, minlength=21).tolist()
