"""Polynomial interpolation: exact for polynomials, and at the nodes."""

import numpy as np
import pytest

from replica_theory.numerics.interpolation import polynomial_weights


@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_polynomials_are_reproduced(n):
    rng = np.random.default_rng(n)
    nodes, coefficients = np.sort(rng.uniform(-1, 1, n)), rng.normal(size=n)
    for x in (-0.9, 0.1, 1.3):
        weights = polynomial_weights(nodes, x)
        assert weights.sum() == pytest.approx(1, abs=1e-9)
        # the weights grow with the distance between the nodes, and rounding with them
        size = np.abs(weights).sum()
        assert weights @ np.polyval(coefficients, nodes) == pytest.approx(np.polyval(coefficients, x), abs=1e-13 * size)


def test_at_a_node_it_is_the_value_there():
    np.testing.assert_array_equal(polynomial_weights(np.array([0.0, 0.5, 2.0]), 0.5), [0, 1, 0])
