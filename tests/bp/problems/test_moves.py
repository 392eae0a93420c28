"""Compiled moves of replicas against the readable ones of `Walker.anneal`, move for move."""

import numpy as np
import pytest

import bp
from bp.problems import _moves
from bp.problems.walkers import Ladder, Moves, Walker
from replica_theory import BinaryPerceptron, SymmetricBinaryPerceptron

CASES = [("errors", "binary"), ("flips", "binary"), ("errors", "gaussian")]
COUPLINGS = ["none", "traced", "explicit"]


def replicas(model, energy, patterns, number=3, n=31, alpha=1.5):
    """An instance, and copies of walkers on it in pairs."""
    inst = bp.random_instance(model, n, alpha, rng=4, patterns=patterns)
    starts = [inst.start(seed) for seed in range(number)]
    return inst, *([inst.walker(w, energy) for w in starts] for _ in range(2))


def moves(walkers, coupling, gamma=0.4, sweeps=20, seed=1):
    rng, weights = np.random.default_rng(seed), np.array([walker.weights for walker in walkers], dtype=np.int64)
    y, n = weights.shape
    gains = np.zeros((2, 1))
    if coupling == "traced":
        v = np.arange(-y, y + 1)
        weight = np.log(2 * np.cosh(gamma * v))
        lowered, raised = (np.log(2 * np.cosh(gamma * (v + by))) - weight for by in (-2, 2))
        gains = np.array([lowered, raised])
    elif coupling == "explicit":
        gains = 2 * gamma * np.array([[1.0, 0.0, -1.0], [-1.0, 0.0, 1.0]])
    votes = weights.sum(axis=0) if coupling != "explicit" else rng.choice([-1, 1], n)
    streams = rng.integers(1, 2**64, size=(y, 4), dtype=np.uint64)
    proposals, betas = np.full(sweeps, y * n), np.linspace(0.5, 2.0, sweeps)
    return Moves(proposals, betas, np.array([gains] * sweeps), votes.copy(), coupling == "traced", streams)


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("coupling", COUPLINGS)
@pytest.mark.parametrize(("energy", "patterns"), CASES)
@pytest.mark.parametrize("model", [BinaryPerceptron(), SymmetricBinaryPerceptron(1.0)], ids=repr)
def test_compiled_moves_are_the_readable_ones(model, energy, patterns, coupling, ordered):
    _, fast, slow = replicas(model, energy, patterns)
    these, those = (moves(walkers, coupling, sweeps=6)._replace(ordered=ordered) for walkers in (fast, slow))
    counts = type(fast[0]).anneal(fast, these)
    assert counts == Walker.anneal(slow, those) and 0 < counts[1] < counts[0]
    assert np.array_equal(these.votes, those.votes) and np.array_equal(these.streams, those.streams)
    for one, other in zip(fast, slow, strict=True):
        assert np.array_equal(one.weights, other.weights) and one.energy == other.energy


@pytest.mark.parametrize("ordered", [False, True])
def test_where_flips_are_proposed(ordered):
    """At infinite temperature every proposal is made: in order each weight of each replica turns once a sweep.

    At random some 37 % of 31 weights are left out of a sweep, and others turn twice.
    """
    _, walkers, _ = replicas(BinaryPerceptron(), "errors", "binary", number=2)
    before = np.array([walker.weights for walker in walkers])
    plan = moves(walkers, "none", sweeps=1)._replace(betas=np.zeros(1), ends=False, ordered=ordered)
    assert type(walkers[0]).anneal(walkers, plan) == (62, 62)
    turned = np.array([walker.weights for walker in walkers]) != before
    assert turned.all() if ordered else 10 < turned.sum() < 45


def test_walks_can_go_on_where_nothing_is_violated():
    """A single pattern is soon met, and lost again."""
    problem, counts = bp.Instance([[1, 1, -1]]), []
    for ends in (True, False):
        for compiled in (True, False):
            walker = problem.walker([-1, -1, 1])
            plan = moves([walker], "none", sweeps=20)._replace(ends=ends)
            counts.append(tuple((type(walker) if compiled else Walker).anneal([walker], plan)))
    assert counts[0] == counts[1] and counts[0][0] < 60
    assert counts[2] == counts[3] and counts[2][0] == 60


@pytest.mark.parametrize("coupling", ["traced", "explicit"])
@pytest.mark.parametrize(("energy", "patterns"), CASES)
def test_what_is_tracked_equals_what_is_recomputed(energy, patterns, coupling):
    inst, walkers, _ = replicas(BinaryPerceptron(), energy, patterns)
    plan = moves(walkers, coupling)
    before = plan.votes.copy()
    type(walkers[0]).anneal(walkers, plan)
    weights = np.array([walker.weights for walker in walkers], dtype=np.int64)
    assert np.array_equal(plan.votes, weights.sum(axis=0) if coupling == "traced" else before)
    for walker, w in zip(walkers, weights, strict=True):
        anew = inst.walker(w, energy)
        assert walker.errors == inst.errors(w) and walker.energy == anew.energy
        assert np.array_equal(walker.costs(), anew.costs())


def test_replicas_without_coupling_are_independent_runs():
    """Move for move: a replica draws from its own stream."""
    _, together, apart = replicas(BinaryPerceptron(), "errors", "binary")
    plan = moves(together, "traced", gamma=0.0)
    single = [moves([walker], "none") for walker in apart]
    for r, (walker, own) in enumerate(zip(apart, single, strict=True)):
        type(walker).anneal([walker], own._replace(streams=plan.streams[r : r + 1].copy()))
    type(together[0]).anneal(together, plan)
    for one, other in zip(together, apart, strict=True):
        assert np.array_equal(one.weights, other.weights) and one.energy > 0


def test_the_walk_ends_where_a_replica_has_no_energy():
    inst, walkers, _ = replicas(BinaryPerceptron(), "flips", "binary", alpha=0.2)
    proposals, _ = type(walkers[0]).anneal(walkers, plan := moves(walkers, "traced", sweeps=500))
    assert proposals < plan.proposals.sum()
    assert sorted(inst.errors(walker.weights) == 0 for walker in walkers) == [False, False, True]


def test_the_largest_costs_are_beyond_the_table_of_boltzmann_factors():
    """A pattern shown 90 times: flips cost or bring up to 90, and huge temperatures stay finite."""
    inst = bp.Instance(np.array([[1, 1, 1]] * 90 + [[1, -1, 1]] * 80 + [[-1, 1, -1]] * 85))
    for scale in (1.0, 1e3):
        fast, slow = (inst.walker([1, 1, 1]) for _ in range(2))
        these, those = (
            moves([walker], "none")._replace(betas=scale * np.linspace(0, 0.1, 20)) for walker in (fast, slow)
        )
        assert type(fast).anneal([fast], these) == Walker.anneal([slow], those)
        assert np.array_equal(fast.weights, slow.weights)


@pytest.mark.parametrize(("energy", "patterns"), CASES)
@pytest.mark.parametrize("model", [BinaryPerceptron(), SymmetricBinaryPerceptron(1.0)], ids=repr)
def test_compiled_tempering_is_the_readable_one(model, energy, patterns):
    inst, fast, slow = replicas(model, energy, patterns, number=4, n=17)
    ladders = [ladder(4) for _ in range(2)]
    for first in (0, 3):
        one = type(fast[0]).temper(fast, ladders[0], first, 3)
        other = Walker.temper(slow, ladders[1], first, 3)
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True)) and one.swaps.sum() > 0
    assert all(np.array_equal(a, b) for a, b in zip(*ladders, strict=True))
    for a, b in zip(fast, slow, strict=True):
        assert np.array_equal(a.weights, b.weights) and a.energy == b.energy
        assert a.energy == inst.walker(a.weights, energy).energy


def test_a_ladder_of_one_temperature_is_a_heat_bath():
    """Sweeps of `heat_bath` with the numbers of the stream; and huge costs are beyond the table of probabilities."""
    inst = bp.Instance(np.array([[1, 1, 1]] * 90 + [[1, -1, 1]] * 80 + [[-1, 1, -1]] * 85))
    for beta in (0.02, 1e3):
        alone, one = inst.walker([1, 1, 1]), ladder(1, beta)
        course = type(alone).temper([alone], one, 0, 30)
        streams, other = ladder(1).streams, inst.walker([1, 1, 1])
        for energies in course.energies:
            uniforms = np.array([_moves.uniform_of(streams, 0) for _ in range(3)])
            with np.errstate(over="ignore"):
                other.sweep(uniforms, beta)
            assert other.energy == energies[0]
        assert np.array_equal(alone.weights, other.weights)


def ladder(rungs, beta=None):
    betas = np.linspace(0, 2, rungs) if beta is None else np.array([beta])
    streams = np.random.default_rng(1).integers(1, 2**64, size=(rungs + 1, 4), dtype=np.uint64)
    return Ladder(betas, np.arange(rungs), streams)


def test_draws_are_uniform_and_repeat():
    streams = np.array([[1, 2, 3, 4], [5, 6, 7, 8]], dtype=np.uint64)
    again = streams.copy()
    drawn = np.array([_moves.draw(streams, k % 2, 10) for k in range(20_000)])
    assert np.array_equal(drawn[:50], [_moves.draw(again, k % 2, 10) for k in range(50)])
    sites, uniforms = drawn[40:].T
    counts = np.bincount(sites.astype(int), minlength=10)
    assert len(counts) == 10 and np.sum((counts - 1996) ** 2) / 1996 < 27.9  # chi-square of 9, one in a thousand
    assert abs(uniforms.mean() - 0.5) < 4 * np.sqrt(1 / 12 / len(uniforms)) and 0 <= uniforms.min() < uniforms.max() < 1
