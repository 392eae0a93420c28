"""Speed of messages on edges: ``pytest -n 0 benchmarks/test_edges.py`` (not part of a plain pytest run).

The yardstick is the readable numpy sweep of the tests. Every row carries nanoseconds per edge in its extra info, taken
from the fastest sweep, and how many times longer the yardstick takes.
"""

import numpy as np
import pytest

from bp import random_instance
from bp.algorithms.focusing import reference_field
from bp.algorithms.schedules import Pseudo
from replica_theory import BinaryPerceptron

pytest.importorskip("pytest_benchmark")

SIZES = [(1001, 0.6), (2001, 0.7), (4001, 0.6)]


def warm_state(n, alpha, **options):
    instance = random_instance(BinaryPerceptron(), n, alpha, rng=1)
    state, field = instance.messages("gaussian", init=0.05, rng=1, **options), np.zeros(n)
    for _ in range(3):
        state.sweep(field, 0.5)
    state.measure(field)
    return instance, state, field


@pytest.fixture
def record(benchmark, referee):
    """Time `work` and note nanoseconds per edge and their ratio to a sweep of the referee."""

    def run(instance, work, rounds=20):
        benchmark.pedantic(work, rounds=rounds)
        per_edge = 1e9 * benchmark.stats["min"] / (instance.n * instance.n_patterns)
        benchmark.extra_info.update({"ns/edge": per_edge, "referee / this": referee.edges / per_edge})

    return run


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("schedule", ["parallel", "sequential"])
@pytest.mark.parametrize("n, alpha", SIZES)
def test_sweep_on_one_thread(record, one_thread, n, alpha, schedule, dtype):
    """Target: 4 ns an edge, in parallel."""
    instance, state, field = warm_state(n, alpha, schedule=schedule, dtype=dtype)
    record(instance, lambda: state.sweep(field, 0.5))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("variance", [300, 80, 50])
def test_sweep_of_a_focusing_run(record, one_thread, variance, dtype):
    """On the way to a solution, where the variance of the fields has fallen that far."""
    instance = random_instance(BinaryPerceptron(), 2001, 0.7, rng=1)
    state = instance.messages("gaussian", init=0.1, rng=1, dtype=dtype)
    for gamma, y in Pseudo(200):
        field = reference_field(state.fields, gamma, y)
        state.sweep(field, 0.5)
        if gamma > 0.1 and np.sum(np.cosh(field + state.fields) ** -2.0) < variance:
            break
    record(instance, lambda: state.sweep(field, 0.5))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("n, alpha", SIZES)
@pytest.mark.parametrize("threads", [2], indirect=True)
def test_sweep_on_two_threads(record, n, alpha, dtype, threads):
    instance, state, field = warm_state(n, alpha, dtype=dtype)
    record(instance, lambda: state.sweep(field, 0.5))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_bethe_entropy(record, one_thread, dtype):
    instance, state, field = warm_state(2001, 0.7, dtype=dtype)
    record(instance, lambda: state.measure(field))
