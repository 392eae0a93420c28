"""The compiled learner equals the generic one, field by field."""

import numpy as np
import pytest

import bp
from bp.problems.committee_learner import CommitteeLearner
from bp.problems.learners import Learner, Pull
from replica_theory import BinaryPerceptron


@pytest.mark.parametrize(
    ("units", "inputs", "tree", "kappa"),
    [
        (1, 65, False, 0.0),
        (3, 64, False, 0.3),
        (3, 33, True, 0.0),
        (5, 20, False, -0.3),
        (9, 4, True, 0.0),
        (9, 5, False, 0.0),
    ],
)
def test_equals_the_generic_learner(units, inputs, tree, kappa):
    com = bp.random_committee(BinaryPerceptron(kappa), units * inputs, units, 0.7, rng=1, tree=tree)
    rng = np.random.default_rng(1)
    start = com.start(rng)
    fast, slow = com.learner(start), Learner(com.present, start)
    assert isinstance(fast, CommitteeLearner)
    for _ in range(6):
        order = rng.permutation(com.n_constraints)
        coins, half = rng.random(len(order)), order[: len(order) // 2]
        assert fast.batch(half, 1.5) == slow.batch(half, 1.5)
        assert np.array_equal(fast.fields, slow.fields) and np.array_equal(fast.weights, slow.weights)
        assert fast.sweep(order, coins, 0.4) == slow.sweep(order, coins, 0.4)
        assert np.array_equal(fast.fields, slow.fields) and np.array_equal(fast.weights, slow.weights)
        votes, gains = rng.integers(-2, 3, com.n), rng.integers(-4, 5, (2, 5)) / 4
        for voting in (True, False):
            ours, theirs = Pull(votes.copy(), gains, voting), Pull(votes.copy(), gains, voting)
            for some in (half, half[:0]):
                assert fast.batch(some, 1.0, ours) == slow.batch(some, 1.0, theirs)
                assert np.array_equal(fast.fields, slow.fields) and np.array_equal(fast.weights, slow.weights)
                assert np.array_equal(ours.votes, theirs.votes)
                ours.votes.clip(-2, 2, out=ours.votes), theirs.votes.clip(-2, 2, out=theirs.votes)
        kick = rng.normal(size=com.n)
        for learner in (fast, slow):
            learner.restore(learner.fields + kick)
            learner.limit(3.0)
        assert np.array_equal(fast.fields, slow.fields)


def test_what_it_gives_is_a_copy():
    com = bp.random_committee(BinaryPerceptron(), 15, 3, 1.0, rng=1)
    learner = com.learner(com.start(1))
    learner.fields[:] = 7.0
    assert np.array_equal(learner.fields, com.start(1))


def test_real_patterns_are_taught_by_the_generic_learner():
    com = bp.Committee(np.random.default_rng(1).standard_normal((4, 9)), units=3)
    learner = com.learner(com.start(1))
    assert type(learner) is Learner
    for _ in range(50):
        learner.sweep(np.arange(4), np.ones(4), 0.0)
    assert com.errors(learner.weights) == 0


@pytest.mark.parametrize("solver", ["sbpi", "replicated-sgd"])
def test_units_that_are_equally_near_all_learn(solver):
    """Many units of few inputs are level again and again; if always the first of them moved, the others never would."""
    for com in (
        bp.random_committee(BinaryPerceptron(), 9, 9, 0.4, rng=1, tree=True),
        bp.random_committee(BinaryPerceptron(), 315, 45, 0.15, rng=1, tree=True),
    ):
        assert bp.solve(com, solver, rng=1, max_iter=200).solved
