"""Weights of a few levels at a distance without a constraint: against a search, and where the densest curve ends."""

import numpy as np
import pytest

import replica_theory as rt
from replica_theory.numerics.binary import binary_entropy
from replica_theory.replicas.saturated import saturated
from replica_theory.replicas.unfelt_levels import unfelt_levels

TERNARY = rt.DiscreteWeights([-1, 0, 1])


def test_two_levels_are_signs():
    found = unfelt_levels(rt.DiscreteWeights([-3, 3]), 0.8)
    assert found.entropy == pytest.approx(float(binary_entropy(np.array(0.1))), abs=1e-13)
    assert found.slope == pytest.approx(np.log(9), rel=1e-9)


@pytest.mark.parametrize("distance", [0.01, 0.1, 0.3])
def test_three_levels_by_search(distance):
    """Frequencies of 1 and -1 beside a reference of ones; one with zeros has fewer weights around it."""
    found, cosine = unfelt_levels(TERNARY, 1 - 2 * distance), 1 - 2 * distance
    square = np.linspace(cosine**2, 1, 400001)[1:-1]
    mean = cosine * np.sqrt(square)
    p = np.stack([0.5 * (square + mean), 1 - square, np.maximum(0.5 * (square - mean), 1e-300)])
    entropy = -(p * np.log(p)).sum(axis=0)
    assert found.entropy == pytest.approx(float(entropy.max()), abs=1e-9)
    assert found.square == pytest.approx(float(square[entropy.argmax()]), abs=1e-5)
    near = [unfelt_levels(TERNARY, 1 - 2 * d).entropy for d in (distance * (1 - 1e-4), distance * (1 + 1e-4))]
    assert found.slope == pytest.approx((near[1] - near[0]) / (2e-4 * distance), rel=1e-6)


def test_the_densest_neighbourhood_ends_there():
    """At a small load the constraint is not felt at small distances, and hardly at ten times as large ones."""
    model = rt.BinaryPerceptron(weights=TERNARY)
    curve = rt.local_entropy(model, 0.3, [0.001, 0.01])
    free = [unfelt_levels(TERNARY, 1 - 2 * d) for d in (0.001, 0.01)]
    assert curve.entropy[0] == pytest.approx(free[0].entropy, abs=1e-12) and np.isinf(curve.overlaps["gap"][0])
    assert 0 < free[1].entropy - curve.entropy[1] < 1e-7
    gamma, square, square_ref = (curve.overlaps[name] for name in ("gamma", "mean_square", "mean_square_ref"))
    np.testing.assert_allclose(2 * gamma * np.sqrt(square * square_ref), curve.slope, rtol=1e-12)


def test_levels_without_signs_have_no_such_end():
    """A reference of one level alone has nothing to meet the constraint with."""
    model = rt.BinaryPerceptron(weights=rt.DiscreteWeights([0, 1]))
    assert saturated(model, 0.3, 0.998, always=True) is None
