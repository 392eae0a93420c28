"""Speed of messages on edges: ``pytest -n 0 benchmarks/test_edges.py`` (not part of a plain pytest run).

The yardstick is the readable numpy sweep of the tests. Every row carries nanoseconds per edge in its extra info, taken
from the fastest sweep.
"""

import subprocess
import sys
import time
from pathlib import Path

import numba
import numpy as np
import pytest

from bp import random_instance
from bp.propagation import make_state
from replica_theory import BinaryPerceptron

pytest.importorskip("pytest_benchmark")
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "bp"))
from referee import gaussian_messages

SIZES = [(1001, 0.6), (2001, 0.7), (4001, 0.6)]
FIRST_SWEEP = """
import time
start = time.perf_counter()
import bp, numpy, replica_theory
from bp.propagation import make_state
imported = time.perf_counter()
instance = bp.random_instance(replica_theory.BinaryPerceptron(), 101, 0.6, rng=1)
state = make_state(instance, "gaussian", init=0.05, rng=1)
ready = time.perf_counter()
state.sweep(numpy.zeros(101), 0.5)
print(imported - start, time.perf_counter() - ready)
"""


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


def test_second_process(benchmark):
    """Compiled code is cached: a fresh process is ready after loading it."""
    runs = [subprocess.run([sys.executable, "-c", FIRST_SWEEP], capture_output=True, check=True) for _ in range(3)]
    imports, first = np.min([[float(x) for x in run.stdout.split()] for run in runs], axis=0)
    benchmark.extra_info.update({"import s": imports, "first sweep s": first})
    benchmark.pedantic(subprocess.run, args=([sys.executable, "-c", FIRST_SWEEP],), rounds=1)
