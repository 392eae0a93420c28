"""Parallel tempering: energies, free entropies and the law itself against enumeration; ladders; what is not reached."""

import os
import signal

import numpy as np
import pytest

import bp
from bp import Instance, enumerate_solutions, parallel_tempering, random_committee, random_instance
from bp.algorithms import runs, tempering
from bp.problems.walkers import Ladder
from replica_theory import BinaryPerceptron, IntervalModel, SymmetricBinaryPerceptron

BETAS = np.arange(7.0)


def exact(problem, betas):
    """Energy, free entropy and entropy by enumeration."""
    counts = enumerate_solutions(problem, energies=True).energy_counts
    violated = np.arange(len(counts))
    weights = counts * np.exp(-np.outer(betas, violated))
    energy, free = weights @ violated / weights.sum(axis=1), np.log(weights.sum(axis=1)) / problem.n
    return energy / problem.n_constraints, free, free + betas * energy / problem.n


PROBLEMS = {
    "margin": lambda: random_instance(BinaryPerceptron(), 15, 0.8, rng=3),
    "symmetric": lambda: random_instance(SymmetricBinaryPerceptron(1.0), 15, 1.2, rng=3),
    "intervals": lambda: random_instance(IntervalModel([(-2.0, -0.8), (-0.1, 0.4), (1.0, np.inf)]), 15, 0.5, rng=3),
    "reals": lambda: random_instance(BinaryPerceptron(0.3), 15, 0.8, rng=3, patterns="gaussian"),
    "committee": lambda: random_committee(BinaryPerceptron(), 15, 3, 1.0, rng=1),
    "tree": lambda: random_committee(BinaryPerceptron(), 15, 3, 1.0, rng=1, tree=True),
}


@pytest.mark.parametrize("kind", PROBLEMS)
def test_numbers_are_those_of_enumeration(kind):
    problem = PROBLEMS[kind]()
    sample = parallel_tempering(problem, BETAS, sweeps=8000, rng=5)
    assert sample.converged and sample.round_trips > 20
    energy, free, entropy = exact(problem, BETAS)
    for found, error, known in (
        (sample.energy, sample.energy_error, energy),
        (sample.free_entropy, sample.free_entropy_error, free),
        (sample.entropy, sample.entropy_error, entropy),
    ):
        # six kinds of twenty numbers, a few independent ones each; errors are known to a quarter in the cold
        assert np.all(np.abs(found - known) <= 5 * error) and np.all(error < 0.02)
    own = sample.energies.mean(axis=0)
    assert np.all(np.abs(own - energy) < 0.02)


def test_errors_are_standard_errors():
    problem = random_instance(BinaryPerceptron(), 15, 0.8, rng=3)
    betas = np.array([0.0, 1.0, 2.0])
    energy, free, entropy = exact(problem, betas)
    samples = [parallel_tempering(problem, betas, sweeps=1000, rng=k) for k in range(80)]
    for k, known in (("energy", energy), ("free_entropy", free), ("entropy", entropy)):
        z = np.array([(getattr(s, k) - known)[1:] / getattr(s, f"{k}_error")[1:] for s in samples])
        assert np.all(np.abs(z.mean(axis=0)) < 4 / np.sqrt(80))
        # 1 to four times 1/sqrt(160); the larger of two estimates lowers it, few correlation times in the cold raise it
        assert np.all((z.std(axis=0) > 0.65) & (z.std(axis=0) < 1.4))


def test_the_law_of_all_temperatures_at_once():
    """Of 3 replicas on 3 weights, 512 states: chi-square, every fifth sweep."""
    problem = Instance([[1, 1, 1], [1, -1, 1], [-1, -1, 1]])
    betas, rng = np.array([0.0, 0.7, 1.6]), np.random.default_rng(1)
    walkers = [problem.walker(problem.start(rng)) for _ in betas]
    ladder = Ladder(betas, np.arange(3), rng.integers(1, 2**64, size=(4, 4), dtype=np.uint64))
    states = 2 * ((np.arange(8)[:, None] >> np.arange(3)) & 1) - 1
    single = np.exp(-np.outer(betas, [problem.errors(w) for w in states]))
    a, b, c = single / single.sum(axis=1, keepdims=True)
    expected = (a[:, None, None] * b[None, :, None] * c[None, None, :]).ravel()
    counts, draws = np.zeros(512), 8_000
    for t in range(draws):
        type(walkers[0]).temper(walkers, ladder, 5 * t, 5)
        places = [int((walkers[r].weights > 0) @ [1, 2, 4]) for r in ladder.at]
        counts[places[0] * 64 + places[1] * 8 + places[2]] += 1
    chi_square = np.sum((counts - draws * expected) ** 2 / (draws * expected))
    assert chi_square < 511 + 3.3 * np.sqrt(2 * 511)  # one in a thousand; some correlation is left after five sweeps


def test_close_to_belief_propagation_on_a_large_instance():
    instance = random_instance(BinaryPerceptron(), 201, 0.5, rng=1)
    sample = parallel_tempering(instance, 2.2, sweeps=4000, rng=1)
    assert sample.converged and np.all((sample.exchange > 0.15) & (sample.exchange < 0.5))
    for k in range(1, len(sample.betas), 2):
        run = bp.belief_propagation(instance, "gaussian", beta=float(sample.betas[k]))
        slack = 1 / instance.n  # what messages are off by
        assert abs(sample.energy[k] - run.energy) < 4 * sample.energy_error[k] + slack
        assert abs(sample.free_entropy[k] - run.free_entropy) < 4 * sample.free_entropy_error[k] + slack
        assert abs(sample.entropy[k] - run.entropy) < 4 * sample.entropy_error[k] + 2 * slack


def test_the_ladder_that_is_found_is_a_ladder_that_can_be_given():
    instance = random_instance(BinaryPerceptron(), 101, 0.5, rng=1)
    found = parallel_tempering(instance, 2.0, sweeps=200, rng=1)
    assert found.betas[0] == 0 and found.betas[-1] == 2.0 and 3 <= len(found.betas) <= 8
    given = parallel_tempering(instance, found.betas, sweeps=200, rng=1)
    assert np.array_equal(given.betas, found.betas) and not np.array_equal(given.energies, found.energies)
    again = parallel_tempering(instance, found.betas, sweeps=200, rng=1)
    assert given == again and not given.energies.flags.writeable
    assert given.weights.shape == (len(found.betas), 101)
    errors = [instance.errors(w) for w in given.weights]
    assert np.allclose(given.energies[-1] * instance.n_patterns, errors, atol=1e-9)


def test_blocks_make_no_difference(monkeypatch):
    instance = random_instance(BinaryPerceptron(), 31, 0.8, rng=1)
    whole = parallel_tempering(instance, BETAS, sweeps=50, rng=1)
    monkeypatch.setattr(tempering, "_BLOCK", 700)
    assert parallel_tempering(instance, BETAS, sweeps=50, rng=1) == whole


def test_temperatures_too_far_apart_are_no_ladder():
    instance = random_instance(BinaryPerceptron(), 401, 0.6, rng=1)
    sample = parallel_tempering(instance, [0.0, 3.0], sweeps=100, rng=1)
    assert sample.exchange[0] == 0 and sample.round_trips == 0 and sample.status == "max-iterations"
    assert "0 round trips" in sample.message and "too few to forget the start" in sample.message
    assert sample.free_entropy[0] == np.log(2) and np.isnan(sample.free_entropy[1]) and np.isnan(sample.entropy[1])
    assert sample.energy[1] == pytest.approx(sample.energies[:, 1].mean()) and sample.energy_error[1] > 0


def test_round_trips_are_counted():
    holders = np.array([[0, 1, 2], [1, 0, 2], [1, 2, 0], [0, 1, 2], [0, 2, 1], [2, 0, 1], [2, 1, 0], [0, 1, 2]])
    # replica 0 goes down, up, down and up again: two; 1 went up before it came down; 2 from cold to hot to cold: one
    assert tempering._round_trips(holders) == 3


@pytest.mark.parametrize(
    "options, error, message",
    [
        ({"betas": np.inf}, ValueError, r"betas must be positive and at most 100 \(.*\); got inf"),
        ({"betas": 0.0}, ValueError, "betas must be positive and at most 100 .*; got 0.0"),
        (
            {"betas": [1.0, 2.0]},
            ValueError,
            r"betas must be two numbers or more that increase from 0, up to 100; got \[1.0, 2.0\]",
        ),
        ({"betas": [0.0, 2.0, 1.0]}, ValueError, "betas must be two numbers or more that increase from 0"),
        ({"betas": [0.0]}, ValueError, "betas must be two numbers or more that increase from 0"),
        ({"betas": "cold"}, TypeError, "betas must be a real number or an array of them; got 'cold'"),
        ({"betas": 1.0, "sweeps": 10}, ValueError, "sweeps must be an integer of at least 20; got 10"),
        ({"betas": 1.0, "equilibration": -1}, ValueError, "equilibration must be a non-negative integer; got -1"),
    ],
)
def test_bad_arguments(options, error, message):
    with pytest.raises(error, match=message):
        parallel_tempering(Instance([[1, 1, 1]]), **options)
    with pytest.raises(TypeError, match="problem must be a problem with walkers"):
        parallel_tempering([[1]], 1.0)


def test_progress_and_signals(monkeypatch, caplog):
    monkeypatch.setattr(runs, "_QUIET", 0.0)
    instance = random_instance(BinaryPerceptron(), 21, 0.5, rng=1)
    with caplog.at_level("INFO", logger=runs.__name__):
        parallel_tempering(instance, 1.0, sweeps=20, rng=1)
    assert "parallel tempering: 24 of 24 sweeps" in caplog.text
    walk = tempering._Rungs.walk
    monkeypatch.setattr(
        tempering._Rungs, "walk", lambda self, sweeps: os.kill(os.getpid(), signal.SIGTERM) or walk(self, sweeps)
    )
    with pytest.raises(KeyboardInterrupt):
        parallel_tempering(instance, 1.0, sweeps=20, rng=1)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
