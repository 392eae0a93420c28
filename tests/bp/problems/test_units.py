"""What the units of a committee machine see, and the vote."""

import numpy as np
import pytest

import bp
from replica_theory import BinaryPerceptron


@pytest.mark.parametrize("tree", [False, True])
@pytest.mark.parametrize("real", [False, True])
def test_a_pattern_is_satisfied_where_most_units_are_right(tree, real):
    """By loops over patterns and units, from what was given."""
    rng = np.random.default_rng(1)
    units, inputs, count = 5, 7, 40
    shape = (count, units * inputs if tree else inputs)
    patterns = rng.standard_normal(shape) if real else rng.choice([-1, 1], shape)
    labels = rng.choice([-1, 1], count)
    com = bp.Committee(patterns, labels, units=units, tree=tree, kappa=0.4)
    weights = com.start(2)
    votes = np.zeros(count, dtype=int)
    for a in range(count):
        for k in range(units):
            part = slice(k * inputs, (k + 1) * inputs)
            seen = patterns[a, part] if tree else patterns[a]
            votes[a] += labels[a] * (seen @ weights[part].astype(float)) / np.sqrt(inputs) >= 0.4
    assert np.array_equal(com.violated(weights), votes < 3) and com.errors(weights) == np.sum(votes < 3) > 0
    assert (com.n, com.inputs, com.majority, com.kappa) == (35, 7, 3, 0.4)


@pytest.mark.parametrize("tree", [False, True])
@pytest.mark.parametrize(("inputs", "kappa"), [(64, 0.0), (65, 0.25), (65, -30.0), (9, 3.0), (9, 3.1)])
def test_votes_counted_in_bits_are_those_of_the_sums(tree, inputs, kappa):
    """At the ends of words, and with margins that all units meet, only perfect ones, or none."""
    com = bp.random_committee(BinaryPerceptron(kappa), 3 * inputs, 3, 0.3, rng=1, tree=tree)
    for seed in range(3):
        weights = com.start(seed)
        right = com.sums(weights) >= kappa * np.sqrt(inputs) - 1e-9
        assert np.array_equal(com.violated(weights), right.sum(axis=0) < 2)
    assert com.seen.shape[:2] == (3 if tree else 1, com.n_constraints) and not com.seen.flags.writeable


def test_real_patterns_are_judged_alike_at_any_scale():
    """A sum that meets the margin exactly satisfies it, whatever rounding makes of patterns 1e-13 or 1e13 in size."""
    patterns = np.array([[0.1, 0.2, -0.3], [0.3, -0.1, -0.2]])
    weights = np.ones(9, dtype=np.int8)
    for scale in (1e-13, 1.0, 1e13):
        com = bp.Committee(patterns * scale, units=3)
        assert com.errors(weights) == 0
        assert bp.Committee(patterns * scale - 0.01 * scale, units=3).errors(weights) == 2


def test_a_part_of_a_real_pattern_may_be_all_signs_or_all_zeros():
    com = bp.Committee([[1.0, -1.0, 0.0, 0.0, 0.5, 0.5]], units=3, tree=True)
    assert [part.is_binary for part in com.parts] == [False] * 3
    assert com.errors([1, 1, 1, 1, -1, -1]) == 0 and com.errors([-1, 1, 1, 1, -1, -1]) == 1
    gap, direction = com.present(0, np.array([-1, 1, 1, 1, -1, 1]))
    assert gap == pytest.approx(0.0) and not np.any(direction)  # the vote of a unit that sees nothing decides
    gap, direction = bp.Committee([[1.0, -1.0, 0.1, 0.1, 0.5, 0.5]], units=3, tree=True).present(0, -np.ones(6))
    assert gap < 0 and np.flatnonzero(direction).tolist() == [2, 3]


def test_units_of_a_tree_share_nothing():
    com = bp.random_committee(BinaryPerceptron(), 15, 3, 1.0, rng=1, tree=True)
    assert np.array_equal(np.concatenate([part.xi for part in com.parts], axis=1), com.data.xi)
    whole = bp.random_committee(BinaryPerceptron(), 15, 3, 1.0, rng=1)
    assert all(part is whole.data for part in whole.parts)
