"""Fixed points of focusing BP for N → ∞. (A comparison holds them against the algorithm.)"""

import numpy as np
import pytest

from replica_theory import (
    BinaryPerceptron,
    ConvergenceError,
    SymmetricBinaryPerceptron,
    TeacherStudent,
    focusing_fixed_point,
    replica_symmetric,
    robust_ensemble,
)

MODEL = BinaryPerceptron()


def test_without_an_echo_it_is_replica_symmetric():
    alone = replica_symmetric(MODEL, 0.6)
    single = focusing_fixed_point(MODEL, 0.6, np.array([0.0, 0.3, 1.0]), 1.0)
    np.testing.assert_allclose(single.q, alone.q, atol=1e-10)
    np.testing.assert_allclose(single.response, 0, atol=1e-10)
    np.testing.assert_allclose(single.overlap, np.tanh(single.gamma), atol=1e-10)
    np.testing.assert_allclose(
        single.free_entropy, alone.entropy + np.logaddexp(single.gamma, -single.gamma), atol=1e-10
    )
    loose = focusing_fixed_point(MODEL, 0.6, 0.0, 4.0)
    assert loose.free_entropy == pytest.approx(alone.entropy + np.log(2) / 4, abs=1e-10)


def test_weak_coupling_is_that_of_the_robust_ensemble():
    # the replicas' fields at a pattern are correlated by order gamma^2: entropies differ in the next order
    gamma = np.array([0.05, 0.1])
    equations, true = focusing_fixed_point(MODEL, 0.6, gamma, 3.0), robust_ensemble(MODEL, 0.6, gamma, 3.0)
    difference = np.abs(equations.free_entropy - true.free_entropy_per_replica)
    assert np.all(difference < 1e-4) and difference[1] / difference[0] == pytest.approx(16, rel=0.3)


@pytest.mark.parametrize("y", [2.0, 5.0])
def test_energetic_part_is_stationary(y):
    # the overlap is the derivative of the Bethe free entropy at fixed messages: -beta F is stationary in them
    gamma, h = 0.3, 1e-4
    low, mid, high = (focusing_fixed_point(MODEL, 0.5, gamma + s * h, y) for s in (-1, 0, 1))
    assert (high.free_entropy - low.free_entropy) / (2 * h) == pytest.approx(mid.overlap, abs=1e-7)


def test_many_replicas_approach_the_limit_of_the_robust_ensemble():
    # at fixed y gamma^2 ... both become the same maximum: the discrepancy falls as y grows at a fixed overlap
    gaps = []
    for y, gamma in ((2.0, 0.3), (4.0, 0.15), (8.0, 0.075), (16.0, 0.0375)):
        equations, true = focusing_fixed_point(MODEL, 0.5, gamma, y), robust_ensemble(MODEL, 0.5, gamma, y)
        gaps.append(abs(equations.overlap - true.overlap))
    assert np.all(np.diff(gaps) < 0)


def test_shapes():
    points = focusing_fixed_point(MODEL, 0.5, np.array([0.1, 0.2])[:, None], np.array([1.0, 2.0, 3.0]))
    assert points.q.shape == points.status.shape == (2, 3)
    assert points.q[1, 2] == focusing_fixed_point(MODEL, 0.5, 0.2, 3.0).q


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ((TeacherStudent(), 0.5, 0.1, 2), ValueError, "random labels"),
        ((SymmetricBinaryPerceptron(), 0.5, 0.1, 2), ValueError, "log-concave"),
        ((BinaryPerceptron(beta=1.0), 0.5, 0.1, 2), ValueError, "beta = inf"),
        ((BinaryPerceptron([0.0, 0.1]), 0.5, 0.1, 2), ValueError, "single kappa"),
        ((MODEL, -1, 0.1, 2), ValueError, "alpha must be positive"),
        ((MODEL, 0.5, -0.1, 2), ValueError, "gamma must be finite and non-negative"),
        ((MODEL, 0.5, np.inf, 2), ValueError, "gamma must be finite"),
        ((MODEL, 0.5, 0.1, 0.5), ValueError, "y must be finite and at least 1"),
        ((MODEL, 0.5, "much", 2), TypeError, "gamma"),
        ((MODEL, 0.8, 3.0, 20), ConvergenceError, "branch"),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        focusing_fixed_point(*arguments)
