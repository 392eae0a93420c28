"""Fixed points and continuation on problems whose answer is known."""

import numpy as np
import pytest

from replica_theory.numerics.branches import follow_arc, follow_branch
from replica_theory.status import Status


def test_branch_follows_a_curve():
    targets = [0.1, 0.5, 2.0, 10.0]
    points = follow_branch(lambda x, p: x**3 + x - p, np.zeros(1), 0.0, targets, max_step=0.5)
    assert [point.parameter for point in points] == targets
    for point in points:
        assert point.status is Status.CONVERGED
        assert point.x[0] ** 3 + point.x[0] == pytest.approx(point.parameter, abs=1e-11)


def test_branch_keeps_to_its_own_solution():
    """x^2 = p^2 + 1/100 has two branches that come close at p = 0; the upper one is followed through."""
    points = follow_branch(
        lambda x, p: x**2 - p**2 - 0.01, np.array([1.005]), -1.0, list(np.linspace(-0.9, 1, 20)), max_step=0.2
    )
    assert all(point.x[0] == pytest.approx(np.hypot(point.parameter, 0.1), abs=1e-11) for point in points)


@pytest.mark.parametrize("resolution", [1e-1, 1e-3])
def test_fold_ends_the_branch(resolution):
    """x^2 + p = 0 from p = -1: the branch turns back at p = 0, and what lies beyond is not invented."""
    targets = [-0.5, -1e-2, 1e-2, 0.5]
    points = follow_branch(
        lambda x, p: x**2 + p, np.ones(1), -1.0, targets, max_step=0.25, min_step=min(resolution, 5e-3)
    )
    assert [point.status for point in points] == [Status.CONVERGED] * 2 + [Status.FOLD] * 2
    np.testing.assert_allclose([p.x[0] for p in points[:2]], np.sqrt([0.5, 0.01]), rtol=1e-9)
    assert all(np.isnan(point.x).all() for point in points[2:])
    assert [point.fold for point in points[2:]] == pytest.approx([0, 0], abs=1e-8)


def test_arc_finds_a_fold_between_two_unknowns():
    """p = 0.7 - (x - 0.3)^2, y = x^2: dp/ds vanishes at p = 0.7, found to the square of the slope resolved."""
    arc = follow_arc(lambda x, p: np.array([p + (x[0] - 0.3) ** 2 - 0.7, x[1] - x[0] ** 2]),
                     np.array([-0.5, 0.25]), 0.06, 0.9, step=0.02)  # fmt: skip
    assert arc.status is Status.FOLD and arc.fold == pytest.approx(0.7, abs=1e-8)
    p, x = np.array([point[0] for point in arc.points]), np.array([point[1] for point in arc.points])
    np.testing.assert_allclose(x[:, 0], 0.3 - np.sqrt(0.7 - p), atol=1e-10)
    assert (np.diff(p) > 0).all()


def test_hard_stretch_is_no_fold():
    """A step of width 1/200 that defeats steps in p."""
    points = follow_branch(lambda x, p: x - np.tanh(200 * (p - 0.33)), np.array([-1.0]), 0.0, [0.2, 0.33, 0.5],
                           max_step=0.25, min_step=0.02)  # fmt: skip
    assert all(point.status.ok for point in points)
    np.testing.assert_allclose([point.x[0] for point in points], [-1, 0, 1], atol=1e-10)


def test_branch_is_left_where_the_caller_says():
    points = follow_branch(lambda x, p: x - p, np.zeros(1), 0.0, [0.2, 0.6, 0.8], max_step=0.1,
                           leaves=lambda x: Status.NO_ZERO_COMPLEXITY if x[0] > 0.5 else None)  # fmt: skip
    assert [point.status for point in points] == [Status.CONVERGED] + [Status.NO_ZERO_COMPLEXITY] * 2


def test_edge_of_the_domain_ends_the_branch():
    def residual(x, p):
        return np.array([x[0] - p]) if x[0] <= 0.3 else np.full(1, np.nan)

    points = follow_branch(residual, np.zeros(1), 0.0, [0.29, 0.31], max_step=0.1)
    assert [point.status for point in points] == [Status.CONVERGED, Status.SADDLE_LOST]


def test_useless_start_loses_everything():
    points = follow_branch(lambda x, p: np.full(1, np.nan), np.zeros(1), 0.0, [0.5, 1.0], max_step=0.1)
    assert [point.status for point in points] == [Status.SADDLE_LOST] * 2


def test_target_at_the_origin_needs_no_step():
    (point,) = follow_branch(lambda x, p: x - p, np.ones(1), 1.0, [1.0], max_step=0.1)
    assert point.x.tolist() == [1.0]


@pytest.mark.parametrize("start", [1.0, 1.3])
def test_a_guess_at_the_first_target_is_corrected(start):
    """A target at the origin itself: no step leads there, the guess is no solution yet."""
    (point,) = follow_branch(lambda x, p: x**2 - p, np.array([start]), 1.0, [1.0], max_step=0.1)
    assert point.status.ok and point.x[0] == pytest.approx(1, abs=1e-12)


def test_a_first_target_without_solution():
    (point,) = follow_branch(lambda x, p: x**2 + 1 + p, np.ones(1), 1.0, [1.0], max_step=0.1)
    assert point.status is Status.SADDLE_LOST and np.isnan(point.x).all()
