"""The binary perceptron: its hazard without overflow, and what a teacher changes."""

import mpmath as mp
import numpy as np
import pytest

from replica_theory import BinaryPerceptron, TeacherStudent
from replica_theory.models.perceptron import hazard


def test_hazard_against_mpmath():
    x = np.array([-38.0, -5.0, -0.1, 0.0, 0.3, 4.0, 40.0, 1e4, 1e8])
    with mp.workdps(50):
        exact = [float(mp.npdf(v) / (mp.erfc(v / mp.sqrt(2)) / 2)) for v in map(mp.mpf, x.tolist())]
    np.testing.assert_allclose(hazard(x), exact, rtol=1e-13, atol=1e-300)


@pytest.mark.parametrize("beta", [0.7, np.inf])
def test_cheap_probability(beta):
    model, h = BinaryPerceptron(0.2, beta), np.linspace(-5, 5, 101)
    value, slope = model.probability(h, 0.3)
    kernel = model.log_kernel(h, 0.3)
    np.testing.assert_allclose(value, np.exp(kernel.log), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(slope, np.exp(kernel.log) * kernel.d1, rtol=1e-10, atol=1e-15)


def test_a_teacher_changes_the_labels_not_the_constraint():
    student, other = TeacherStudent(0.2), BinaryPerceptron(0.2)
    assert student.has_teacher and not other.has_teacher and student != other
    assert student.edges == other.edges == (0.2,)
    h = np.linspace(-2, 2, 9)
    for one, two in zip(student.log_kernel(h, 0.5), other.log_kernel(h, 0.5), strict=True):
        np.testing.assert_array_equal(one, two)
