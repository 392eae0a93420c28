"""Capacity on the sphere: closed forms and the limit of the saddle point."""

import numpy as np
import pytest
from scipy import special

import replica_theory as rt

SPHERE = rt.SphericalWeights()


def test_gardner():
    """Closed form; 1e-12 of cancellation at -3."""
    kappa = np.array([-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 4.0])
    found = rt.capacity(rt.BinaryPerceptron(kappa, weights=SPHERE))
    density = np.exp(-0.5 * kappa**2) / np.sqrt(2 * np.pi)
    np.testing.assert_allclose(1 / found.alpha, (1 + kappa**2) * special.ndtr(kappa) + kappa * density, rtol=1e-12)
    given = [13.2731998370, 4.7700988826, 2, 0.9612050528, 0.5195722296]
    np.testing.assert_allclose(found.alpha[1:6], given, atol=6e-11)
    assert found.status.tolist() == ["unstable"] * 3 + ["converged"] * 4
    assert (found.q == 1).all() and np.isposinf(found.q_hat).all()


@pytest.mark.parametrize(
    "model",
    [
        rt.BinaryPerceptron(0.5, weights=SPHERE),
        rt.SymmetricBinaryPerceptron(0.6, weights=SPHERE),
        rt.IntervalModel([(-0.5, 1.0)], weights=SPHERE),
    ],
    ids=repr,
)
def test_the_saddle_point_runs_into_it(model):
    """1 - q vanishes linearly in the load that is left, and the stability tends to that of the limit."""
    limit = rt.capacity(model)
    points = rt.replica_symmetric(model, limit.alpha * (1 - np.array([2e-3, 1e-3])))
    rest = 1 - points.q
    assert 2 * rest[1] - rest[0] == pytest.approx(0, abs=0.05 * rest[1])
    assert points.stability[1] == pytest.approx(limit.stability, abs=0.05)


def test_distance_to_a_union_of_intervals():
    edges = [(-np.inf, -1.3), (-0.2, 0.4), (1.5, 2.0)]
    z = np.linspace(-12, 12, 400001)
    distance = np.min([np.maximum(np.maximum(a - z, z - b), 0) for a, b in edges], axis=0)
    direct = np.trapezoid(distance**2 * np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi), z)
    found = rt.capacity(rt.IntervalModel(edges, weights=SPHERE))
    assert found.alpha == pytest.approx(1 / direct, rel=1e-8)  # the trapezoidal rule across kinks
    assert found.status == "unstable" and np.isneginf(found.stability)


def test_a_soft_constraint_has_none():
    noisy = rt.CustomModel(lambda mean, std: 0.1 + 0.8 * special.ndtr(mean / std), weights=SPHERE)
    with pytest.raises(ValueError, match="capacity of spherical weights needs a hard constraint"):
        rt.capacity(noisy)
