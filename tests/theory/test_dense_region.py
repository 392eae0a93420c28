"""Thresholds of the dense region: each against the curves that define it."""

import numpy as np
import pytest

from replica_theory import (
    BinaryPerceptron,
    ConvergenceError,
    capacity,
    franz_parisi,
    local_entropy,
    local_entropy_threshold,
)
from replica_theory.dense_region import _largest_margin, _missing
from replica_theory.status import silenced

BINARY = BinaryPerceptron(0.0)


def test_slope_of_the_free_reference():
    """Eight digits: the smallest slope of the curve itself changes sign there (dS'/dalpha is about -15)."""
    found = local_entropy_threshold(BINARY)
    assert 0.755 < found.alpha < 0.756
    assert found.alpha == pytest.approx(0.75530203, abs=1e-8)
    distance = found.distance * np.exp(np.linspace(-0.02, 0.02, 9))
    for shift, sign in ((-1e-6, 1), (1e-6, -1)):
        slope = local_entropy(BINARY, found.alpha + shift, distance).slope
        assert sign * slope.min() > 0


@pytest.mark.parametrize("kappa", [-0.3, 0.4])
def test_slope_at_other_margins(kappa):
    """Below capacity, and the slope vanishes there."""
    model = BinaryPerceptron(kappa)
    found = local_entropy_threshold(model)
    assert found.alpha < float(capacity(model).alpha)
    curve = local_entropy(model, found.alpha, found.distance)
    assert float(curve.slope) == pytest.approx(0, abs=1e-5)


@pytest.mark.slow
def test_slope_at_zero_complexity_is_the_literature_value():
    """0.7757 by the root finder (a minute): here the curves on either side of it, inside the published (0.77, 0.78)."""
    distance = np.geomspace(0.002, 0.02, 8)
    with silenced():
        below = local_entropy(BINARY, 0.7745, distance, reference="solution", y="zero-complexity")
        above = local_entropy(BINARY, 0.777, distance, reference="solution", y="zero-complexity")
    assert below.converged.all() and above.converged.all()
    assert below.slope.min() > 0 > above.slope.min()


def test_margin():
    """The references of the largest margin: monotone just below 0.729, not just above (literature: 0.727)."""
    distance = np.geomspace(2e-3, 0.02, 16)
    slopes = []
    for alpha in (0.727, 0.731):
        kappa = _largest_margin(BINARY, alpha)
        assert float(capacity(BinaryPerceptron(kappa)).alpha) == pytest.approx(alpha, abs=1e-5)
        slopes.append(franz_parisi(BINARY, alpha, distance, reference=BinaryPerceptron(kappa)).slope.min())
    assert slopes[0] > 0 > slopes[1]


def test_gap_counts_what_is_missing_at_finite_y_only():
    """Points lost because y grows without bound are no gap; points of negative complexity are."""
    with silenced():
        curve = local_entropy(BINARY, 0.6, np.array([0.02, 0.05]), reference="solution", y=20.0)
    assert _missing(curve).tolist() == (curve.complexity < 0).tolist()


def test_bad_input():
    with pytest.raises(ValueError, match="criterion must be 'slope', 'gap' or 'margin'; got 'width'"):
        local_entropy_threshold(BINARY, "width")
    with pytest.raises(ValueError, match="single kappa and beta = inf"):
        local_entropy_threshold(BinaryPerceptron(np.array([0.0, 0.1])))
    with pytest.raises(ValueError, match="single kappa and beta = inf"):
        local_entropy_threshold(BinaryPerceptron(0.0, 2.0))
    with pytest.raises(ConvergenceError):
        local_entropy_threshold(BINARY, "slope", y=0.0)
