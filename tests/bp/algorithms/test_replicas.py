"""Compiled functions of the fields of replicas against the formulas that define them."""

import numpy as np
import pytest

from bp.algorithms._replicas import overlaps, reference, signs
from bp.algorithms.focusing import coupled


def formulas(fields, gamma, y):
    """Field of the reference, mean of (1-t)/(1+t tanh gamma), q and q_tilde as they are defined."""
    f = coupled(fields, gamma)
    u = coupled((y - 1) * f, gamma)
    t = np.tanh(fields) * np.tanh((y - 1) * f)
    with np.errstate(divide="ignore", invalid="ignore"):
        rest = np.mean((1 - t) / (1 + t * np.tanh(gamma)))
    return u, rest, np.mean(np.tanh(fields + u) ** 2), np.mean(np.tanh(y * f) ** 2)


@pytest.mark.parametrize("y", [0.5, 1.0, 1.7, 4.0, 50.0])
@pytest.mark.parametrize("gamma", [0.0, 1e-3, 0.5, 3.0, 20.0, np.inf])
@pytest.mark.parametrize("size", [1e-3, 1.0, 30.0])
def test_passes_match_the_formulas(size, gamma, y):
    """The formulas lose the rounding of |B| + gamma, y times."""
    rng = np.random.default_rng(1)
    fields, external = rng.normal(size=(2, 1101)) * [[size], [1.0]]  # two blocks and a bit
    out = np.empty(1101)
    reference(fields, external, gamma, y, out)
    u, rest, q, q_tilde = formulas(fields, gamma, y)
    tolerance = 1e-15 * (1 + y) * (5 + size)
    assert np.max(np.abs(np.tanh(fields + out) - np.tanh(fields + external + u))) < tolerance
    assert np.max(np.abs(out - external - u)) < 10 * tolerance + 1e-15 * y * np.max(np.abs(fields))
    found = overlaps(fields, gamma, y)
    assert found[1:] == pytest.approx((q, q_tilde), abs=tolerance)
    if gamma < 3:  # from there on the quotient is one of small differences, and counts e^(-2 gamma)
        assert found[0] == pytest.approx(rest, rel=1e-12)
    assert np.isfinite(found[0]) or gamma == np.inf


def test_saturated_fields_stay_in_range():
    fields = np.array([1e4, -1e4, 800.0, -800.0, 400.0, 0.0])
    for gamma in (0.5, 400.0, np.inf):
        out = np.empty(6)
        reference(fields, np.zeros(6), gamma, 1e3, out)
        assert np.array_equal(np.sign(out), np.sign(fields))
        assert np.all(np.abs(out) <= gamma + 1e-12)
        assert overlaps(fields, gamma, 1e3)[1] == pytest.approx(5 / 6, abs=1e-15)


def test_a_field_that_is_no_number_stays_one():
    fields = np.array([0.1, np.nan, -0.2])
    for gamma in (0.5, np.inf):
        out = np.empty(3)
        reference(fields, np.zeros(3), gamma, 3.0, out)
        assert np.array_equal(np.isnan(out), [False, True, False])


def test_signs():
    fields, out = np.array([0.3, -0.1, 0.0, -0.0]), np.empty(4, np.int8)
    assert signs(fields, np.array([1, -1, 1, 1], np.int8), out) == (True, False)
    assert out.tolist() == [1, -1, 1, 1]  # of zero, +1
    assert signs(fields, np.array([1, 1, 1, 1], np.int8), out) == (True, True)
    for bad in (np.nan, np.inf, -np.inf):
        assert signs(np.array([0.3, bad, 0.0, 0.0]), out, out)[0] is False
