"""Where the replica-symmetric saddle becomes unstable."""

import numpy as np
import pytest

import replica_theory as rt


def test_check_values_on_the_sphere():
    found = rt.stability_limit(rt.BinaryPerceptron([-0.5, -0.25], weights=rt.SphericalWeights()))
    np.testing.assert_allclose(found.alpha, [3.95070131361, 2.85379960829], atol=2e-11)
    points = rt.replica_symmetric(rt.BinaryPerceptron([-0.5, -0.25], weights=rt.SphericalWeights()), found.alpha)
    np.testing.assert_allclose(points.stability, 0, atol=1e-12)
    assert found.status.tolist() == ["converged"] * 2
    beyond = rt.replica_symmetric(rt.BinaryPerceptron(-0.5, weights=rt.SphericalWeights()), 4.0)
    assert beyond.status == "unstable" and found.alpha[0] < rt.capacity(beyond.model).alpha


def test_even_constraint_of_binary_weights():
    """At q = 0 the stability is 1 - alpha l''(0, 1)^2."""
    model = rt.UShapePerceptron(1.0)
    curvature = model.log_kernel(np.zeros(()), 1.0).d2
    assert rt.stability_limit(model).alpha == pytest.approx(float(curvature) ** -2, rel=1e-6)  # a double zero there


def test_beyond_the_capacity():
    found = rt.stability_limit(rt.BinaryPerceptron(-1.0))
    assert found.status == "negative-entropy" and found.alpha > rt.capacity(rt.BinaryPerceptron(-1.0)).alpha
