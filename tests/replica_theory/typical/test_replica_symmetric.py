"""Replica-symmetric entropy: two formulas for every number, limits, broadcasting, and how it fails."""

from itertools import pairwise

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special

from replica_theory import (
    BinaryPerceptron,
    ConvergenceError,
    ConvergenceWarning,
    DiscreteWeights,
    IntervalModel,
    ReplicaSymmetric,
    SphericalWeights,
    Status,
    SymmetricBinaryPerceptron,
    TeacherStudent,
    UShapePerceptron,
    annealed_entropy,
    replica_symmetric,
)
from replica_theory.models.model import heat as heat_of

POINTS = [
    (BinaryPerceptron(0.0), 0.5),
    (BinaryPerceptron(0.0), 0.83),
    (BinaryPerceptron(-1.5), 5.0),
    (BinaryPerceptron(2.0), 0.1),
    (BinaryPerceptron(0.3, 1.7), 1.2),
    (TeacherStudent(0.0), 1.0),
    (TeacherStudent(0.2, 2.0), 0.8),
    (SymmetricBinaryPerceptron(1.0), 1.5),
    (SymmetricBinaryPerceptron(0.5, 2.0), 1.0),
]
IDS = [f"{type(m).__name__}-{m.kappa}-{m.beta}-{a}" for m, a in POINTS]
NAMES = ("q", "q_hat", "teacher_overlap", "teacher_overlap_hat")


def functional(model, alpha, q, q_hat, r, r_hat, beta=None):
    """The free entropy as printed in the module, by tanh-sinh quadrature in mpmath (25 digits)."""
    beta = float(model.beta) if beta is None else beta
    q, q_hat, r, r_hat, std = mp.mpf(q), mp.mpf(q_hat), mp.mpf(r), mp.mpf(r_hat), mp.sqrt(1 - mp.mpf(q))
    boltzmann = mp.exp(-mp.mpf(beta)) if beta < mp.inf else mp.mpf(0)
    upper = lambda x: mp.erfc(x / mp.sqrt(2)) / 2  # noqa: E731
    edges = [mp.mpf(float(e)) for e in model.edges]

    def energetic(z):
        h = mp.sqrt(q) * z
        p = upper((edges[0] - h) / std) - (upper((edges[1] - h) / std) if len(edges) == 2 else 0)
        weight = 2 * upper(-r * z / mp.sqrt(q - r**2)) if model.has_teacher else 1
        return mp.npdf(z) * weight * mp.log(boltzmann + (1 - boltzmann) * p)

    def entropic(z):
        return mp.npdf(z) * mp.log(2 * mp.cosh(mp.sqrt(q_hat) * z + r_hat))

    range_ = [-12, -4, -1, 0, 1, 4, 12]
    value = -q_hat * (1 - q) / 2 - r * r_hat + mp.quad(entropic, range_)
    if q == 0:
        return value + alpha * energetic(mp.mpf(0)) / mp.npdf(0)
    return value + alpha * mp.quad(energetic, range_)


@pytest.mark.parametrize(("model", "alpha"), POINTS, ids=IDS)
def test_free_entropy_against_mpmath(model, alpha):
    point = replica_symmetric(model, alpha)
    orders = [getattr(point, name) for name in NAMES]
    with mp.workdps(25):
        exact = float(functional(model, alpha, *orders))
        slope = (functional(model, alpha, *orders, beta=model.beta + 1e-6) if np.isfinite(model.beta) else 0) - exact
    # Same order parameters on both sides: only the quadrature differs, which promises 1e-12.
    assert point.free_entropy == pytest.approx(exact, abs=1e-12)
    assert abs(point.free_entropy - exact) <= point.error + 1e-13
    if np.isfinite(model.beta):  # e = -dPhi/dbeta/alpha at fixed order parameters, forward difference of step 1e-6
        assert point.energy == pytest.approx(-float(slope) / 1e-6 / alpha, abs=1e-6)
        assert point.entropy == pytest.approx(point.free_entropy + model.beta * alpha * point.energy, abs=1e-15)
    else:
        assert point.energy == 0 and point.entropy == point.free_entropy


@pytest.mark.parametrize(("model", "alpha"), POINTS[:7], ids=IDS[:7])
def test_functional_is_stationary(model, alpha):
    point = replica_symmetric(model, alpha)
    orders = np.array([getattr(point, name) for name in NAMES])
    step = 1e-5
    with mp.workdps(20):
        for k in range(4 if model.has_teacher else 2):
            shift = step * np.eye(4)[k]
            slope = functional(model, alpha, *(orders + shift)) - functional(model, alpha, *(orders - shift))
            # Central difference: truncation step^2 times a third derivative that reaches 1e3 near capacity.
            assert abs(float(slope)) / (2 * step) < 1e-6


@settings(max_examples=25, deadline=None)
@given(kappa=st.floats(-1.5, 1.5), load=st.floats(0.05, 0.95), beta=st.one_of(st.just(np.inf), st.floats(0.1, 6)))
def test_thermodynamic_relations(kappa, load, beta):
    """dPhi/dalpha = E log P and dPhi/dbeta = -alpha e along the branch, by central differences of the results."""
    alpha = load * 0.833 * np.exp(-1.4 * kappa)  # below capacity for |kappa| <= 1.5, near it for load -> 1
    step = 1e-4
    model = BinaryPerceptron(kappa, beta)
    here, low, high = (replica_symmetric(model, alpha * (1 + s * step)) for s in (0, -1, 1))
    z = np.linspace(-9, 9, 4001)
    kernel = model.log_kernel(np.sqrt(here.q) * z, np.sqrt(1 - here.q)).log
    mean_log = np.trapezoid(kernel * np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi), z)
    slope = (high.free_entropy - low.free_entropy) / (2 * step * alpha)
    assert slope == pytest.approx(mean_log, rel=1e-5)
    if np.isfinite(beta):
        low, high = (replica_symmetric(model.at(beta=beta + s * step), alpha) for s in (-1, 1))
        assert (low.free_entropy - high.free_entropy) / (2 * step * alpha) == pytest.approx(here.energy, rel=1e-5)
    assert here.free_entropy <= annealed_entropy(model, alpha) + 1e-13


@pytest.mark.parametrize(
    "model", [BinaryPerceptron(0.4), BinaryPerceptron(0.0, 1.0), TeacherStudent(), SymmetricBinaryPerceptron(0.8)]
)
def test_no_patterns_no_constraint(model):
    """alpha -> 0: s = log 2 + alpha l(0, 1) + O(alpha^2), nothing aligned."""
    alpha = 1e-5
    point = replica_symmetric(model, alpha)
    first_order = float(model.log_kernel(np.zeros(()), 1.0).log)
    assert point.free_entropy == pytest.approx(np.log(2) + alpha * first_order, abs=1e-9)
    assert point.q < 1e-4 and abs(point.stability - 1) < 1e-4


@pytest.mark.parametrize("beta", [0.5, 3.0, np.inf])
def test_even_constraint_is_exactly_annealed(beta):
    model = SymmetricBinaryPerceptron(np.array([0.5, 1.0, 1.5]), beta)
    point = replica_symmetric(model, 0.6)
    assert (point.q == 0).all() and (point.q_hat == 0).all()
    np.testing.assert_allclose(point.free_entropy, annealed_entropy(model, 0.6), atol=2e-15)


def test_beta_zero_counts_everything():
    point = replica_symmetric(BinaryPerceptron(0.3, 0.0), 0.7)
    assert point.entropy == pytest.approx(np.log(2), abs=1e-14)
    # Fraction of patterns that a random configuration violates: P(h < 0.3).
    assert point.energy == pytest.approx(float(mp.ncdf(0.3)), abs=1e-14)


def test_cold_limit_is_the_count_of_solutions():
    cold, solutions = (replica_symmetric(BinaryPerceptron(0.0, beta), 0.5) for beta in (40.0, np.inf))
    # Corrections are of order exp(-beta) = 4e-18.
    assert cold.entropy == pytest.approx(solutions.entropy, abs=1e-13)
    assert 0 < cold.energy < 1e-16


@pytest.mark.parametrize(("model", "alpha"), POINTS, ids=IDS)
def test_stabilities(model, alpha):
    """The distribution is normalised, and its weight on the forbidden set is the energy."""
    point = replica_symmetric(model, alpha)
    edges = [float(e) for e in model.edges]
    breaks = [-12.0, *edges, 12.0]
    pieces = []
    for low, high in pairwise(breaks):
        h = low + (high - low) * (np.arange(4000) + 0.5) / 4000
        pieces.append(np.sum(point.stability_distribution(h)) * (high - low) / 4000)
    forbidden = pieces[0] + (pieces[2] if len(edges) == 2 else 0.0)
    # Midpoint rule with h = 6e-3: error h^2/24 times the jump in slope, 1e-5 at most.
    assert sum(pieces) == pytest.approx(1, abs=2e-5)
    assert forbidden == pytest.approx(point.energy, abs=2e-5)


def test_stabilities_as_printed():
    """p(h) = theta(h - kappa) int Dz G_{1-q}(h - sqrt(q) z)/H(A), by adaptive quadrature."""
    point, h = replica_symmetric(BinaryPerceptron(0.0), 0.5), 0.35
    q = point.q

    def integrand(z):
        density = np.exp(-0.5 * z**2 - 0.5 * (h - np.sqrt(q) * z) ** 2 / (1 - q)) / (2 * np.pi * np.sqrt(1 - q))
        return density / float(mp.ncdf(np.sqrt(q / (1 - q)) * z))

    direct, _ = integrate.quad(integrand, -9, 9, epsabs=1e-12)
    assert float(point.stability_distribution(h)) == pytest.approx(direct, abs=1e-11)
    assert point.stability_distribution([-0.1, -1e-9]).tolist() == [0, 0]


def test_stabilities_need_a_single_point():
    points = replica_symmetric(BinaryPerceptron(), [0.1, 0.2])
    with pytest.raises(ValueError, match=r"stability_distribution needs a single point; this result has shape \(2,\)"):
        points.stability_distribution(0.0)


@pytest.mark.parametrize("cls", [BinaryPerceptron, TeacherStudent, SymmetricBinaryPerceptron])
def test_broadcasting_equals_scalar_calls(cls):
    alpha, kappa, beta = np.array([0.1, 0.4]), np.array([[0.2], [0.5]]), np.array([[[1.0]], [[np.inf]]])
    table = replica_symmetric(cls(kappa, beta), alpha)
    assert table.q.shape == table.status.shape == table.converged.shape == (2, 2, 2)
    assert table.converged.all()
    for i, j, k in np.ndindex(2, 2, 2):
        alone = replica_symmetric(cls(kappa[j, 0], beta[i, 0, 0]), alpha[k])
        assert type(alone.entropy) is float and alone.converged is True and alone.status is table.status[i, j, k]
        for name in ("entropy", "free_entropy", "energy", "stability", *NAMES):
            # The saddle is solved to 1e-13; the entropy is stationary there, its companions are not.
            assert getattr(table, name)[i, j, k] == pytest.approx(getattr(alone, name), rel=1e-11, abs=1e-12)


def test_shapes_of_edge_cases():
    assert replica_symmetric(BinaryPerceptron(), []).entropy.shape == (0,)
    one = replica_symmetric(BinaryPerceptron(), [0.5])
    assert one.entropy.shape == (1,) and isinstance(one, ReplicaSymmetric)
    many = replica_symmetric(BinaryPerceptron(), np.full(700, 0.5))  # longer than one internal chunk
    assert np.ptp(many.entropy) == 0


def test_negative_entropy_above_capacity():
    point = replica_symmetric(BinaryPerceptron(), 0.84)
    assert point.status is Status.NEGATIVE_ENTROPY and point.converged and point.entropy < 0
    assert replica_symmetric(BinaryPerceptron(), 0.833).status is Status.CONVERGED


def test_lost_saddle_scalar():
    with pytest.raises(ConvergenceError, match=r"replica_symmetric at alpha=1.5: the branch .* ends") as caught:
        replica_symmetric(BinaryPerceptron(), 1.5)
    result = caught.value.result
    assert result.status is Status.SADDLE_LOST and not result.converged
    assert np.isnan(result.entropy) and np.isnan(result.q)


def test_lost_saddle_array_warns_once():
    with pytest.warns(ConvergenceWarning) as record:
        points = replica_symmetric(BinaryPerceptron(), [0.5, 1.5, 2.0])
    assert [str(w.message) for w in record] == ["replica_symmetric: 2 of 3 points are NaN (2 x saddle-lost)"]
    assert record[0].filename == __file__
    assert points.converged.tolist() == [True, False, False]
    assert np.isnan(points.entropy).tolist() == [False, True, True]
    assert np.isnan(points.stability).tolist() == [False, True, True]


@pytest.mark.parametrize("function", [replica_symmetric, annealed_entropy])
@pytest.mark.parametrize(
    ("alpha", "error", "message"),
    [
        (0, ValueError, "alpha must be positive and finite; got 0"),
        (-0.5, ValueError, "alpha must be positive and finite; got -0.5"),
        (np.nan, ValueError, "alpha must be positive and finite; got nan"),
        (np.inf, ValueError, "alpha must be positive and finite; got inf"),
        ([0.5, 0.0], ValueError, r"alpha must be positive and finite; got \[0.5, 0.0\]"),
        ("0.5", TypeError, "alpha must be a real number or an array of them; got '0.5'"),
        (0.5j, TypeError, "alpha must be a real number or an array of them; got 0.5j"),
    ],
)
def test_bad_load(function, alpha, error, message):
    with pytest.raises(error, match=message):
        function(BinaryPerceptron(), alpha)


def test_bad_model_and_shapes():
    with pytest.raises(TypeError, match="model must be a Model such as BinaryPerceptron"):
        replica_symmetric("binary", 0.5)
    with pytest.raises(ValueError, match=r"alpha, kappa and beta must broadcast; got shapes \(3,\), \(2,\), \(\)"):
        replica_symmetric(BinaryPerceptron([0.0, 1.0]), [0.1, 0.2, 0.3])


# Entropy and free entropy by mpmath-checked adaptive quadrature, at kappa = 0 and alpha = 1.5 (above the end of T = 0).
COLD = [(100.0, -1.1044159, None), (300.0, -1.4054831, None), (1e3, None, -18.113409562), (1e4, None, -162.950474370)]


@pytest.mark.parametrize(("beta", "entropy", "free"), COLD)
def test_low_temperatures(beta, entropy, free):
    point = replica_symmetric(BinaryPerceptron(0.0, beta), 1.5)
    if entropy is not None:
        assert point.entropy == pytest.approx(entropy, abs=1e-7)
    if free is not None:
        assert point.free_entropy == pytest.approx(free, abs=1e-8)
    assert point.error < 2e-8


def test_energy_is_left_at_low_temperatures():
    """Where no solutions are left, Phi/beta → -alpha e with 1 - q ~ 1/beta; what cannot be resolved says so."""
    betas = np.array([1e2, 1e3, 1e4])
    points = replica_symmetric(BinaryPerceptron(0.0, betas), 1.5)
    rest = (1 - points.q) * betas
    assert rest[1:] == pytest.approx(rest[2], rel=0.01)
    assert -points.free_entropy[1:] / (1.5 * betas[1:]) == pytest.approx(points.energy[2], rel=0.15)
    assert (np.diff(points.energy) < 0).all()
    with pytest.raises(ConvergenceError, match="quadrature error estimate"):
        replica_symmetric(BinaryPerceptron(0.0, 1e7), 1.5)
    with pytest.raises(ConvergenceError, match="ends before"):
        replica_symmetric(BinaryPerceptron(), 1.5)


def dense_point(model, alpha, q, r):
    """Free entropy and entropy at given overlaps by the trapezoidal rule with 200 001 nodes: no shared quadrature."""
    z = np.linspace(-10, 10, 200_001)
    dz = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi) * 1e-4

    def at(q, r):
        std, field = np.sqrt(1 - q), np.sqrt(q) * z
        spread = np.sqrt(max(q - r**2, 1e-300))
        weight = 2 * special.ndtr(r * z / spread) if model.has_teacher else 1.0
        kernel = model.log_kernel(field, std)
        q_hat = alpha * dz @ (weight * kernel.d1**2)
        r_hat = np.sqrt(2 / np.pi) * alpha * dz @ model.log_kernel(spread * z, std).d1 if model.has_teacher else 0.0
        spin = np.sqrt(q_hat) * z + r_hat
        free = -0.5 * q_hat * (1 - q) - r * r_hat + dz @ np.logaddexp(spin, -spin) + alpha * dz @ (weight * kernel.log)
        energy = dz @ (weight * model.violation(field, std)) if np.isfinite(model.beta) else 0.0
        return (
            free,
            heat_of(model, alpha, energy),
            dz @ np.tanh(spin) ** 2,
            dz @ np.tanh(spin) if model.has_teacher else r,
        )

    for _ in range(400):  # the overlaps of this rule, from those of the other
        new = at(q, r)[2:]
        moved, (q, r) = max(abs(new[0] - q), abs(new[1] - r)), new
        if moved < 1e-15:
            break
    free, heat, *_ = at(q, r)
    return free, free + heat


def test_the_error_bounds_that_of_the_entropy():
    """At random points the entropy is right to its reported error (and the 1e-12 of the dense rule itself)."""
    rng = np.random.default_rng(3)
    for _ in range(25):
        kappa, beta = rng.uniform(-1, 0.3), rng.choice([np.inf, 10 ** rng.uniform(-1, 2)])
        model = [BinaryPerceptron, TeacherStudent][rng.integers(2)](kappa, beta)
        point = replica_symmetric(model, rng.uniform(0.05, 0.6))
        free, entropy = dense_point(model, point.alpha, point.q, point.teacher_overlap)
        assert abs(point.entropy - entropy) <= point.error + 1e-12 * (1 + min(beta, 1e3))
        assert abs(point.free_entropy - free) <= point.error + 1e-12


def test_unstable_points_say_so():
    """Beyond the de Almeida-Thouless line: kept, and called unstable, unless the entropy is negative besides."""
    point = replica_symmetric(BinaryPerceptron(0.0, 8.0), 1.3)
    assert point.stability < 0 and point.entropy < 0 and point.status == "negative-entropy"
    point = replica_symmetric(IntervalModel([(-np.inf, -1.5), (1.6, np.inf)]), 0.25)
    assert point.stability < 0 and point.entropy > 0
    assert point.status == "unstable" and point.converged and "symmetry breaking" in point.message


def test_inaccurate_points_are_nan():
    """Their status and their error stay; a value that is not resolved is none."""
    with pytest.warns(ConvergenceWarning, match="1 of 2 points are NaN"):
        found = replica_symmetric(SymmetricBinaryPerceptron(0.33, 6e3), [6e3, 1.0])
    assert found.status.tolist() == [Status.INACCURATE_QUADRATURE, Status.NEGATIVE_ENTROPY]
    for name in ("entropy", "free_entropy", "energy", "q", "stability"):
        assert np.isnan(getattr(found, name)).tolist() == [True, False]
    assert found.error[0] > 1e-7


TERNARY, SPHERE = DiscreteWeights([-1, 0, 1]), SphericalWeights()


@pytest.mark.parametrize(
    ("alpha", "kappa", "q", "entropy", "stability"),
    [
        (1.0, 0.0, 0.585311851791, -0.855820596715, 0.602458677200),
        (0.5, 0.0, 0.307393175380, -0.377669575132, 0.800642353733),
        (2.0, -0.5, 0.507649543855, -0.842513169073, 0.503132839534),
    ],
)
def test_check_values_of_the_sphere(alpha, kappa, q, entropy, stability):
    point = replica_symmetric(BinaryPerceptron(kappa, weights=SPHERE), alpha)
    np.testing.assert_allclose([point.q, point.entropy, point.stability], [q, entropy, stability], atol=2e-12)
    assert point.status == "converged" and point.mean_square == 1
    assert point.mean_square_hat == pytest.approx(1 / (1 - q), rel=1e-11)
    z = np.linspace(-9, 9, 20001)
    energetic = np.trapezoid(
        np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi) * special.log_ndtr((np.sqrt(q) * z - kappa) / np.sqrt(1 - q)), z
    )
    assert entropy == pytest.approx(0.5 * np.log(1 - q) + 0.5 * q / (1 - q) + alpha * energetic, abs=1e-11)


def test_check_value_of_ternary_weights():
    point = replica_symmetric(BinaryPerceptron(weights=TERNARY), 0.5)
    assert point.entropy == point.free_entropy == pytest.approx(0.720391460, abs=5e-10)


@pytest.mark.parametrize("weights", [TERNARY, DiscreteWeights([0, 1, 3], [1, 0.5, 0.2])], ids=lambda w: w.text)
@pytest.mark.parametrize("taught", [False, True])
def test_saddle_of_discrete_weights_is_stationary(weights, taught):
    """The functional of the docstring on a dense grid, in all its arguments, by differences (truncation 1e-9)."""
    model = (TeacherStudent if taught else BinaryPerceptron)(0.1, weights=weights)
    point = replica_symmetric(model, 0.4)
    z = np.linspace(-9, 9, 4001)
    dz = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
    w, rho = np.array(weights.levels), np.array(weights.prior)
    law, square = rho / rho.sum(), rho @ np.array(weights.levels) ** 2 / rho.sum()

    def functional(q, r, norm, q_hat, r_hat, c):
        value = 0.5 * c * norm - 0.5 * q_hat * (norm - q) - r * r_hat
        for teacher, p in zip(w, law, strict=True):
            field = np.sqrt(q_hat) * z + r_hat * teacher
            value += p * (dz @ np.log(np.exp(field[:, None] * w - 0.5 * c * w**2) @ rho))
        measure = dz * (2 * special.ndtr(r * z / np.sqrt(q * square - r**2)) if taught else 1)
        return value + 0.4 * (measure @ special.log_ndtr((np.sqrt(q) * z - 0.1) / np.sqrt(norm - q)))

    at = np.array([point.q, point.teacher_overlap, point.mean_square])
    at = np.append(at, [point.q_hat, point.teacher_overlap_hat, point.mean_square_hat])
    assert functional(*at) == pytest.approx(point.free_entropy, abs=1e-11)
    for k in range(6):
        if taught or k not in (1, 4):
            step = 1e-4 * np.eye(6)[k]
            assert functional(*(at + step)) - functional(*(at - step)) == pytest.approx(0, abs=2e-11)


def test_entropy_under_a_prior_is_stationary_free_entropy_less_its_weight():
    """Scaled by a factor a, log rho grows by the entropy's part: dPhi/da = <log rho>."""

    def free(power):
        weights = DiscreteWeights([-1, 0, 1], np.array([1.0, 0.3, 1.0]) ** power)
        return replica_symmetric(BinaryPerceptron(weights=weights), 0.5)

    step = 1e-4
    slope = (free(1 + step).free_entropy - free(1 - step).free_entropy) / (2 * step)
    assert free(1.0).entropy == pytest.approx(free(1.0).free_entropy - slope, abs=1e-7)


@pytest.mark.parametrize("kind", [BinaryPerceptron, TeacherStudent])
@pytest.mark.parametrize("beta", [np.inf, 2.0])
def test_two_levels_are_binary_weights(kind, beta):
    """Levels -a, a at margin a kappa; a zero level of vanishing weight."""
    plain = replica_symmetric(kind(0.15, beta), 0.4)
    scaled = replica_symmetric(kind(0.3, beta, weights=DiscreteWeights([-2, 2])), 0.4)
    rare = replica_symmetric(kind(0.15, beta, weights=DiscreteWeights([-1, 0, 1], [1, 1e-13, 1])), 0.4)
    for name in ("entropy", "free_entropy", "energy", "stability"):
        assert getattr(scaled, name) == pytest.approx(getattr(plain, name), abs=1e-12)
        assert getattr(rare, name) == pytest.approx(getattr(plain, name), abs=1e-11)
    assert scaled.q == pytest.approx(4 * plain.q, abs=1e-12)


@pytest.mark.parametrize("weights", [SPHERE, TERNARY, DiscreteWeights([0, 1]), DiscreteWeights([-1, 0, 2], [2, 1, 1])])
def test_bayes_optimal_students_of_other_weights(weights):
    """At kappa = 0 a student is like the teacher: R = q, Q that of the teacher, c = q_hat."""
    point = replica_symmetric(TeacherStudent(weights=weights), 0.7)
    assert point.teacher_overlap == pytest.approx(point.q, abs=1e-12)
    assert point.mean_square == pytest.approx(weights.moments[1], abs=1e-12)
    if weights.square is None:
        assert point.mean_square_hat == pytest.approx(point.q_hat, rel=1e-11)


def test_even_constraints_of_other_weights():
    """Two levels as binary ones on both sides of the symmetry breaking; on the sphere q = 0 is annealed."""
    alpha = np.array([0.3, 1.2, 1.5])
    plain = replica_symmetric(UShapePerceptron(0.7), alpha)
    scaled = replica_symmetric(UShapePerceptron(1.4, weights=DiscreteWeights([-2, 2])), alpha)
    np.testing.assert_allclose(scaled.entropy, plain.entropy, atol=1e-11)
    np.testing.assert_allclose(scaled.q, 4 * plain.q, atol=1e-10)
    assert plain.q[0] == 0 < plain.q[2]
    sphere = SymmetricBinaryPerceptron(1.0, weights=SPHERE)
    assert replica_symmetric(sphere, 0.5).entropy == pytest.approx(annealed_entropy(sphere, 0.5), abs=1e-14)
    ternary = SymmetricBinaryPerceptron(1.0, weights=TERNARY)
    assert replica_symmetric(ternary, 0.5).entropy == pytest.approx(annealed_entropy(ternary, 0.5), abs=1e-12)
    assert annealed_entropy(BinaryPerceptron(weights=TERNARY), 0.5) == pytest.approx(np.log(3) - 0.5 * np.log(2))


def test_stability_distribution_of_other_weights():
    """It is normalised (Simpson's rule, whose error is 1e-9)."""
    point = replica_symmetric(BinaryPerceptron(0.2, weights=TERNARY), 0.4)
    h = np.linspace(0.2, 9, 1001)
    assert integrate.simpson(point.stability_distribution(h), x=h) == pytest.approx(1, abs=1e-8)


def test_cold_students_of_the_sphere():
    """1 - q falls like 1/beta where energy is left, and the entropy goes to minus infinity: no failure there."""
    found = replica_symmetric(BinaryPerceptron(beta=[1e2, 1e4], weights=SPHERE), 3.0)
    assert (found.entropy < -2).all() and set(found.status) == {Status.UNSTABLE}
    ratio = (1 - found.q[0]) / (1 - found.q[1])
    assert 50 < ratio < 200 and found.energy[1] == pytest.approx(found.energy[0], abs=0.03)
