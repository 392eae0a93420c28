"""Fixed points of focusing BP for N → ∞. (A comparison holds them against the algorithm.)"""

import numpy as np
import pytest

from replica_theory import (
    BinaryPerceptron,
    ConvergenceError,
    SymmetricBinaryPerceptron,
    TeacherStudent,
    focusing_fixed_point,
    local_entropy,
    replica_symmetric,
    robust_ensemble,
)
from replica_theory.algorithms.focusing import FocusingEquations
from replica_theory.numerics.fixed_points import solve_fixed_points

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


@pytest.mark.parametrize("gamma", [0.2, 0.4])
def test_internal_entropy_at_one_replica_is_local_entropy_and_complexity(gamma):
    # y = 1: exact messages, so another computation, at given distance, must give the same S + Sigma
    point = focusing_fixed_point(MODEL, 0.6, gamma, 1.0)
    curve = local_entropy(MODEL, 0.6, 0.5 * (1 - point.overlap), y=1.0)
    assert point.internal_entropy == pytest.approx(float(curve.entropy + curve.complexity), abs=1e-8)
    without = point.internal_entropy - np.log(2)  # less the entropy of a free reference: too little by far
    assert float(curve.entropy) - without > 0.005


def test_internal_entropy_tends_to_the_local_one_with_the_replicas():
    # at the overlap that they reach; the messages are exact at y = inf up to the breaking among replicas
    gaps = []
    for y in (10.0, 100.0, 1e4):
        point = focusing_fixed_point(MODEL, 0.5, 0.3, y)
        gaps.append(point.internal_entropy - float(local_entropy(MODEL, 0.5, 0.5 * (1 - point.overlap)).entropy))
    assert gaps[0] > gaps[1] and abs(gaps[2]) < 1e-4


def test_a_steep_branch_is_followed_through():
    """At load 0.6 the pseudo schedule crosses from q = 0.65 to 0.87 on one branch, the same up and down."""
    rho = np.array([0.48, 0.52, 0.57, 0.6])  # Newton's method from gamma = 0 was lost at 0.56-0.58
    gamma, y = np.arctanh(np.sqrt(rho)), (2 - rho) / (1 - rho)
    points = focusing_fixed_point(MODEL, 0.6, gamma, y)
    assert list(points.status) == ["converged", "unstable", "unstable", "unstable"] and np.all(np.diff(points.q) > 0)
    np.testing.assert_allclose(points.q, [0.64251, 0.73793, 0.86167, 0.8812], atol=6e-6)
    x = np.array([points.q[-1], points.response[-1]])
    for k in reversed(range(len(rho))):
        # downwards in rho, Newton steps of the same equations
        equations = FocusingEquations(MODEL, 0.6, float(gamma[k]), float(y[k]))
        x = solve_fixed_points(lambda rows, _, e=equations: np.array([e.update(row) for row in rows]), x[None]).x[0]
        assert x[0] == pytest.approx(points.q[k], abs=1e-9)


def test_stability_is_that_of_de_almeida_and_thouless_without_feedback():
    for alpha in (0.3, 0.7):
        alone = replica_symmetric(MODEL, alpha).stability
        points = focusing_fixed_point(MODEL, alpha, np.array([0.0, 0.8]), 1.0)
        np.testing.assert_allclose(points.stability, alone, atol=1e-9)
        assert focusing_fixed_point(MODEL, alpha, 0.0, 5.0).stability == pytest.approx(alone, abs=1e-9)


def test_stability_ends_before_the_steep_part():
    """Instances leave the theory where it becomes unstable: q = 0.671(4) at rho = 0.5, 0.740(6) at 0.54, N = 8001."""
    rho = np.array([0.45, 0.50, 0.505, 0.54])
    points = focusing_fixed_point(MODEL, 0.6, np.arctanh(np.sqrt(rho)), (2 - rho) / (1 - rho))
    assert list(points.status) == ["converged", "converged", "unstable", "unstable"]
    assert points.stability[1] == pytest.approx(0.032, abs=1e-3) and points.stability[3] == -np.inf
    assert points.q[1] == pytest.approx(0.671, abs=0.012) and points.q[3] > 0.740 + 0.06


@pytest.mark.filterwarnings("ignore::replica_theory.ConvergenceWarning")
@pytest.mark.parametrize(("y", "gamma", "lost"), [(3.0, 0.8, 0.8806), (10.0, 0.4, 0.9076)])
def test_beyond_a_fold_no_other_branch_is_reported(y, gamma, lost):
    # fixed points of q = `lost`, of another branch, were returned as converged
    alpha = 0.65 if y == 3 else 0.7
    points = focusing_fixed_point(MODEL, alpha, np.array([0.2, gamma]), y)
    assert list(points.status) == ["converged", "fold"]
    assert points.q[0] < 0.6 < lost and np.isnan(points.q[1])


def test_the_last_point_before_a_fold_is_on_the_branch_at_any_number_of_replicas():
    # gamma = 0.15 at load 0.8 is close to the fold (0.152) from y = 100 on; steps in gamma jumped across
    points = focusing_fixed_point(MODEL, 0.8, 0.15, np.array([100.0, 1e3, 1e5]))
    np.testing.assert_allclose(points.q, [0.7005, 0.7016, 0.7016], atol=6e-5)


def test_shapes():
    points = focusing_fixed_point(MODEL, 0.5, np.array([0.1, 0.2])[:, None], np.array([1.0, 2.0, 3.0]))
    assert points.q.shape == points.status.shape == (2, 3)
    alone = focusing_fixed_point(MODEL, 0.5, 0.2, 3.0)
    assert points.q[1, 2] == pytest.approx(alone.q, abs=1e-11)  # along a branch: to the tolerance of the equations


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
