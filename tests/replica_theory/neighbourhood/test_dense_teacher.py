"""Dense regions around a teacher's students: identities, limits, and an independent evaluation of the functional."""

import numpy as np
import pytest
from scipy import integrate, optimize, special

from replica_theory import (
    ConvergenceError,
    ConvergenceWarning,
    Status,
    TeacherStudent,
    binary_entropy,
    replica_symmetric,
    teacher_student,
)
from replica_theory.models.perceptron import BinaryPerceptron
from replica_theory.neighbourhood.dense_teacher import dense_teacher
from replica_theory.neighbourhood.local_entropy import local_entropy
from replica_theory.replicas.infinite_y import LimitEquations, aligned
from replica_theory.thresholds.dense_teacher import dense_teacher_threshold

STEP = 1e-4
MODELS = [TeacherStudent(), TeacherStudent(0.2), TeacherStudent(0.0, 3.0), TeacherStudent(0.2, 3.0)]


def centred(distance):
    return distance + STEP * np.array([-1.0, 0.0, 1.0])


@pytest.mark.parametrize("model", MODELS, ids=str)
@pytest.mark.parametrize("distance", [0.08, 0.15, 0.3])
def test_pairs_count_students_twice(model, distance):
    """At y = 1 a reference is a typical student with independent flips, q0 and R the typical ones."""
    curve, typical = dense_teacher(model, 0.6, distance, y=1.0), replica_symmetric(model, 0.6)
    # Rounding of an order-1 sum; the quadrature converges geometrically.
    assert abs(curve.overlaps["phi"] - typical.free_entropy - binary_entropy(distance)) < 1e-12
    assert abs(curve.overlaps["q0"] - typical.q) < 1e-10
    assert abs(curve.overlaps["teacher_overlap"] - typical.teacher_overlap) < 1e-10
    assert abs(curve.overlaps["teacher_overlap_ref"] - (1 - 2 * distance) * typical.teacher_overlap) < 1e-10


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "y"), [(MODELS[0], 0.5), (MODELS[3], 2.0), (MODELS[0], 8.0), (MODELS[2], 8.0)], ids=str
)
def test_derivatives_at_finite_y(model, y):
    along = dense_teacher(model, 0.6, centred(0.15), y=y)
    slope = (along.overlaps["phi"][2] - along.overlaps["phi"][0]) / (2 * STEP)
    # Central differences: third derivatives (of order 10 y) times step^2/6, rounding 1e-15/step.
    assert abs(slope - 2 * y * along.overlaps["gamma"][1]) < 2e-7 * (1 + y)
    assert (along.error < 1e-9).all()
    counts = dense_teacher(model, 0.6, 0.15, y=centred(y)).overlaps["phi"]
    assert abs((counts[2] - counts[0]) / (2 * STEP) - along.overlaps["free_entropy"][1]) < 1e-7
    assert abs((along.entropy[2] - along.entropy[0]) / (2 * STEP) - along.slope[1]) < 1e-5


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_slope_at_infinite_y(model):
    curve = dense_teacher(model, 0.6, centred(0.08))
    # Third derivative of S_inf here is below 100: step^2/6 of it.
    assert abs((curve.entropy[2] - curve.entropy[0]) / (2 * STEP) - curve.slope[1]) < 5e-7
    assert (curve.error < 1e-12).all() and (curve.overlaps["residual"] < 1e-11).all()


def test_large_y_tends_to_the_limit():
    limit = dense_teacher(TeacherStudent(), 0.8, 0.1)
    ten, twenty, forty = dense_teacher(TeacherStudent(), 0.8, 0.1, y=np.array([10.0, 20.0, 40.0])).entropy
    # S(y) = S_inf - c/y^2 + O(y^-3) (the entropy is the derivative of phi = y S_inf + c_0 + c/y).
    assert ten < twenty < forty < limit.entropy
    assert abs(forty + (forty - twenty) / 3 - limit.entropy) < 0.1 * (limit.entropy - forty)


@pytest.mark.parametrize("alpha", [0.3, 1.0])
def test_flat_part_is_the_typical_student(alpha):
    """From the clipped posterior mean outwards: R = q (Nishimori), and the mean's own overlap erf(sqrt(R_hat/2))."""
    typical = replica_symmetric(TeacherStudent(), alpha)
    curve = dense_teacher(TeacherStudent(), alpha, np.array([0.35, 0.5]))
    assert np.allclose(curve.entropy, typical.entropy, rtol=0, atol=1e-13) and (curve.slope == 0).all()
    assert np.allclose(curve.overlaps["teacher_overlap"], curve.overlaps["q0"], rtol=0, atol=1e-12)
    expected = special.erf(np.sqrt(typical.teacher_overlap_hat / 2))
    assert np.allclose(curve.overlaps["teacher_overlap_ref"], expected, rtol=0, atol=1e-12)
    learning = teacher_student(TeacherStudent(), alpha)
    assert abs(curve.overlaps["generalization_error"][0] - learning.generalization_error) < 1e-10
    assert (curve.overlaps["generalization_error_ref"] < curve.overlaps["generalization_error"]).all()


def test_continuous_at_the_end_of_the_flat_part():
    typical = replica_symmetric(TeacherStudent(), 0.8)
    q_hat, r_hat = typical.q_hat, typical.teacher_overlap_hat
    z = np.linspace(-10, 10, 20001)
    measure = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    mean = np.trapezoid(measure * np.abs(np.tanh(np.sqrt(q_hat) * z + r_hat)), z)
    flat = 0.5 * (1 - mean)
    inside = dense_teacher(TeacherStudent(), 0.8, flat * (1 - np.array([1e-2, 1e-3])))
    # The slope vanishes linearly at the end; S differs from the typical entropy in second order.
    assert 0 < inside.slope[1] < 0.15 * inside.slope[0]
    assert 0 < typical.entropy - inside.entropy[1] < 1e-6


def test_without_a_teacher_in_reach():
    """At small load labels of a teacher are as good as random: the theory of random labels."""
    alpha, distance = 0.03, 0.3
    taught = dense_teacher(TeacherStudent(), alpha, distance)
    random = local_entropy(BinaryPerceptron(), alpha, np.array([0.4, distance]))
    # R^2 is of order alpha, and S changes by alpha R^2 (times about 0.05).
    assert abs(taught.entropy - random.entropy[1]) < 0.1 * alpha**2
    assert 0.5 * (1 - aligned(float(replica_symmetric(BinaryPerceptron(), alpha).q_hat))[0]) > distance


def plain_entropy(x, alpha, t):
    """S_inf at (q, R, gap, q_hat, R_hat, gap_hat, t_hat), kappa = 0: plain grids and a generic maximiser."""
    q, r, gap, q_hat, r_hat, gap_hat, t_hat = x
    z = np.linspace(-8, 8, 2001)
    measure = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)

    def highest(function):
        best = optimize.minimize_scalar(lambda v: -function(v), bounds=(-30, 30), method="bounded",
                                        options={"xatol": 1e-9})  # fmt: skip
        return -best.fun

    a = np.abs(np.sqrt(q_hat) * z + r_hat)
    spins = [highest(lambda v, b=b: -(v**2) / 2 + np.logaddexp(u := b + np.sqrt(gap_hat) * v + t_hat, -u))
             for b in a[::10]]  # fmt: skip
    weight = 2 * special.ndtr(r * z / np.sqrt(q - r**2))
    std = np.sqrt(1 - q)
    fields = [highest(lambda v, b=b: -(v**2) / 2 + special.log_ndtr((b + np.sqrt(gap) * v) / std))
              for b in np.sqrt(q) * z[::10]]  # fmt: skip
    linear = -0.5 * q_hat * (1 - q) - 0.5 * (gap * q_hat + q * gap_hat) - t * t_hat - r * r_hat
    g_s = integrate.simpson(measure[::10] * spins, x=z[::10])
    return linear + g_s + alpha * integrate.simpson((measure * weight)[::10] * fields, x=z[::10])


def test_functional_by_plain_quadrature_and_stationarity():
    """The value, and that it is stationary in every order parameter, from an independent code."""
    alpha, distance = 0.8, 0.1
    curve = dense_teacher(TeacherStudent(), alpha, distance)
    o = {k: float(v) for k, v in curve.overlaps.items()}
    x = np.array([o["q0"], o["teacher_overlap"], 0.0, o["t_hat"] / (1 + o["t_hat"])])
    # The width is not reported: the root of its own equation at the reported values of the others.
    equations = LimitEquations(TeacherStudent(), alpha)
    t = 1 - 2 * distance
    x[2] = optimize.brentq(lambda w: equations.residual(np.array([x[0], x[1], w, x[3]]), t)[2], 1e-3, 5.0)
    point = equations.read(x, t)
    orders = np.array([point.q, point.r, point.gap, point.q_hat, point.r_hat, point.gap_hat, point.t_hat])
    base = plain_entropy(orders, alpha, 1 - 2 * distance)
    # Simpson's rule with spacing 0.08 across the kink of |a|: h^2 times the jump of the slope.
    assert abs(base - float(curve.entropy)) < 1e-4
    for k in range(len(orders)):
        step = 3e-3 * orders[k]
        unit = step * np.eye(len(orders))[k]
        high, low = (plain_entropy(orders + sign * unit, alpha, 1 - 2 * distance) for sign in (1, -1))
        # In units of the parameter itself: 1e-3 of the terms, of order 0.1 to 1, that must cancel.
        assert abs(high - low) / 2 / 3e-3 < 1e-3, k


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_stability_at_pairs_is_that_of_the_students(model):
    """At y = 1 the references are blind: breaking among them is de Almeida and Thouless's, at every distance."""
    curve, typical = dense_teacher(model, 0.6, np.array([0.08, 0.3, 0.5]), y=1.0), replica_symmetric(model, 0.6)
    assert np.allclose(curve.overlaps["replicon_ref"], typical.stability, rtol=0, atol=1e-12)
    # At d = 1/2 the replicas of one reference are typical students too (extrapolated there).
    assert abs(curve.overlaps["replicon"][2] - typical.stability) < 1e-10
    assert abs(dense_teacher(model, 0.6, 0.3).overlaps["replicon"] - curve.overlaps["replicon"][1]) < 0.2


@pytest.mark.parametrize("y", [1.0, 3.0])
def test_folds_and_ends(y):
    """A branch that turns back says where, and d = 0 and 1/2 are the limits that they are."""
    with pytest.warns(ConvergenceWarning, match="1 x fold"):
        curve = dense_teacher(TeacherStudent(), 0.6, np.array([0.0, 1e-4, 0.1, 0.5]), y=y)
    typical = replica_symmetric(TeacherStudent(), 0.6)
    assert curve.status[1] is Status.FOLD and 1e-4 < curve.overlaps["fold"][1] < 0.1
    assert curve.entropy[0] == 0 and curve.complexity[0] == pytest.approx(typical.entropy, abs=1e-14)
    assert curve.entropy[3] == pytest.approx(typical.entropy, abs=1e-10)
    assert curve.complexity[3] == pytest.approx(np.log(2), abs=1e-10)
    np.testing.assert_allclose(curve.overlaps["teacher_overlap"][[0, 3]], typical.teacher_overlap, atol=1e-10)
    np.testing.assert_allclose(curve.overlaps["teacher_overlap_ref"][[0, 3]], [typical.teacher_overlap, 0], atol=1e-10)


@pytest.mark.slow
@pytest.mark.parametrize("model", [MODELS[0], MODELS[2]], ids=str)
def test_near_the_reference_the_width_diverges(model):
    """The students' overlap with the teacher tends to that of their reference, long after the entropy is H2(d)."""
    distance = np.array([6e-4, 2e-3])
    curve = dense_teacher(model, 0.6, distance)
    np.testing.assert_allclose(curve.entropy, binary_entropy(distance), rtol=1e-6)
    seen, reference = curve.overlaps["teacher_overlap"], curve.overlaps["teacher_overlap_ref"]
    np.testing.assert_allclose(seen, (1 - 2 * distance) * reference, atol=1e-4)
    # A few 1e-6 of quadrature; the overlaps fall with the distance towards their limit.
    assert 0.431 < seen[0] < seen[1] < 0.433


def test_shapes_and_missing_points():
    curve = dense_teacher(TeacherStudent(), np.array([[0.5], [0.8]]), np.array([0.0, 0.1, 0.5]))
    assert curve.entropy.shape == (2, 3) and curve.converged.all()
    assert (curve.entropy[:, 0] == 0).all() and (np.diff(curve.entropy, axis=1) > 0).all()
    with pytest.raises(ConvergenceError, match="branch of saddle points"):
        dense_teacher(TeacherStudent(), 2.0, 0.1)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: dense_teacher(BinaryPerceptron(), 0.5, 0.1), TypeError, "model must be a TeacherStudent"),
        (lambda: dense_teacher(TeacherStudent(), 0.0, 0.1), ValueError, "alpha must be positive"),
        (lambda: dense_teacher(TeacherStudent(), 0.5, 0.6), ValueError, "distance must lie"),
        (lambda: dense_teacher(TeacherStudent(), 0.5, 0.1, y=0.0), ValueError, r"y must lie in \(0, 40\] or be inf"),
        (lambda: dense_teacher(TeacherStudent(), 0.5, 0.1, y=np.nan), ValueError, "y must lie in"),
        (lambda: dense_teacher(TeacherStudent(), 0.5, 0.1, y="many"), TypeError, "y must be a real number"),
        (lambda: dense_teacher_threshold(TeacherStudent([0.0, 0.1])), ValueError, "single kappa and beta"),
        (lambda: dense_teacher_threshold(BinaryPerceptron()), TypeError, "model must be a TeacherStudent"),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()
