"""Fixed points on problems whose answer is known."""

import numpy as np
import pytest
from scipy import special

from replica_theory.numerics.fixed_points import solve_fixed_points


def test_linear_problem_is_solved_by_one_newton_step():
    matrix, offset = np.array([[0.2, 0.9], [-1.5, 0.4]]), np.array([1.0, -2.0])
    found = solve_fixed_points(lambda x, _: x @ matrix.T + offset, np.zeros((1, 2)), sweeps=0)
    assert found.converged.all() and found.iterations <= 4
    np.testing.assert_allclose(found.x[0], np.linalg.solve(np.eye(2) - matrix, offset), rtol=1e-12)


def test_batch_of_independent_problems():
    """x = exp(-p x), p x = W(p): contracting for p < e, repelling (iteration alone diverges) above."""
    p = np.linspace(0.5, 10, 20)
    found = solve_fixed_points(lambda x, index: np.exp(-p[index, None] * x), np.full((20, 1), 0.5))
    assert found.converged.all()
    np.testing.assert_allclose(found.x[:, 0], special.lambertw(p).real / p, rtol=1e-12)
    alone = solve_fixed_points(lambda x, _: np.exp(-p[7] * x), np.full((1, 1), 0.5))
    np.testing.assert_allclose(found.x[7], alone.x[0], atol=1e-12)


def test_many_unknowns():
    target = np.linspace(-1, 1, 6)
    found = solve_fixed_points(lambda x, _: target + 0.3 * np.sin(x[:, ::-1]), np.zeros((3, 6)))
    assert found.converged.all() and (found.residual <= 1e-11).all()
    np.testing.assert_allclose(found.x, np.broadcast_to(found.x[0], (3, 6)))


def test_no_solution_is_not_converged():
    """x = x^2 + 1/2 has no real root, x = x^2 + 1/8 has one: each keeps its own verdict."""
    offset = np.array([0.5, 0.125])
    found = solve_fixed_points(lambda x, index: x**2 + offset[index, None], np.zeros((2, 1)))
    assert found.converged.tolist() == [False, True]
    assert found.x[1, 0] == pytest.approx(0.5 - np.sqrt(0.125), rel=1e-12)


def test_domain_is_respected():
    """The map is NaN beyond 1, where the first Newton steps from 0.99 would go."""

    def update(x, _):
        with np.errstate(invalid="ignore"):
            return np.where(x < 1, np.sqrt(1 - x), np.nan)

    found = solve_fixed_points(update, np.array([[0.99]]), sweeps=0)
    assert found.converged.all()
    assert found.x[0, 0] == pytest.approx((np.sqrt(5) - 1) / 2, rel=1e-12)


def test_start_is_left_alone():
    start = np.full((1, 1), 0.5)
    solve_fixed_points(lambda x, _: np.cos(x), start)
    assert start[0, 0] == 0.5
