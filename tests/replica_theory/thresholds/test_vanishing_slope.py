"""The surface of vanishing slope: the equations of the limit with the load as an unknown."""

import numpy as np

from replica_theory import BinaryPerceptron, local_entropy_threshold
from replica_theory.replicas.infinite_y import LimitEquations
from replica_theory.thresholds.vanishing_slope import VanishingSlope

MODEL = BinaryPerceptron()
X = np.array([0.6, 0.3, 0.75])
"""Overlap, width and load."""


def test_they_are_the_equations_of_the_limit_at_that_load():
    surface = VanishingSlope(LimitEquations(MODEL, 0.1))
    for squeezed in (0.0, 0.2):
        expected = LimitEquations(MODEL, 0.75).residual(np.array([0.6, 0.3, squeezed]), 1 - 2 * 0.01)
        np.testing.assert_array_equal(surface.residual(X, float(np.log(0.01)), squeezed), expected)


def test_loads_are_positive():
    assert np.isnan(VanishingSlope(LimitEquations(MODEL, 0.1)).residual(np.array([0.6, 0.3, -0.1]), -4.0)).all()


def test_finer_quadrature_changes_little():
    surface = VanishingSlope(LimitEquations(MODEL, 0.1))
    coarse, fine = (each.residual(X, float(np.log(0.01))) for each in (surface, surface.finer()))
    assert np.abs(coarse).max() > 1e-3  # no solution, and the difference is that of the quadratures
    np.testing.assert_allclose(coarse, fine, atol=1e-7)


def test_the_threshold_lies_on_it():
    threshold = local_entropy_threshold(MODEL)
    curve_end = LimitEquations(MODEL, float(threshold.alpha))
    assert abs(threshold.alpha - 0.7553020) < 1e-6 and curve_end.alpha == threshold.alpha
