"""Allowed intervals for kernels: one as a pair, several as an array, the same functions compiled and not."""

import numba
import numpy as np
import pytest

from bp.problems import _intervals
from bp.problems._intervals import packed


@numba.njit
def compiled(limits):
    """Every end in order."""
    ends = [np.float64(0.0) for _ in range(0)]
    for k in range(_intervals.count(limits)):
        ends.append(float(_intervals.lower(limits, k)))
        ends.append(float(_intervals.upper(limits, k)))
    return ends


@pytest.mark.parametrize("intervals", [[[-1.0, 2.5]], [[-3, -1], [1, 4]], [[-np.inf, 0.0], [1.0, 2.0], [5.0, np.inf]]])
def test_ends_are_those_of_the_array(intervals):
    intervals = np.array(intervals)
    limits = packed(intervals)
    assert isinstance(limits, tuple) == (len(intervals) == 1)
    assert _intervals.count(limits) == len(intervals)
    read = [end(limits, k) for k in range(len(intervals)) for end in (_intervals.lower, _intervals.upper)]
    assert read == compiled(limits) == intervals.ravel().tolist()
