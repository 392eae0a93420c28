"""Quadrature for the Gaussian measure: exact where it should be, honest about its error."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from replica_theory.numerics.gaussian import multi_rule, rule

positions = st.floats(-5, 5)


@given(center=positions, width=st.floats(1e-2, 3))
def test_moments(center, width):
    """Double factorials, with the nodes crowded on a step up to five deviations out."""
    measure = rule(center, width)
    for power, moment in enumerate([1, 0, 1, 0, 3, 0, 15]):
        value = float(measure.integrate(measure.nodes**power))
        assert abs(value - moment) < 1e-9 * max(moment, 1)


@given(center=st.floats(-4, 4), steepness=st.floats(1, 1e4))
def test_steep_step(center, steepness):
    """Integral of Phi(s(z - c)) Dz = Phi(-c s / sqrt(1 + s^2)): a step of width 1/s, up to s = 1e4."""
    measure = rule(center, 1 / steepness)
    value = measure.integrate(special.ndtr(steepness * (measure.nodes - center)))
    assert abs(value - special.ndtr(-center * steepness / np.hypot(1, steepness))) < 1e-12


@given(center=st.floats(-2, 2), steepness=st.floats(1, 1e4))
def test_steep_square(center, steepness):
    """Integral of (z - c)_+^2-like energy of a steep wall: log H(s(c - z)) against twice the nodes."""
    values = []
    for n in (241, 961):
        measure = rule(center, 1 / steepness, n)
        wall = special.log_ndtr(steepness * (measure.nodes - center)) / steepness**2
        values.append(float(measure.integrate(wall)))
    assert abs(values[0] - values[1]) < 1e-12


@settings(max_examples=50)
@given(first=st.floats(-3, 0), gap=st.floats(-3, 0.6), widths=st.tuples(*2 * [st.floats(-4, 0)]))
def test_two_steps(first, gap, widths):
    """Two steps, close or far, of equal or unequal widths, to rounding."""
    centers, widths = (first, first + 10.0**gap), [10.0**w for w in widths]
    measure = multi_rule([np.array(c) for c in centers], [np.array(w) for w in widths], 121)
    assert abs(np.sum(measure.weights) - 1) < 1e-13
    for c, w in zip(centers, widths, strict=True):
        value = float(measure.integrate(special.ndtr((measure.nodes - c) / w)))
        assert abs(value - special.ndtr(-c / np.hypot(1, w))) < 1e-13


def test_three_steps_in_rows():
    """Rows of rules are the rules of the rows."""
    centers, widths = [np.array([-2.0, -1.0]), np.array([0.0, 0.1]), np.array(1.5)], [np.array([0.1, 1e-3])] * 3
    rows = multi_rule(centers, widths, 81)
    assert rows.nodes.shape == (2, 241) and (np.diff(rows.nodes) > 0).all()
    for k in range(2):
        alone = multi_rule([np.broadcast_to(c, 2)[k] for c in centers], [w[k] for w in widths], 81)
        np.testing.assert_allclose(rows.nodes[k], alone.nodes, atol=1e-13)
        np.testing.assert_allclose(rows.weights[k], alone.weights, rtol=1e-10, atol=1e-25)


@pytest.mark.parametrize("n", [21, 41, 81, 161])
def test_error_estimate_bounds_the_true_error(n):
    for center in (0.0, 0.7, 3.0):
        for width in (1.0, 0.1, 1e-3):
            measure = rule(center, width, n)
            values = special.ndtr((measure.nodes - center) / width)
            true = abs(measure.integrate(values) - special.ndtr(-center / np.hypot(1, width)))
            assert true <= measure.error(values) + 1e-15


def test_error_estimate_falls_with_the_nodes():
    errors = []
    for n in (21, 41, 81):
        measure = rule(0.5, 0.1, n)
        errors.append(float(measure.error(special.ndtr((measure.nodes - 0.5) / 0.1))))
    assert errors[0] > 30 * errors[1] > 900 * errors[2]


def test_arrays_of_rules_are_rules():
    centers, widths = np.array([[0.0, 1.0], [-2.0, 30.0]]), np.array([[1.0, 0.1], [1e-3, 0.2]])
    together = rule(centers, widths, 81)
    assert together.nodes.shape == (2, 2, 81)
    for index in np.ndindex(2, 2):
        alone = rule(centers[index], widths[index], 81)
        np.testing.assert_array_equal(together.nodes[index], alone.nodes)
        np.testing.assert_array_equal(together.weights[index], alone.weights)


def test_one_step_is_a_plain_rule():
    one, plain = multi_rule([np.array(0.3)], [np.array(0.1)], 41), rule(0.3, 0.1, 41)
    np.testing.assert_array_equal(one.weights, plain.weights)


@pytest.mark.parametrize("n", [-1, 0, 3, 240])
def test_node_count(n):
    with pytest.raises(ValueError, match=f"n must be odd and at least 5; got {n}"):
        rule(n=n)
