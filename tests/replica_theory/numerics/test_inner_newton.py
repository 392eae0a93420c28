"""Newton's method for many equations at once: it finds them all, or says that it has not."""

import numpy as np
import pytest

from replica_theory.models.perceptron import BinaryPerceptron
from replica_theory.models.proximal import maxima, maximal_field
from replica_theory.numerics.inner_newton import inner_newton

START = np.array([0.1, 1.0, 30.0])


def cube_root(x):
    """Newton step for x^3 = 2."""
    return (2 / x**2 - x) / 3


def test_all_roots():
    found = inner_newton(cube_root, START, most=40, tol=1e-14)
    assert found.converged and found.or_nan is found.x
    np.testing.assert_allclose(found.x, np.cbrt(2), rtol=1e-15)
    np.testing.assert_array_equal(START, [0.1, 1.0, 30.0])


@pytest.mark.parametrize("most", [0, 3, 8])
def test_one_element_short(most):
    """Two of the three have converged after eight steps; that is not all."""
    found = inner_newton(cube_root, START, most=most, tol=1e-14)
    assert not found.converged and np.isnan(found.or_nan).all() and found.or_nan.shape == START.shape
    assert np.isfinite(found.x).all()


def test_rounding_is_convergence():
    """A tolerance that rounding does not let it reach: the last step tells."""
    assert inner_newton(cube_root, START, most=40, tol=0.0).converged


def test_stops_where_nothing_is_left():
    calls = []

    def step(x):
        calls.append(x)
        return np.full_like(x, np.nan)

    assert not inner_newton(step, START, most=40, tol=1e-12).converged and len(calls) == 1


def test_bounds_and_scale():
    found = inner_newton(cube_root, START, most=60, tol=1e-9, scale=1.0, bounds=(0.9, 2.0))
    assert found.converged and found.x == pytest.approx(np.cbrt(2), abs=1e-14)
    # A root beyond the bounds is not found.
    assert not inner_newton(cube_root, START, most=60, tol=1e-9, bounds=(2.0, 3.0)).converged


@pytest.mark.parametrize("gap", [1e2, 1e17, 1e60])
def test_maximal_field_of_any_width(gap):
    """f = h + gap l'(f) takes about log gap steps from h, and is found also where these are many."""
    model, h = BinaryPerceptron(), np.linspace(-5, 5, 11)
    f = maximal_field(model, h, gap, 0.3)
    np.testing.assert_allclose(h + gap * model.log_kernel(f, 0.3).d1, f, rtol=1e-9, atol=1e-9)


def test_jumps_beyond_the_fields_that_count():
    """At a wide gap the maximiser jumps far outside the measure: that does not keep the others from being found."""
    model, gap, std = BinaryPerceptron(0.0, 3.0), 1e5, 0.15
    best = maxima(model, 0.977, gap, std, 10)
    kernel = model.log_kernel(best.fields, std)
    np.testing.assert_allclose(best.h + gap * kernel.d1, best.fields, atol=1e-9)
    assert best.kinks(0.977, gap) == 0


def test_one_element_that_fails_leaves_the_others():
    found = inner_newton(
        lambda x: np.where(x < 0, np.nan, cube_root(x)), np.array([-1.0, 1.0, 3.0]), most=60, tol=1e-14
    )
    assert not found.converged and np.isnan(found.or_nan).all()
    np.testing.assert_allclose(found.each_or_nan, [np.nan, np.cbrt(2), np.cbrt(2)], rtol=1e-15)
