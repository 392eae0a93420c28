"""Students at a distance from the teacher. (A comparison holds it against belief propagation around one.)"""

import numpy as np
import pytest

from replica_theory import (
    BinaryPerceptron,
    ConvergenceError,
    SphericalWeights,
    Status,
    TeacherStudent,
    around_teacher,
    binary_entropy,
    dense_teacher,
    replica_symmetric,
    teacher_student,
)

MODELS = [TeacherStudent(), TeacherStudent(0.3), TeacherStudent(beta=1.5)]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("alpha", [0.3, 0.8])
def test_at_the_typical_distance_it_is_the_replica_symmetric_point(model, alpha):
    theory = replica_symmetric(model, alpha)
    curve = around_teacher(model, alpha, 0.5 * (1 - theory.teacher_overlap))
    assert curve.entropy == pytest.approx(theory.entropy, abs=1e-11)
    assert curve.slope == pytest.approx(0, abs=1e-9)
    for name in ("q", "q_hat", "energy", "free_entropy", "replicon"):
        index = {"replicon": "stability"}.get(name, name)
        assert curve.overlaps[name] == pytest.approx(getattr(theory, index), abs=1e-8), name


@pytest.mark.parametrize("model", MODELS)
def test_slope_is_the_derivative_of_the_free_entropy(model):
    d = np.array([0.1, 0.2, 0.45])
    curve = around_teacher(model, 0.7, d)
    h = 1e-5
    low, high = (around_teacher(model, 0.7, d + s * h).overlaps["free_entropy"] for s in (-1, 1))
    # the third derivative times h^2, and rounding over h
    np.testing.assert_allclose((high - low) / (2 * h), curve.slope, atol=1e-6)


def test_heat():
    model, h = TeacherStudent(beta=1.5), 1e-4
    curve = around_teacher(model, 0.7, 0.2)
    low, high = (around_teacher(model.at(beta=1.5 + s * h), 0.7, 0.2).overlaps["free_entropy"] for s in (-1, 1))
    energy = -(high - low) / (2 * h) / 0.7
    assert curve.overlaps["energy"] == pytest.approx(energy, abs=1e-7)
    assert curve.entropy == pytest.approx(curve.overlaps["free_entropy"] + 1.5 * 0.7 * energy, abs=1e-6)


def test_limits():
    # few patterns: all configurations at the distance; close to the teacher no pattern is felt at kappa = 0
    d = np.array([0.1, 0.3, 0.5])
    np.testing.assert_allclose(around_teacher(TeacherStudent(), 1e-4, d).entropy, binary_entropy(d), atol=1e-4)
    assert np.all(around_teacher(TeacherStudent(), 0.5, d).entropy < binary_entropy(d))
    hot = around_teacher(TeacherStudent(beta=1e-3), 0.5, d)
    np.testing.assert_allclose(hot.entropy, binary_entropy(d), atol=1e-5)


def test_first_order_in_the_load():
    # S = H2 + alpha E log P(student agrees) averaged over the measure at alpha = 0, where q = R^2
    alpha, d = 1e-3, 0.2
    r = 1 - 2 * d
    z, w = np.polynomial.hermite_e.hermegauss(200)
    h = np.abs(z)  # stability of the teacher; that of the student is r h + sqrt(1 - r^2) x
    from scipy.special import log_ndtr

    mean = w @ log_ndtr(r * h / np.sqrt(1 - r**2)) / w.sum()
    curve = around_teacher(TeacherStudent(), alpha, d)
    # |z| has a kink, on which Gauss-Hermite is right to some 1e-3; the next order is alpha^2
    assert (curve.entropy - binary_entropy(d)) / alpha == pytest.approx(mean, abs=5e-3)


def test_below_the_densest_reference_and_negative_close_to_the_teacher():
    # the teacher of a Bayes-optimal problem is a typical solution: isolated, and not in a dense region
    distance = np.array([0.02, 0.05, 0.1])
    assert np.all(around_teacher(TeacherStudent(), 0.8, distance).entropy
                  < dense_teacher(TeacherStudent(), 0.8, distance).entropy)  # fmt: skip
    near = around_teacher(TeacherStudent(), 0.8, [0.005, 0.01])
    assert list(near.status) == 2 * [Status.NEGATIVE_ENTROPY]
    above = teacher_student(TeacherStudent(), 1.3, branch="student").entropy  # metastable: fewer than one
    assert above < 0
    assert np.all(around_teacher(TeacherStudent(), 1.3, [0.05, 0.1, 0.2]).entropy < 0)


def test_shapes():
    model = TeacherStudent(np.array([0.0, 0.2])[:, None])
    curve = around_teacher(model, 0.5, [0.1, 0.2, 0.3])
    assert curve.entropy.shape == curve.overlaps["q"].shape == (2, 3)
    assert curve.entropy[1, 2] == pytest.approx(float(around_teacher(TeacherStudent(0.2), 0.5, 0.3).entropy), abs=1e-12)


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ((BinaryPerceptron(), 0.5, 0.1), TypeError, "model must be a TeacherStudent"),
        ((TeacherStudent(), 0.0, 0.1), ValueError, "alpha must be positive"),
        ((TeacherStudent(), 0.5, 0.6), ValueError, r"distance must lie in \[0, 1/2\]"),
        ((TeacherStudent(), 0.5, [-0.1, 0.1]), ValueError, r"distance must lie in \[0, 1/2\]"),
        ((TeacherStudent(), 30.0, 1e-4), ConvergenceError, "branch of saddle points"),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        around_teacher(*arguments)


def test_on_the_sphere():
    """At the typical distance the entropy of the students; at d = 1/2 that of random labels, which R = 0 makes."""
    model = TeacherStudent(weights=SphericalWeights())
    typical = replica_symmetric(model, 1.0)
    curve = around_teacher(
        model, 1.0, np.array([0.0, 0.5 * (1 - float(typical.teacher_overlap)), 0.2999, 0.3, 0.3001, 0.5])
    )
    random = replica_symmetric(BinaryPerceptron(weights=SphericalWeights()), 1.0)
    assert np.isneginf(curve.entropy[0]) and (curve.status == "converged").all()
    np.testing.assert_allclose(curve.entropy[[1, 5]], [typical.entropy, random.entropy], atol=1e-11)
    assert curve.slope[1] == pytest.approx(0.0, abs=1e-9)
    assert (curve.entropy[4] - curve.entropy[2]) / 2e-4 == pytest.approx(curve.slope[3], rel=1e-6)  # truncation
