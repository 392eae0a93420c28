"""What solvers return: a record that cannot be changed, and a status in words."""

import numpy as np
import pytest

import bp
from bp.algorithms.focusing import FocusingBP
from bp.algorithms.solution import Solution, SolverStatus
from replica_theory.models.perceptron import BinaryPerceptron


@pytest.fixture(scope="module")
def medium():
    return bp.random_instance(BinaryPerceptron(), n=301, alpha=0.5, rng=1)


def test_result_is_frozen(medium):
    found = FocusingBP(schedule="pseudo", steps=2)(medium, rng=1)
    for array in (found.weights, found.trace):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[1]
    with pytest.raises(AttributeError):
        found.errors = 0


def test_a_status_equals_its_name_and_has_a_sentence():
    for status in SolverStatus:
        assert status == str(status) == status.value and status.sentence.endswith(".")
    found = Solution(np.ones(3, dtype=np.int8), 2, 7, np.empty(0), SolverStatus.DIVERGED)
    assert not found.solved and found.message == SolverStatus.DIVERGED.sentence
