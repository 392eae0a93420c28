"""State evolution: its fixed points are the replica-symmetric ones. (A comparison holds it against AMP.)"""

import numpy as np
import pytest

import replica_theory as rt
from replica_theory import (
    BinaryPerceptron,
    SymmetricBinaryPerceptron,
    TeacherStudent,
    UShapePerceptron,
    replica_symmetric,
    state_evolution,
)


@pytest.mark.parametrize(
    "model, alpha",
    [
        (BinaryPerceptron(), 0.5),
        (BinaryPerceptron(0.4), 0.3),
        (BinaryPerceptron(beta=1.5), 1.2),
        (TeacherStudent(), 0.8),
        (TeacherStudent(0.2, beta=2.0), 0.5),
    ],
)
def test_fixed_points_are_replica_symmetric(model, alpha):
    theory = replica_symmetric(model, alpha)
    course = state_evolution(model, alpha, 400)
    # it contracts by a factor that is the stability's complement or smaller; 481 nodes are exact to rounding
    assert course.q[-1] == pytest.approx(theory.q, abs=1e-12)
    assert course.teacher_overlap[-1] == pytest.approx(theory.teacher_overlap, abs=1e-12)
    assert course.q_hat[-1] == pytest.approx(theory.q_hat, abs=1e-11)
    assert course.teacher_overlap_hat[-1] == pytest.approx(theory.teacher_overlap_hat, abs=1e-11)
    still = state_evolution(model, alpha, 1, q=float(theory.q), teacher_overlap=float(theory.teacher_overlap))
    assert still.q[1] == pytest.approx(theory.q, abs=1e-12)


def test_first_iteration_in_closed_form():
    # zero magnetisations: every stability is N(0, 1) and l'(0, 1) = sqrt(2/pi) at kappa = 0
    alpha = 0.7
    course = state_evolution(TeacherStudent(), alpha, 1)
    assert course.q[0] == course.teacher_overlap[0] == 0
    assert course.q_hat[0] == pytest.approx(2 * alpha / np.pi, rel=1e-14)
    assert course.teacher_overlap_hat[0] == pytest.approx(2 * alpha / np.pi, rel=1e-14)
    z, w = np.polynomial.hermite_e.hermegauss(80)
    s = np.sqrt(2 * alpha / np.pi)
    assert course.q[1] == pytest.approx(w @ np.tanh(s * z + s**2) ** 2 / w.sum(), abs=1e-9)
    assert course.teacher_overlap[1] == pytest.approx(w @ np.tanh(s * z + s**2) / w.sum(), abs=1e-9)


def test_bayes_optimal_learning_keeps_q_equal_to_the_teacher_overlap():
    course = state_evolution(TeacherStudent(), [0.5, 1.0, 1.2], 30)
    np.testing.assert_allclose(course.q, course.teacher_overlap, atol=1e-12)
    assert np.all(np.diff(course.q, axis=0) >= -1e-14)  # learning never goes back


def test_above_the_spinodal_amp_finds_the_teacher():
    course = state_evolution(TeacherStudent(), 1.6, 200)
    assert course.teacher_overlap[-1] > 1 - 1e-6


def test_even_constraints_stay_at_zero_and_leave_it_where_it_is_unstable():
    for model in (SymmetricBinaryPerceptron(1.0), UShapePerceptron(0.5)):
        np.testing.assert_array_equal(state_evolution(model, 0.5, 5).q, 0.0)
    # stability is 1 minus the growth of a small q in one iteration
    for model, alpha in ((SymmetricBinaryPerceptron(1.0), 1.0), (UShapePerceptron(0.5), 0.5)):
        course = state_evolution(model, alpha, 1, q=1e-6)
        growth = 1 - replica_symmetric(model, alpha).stability
        assert course.q[1] / course.q[0] == pytest.approx(growth, rel=1e-4)


def test_arrays_broadcast_and_agree_with_scalars():
    model = BinaryPerceptron(np.array([0.0, 0.5])[:, None])
    course = state_evolution(model, [0.2, 0.4, 0.6], 3)
    assert course.q.shape == (4, 2, 3) and course.q_hat.shape == (3, 2, 3)
    for i, kappa in enumerate((0.0, 0.5)):
        for j, alpha in enumerate((0.2, 0.4, 0.6)):
            alone = state_evolution(BinaryPerceptron(kappa), alpha, 3)
            np.testing.assert_allclose(course.q[:, i, j], alone.q, rtol=1e-13)


def test_above_capacity_overlaps_run_into_one_without_breaking():
    assert 0.99 < state_evolution(BinaryPerceptron(), 3.0, 100).q[-1] <= 1.0


@pytest.mark.parametrize(
    "arguments, options, error, message",
    [
        ((BinaryPerceptron(), 0.5, 0), {}, ValueError, "iterations must be a positive integer; got 0"),
        ((BinaryPerceptron(), 0.5, 2.0), {}, TypeError, r"iterations must be a positive integer; got 2\.0"),
        ((BinaryPerceptron(), 0.5, True), {}, TypeError, "iterations must be a positive integer"),
        ((BinaryPerceptron(), -0.5, 3), {}, ValueError, "alpha must be positive"),
        ((BinaryPerceptron(), 0.5, 3), {"q": 1.0}, ValueError, r"q must lie in \[0, 1\); got 1\.0"),
        ((BinaryPerceptron(), 0.5, 3), {"q": np.nan}, ValueError, "q must lie in"),
        ((BinaryPerceptron(), 0.5, 3), {"q": [0.1, 0.2]}, ValueError, "q must be a single number"),
        ((BinaryPerceptron(), 0.5, 3), {"teacher_overlap": 0.1}, ValueError, "without a teacher; got 0.1"),
        ((TeacherStudent(), 0.5, 3), {"q": 0.1, "teacher_overlap": 0.4}, ValueError, r"\[0, sqrt\(q\)\); got 0.4"),
        (("binary", 0.5, 3), {}, TypeError, "model"),
    ],
)
def test_bad_arguments(arguments, options, error, message):
    with pytest.raises(error, match=message):
        state_evolution(*arguments, **options)


@pytest.mark.parametrize(
    "model",
    [
        rt.BinaryPerceptron(weights=rt.SphericalWeights()),
        rt.BinaryPerceptron(weights=rt.DiscreteWeights([-1, 0, 1])),
        rt.BinaryPerceptron(weights=rt.DiscreteWeights([0, 1])),
        rt.TeacherStudent(weights=rt.DiscreteWeights([-1, 0, 1])),
        rt.TeacherStudent(weights=rt.SphericalWeights()),
    ],
    ids=repr,
)
def test_other_weights_end_at_their_saddle_point(model):
    """From zero fields to the replica-symmetric overlaps, geometrically."""
    found, point = rt.state_evolution(model, 0.4, 60), rt.replica_symmetric(model, 0.4)
    ends = [found.q[-1], found.teacher_overlap[-1], found.mean_square[-1]]
    np.testing.assert_allclose(ends, [point.q, point.teacher_overlap, point.mean_square], atol=1e-9)
    assert found.q[0] == model.weights.moments[0] ** 2 and found.mean_square[0] == model.weights.moments[1]
