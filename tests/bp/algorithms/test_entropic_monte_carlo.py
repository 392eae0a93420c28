"""Entropy-driven Monte Carlo: the gain of a flip, exact where belief propagation is, and the rules of acceptance."""

from itertools import product

import numpy as np
import pytest

import bp
from bp.algorithms.entropic_monte_carlo import EntropicMonteCarlo, _gain
from replica_theory import BinaryPerceptron

SPINS = np.array(list(product([-1, 1], repeat=7)))


@pytest.mark.parametrize("gamma", [0.3, 0.8, 2.0])
def test_gains_are_differences_of_the_free_entropy_on_a_tree(gamma):
    """A single pattern is a tree: messages, the objective and its change are those of enumeration."""
    problem = bp.random_instance(BinaryPerceptron(), 7, 0.15, rng=1)
    allowed = SPINS[[problem.errors(w) == 0 for w in SPINS]]
    weights = np.random.default_rng(2).choice([-1, 1], 7)

    def objective(w):
        return np.log(np.sum(np.exp(gamma * allowed @ w)))

    state, field = problem.messages("exact"), gamma * weights.astype(float)
    for _ in range(3):
        state.sweep(field, 0.0)
    assert 7 * state.measure(field)[1] == pytest.approx(objective(weights), abs=1e-12)
    turned = [objective(np.where(np.arange(7) == i, -weights, weights)) for i in range(7)]
    assert _gain(state.fields * weights, gamma) == pytest.approx(np.array(turned) - objective(weights), abs=1e-12)


@pytest.mark.parametrize("moves", ["block", "cavity", "random"])
def test_at_zero_temperature_the_objective_never_falls(moves):
    problem = bp.random_instance(BinaryPerceptron(), 101, 0.9, rng=2)
    found = EntropicMonteCarlo(moves=moves, start="random", gamma=[0.5, 1.0], max_iter=1500)(problem, rng=1)
    trace = found.trace
    for gamma in (0.5, 1.0):
        kept = trace["free_entropy"][trace["gamma"] == gamma]
        assert np.all(np.diff(kept) >= 0)
    assert np.all(trace["flips"] <= (2 if moves == "block" else 1)) and trace["accepted"].sum() > 0
    assert np.all(np.diff(trace["iterations"]) >= 0) and found.errors == problem.errors(found.weights)


def test_all_is_accepted_at_infinite_temperature():
    problem = bp.random_instance(BinaryPerceptron(), 101, 0.9, rng=2)
    hot = EntropicMonteCarlo(moves="random", y=0.0, start="random", max_iter=600)(problem, rng=1)
    cold = EntropicMonteCarlo(moves="random", y=1e9, start="random", max_iter=600)(problem, rng=1)
    assert np.all(hot.trace["accepted"] == 1) and not np.all(cold.trace["accepted"] == 1)
    assert cold == EntropicMonteCarlo(moves="random", y=1e9, start="random", max_iter=600)(problem, rng=1)


def test_couplings_follow_one_another_to_the_end():
    problem = bp.random_instance(BinaryPerceptron(), 31, 1.6, rng=2)
    found = EntropicMonteCarlo(gamma=(0.5, 1.5, 2.5))(problem, rng=1)
    assert found.status == "schedule-ended" and sorted(set(found.trace["gamma"])) == [0.5, 1.5, 2.5]
    assert np.all(np.diff(found.trace["gamma"]) >= 0)


def test_random_starts_climb_to_a_solution():
    problem = bp.random_instance(BinaryPerceptron(), 201, 0.3, rng=2)
    for moves in ("block", "cavity"):
        assert bp.solve(problem, "entropic-monte-carlo", start="random", moves=moves, rng=1).solved


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"gamma": []}, ValueError, "gamma must hold at least one coupling"),
        ({"gamma": [0.5, -1.0]}, ValueError, "gamma must be"),
        ({"gamma": "steep"}, TypeError, "gamma must be"),
        ({"moves": "both"}, ValueError, "moves must be one of 'block', 'cavity', 'random'; got 'both'"),
        ({"start": "zero"}, ValueError, "start must be one of 'messages', 'random'; got 'zero'"),
        ({"fraction": 0.0}, ValueError, "fraction must be"),
        ({"y": -1.0}, ValueError, "y must be"),
        ({"tol": 0.0}, ValueError, "tol must be"),
        ({"damping": 1.0}, ValueError, "damping must be"),
        ({"max_iter": 0}, ValueError, "max_iter must be"),
    ],
)
def test_what_is_refused(options, error, sentence):
    with pytest.raises(error, match=sentence):
        EntropicMonteCarlo(**options)


def test_a_single_coupling_is_a_schedule_of_one():
    assert EntropicMonteCarlo(gamma=0.7).gamma == (0.7,)
