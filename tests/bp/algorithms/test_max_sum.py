"""Reinforced max-sum: its passes, its scale, and what it refuses."""

import numpy as np
import pytest

import bp
from bp.algorithms import max_sum
from bp.algorithms.max_sum import MaxSum
from replica_theory import BinaryPerceptron, IntervalModel


def test_passes_follow_at_slower_and_slower_rates(monkeypatch):
    monkeypatch.setattr(max_sum, "_RATES", (0.3, 0.15, 0.1))
    problem = bp.random_instance(BinaryPerceptron(), 21, 1.6, rng=2)
    found = MaxSum(max_iter=60)(problem, rng=1)
    assert not found.solved and found.status == "max-iterations" and found.iterations == 60
    lengths = np.bincount(found.trace["restart"]).tolist()
    assert lengths[:4] == [5, 10, 15, 15] and found.trace["rate"][[0, 5, 15, 30]].tolist() == [0.3, 0.15, 0.1, 0.1]


def test_growing_fields_are_scaled_and_decide_nothing(monkeypatch):
    """Fields that never reach the bound and fields that are scaled back again and again give the same signs."""
    problem = bp.random_instance(BinaryPerceptron(), 101, 0.7, rng=2)
    runs = []
    for largest in (1e200, 1e6, 1.0):
        monkeypatch.setattr(max_sum, "_LARGEST", largest)
        runs.append(MaxSum(rate=0.02, max_iter=60)(problem, rng=1))
    assert np.array_equal(runs[0].trace["errors"][:20], runs[1].trace["errors"][:20])
    assert all(found.errors == problem.errors(found.weights) for found in runs)


def test_one_sided_and_two_sided_sums():
    for model in (BinaryPerceptron(0.5), IntervalModel([(-1.0, 1.5)])):
        assert bp.solve(bp.random_instance(model, 101, 0.2, rng=3), "max-sum", rng=1).solved


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"rate": 0.0}, ValueError, "rate must be"),
        ({"rate": 1.0}, ValueError, "rate must be"),
        ({"rate": "slow"}, TypeError, "rate must be"),
        ({"max_iter": 0}, ValueError, "max_iter must be"),
    ],
)
def test_what_is_refused(options, error, sentence):
    with pytest.raises(error, match=sentence):
        MaxSum(**options)


def test_it_says_what_it_does_not_apply_to():
    real = bp.random_instance(BinaryPerceptron(), 21, 0.3, rng=1, patterns="gaussian")
    with pytest.raises(ValueError, match="max-sum needs patterns of ±1; these are real"):
        bp.solve(real, "max-sum")
