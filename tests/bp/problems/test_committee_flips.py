"""Walks by the flips that violated patterns miss: costs are differences, a search repairs what messages leave."""

import numpy as np
import pytest

import bp
from bp.algorithms.local_search import local_search
from bp.problems.walkers import Walker
from replica_theory import BinaryPerceptron

MACHINES = [(1, 65, False, 0.0), (3, 21, False, 0.0), (3, 22, True, 0.3), (5, 13, True, 0.0), (7, 9, False, -0.4)]


def missed(com, weights):
    """Fewest flips, pattern by pattern, that make a majority right, from the sums."""
    flips = np.maximum(com.allowed.lattice[0, 0] - com.sums(weights), 0) // 2
    return int(np.sort(flips, axis=0)[: com.majority].sum())


@pytest.mark.parametrize("shape", MACHINES, ids=str)
def test_costs_are_differences_after_every_flip(shape):
    units, inputs, tree, kappa = shape
    com = bp.random_committee(BinaryPerceptron(kappa), units * inputs, units, 1.2, rng=2, tree=tree)
    weights = com.start(1)
    walker = com.walker(weights, "flips")
    for i in np.random.default_rng(5).integers(0, com.n, 12):
        assert (walker.energy, walker.errors) == (missed(com, weights), com.errors(weights))
        flipped = [missed(com, np.where(np.arange(com.n) == k, -weights, weights)) for k in range(com.n)]
        assert np.array_equal(walker.costs(), np.array(flipped) - walker.energy)
        walker.flip(int(i))
        weights[i] *= -1
        assert np.array_equal(walker.weights, weights)


def test_one_unit_is_the_perceptron():
    inst = bp.random_instance(BinaryPerceptron(), 64, 0.9, rng=2)
    com = bp.Committee(inst.patterns, inst.labels, units=1)
    fast, slow = com.walker(com.start(1), "flips"), inst.walker(com.start(1), "flips")
    assert fast.energy == slow.energy and np.array_equal(fast.costs(), slow.costs())


def test_compiled_sweeps_are_the_generic_ones():
    com = bp.random_committee(BinaryPerceptron(), 63, 3, 1.0, rng=2)
    fast, slow = (com.walker(com.start(1), "flips") for _ in range(2))
    for seed in range(4):
        uniforms = np.random.default_rng(seed).random(com.n)
        assert fast.sweep(uniforms, 1.3) == Walker.sweep(slow, uniforms, 1.3)
        assert np.array_equal(fast.weights, slow.weights)


def test_a_search_finds_a_solution():
    com = bp.random_committee(BinaryPerceptron(), 105, 5, 0.3, rng=1)
    start = com.start(1)
    assert com.errors(start) > 10 and com.errors(local_search(com, start, steps=400, rng=1)) == 0
