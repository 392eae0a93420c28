"""Walks over formulas: what is kept up to date equals what is counted afresh, in every replica."""

import numpy as np
import pytest

from bp import random_satisfiability
from bp.problems.walkers import Moves


def stream(rng, replicas=1):
    return rng.integers(1, 2**64, size=(replicas, 4), dtype=np.uint64)


@pytest.mark.parametrize(("n", "ratio", "k"), [(60, 4.2, 3), (40, 9.0, 4), (5, 3.0, 1), (30, 2.0, 2)])
def test_costs_and_flips(n, ratio, k):
    rng = np.random.default_rng(1)
    sat = random_satisfiability(n, ratio, k, rng=2)
    walker = sat.walker(sat.start(rng))
    for i in rng.integers(0, n, 200):
        weights, cost = walker.weights, walker.cost(int(i))
        turned = weights.copy()
        turned[i] *= -1
        assert cost == sat.errors(turned) - sat.errors(weights) == walker.costs()[i]
        walker.flip(int(i))
        assert walker.errors == sat.errors(turned)
        assert walker._walk.broken[0, : walker.errors].tolist() != [] or walker.errors == 0
        assert set(walker._walk.broken[0, : walker.errors].tolist()) == set(np.flatnonzero(sat.violated(turned)))


def test_replicas_keep_their_own_masks():
    rng = np.random.default_rng(3)
    sat = random_satisfiability(50, 8.0, 4, rng=4)
    walkers = [sat.walker(sat.start(rng)) for _ in range(3)]
    votes = np.sum([w.weights for w in walkers], axis=0, dtype=np.int64)
    still = np.zeros((1, 2, 2 * (3 + 2) + 1))
    moves = Moves(np.array([3000]), np.array([1.0]), still, votes, True, stream(rng, 3))
    type(walkers[0]).anneal(walkers, moves)
    for walker in walkers:
        assert walker.errors == sat.errors(walker.weights)
        fresh = sat.walker(walker.weights)
        for name in ("trues", "critical", "breaks", "makes"):
            np.testing.assert_array_equal(getattr(walker._walk, name), getattr(fresh._walk, name))
    np.testing.assert_array_equal(votes, np.sum([w.weights for w in walkers], axis=0, dtype=np.int64))


@pytest.mark.parametrize("search", ["walksat", "metropolis"])
def test_focused_searches_end_at_solutions_with_the_best_on_the_way(search):
    rng = np.random.default_rng(5)
    sat = random_satisfiability(200, 3.5, 3, rng=6)
    walker = sat.focused(sat.start(rng))
    made, *flips, best = getattr(walker, search)(200_000, 0.4, stream(rng))
    assert all(0 < number <= made for number in flips)  # accepted proposals of metropolis
    assert sat.errors(best) == 0 == walker.errors and 0 < made < 200_000
    hard = random_satisfiability(100, 8.0, 3, rng=7)
    walker = hard.focused(hard.start(rng))
    before = walker.errors
    made, *_, best = getattr(walker, search)(2000, 0.4, stream(rng))
    assert (
        made == 2000
        and hard.errors(best) <= min(before, walker.errors)
        and walker.errors == hard.errors(walker.weights)
    )
