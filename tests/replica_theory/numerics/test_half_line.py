"""Quadrature of integrands with a kink."""

import numpy as np
import pytest
from scipy import stats

from replica_theory.numerics.half_line import half_line, kinked_line


@pytest.mark.parametrize("center", [-3.0, 0.0, 0.7])
@pytest.mark.parametrize("width", [0.01, 0.3, 5.0])
def test_kink(center, width):
    """E|z - c| = 2 G(c) + c (2 Phi(c) - 1), and a tanh that is steep on either side of the kink."""
    z, weights = kinked_line(center, width)
    assert weights.sum() == pytest.approx(1, abs=1e-14)
    expected = 2 * stats.norm.pdf(center) + center * (2 * stats.norm.cdf(center) - 1)
    assert weights @ np.abs(z - center) == pytest.approx(expected, abs=1e-13)
    mirrored, others = kinked_line(-center, width)
    there, back = np.tanh(np.abs(z - center) / width), np.tanh(np.abs(mirrored + center) / width)
    assert weights @ there == pytest.approx(others @ back, abs=1e-14)


def test_both_sides_of_zero_are_the_half_line_twice():
    for width in (0.05, 1.0):
        z, weights = kinked_line(0.0, width)
        half, once = half_line(width)
        assert weights @ np.tanh(np.abs(z)) == pytest.approx(once @ np.tanh(half), abs=1e-14)
