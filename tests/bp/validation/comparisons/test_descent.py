"""Around the solutions of gradient descent on the sphere."""

import numpy as np
import pytest
from comparison_tables import table

from bp.validation.comparison import Measured
from bp.validation.comparisons.descent import Descent
from replica_theory import BinaryPerceptron, SphericalWeights, SymmetricBinaryPerceptron, TeacherStudent

SPHERE = BinaryPerceptron(weights=SphericalWeights())


def test_it_is_for_weights_on_the_sphere_and_random_labels():
    kinds = BinaryPerceptron(), SPHERE, TeacherStudent(weights=SphericalWeights())
    assert [Descent().admits(model) for model in (*kinds, SymmetricBinaryPerceptron(1.0))] == [
        False,
        True,
        False,
        False,
    ]


@pytest.mark.slow
def test_solutions_lie_between_typical_ones_and_the_bound():
    """Far above typical solutions; below the bound and the entropy of the own instance."""
    rows = table(SPHERE, 1.0, "gradient-descent", n=501, samples=4, distance=0.05)
    assert {row.theory_source for row in rows} == {"Franz-Parisi", "bound y=∞", "entropy of the instance"}
    for row in rows:
        assert row.z > 3 if row.expected == "above" else row.z < 4, row


def test_rows():
    points = [{"local_entropy": np.array([e - 0.01]), "entropy": np.asarray(e)} for e in (-0.84, -0.86, -0.87)]
    rows = Descent().rows(Measured(SPHERE, 1.0, (0.1,), {1000: points}))
    own = next(row for row in rows if row.theory_source == "entropy of the instance")
    above, below = (row for row in rows if row is not own)
    assert above.theory == pytest.approx(-0.949125, abs=1e-6) and below.theory == pytest.approx(-0.861703, abs=1e-6)
    assert own.discrepancy == pytest.approx(-0.01) and own.theory_source == "entropy of the instance"


def test_far_away_only_the_instance_bounds():
    """At d = 0.2, t² = 0.36 is less than q = 0.585."""
    points = [{"local_entropy": np.array([-0.93]), "entropy": np.asarray(e)} for e in (-0.84, -0.86)]
    (row,) = Descent().rows(Measured(SPHERE, 1.0, (0.2,), {1000: points}))
    assert row.theory_source == "entropy of the instance"
