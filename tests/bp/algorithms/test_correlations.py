"""Errors of means of correlated series."""

import numpy as np
import pytest
from scipy.signal import lfilter

from bp.algorithms.correlations import correlation_time, standard_error


def chains(memory, length, number, seed=1):
    noise = np.random.default_rng(seed).normal(size=(number, length + 1000))
    return lfilter([1.0], [1.0, -memory], noise)[:, 1000:]


def test_the_error_of_a_known_chain():
    # x' = 0.9 x + noise: variance 1/(1 - 0.81), tau = 19, which scatters by some 10 % over 20 000 steps; the larger of
    # two estimates is some 5 % too large
    errors = [standard_error(chain) for chain in chains(0.9, 20_000, 20)]
    assert np.mean(errors) == pytest.approx(np.sqrt(19 / 0.19 / 20_000), rel=0.12)


def test_deviations_are_as_large_as_errors_say():
    series = chains(0.8, 500, 400)
    z = np.array([chain.mean() / standard_error(chain) for chain in series])
    assert 0.85 < z.std() < 1.1  # 1 to 4/sqrt(800) = 0.14, less the larger of two estimates, more for 55 times tau


def test_a_slow_part_that_is_small_counts():
    """Of variance 1/100 and a correlation time of 1999 steps, under noise: the window closes before it is seen."""
    slow = chains(0.999, 60_000, 1)[0]
    series = np.random.default_rng(2).normal(size=60_000) + 0.1 * slow / slow.std()
    alone = np.sqrt(correlation_time(series) * series.var() / len(series))
    assert correlation_time(series) < 10 and standard_error(series) > 1.2 * alone


def test_what_does_not_change_has_no_error():
    assert correlation_time(np.ones(50)) == 1.0 and standard_error(np.ones(50)) == 0.0
