"""Quadrature over the half line, moments and a slope at the end, and on both sides of a kink."""

import numpy as np
import pytest
from scipy import special, stats

from replica_theory.numerics.half_line import half_line, kinked_line


@pytest.mark.parametrize("width", [1e-3, 0.05, 1.0, 20.0])
def test_moments(width):
    z, weights = half_line(width)
    assert (z > 0).all()
    for power, moment in enumerate([1.0, np.sqrt(2 / np.pi), 1.0, 2 * np.sqrt(2 / np.pi), 3.0]):
        assert weights @ z**power == pytest.approx(moment, abs=1e-13)


@pytest.mark.parametrize("width", [1e-3, 0.1])
def test_a_steep_end(width):
    """Twice the integral of exp(-z/w) Dz over z > 0 is erfcx(1/(w sqrt 2))."""
    z, weights = half_line(width)
    assert weights @ np.exp(-z / width) == pytest.approx(special.erfcx(1 / (width * np.sqrt(2))), rel=1e-12)


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
