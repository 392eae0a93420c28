"""What the benchmarks share: the yardstick, thread counts, and the description of the machine in their JSON."""

import sys
import time
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import numba
import numpy as np
import pytest

from bp import random_instance
from replica_theory import BinaryPerceptron

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "helpers"))
from messages_referee import amp_fields, gaussian_messages


def pytest_benchmark_update_machine_info(config, machine_info):
    packages = ("numpy", "scipy", "numba", "llvmlite")
    machine_info["packages"] = {name: version(name) for name in packages}
    machine_info["threads"] = numba.config.NUMBA_NUM_THREADS


@contextmanager
def limited(threads):
    before = numba.get_num_threads()
    numba.set_num_threads(threads)
    yield threads
    numba.set_num_threads(before)


@pytest.fixture
def one_thread():
    with limited(1) as count:
        yield count


@pytest.fixture
def threads(request):
    """The number of threads given by an indirect parameter."""
    if request.param > numba.config.NUMBA_NUM_THREADS:
        pytest.skip(f"needs {request.param} threads")
    with limited(request.param) as count:
        yield count


@pytest.fixture(scope="session")
def referee():
    """Nanoseconds an edge of one sweep on edges and of one step of AMP in the readable numpy of the tests, N = 1001."""
    instance = random_instance(BinaryPerceptron(), 1001, 0.6, rng=1)
    eta, m = np.full((instance.n_patterns, instance.n), 0.01), np.full(instance.n, 0.1)
    g, field = np.zeros(instance.n_patterns), np.zeros(instance.n)

    def nanoseconds(work):
        times = []
        for _ in range(5):
            start = time.perf_counter()
            work()
            times.append(time.perf_counter() - start)
        return 1e9 * min(times) / eta.size

    return SimpleNamespace(
        edges=nanoseconds(lambda: gaussian_messages(instance, eta, field, np.inf)),
        amp=nanoseconds(lambda: amp_fields(instance, m, g, np.inf)),
    )
