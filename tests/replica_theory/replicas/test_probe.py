"""A probe at a given overlap with a typical reference."""

import pytest

from replica_theory import BinaryPerceptron, local_entropy, replica_symmetric
from replica_theory.replicas.probe import typical_overlap

BINARY = BinaryPerceptron()


def test_sterner_reference_at_its_typical_distance():
    """S is the typical entropy of the replicas, the complexity that of the references."""
    sterner = BinaryPerceptron(0.2)
    distance = 0.5 * (1 - typical_overlap(BINARY, sterner, 0.5))
    curve = local_entropy(BINARY, 0.5, distance, reference="solution", y=2.0, kappa_ref=0.2)
    found = (float(curve.entropy), float(curve.complexity), float(curve.overlaps["gamma"]))
    alone = [float(replica_symmetric(model, 0.5).entropy) for model in (BINARY, sterner)]
    assert found == pytest.approx((*alone, 0.0), abs=1e-9)
