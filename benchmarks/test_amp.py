"""Speed of AMP on packed patterns: ``pytest -n 0 benchmarks/test_amp.py`` (not part of a plain pytest run).

Every row carries nanoseconds per edge (and vector) in its extra info, taken from the fastest round; steps also how many
times longer the readable numpy step of the tests takes.
"""

import numpy as np
import pytest

from bp import random_instance
from bp.messages.amp import Amp
from bp.problems import _bits
from replica_theory import BinaryPerceptron

pytest.importorskip("pytest_benchmark")


def record(benchmark, n, p, work, vectors=1):
    work()
    benchmark.pedantic(work, rounds=10)
    benchmark.extra_info["ns/edge"] = 1e9 * benchmark.stats["min"] / (n * p * vectors)


@pytest.mark.parametrize("vectors", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("product", ["times", "back"])
def test_product(benchmark, product, dtype, vectors):
    n, p = 10001, 7001
    bits = random_instance(BinaryPerceptron(), n, p / n, rng=1).bits
    x = np.random.default_rng(1).normal(size=(vectors, n if product == "times" else p)).astype(dtype)
    work = (lambda: _bits.times(bits, x)) if product == "times" else (lambda: _bits.back(bits, x, n))
    record(benchmark, n, p, work, vectors)


@pytest.mark.parametrize(("n", "alpha"), [(1001, 0.75), (10001, 0.75), (20001, 0.7)])
def test_step(benchmark, referee, n, alpha):
    instance = random_instance(BinaryPerceptron(), n, alpha, rng=1)
    amp, m, g = Amp(instance), np.full(n, 0.1), np.zeros(instance.n_patterns)
    record(benchmark, n, instance.n_patterns, lambda: amp.step(m, g))
    benchmark.extra_info["referee / this"] = referee.amp / benchmark.extra_info["ns/edge"]


def test_generation(benchmark):
    record(benchmark, 4001, 2801, lambda: random_instance(BinaryPerceptron(), 4001, 0.7, rng=1))
