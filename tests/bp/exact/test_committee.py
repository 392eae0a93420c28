"""Enumeration of committee machines against loops over all configurations."""

import itertools

import numpy as np
import pytest

import bp
from bp.exact.committee import CommitteeWalk
from replica_theory import BinaryPerceptron

MACHINES = [(3, 4, False, 0.6, 0.0), (3, 3, True, 0.5, 0.3), (5, 2, False, 1.0, 0.0), (3, 3, True, 8.0, -1.2)]
MACHINES += [(9, 1, False, 0.3, 0.0)]


def every(n):
    """All configurations, in the order of the integers whose bits they are."""
    return np.array(list(itertools.product([-1, 1], repeat=n)), dtype=np.int8)[:, ::-1]


def check(com):
    weights = every(com.n)
    errors = np.array([com.errors(w) for w in weights])
    found = bp.enumerate_solutions(com, energies=True)
    assert found.count == np.sum(errors == 0)
    assert np.array_equal(found.energy_counts, np.bincount(errors, minlength=com.n_constraints + 1))
    assert np.array_equal(found.solutions(), weights[errors == 0])
    if found.count:
        np.testing.assert_allclose(found.magnetizations, weights[errors == 0].mean(axis=0), atol=1e-15)
    return found.count


@pytest.mark.parametrize("shape", MACHINES, ids=str)
def test_every_configuration_is_counted(shape):
    units, inputs, tree, alpha, kappa = shape
    check(bp.random_committee(BinaryPerceptron(kappa), units * inputs, units, alpha, rng=1, tree=tree))


@pytest.mark.parametrize("tree", [False, True])
def test_real_patterns_of_any_scale(tree):
    patterns = 1e-13 * np.random.default_rng(4).standard_normal((2, 9 if tree else 3))
    assert check(bp.Committee(patterns, units=3, tree=tree)) > 0


def test_one_unit_is_the_perceptron():
    inst = bp.random_instance(BinaryPerceptron(), 13, 0.5, rng=1)
    com = bp.Committee(inst.patterns, inst.labels, units=1)
    found, walk = bp.enumerate_solutions(inst, energies=True), CommitteeWalk(com)
    count, ones, offsets = walk.tally()
    assert count == found.count and np.array_equal((2 * ones - count) / count, found.magnetizations)
    assert np.array_equal(walk.solutions(offsets), found.packed)
    assert np.array_equal(walk.energies(), found.energy_counts)
    assert bp.enumerate_solutions(com) == bp.enumerate_solutions(inst)


def test_what_is_too_large_or_no_machine_is_refused():
    with pytest.raises(ValueError, match="stops at N = 30; this instance has N = 33"):
        bp.enumerate_solutions(bp.random_committee(BinaryPerceptron(), 33, 3, 0.5, rng=1))
    with pytest.raises(TypeError, match="instance must be an Instance or a Committee or a Satisfiability; got 3"):
        bp.enumerate_solutions(3)
