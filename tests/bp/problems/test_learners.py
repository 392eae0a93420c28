"""Learners in bits against the readable one, lesson for lesson, and the rule itself by hand."""

import numpy as np
import pytest

import bp
from bp.problems.learners import BitLearner, Learner, gap_tables
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
