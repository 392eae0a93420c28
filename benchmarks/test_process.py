"""What a process costs: ``pytest -n 0 -s benchmarks/test_process.py`` (not part of a plain pytest run).

Seconds to import, to compile and to load compiled code, memory against N, and gain from a second thread. Figures go to
the extra info of each row.
"""

import os
import subprocess
import sys
import time

import numba
import numpy as np
import pytest

from bp import _bits, random_instance
from bp.propagation import make_state
from replica_theory import BinaryPerceptron

pytest.importorskip("pytest_benchmark")

IMPORT = """
import time
start = time.process_time()
import {module}
print(time.process_time() - start)
"""
FIRST_CALLS = """
import time
start = time.process_time()
import bp, replica_theory
imported = time.process_time()
instance = bp.random_instance(replica_theory.BinaryPerceptron(), 101, 0.6, rng=1)
bp.belief_propagation(instance)
first = time.process_time()
bp.belief_propagation(instance, schedule="sequential", dtype="float32")
bp.belief_propagation(instance, "exact")
bp.belief_propagation(instance, "amp")
bp.solve(instance, rng=1)
print(imported - start, first - imported, time.process_time() - first)
"""
PEAK = """
import resource, sys
import bp, numpy, replica_theory
from bp.propagation import make_state
def sweep(n):
    instance = bp.random_instance(replica_theory.BinaryPerceptron(), n, 0.6, rng=1)
    make_state(instance, {method!r}, init=0.1, rng=1).sweep(numpy.zeros(n), 0.5)
sweep(101)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
sweep({n})
print(1024 * before, 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def fresh(code, **environment):
    """Numbers that a fresh process prints."""
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True, env=os.environ | environment
    )
    return np.array(run.stdout.split(), dtype=float)


@pytest.mark.parametrize("module", ["numpy", "scipy.special", "scipy.optimize", "numba", "replica_theory", "bp"])
def test_import(benchmark, module):
    code = IMPORT.format(module=module)
    benchmark.extra_info["CPU s"] = min(fresh(code)[0] for _ in range(5))
    benchmark.pedantic(fresh, args=(code,), rounds=1)


@pytest.mark.parametrize("cache", ["cold", "warm"])
def test_first_calls(benchmark, cache, tmp_path):
    """CPU seconds of the import, the first belief_propagation, and one call of every other method and a solver."""
    folder = str(tmp_path)
    if cache == "warm":
        fresh(FIRST_CALLS, NUMBA_CACHE_DIR=folder)
    runs = [fresh(FIRST_CALLS, NUMBA_CACHE_DIR=folder) for _ in range(3 if cache == "warm" else 1)]
    names = ("import CPU s", "first run CPU s", "other methods CPU s")
    benchmark.extra_info.update(dict(zip(names, np.min(runs, axis=0), strict=True)))
    if cache == "warm":
        benchmark.pedantic(fresh, args=(FIRST_CALLS,), kwargs={"NUMBA_CACHE_DIR": folder}, rounds=1)
    else:
        benchmark.pedantic(lambda: None, rounds=1)


@pytest.mark.parametrize(
    ("method", "n"), [("gaussian", 1001), ("gaussian", 2001), ("gaussian", 4001), ("amp", 4001), ("amp", 16001)]
)
def test_peak_memory(benchmark, method, n):
    before, peak = benchmark.pedantic(fresh, args=(PEAK.format(method=method, n=n),), rounds=1)
    edges = n * round(0.6 * n)
    benchmark.extra_info.update({"MB": (peak - before) / 1e6, "bytes/edge": (peak - before) / edges})


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="needs two threads")
@pytest.mark.parametrize("what", ["edges", "times", "back"])
def test_second_thread(benchmark, what):
    instance = random_instance(BinaryPerceptron(), 2001 if what == "edges" else 10001, 0.7, rng=1)
    n, p = instance.n, instance.n_patterns
    x = np.random.default_rng(1).normal(size=(1, p if what == "back" else n))
    if what == "edges":
        state, field = make_state(instance, "gaussian", init=0.05, rng=1), np.zeros(n)
        work = lambda: state.sweep(field, 0.5)  # noqa: E731
    else:
        work = lambda: _bits.times(instance.bits, x) if what == "times" else _bits.back(instance.bits, x, n)  # noqa: E731
    threads, seconds = numba.get_num_threads(), {1: [], 2: []}
    try:
        for _ in range(30):  # in turn, so that both see the same machine
            for count, times in seconds.items():
                numba.set_num_threads(count)
                start = time.perf_counter()
                work()
                times.append(time.perf_counter() - start)
    finally:
        numba.set_num_threads(threads)
    one, two = (1e9 * min(times) / (n * p) for times in seconds.values())
    benchmark.extra_info.update({"ns/edge, 1": one, "ns/edge, 2": two, "gain": one / two})
    benchmark.pedantic(work, rounds=5)
