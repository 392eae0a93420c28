"""Work shared among the threads of numba."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
from numba import config as numba_config

_TASKS = 64


def in_threads(task: Callable[[int, int], Any], size: int) -> list[Any]:
    """Results, in order, of ``task(first, last)`` over consecutive parts of ``range(size)``."""
    edges = np.unique(np.linspace(0, size, min(size, _TASKS) + 1).astype(int)).tolist()
    if len(edges) == 2:
        return [task(*edges)]
    pool = ThreadPoolExecutor(numba_config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]
    try:
        return [future.result() for future in [pool.submit(task, *part) for part in pairwise(edges)]]
    finally:
        pool.shutdown(cancel_futures=True)
