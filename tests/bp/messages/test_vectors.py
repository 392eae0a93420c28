"""Special functions of compiled loops against scipy and numpy."""

import numpy as np
from numba import njit
from scipy import special

from bp.messages import _vectors
from bp.messages._vectors import BLOCK, EXPONENT_MAX, exp, largest, log, scaled_tail, total

ROUNDING = np.finfo(float).eps


@njit
def everywhere(x, y, size):
    powers, logs, tails = np.empty_like(x), np.empty_like(y), np.empty_like(size)
    for i in range(x.size):
        powers[i] = exp(x[i])
    for i in range(y.size):
        logs[i] = log(y[i])
    for i in range(size.size):
        tails[i] = scaled_tail(size[i])
    return powers, logs, tails


def test_functions_match_numpy_and_scipy_over_their_whole_range():
    x = np.concatenate([np.linspace(-EXPONENT_MAX, EXPONENT_MAX, 40_001), np.linspace(-1, 1, 10_001), [-1e4, 1e4]])
    y = np.concatenate([np.geomspace(1e-307, 1e307, 40_001), 1 + np.linspace(-0.5, 1, 10_001)])
    size = np.concatenate([[0.0], np.geomspace(1e-9, 1e9, 40_001), [np.inf]])
    powers, logs, tails = everywhere(x, y, size)
    np.testing.assert_allclose(powers, np.exp(np.clip(x, -EXPONENT_MAX, EXPONENT_MAX)), rtol=2 * ROUNDING)
    np.testing.assert_allclose(logs, np.log(y), rtol=2 * ROUNDING)
    # The polynomial has 24 terms of alternating sizes, the reference its own roundings.
    finite = size[:-1]
    np.testing.assert_allclose(tails[:-1], (1 + 2 * finite) * special.erfcx(finite), rtol=8 * ROUNDING)
    assert abs(tails[-1] - 2 / np.sqrt(np.pi)) < 8 * ROUNDING  # its limit


def test_reductions_of_any_length():
    rng = np.random.default_rng(1)
    for n in (1, 15, 16, 33, BLOCK + 7):
        x = np.abs(rng.normal(size=n))
        assert abs(total(x) - np.sum(x)) < n * ROUNDING * np.sum(x)
        assert largest(x) == np.max(x)
        for place in {0, n // 2, n - 1}:
            spoilt = x.copy()
            spoilt[place] = np.nan
            assert np.isnan(largest(spoilt)) and np.isnan(total(spoilt))
            spoilt[place] = np.inf
            assert largest(spoilt) == np.inf


def test_the_order_of_a_sum_is_that_of_the_lanes():
    """So that no processor adds in another one."""
    x = np.random.default_rng(2).normal(size=10 * _vectors.LANES + 3)
    lanes = np.zeros(_vectors.LANES)
    for row in x[: 10 * _vectors.LANES].reshape(10, -1):
        lanes += row
    for rest in x[10 * _vectors.LANES :]:
        lanes[0] += rest
    expected = 0.0
    for lane in lanes:
        expected += lane
    assert total(x) == expected
