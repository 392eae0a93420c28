"""Loads at which a student can find the teacher, and at which it must."""

import numpy as np
import pytest
from scipy import optimize, special

from replica_theory import (
    ConvergenceError,
    TeacherStudent,
    binary_entropy,
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


def test_gyorgyi_transition():
    transition = teacher_student_transition(TeacherStudent())
    assert transition.alpha == pytest.approx(1.244683990, abs=1e-9)
    assert transition.criterion == "free entropies of student and teacher are equal"
    r_hat = optimize.brentq(lambda x: bayes_entropy(bayes_load(x)[1], bayes_load(x)[0], x), 0.5, 2.5)
    r, alpha = bayes_load(r_hat)
    assert transition.alpha == pytest.approx(alpha, abs=1e-10)
    assert transition.teacher_overlap == pytest.approx(r, abs=1e-9)


def test_spinodal():
    spinodal = teacher_student_spinodal(TeacherStudent())
    assert 1.492 < spinodal.alpha < 1.493
    top = optimize.minimize_scalar(lambda x: -bayes_load(x)[1], bounds=(0.5, 6), method="bounded")
    # The maximum of alpha is quadratic in the position, so that 1e-6 there is 1e-12 here.
    assert spinodal.alpha == pytest.approx(-top.fun, abs=1e-9)
    assert teacher_student(TeacherStudent(), 0.9999 * spinodal.alpha, branch="student").teacher_overlap < 0.9
    with pytest.raises(ConvergenceError, match="on branch 'student': the branch"):
        teacher_student(TeacherStudent(), 1.001 * spinodal.alpha, branch="student")


@pytest.mark.slow
def test_finite_temperature():
    """Colder students learn sooner; all transitions lie below their spinodals."""
    beta = [0.3, 1.0, 5.0, 40.0]
    transitions = [teacher_student_transition(TeacherStudent(0.0, b)).alpha for b in beta]
    spinodals = [teacher_student_spinodal(TeacherStudent(0.0, b)).alpha for b in beta]
    assert transitions == sorted(transitions, reverse=True) and spinodals == sorted(spinodals, reverse=True)
    assert (np.array(transitions) < spinodals).all()
    assert transitions[-1] == pytest.approx(1.244683990, abs=1e-8)


def test_high_temperature():
    """beta -> 0 at fixed alpha beta (Seung, Sompolinsky, Tishby 1992): S(R) - alpha beta arccos(R)/pi is maximal."""

    def excess(scaled):
        found = optimize.minimize_scalar(
            lambda r: scaled * np.arccos(r) / np.pi - float(binary_entropy(0.5 * (1 - r))),
            bounds=(0.01, 0.95),
            method="bounded",
        )
        return -found.fun

    limit = optimize.brentq(excess, 1.5, 1.9)
    assert limit == pytest.approx(1.70, abs=0.01)
    scaled = [b * teacher_student_transition(TeacherStudent(0.0, b)).alpha for b in (0.01, 0.02)]
    # Corrections are of order beta: extrapolated, they leave beta^2 ~ 1e-4.
    assert 2 * scaled[0] - scaled[1] == pytest.approx(limit, abs=1e-3)
