"""Entropies around solutions against counts by hand, where the finite size is known."""

import numpy as np
import pytest

import bp
from bp.validation.around_solutions import around_solutions
from replica_theory import BinaryPerceptron, binary_entropy


def test_without_a_constraint_all_of_the_finite_size_is_the_binomial():
    # Every configuration satisfies h >= -10, and so the entropy at a distance is that of all configurations.
    found = bp.enumerate_solutions(bp.random_instance(BinaryPerceptron(-10.0), 12, 0.2, rng=1))
    around, isolated = around_solutions(found, 12, (0.25, 0.35), 5, np.random.default_rng(1))
    assert found.count == 2**12
    # At k/N as it is; between, a cubic through the binary entropy at steps of 1/12.
    assert around[0] == pytest.approx(binary_entropy(0.25), abs=1e-12)
    assert around[1] == pytest.approx(binary_entropy(0.35), abs=1e-3)
    assert not isolated.any()


def test_without_solutions_there_are_none_around():
    found = bp.enumerate_solutions(bp.Instance([[1, 1, 1]], kappa=2.0))
    around, isolated = around_solutions(found, 3, (0.3,), 5, np.random.default_rng(1))
    assert np.isnan(around).all() and isolated.tolist() == [1.0]
