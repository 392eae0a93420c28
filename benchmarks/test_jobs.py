"""What an executor costs and gains: ``pytest -n 0 -s benchmarks/test_jobs.py`` (not part of a plain pytest run).

Jobs of one second: of waiting, which any number of processes can share, for the overhead; and of work, for the gain
from a second process. Figures go to the extra info of each row.
"""

import time
from concurrent.futures import Executor, wait
from dataclasses import dataclass

import numpy as np
import pytest

import bp
from bp.execution.jobs import run_points
from bp.execution.store import PointStore
from bp.execution.workers import worker_processes
from replica_theory import BinaryPerceptron

pytest.importorskip("pytest_benchmark")

COLUMNS = ("seconds",)
ITERATIONS = 4000  # about a second on one core


@dataclass(frozen=True)
class Second:
    number: int
    works: bool

    @property
    def name(self):
        return str(self.number)


def spend(job):
    """One second: asleep, or of AMP iterations whose number is the same for every job."""
    start = time.perf_counter()
    if job.works:
        instance = bp.random_instance(BinaryPerceptron(), 2001, 0.6, abs(job.number))
        bp.belief_propagation(instance, "amp", damping=0.9, tol=1e-300, max_iter=ITERATIONS, on_failure="return")
    else:
        time.sleep(1.0)
    return {"seconds": np.array(time.perf_counter() - start)}


class OneByOne(Executor):
    """The same processes, but never two at work."""

    def __init__(self, pool):
        self.pool = pool

    def submit(self, fn, /, *args, **kwargs):
        future = self.pool.submit(fn, *args, **kwargs)
        wait([future])
        return future


def run(executor, jobs, folder):
    start = time.perf_counter()
    points = run_points(spend, jobs, columns=COLUMNS, store=PointStore(folder, {}), executor=executor)
    return time.perf_counter() - start, sum(float(point["seconds"]) for point in points)


@pytest.mark.parametrize("number", [1, 2, 8])
def test_overhead(benchmark, number, tmp_path):
    """Time beyond that of the jobs themselves, once the processes are there; their start is told apart."""
    start = time.perf_counter()
    with worker_processes(max(number, 2)) as executor:
        run(executor, [Second(-k, False) for k in range(1, max(number, 2) + 1)], tmp_path / "warm")
        begun = time.perf_counter() - start - 1.0
        jobs = [Second(k, False) for k in range(5 * number)]
        total, spent = run(OneByOne(executor) if number == 1 else executor, jobs, tmp_path / "run")
    benchmark.extra_info.update({"overhead %": 100 * (total * number / spent - 1), "start s": begun})
    benchmark.pedantic(lambda: None, rounds=1)


@pytest.mark.parametrize("work", ["jobs of a second", "crosscheck"])
def test_second_process(benchmark, work, tmp_path):
    """Seconds of one process over those of two, both with the processes started."""
    seconds = {}
    for number in (1, 2):
        with worker_processes(2) as executor:
            run(executor, [Second(-1, True), Second(-2, True)], tmp_path / f"warm-{number}")
            gate = executor if number == 2 else OneByOne(executor)
            start = time.perf_counter()
            if work == "crosscheck":
                bp.crosscheck(BinaryPerceptron(), [0.4, 0.6], 1001, 8, 1, executor=gate, folder=tmp_path / str(number))
            else:
                run(gate, [Second(k, True) for k in range(12)], tmp_path / str(number))
            seconds[number] = time.perf_counter() - start
    benchmark.extra_info.update({"one s": seconds[1], "two s": seconds[2], "gain": seconds[1] / seconds[2]})
    benchmark.pedantic(lambda: None, rounds=1)
