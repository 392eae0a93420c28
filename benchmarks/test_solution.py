"""Time to a solution: ``pytest -n 0 benchmarks/test_solution.py`` (not part of a plain pytest run).

Default calls of the solver on fresh instances, one after the other. Extra info has, over the instances of a row, those
solved, the medians of CPU and wall seconds and of iterations, and how many times longer the readable numpy code of the
tests would take for the same iterations. Times are those of `bp.solve` alone.
"""

import time

import numpy as np
import pytest

from bp import random_instance, solve, solve_batch
from replica_theory import BinaryPerceptron

pytest.importorskip("pytest_benchmark")

REFEREE = {"amp": "amp", "gaussian": "edges"}


def attempt(n, alpha, method, seed):
    """Solved, seconds of CPU and of wall time, iterations, edges."""
    instance = random_instance(BinaryPerceptron(), n, alpha, rng=seed)
    cpu, wall = time.process_time(), time.perf_counter()
    found = solve(instance, method=method, rng=seed)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    assert found.solved == (instance.errors(found.weights) == 0)
    return found.solved, cpu, wall, found.iterations, n * instance.n_patterns


@pytest.mark.parametrize(
    ("method", "n", "alpha", "threads", "samples"),
    [
        ("amp", 1001, 0.6, 1, 5),
        ("amp", 2001, 0.7, 1, 5),
        ("amp", 4001, 0.6, 1, 5),
        ("amp", 10_001, 0.7, 2, 3),
        ("amp", 20_001, 0.7, 2, 1),
        ("gaussian", 1001, 0.6, 1, 3),
        ("gaussian", 2001, 0.7, 1, 3),
        ("gaussian", 4001, 0.6, 1, 1),
    ],
    indirect=["threads"],
)
def test_solution(benchmark, referee, method, n, alpha, threads, samples):
    attempt(101, 0.3, method, 1)  # compiles
    runs = benchmark.pedantic(lambda: np.array([attempt(n, alpha, method, seed) for seed in range(1, samples + 1)]))
    solved, cpu, wall, iterations, edges = runs.T
    slow = 1e-9 * getattr(referee, REFEREE[method]) * edges * iterations
    benchmark.extra_info.update({
        "solved": f"{int(solved.sum())} of {samples}",
        "CPU s": np.median(cpu),
        "wall s": np.median(wall),
        "iterations": np.median(iterations),
        "ms/iteration": np.median(1e3 * wall / iterations),
        "referee / wall": np.median(slow / wall),
    })  # fmt: skip


@pytest.mark.parametrize("threads", [1], indirect=True)
@pytest.mark.parametrize(("n", "runs"), [(301, 16), (1001, 16), (4001, 8), (20_001, 4)])
def test_batch(benchmark, n, runs, threads):
    """Sixty iterations of runs on one instance, one after the other and side by side, in turn."""
    instance = random_instance(BinaryPerceptron(), n, 0.6, rng=1)
    works = {
        "alone": lambda: [solve(instance, rng=seed, max_iter=60) for seed in range(runs)],
        "batch": lambda: solve_batch(instance, rngs=range(runs), max_iter=60),
    }
    seconds = {}
    for name, work in list(works.items()) * 3:
        start = time.process_time()
        done = sum(found.iterations for found in work())
        seconds[name] = min(seconds.get(name, np.inf), (time.process_time() - start) / done)
    benchmark.extra_info.update({f"{name}, ms/iteration": 1e3 * each for name, each in seconds.items()})
    benchmark.extra_info["gain"] = seconds["alone"] / seconds["batch"]
    benchmark.pedantic(works["batch"], rounds=1)
