"""The outer field: Gaussian moments, and the tilt of a teacher."""

import numpy as np
import pytest
from scipy import special

from replica_theory.replicas.outer_field import outer_rule, tilted_rule

STEPS = [(-0.4, 0.05), (1.2, 0.3)]


def test_without_a_teacher_it_is_gaussian():
    rule = outer_rule(STEPS, 121)
    for power, moment in enumerate([1, 0, 1, 0, 3]):
        assert rule.weights @ rule.nodes**power == pytest.approx(moment, abs=1e-12)


@pytest.mark.parametrize(("q0", "r"), [(0.4, 0.1), (0.4, 0.4), (0.9, 0.94)])
@pytest.mark.parametrize("steps", [STEPS, [(0.0, 0.2)]])
def test_a_teacher_tilts_it(q0, r, steps):
    """Normalised, unchanged in even moments, and with mean sqrt(2/pi) R/sqrt(q0)."""
    rule = tilted_rule(steps, 241, q0, r)
    moments = [rule.weights @ rule.nodes**power for power in range(3)]
    assert moments == pytest.approx([1, np.sqrt(2 / np.pi) * r / np.sqrt(q0), 1], abs=1e-11)


def test_the_derivative_in_the_overlap_is_an_average_on_the_boundary():
    q0, r, step = 0.5, 0.3, 1e-5

    def average(r):
        rule = tilted_rule(STEPS, 241, q0, r)
        return rule.weights @ special.ndtr(np.sqrt(q0) * rule.nodes)

    z, w = np.polynomial.hermite_e.hermegauss(80)
    h = np.sqrt(q0 - r**2) * z
    boundary = np.sqrt(2 / np.pi) * (w / w.sum()) @ (np.exp(-0.5 * h**2) / np.sqrt(2 * np.pi))
    # central difference: third derivative of order one times step^2, rounding 1e-15/step
    assert (average(r + step) - average(r - step)) / (2 * step) == pytest.approx(boundary, abs=1e-9)
