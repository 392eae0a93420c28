"""The curve at y = inf: flat where typical solutions are those of a reference, continued below, nothing at d = 0."""

import numpy as np
import pytest

from replica_theory import BinaryPerceptron, Status, replica_symmetric
from replica_theory.replicas.limit_curve import limit_curve

BINARY = BinaryPerceptron()


def test_the_parts_of_the_curve():
    typical = replica_symmetric(BINARY, 0.5)
    d = np.array([0.0, 1e-7, 0.05, 0.45, 0.5])
    none, unresolved, below, far, half = limit_curve(BINARY, 0.5, d)
    assert (none.status, none.entropy, none.slope) == (Status.CONVERGED, 0.0, np.inf)
    assert unresolved.status is Status.OUT_OF_RANGE
    assert 0 < below.entropy < typical.entropy and below.slope > 0
    for row in (far, half):
        assert row.entropy == typical.entropy and row.slope == 0


def test_the_branch_leaves_the_flat_part_without_a_step():
    """The aligned reference has overlap E|tanh(sqrt(q_hat) z)| with a typical solution; the slope vanishes there."""
    typical = replica_symmetric(BINARY, 0.5)
    z = np.linspace(-10, 10, 20001)
    gauss = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    end = 0.5 * (1 - np.trapezoid(gauss * np.abs(np.tanh(np.sqrt(typical.q_hat) * z)), z))
    inside, outside = limit_curve(BINARY, 0.5, np.array([end * (1 - 1e-3), end * (1 + 1e-3)]))
    assert outside.entropy == typical.entropy
    assert 0 < typical.entropy - inside.entropy < 1e-6 and 0 < inside.slope < 0.02


def test_without_a_saddle_there_is_no_row():
    assert [row.status for row in limit_curve(BINARY, 40.0, np.array([0.1, 0.5]))] == [Status.SADDLE_LOST] * 2


@pytest.mark.parametrize("beta", [2.0])
def test_slope_at_finite_temperature(beta):
    step = 1e-4
    rows = limit_curve(BinaryPerceptron(0.0, beta), 0.6, 0.1 + step * np.array([-1.0, 0.0, 1.0]))
    # central difference: third derivatives up to 100
    assert (rows[2].entropy - rows[0].entropy) / (2 * step) == pytest.approx(rows[1].slope, abs=1e-6)


def test_cold_replicas_are_solutions():
    """At beta = 300 the crossover of the kernel is 25 widths from its edge, and no energy is left: T = 0."""
    cold, count = (limit_curve(BinaryPerceptron(0.0, beta), 0.6, np.array([0.1]))[0] for beta in (300.0, np.inf))
    assert cold.entropy == pytest.approx(count.entropy, abs=1e-11) and count.entropy == pytest.approx(
        0.17841771, abs=1e-8
    )
