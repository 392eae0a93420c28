"""Work shared among threads, as many as numba may use, where it is enough to share."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numba
import numpy as np

_SHARE = 2e-4
"""Seconds of work in a part, at least: handing it to another thread takes some 5e-5."""
_ALONE = 0.05
"""Seconds between two looks for an interrupt, where there is one thread."""
_PARTS = 64
"""Parts, at most."""


def in_threads(task: Callable[[int, int], Any], size: int, seconds: float = np.inf) -> list[Any]:
    """Results, in order, of ``task(first, last)`` over consecutive parts of ``range(size)``.

    The threads of this process that have nothing to do wait without using their core, each takes a new part when it is
    done with one, and none outlives a fork: they end before it and begin again when they are needed. (Those of OpenMP,
    which compiled loops of numba use, spin while they wait, and a forked child that needs them is killed.)

    Parameters
    ----------
    task : callable
        Compiled work that releases the interpreter, on arrays whose parts do not meet. What it does may not depend on
        how the range is cut.
    size : int
    seconds : float
        What the whole takes one thread, about. Work of less than a few hundred microseconds is one part, on this
        thread; longer work is shared by at most `numba.get_num_threads` threads.
    """
    if seconds < 2 * _SHARE:
        return [task(0, size)]
    allowed = numba.get_num_threads()
    most = min(size, _PARTS, seconds / (_SHARE if allowed > 1 else _ALONE))
    edges = np.unique(np.linspace(0, size, max(1, int(most)) + 1).astype(int)).tolist()
    results: list[Any] = [None] * (len(edges) - 1)
    todo = deque(enumerate(pairwise(edges)))

    def work() -> None:
        while True:
            try:
                k, part = todo.popleft()
            except IndexError:
                return
            results[k] = task(*part)

    helpers = _submitted(work, min(allowed, len(results)) - 1)
    try:
        work()
    finally:
        todo.clear()  # after an interrupt: what has begun ends first, for it writes to the arrays
        running = [helper for helper in helpers if not helper.cancel()]
        for helper in running:
            helper.exception()
    for helper in running:
        helper.result()
    return results


_pool: ThreadPoolExecutor | None = None
_lock = threading.RLock()


def _submitted(work: Callable[[], None], number: int) -> list[Future[None]]:
    """The work, handed to some threads; to fewer, where no more can be started."""
    global _pool
    futures: list[Future[None]] = []
    with _lock:
        try:
            for _ in range(number):
                if _pool is None:
                    most = max(1, numba.config.NUMBA_NUM_THREADS - 1)  # type: ignore[attr-defined]
                    _pool = ThreadPoolExecutor(most, thread_name_prefix="bp")
                futures.append(_pool.submit(work))
        except RuntimeError:  # too little memory for a stack, too many threads, or the interpreter is about to end
            pass
    return futures


def _before_fork() -> None:
    """A forked child has no thread but one; what it inherited of the others would block or kill it."""
    global _pool
    _lock.acquire()
    if _pool is not None:
        _pool.shutdown()
        _pool = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_lock.release, after_in_child=_lock.release)
