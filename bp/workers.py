"""Worker processes that share independent pieces of work."""

from __future__ import annotations

import os
import signal
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from multiprocessing import get_context

import numba

_BLAS_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def worker_processes(number: int) -> AbstractContextManager[Executor | None]:
    """Executor of worker processes, each on one core and started afresh (spawn).

    Parameters
    ----------
    number : int
        Number of processes; with 1 the work is done in this process.

    Returns
    -------
    context manager
        Gives the executor, or None for ``number=1``.

    Raises
    ------
    ValueError
        If `number` is not positive.

    Notes
    -----
    The number of BLAS threads is read from the environment when a process starts, so it is set to 1 there, for the
    children of this process, unless the user has set it.
    """
    if number < 1:
        raise ValueError(f"workers must be a positive integer; got {number}")
    if number == 1:
        return nullcontext()
    for name in _BLAS_THREADS:
        os.environ.setdefault(name, "1")
    return ProcessPoolExecutor(number, mp_context=get_context("spawn"), initializer=_one_core)


def _one_core() -> None:
    """Keep a worker to one core, and leave Ctrl-C to the process that waits for it."""
    numba.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
