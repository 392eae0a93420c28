"""The inverse of the capacity."""

import numpy as np
import pytest

import replica_theory as rt


@pytest.mark.parametrize("weights", [rt.BinaryWeights(), rt.SphericalWeights()], ids=lambda w: w.text)
def test_inverse_of_the_capacity(weights):
    alpha = np.array([0.3, 0.8, 3.0])
    found = rt.largest_margin(rt.BinaryPerceptron(weights=weights), alpha)
    np.testing.assert_allclose(rt.capacity(rt.BinaryPerceptron(found.kappa, weights=weights)).alpha, alpha, rtol=1e-12)
    assert (np.diff(found.kappa) < 0).all() and found.model.weights == weights
    assert (found.error < 1e-12).all()


def test_check_value():
    found = rt.largest_margin(rt.BinaryPerceptron(3.0, weights=rt.SphericalWeights()), 1.0)
    assert found.kappa == pytest.approx(0.4706553526, abs=6e-11)
    assert rt.largest_margin(rt.BinaryPerceptron(weights=rt.SphericalWeights()), 2.0).kappa == pytest.approx(
        0, abs=1e-14
    )


def test_outside_the_range():
    with pytest.raises(rt.ConvergenceError):
        rt.largest_margin(rt.BinaryPerceptron(weights=rt.SphericalWeights()), 1e-4)
    with pytest.raises(ValueError, match="needs random labels"):
        rt.largest_margin(rt.TeacherStudent(), 0.5)
