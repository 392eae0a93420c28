"""Independent pieces of work: done once each, here or on an executor, kept on disk as they finish."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any, Protocol, TypeVar

from tqdm import tqdm

from bp.execution.one_thread import on_one_thread
from bp.execution.store import Point, PointStore
from bp.execution.workers import WorkerProcesses
from replica_theory.arguments import checked_kind, checked_path
from replica_theory.terminable import terminable

logger = logging.getLogger(__name__)

_INTERVAL = 10.0
"""Seconds between two lines of the log."""
_DEATHS = 3  # breakdowns of the worker processes in a row, no point finished in between, that are too many


class Job(Protocol):
    """What `run_points` needs to know of a job: a name, unique in a run, that is also the name of its file."""

    @property
    def name(self) -> str:
        """Name of the point."""


J = TypeVar("J", bound=Job)


def checked_execution(executor: Any, folder: Any) -> None:
    """Refuse what is no executor (or None), or no path of a folder (or None).

    Raises
    ------
    TypeError, ValueError
        If one is something else.
    """
    if executor is not None:
        checked_kind("executor", executor, Executor, such="concurrent.futures.ProcessPoolExecutor()")
    if folder is not None:
        checked_path("folder", folder)


def run_points(
    work: Callable[[J], Point],
    jobs: Sequence[J],
    *,
    columns: Collection[str] | Callable[[J], Collection[str]],
    store: PointStore | None = None,
    executor: Executor | None = None,
    label: str = "points",
    begin: Callable[[], None] | None = None,
) -> list[Point]:
    """Do every job that is not in the store, and give the points of all, in the order of the jobs.

    Parameters
    ----------
    work : callable
        Makes the point (a dict of arrays) of a job; for processes a function of a module. What it gives may depend on
        nothing but the job, or the outcome would depend on the order of the work.
    jobs : sequence of Job
        Small and picklable, each with a ``name`` of its own.
    columns : collection of str, or callable
        The arrays of a point, or a function that gives those of a job.
    store : PointStore, optional
        Where finished points are found and kept, each written whole as soon as it is there. The folder is locked
        meanwhile, unless all points are there: then it is only read.
    executor : concurrent.futures.Executor, optional
        Where the jobs are done, each on one thread; one after the other in this process by default. Only its
        ``submit`` is used.
    label : str
        Name of the progress bar (shown on a terminal; elsewhere the log says how far the work is).
    begin : callable, optional
        Called before there is something to do, under the lock of the store.

    Returns
    -------
    list of dict of arrays

    Raises
    ------
    BlockingIOError
        If another run works on the folder.
    OSError
        If a point cannot be written (a full disk); those finished before are kept.
    BrokenExecutor
        If the executor lost points and cannot do them: the others are done first and kept. Pools of `worker_processes`
        are made anew; when they break three times in a row without a point finished the rest is done one by one, and
        given up where that breaks three in a row, too.
    KeyboardInterrupt
        At Ctrl-C or SIGTERM. Jobs that have not begun are cancelled, finished points are kept, and the message says
        where.
    TypeError
        If the executor has no ``submit``.
    ValueError
        If two jobs have the same name.

    Notes
    -----
    A job costs the executor about a millisecond in a process pool and some five with Dask: jobs are not grouped.
    """
    if executor is not None and not hasattr(executor, "submit"):
        raise TypeError(f"executor must be a concurrent.futures.Executor or None; got {executor!r}")
    names = [job.name for job in jobs]
    if len(set(names)) < len(names):
        raise ValueError(f"jobs must have different names; {max(names, key=names.count)!r} comes more than once")
    points: dict[str, Point] = {}
    if store is not None:
        _find(store.peek, jobs, columns, points)
        if len(points) == len(jobs):
            return [points[name] for name in names]
    with terminable(), nullcontext() if store is None else store.locked(), _resumable(store):
        if store is not None:
            _find(store.get, jobs, columns, points)
        if begin is not None:
            begin()
        with tqdm(total=len(jobs), initial=len(points), disable=None, desc=label, leave=False) as bar:
            say = _Log(label, len(jobs)) if bar.disable else None

            def keep(job: J, point: Point) -> None:
                if store is not None:
                    store.put(job.name, point)
                points[job.name] = point
                bar.update()
                if say is not None:
                    say(len(points))

            todo = [job for job in jobs if job.name not in points]
            if executor is None:
                for job in todo:
                    keep(job, work(job))
            else:
                _work(work, todo, executor, keep)
    return [points[name] for name in names]


def _find(
    look: Callable[[str, Collection[str]], Point | None],
    jobs: Sequence[J],
    columns: Collection[str] | Callable[[J], Collection[str]],
    points: dict[str, Point],
) -> None:
    """Add the points that are on disk and not yet among `points`."""
    for job in jobs:
        if job.name not in points:
            point = look(job.name, columns(job) if callable(columns) else columns)
            if point is not None:
                points[job.name] = point


class _Log:
    """How far the work is, in a line now and then where there is no terminal for a bar."""

    def __init__(self, label: str, total: int) -> None:
        self._label, self._total, self._said = label, total, time.monotonic()

    def __call__(self, done: int) -> None:
        if time.monotonic() - self._said >= _INTERVAL:
            self._said = time.monotonic()
            logger.info("%s: %d of %d points", self._label, done, self._total)


@contextmanager
def _resumable(store: PointStore | None) -> Iterator[None]:
    """Tell whoever interrupts where the finished points are."""
    try:
        yield
    except KeyboardInterrupt:
        lost = "no finished point is kept; with a folder they are, and the same call goes on from there"
        raise KeyboardInterrupt(lost if store is None else _kept(store)) from None
    except BrokenExecutor as error:
        if store is None:
            raise
        raise BrokenExecutor(f"{error}; {_kept(store)}") from error


def _kept(store: PointStore) -> str:
    return f"{len(store)} finished points are in {store.folder}, and the same call goes on from there"


def _work(work: Callable[[J], Point], jobs: list[J], executor: Executor, keep: Callable[[J, Point], None]) -> None:
    """Do the jobs on an executor; those that a broken pool of ours has lost are done on a new one."""
    deaths = 0
    while jobs:
        lost, error = _submit(work, jobs, executor, keep)
        if error is None:
            return
        deaths = 1 if len(lost) < len(jobs) else deaths + 1
        if not isinstance(executor, WorkerProcesses):
            raise BrokenExecutor(f"the executor lost {len(lost)} points: {_describe(error)}") from error
        if deaths == _DEATHS:
            lost = _one_by_one(work, lost, executor, keep)
            if not lost:
                return
            raise BrokenExecutor(
                f"worker processes died {deaths} times without finishing a point (out of memory? killed? a script that "
                f"does not protect its calls by if __name__ == '__main__'?); {len(lost)} points are missing"
            ) from error
        jobs = lost
        executor.renew()


def _one_by_one(
    work: Callable[[J], Point], jobs: list[J], executor: WorkerProcesses, keep: Callable[[J, Point], None]
) -> list[J]:
    """Do each job alone, so that one that kills its worker takes no other with it; the jobs that remain undone."""
    undone: list[J] = []
    deaths = 0
    for k, job in enumerate(jobs):
        executor.renew()
        lost, _ = _submit(work, [job], executor, keep)
        undone += lost
        deaths = deaths + 1 if lost else 0
        if deaths == _DEATHS:
            return undone + jobs[k + 1 :]
    return undone


def _submit(
    work: Callable[[J], Point], jobs: list[J], executor: Executor, keep: Callable[[J, Point], None]
) -> tuple[list[J], Exception | None]:
    """Submit the jobs once and keep what comes; the jobs that the executor lost, and how it said so."""
    waiting: dict[Future[Point], J] = {}
    lost: list[J] = []
    error: Exception | None = None
    try:
        for k, job in enumerate(jobs):
            try:
                waiting[executor.submit(partial(on_one_thread, work), job)] = job
            except BrokenExecutor as refusal:
                lost, error = jobs[k:], refusal
                break
        for future in as_completed(list(waiting)):
            try:
                point = future.result()
            except Exception as failure:
                if not _is_loss(failure):
                    raise
                lost.append(waiting.pop(future))
                error = failure
            else:
                keep(waiting.pop(future), point)
    except BaseException:
        _save_finished(waiting, keep)
        raise
    return lost, error


def _save_finished(waiting: dict[Future[Point], J], keep: Callable[[J, Point], None]) -> None:
    """Cancel what has not begun and keep what is done; the exception that stopped the run is already on its way."""
    for future, job in waiting.items():
        if not future.cancel() and future.done() and future.exception() is None:
            try:
                keep(job, future.result())
            except OSError:
                return


def _is_loss(error: Exception) -> bool:
    """Whether the executor failed rather than the work (Dask's ``KilledWorker`` is known by its name)."""
    return isinstance(error, BrokenExecutor | CancelledError) or type(error).__name__ == "KilledWorker"


def _describe(error: Exception) -> str:
    """What happened, and the remedy if a process died, which says nothing itself."""
    text = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(": ")
    if isinstance(error, BrokenProcessPool):
        text += " (out of memory? killed? bp.execution.workers.worker_processes are started anew when one dies)"
    return text
