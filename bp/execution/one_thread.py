"""A piece of work on one thread, for executors that have one job on each core."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numba

from bp.execution.blas import one_blas_thread

A = TypeVar("A")
R = TypeVar("R")


def on_one_thread(work: Callable[[A], R], argument: A) -> R:
    """Result of ``work(argument)`` while numba and the BLAS keep to one thread; then they have theirs back.

    Workers of an executor share the cores of their machine: if each started threads for all of them, these would wait
    for one another most of the time.

    Examples
    --------
    >>> on_one_thread(lambda _: numba.get_num_threads(), None)
    1
    """
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        with one_blas_thread():
            return work(argument)
    finally:
        numba.set_num_threads(threads)
