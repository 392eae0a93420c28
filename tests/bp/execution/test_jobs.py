import logging
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numba
import numpy as np
import pytest
from dask_workers import dask_workers

import bp.execution.store
from bp.execution import blas
from bp.execution.jobs import run_points
from bp.execution.store import PointStore
from bp.execution.workers import worker_processes

COLUMNS = ("x",)


@dataclass(frozen=True)
class Square:
    number: int
    marks: str = ""

    @property
    def name(self):
        return str(self.number)


def square(job):
    return {"x": np.array(job.number**2)}


def values(points):
    return [int(point["x"]) for point in points]


JOBS = [Square(k) for k in (3, 1, 2, 5, 4)]
SQUARES = [9, 1, 4, 25, 16]


def test_points_come_in_the_order_of_the_jobs():
    assert values(run_points(square, JOBS, columns=COLUMNS)) == SQUARES
    with ThreadPoolExecutor(3) as executor:
        assert values(run_points(square, JOBS, columns=COLUMNS, executor=executor)) == SQUARES
    assert run_points(square, [], columns=COLUMNS) == []


def test_names_are_unique():
    with pytest.raises(ValueError, match="'3' comes more than once"):
        run_points(square, [*JOBS, Square(3)], columns=COLUMNS)


def test_a_complete_run_is_only_read(tmp_path, monkeypatch):
    """From a folder that takes no files, for example, or while another run holds its lock."""
    run_points(square, JOBS, columns=COLUMNS, store=PointStore(tmp_path, {}))
    (tmp_path / "points.lock").unlink()
    before = {path: path.stat().st_mtime_ns for path in [tmp_path, *tmp_path.rglob("*")]}

    def read_only(*_, **__):
        raise PermissionError(13, "Permission denied")

    for function in ("replace_file", "remove_leftovers", "require_writable", "_lock"):
        monkeypatch.setattr(f"bp.execution.store.{function}", read_only)
    store = PointStore(tmp_path, {})
    assert values(run_points(square, JOBS, columns=COLUMNS, store=store, begin=read_only)) == SQUARES
    assert {path: path.stat().st_mtime_ns for path in [tmp_path, *tmp_path.rglob("*")]} == before
    with pytest.raises(PermissionError):
        run_points(square, [*JOBS, Square(6)], columns=COLUMNS, store=store)


def test_what_is_in_the_store_is_not_done_again(tmp_path):
    store = PointStore(tmp_path, {})
    run_points(square, JOBS[1:3], columns=COLUMNS, store=store)
    done = []

    def counted(job):
        done.append(job.name)
        return square(job)

    assert values(run_points(counted, JOBS, columns=COLUMNS, store=store)) == SQUARES
    assert done == ["3", "5", "4"]
    assert len(store) == 5


def killed_once(job):
    """The square, but the first worker that gets number 5 kills itself."""
    if job.number == 5 and not Path(job.marks, "killed").exists():
        Path(job.marks, "killed").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return square(job)


def killed_always(job):
    if job.number == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return square(job)


def marked(jobs, folder):
    return [Square(job.number, str(folder)) for job in jobs]


class Counting(PointStore):
    """A store that remembers which points were put into it."""

    def put(self, name, point):
        super().put(name, point)
        self.__dict__.setdefault("names", []).append(name)


@contextmanager
def pool(kind):
    if kind == "dask":
        with dask_workers(2) as (_, executor):
            yield executor
    else:
        with worker_processes(2) as executor:
            yield executor


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["processes", "dask"])
def test_a_killed_worker_loses_no_point_and_doubles_none(tmp_path, kind):
    store = Counting(tmp_path / "run", {})
    with pool(kind) as executor:
        points = run_points(killed_once, marked(JOBS, tmp_path), columns=COLUMNS, store=store, executor=executor)
    assert (tmp_path / "killed").exists()
    assert values(points) == SQUARES
    assert sorted(store.names) == ["1", "2", "3", "4", "5"]


def held(job):
    """The square, but all except number 3 wait until they are let go."""
    while job.number != 3 and not Path(job.marks, "go").exists():
        time.sleep(0.02)
    return square(job)


class Closing(PointStore):
    """A store that closes something when it gets its first point."""

    def put(self, name, point):
        super().put(name, point)
        self.close()


def test_a_dask_client_that_is_closed_is_reported(tmp_path):
    store = Closing(tmp_path, {})
    with dask_workers(1) as (client, executor):
        store.close = client.close
        message = r"the executor lost 4 points: \w*CancelledError.*; 1 finished points are in"
        with pytest.raises(BrokenExecutor, match=message):
            run_points(held, marked(JOBS, tmp_path), columns=COLUMNS, store=store, executor=executor)
        (tmp_path / "go").touch()
    assert len(store) == 1
    assert values(run_points(square, JOBS, columns=COLUMNS, store=PointStore(tmp_path, {}))) == SQUARES


@pytest.mark.slow
def test_a_job_that_kills_every_worker_is_given_up_after_the_others(tmp_path):
    store = PointStore(tmp_path, {})
    message = r"worker processes died 3 times .* 1 points are missing; 4 finished points are in"
    with worker_processes(2) as executor, pytest.raises(BrokenExecutor, match=message):
        run_points(killed_always, JOBS, columns=COLUMNS, store=store, executor=executor)
    assert values(run_points(square, JOBS, columns=COLUMNS, store=store)) == SQUARES


def test_a_foreign_pool_that_dies_is_reported(tmp_path):
    store = PointStore(tmp_path, {})
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor,
        pytest.raises(
            BrokenExecutor,
            match=r"lost \d points: BrokenProcessPool.*worker_processes are started anew.* finished points are in",
        ),
    ):
        run_points(killed_always, JOBS, columns=COLUMNS, store=store, executor=executor)
    assert values(run_points(square, JOBS, columns=COLUMNS, store=store)) == SQUARES


class Refuses(ThreadPoolExecutor):
    """Loses a job as Dask does whose workers were killed by it."""

    def submit(self, fn, /, job):
        class KilledWorker(Exception):
            pass

        def killed(_):
            raise KilledWorker("died four times")

        return super().submit(killed if job.number == 1 else fn, job)


def test_a_job_that_dask_gives_up_comes_after_all_others(tmp_path):
    store = PointStore(tmp_path, {})
    with Refuses(1) as executor, pytest.raises(BrokenExecutor, match="lost 1 points: KilledWorker: died four times"):
        run_points(square, JOBS, columns=COLUMNS, store=store, executor=executor)
    assert len(store) == 4


def count_threads(job):
    """Threads of compiled loops and of the BLAS (0: it does not tell)."""
    functions = blas._functions()
    return {"x": np.array([numba.get_num_threads(), 0 if functions is None else functions[0]()])}


@pytest.mark.parametrize("kind", ["threads", pytest.param("processes", marks=pytest.mark.slow)])
def test_jobs_of_an_executor_have_one_thread(kind, monkeypatch):
    """Without a word from the user, in pools that know nothing of numba."""
    monkeypatch.setenv("NUMBA_NUM_THREADS", "2")
    spawned = partial(ProcessPoolExecutor, mp_context=get_context("spawn"))
    with (ThreadPoolExecutor if kind == "threads" else spawned)(2) as executor:
        points = run_points(count_threads, JOBS, columns=COLUMNS, executor=executor)
    assert {int(point["x"][0]) for point in points} == {1}
    assert {int(point["x"][1]) for point in points} <= {0, 1}


FORKED = """
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
import bp, replica_theory as rt
from bp.execution import threads
threads._SHARE = 1e-6  # threads for small work, too
model = rt.BinaryPerceptron()
inst = bp.random_instance(model, 301, 0.5, rng=1)
here = bp.belief_propagation(inst).entropy
assert threads._pool is not None
with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as executor:
    runs = [executor.submit(bp.belief_propagation, inst) for _ in range(4)]
    print([run.result().entropy == here for run in runs])
    result = bp.ensemble(model, 0.5, 51, 3, ["entropy"], rng=1, executor=executor, method="gaussian")
    print(result.values["entropy"].shape)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_pool_forked_after_threads_have_worked():
    """The default of `ProcessPoolExecutor` on Linux; GNU OpenMP kills such a child when it needs threads."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FORKED], env=os.environ | {"NUMBA_NUM_THREADS": "2"},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("[True, True, True, True]\n(1, 1, 3)\n", "")


def test_off_a_terminal_long_work_is_logged(monkeypatch, caplog):
    monkeypatch.setattr("bp.execution.jobs._INTERVAL", 0.0)
    with caplog.at_level(logging.INFO, logger="bp"):
        run_points(square, JOBS, columns=COLUMNS, label="squares")
    assert caplog.messages == [f"squares: {k} of 5 points" for k in range(1, 6)]


def terminated(job):
    os.kill(os.getpid(), signal.SIGTERM)
    return square(job)


def test_sigterm_is_an_interruption(tmp_path):
    store = PointStore(tmp_path, {})
    run_points(square, JOBS[:2], columns=COLUMNS, store=store)
    with pytest.raises(KeyboardInterrupt, match=r"2 finished points are in .*, and the same call goes on from there"):
        run_points(terminated, JOBS, columns=COLUMNS, store=store)
    with pytest.raises(KeyboardInterrupt, match="no finished point is kept; with a folder they are"):
        run_points(terminated, JOBS, columns=COLUMNS)


@pytest.mark.parametrize("threads", [0, 2])
def test_interruption_says_where_the_points_are(tmp_path, threads):
    def interrupted(job):
        if job.number == 2:
            raise KeyboardInterrupt
        return square(job)

    store = PointStore(tmp_path, {})
    with ThreadPoolExecutor(2) as executor, pytest.raises(KeyboardInterrupt) as caught:
        run_points(interrupted, JOBS, columns=COLUMNS, store=store, executor=executor if threads else None)
    assert (
        str(caught.value) == f"{len(store)} finished points are in {store.folder}, and the same call goes on from there"
    )
    assert values(run_points(square, JOBS, columns=COLUMNS, store=store)) == SQUARES


@pytest.mark.parametrize("threads", [0, 2])
def test_a_full_disk_is_a_sentence_and_what_was_finished_stays(tmp_path, monkeypatch, threads):
    store = PointStore(tmp_path, {})
    real, calls = bp.execution.store.replace_file, []

    def full(path, data):
        calls.extend([path] if path.suffix == ".npz" else [])
        if len(calls) > 2:
            raise OSError(28, "No space left on device")
        real(path, data)

    monkeypatch.setattr("bp.execution.store.replace_file", full)
    with ThreadPoolExecutor(2) as executor:
        with pytest.raises(OSError, match=r"cannot write .*\.npz to .*: No space left on device; 2 finished points"):
            run_points(square, JOBS, columns=COLUMNS, store=store, executor=executor if threads else None)
    monkeypatch.undo()
    assert len(store) == 2
    assert values(run_points(square, JOBS, columns=COLUMNS, store=store)) == SQUARES


def test_a_second_run_on_a_folder_is_refused(tmp_path):
    store, again = PointStore(tmp_path, {}), PointStore(tmp_path, {})
    with store.locked():
        with pytest.raises(BlockingIOError, match=rf"another run \(process {os.getpid()} on .*\) is working on"):
            run_points(square, JOBS, columns=COLUMNS, store=again)
        assert len(again) == 0
    assert values(run_points(square, JOBS, columns=COLUMNS, store=again)) == SQUARES


HOLDER = """
import os, sys, time
from bp.execution.store import PointStore
with PointStore(sys.argv[1], {}).locked():
    if not os.fork():  # a worker, say, that outlives its parent
        print("locked", flush=True)
        time.sleep(600)
    time.sleep(600)
"""


def test_the_lock_of_a_killed_process_does_not_block(tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert holder.stdout.readline() == "locked\n"
        with pytest.raises(BlockingIOError, match=f"process {holder.pid} on"), PointStore(tmp_path, {}).locked():
            pass
        holder.kill()
        holder.wait()
        with PointStore(tmp_path, {}).locked():
            pass
    finally:
        os.killpg(holder.pid, signal.SIGKILL)
        holder.stdout.close()
        holder.wait()
