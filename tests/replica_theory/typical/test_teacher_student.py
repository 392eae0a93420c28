"""Learning from a teacher: the published transition, both branches, the Nishimori line, high temperature."""

import dataclasses

import numpy as np
import pytest
from scipy import integrate, optimize, special

import replica_theory as rt
from replica_theory import (
    BinaryPerceptron,
    ConvergenceError,
    ConvergenceWarning,
    Learning,
    Status,
    TeacherStudent,
    replica_symmetric,
    teacher_student,
    teacher_student_spinodal,
    teacher_student_transition,
)

Z = np.linspace(-10, 10, 8001)
GAUSS = np.exp(-0.5 * Z**2) / np.sqrt(2 * np.pi)


def bayes_entropy(alpha, r, r_hat):
    """The Bayes-optimal functional as printed: -R_hat(1 + R)/2 + E log 2cosh + 2 alpha E H(u) log H(u)."""
    x = np.sqrt(r_hat) * Z + r_hat
    log_h = special.log_ndtr(Z * np.sqrt(r / (1 - r)))
    return (
        -0.5 * r_hat * (1 + r)
        + np.trapezoid(GAUSS * np.logaddexp(x, -x), Z)
        + 2 * alpha * np.trapezoid(GAUSS * np.exp(log_h) * log_h, Z)
    )


def bayes_load(r_hat):
    """R and alpha on the Bayes-optimal branch: R = E tanh, R_hat = 2 alpha/(1 - R) E G(u)^2/H(u)."""
    r = np.trapezoid(GAUSS * np.tanh(np.sqrt(r_hat) * Z + r_hat), Z)
    u = -Z * np.sqrt(r / (1 - r))
    per_alpha = 2 / (1 - r) * np.trapezoid(GAUSS * np.exp(-(u**2) - special.log_ndtr(-u)) / (2 * np.pi), Z)
    return r, r_hat / per_alpha


@pytest.mark.parametrize(("alpha", "overlap"), [(0.5, 0.293089), (1.0, 0.560715), (1.2, 0.668661)])
def test_overlap(alpha, overlap):
    student = teacher_student(TeacherStudent(), alpha)
    assert isinstance(student, Learning) and not student.perfect
    assert student.teacher_overlap == pytest.approx(overlap, abs=1e-6)
    assert student.generalization_error == pytest.approx(np.arccos(student.teacher_overlap) / np.pi, abs=1e-15)
    r_hat = optimize.brentq(lambda x: bayes_load(x)[1] - alpha, 1e-4, 1.5)
    assert student.teacher_overlap == pytest.approx(bayes_load(r_hat)[0], abs=1e-9)
    assert student.entropy == pytest.approx(bayes_entropy(alpha, student.teacher_overlap, r_hat), abs=1e-10)


@pytest.mark.parametrize("alpha", [0.1, 0.7, 1.2])
def test_nishimori(alpha):
    """Bayes-optimal inference cannot tell the teacher from another student: R = q, R_hat = q_hat."""
    point = replica_symmetric(TeacherStudent(), alpha)
    assert point.teacher_overlap == pytest.approx(point.q, abs=1e-11)
    assert point.teacher_overlap_hat == pytest.approx(point.q_hat, abs=1e-10)
    off = replica_symmetric(TeacherStudent(0.0, 2.0), alpha)
    assert off.teacher_overlap != pytest.approx(off.q, abs=1e-3)


def test_vote_of_all_students():
    """Bayes-optimal on the Nishimori line; elsewhere from its own overlaps; better than one student everywhere."""
    loads = np.array([0.1, 0.5, 1.0, 1.2, 1.3])
    bayes = teacher_student(TeacherStudent(), loads)
    np.testing.assert_allclose(bayes.vote_error, np.arccos(np.sqrt(bayes.q)) / np.pi, atol=1e-6)
    assert bayes.vote_error[-1] == 0.0 and np.all(bayes.vote_error[:-1] < bayes.generalization_error[:-1])
    # the prediction of all solutions, by the Gaussian field of one of them given the mean field: E min(p, 1 - p)
    q = bayes.q[2]
    wrong = integrate.quad(lambda z: np.exp(-0.5 * z**2) * special.ndtr(-z * np.sqrt(q / (1 - q))), 0, 12)[0]
    assert bayes.vote_error[2] == pytest.approx(2 * wrong / np.sqrt(2 * np.pi), abs=1e-10)
    for model in (TeacherStudent(0.0, 2.0), TeacherStudent(0.3)):
        other = teacher_student(model, 0.8, branch="student")
        assert other.vote_error == pytest.approx(np.arccos(other.teacher_overlap / np.sqrt(other.q)) / np.pi, abs=1e-12)
        assert teacher_student(TeacherStudent(), 0.8).vote_error < other.vote_error < other.generalization_error


def test_branches():
    model = TeacherStudent()
    student, teacher = (teacher_student(model, 1.4, branch=name) for name in ("student", "teacher"))
    assert student.teacher_overlap < 1 and student.entropy < 0 and not student.perfect
    assert student.status is Status.NEGATIVE_ENTROPY
    assert (teacher.teacher_overlap, teacher.generalization_error, teacher.entropy, teacher.q) == (1, 0, 0, 1)
    assert teacher.perfect is True and teacher.status is Status.CONVERGED
    assert teacher_student(model, 1.4).perfect and not teacher_student(model, 1.2).perfect


def test_arrays():
    learning = teacher_student(TeacherStudent(), [[0.5, 1.2, 1.25, 3.0]])
    assert learning.teacher_overlap.shape == learning.status.shape == (1, 4)
    assert learning.perfect.tolist() == [[False, False, True, True]]
    assert (np.diff(learning.generalization_error) <= 0).all()
    with pytest.warns(ConvergenceWarning, match=r"teacher_student: 1 of 2 points are NaN \(1 x saddle-lost\)"):
        students = teacher_student(TeacherStudent(), [1.0, 3.0], branch="student")
    assert np.isnan(students.teacher_overlap).tolist() == [False, True]


def test_margin_takes_the_teacher_away():
    """With kappa > 0 the teacher violates patterns itself: R = 1 is no branch, the student stays imperfect."""
    student = teacher_student(TeacherStudent(0.3), 0.8)
    assert not student.perfect and student.teacher_overlap < 1


def test_annealed_learning_is_worse_than_bayes():
    """No student of whatever temperature beats the Bayes-optimal overlap sqrt(q) of the centre of mass."""
    bayes = teacher_student(TeacherStudent(), 0.8).teacher_overlap
    for beta in (0.5, 2.0, 8.0):
        warm = teacher_student(TeacherStudent(0.0, beta), 0.8)
        assert warm.teacher_overlap / np.sqrt(warm.q) <= np.sqrt(bayes) + 1e-12


def test_generalization_error_is_a_disagreement():
    """arccos(R)/pi is the probability that two fields of correlation R differ in sign."""
    student = teacher_student(TeacherStudent(), 1.0)
    r = student.teacher_overlap
    differ, _ = integrate.quad(
        lambda x: 2 * np.exp(-0.5 * x**2) / np.sqrt(2 * np.pi) * special.ndtr(-r * x / np.sqrt(1 - r**2)), 0, 10
    )
    assert student.generalization_error == pytest.approx(differ, abs=1e-9)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: teacher_student(BinaryPerceptron(), 1.0), TypeError, "model must be a TeacherStudent; got Binary"),
        (lambda: teacher_student(TeacherStudent(), -1.0), ValueError, r"alpha must be positive and finite; got -1.0"),
        (
            lambda: teacher_student(TeacherStudent(), 1.0, branch="best"),
            ValueError,
            "branch must be one of 'equilibrium', 'student', 'teacher'; got 'best'",
        ),
        (
            lambda: teacher_student(TeacherStudent(0.1), 1.0, branch="teacher"),
            ValueError,
            r"only at kappa = 0; got kappa=0.1",
        ),
        (lambda: teacher_student_transition(TeacherStudent(0.1)), ValueError, r"only at kappa = 0; got kappa=0.1"),
        (lambda: teacher_student_spinodal(TeacherStudent([0, 0])), ValueError, "must have a single kappa and beta"),
        (lambda: teacher_student_spinodal(BinaryPerceptron()), TypeError, "model must be a TeacherStudent"),
        (lambda: teacher_student_transition(TeacherStudent(0.0, 0.0)), ValueError, "beta must be positive: at beta"),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("kappa", [0.0, 0.5, -0.3])
def test_infinite_temperature_teaches_nothing(kappa):
    """At beta = 0 a student is any configuration; little above it the error is 1/2 less what R ~ beta allows."""
    nothing = teacher_student(TeacherStudent(kappa, beta=0.0), 0.5)
    assert nothing.entropy == pytest.approx(np.log(2), abs=1e-15) and nothing.generalization_error == 0.5
    assert not nothing.perfect and nothing.status == "converged" and nothing.q == nothing.teacher_overlap == 0.0
    small = teacher_student(TeacherStudent(kappa, beta=np.array([1e-8, 1e-6, 1e-4])), 0.5)
    slope = small.teacher_overlap / np.array([1e-8, 1e-6, 1e-4])
    assert slope == pytest.approx(slope[0], rel=1e-3)  # corrections of the order of beta
    # To first order R = alpha sqrt(2/pi) l'(0) with l' = beta G(kappa).
    assert slope[0] == pytest.approx(0.5 * np.sqrt(2 / np.pi) * np.exp(-0.5 * kappa**2) / np.sqrt(2 * np.pi), rel=1e-6)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("alpha", [67.0, 3e3, 4e5])
def test_students_that_know_everything_but_for_an_underflow(alpha):
    """At kappa = 0 the teacher takes over; beside it, 1 - q underflows and that is said, without a word of numpy."""
    assert teacher_student(TeacherStudent(0.0, 1.0), alpha).perfect
    with pytest.raises(ConvergenceError):
        teacher_student(TeacherStudent(0.5, 1.0), 9e5)


def test_inaccurate_students_do_not_make_the_teacher_win(monkeypatch):
    """A branch that is not resolved is no branch that is absent."""
    from replica_theory.typical import teacher_student as module

    def poor(model, alpha):
        point = replica_symmetric(model, alpha)
        status = np.full(np.shape(alpha), Status.INACCURATE_QUADRATURE, dtype=object)
        nothing = np.full(np.shape(alpha), np.nan)
        return dataclasses.replace(point, status=status, free_entropy=nothing, entropy=nothing)

    monkeypatch.setattr(module, "replica_symmetric", poor)
    with pytest.warns(ConvergenceWarning):
        found = teacher_student(TeacherStudent(), [0.5])
    assert found.status[0] == "inaccurate-quadrature" and not found.perfect[0] and np.isnan(found.entropy[0])


def test_spherical_students():
    """Check values; the error times the load tends to 0.625 (0.6245 at 200), and there is no branch of the teacher."""
    model = rt.TeacherStudent(weights=rt.SphericalWeights())
    found = rt.teacher_student(model, [0.5, 1.0, 5.0, 200.0])
    np.testing.assert_allclose(found.teacher_overlap[:3], [0.28032573, 0.48626364, 0.93206425], atol=6e-9)
    assert found.generalization_error[3] * 200 == pytest.approx(0.625, abs=0.002)
    assert not found.perfect.any() and set(found.status) == {"converged"}
    with pytest.raises(ValueError, match="the teacher is no branch of its own"):
        rt.teacher_student(model, 1.0, branch="teacher")


def test_discrete_students_find_their_teacher():
    """Levels -2, 2 as binary ones; above the transition of ternary weights the teacher, at R = T."""
    plain = rt.teacher_student(rt.TeacherStudent(), [0.8, 1.2, 1.3])
    scaled = rt.teacher_student(rt.TeacherStudent(weights=rt.DiscreteWeights([-2, 2])), [0.8, 1.2, 1.3])
    for name in ("generalization_error", "vote_error", "entropy", "perfect"):
        np.testing.assert_allclose(getattr(scaled, name), getattr(plain, name), atol=1e-12)
    ternary = rt.teacher_student(rt.TeacherStudent(weights=rt.DiscreteWeights([-1, 0, 1], [1, 2, 1])), [1.0, 4.0])
    assert ternary.perfect.tolist() == [False, True] and ternary.teacher_overlap[1] == 0.5
    assert ternary.generalization_error[1] == ternary.vote_error[1] == ternary.entropy[1] == 0
    assert ternary.free_entropy[1] == pytest.approx(0.5 * np.log(2))
