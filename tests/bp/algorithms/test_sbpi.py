"""SBPI: its fields, its coins, and the readable learner behind the same run."""

import numpy as np
import pytest

import bp
from bp.algorithms.runs import alone
from bp.algorithms.sbpi import SBPI
from bp.problems.learners import BitLearner, Learner
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


def test_passes_of_a_rising_probability():
    """1000, 2000 and what is left of sweeps, each from fresh fields; given a probability there is one pass."""
    problem = bp.random_instance(BinaryPerceptron(), 61, 1.2, rng=2)
    trace = SBPI(max_iter=3500)(problem, rng=3).trace
    assert np.bincount(trace["restart"]).tolist() == [1000, 2000, 500]
    for length, restart in ((1000, 0), (2000, 1), (500, 2)):
        barely = trace["barely"][trace["restart"] == restart]
        assert np.allclose(barely, 0.33 + 0.07 * np.arange(length) / length, rtol=0, atol=1e-15)
    constant = SBPI(barely=0.3, max_iter=1100)(problem, rng=3).trace
    assert set(constant["barely"].tolist()) == {0.3} and not constant["restart"].any()


def test_fields_stay_within_the_bound(monkeypatch):
    """The odd number next to 1.15 * 61^0.52 = 9.75, where nothing else is said."""
    problem = bp.random_instance(BinaryPerceptron(), 61, 1.2, rng=2)
    limit, sizes = BitLearner.limit, []

    def watched(self, bound):
        limit(self, bound)
        sizes.append(np.max(np.abs(self.fields)))

    monkeypatch.setattr(BitLearner, "limit", watched)
    for bound, largest in ((None, 9), (5, 5), (1, 1)):
        sizes.clear()
        SBPI(bound=bound, max_iter=60)(problem, rng=3)
        assert max(sizes) == largest
    SBPI(bound=np.inf, max_iter=60)(problem, rng=3)
    assert max(sizes) > 9


def test_what_a_pass_leaves_is_repaired():
    """The last record still shows a violated pattern; the flips after it do not."""
    problems = [bp.random_instance(BinaryPerceptron(), 301, 0.6, rng=k) for k in range(9)]
    found = [SBPI(barely=0.3, max_iter=40)(problem, rng=k) for k, problem in enumerate(problems)]
    repaired = [run for run in found if run.solved and run.trace["errors"].min() > 1]
    assert repaired and all(run.iterations == 40 for run in repaired)


def test_a_run_goes_on_from_any_boundary():
    """Also from the one at the end of a pass, after which fields are fresh."""
    problem = bp.random_instance(BinaryPerceptron(), 61, 1.2, rng=2)
    solver, snapshots = SBPI(max_iter=1500), {}
    whole = solver(problem, rng=3)
    run = solver.begin(problem, 3)
    for boundary in run:
        if boundary.done in (400, 1000, 1001):
            kept = boundary.snapshot().items()
            snapshots[boundary.done] = {name: value() if callable(value) else value for name, value in kept}
    assert len(snapshots) == 3
    assert all(alone(solver.begin(problem, 9, stored)) == whole for stored in snapshots.values())


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"barely": 1.0}, ValueError, "barely must be"),
        ({"barely": "often"}, TypeError, "barely must be"),
        ({"bound": 4}, ValueError, "bound must be a positive odd number or infinity"),
        ({"bound": -3}, ValueError, "bound must be a positive odd number or infinity"),
        ({"bound": "5"}, TypeError, "bound must be"),
        ({"max_iter": 0}, ValueError, "max_iter must be"),
        ({"max_iter": 1.5}, TypeError, "max_iter must be"),
    ],
)
def test_what_is_refused(options, error, sentence):
    with pytest.raises(error, match=sentence):
        SBPI(**options)
