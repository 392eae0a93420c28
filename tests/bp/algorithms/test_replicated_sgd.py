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


@pytest.mark.parametrize("replicas", [2, 3])
@pytest.mark.parametrize("kick", ["simple", "corrected", "continuous", "hard"])
def test_kicks_are_their_formulas(kick, replicas):
    solver, gamma, y = ReplicatedSGD(replicas=replicas, kick=kick, strength=0.5), 0.2, replicas
    for vote in range(-y, y + 1, 2):
        for w in (-1, 1):
            mean = vote / y
            expected = {
                "simple": np.tanh(gamma * y * mean) - w,
                "corrected": np.tanh(gamma * y * mean) - np.tanh(gamma * y) * w,
                "continuous": mean - w,
                "hard": np.sign(mean) - w,
            }[kick]
            assert solver.gains(gamma)[(w + 1) // 2, vote + y] == pytest.approx(0.5 * expected, abs=1e-14)
    if kick != "simple":  # replicas that agree are left alone
        assert np.all(np.abs(solver.gains(gamma)[[0, 1], [0, 2 * y]]) < 1e-14)


@pytest.mark.parametrize("kick", ["simple", "corrected", "continuous", "hard"])
@pytest.mark.parametrize("centre", ["traced", "explicit"])
def test_epochs_by_hand(kick, centre):
    """Batch by batch with readable learners, kicked by the formulas; the mean is from before a replica's batch."""
    com = bp.random_committee(BinaryPerceptron(), 3 * 15, 3, 0.7, rng=2)
    solver = ReplicatedSGD(replicas=3, batch=5, kick=kick, centre=centre, strength=0.5)
    run = _Epochs(solver, com, np.random.default_rng(1), None)
    rng = np.random.default_rng(1)
    start = com.start(rng)
    learners, weights = [Learner(com.present, start) for _ in range(3)], np.array([start] * 3)
    centre_fields = start.astype(float)
    for epoch in range(4):
        gamma = 0.1 + 0.05 * epoch
        run._epoch(gamma)
        orders = [rng.permutation(com.n_constraints) for _ in learners]
        for first in range(0, com.n_constraints, 5):
            for a, learner in enumerate(learners):
                learner.batch(orders[a][first : first + 5], 2.0)
                mean = np.where(centre_fields > 0, 1.0, -1.0) if centre == "explicit" else weights.mean(axis=0)
                pull = {"continuous": mean, "hard": np.sign(mean)}.get(kick, np.tanh(3 * gamma * mean))
                back = np.tanh(3 * gamma) if kick == "corrected" else 1.0
                learner.restore(learner.fields + 0.5 * (pull - back * learner.weights))
                weights[a] = learner.weights
                centre_fields += 0.5 * (weights[a] - np.where(centre_fields > 0, 1, -1))
        assert np.array_equal(run.weights, weights)
        for a, learner in enumerate(learners):
            assert run.learners[a].fields == pytest.approx(learner.fields, abs=1e-4)  # single precision, other rounding
        if centre == "traced":
            assert np.array_equal(run.votes, weights.sum(axis=0))
        else:
            assert run.fields == pytest.approx(centre_fields)


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
    assert found.trace["gamma"] == pytest.approx([0.07, 0.0705])


@pytest.mark.parametrize("replicas", [2, 3, 7])
def test_defaults_solve_a_committee_with_any_number_of_replicas(replicas):
    """At a load where a single one fails, whatever its batch; the couplings are those of the number."""
    com = bp.random_committee(BinaryPerceptron(), 505, 5, 0.4, rng=1)
    assert not ReplicatedSGD(replicas=1, max_iter=300)(com, rng=1).solved
    assert ReplicatedSGD(replicas=replicas)(com, rng=1).solved


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
