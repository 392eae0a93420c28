"""Entropy at finite temperature: the free entropy and the heat."""

import numpy as np
import pytest

from replica_theory import BinaryPerceptron, local_entropy, replica_symmetric

WARM = BinaryPerceptron(0.1, 2.0)


@pytest.mark.parametrize("reference", ["free", "solution"])
def test_entropy_is_free_entropy_and_heat(reference):
    curve = local_entropy(WARM, 0.5, np.array([0.05, 0.1]), reference=reference, y=3.0)
    heat = WARM.beta * 0.5 * curve.overlaps["energy"]
    np.testing.assert_allclose(curve.entropy, curve.overlaps["free_entropy"] + heat, atol=1e-13)


@pytest.mark.parametrize("y", [2.0, np.inf])
def test_half_distance_at_finite_temperature(y):
    """The entropy and the energy there are the replica-symmetric ones."""
    typical = replica_symmetric(WARM, 0.5)
    curve = local_entropy(WARM, 0.5, 0.5, y=y)
    assert float(curve.entropy) == pytest.approx(typical.entropy, abs=1e-9)
    assert float(curve.overlaps["energy"]) == pytest.approx(typical.energy, abs=1e-9)
