"""A probe at a given overlap with a typical reference."""

import pytest

from replica_theory import BinaryPerceptron, local_entropy, replica_symmetric
from replica_theory.replicas.probe import Place, Setting, energetic, entropic, typical_overlap

BINARY = BinaryPerceptron()


def test_sterner_reference_at_its_typical_distance():
    """S is the typical entropy of the replicas, the complexity that of the references."""
    sterner = BinaryPerceptron(0.2)
    distance = 0.5 * (1 - typical_overlap(BINARY, sterner, 0.5))
    curve = local_entropy(BINARY, 0.5, distance, reference="solution", y=2.0, kappa_ref=0.2)
    found = (float(curve.entropy), float(curve.complexity), float(curve.overlaps["gamma"]))
    alone = [float(replica_symmetric(model, 0.5).entropy) for model in (BINARY, sterner)]
    assert found == pytest.approx((*alone, 0.0), abs=1e-9)


@pytest.mark.parametrize(("gap", "c2", "t"), [(0.4, 0.05, 0.6), (0.02, 1e-6, 0.33)])
def test_variance_left_as_a_sum_of_squares(gap, c2, t):
    """The conditional variance of the magnetization is the difference it stands for, where that is not lost."""
    typical = replica_symmetric(BinaryPerceptron(), 0.5)
    setting = Setting.around(BinaryPerceptron(), BinaryPerceptron(), 0.5, typical)
    forces = energetic(setting, Place(t, gap, c2, 0.7, 1.0))
    spins = entropic(setting, forces.q_hat, forces.t0_hat, 0.7)
    expected = spins.q - spins.t0**2 / setting.q_ref - (spins.t - spins.t0) ** 2 / (1 - setting.q_ref)
    assert spins.c2 == pytest.approx(expected, abs=1e-11)
