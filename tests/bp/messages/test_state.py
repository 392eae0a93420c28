"""States of messages: temperatures, precisions, and the loop that drives one to its fixed point."""

import mpmath
import numpy as np
import pytest

from bp.messages.state import Control, checked_dtype, energy_per_pattern, judged, log_weights
from replica_theory.status import Status

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


class Scripted:
    """A state whose residuals are a function of the sweep of an attempt and of its damping and schedule."""

    def __init__(self, residual, fails_at=np.inf, schedules=("parallel",)):
        self.residual, self.fails_at, self.schedules, self.schedule = residual, fails_at, schedules, "parallel"
        self.sweeps, self.log, self.restored = 0, [], []

    def sweep(self, field, damping):
        self.sweeps += 1
        if not self.log or self.log[-1] != (damping, self.schedule):
            self.log.append((damping, self.schedule))
        return self.residual(self.sweeps, damping, self.schedule)

    def restore(self, messages):
        self.sweeps = 0
        self.restored.append(messages)

    @property
    def contradiction(self):
        return self.sweeps >= self.fails_at


def halving(k, damping, schedule):
    return 0.5**k


FIELD = np.zeros(1)


def test_a_run_ends_at_its_tolerance_or_its_limit():
    control = Control("amp", np.inf, 0.0, 0.01, 20)
    assert control.relax(Scripted(halving), FIELD) == (0.5**7, 7, Status.CONVERGED, 0)
    short = Control("amp", np.inf, 0.0, 0.01, 3)
    assert short.relax(Scripted(halving), FIELD) == (0.5**3, 3, Status.MAX_ITERATIONS, 0)


TROUBLES = {
    "nan": lambda k: np.nan,
    "runs away": lambda k: 2.0**k,
    "oscillates": lambda k: 1.0 + 0.1 * (k % 2),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble_is_met_with_damping_and_then_sequences(trouble):
    def residual(k, damping, schedule):
        return 0.5**k if schedule == "sequential" else TROUBLES[trouble](k)

    state = Scripted(residual, schedules=("parallel", "sequential"))
    end = Control("gaussian", np.inf, 0.2, 1e-9, 1000).relax(state, FIELD, lambda: "start")
    assert end.status is Status.CONVERGED and end.attempt == 2
    assert state.log == [(0.2, "parallel"), (pytest.approx(0.8), "parallel"), (0.2, "sequential")]
    assert state.restored == ["start", "start"] and state.schedule == "parallel"


def test_a_contradiction_is_trouble_and_no_answer():
    state = Scripted(halving, fails_at=2)
    end = Control("amp", np.inf, 0.2, 1e-9, 1000).relax(state, FIELD)
    assert end == (0.25, 8, Status.SATURATED, 3)  # two sweeps of four attempts
    assert [damping for damping, _ in state.log] == pytest.approx([0.2, 0.8, 0.95, 0.9875])


def test_a_proof_ends_a_run_in_trouble():
    state = Scripted(halving, fails_at=2)
    end = Control("amp", np.inf, 0.2, 1e-9, 1000).relax(state, FIELD, hopeless=lambda: "proved")
    assert end == (0.25, 2, Status.UNSATISFIABLE, 0)
    end = Control("amp", np.inf, 0.2, 1e-9, 1000).relax(Scripted(halving), FIELD, hopeless=lambda: "proved")
    assert end.status is Status.CONVERGED  # not asked where all is well


def test_slow_runs_and_those_that_leave_an_unstable_fixed_point_are_left_alone():
    def leaves(k, damping, schedule):
        return 1e-7 * 1.1**k if k < 150 else 0.15 * 0.9 ** (k - 150)

    def slow(k, damping, schedule):
        return 0.98**k * (1.0 + np.sin(k))

    for residual in (leaves, slow):
        end = Control("amp", np.inf, 0.2, 1e-9, 5000).relax(Scripted(residual), FIELD)
        assert end.status is Status.CONVERGED and end.attempt == 0


def test_what_no_configurations_have_is_unphysical():
    assert judged(0.3, 0.1) is Status.CONVERGED and judged(-0.1, 0.1) is Status.NEGATIVE_ENTROPY
    assert judged(np.log(2), 0.0) is Status.CONVERGED
    for entropy, energy in ((0.7, 0.1), (0.3, 1.1), (0.3, -0.1), (np.nan, 0.1), (0.3, np.nan), (np.inf, 0.1)):
        assert judged(entropy, energy) is Status.UNPHYSICAL
    assert judged(0.9, 0.1, counts=False) is Status.CONVERGED
    assert not Status.UNPHYSICAL.ok and not Status.SATURATED.ok and not Status.UNSATISFIABLE.ok
