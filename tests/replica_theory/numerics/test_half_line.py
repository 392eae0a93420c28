"""Quadrature over the half line: moments, and a slope at the end."""

import numpy as np
import pytest
from scipy import special

from replica_theory.numerics.half_line import half_line


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
