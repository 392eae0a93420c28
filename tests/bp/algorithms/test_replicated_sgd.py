"""Replicated SGD: epochs by hand, the kicks by their formulas, and its limits."""

import numpy as np
import pytest

import bp
from bp.algorithms.replicated_sgd import ReplicatedSGD, _Epochs
from bp.problems.learners import Learner
from replica_theory import BinaryPerceptron


def hard(patterns="binary"):
    return bp.random_instance(BinaryPerceptron(), 41, 1.5, rng=2, patterns=patterns)


@pytest.mark.parametrize("patterns", ["binary", "gaussian"])
def test_a_single_replica_is_plain_sgd(patterns):
    """Batch by batch with the readable learner and no kick."""
    problem = hard(patterns)
    found = ReplicatedSGD(replicas=1, batch=7, rate=2.0, max_iter=12)(problem, rng=3)
    rng = np.random.default_rng(3)
    learner, errors = Learner(problem.present, problem.start(rng)), []
    for _ in range(12):
        order = rng.permutation(problem.n_constraints)
        for start in range(0, len(order), 7):
            learner.batch(order[start : start + 7], 2.0)
        errors.append(problem.errors(learner.weights))
    assert found.trace["errors"].tolist() == errors and found.iterations == 12
    assert found.errors == min([*errors, problem.errors(problem.start(np.random.default_rng(3)))])


@pytest.mark.parametrize("kick", ["simple", "corrected", "continuous", "hard"])
def test_kicks_are_their_formulas(kick):
    run = _Epochs(ReplicatedSGD(replicas=3, kick=kick, strength=0.5), hard(), np.random.default_rng(1), None)
    run.weights = np.random.default_rng(2).choice(np.array([-1, 1], dtype=np.int8), (3, 41))
    mean, gamma = run.weights.mean(axis=0), 0.2
    for w in run.weights:
        expected = {
            "simple": np.tanh(gamma * 3 * mean) - w,
            "corrected": np.tanh(gamma * 3 * mean) - np.tanh(gamma * 3) * w,
            "continuous": mean - w,
            "hard": np.sign(mean) - w,
        }[kick]
        assert run._kick(w, gamma) == pytest.approx(0.5 * expected, abs=1e-14)
    if kick in ("continuous", "hard"):
        run.weights[:] = run.weights[0]
        assert np.all(run._kick(run.weights[0], gamma) == 0)  # replicas that agree are left alone


def test_replicas_without_coupling_learn_on_their_own():
    """The corrected kick vanishes at gamma = 0: each replica is the learner that sees its orders."""
    problem = hard()
    run = _Epochs(ReplicatedSGD(replicas=3, batch=9), problem, np.random.default_rng(1), None)
    start, rng = run.best.copy(), np.random.default_rng(1)
    problem.start(rng)
    for _ in range(3):
        run._epoch(0.0)
    learners = [Learner(problem.present, start) for _ in range(3)]
    for _ in range(3):
        orders = [rng.permutation(problem.n_constraints) for _ in learners]
        for learner, order in zip(learners, orders, strict=True):
            for first in range(0, len(order), 9):
                learner.batch(order[first : first + 9], 2.0)
    for a, learner in enumerate(learners):
        assert np.array_equal(run.learners[a].fields, learner.fields)
        assert np.array_equal(run.weights[a], learner.weights)


@pytest.mark.parametrize("kick", ["simple", "corrected", "continuous", "hard"])
@pytest.mark.parametrize("centre", ["traced", "explicit"])
def test_every_kick_solves_with_either_centre(kick, centre):
    problem = bp.random_instance(BinaryPerceptron(), 201, 0.3, rng=1)
    found = ReplicatedSGD(replicas=3, kick=kick, centre=centre)(problem, rng=1)
    assert found.solved and found.trace["iterations"].tolist() == list(range(1, found.iterations + 1))


def test_the_explicit_centre_follows_the_replicas():
    run = _Epochs(ReplicatedSGD(replicas=3, centre="explicit"), hard(), np.random.default_rng(1), None)
    before = run._centre()
    assert np.array_equal(before, run.weights[0])
    for epoch in range(30):
        run._epoch(0.1 + 0.01 * epoch)
    centre = run._centre().astype(float)
    assert np.mean(run.weights @ centre) / 41 > 0.5 and not np.array_equal(centre, before)


def test_the_coupling_grows_by_the_epoch():
    found = ReplicatedSGD(gamma=0.05, growth=0.001, max_iter=4)(hard(), rng=1)
    assert found.trace["gamma"] == pytest.approx([0.05, 0.051, 0.052, 0.053])
    found = ReplicatedSGD(replicas=5, max_iter=2)(hard(), rng=1)
    assert found.trace["gamma"] == pytest.approx([0.07, 0.0714])


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"replicas": 0}, ValueError, "replicas must be"),
        ({"batch": 0}, ValueError, "batch must be"),
        ({"rate": 0.0}, ValueError, "rate must be"),
        ({"strength": -1.0}, ValueError, "strength must be"),
        ({"gamma": np.nan}, ValueError, "gamma must be"),
        ({"growth": "fast"}, TypeError, "growth must be"),
        ({"kick": "soft"}, ValueError, "kick must be one of .*; got 'soft'"),
        ({"centre": "none"}, ValueError, "centre must be one of 'traced', 'explicit'; got 'none'"),
        ({"max_iter": 0}, ValueError, "max_iter must be"),
    ],
)
def test_what_is_refused(options, error, sentence):
    with pytest.raises(error, match=sentence):
        ReplicatedSGD(**options)
