from decimal import Decimal

import numpy as np
import pytest
from mpmath import mp

import replica_theory as rt
from replica_theory.certified.multiprecision import Resolution, confirmed, intervals_of, kernel, probability

MODELS = (rt.BinaryPerceptron(0.3), rt.SymmetricBinaryPerceptron(0.7), rt.IntervalModel([(-1, 0.5), (1, np.inf)]))


@pytest.mark.parametrize("model", MODELS, ids=repr)
@pytest.mark.parametrize("h", [-6.0, -0.4, 0.0, 2.5])
def test_the_kernel_is_that_of_the_model(model, h):
    intervals = intervals_of(model, "here")
    p, d1, d2 = kernel(intervals, mp.mpf(h), mp.mpf(0.6))
    known = model.log_kernel(np.array(h), 0.6)
    # Doubles: their rounding, and differences of densities at both ends of an interval.
    assert float(mp.log(p)) == pytest.approx(float(known.log), rel=1e-12, abs=1e-14)
    assert float(d1) == pytest.approx(float(known.d1), rel=1e-10)
    assert float(d2) == pytest.approx(float(known.d2), rel=1e-9)
    other, slope = probability(intervals, mp.mpf(h), mp.mpf(0.6))
    assert other == p and mp.almosteq(slope / p, d1)


def test_gaussian_moments_and_a_function_with_poles():
    with mp.workdps(50):
        rule = list(Resolution(40).rule(mp.inf))
        assert abs(sum(w * z**8 for z, w in rule) - 105) < mp.mpf(10) ** -32  # z^8 is 10^9 at the last node
        fine, finer = (sum(w / (1 + z * z) for z, w in Resolution(40, f).rule(1)) for f in (1, 0.7))
        exact = mp.sqrt(mp.pi / 2) * mp.exp(mp.mpf(1) / 2) * mp.erfc(1 / mp.sqrt(2))
        assert abs(fine - exact) < mp.mpf(10) ** -38 > abs(finer - exact)


def test_a_root_to_the_digits_asked_for():
    def equations(x, resolution):
        return [x[0] ** 2 - 2, x[1] - mp.exp(x[0])], {"root": x[0], "power": x[1]}

    found = confirmed(rt.BinaryPerceptron(), equations, [1.4, 4.0], 60, "here")
    with mp.workdps(80):
        assert found.root == Decimal(mp.nstr(mp.sqrt(2), 60)) and found.power == Decimal(
            mp.nstr(mp.exp(mp.sqrt(2)), 60)
        )
    assert "root = 1.41421356" in str(found) and max(found.errors.values()) < 1e-60
    with pytest.raises(AttributeError):
        found.missing  # noqa: B018


def test_what_has_no_root_or_does_not_agree_is_said():
    def rootless(x, resolution):
        return [x[0] ** 2 + 1], {}

    def noisy(x, resolution):
        return [], {"number": mp.mpf(1) / resolution.digits}

    with pytest.raises(rt.ConvergenceError, match="no root next to"):
        confirmed(rt.BinaryPerceptron(), rootless, [1.0], 20, "here")
    with pytest.raises(rt.ConvergenceError, match="two runs do not agree to 20 digits"):
        confirmed(rt.BinaryPerceptron(), noisy, [], 20, "here")


def test_the_global_precision_is_left_alone():
    before = mp.dps
    rt.capacity(rt.BinaryPerceptron(), digits=20)
    assert mp.dps == before


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (
            rt.CustomModel(lambda mean, std: np.full(np.broadcast_shapes(np.shape(mean), np.shape(std)), 0.5)),
            "intervals",
        ),
        (rt.BinaryPerceptron(weights=rt.SphericalWeights()), "weights"),
        (rt.BinaryPerceptron(kappa=np.zeros(2)), "single kappa"),
        (rt.BinaryPerceptron(beta=1.0), "beta = inf"),
        (rt.TeacherStudent(), "random labels"),
    ],
)
def test_models_whose_kernel_is_not_known_to_digits(model, words):
    with pytest.raises(ValueError, match=words):
        rt.capacity(model, digits=20)


@pytest.mark.parametrize(
    ("digits", "error"), [(0, ValueError), (1001, ValueError), (2.0, TypeError), (True, TypeError)]
)
def test_numbers_of_digits(digits, error):
    with pytest.raises(error, match="digits must be an integer from 1 to 1000"):
        rt.capacity(rt.BinaryPerceptron(), digits=digits)
