import numpy as np
import pytest
from mpmath import mp

import replica_theory as rt

PUBLISHED = "0.83307859973957923368908689326696590805213275026266"
"""Of an earlier computation with mpmath and one with balls (python-flint), independent of the package."""


def test_the_capacity_to_fifty_digits():
    assert str(rt.capacity(rt.BinaryPerceptron(), digits=50).alpha) == PUBLISHED


def test_adaptive_quadrature_agrees():
    """The entropy at the capacity vanishes, by mpmath's own quadrature of the functional as it is printed."""
    point = rt.capacity(rt.BinaryPerceptron(0.5), digits=25)
    with mp.workdps(35):
        alpha, q, q_hat = (mp.mpf(str(getattr(point, name))) for name in ("alpha", "q", "q_hat"))
        ends = mp.linspace(-12, 12, 13)  # beyond, the measure is below 1e-31

        def mean(f):
            return mp.quad(lambda z: mp.npdf(z) * f(z), ends)

        def log_h(z):
            return mp.log(mp.erfc((0.5 - mp.sqrt(q) * z) / mp.sqrt(2 * (1 - q))) / 2)

        entropy = -q_hat * (1 - q) / 2 + mean(lambda z: mp.log(2 * mp.cosh(mp.sqrt(q_hat) * z))) + alpha * mean(log_h)
        assert abs(entropy) < 1e-23 and abs(mean(lambda z: mp.tanh(mp.sqrt(q_hat) * z) ** 2) - q) < 1e-23


@pytest.mark.parametrize(
    "model",
    [rt.BinaryPerceptron(-1.0), rt.UShapePerceptron(1.0), rt.IntervalModel([(-1, 0.5), (1, 2)]),
     rt.SymmetricBinaryPerceptron(0.5), rt.UShapePerceptron(0.5)],
    ids=repr,
)  # fmt: skip
def test_doubles_agree(model):
    known, point = rt.capacity(model), rt.capacity(model, digits=18)
    for name in ("alpha", "q", "q_hat", "stability"):
        assert float(getattr(point, name)) == pytest.approx(float(getattr(known, name)), rel=1e-10, abs=1e-14)
    known, point = rt.replica_symmetric(model, 0.4), rt.replica_symmetric(model, 0.4, digits=18)
    for name in ("entropy", "q", "q_hat", "stability"):
        # 1e-9: overlaps are solved to that in doubles, where the entropy is stationary.
        assert float(getattr(point, name)) == pytest.approx(float(getattr(known, name)), rel=1e-9, abs=1e-14)


def test_the_transition_to_the_teacher():
    known, point = (rt.teacher_student_transition(rt.TeacherStudent(), digits=n) for n in (None, 18))
    assert float(point.alpha) == pytest.approx(known.alpha, rel=1e-12)  # rounding of some hundred terms
    assert float(point.teacher_overlap) == pytest.approx(known.teacher_overlap, rel=1e-10)  # where the root is found
    with pytest.raises(ValueError, match="beta = inf"):
        rt.teacher_student_transition(rt.TeacherStudent(beta=5.0), digits=18)


def test_more_digits_begin_with_fewer():
    few, many = (rt.replica_symmetric(rt.BinaryPerceptron(), 0.5, digits=n) for n in (12, 40))
    assert str(many.entropy).startswith("0.314390066855") and round(many.entropy, 12) == few.entropy


def test_one_load_only():
    with pytest.raises(ValueError, match="alpha must be a single number"):
        rt.replica_symmetric(rt.BinaryPerceptron(), np.array([0.4, 0.5]), digits=20)
