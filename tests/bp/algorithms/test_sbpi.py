"""SBPI: its fields, its coins, and the readable learner behind the same run."""

import numpy as np
import pytest

import bp
from bp.algorithms.sbpi import SBPI
from bp.problems.learners import Learner
from replica_theory import BinaryPerceptron, SymmetricBinaryPerceptron


@pytest.mark.parametrize("model", [BinaryPerceptron(), SymmetricBinaryPerceptron(1.0)], ids=repr)
def test_a_run_is_that_of_the_readable_learner(model, monkeypatch):
    problem = bp.random_instance(model, 61, 0.6, rng=2)
    found = SBPI(max_iter=40)(problem, rng=3)
    monkeypatch.setattr(type(problem), "learner", lambda self, weights: Learner(self.present, weights))
    assert SBPI(max_iter=40)(problem, rng=3) == found


def test_fields_stay_odd_and_coins_matter():
    problem = bp.random_instance(BinaryPerceptron(), 61, 1.0, rng=2)
    learner, rng = problem.learner(problem.start(1)), np.random.default_rng(4)
    for _ in range(5):
        learner.sweep(rng.permutation(61), rng.random(61), 0.4)
        assert np.all(learner.fields % 2 == 1)
    runs = [SBPI(barely=barely, max_iter=5)(problem, rng=3).trace["errors"].tolist() for barely in (0.0, 0.4, 0.9)]
    assert runs[0] != runs[1] != runs[2]


def test_the_default_probability_depends_on_the_load():
    for alpha, barely in ((0.5, 0.4), (0.9, 0.3)):
        problem = bp.random_instance(BinaryPerceptron(), 101, alpha, rng=2)
        assert SBPI(max_iter=6)(problem, rng=3) == SBPI(barely=barely, max_iter=6)(problem, rng=3)


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"barely": 1.0}, ValueError, "barely must be"),
        ({"barely": "often"}, TypeError, "barely must be"),
        ({"max_iter": 0}, ValueError, "max_iter must be"),
        ({"max_iter": 1.5}, TypeError, "max_iter must be"),
    ],
)
def test_what_is_refused(options, error, sentence):
    with pytest.raises(error, match=sentence):
        SBPI(**options)
