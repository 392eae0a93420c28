import doctest
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from mpmath import mp

import replica_theory as rt

flint = pytest.importorskip("flint", reason="python-flint is not installed (extra [certified])")

from replica_theory.certified.balls import precision  # noqa: E402
from replica_theory.certified.half_line import HalfLine  # noqa: E402

SPHERE = rt.SphericalWeights()


def holds(point, other, *names):
    """Up to the rounding of the digits, half a unit of the last one."""
    for name in names:
        ball, number = point.balls[name], other.values[name]
        half = Decimal(5).scaleb(number.as_tuple().exponent - 1)
        assert abs(ball.midpoint - number) <= ball.radius + half, name


def is_as_narrow_as_asked(point, relative):
    size = abs(point.ball.midpoint) if relative else 1
    assert point.ball.radius <= size * Decimal(10) ** -point.digits


@pytest.mark.parametrize("kappa", [-2.0, 0.3, 3.0])
def test_capacities_hold_the_digits_of_mpmath(kappa):
    """Other quadratures, another search of the root: nothing is shared but the double that both start from."""
    model = rt.BinaryPerceptron(kappa)
    point = rt.capacity(model, certified=True)
    assert point.digits == 25 and point.ball == point.alpha
    holds(point, rt.capacity(model, digits=28), "alpha", "q", "q_hat", "stability")
    is_as_narrow_as_asked(point, relative=True)


@pytest.mark.parametrize(
    ("kappa", "known", "digits"),
    [
        (0.0, "0.83307859973957923368908689326696590805213275026266", 50),
        (1.0, "0.270700092293", 11),
        (-1.0, "3.79462829122", 11),
    ],
)
def test_known_balls(kappa, known, digits):
    """Of an earlier computation with python-flint, straight ball integration; good to one unit of the last digit."""
    point = rt.capacity(rt.BinaryPerceptron(kappa), certified=True, digits=digits)
    unit = Decimal(1).scaleb(Decimal(known).as_tuple().exponent)
    assert abs(point.alpha.midpoint - Decimal(known)) < unit + point.alpha.radius


def test_the_entropy_changes_sign_in_the_box():
    point = rt.capacity(rt.BinaryPerceptron(0.3), certified=True, digits=12)
    line = HalfLine(0.3)
    with precision(12) as tolerance:
        low, high = (line.point(flint.arb(str(end)), tolerance).entropy() for end in (point.box.lower, point.box.upper))
    assert low > 0 > high
    assert point.box.radius > Decimal("1e-4") and point.balls["stability"].lower > 0


def test_the_entropy_at_a_load():
    for model, alpha in ((rt.BinaryPerceptron(), 0.5), (rt.BinaryPerceptron(-1.5), 3.0), (rt.BinaryPerceptron(), 1e-7)):
        point = rt.replica_symmetric(model, alpha, certified=True, digits=18)
        holds(point, rt.replica_symmetric(model, alpha, digits=20), "entropy", "q", "q_hat", "stability")
        is_as_narrow_as_asked(point, relative=False)


def test_the_transition_to_the_teacher():
    point = rt.teacher_student_transition(rt.TeacherStudent(), certified=True, digits=20)
    holds(point, rt.teacher_student_transition(rt.TeacherStudent(), digits=26), "alpha", "teacher_overlap", "q_hat")
    is_as_narrow_as_asked(point, relative=True)
    known = rt.teacher_student_transition(rt.TeacherStudent())
    assert float(point.alpha) == pytest.approx(known.alpha, rel=1e-12)
    assert float(point.teacher_overlap) == pytest.approx(known.teacher_overlap, rel=1e-10)  # where the root is found


@pytest.mark.parametrize(
    "model",
    [rt.SymmetricBinaryPerceptron(0.7), rt.IntervalModel([(-2, -0.1), (0.1, 2)]), rt.UShapePerceptron(0.05)],
    ids=repr,
)
def test_even_constraints(model):
    point, other = rt.capacity(model, certified=True, digits=30), rt.capacity(model, digits=40)
    holds(point, other, "alpha", "stability")
    is_as_narrow_as_asked(point, relative=True)
    point, other = rt.replica_symmetric(model, 0.4, certified=True), rt.replica_symmetric(model, 0.4, digits=40)
    holds(point, other, "entropy", "stability")
    assert point.q.midpoint == point.q.radius == 0 and point.box is None


@pytest.mark.parametrize("kappa", [0.0, 0.7, 12.0])
def test_the_sphere(kappa):
    point = rt.capacity(rt.BinaryPerceptron(kappa, weights=SPHERE), certified=True, digits=30)
    with mp.workdps(45):
        k = mp.mpf(kappa)
        known = 1 / mp.quad(lambda z: (z + k) ** 2 * mp.npdf(z), mp.linspace(-k, 16, 20))  # beyond, 1e-54
        assert Decimal(mp.nstr(known, 36)) in rt.Ball(point.alpha.midpoint, point.alpha.radius + Decimal("1e-34"))
    is_as_narrow_as_asked(point, relative=True)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (rt.BinaryPerceptron(-2.5), "kappa must be from -2 to 3 to be certified; got -2.5"),
        (rt.BinaryPerceptron(3.5), "kappa must be from -2 to 3 to be certified; got 3.5"),
        (rt.IntervalModel([(-1, 0.5), (1, 2)]), "h >= kappa and even constraints"),
        (rt.BinaryPerceptron(-0.5, weights=SPHERE), "kappa >= 0"),
        (rt.SymmetricBinaryPerceptron(weights=SPHERE), "kappa >= 0"),
        (rt.BinaryPerceptron(np.zeros(2)), "single kappa"),
        (rt.BinaryPerceptron(beta=1.0), "beta = inf"),
        (rt.TeacherStudent(), "random labels"),
        (rt.BinaryPerceptron(weights=rt.DiscreteWeights([-1, 0, 1])), "weights"),
        (rt.TreeCommittee(), "hidden layer"),
    ],
    ids=repr,
)
def test_what_is_not_certified_is_said(model, words):
    with pytest.raises(ValueError, match=words):
        rt.capacity(model, certified=True)


def test_other_doors_say_it_too():
    with pytest.raises(ValueError, match="kappa must be from -2 to 3"):
        rt.replica_symmetric(rt.BinaryPerceptron(4.0), 0.1, certified=True)
    with pytest.raises(ValueError, match="alpha must be a single number"):
        rt.replica_symmetric(rt.BinaryPerceptron(), [0.1, 0.2], certified=True)
    with pytest.raises(ValueError, match="beta = inf"):
        rt.teacher_student_transition(rt.TeacherStudent(beta=5.0), certified=True)
    with pytest.raises(rt.ConvergenceError, match="only where q = 0 is stable"):
        rt.capacity(rt.UShapePerceptron(1.0), certified=True)
    with pytest.raises(rt.ConvergenceError, match="only where q = 0 is stable"):
        rt.replica_symmetric(rt.SymmetricBinaryPerceptron(2.0), 80.0, certified=True)
    with pytest.raises(rt.ConvergenceError, match="the branch of saddle points"):
        rt.replica_symmetric(rt.BinaryPerceptron(), 2.0, certified=True)
    with pytest.raises(TypeError, match="certified must be True or False"):
        rt.capacity(rt.BinaryPerceptron(), certified=1)


def test_the_examples_of_the_page():
    page = Path(__file__).parents[3] / "docs" / "theory" / "certified.md"
    assert doctest.testfile(str(page), module_relative=False).failed == 0
