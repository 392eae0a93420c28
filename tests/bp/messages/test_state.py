"""States of messages: temperatures, precisions, and the loop that drives one to its fixed point."""

import mpmath
import numpy as np
import pytest

from bp.messages.state import Control, checked_dtype, energy_per_pattern, log_weights

LOG_P = np.array([-800.0, -20.0, -1.0, -1e-12, 0.0])


@pytest.mark.parametrize("beta", [1e-3, 0.7, 5.0, 40.0])
def test_log_weights_and_energies_match_high_precision(beta):
    with mpmath.workdps(60):
        boltzmann = mpmath.exp(-mpmath.mpf(beta))
        weights = [boltzmann + (1 - boltzmann) * mpmath.exp(mpmath.mpf(x)) for x in LOG_P]
        logs = [float(mpmath.log(w)) for w in weights]
        violated = [float(boltzmann * (1 - mpmath.exp(mpmath.mpf(x))) / w) for x, w in zip(LOG_P, weights, strict=True)]
    np.testing.assert_allclose(log_weights(LOG_P, beta), logs, rtol=1e-14, atol=1e-15)
    assert energy_per_pattern(LOG_P, beta) == pytest.approx(np.mean(violated), rel=1e-13)


def test_without_temperature_patterns_count_as_they_are_and_without_weight_not_at_all():
    assert log_weights(LOG_P, np.inf) is LOG_P and energy_per_pattern(LOG_P, np.inf) == 0.0
    np.testing.assert_array_equal(log_weights(LOG_P, 0.0), np.zeros(5))


def test_precisions():
    assert checked_dtype("float32") == np.float32 and checked_dtype(float) == np.float64
    with pytest.raises(ValueError, match="dtype must be float64 or float32; got int64"):
        checked_dtype(np.int64)


class Halving:
    """A state whose residual halves with every sweep."""

    def __init__(self, fails_at=np.inf):
        self.sweeps, self.fails_at = 0, fails_at

    def sweep(self, field, damping):
        self.sweeps += 1
        return 0.5**self.sweeps

    @property
    def contradiction(self):
        return self.sweeps >= self.fails_at


def test_a_run_ends_at_its_tolerance_its_limit_or_a_contradiction():
    control = Control("amp", np.inf, 0.0, 0.01, 20)
    assert control.relax(Halving(), np.zeros(1)) == (0.5**7, 7)
    assert Control("amp", np.inf, 0.0, 0.01, 3).relax(Halving(), np.zeros(1)) == (0.5**3, 3)
    assert control.relax(Halving(fails_at=2), np.zeros(1)) == (0.5**2, 2)
