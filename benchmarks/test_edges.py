"""Speed of messages on edges: ``pytest -n 0 benchmarks/test_edges.py`` (not part of a plain pytest run).

The yardstick is the readable numpy sweep of the tests. Every row carries nanoseconds per edge in its extra info, taken
from the fastest sweep.
"""

import sys
import time
from pathlib import Path

import numba
import numpy as np
import pytest

from bp import random_instance
from bp.propagation import make_state
from bp.solvers.focusing import reference_field
from bp.solvers.schedules import Pseudo
from replica_theory import BinaryPerceptron

pytest.importorskip("pytest_benchmark")
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "bp"))
from referee import gaussian_messages

SIZES = [(1001, 0.6), (2001, 0.7), (4001, 0.6)]


@pytest.fixture
def one_thread():
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    yield
    numba.set_num_threads(threads)


def warm_state(n, alpha, **options):
    instance = random_instance(BinaryPerceptron(), n, alpha, rng=1)
    state, field = make_state(instance, "gaussian", init=0.05, rng=1, **options), np.zeros(n)
    for _ in range(3):
        state.sweep(field, 0.5)
    state.measure(field)
    return instance, state, field


def record(benchmark, instance, work, rounds=20):
    """Time `work` and note nanoseconds per edge."""
    benchmark.pedantic(work, rounds=rounds)
    benchmark.extra_info["ns/edge"] = 1e9 * benchmark.stats["min"] / (instance.n * instance.n_patterns)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("schedule", ["parallel", "sequential"])
@pytest.mark.parametrize("n, alpha", SIZES)
def test_sweep_on_one_core(benchmark, one_thread, n, alpha, schedule, dtype):
    """Target: 4 ns an edge, in parallel."""
    instance, state, field = warm_state(n, alpha, schedule=schedule, dtype=dtype)
    record(benchmark, instance, lambda: state.sweep(field, 0.5))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("variance", [300, 80, 50])
def test_sweep_of_a_focusing_run(benchmark, one_thread, variance, dtype):
    """On the way to a solution, where the variance of the fields has fallen that far."""
    instance = random_instance(BinaryPerceptron(), 2001, 0.7, rng=1)
    state = make_state(instance, "gaussian", init=0.1, rng=1, dtype=dtype)
    for gamma, y in Pseudo(200):
        field = reference_field(state.sums, gamma, y)
        state.sweep(field, 0.5)
        if gamma > 0.1 and np.sum(np.cosh(field + state.sums) ** -2.0) < variance:
            break
    record(benchmark, instance, lambda: state.sweep(field, 0.5))


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="needs two threads")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("n, alpha", SIZES)
def test_sweep_on_all_cores(benchmark, n, alpha, dtype):
    instance, state, field = warm_state(n, alpha, dtype=dtype)
    record(benchmark, instance, lambda: state.sweep(field, 0.5))
    benchmark.extra_info["threads"] = numba.get_num_threads()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_bethe_entropy(benchmark, one_thread, dtype):
    instance, state, field = warm_state(2001, 0.7, dtype=dtype)
    record(benchmark, instance, lambda: state.measure(field))


def test_ratio_to_the_referee(benchmark, one_thread):
    instance, state, field = warm_state(1001, 0.6)
    eta = state.eta.copy()
    start = time.perf_counter()
    gaussian_messages(instance, eta, field, np.inf)
    slow = time.perf_counter() - start
    record(benchmark, instance, lambda: state.sweep(field, 0.5))
    benchmark.extra_info["referee ns/edge"] = 1e9 * slow / eta.size
    benchmark.extra_info["ratio"] = slow / benchmark.stats["min"]
