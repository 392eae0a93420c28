"""What an iteration of focusing BP takes beside its two products: ``pytest -n 0 benchmarks/test_focusing.py``.

An iteration is everything that a run does between two steps: the products, the functions of nodes, overlaps, errors and
the trace. It is the difference of runs of two lengths, so that what a run takes to begin is not in it; CPU time, the
least of several repetitions in turn with the products. The readable numpy step of the tests, which multiplies unpacked
patterns by the BLAS and knows neither reference nor errors, is measured at N = 1001.
"""

import time

import numpy as np
import pytest

from bp import random_instance, solve
from bp.problems import _bits
from replica_theory import BinaryPerceptron

pytest.importorskip("pytest_benchmark")

STEPS = 10, 90
LOAD = 0.9  # where these steps do not end a run


def seconds(work, repeat):
    start = time.process_time()
    for _ in range(repeat):
        work()
    return (time.process_time() - start) / repeat


@pytest.mark.parametrize("noise", [False, True])
@pytest.mark.parametrize("n", [1001, 4001, 10001])
def test_iteration(benchmark, one_thread, referee, n, noise):
    """In the first pass, and with the noise of the later ones."""
