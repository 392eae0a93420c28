"""What an iteration of focusing BP takes beside its two products: ``pytest -n 0 benchmarks/test_focusing.py``.

An iteration is all that a run does between two steps: the products, the functions of nodes, overlaps, errors and the
trace. It is the difference of runs of two lengths, so that what a run takes to begin is not in it. All is CPU time, the
least of several repetitions in turn. The referee is the readable numpy step of the tests, which multiplies unpacked
patterns by the BLAS and has neither overlaps nor errors.
"""

import time

import numpy as np
import pytest
from messages_referee import amp_fields

from bp import random_instance, solve
from bp.execution.blas import one_blas_thread
from bp.problems import _bits
from replica_theory import BinaryPerceptron

pytest.importorskip("pytest_benchmark")

SHORT, LONG = 10, 110  # iterations, all of the first pass


def seconds(work, repeat):
    start = time.process_time()
    for _ in range(repeat):
        work()
    return (time.process_time() - start) / repeat


@pytest.mark.parametrize("n", [1001, 4001, 10001])
def test_iteration(benchmark, one_thread, n):
    instance = random_instance(BinaryPerceptron(), n, 0.6, rng=1)
    p, bits, rng = instance.n_patterns, instance.bits, np.random.default_rng(1)
    m, g = rng.uniform(-1, 1, (1, n)).astype(np.float32), rng.normal(size=(1, p)).astype(np.float32)
    assert solve(instance, rng=1, max_iter=LONG).iterations == LONG  # not solved before
    works = [
        (lambda: (_bits.times(bits, m), _bits.back(bits, g, n)), 200_000 // n),
        (lambda: solve(instance, rng=1, max_iter=SHORT), 3),
        (lambda: solve(instance, rng=1, max_iter=LONG), 1),
    ]
    rounds = []
    benchmark.pedantic(lambda: rounds.append([seconds(*work) for work in works]), rounds=20)
    products, short, long = np.min(rounds, axis=0)
    iteration = (long - short) / (LONG - SHORT)
    double, field = m[0].astype(float), g[0].astype(float)
    with one_blas_thread():
        readable = min(seconds(lambda: amp_fields(instance, double, field, np.inf), 1) for _ in range(5))
    benchmark.extra_info["ms/iteration"] = 1e3 * iteration
    benchmark.extra_info["ms/products"] = 1e3 * products
    benchmark.extra_info["iteration / products"] = iteration / products
    benchmark.extra_info["referee / this"] = readable / iteration
