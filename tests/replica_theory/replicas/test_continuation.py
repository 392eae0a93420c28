"""Branches of the local entropy: they end where they say, keep to themselves, and cross the typical distance."""

import numpy as np
import pytest
from local_entropy_referee import Constrained, Problem, functional

from replica_theory import BinaryPerceptron, ConvergenceWarning, IntervalModel, Status, local_entropy, replica_symmetric

BINARY = BinaryPerceptron()


def derivative(values, step):
    """Central difference of fourth order from five equidistant values."""
    return (values[0] - 8 * values[1] + 8 * values[3] - values[4]) / (12 * step)


@pytest.mark.slow
@pytest.mark.parametrize(("alpha", "y"), [(0.6, 1.0), (0.75, 3.0), (0.8, 15.0)])
def test_folds_are_folds(alpha, y):
    """From wherever it is met the fold is the same, and q1 goes as the root of the distance left."""
    with pytest.warns(ConvergenceWarning, match="2 x fold"):
        lost = local_entropy(BINARY, alpha, [0.01, 0.03], y=y)
    fold = float(lost.overlaps["fold"][0])
    with pytest.warns(ConvergenceWarning, match="1 x fold"):
        near = local_entropy(BINARY, alpha, fold * np.array([1 - 1e-6, 1 + 1e-5, 1 + 4e-5, 1 + 9e-5]), y=y)
    assert near.overlaps["fold"][0] == pytest.approx(fold, rel=1e-8)
    first = np.diff(near.overlaps["q1"][1:])
    assert first[1] == pytest.approx(first[0], rel=0.05)  # linear in 1, 2, 3; the next order is sqrt(1e-4) of it


@pytest.mark.slow
@pytest.mark.parametrize("alpha", [0.6, 0.82])
def test_entropy_grows_with_the_replicas(alpha):
    """phi is convex in y, so that S lies between the secants, at each y found by another continuation."""
    y = np.array([[2.0], [3.0], [6.0], [15.0], [50.0]])
    curve = local_entropy(BINARY, alpha, [0.16, 0.3, 0.45], y=y)
    assert curve.converged.all() and (curve.overlaps["residual"] < 1e-11).all()
    secants = np.diff(curve.overlaps["phi"], axis=0) / np.diff(y, axis=0)
    assert (curve.entropy[:-1] < secants).all() and (secants < curve.entropy[1:]).all()
    assert (curve.overlaps["gamma"] > 0).all() and (np.diff(curve.overlaps["q1"], axis=1) < 0).all()


@pytest.mark.slow
@pytest.mark.parametrize(("alpha", "y", "tol"), [(0.6, 6.0, 1e-8), (0.5, 20.0, 1e-5)])
def test_identity_next_to_the_typical_distance(alpha, y, tol):
    """dphi/dd = 2 y gamma and the slope; all are interpolated there, the worse the more replicas."""
    typical, step = 0.5 * (1 - float(replica_symmetric(BINARY, alpha).q)), 1e-3
    here = typical * np.exp([[-0.1], [0.05]]) + step * np.arange(-2, 3)
    curve = local_entropy(BINARY, alpha, here, reference="solution", y=y)
    slope = derivative(curve.overlaps["phi"].T, step)
    np.testing.assert_allclose(slope, 2 * y * curve.overlaps["gamma"][:, 2], atol=tol)
    np.testing.assert_allclose(derivative(curve.entropy.T, step), curve.slope[:, 2], atol=1e-9)
    assert (curve.error < 1e-7).all()


def test_referee_next_to_the_typical_distance():
    """The functional is stationary: at the interpolated overlaps it has the interpolated value."""
    typical = 0.5 * (1 - float(replica_symmetric(BINARY, 0.5).q))
    distance = typical * np.exp(-0.1)
    curve = local_entropy(BINARY, 0.5, distance, reference="solution", y=3.0)
    saddle = Constrained(*(float(curve.overlaps[name]) for name in Constrained._fields))
    assert functional(Problem(0.5, 3.0, 1 - 2 * distance, 0.0, 0.0), saddle) == pytest.approx(
        float(curve.overlaps["phi"]), abs=1e-8
    )


def test_almost_even_constraint():
    curve = local_entropy(IntervalModel([(-1.0, 1.05)]), 0.8, [0.05, 0.2, 0.45], reference="solution", y=2.0)
    assert curve.converged.all() and (curve.error < 1e-8).all()


def test_alone_beyond_the_fold():
    """A point beyond the end of its branch has the status of a curve that goes there."""
    with pytest.warns(ConvergenceWarning):
        lost = local_entropy(BINARY, [0.75, 0.82], 0.02, y=3.0)
    assert lost.status.tolist() == [Status.FOLD] * 2
    assert np.isnan(lost.entropy).all() and (lost.overlaps["fold"] > 0.02).all()
