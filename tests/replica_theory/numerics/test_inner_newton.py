"""Newton's method for many scalar equations: their roots, or the word that they were not found."""

import numpy as np
import pytest

from replica_theory.numerics.inner_newton import inner_newton


def halfway(x):
    """Newton's step for x^2 = 2."""
    return 0.5 * (2 / x - x)


def test_all_elements_arrive():
    root = inner_newton(halfway, np.linspace(0.5, 9, 30), most=30, tol=1e-14)
    assert root.converged
    np.testing.assert_allclose(root.x, np.sqrt(2), rtol=1e-15)
    assert root.or_nan is root.x


def test_one_element_that_does_not_arrive_spoils_all():
    few = inner_newton(halfway, np.array([1.4, 1e6]), most=5, tol=1e-14)
    assert not few.converged and np.isnan(few.or_nan).all() and few.or_nan.shape == (2,)
    lost = inner_newton(
        lambda x: np.where(x > 0, halfway(np.abs(x)), np.nan), np.array([1.0, -1.0]), most=50, tol=1e-14
    )
    assert not lost.converged


def test_rounding_that_keeps_steps_from_falling_counts_as_arrived():
    assert inner_newton(lambda x: np.full_like(x, 1e-12), np.zeros(3), most=10, tol=1e-14).converged
    assert not inner_newton(lambda x: np.full_like(x, 1e-10), np.zeros(3), most=10, tol=1e-14).converged


def test_points_stay_between_the_bounds():
    seen = []

    def step(x):
        seen.append(x)
        return 10 * (0.7 - x)

    inner_newton(step, np.array([0.1]), most=6, tol=1e-14, bounds=(0.0, 1.0))
    assert all(0 <= x[0] <= 1 for x in seen)


@pytest.mark.parametrize(("scale", "converged"), [(1.0, False), (1e6, True), (None, True)])
def test_steps_are_measured_by_the_size_of_the_unknowns(scale, converged):
    """A step of 1e-8 is nothing to unknowns of 1e6."""
    root = inner_newton(lambda x: np.full_like(x, 1e-8), np.full(2, 1e6), most=3, tol=1e-13, scale=scale)
    assert root.converged is converged


def test_nothing_to_solve():
    assert inner_newton(halfway, np.empty(0), most=3, tol=1e-14).converged
