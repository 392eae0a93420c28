"""The first zero of a number along the branch of the replica-symmetric saddle."""

import numpy as np
import pytest

from replica_theory import (
    BinaryPerceptron,
    ConvergenceError,
    DiscreteWeights,
    SphericalWeights,
    capacity,
    replica_symmetric,
    stability_limit,
)
from replica_theory.thresholds.first_load import first_load


def test_zero_of_the_entropy_is_the_capacity():
    """From loads on either side of it."""
    kappa = np.array([-0.5, 0.0, 0.4])
    found = first_load(BinaryPerceptron(), kappa, "entropy", np.array([0.01, 2.0, 0.3]))
    np.testing.assert_allclose(found.alpha, capacity(BinaryPerceptron(kappa)).alpha, rtol=1e-12)
    assert found.found.all()


def test_slope_is_the_energetic_term():
    """At beta = inf and without a prior ds/dalpha = E log P; by differences of 1e-4, relative."""
    found = first_load(BinaryPerceptron(weights=DiscreteWeights([-1, 0, 1])), np.zeros(1), "entropy", np.array([1.0]))
    alpha, step = float(found.alpha[0]), 1e-3
    model = BinaryPerceptron(weights=DiscreteWeights([-1, 0, 1]))
    ends = [replica_symmetric(model, alpha + side * step).entropy for side in (-1, 1)]
    assert found.slope[0] == pytest.approx((ends[1] - ends[0]) / (2 * step), rel=1e-5)


def test_where_there_is_none():
    """The saddle point of the sphere is stable at positive margins as far as it goes."""
    with pytest.raises(ConvergenceError):
        stability_limit(BinaryPerceptron(0.3, weights=SphericalWeights()))
