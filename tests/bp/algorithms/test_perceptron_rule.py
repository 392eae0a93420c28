"""Rosenblatt's rule; what it shares with gradient descent is tested there."""

import numpy as np
import pytest

import bp
from bp.algorithms.perceptron_rule import PerceptronRule
from replica_theory import BinaryPerceptron, SphericalWeights


def test_lessons_written_out():
    """Every violated pattern is added, in the order of the generator."""
    problem = bp.random_instance(BinaryPerceptron(0.1, weights=SphericalWeights()), 61, 0.8, rng=1)
    rng = np.random.default_rng(5)
    w, xi, violated = problem.start(rng), problem.xi.astype(float), []
    for _ in range(3):
        violated.append(0)
        for a in rng.permutation(len(xi)):
            if xi[a] @ w / np.linalg.norm(w) < 0.1 - 1e-12:
                w, violated[-1] = w + 0.5 * xi[a], violated[-1] + 1
    found = PerceptronRule(rate=0.5, max_iter=3)(problem, rng=np.random.default_rng(5))
    assert found.trace["violated"].tolist() == violated
    last = np.sqrt(61) * w / np.linalg.norm(w)
    assert found.trace["errors"][-1] == problem.errors(last)
    if found.trace["errors"].argmin() == 2:
        assert np.allclose(found.weights, last)


def test_it_ends_where_there_is_a_margin():
    """Within N (|w0|/√N + 1)²/κ² lessons or so for some margin κ that gradient descent shows."""
    problem = bp.random_instance(BinaryPerceptron(weights=SphericalWeights()), 101, 0.8, rng=2)
    margin = problem.gaps(bp.solve(problem, "gradient-descent", rng=1, gain=20.0, tol=1e-3).weights)[0].min()
    found = bp.solve(problem, "perceptron-rule", rng=1)
    assert margin > 0 and found.solved and found.trace["violated"].sum() < 4 * 101 / margin**2


@pytest.mark.parametrize("option", [{"rate": 0}, {"max_iter": 0}])
def test_bad_options(option):
    with pytest.raises(ValueError, match=next(iter(option))):
        PerceptronRule(**option)
