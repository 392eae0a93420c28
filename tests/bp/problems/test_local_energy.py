"""The error rate around a configuration: its formula against drawn configurations, and theory."""

import numpy as np
import pytest

import bp
from replica_theory import BinaryPerceptron, DiscreteWeights, SphericalWeights, SymmetricBinaryPerceptron


@pytest.mark.parametrize("weights", [None, SphericalWeights()])
@pytest.mark.parametrize("patterns", ["binary", "gaussian"])
def test_formula_is_the_mean_over_configurations(weights, patterns):
    """To five standard errors of 200 draws, and 1/N."""
    model = SymmetricBinaryPerceptron(0.7) if weights is None else SymmetricBinaryPerceptron(0.7, weights=weights)
    instance = bp.random_instance(model, 301, 1.0, rng=1, patterns=patterns)
    w, d = instance.start(3), np.array([0.0, 0.05, 0.3])
    formula, drawn = bp.local_energy(instance, w, d), bp.local_energy(instance, w, d, samples=200, rng=1)
    assert formula[0] == drawn[0] == instance.errors(w) / 301
    assert np.all(np.abs(formula - drawn) < 5 * 0.5 / np.sqrt(200 * 301) + 2 / 301)
    assert bp.local_energy(instance, w, 0.05) == formula[1]
    assert bp.local_energy(instance, w, 0.3, samples=3, rng=2) == bp.local_energy(instance, w, 0.3, samples=3, rng=2)


def test_a_random_pattern_is_violated_half_of_the_time_at_distance_one_half():
    instance = bp.random_instance(BinaryPerceptron(), 1001, 1.0, rng=1)
    assert bp.local_energy(instance, instance.start(1), 0.5) == pytest.approx(0.5, abs=1e-12)


def test_what_is_refused():
    levels = bp.random_instance(BinaryPerceptron(weights=DiscreteWeights([0, 1])), 21, 0.5, rng=1)
    with pytest.raises(ValueError, match="local_energy needs weights ±1 or on the sphere; those of the problem are"):
        bp.local_energy(levels, levels.start(1), 0.1)
    with pytest.raises(TypeError, match="instance must be an Instance"):
        bp.local_energy([[1, 1]], [1, 1], 0.1)
    with pytest.raises(ValueError, match="samples must be"):
        bp.local_energy(bp.Instance([[1, 1, 1]]), [1, 1, 1], 0.1, samples=0)
