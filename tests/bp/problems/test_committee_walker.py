"""Walks over committee machines: costs are differences after every flip, compiled walks equal generic ones."""

import numpy as np
import pytest

import bp
from bp.problems.walkers import Moves, Walker
from replica_theory import BinaryPerceptron

MACHINES = [(1, 65, False, 0.0), (3, 21, False, 0.0), (3, 22, True, 0.3), (5, 13, True, 0.0), (7, 9, False, -0.4)]


def machine(units, inputs, tree, kappa, real=False):
    if real:
        shape = (30, units * inputs if tree else inputs)
        patterns = np.random.default_rng(3).standard_normal(shape)
        return bp.Committee(patterns, units=units, tree=tree, kappa=kappa)
    return bp.random_committee(BinaryPerceptron(kappa), units * inputs, units, 1.2, rng=2, tree=tree)


@pytest.mark.parametrize("real", [False, True])
@pytest.mark.parametrize("shape", MACHINES, ids=str)
def test_costs_are_differences_after_every_flip(shape, real):
    com = machine(*shape, real)
    weights = com.start(1)
    walker = com.walker(weights)
    for i in np.random.default_rng(5).integers(0, com.n, 12):
        flipped = [com.errors(np.where(np.arange(com.n) == k, -weights, weights)) for k in range(com.n)]
        costs = walker.costs()
        assert np.array_equal(costs, np.array(flipped) - com.errors(weights)) and np.any(costs)
        assert walker.cost(int(i)) == costs[i]
        walker.flip(int(i))
        weights[i] *= -1
        assert np.array_equal(walker.weights, weights) and walker.errors == walker.energy == com.errors(weights)


@pytest.mark.parametrize("real", [False, True])
@pytest.mark.parametrize("shape", MACHINES[1:3], ids=str)
def test_compiled_sweeps_are_the_generic_ones(shape, real):
    com = machine(*shape, real)
    fast, slow = (com.walker(com.start(1)) for _ in range(2))
    rng = np.random.default_rng(6)
    for _ in range(4):
        uniforms = rng.random(com.n)
        assert fast.sweep(uniforms, 1.3) == Walker.sweep(slow, uniforms, 1.3)
        assert np.array_equal(fast.weights, slow.weights)


@pytest.mark.parametrize("real", [False, True])
def test_compiled_moves_of_replicas_are_the_generic_ones(real):
    com = machine(3, 21, False, 0.0, real)
    fast, slow = ([com.walker(com.start(seed)) for seed in (1, 2, 3)] for _ in range(2))
    gains = np.random.default_rng(1).normal(size=(2, 2, 7)) * 0.3
    outcomes = []
    for walkers in (fast, slow):
        streams = np.random.default_rng(2).integers(1, 2**63, (3, 4)).astype(np.uint64)
        votes = np.sum([walker.weights for walker in walkers], axis=0, dtype=np.int64)
        moves = Moves(np.array([150, 150]), np.array([1.0, 2.0]), gains, votes, True, streams)
        anneal = type(walkers[0]).anneal if walkers is fast else Walker.anneal
        outcomes.append((tuple(map(int, anneal(walkers, moves))), votes.tolist()))
    assert outcomes[0] == outcomes[1] and outcomes[0][0][1] > 0
    assert all(np.array_equal(a.weights, b.weights) and a.errors == b.errors for a, b in zip(fast, slow, strict=True))


def test_real_sums_do_not_drift():
    com = machine(3, 9, False, 0.0, real=True)
    walker = com.walker(com.start(1))
    for i in np.random.default_rng(1).integers(0, com.n, 4100).tolist():
        walker.flip(i)
    np.testing.assert_allclose(walker._walk.sums[0], com.sums(walker.weights), atol=1e-13)  # four flips' rounding
    assert walker.errors == com.errors(walker.weights)
