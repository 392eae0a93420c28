"""Replicated annealing: its joint law against enumeration, and its limits."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import chi2

import bp
from bp.algorithms import annealing
from bp.algorithms.annealing import SimulatedAnnealing
from bp.algorithms.replicated_annealing import ReplicatedAnnealing
from replica_theory import BinaryPerceptron

N, Y, BETA, GAMMA = 5, 3, 0.8, 0.35
ENDS = ("replica", "majority")


@pytest.mark.parametrize(("centre", "order"), [("traced", "random"), ("explicit", "random"), ("traced", "sweep")])
def test_joint_law_is_that_of_enumeration(centre, order, monkeypatch):
    """Chi-square over the energies of all replicas and the sum of squared votes; four sweeps between two samples.

    A pattern and its opposite keep the energy off zero, where runs end. Samples are a little correlated, which widens
    the chi-square by some ten per cent: its limit is the one in 1e5.
    """
    rows = [[1, 1, -1, 1, 1], [-1, -1, 1, -1, -1], [1, -1, 1, 1, -1], [1, 1, 1, -1, 1]]
    problem = bp.Instance(rows)
    spins = np.array(list(product([-1, 1], repeat=N)))
    energy = np.array([problem.errors(w) for w in spins])
    a, b, c = np.ix_(*[range(2**N)] * Y)
    votes = spins[a] + spins[b] + spins[c]
    weight = -BETA * (energy[a] + energy[b] + energy[c]) + np.log(2 * np.cosh(GAMMA * votes)).sum(axis=-1)
    label = 100 * (energy[a] + energy[b] + energy[c]) + np.sum(votes**2, axis=-1)
    law = np.bincount(label.ravel(), np.exp(weight - weight.max()).ravel())

    monkeypatch.setattr(annealing, "_BLOCK", 4 * Y * N)
    options = {"beta": (BETA, BETA), "gamma": (GAMMA, GAMMA), "centre": centre, "energy": "errors", "order": order}
    solver = ReplicatedAnnealing(replicas=Y, **options, max_iter=10**9)
    run = annealing._Replicas(solver, problem, np.random.default_rng(3), None)
    samples, counts = 3000, np.zeros(len(law))
    for _ in range(samples):
        for _ in range(4 if centre == "explicit" else 1):
            run._block()
        weights = np.array([walker.weights for walker in run.walkers], dtype=np.int64)
        counts[100 * sum(walker.energy for walker in run.walkers) + np.sum(weights.sum(axis=0) ** 2)] += 1
    expected = samples * law / law.sum()
    assert np.all(counts[law == 0] == 0)
    large = expected > 10
    counts, expected = (np.append(x[large], x[~large].sum()) for x in (counts, expected))
    assert len(counts) > 20
    assert np.sum((counts - expected) ** 2 / expected) < chi2.isf(1e-5, len(counts) - 1)


def hard():
    return bp.random_instance(BinaryPerceptron(), 31, 1.6, rng=2)


@pytest.mark.parametrize("centre", ["traced", "explicit"])
def test_a_single_replica_is_plain_annealing_move_for_move(centre):
    options = {"energy": "errors", "max_iter": 3000}
    runs = []
    for solver in (ReplicatedAnnealing(replicas=1, centre=centre, **options), SimulatedAnnealing(**options)):
        run = annealing._Replicas(solver, hard(), np.random.default_rng(3), None)
        while run.done < run.limit:
            run._block()
        runs.append(run)
    alone, plain = runs
    assert np.array_equal(alone.walkers[0].weights, plain.walkers[0].weights)
    assert np.array_equal(alone.streams, plain.streams) and alone.done == plain.done == 3000


@pytest.mark.parametrize("centre", ["traced", "explicit"])
def test_votes_and_energies_are_those_of_the_replicas(centre):
    run = annealing._Replicas(ReplicatedAnnealing(centre=centre), hard(), np.random.default_rng(1), None)
    for _ in range(3):
        run._block()
        for walker in run.walkers:
            assert walker.energy == hard().walker(walker.weights, "flips").energy
        fewest = min(hard().errors(walker.weights) for walker in run.walkers)
        assert run._look() <= fewest  # the majority may have fewer


def test_coupled_replicas_end_closer_than_uncoupled_ones():
    overlaps = []
    for gamma in (0.0, 2.0):
        solver = ReplicatedAnnealing(replicas=3, gamma=(gamma, gamma), energy="errors", max_iter=3 * 31 * 200)
        run = annealing._Replicas(solver, hard(), np.random.default_rng(1), None)
        run._block()
        one, two, three = (walker.weights.astype(float) for walker in run.walkers)
        overlaps.append((one @ two + one @ three + two @ three) / (3 * 31))
    assert overlaps[1] > 0.9 > overlaps[0]


def test_a_run_goes_on_until_the_majority_solves():
    problem = bp.random_instance(BinaryPerceptron(), 101, 0.4, rng=2)
    first = ReplicatedAnnealing(until="replica")(problem, rng=4)
    run = annealing._Replicas(ReplicatedAnnealing(), problem, np.random.default_rng(4), None)
    for _ in run.solution():
        pass
    majority = np.sign(np.sum([walker.weights for walker in run.walkers], axis=0, dtype=int))
    assert first.solved and first.iterations < run.done < run.limit
    assert np.array_equal(run.best, majority) and problem.errors(majority) == 0


def test_a_replica_that_solves_is_kept_where_the_majority_does_not():
    """The majority of uncoupled replicas solves nothing."""
    problem = bp.random_instance(BinaryPerceptron(), 101, 0.6, rng=2)
    first, last = (ReplicatedAnnealing(gamma=(0, 0), until=u, max_iter=10**6)(problem, rng=4) for u in ENDS)
    assert first.solved and last.solved and np.array_equal(first.weights, last.weights)
    assert first.iterations < last.iterations == 10**6


@pytest.mark.parametrize("gamma", [0.0, 0.4, 30.0])
@pytest.mark.parametrize("replicas", [2, 3])
def test_gains_are_differences_of_the_weight_of_the_coupling(gamma, replicas):
    traced, explicit = (annealing._gains(gamma, replicas, traced) for traced in (True, False))
    votes = np.arange(-replicas, replicas + 1)
    log_2cosh = lambda v: np.logaddexp(gamma * v, -gamma * v)  # noqa: E731
    for k, by in enumerate((-2, 2)):
        assert np.allclose(traced[k], log_2cosh(votes + by) - log_2cosh(votes), rtol=1e-12, atol=1e-12)
        assert np.array_equal(explicit[k][[0, 2]], gamma * by * np.array([-1.0, 1.0]))


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"replicas": 0}, ValueError, "replicas must be"),
        ({"replicas": 2.5}, TypeError, "replicas must be"),
        ({"gamma": 0.5}, ValueError, "gamma must be a pair of numbers"),
        ({"gamma": (-1.0, 0.5)}, ValueError, "gamma must be"),
        ({"until": "all"}, ValueError, "until must be one of 'majority', 'replica'; got 'all'"),
        ({"centre": "none"}, ValueError, "centre must be one of 'traced', 'explicit'; got 'none'"),
    ],
)
def test_what_is_refused(options, error, sentence):
    with pytest.raises(error, match=sentence):
        ReplicatedAnnealing(**options)
