"""What a process costs: ``pytest -n 0 benchmarks/test_process.py`` (not part of a plain pytest run).

Seconds to import, to compile and to load compiled code, memory against N, and gain from a second thread. Figures go to
the extra info of each row; the yardstick is the readable numpy code of the tests.
"""

import os
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import numba
import numpy as np
import pytest

from bp import random_instance
from bp.problems import _bits
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
import re
import bp, numpy, replica_theory
from messages_referee import gaussian_messages
def run(n):
    instance = bp.random_instance(replica_theory.BinaryPerceptron(), n, 0.6, rng=1)
    {work}
def peak():  # ru_maxrss would start at that of the process that started this one
    return 1024 * int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
run(101)
before = peak()
run({n})
print(before, peak())
"""
WORK = {
    "referee": "gaussian_messages(instance, numpy.full(instance.xi.shape, 0.1), numpy.zeros(n), numpy.inf)",
    "edges": "instance.messages('gaussian', init=0.1, rng=1).sweep(numpy.zeros(n), 0.5)",
    "amp": "instance.messages('amp', init=0.1, rng=1).sweep(numpy.zeros(n), 0.5)",
}
TESTS = str(Path(__file__).parents[1] / "tests" / "helpers")


def fresh(code, **environment):
    """Numbers that a fresh process prints."""
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True, env=os.environ | environment
    )
    return np.array(run.stdout.split(), dtype=float)


@cache
def import_seconds(module):
    return min(fresh(IMPORT.format(module=module))[0] for _ in range(5))


@pytest.mark.parametrize("module", ["numpy", "scipy.special", "scipy.optimize", "numba", "replica_theory", "bp"])
def test_import(benchmark, module):
    """The referee needs scipy.special."""
    found = import_seconds(module)
    benchmark.extra_info.update({"CPU s": found, "this / scipy.special": found / import_seconds("scipy.special")})
    benchmark.pedantic(fresh, args=(IMPORT.format(module=module),), rounds=1)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """Environment of processes that share a folder of compiled code, and the figures of the first of them."""
    environment = {"NUMBA_CACHE_DIR": str(tmp_path_factory.mktemp("cache"))}
    return environment, fresh(FIRST_CALLS, **environment)


@pytest.mark.parametrize("cached", [False, True])
def test_first_calls(benchmark, compiled, cached):
    """CPU seconds of the import, the first belief_propagation, and one call of every other method and a solver."""
    environment, first = compiled
    found = np.min([fresh(FIRST_CALLS, **environment) for _ in range(5)], axis=0) if cached else first
    names = ("import CPU s", "first run CPU s", "other methods CPU s")
    benchmark.extra_info.update(dict(zip(names, map(float, found), strict=True)))
    benchmark.pedantic(lambda: None, rounds=1)


@cache
def peak(method, n):
    """Bytes that a sweep or step on a fresh instance takes at most, and bytes per edge."""
    before, after = fresh(PEAK.format(work=WORK[method], n=n), PYTHONPATH=TESTS)
    return after - before, (after - before) / (n * round(0.6 * n))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak from /proc")
@pytest.mark.parametrize(
    ("method", "n"),
    [
        ("referee", 1001),
        ("referee", 2001),
        ("edges", 1001),
        ("edges", 2001),
        ("edges", 4001),
        ("amp", 4001),
        ("amp", 16_001),
        ("amp", 100_001),
    ],
)
def test_peak_memory(benchmark, method, n):
    most, per_edge = benchmark.pedantic(peak, args=(method, n), rounds=1)
    ratio = peak("referee", 2001)[1] / per_edge
    benchmark.extra_info.update({"MB": most / 1e6, "bytes/edge": per_edge, "referee / this": ratio})


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="needs two threads")
@pytest.mark.parametrize("what", ["edges", "times", "back"])
def test_second_thread(benchmark, what):
    instance = random_instance(BinaryPerceptron(), 2001 if what == "edges" else 10001, 0.7, rng=1)
    n, p = instance.n, instance.n_patterns
    x = np.random.default_rng(1).normal(size=(1, p if what == "back" else n))
    if what == "edges":
        state, field = instance.messages("gaussian", init=0.05, rng=1), np.zeros(n)
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
