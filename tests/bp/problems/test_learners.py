"""Learners in bits against the readable one, lesson for lesson, and the rule itself by hand."""

import numpy as np
import pytest

import bp
from bp.problems.learners import BitLearner, Learner, Pull, gap_tables
from replica_theory import BinaryPerceptron, IntervalModel, SymmetricBinaryPerceptron, UShapePerceptron

MODELS = [BinaryPerceptron(), BinaryPerceptron(0.4), SymmetricBinaryPerceptron(1.0), UShapePerceptron(0.5),
          IntervalModel([(-2.0, -0.4), (0.1, 0.7)])]  # fmt: skip


def pair(model, n, alpha=0.9):
    """The learner of an instance in bits, and the readable one."""
    inst = bp.random_instance(model, n, alpha, rng=2)
    start = inst.start(3)
    fast = inst.learner(start)
    assert isinstance(fast, BitLearner)
    return inst, fast, Learner(inst.present, start)


@pytest.mark.parametrize("model", MODELS, ids=repr)
@pytest.mark.parametrize("n", [64, 71])
def test_sweeps_in_bits_are_the_readable_ones(model, n):
    """Fields stay small integers, exact in single precision."""
    inst, fast, slow = pair(model, n)
    rng, violated = np.random.default_rng(5), []
    for _ in range(8):
        order, coins = rng.permutation(inst.n_patterns), rng.random(inst.n_patterns)
        violated.append(fast.sweep(order, coins, 0.5))
        assert violated[-1] == slow.sweep(order, coins, 0.5)
        for learner in (fast, slow):
            learner.limit(5.0)
        assert np.array_equal(fast.fields, slow.fields) and np.array_equal(fast.weights, slow.weights)
        assert np.max(np.abs(fast.fields)) <= 5
    assert sum(violated) > 0


@pytest.mark.parametrize("model", MODELS, ids=repr)
@pytest.mark.parametrize("rate", [2.0, 0.3])
def test_batches_in_bits_are_the_readable_ones(model, rate):
    """To the rounding of a few sums in single precision where the rate is no power of two."""
    inst, fast, slow = pair(model, 71)
    for order in np.array_split(np.random.default_rng(5).permutation(inst.n_patterns), 4):
        assert fast.batch(order, rate) == slow.batch(order, rate)
        assert np.allclose(fast.fields, slow.fields, rtol=0, atol=0 if rate == 2.0 else 1e-5)
        assert np.array_equal(fast.weights, slow.weights)


@pytest.mark.parametrize("model", MODELS[:3], ids=repr)
@pytest.mark.parametrize("voting", [True, False])
def test_pulls_in_bits_are_the_readable_ones(model, voting):
    """Fields and gains are multiples of a quarter, exact in single precision."""
    inst, fast, slow = pair(model, 71)
    rng = np.random.default_rng(5)
    gains = rng.integers(-8, 9, (2, 7)) / 4
    votes = 2 * (slow.weights.astype(np.int64) + rng.integers(0, 2, 71)) - 1
    ours, theirs = Pull(votes.copy(), gains, voting), Pull(votes.copy(), gains, voting)
    for order in np.array_split(rng.permutation(inst.n_patterns), 6):
        assert fast.batch(order, 2.0, ours) == slow.batch(order, 2.0, theirs)
        assert np.array_equal(fast.fields, slow.fields) and np.array_equal(fast.weights, slow.weights)
        assert np.array_equal(ours.votes, theirs.votes)
        assert voting or np.array_equal(ours.votes, votes)


def test_pulls_by_hand():
    """One weight that is right already: the gain of its sign and vote is added, and its vote follows it."""
    pull = Pull(np.array([1]), np.array([[9.0, 9.0, 9.0], [9.0, 9.0, -2.5]]), True)
    learner = bp.Instance([[1]]).learner([1])
    assert learner.batch(np.array([0]), 2.0, pull) == 0
    assert learner.fields.tolist() == [-1.5] and pull.votes.tolist() == [-1]


def test_lessons_by_hand():
    """Three weights and one pattern: wrong, barely right with and without a coin, right with flips to spare."""
    inst = bp.Instance([[1, 1, 1]])
    rows, coins = np.array([0]), np.array([0.5])
    for start, barely, violated, fields in [
        ([1, -1, -1], 0.0, 1, [3, 1, 1]),
        ([1, 1, -1], 0.0, 0, [1, 1, -1]),
        ([1, 1, -1], 0.6, 0, [3, 3, -1]),
        ([1, 1, 1], 0.6, 0, [1, 1, 1]),
    ]:
        for learner in (inst.learner(start), Learner(inst.present, np.array(start))):
            assert learner.sweep(rows, coins, barely) == violated
            assert learner.fields.tolist() == fields


@pytest.mark.parametrize("model", MODELS, ids=repr)
@pytest.mark.parametrize("n", [10, 11])
def test_gap_tables_against_walks_over_the_sums(model, n):
    lattice = bp.random_instance(model, n, 0.5, rng=1).allowed.lattice
    gaps, sides = gap_tables(n, lattice)
    sums = np.arange(-n - 2, n + 3, 2)
    allowed = ((sums[:, None] >= lattice[:, 0]) & (sums[:, None] <= lattice[:, 1])).any(axis=1)
    assert np.array_equal(gaps >= 0, allowed)
    for place in np.flatnonzero(~allowed):
        nearest = np.min(np.abs(np.flatnonzero(allowed) - place))
        if nearest == -gaps[place]:
            assert allowed[place + sides[place] * nearest]
        else:  # the nearest allowed sum lies beyond the table, where no configuration has it
            assert nearest > -gaps[place]


def test_fields_are_copies_and_restored():
    _, fast, slow = pair(BinaryPerceptron(), 71)
    for learner in (fast, slow):
        before = learner.fields
        learner.fields[:] = 9
        assert np.array_equal(learner.fields, before)
        learner.restore(-before)
        assert np.array_equal(learner.weights, -np.sign(before))
