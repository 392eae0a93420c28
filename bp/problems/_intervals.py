"""Allowed intervals as compiled kernels take them: a single one as a pair, several as an array.

The ends are numbers, the same for all patterns (`packed`: a pair of them or an array (K, 2)), or one for each of P
patterns (`packed_rows`: a pair of arrays (P,) or an array (K, 2, P)). The kernels are written once, for `count`
intervals with the ends `lower` and `upper`. For a pair the compiler knows that there is one, and what is left is the
code for one interval.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import overload
from numpy.typing import NDArray

Limits = tuple[Any, Any] | NDArray[Any]


def packed(intervals: NDArray[Any]) -> Limits:
    """Intervals (K, 2) for a kernel."""
    if len(intervals) == 1:
        return intervals[0, 0].item(), intervals[0, 1].item()
    return np.array(intervals, order="C")  # writable: read-only arrays are another type to the compiler


def packed_rows(intervals: NDArray[Any]) -> Limits:
    """Intervals (P, K, 2), those of each pattern, for a kernel."""
    ends = np.array(np.moveaxis(intervals, 0, -1), order="C")
    return (ends[0, 0], ends[0, 1]) if len(ends) == 1 else ends


def count(limits: Any) -> int:
    """Number of intervals."""
    return 1 if isinstance(limits, tuple) else len(limits)


def lower(limits: Any, k: int) -> Any:
    """Lower end of an interval."""
    return limits[0] if isinstance(limits, tuple) else limits[k, 0]


def upper(limits: Any, k: int) -> Any:
    """Upper end of an interval."""
    return limits[1] if isinstance(limits, tuple) else limits[k, 1]


@overload(count, strict=False)
def _count(limits: Any) -> Any:
    if isinstance(limits, types.BaseTuple):
        return lambda limits: 1
    return lambda limits: limits.shape[0]


@overload(lower, strict=False)
def _lower(limits: Any, k: Any) -> Any:
    if isinstance(limits, types.BaseTuple):
        return lambda limits, k: limits[0]
    return lambda limits, k: limits[k, 0]


@overload(upper, strict=False)
def _upper(limits: Any, k: Any) -> Any:
    if isinstance(limits, types.BaseTuple):
        return lambda limits, k: limits[1]
    return lambda limits, k: limits[k, 1]
