import math

import mpmath
import numpy as np
import pytest
from scipy import special

from bp.messages._special import log_cosh, log_factor, log_h, log_interval, log_soft

RTOL = 1e-13  # a few hundred roundings: exp(-x^2/2) alone loses x^2/2 of them in the tail


def test_log_h_matches_scipy_on_the_whole_line():
    x = np.concatenate([np.linspace(-37, 60, 971), [-1e4, 29.999999, 30.0, 1e3, 1e8]])
    np.testing.assert_allclose([log_h(float(v)) for v in x], special.log_ndtr(-x), rtol=RTOL)
    assert log_h(math.inf) == -math.inf and log_h(-math.inf) == 0.0


@pytest.mark.parametrize("x", [-8.0, -0.3, 0.0, 4.0, 29.9, 30.1, 250.0])
def test_log_h_matches_high_precision(x):
    with mpmath.workdps(60):
        value = mpmath.log(mpmath.erfc(mpmath.mpf(x) / mpmath.sqrt(2)) / 2)
        assert abs((log_h(x) - value) / value) < RTOL


@pytest.mark.parametrize("a, width", [(-0.5, 1.0), (-0.01, 0.02), (3.0, 0.1), (3.0, 50.0), (12.0, 2.0), (-20.0, 2.0)])
def test_log_interval_matches_high_precision_in_both_tails(a, width):
    b = a + width
    with mpmath.workdps(120):
        root = mpmath.sqrt(2)
        value = mpmath.log((mpmath.erfc(mpmath.mpf(a) / root) - mpmath.erfc(mpmath.mpf(b) / root)) / 2)
    # An interval narrower than the decay length 1/a loses its own width in digits.
    tolerance = RTOL / min(1.0, width)
    assert abs(log_interval(a, b) - value) < tolerance * max(1, abs(value))
    assert log_interval(-b, -a) == log_interval(a, b)


def test_log_interval_with_infinite_ends_is_a_tail():
    assert log_interval(1.5, math.inf) == log_h(1.5)
    assert log_interval(-math.inf, 1.5) == log_h(-1.5)
    assert log_interval(-math.inf, math.inf) == 0.0


@pytest.mark.parametrize("beta", [0.0, 1e-3, 1.0, 30.0, 800.0])
@pytest.mark.parametrize("log_p", [-math.inf, -1e4, -50.0, -1.0, -1e-12, 0.0])
def test_log_soft_matches_high_precision(beta, log_p):
    with mpmath.workdps(50):
        value = mpmath.log(mpmath.exp(-beta) + (1 - mpmath.exp(-beta)) * mpmath.exp(log_p))
    assert log_soft(log_p, beta) == pytest.approx(float(value), rel=RTOL, abs=1e-16)


def test_log_soft_at_zero_temperature_is_the_log_probability():
    assert log_soft(-3.0, math.inf) == -3.0


@pytest.mark.parametrize("beta", [2.0, math.inf])
def test_log_factor_without_variance_is_the_constraint(beta):
    kappa = 0.6 * math.sqrt(25)  # not exactly 3: the margin counts as allowed all the same
    margin, symmetric = (kappa, math.inf), (-kappa, kappa)
    assert log_factor(3.0, 0.0, margin, beta) == 0.0
    assert log_factor(3.0, 0.0, symmetric, beta) == 0.0
    assert log_factor(1.0, 0.0, margin, beta) == -beta
    union = np.array([[-math.inf, -kappa], [kappa, math.inf]])
    assert [log_factor(x, 0.0, union, beta) for x in (-3.0, 1.0, 3.0)] == [0.0, -beta, 0.0]


def test_log_factor_is_the_weight_of_a_gaussian_field():
    value = math.log(math.exp(-1) + (1 - math.exp(-1)) * (special.ndtr(1.25) - special.ndtr(-0.25)))
    assert log_factor(-0.5, 4.0, (-1.0, 2.0), 1.0) == pytest.approx(value, rel=RTOL)


@pytest.mark.parametrize("mean", [-90.0, -7.0, -0.4, 0.0, 1.5, 40.0])
@pytest.mark.parametrize("ends", [[(-math.inf, -1), (1, math.inf)], [(-3, -2), (-0.5, 0.25), (4, 9)]], ids=str)
def test_log_factor_of_unions_matches_high_precision(ends, mean):
    with mpmath.workdps(700):
        tail = lambda x: mpmath.erfc(x / mpmath.sqrt(2)) / 2  # noqa: E731
        p = sum(tail((a - mpmath.mpf(mean)) / 2) - tail((b - mpmath.mpf(mean)) / 2) for a, b in ends)
        expected = float(mpmath.log(p))
    assert log_factor(mean, 4.0, np.array(ends, dtype=float), math.inf) == pytest.approx(expected, rel=RTOL, abs=1e-15)


def test_log_cosh():
    np.testing.assert_allclose([log_cosh(x) for x in (-2.0, 0.0, 3.0)], np.log(np.cosh([-2.0, 0.0, 3.0])), atol=1e-15)
    assert log_cosh(-1e5) == 1e5 - math.log(2)
