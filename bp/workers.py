"""Worker processes that share independent pieces of work."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from multiprocessing import get_context, parent_process
from types import TracebackType
from typing import ParamSpec, TypeVar

import numba

_BLAS_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

P = ParamSpec("P")
T = TypeVar("T")


def worker_processes(number: int) -> AbstractContextManager[Executor | None]:
    """Executor of worker processes, each on one core and started afresh (spawn).

    Parameters
    ----------
    number : int
        Number of processes; with 1 the work is done in this process.

    Returns
    -------
    context manager
        Gives the executor, a `WorkerProcesses`, or None for ``number=1``.

    Raises
    ------
    ValueError
        If `number` is not positive.

    Notes
    -----
    The number of BLAS threads is read from the environment when a process starts, so it is set to 1 there, for the
    children of this process, unless the user has set it. As each process imports the script that made it, a script
    needs ``if __name__ == "__main__":`` around its calls.

    Examples
    --------
    >>> with worker_processes(1) as executor:
    ...     print(executor)
    None
    """
    if number < 1:
        raise ValueError(f"workers must be a positive integer; got {number}")
    return nullcontext() if number == 1 else WorkerProcesses(number)


class WorkerProcesses(Executor):
    """A process pool that can be made anew after a worker was killed.

    Workers keep to one core, leave Ctrl-C to the process that waits for them, and end when it dies. When the ``with``
    block is left by an exception they are stopped at once, not at the end of their work.

    Parameters
    ----------
    number : int
        Number of processes.
    """

    def __init__(self, number: int) -> None:
        self._number = number
        for name in _BLAS_THREADS:
            os.environ.setdefault(name, "1")
        self._pool = self._make()

    def _make(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self._number, mp_context=get_context("spawn"), initializer=_become_worker)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """As of any executor."""
        return self._pool.submit(fn, *args, **kwargs)

    def renew(self) -> None:
        """Put a new pool in the place of a broken one; what that had not finished is lost."""
        self._pool.shutdown()
        self._pool = self._make()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """As of any executor."""
        self._pool.shutdown(wait, cancel_futures=cancel_futures)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        pool = self._pool
        processes = [] if kind is None else list((pool._processes or {}).values())
        self.shutdown(wait=kind is None, cancel_futures=kind is not None)
        if processes:
            _wait_for_cancelled(pool)
        for process in processes:
            process.terminate()


def _wait_for_cancelled(pool: ProcessPoolExecutor) -> None:
    """Let the pool forget its cancelled work, for a second at most: it cannot break in peace while it has some."""
    for _ in range(100):
        if not any(item.future.cancelled() for item in list(pool._pending_work_items.values())):
            return
        time.sleep(0.01)


def _become_worker() -> None:
    numba.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A killed parent cannot tell its workers to stop: they would wait for work for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
