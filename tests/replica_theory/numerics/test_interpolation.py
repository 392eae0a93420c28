"""Weights of polynomial interpolation."""

import numpy as np
import pytest
from scipy import interpolate

from replica_theory.numerics.interpolation import polynomial_weights

NODES = np.array([-1.0, 0.3, 0.5, 2.0, 2.2])


@pytest.mark.parametrize("x", [-3.0, 0.4, 0.5, 2.1])
def test_polynomials_are_exact(x):
    weights = polynomial_weights(NODES, x)
    for degree in range(len(NODES)):
        assert weights @ NODES**degree == pytest.approx(x**degree, rel=1e-12, abs=1e-12)


def test_as_scipy_has_it():
    values = np.exp(NODES)
    expected = interpolate.BarycentricInterpolator(NODES, values)(1.3)
    assert polynomial_weights(NODES, 1.3) @ values == pytest.approx(float(expected), rel=1e-14)


def test_values_at_the_nodes():
    np.testing.assert_array_equal(polynomial_weights(NODES, 2.0), [0, 0, 0, 1, 0])
    np.testing.assert_array_equal(polynomial_weights(NODES[:1], 7.0), [1])
