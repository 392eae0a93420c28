"""Patterns on other weights than ±1: sums, products and gradients."""

import numpy as np
import pytest

import bp
from replica_theory import BinaryPerceptron, DiscreteWeights, IntervalModel, SphericalWeights

SPHERE = SphericalWeights()


@pytest.mark.parametrize("patterns", ["binary", "gaussian"])
@pytest.mark.parametrize("weights", [DiscreteWeights([0, 0.5, 2]), SPHERE])
def test_sums(weights, patterns):
    instance = bp.random_instance(BinaryPerceptron(weights=weights), 67, 0.6, rng=1, patterns=patterns)
    w, xi = instance.start(1), instance.xi.astype(float)
    assert np.allclose(instance.sums(w), xi @ w, atol=1e-12) and np.allclose(instance.products(3 * w), 3 * xi @ w)
    assert np.allclose(instance.ascent(xi[:, 0]), xi.T @ xi[:, 0] / np.sqrt(67))
    with pytest.raises(ValueError, match="weights must"):
        instance.sums(3.1 * w)


def test_gaps_and_their_gradient():
    """Differences of the gaps along a direction are the slopes times the patterns."""
    model = IntervalModel([(-1.5, -0.3), (0.2, np.inf)], weights=SPHERE)
    instance = bp.random_instance(model, 31, 1.0, rng=1, patterns="gaussian")
    w, move = instance.start(1), np.random.default_rng(2).standard_normal(31)
    gaps, slopes = instance.gaps(w)
    np.testing.assert_array_equal(gaps < 0, instance.violated(w))
    f = np.random.default_rng(3).standard_normal(31)
    change = f @ (instance.gaps(w + 1e-7 * move)[0] - instance.gaps(w - 1e-7 * move)[0]) / 2e-7
    assert instance.ascent(f * slopes) @ move == pytest.approx(change, rel=1e-6)  # rounding over the step
    exact = np.linalg.eigvalsh(instance.xi.T @ instance.xi / 31)[-1]
    assert 0.8 * exact < instance.stiffness <= exact * (1 + 1e-12)
    gap, direction = instance.present(3, w)
    assert np.sign(gap) == np.sign(gaps[3]) and np.allclose(direction, slopes[3] * instance.xi[3])
