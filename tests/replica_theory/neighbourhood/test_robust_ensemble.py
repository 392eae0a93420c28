"""Robust ensemble: Legendre transform of the free reference, derivatives, closed forms, its referee, refusals."""

import sys

import numpy as np
import pytest
from local_entropy_referee import Free, Problem, functional, gradient

from replica_theory import (
    BinaryPerceptron,
    ConvergenceError,
    ConvergenceWarning,
    DiscreteWeights,
    SphericalWeights,
    Status,
    SymmetricBinaryPerceptron,
    TeacherStudent,
    UShapePerceptron,
    local_entropy,
    replica_symmetric,
    robust_ensemble,
)

BINARY = BinaryPerceptron()
GAMMA = np.array([0.1, 0.5, 0.9])
STENCIL = (-2, -1, 1, 2)


def derivative(function, step=1e-3):
    """Central difference of fourth order; the truncation is 1e-12 times the fifth derivative."""
    return np.array([1, -8, 8, -1]) @ np.array([function(k * step) for k in STENCIL]) / (12 * step)


@pytest.mark.parametrize(("alpha", "gamma", "y", "kappa", "beta"), [
    (0.6, 0.5, 3.0, 0.0, np.inf), (0.3, 0.2, 0.5, -0.3, np.inf), (0.6, 0.6, 30.0, 0.0, np.inf),
    (0.5, 0.3, 4.0, 0.2, 1.5), (1.1, 0.4, 2.0, 0.0, 1.0),
])  # fmt: skip
def test_against_the_referee(alpha, gamma, y, kappa, beta):
    """The functional of the free reference as printed, stationary in everything but the given field."""
    found = robust_ensemble(BinaryPerceptron(kappa), alpha, gamma, y, beta)
    p = Problem(alpha, y, found.overlap, kappa, beta=beta)
    s = Free(found.q0, found.q1, found.q0_hat, found.q1_hat, gamma)
    assert functional(p, s) + y * gamma * found.overlap == pytest.approx(found.free_entropy, abs=1e-9)
    np.testing.assert_allclose(gradient(p, s), 0, atol=1e-7)


@pytest.mark.parametrize(("model", "alpha"), [
    (BINARY, 0.6), (BinaryPerceptron(0.3), 0.3), (SymmetricBinaryPerceptron(1.0), 1.0),
])  # fmt: skip
@pytest.mark.parametrize("y", [0.5, 3.0, 10.0])
def test_legendre_transform_of_the_free_reference(model, alpha, y):
    """phi_RE(gamma) = phi(t) + y gamma t, at the same gamma, with the same local entropy and complexity."""
    found = robust_ensemble(model, alpha, GAMMA[:2], y)
    fixed = local_entropy(model, alpha, found.distance, reference="free", y=y)
    np.testing.assert_allclose(fixed.overlaps["gamma"], GAMMA[:2], atol=1e-8)
    transform = fixed.overlaps["phi"] + y * GAMMA[:2] * found.overlap
    np.testing.assert_allclose(found.free_entropy, transform, atol=1e-10)
    np.testing.assert_allclose(found.local_entropy, fixed.entropy, atol=1e-9)
    np.testing.assert_allclose(found.complexity, fixed.complexity, atol=1e-8)


@pytest.mark.parametrize(("model", "alpha", "y"), [
    (BINARY.at(beta=1.0), 1.2, 3.0), (BinaryPerceptron(0.1, 2.0), 0.5, 0.5), (UShapePerceptron(0.5, 1.5), 0.5, 3.0),
])  # fmt: skip
@pytest.mark.slow
def test_derivatives(model, alpha, y):
    """Overlap, energy and local entropy are those of the free entropy, by finite differences."""
    found = robust_ensemble(model, alpha, GAMMA, y)

    def phi(gamma=0.0, replicas=0.0, beta=0.0):
        return robust_ensemble(model, alpha, GAMMA + gamma, y + replicas, model.beta + beta).free_entropy

    by_y = derivative(lambda step: phi(replicas=step))
    np.testing.assert_allclose(found.overlap, derivative(lambda step: phi(gamma=step)) / y, atol=1e-8)
    np.testing.assert_allclose(found.energy, -derivative(lambda step: phi(beta=step)) / (y * alpha), atol=1e-8)
    np.testing.assert_allclose(found.complexity, found.free_entropy - y * by_y, atol=1e-8)
    entropy = by_y - GAMMA * found.overlap + model.beta * alpha * found.energy
    np.testing.assert_allclose(found.local_entropy, entropy, atol=1e-8)


def test_one_replica_decouples_from_the_reference():
    alone = replica_symmetric(BINARY, 0.6)
    found = robust_ensemble(BINARY, 0.6, GAMMA, 1)
    np.testing.assert_allclose(found.free_entropy, alone.entropy + np.log(2 * np.cosh(GAMMA)), atol=1e-12)
    np.testing.assert_allclose(found.overlap, np.tanh(GAMMA), atol=1e-11)
    np.testing.assert_allclose(found.q0, alone.q, atol=1e-10)


def test_no_replica_leaves_the_references():
    found = robust_ensemble(BINARY, 0.6, GAMMA, 0)
    np.testing.assert_allclose(found.free_entropy, np.log(2), atol=1e-13)
    assert np.isinf(found.free_entropy_per_replica).all()


@pytest.mark.parametrize("model", [BINARY, BinaryPerceptron(0.2, 1.5), SymmetricBinaryPerceptron(1.0)])
@pytest.mark.parametrize("y", [0.5, 3.0, 20.0])
def test_zero_coupling(model, y):
    """log 2 + y Phi without coupling, quadratic from there, and smooth where the small couplings are interpolated."""
    alone = replica_symmetric(model, 0.6)
    gamma = np.array([0.0, 1e-4, 2e-3, 4e-3, 0.01, 0.018])
    found = robust_ensemble(model, 0.6, gamma, y)
    assert found.free_entropy[0] == pytest.approx(np.log(2) + y * alone.free_entropy, abs=1e-12)
    assert (found.overlap[0], found.complexity[0]) == (0.0, np.log(2))
    assert found.local_entropy[0] == pytest.approx(alone.entropy, abs=1e-12)
    assert found.energy[0] == pytest.approx(alone.energy, abs=1e-12)
    susceptibility = found.overlap[1] / 1e-4
    assert found.free_entropy[1] - found.free_entropy[0] == pytest.approx(0.5 * y * susceptibility * 1e-8, rel=1e-4)
    # The derivative, where the values come from the polynomial as well as where they do not.
    around = derivative(lambda step: robust_ensemble(model, 0.6, gamma + 1e-3 + step, y).free_entropy, 2e-4) / y
    between = robust_ensemble(model, 0.6, gamma + 1e-3, y)
    np.testing.assert_allclose(between.overlap, around, atol=1e-7)


def test_more_replicas_and_stronger_coupling_concentrate():
    found = robust_ensemble(BINARY, 0.6, np.linspace(0, 0.5, 11), np.array([[1.0], [4.0], [16.0]]))
    assert found.converged.all() and found.overlap.shape == (3, 11)
    assert (np.diff(found.overlap, axis=0)[:, 1:] > 0).all() and (np.diff(found.overlap, axis=1) > 0).all()
    assert (np.diff(found.local_entropy, axis=1) < 0).all()


def test_entropies_of_message_passing():
    """-beta F and -beta F - gamma S as in the traces of focusing belief propagation."""
    found = robust_ensemble(BINARY, 0.6, 0.5, 3.0)
    assert found.free_entropy_per_replica == pytest.approx(found.free_entropy / 3)
    assert found.internal_entropy == pytest.approx(found.free_entropy / 3 - 0.5 * found.overlap, abs=1e-12)


def test_error_estimate_bounds_the_true_error():
    """At y = 10 and beta = 2 the outer integrand jumps between two maxima and the grid is visibly too coarse."""
    found = robust_ensemble(BinaryPerceptron(0.1), 0.5, 0.7, 10.0, 2.0)
    p = Problem(0.5, 10.0, found.overlap, 0.1, beta=2.0)
    exact = functional(p, Free(found.q0, found.q1, found.q0_hat, found.q1_hat, 0.7)) + 7.0 * found.overlap
    assert abs(found.free_entropy - exact) < found.error < 1e-4


def test_scalars_arrays_and_beta():
    scalar = robust_ensemble(BINARY, alpha=0.6, gamma=0.5, y=3)
    assert isinstance(scalar.free_entropy, float) and scalar.converged is True and scalar.status is Status.CONVERGED
    many = robust_ensemble(BinaryPerceptron(np.array([[0.0], [0.1]])), 0.6, np.array([0.0, 0.5]), 3)
    assert many.free_entropy.shape == (2, 2)
    assert many.free_entropy[0, 1] == pytest.approx(scalar.free_entropy, abs=1e-12)
    assert robust_ensemble(BINARY, 0.6, 0.5, 3, beta=1.0).energy > 0 == scalar.energy


def test_lost_branches_are_heard_of():
    """At y = 3 the branch folds above gamma = 1.1."""
    with pytest.raises(ConvergenceError, match="branch of saddle points"):
        robust_ensemble(BINARY, 0.6, 1.5, 3)
    with pytest.warns(ConvergenceWarning, match="1 of 2 points"):
        found = robust_ensemble(BINARY, 0.6, np.array([0.5, 1.5]), 3)
    assert list(found.converged) == [True, False] and np.isnan(found.free_entropy[1])


@pytest.mark.parametrize(("arguments", "error", "message"), [
    ((BINARY, 0.6, -0.1, 3), ValueError, "gamma must be finite and non-negative; got -0.1"),
    ((BINARY, 0.6, np.inf, 3), ValueError, "gamma must be finite"),
    ((BINARY, 0.6, 0.5, -1), ValueError, "y must be finite and non-negative; got -1"),
    ((BINARY, 0.6, 0.5, np.inf), ValueError, "y must be finite"),
    ((BINARY, 0.0, 0.5, 3), ValueError, "alpha must be positive"),
    ((BINARY, 0.6, 0.5, 3, -1.0), ValueError, "beta must be non-negative"),
    ((BINARY, 0.6, "weak", 3), TypeError, "gamma must be a real number"),
    ((BINARY, 0.6, 0.5, "zero-complexity"), TypeError, "y must be a real number"),
    (("binary", 0.6, 0.5, 3), TypeError, "model must be a Model"),
    ((TeacherStudent(), 0.6, 0.5, 3), ValueError, "random labels"),
    ((BINARY, [0.5, 0.6], [0.1, 0.2, 0.3], 3), ValueError, "must broadcast"),
])  # fmt: skip
def test_bad_input(arguments, error, message):
    with pytest.raises(error, match=message):
        robust_ensemble(*arguments)


def test_inaccurate_points_are_nan(monkeypatch):
    """Their error stays."""
    model, alpha, gammas = SymmetricBinaryPerceptron(10.0), 0.606, np.array([10.0, 1.0])
    # At y = 1 the reference decouples: Phi + log 2cosh(gamma), though the forces on the spins are 1e-40 here.
    found = robust_ensemble(model, alpha, gammas, 1.0)
    expected = replica_symmetric(model, alpha).free_entropy + np.log(2 * np.cosh(gammas))
    np.testing.assert_allclose(found.free_entropy, expected, rtol=0, atol=1e-7)  # the reported error: 1.3e-8
    monkeypatch.setattr(sys.modules[robust_ensemble.__module__], "INACCURATE", 1e-9)
    with pytest.warns(ConvergenceWarning, match="1 of 2 points are NaN"):
        found = robust_ensemble(model, alpha, gammas, 1.0)
    assert found.status.tolist() == [Status.CONVERGED, Status.INACCURATE_QUADRATURE]
    assert np.isnan(found.free_entropy).tolist() == np.isnan(found.local_entropy).tolist() == [False, True]
    assert found.error[1] > 1e-9


def test_on_the_sphere_it_is_the_legendre_transform():
    """The same saddle as at given distance: agreement to rounding; at y = 1 the reference decouples."""
    model, gamma = BinaryPerceptron(weights=SphericalWeights()), np.array([0.5, 1.0])
    found = robust_ensemble(model, 0.6, gamma, 3.0)
    curve = local_entropy(model, 0.6, found.distance, y=3.0)
    np.testing.assert_allclose(curve.entropy, found.local_entropy, atol=1e-12)
    np.testing.assert_allclose(curve.overlaps["phi"] + 3 * gamma * found.overlap, found.free_entropy, atol=1e-12)
    alone = robust_ensemble(model, 0.6, 1.0, 1.0)
    root = np.sqrt(5.0)  # the sphere's log of the mean of exp(W W_ref): its multiplier is (1 + sqrt(1 + 4 gamma^2))/2
    single = 0.5 * (root - 1) - 0.5 * np.log(0.5 * (1 + root))
    assert alone.free_entropy == pytest.approx(replica_symmetric(model, 0.6).entropy + single, abs=1e-12)
    assert (found.status == "converged").all()


def test_of_three_levels():
    """The overlap is the derivative of the free entropy, the local entropy the other; differences of step 1e-3."""
    model, step = BinaryPerceptron(weights=DiscreteWeights([-1, 0, 1])), 1e-3
    around = robust_ensemble(model, 0.6, 0.5 + np.array([-step, 0.0, step]), 3.0)
    by_gamma = (around.free_entropy[2] - around.free_entropy[0]) / (2 * step) / 3
    assert by_gamma == pytest.approx(around.overlap[1], abs=1e-6)
    counts = robust_ensemble(model, 0.6, 0.5, 3.0 + np.array([-step, step]))
    by_y = (counts.free_entropy[1] - counts.free_entropy[0]) / (2 * step)
    assert by_y - 0.5 * around.overlap[1] == pytest.approx(around.local_entropy[1], abs=1e-6)
    norm = np.sqrt(around.mean_square * around.mean_square_ref)
    np.testing.assert_allclose(around.distance, 0.5 * (1 - around.overlap / norm), rtol=1e-14)
