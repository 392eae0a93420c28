"""What theory says of one instance is what its front doors say, and NaN where they say nothing."""

import numpy as np
import pytest

from bp.validation.comparison import Measured
from bp.validation.theory import at_distance, bound, entropy_curve, symmetric, typical
from replica_theory import (
    BinaryPerceptron,
    TeacherStudent,
    TreeCommittee,
    around_teacher,
    dense_teacher,
    franz_parisi,
    local_entropy,
    replica_symmetric,
)

DISTANCES = (0.1, 0.3)


@pytest.mark.parametrize(
    ("theory", "model", "door"),
    [
        (typical, BinaryPerceptron(), franz_parisi),
        (typical, TeacherStudent(), around_teacher),
        (bound, BinaryPerceptron(), local_entropy),
        (bound, TeacherStudent(), dense_teacher),
    ],
)
def test_entropies_at_distances(theory, model, door):
    expected = door(model, 0.5, np.array(DISTANCES)).entropy
    np.testing.assert_array_equal(theory(model, 0.5, DISTANCES), expected)
    assert at_distance(theory, Measured(model, 0.5, DISTANCES, {}), 1, 0.5) == expected[1]


def test_the_symmetric_point():
    assert symmetric(BinaryPerceptron(), "q", 0.5) == replica_symmetric(BinaryPerceptron(), [0.5]).q[0]
    assert np.isnan(symmetric(BinaryPerceptron(), "q", 40.0))


def test_a_teacher_with_a_margin_is_no_typical_student():
    assert np.isnan(typical(TeacherStudent(0.2), 0.5, DISTANCES)).all()


@pytest.mark.parametrize("theory", [typical, bound])
def test_beyond_the_capacity_no_curve_is_sought(theory, monkeypatch):
    for door in ("franz_parisi", "local_entropy_theory"):
        monkeypatch.setattr(f"bp.validation.theory.{door}", None)
    assert np.isnan(theory(BinaryPerceptron(), 0.9, DISTANCES)).all()


def test_the_curve_of_a_committee_stands_on_a_few_loads():
    model = TreeCommittee(units=3)
    loads = np.linspace(0.02, 0.9, 30)
    name, curve = entropy_curve(model, loads)
    assert name == "replica symmetric"
    for k in (1, 10, 20):
        # A cubic spline through steps of 0.225: h^4/384 times a fourth derivative of order 10.
        assert curve[k] == pytest.approx(symmetric(model, "entropy", float(loads[k])), abs=1e-4)
