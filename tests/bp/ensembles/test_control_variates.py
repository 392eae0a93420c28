"""Control variates: their means vanish exactly, over all patterns there are."""

from itertools import product

import numpy as np
import pytest

import bp
from bp.ensembles.control_variates import controls
from replica_theory import BinaryPerceptron, SymmetricBinaryPerceptron, TeacherStudent


@pytest.mark.parametrize("teacher", [None, [1, -1, 1]])
def test_the_mean_over_all_patterns_is_zero(teacher):
    n, p = 3, 2
    values = []
    for signs in product([-1, 1], repeat=n * p):
        patterns = np.reshape(signs, (p, n))
        if teacher is None:
            values.append(controls(bp.Instance(patterns)))
        else:
            labels = np.sign(patterns @ np.array(teacher))
            values.append(controls(bp.Instance(patterns, labels, teacher=teacher)))
    assert np.shape(values) == (2 ** (n * p), 2 if teacher is None else 3)
    # rounding of 64 numbers of order one
    np.testing.assert_allclose(np.mean(values, axis=0), 0, atol=1e-14)
    assert np.all(np.std(values, axis=0) > 0.1)


def test_they_are_the_sums_of_overlaps_as_printed():
    instance = bp.random_instance(BinaryPerceptron(), 31, 0.5, rng=1)
    xi = instance.xi.astype(float)
    overlaps = xi @ xi.T / 31 - np.eye(len(xi))
    p = len(xi)
    expected = [overlaps.sum() / 31, (np.sum(overlaps.sum(axis=1) ** 2) - p * (p - 1) / 31) / 31]
    np.testing.assert_allclose(controls(instance), expected, atol=1e-13)


def test_blocks_change_nothing(monkeypatch):
    instance = bp.random_instance(TeacherStudent(), 41, 0.9, rng=2)
    whole = controls(instance)
    monkeypatch.setattr("bp.ensembles.control_variates._BLOCK_ENTRIES", 5 * 41)
    np.testing.assert_allclose(controls(instance), whole, rtol=1e-12)


def test_an_even_constraint_has_none():
    assert controls(bp.random_instance(SymmetricBinaryPerceptron(1.0), 21, 0.5, rng=1)).shape == (0,)
