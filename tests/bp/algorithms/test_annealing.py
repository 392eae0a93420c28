"""Simulated annealing: its schedule, its two energies, and what it refuses."""

import numpy as np
import pytest

import bp
from bp.algorithms import annealing
from bp.algorithms.annealing import SimulatedAnnealing
from bp.problems.walkers import Moves, Walker
from replica_theory import BinaryPerceptron


@pytest.mark.parametrize("order", ["random", "sweep"])
def test_a_run_is_the_readable_walk_with_its_schedule(order, monkeypatch):
    """From the same start and stream, with beta linear in the sweeps; blocks of 7 of them."""
    monkeypatch.setattr(annealing, "_BLOCK", 7 * 31)
    problem = bp.random_instance(BinaryPerceptron(), 31, 1.5, rng=2)
    found = SimulatedAnnealing(energy="errors", beta=(0.5, 3.0), order=order, max_iter=40 * 31 + 5)(problem, rng=7)
    rng = np.random.default_rng(7)
    walker = problem.walker(problem.start(rng))
    streams = rng.integers(1, 2**64, size=(1, 4), dtype=np.uint64)
    betas = 0.5 + 2.5 * np.arange(41) * 31 / (39 * 31 + 5)
    plan = Moves(np.array([31] * 40 + [5]), betas, np.zeros((41, 2, 1)), np.zeros(31, dtype=int), False, streams)
    Walker.anneal([walker], plan._replace(ordered=order == "sweep"))
    assert found.trace["iterations"][-1] == found.iterations == 40 * 31 + 5
    assert found.trace["errors"][-1] == walker.errors and found.trace["beta"][-1] == pytest.approx(betas[-1])
    assert found.status == "schedule-ended" and np.all(found.trace["gamma"] == 0)


def test_flips_are_proposed_as_the_problem_likes():
    """In sweeps on formulas, at random on patterns; a run with the other order is another one."""
    patterns, formula = bp.random_instance(BinaryPerceptron(), 31, 1.5, rng=2), bp.random_satisfiability(50, 12.0, 4, 1)
    for problem, own, other in ((patterns, "random", "sweep"), (formula, "sweep", "random")):
        default, same, else_ = (
            SimulatedAnnealing(order=order, max_iter=5000)(problem, rng=1) for order in (None, own, other)
        )
        assert problem.order == own and np.array_equal(default.trace, same.trace)
        assert np.array_equal(default.weights, same.weights) and not np.array_equal(default.weights, else_.weights)


def test_flips_are_easy_where_errors_are_hard(monkeypatch):
    """At N = 401, load 0.3, 4e5 proposals are enough of flips and not of errors (their scale is 1e6)."""
    flips, errors = 0, 0
    for seed in range(4):
        problem = bp.random_instance(BinaryPerceptron(), 401, 0.3, rng=seed)
        flips += bp.solve(problem, "simulated-annealing", rng=seed, max_iter=400_000).solved
        errors += bp.solve(problem, "simulated-annealing", energy="errors", rng=seed, max_iter=400_000).solved
    assert flips == 4 and errors < 4
    assert SimulatedAnnealing().energy is None and problem.betas["flips"] == (0.5, 4.0)


def test_formulas_are_cooled_to_zero_temperature():
    """1 / beta is linear in the sweeps, from 0.2; a hundred sweeps do not solve this formula."""
    formula = bp.random_satisfiability(100, 9.8, 4, rng=3)
    found = SimulatedAnnealing(max_iter=300_000)(formula, rng=1)
    trace = found.trace
    assert not found.solved and trace["iterations"][-1] == 300_000
    sweeps = np.array([trace["iterations"][0] // 100 - 1, 2999])
    assert trace["beta"][[0, -1]] == pytest.approx(5 / np.maximum(1 - sweeps / 2999, 1e-9))
    hot = SimulatedAnnealing(beta=(5.0, np.inf), max_iter=300_000)(formula, rng=1)
    assert np.array_equal(hot.weights, found.weights) and SimulatedAnnealing(beta=[2, 3]).beta == [2, 3]


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"beta": 2.0}, ValueError, "beta must be a pair of numbers, the first and the last; got 2.0"),
        ({"beta": (0.0, np.inf)}, ValueError, "beta must be positive"),
        ({"beta": (np.inf, 1.0)}, ValueError, "beta must be finite"),
        ({"beta": (1.0, "x")}, TypeError, "beta must be a real number"),
        ({"order": "down"}, ValueError, "order must be one of 'random', 'sweep'; got 'down'"),
        ({"max_iter": 0}, ValueError, "max_iter must be"),
        ({"energy": "heat"}, ValueError, "energy must be one of 'errors', 'flips'; got 'heat'"),
    ],
)
def test_what_is_refused(options, error, sentence):
    problem = bp.random_instance(BinaryPerceptron(), 21, 0.3, rng=1)
    with pytest.raises(error, match=sentence):
        bp.solve(problem, "simulated-annealing", **options)


def test_real_patterns_have_errors_only():
    problem = bp.random_instance(BinaryPerceptron(), 21, 0.3, rng=1, patterns="gaussian")
    assert bp.solve(problem, "simulated-annealing", rng=1).solved
    with pytest.raises(ValueError, match="energy must be one of 'errors'; got 'flips'"):
        bp.solve(problem, "simulated-annealing", energy="flips")
