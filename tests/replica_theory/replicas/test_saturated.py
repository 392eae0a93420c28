"""Small loads, where the best reference meets every constraint at once."""

import numpy as np
import pytest

from replica_theory import IntervalModel, SymmetricBinaryPerceptron, UShapePerceptron, binary_entropy, local_entropy
from replica_theory.replicas.saturated import Saturated, saturated

STEP = 1e-4
SYMMETRIC, U_SHAPE = SymmetricBinaryPerceptron(1.0), UShapePerceptron(0.5)


def centred(value):
    return value + STEP * np.array([-1.0, 0.0, 1.0])


@pytest.mark.parametrize("kappa", [0.2, 1.0])
def test_every_constraint_met_at_once(kappa):
    """Below alpha = 2/pi the best reference has all fields at 0: S = H2 + alpha log P(sqrt(1 - t^2) |x| <= kappa)."""
    model, d = SymmetricBinaryPerceptron(kappa), np.array([0.02, 0.1, 0.4])
    curve = local_entropy(model, 0.6, d)
    expected = [float(model.log_kernel(np.zeros(()), np.sqrt(1 - (1 - 2 * x) ** 2)).log) for x in d]
    np.testing.assert_allclose(curve.entropy, binary_entropy(d) + 0.6 * np.array(expected), rtol=0, atol=1e-13)
    np.testing.assert_allclose(curve.overlaps["q0"], (1 - 2 * d) ** 2, rtol=0, atol=1e-13)
    near = local_entropy(model, 0.6, centred(0.1))
    assert abs((near.entropy[2] - near.entropy[0]) / (2 * STEP) - near.slope[1]) < 1e-6


@pytest.mark.parametrize("model", [SYMMETRIC, IntervalModel([(0.1, 1.1)])], ids=str)
def test_the_width_diverges_continuously(model):
    """At the edge of the region, alpha E(h - c)^2 = (2/pi) t^2, both formulas agree."""
    t, c = 0.8, 0.0 if model == SYMMETRIC else 0.6
    edge = 2 / np.pi * t**2 / (t**2 + c**2)
    below, above = (local_entropy(model, edge * (1 + s * 1e-4), 0.1) for s in (-1, 1))
    assert np.isinf(below.overlaps["gap"]) and 1e3 < above.overlaps["gap"] < 1e5
    # The load changes by 2e-4, S by that times E log P ~ 1.
    assert abs(below.entropy - above.entropy) < 3e-4 and abs(below.slope - above.slope) < 3e-3
    assert saturated(model, edge * 1.0001, t) is None and isinstance(saturated(model, edge * 0.9999, t), Saturated)
