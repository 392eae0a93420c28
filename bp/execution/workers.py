"""Worker processes that share independent pieces of work."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from multiprocessing import get_context, parent_process
from types import TracebackType
from typing import ParamSpec, TypeVar

import numba
from tqdm import tqdm

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
    TypeError, ValueError
        If `number` is no positive integer.

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
    if not isinstance(number, int) or isinstance(number, bool):
        raise TypeError(f"workers must be a positive integer; got {number!r}")
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
        with _ctrl_c_later():
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
        deadline = time.monotonic() + 1
        while processes and pool._cancel_pending_futures and time.monotonic() < deadline:
            time.sleep(0.005)  # its thread prints a traceback if it breaks with cancelled work in hand
        for process in processes:
            process.terminate()


@contextmanager
def _ctrl_c_later() -> Iterator[None]:
    """Hold Ctrl-C back for a moment; processes started meanwhile never get it, not even while they import."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _become_worker() -> None:
    numba.set_num_threads(1)
    tqdm.set_lock(threading.RLock())  # its own is a semaphore that a stopped worker leaves behind
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A killed parent cannot tell its workers to stop: they would wait for work for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
