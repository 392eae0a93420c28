"""Monte Carlo moves and lessons in bits: ``pytest -n 0 benchmarks/test_walks.py`` (not part of a plain pytest run).

A proposal is all of a step: random numbers, cost, acceptance, and the flip where it is accepted. Extra info has the
CPU nanoseconds a step, these for each pattern, and the part of the proposals that was accepted.
"""

import time

import numpy as np
import pytest

import bp
from bp.problems.committee import random_committee
from bp.problems.walkers import Moves
from replica_theory import BinaryPerceptron

pytest.importorskip("pytest_benchmark")

PROPOSALS = 2_000_000
GAMMA = 1.0


def plan(walkers, sweeps, beta, rng):
    """Sweeps of all replicas at one temperature; coupled if there are several."""
    weights = np.array([walker.weights for walker in walkers], dtype=np.int64)
    y, n = weights.shape
    votes = np.arange(-y - 2, y + 3)
    log_weight = np.logaddexp(GAMMA * votes, -GAMMA * votes)
    gains = np.array([log_weight[:-4] - log_weight[2:-2], log_weight[4:] - log_weight[2:-2]])
    gains = np.zeros((2, 1)) if y == 1 else gains
    streams = rng.integers(1, 2**64, size=(y, 4), dtype=np.uint64)
    proposals, betas = np.full(sweeps, y * n), np.full(sweeps, beta)
    return Moves(proposals, betas, np.array([gains] * sweeps), weights.sum(axis=0), y > 1, streams)


def measured(benchmark, problem, energy, replicas, beta):
    rng = np.random.default_rng(1)
    walkers = [problem.walker(problem.start(rng), energy) for _ in range(replicas)]
    anneal = type(walkers[0]).anneal
    anneal(walkers, plan(walkers, 100, beta, rng))  # compiles, and goes where a run is
    times, steps = [], PROPOSALS // (replicas * problem.n)

    def run():
        moves = plan(walkers, steps, beta, rng)
        start = time.process_time()
        done, made = anneal(walkers, moves)
        times.append((1e9 * (time.process_time() - start) / done, made / done))

    benchmark.pedantic(run, rounds=5)
    step, accepted = min(times)
    benchmark.extra_info.update({"ns/step": step, "ns/pattern": step / problem.n_constraints, "accepted": accepted})


@pytest.mark.parametrize("replicas", [1, 3])
@pytest.mark.parametrize("beta", [1.0, 2.5, 4.0])
@pytest.mark.parametrize("energy", ["errors", "flips"])
@pytest.mark.parametrize(("n", "alpha"), [(801, 0.3), (4001, 1.0)])
def test_perceptron(benchmark, n, alpha, energy, beta, replicas):
    """A pattern and its opposite keep the energy off zero, where a walk ends."""
    xi = bp.random_instance(BinaryPerceptron(), n, alpha, rng=1).xi
    measured(benchmark, bp.Instance(np.concatenate([xi, -xi[:1]])), energy, replicas, beta)


@pytest.mark.parametrize("replicas", [1, 3])
@pytest.mark.parametrize("beta", [1.0, 2.5])
@pytest.mark.parametrize("energy", ["errors", "flips"])
@pytest.mark.parametrize("tree", [False, True])
def test_committee(benchmark, tree, energy, beta, replicas):
    problem = random_committee(BinaryPerceptron(), 1005, 5, 0.5, rng=1, tree=tree)
    measured(benchmark, problem, energy, replicas, beta)


@pytest.mark.parametrize(("n", "alpha"), [(1001, 0.6), (10_001, 0.6)])
def test_lessons(benchmark, n, alpha):
    """A sweep of SBPI: most patterns are right with flips to spare and cost their sum alone."""
    problem = bp.random_instance(BinaryPerceptron(), n, alpha, rng=1)
    rng, learner, times = np.random.default_rng(1), problem.learner(problem.start(1)), []

    def sweep():
        order, coins = rng.permutation(problem.n_constraints), rng.random(problem.n_constraints)
        start = time.process_time()
        violated = learner.sweep(order, coins, 0.4)
        times.append((1e9 * (time.process_time() - start) / len(order), violated / len(order)))

    for _ in range(10):
        sweep()
    times.clear()
    benchmark.pedantic(sweep, rounds=10)
    step, violated = np.median(times, axis=0)
    benchmark.extra_info.update({"ns/lesson": step, "ns/edge": step / n, "violated": violated})
