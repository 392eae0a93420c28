"""The moment of a Gaussian above zero against parabolic cylinder functions."""

import mpmath as mp
import numpy as np
import pytest

from replica_theory.numerics.power_moment import power_moment

FIELDS = np.array([-1e6, -200.0, -17.0, -12.0, -3.0, -0.1, 0.0, 1.5, 4.0, 11.9, 12.1, 40.0, 1e5])


def cylinder(p, t):
    """Logarithm of I_p(t) = Gamma(p + 1) exp(-t^2/4) D_{-p-1}(-t)/sqrt(2 pi), and its first two derivatives."""

    def moment(q):
        return mp.gamma(q + 1) * mp.exp(-t * t / 4) * mp.pcfd(-q - 1, -t) / mp.sqrt(2 * mp.pi)

    value = moment(p)
    slope = p * moment(p - 1) / value
    return mp.log(value), slope, p - t * slope - slope**2


@pytest.mark.parametrize("power", [0.5, 1.0, 3.5, 100.0])
def test_from_tail_to_tail(power):
    """Each number to 1e-11 of itself (interpolation and rounding leave 2e-12; in the log 1e-13 of its largest part)."""
    found = power_moment(power)(FIELDS)
    with mp.workdps(60):
        wanted = [[float(v) for v in cylinder(mp.mpf(power), mp.mpf(t))] for t in FIELDS.tolist()]
    for mine, theirs in zip(found, np.transpose(wanted), strict=False):
        np.testing.assert_allclose(mine, theirs, rtol=1e-11, atol=1e-13)


def test_mean_logarithm():
    """It is the derivative of log I_p in the power: differences in p to their order h^2 = 1e-8."""
    p, h = 1.5, 1e-4
    low, high = (power_moment(p + s * h)(FIELDS).log for s in (-1, 1))
    slopes = (high - low) / (2 * h)
    near = np.abs(FIELDS) < 100  # beyond, rounding of the logarithm shows in the difference
    np.testing.assert_allclose(power_moment(p)(FIELDS).mean_log[near], slopes[near], rtol=1e-6)


def test_beyond_the_table():
    """Straight lines in log |t|: p log t above; log Gamma(p + 1) - (p + 1) log |t| - t^2/2 - log sqrt(2 pi) below."""
    far = power_moment(2.0)(np.array([-1e12, 1e12]))
    np.testing.assert_allclose(far.log, [-0.5e24, 2 * np.log(1e12)], rtol=1e-13)
    np.testing.assert_allclose(far.d1, [1e12, 2e-12], rtol=1e-13)
    np.testing.assert_allclose(far.mean_log[1], np.log(1e12), rtol=1e-13)
