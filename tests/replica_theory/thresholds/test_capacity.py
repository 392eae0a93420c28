"""Capacities: published numbers, an independent root finder, closed forms, refusals."""

import mpmath as mp
import numpy as np
import pytest
from scipy import integrate, optimize, special, stats

import replica_theory as rt
from replica_theory import (
    BinaryPerceptron,
    Capacity,
    IntervalModel,
    Status,
    SymmetricBinaryPerceptron,
    TeacherStudent,
    UShapePerceptron,
    capacity,
    replica_symmetric,
)


def test_krauth_mezard():
    result = capacity(BinaryPerceptron())
    # Certified bracket of the literature [0.833078599, 0.833078600]; 15 digits from 50-digit arithmetic.
    assert result.alpha == pytest.approx(0.833078599739579, abs=1e-12)
    assert result.q == pytest.approx(0.563949080084, abs=1e-11)
    assert result.q_hat == pytest.approx(2.576351319, abs=1e-8)
    assert isinstance(result, Capacity) and result.status is Status.CONVERGED and result.error < 1e-13


def brute_force_capacity(kappa):
    """Solve (q, q_hat) = functions of alpha by nested bisection on dense trapezoids: no shared code, no quadrature."""
    z = np.linspace(-10, 10, 16001)
    gauss = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)

    def along(q_hat):
        q = np.trapezoid(gauss * np.tanh(np.sqrt(q_hat) * z) ** 2, z)
        a = (kappa - np.sqrt(q) * z) / np.sqrt(1 - q)
        hazard = np.exp(-0.5 * a**2 - special.log_ndtr(-a)) / np.sqrt(2 * np.pi)
        alpha = q_hat * (1 - q) / np.trapezoid(gauss * hazard**2, z)
        entropic = np.trapezoid(gauss * np.logaddexp(np.sqrt(q_hat) * z, -np.sqrt(q_hat) * z), z)
        return alpha, -0.5 * q_hat * (1 - q) + entropic + alpha * np.trapezoid(gauss * special.log_ndtr(-a), z)

    return along(optimize.brentq(lambda q_hat: along(q_hat)[1], 1e-3, 60, xtol=1e-14))[0]


def test_margins_against_brute_force():
    kappa = np.array([-2.0, -1.3, -0.4, 0.25, 1.0, 1.7, 3.0])
    result = capacity(BinaryPerceptron(kappa))
    expected = [brute_force_capacity(k) for k in kappa]
    # The root of the entropy is conditioned by 1/|E log P| <= 3 and both sides evaluate it to 1e-13.
    np.testing.assert_allclose(result.alpha, expected, rtol=1e-10)
    assert (np.diff(result.alpha) < 0).all()


def test_against_mpmath_at_high_margin():
    """The entropy at the reported saddle vanishes to 1e-14 by 25-digit quadrature, at kappa = 2.5."""
    kappa = 2.5
    result = capacity(BinaryPerceptron(kappa))
    with mp.workdps(25):
        q, q_hat = mp.mpf(result.q), mp.mpf(result.q_hat)
        pieces = [-12, -4, 0, 4, 12]
        entropic = mp.quad(lambda z: mp.npdf(z) * mp.log(2 * mp.cosh(mp.sqrt(q_hat) * z)), pieces)
        upper = lambda x: mp.erfc(x / mp.sqrt(2)) / 2  # noqa: E731
        energetic = mp.quad(lambda z: mp.npdf(z) * mp.log(upper((kappa - mp.sqrt(q) * z) / mp.sqrt(1 - q))), pieces)
        assert result.alpha == pytest.approx(float((q_hat * (1 - q) / 2 - entropic) / energetic), rel=1e-12)


@pytest.mark.parametrize("kappa", [-1.0, 0.0, 0.7, 2.0])
def test_entropy_vanishes_there(kappa):
    model = BinaryPerceptron(kappa)
    result = capacity(model)
    point = replica_symmetric(model, result.alpha)
    assert abs(point.entropy) < 1e-12
    assert point.q == pytest.approx(result.q, abs=1e-10)
    assert point.stability == pytest.approx(result.stability, abs=1e-9)
    assert result.stability > 0


def test_symmetric_closed_form():
    kappa = np.array([0.3, 0.5, 1.0, 1.5])
    result = capacity(SymmetricBinaryPerceptron(kappa))
    for k, alpha in zip(kappa, result.alpha, strict=True):
        inside, _ = integrate.quad(lambda x: np.exp(-0.5 * x**2) / np.sqrt(2 * np.pi), -k, k, epsabs=1e-14)
        assert alpha == pytest.approx(-np.log(2) / np.log(inside), rel=1e-12)
    assert (result.q == 0).all() and [str(s) for s in result.status] == ["converged"] * 4


def test_array_equals_scalars():
    kappa = np.array([[-1.0, 0.0], [0.5, 2.0]])
    table = capacity(BinaryPerceptron(kappa))
    assert table.alpha.shape == table.status.shape == (2, 2)
    for index in np.ndindex(2, 2):
        alone = capacity(BinaryPerceptron(kappa[index]))
        assert type(alone.alpha) is float
        assert table.alpha[index] == pytest.approx(alone.alpha, rel=1e-13)


def test_capacities_beyond_floating_point_are_infinite():
    """SBP(40): log 2/(2 H(40)) = 9.5e348, of which inf is the nearest double."""
    for model in (SymmetricBinaryPerceptron(40.0), SymmetricBinaryPerceptron(100.0), BinaryPerceptron(-40.0)):
        found = capacity(model)
        assert (found.alpha, found.q, found.q_hat, found.status) == (np.inf, 0.0, 0.0, Status.CONVERGED)
    table = capacity(SymmetricBinaryPerceptron([1.0, 40.0]))
    assert np.isinf(table.alpha).tolist() == [False, True] and table.converged.all()


# Solved with mpmath quadrature (30 digits), or with a trapezoidal rule of 400 001 nodes (the last three).
NEARLY_DEGENERATE = [
    (IntervalModel([(-1, 1), (3, 3.1)]), 1.8185425858643974, "converged"),
    (IntervalModel([(0, 1e-3)]), 0.08856193718991994, "converged"),
    (IntervalModel([(0, 1e-2)]), 0.12547636633038443, "converged"),
    (IntervalModel([(-3.1, 3)]), 298.74574488767843, "converged"),
    (BinaryPerceptron(-4.0), 21885.348515847753, "converged"),
    (BinaryPerceptron(-5.0), 2418082.2615514994, "converged"),
    (IntervalModel([(-np.inf, -1.5), (1.5 + 1e-7, np.inf)]), 0.33993957502243916, "unstable"),
    (IntervalModel([(-np.inf, -5), (5.001, np.inf)]), 0.0335645472350, "unstable"),
    (UShapePerceptron(5.0), 0.033571881303381687, "unstable"),
    (UShapePerceptron(1.5), 0.33993959224027268, "unstable"),
    (UShapePerceptron(2.0), 0.21338961071913788, "unstable"),
]


@pytest.mark.parametrize(("model", "alpha", "status"), NEARLY_DEGENERATE)
def test_nearly_degenerate_sets(model, alpha, status):
    """Nearly even, narrow, or hardly a constraint: overlaps at capacity down to 1e-5, or broken symmetry of a hole."""
    found = capacity(model)
    assert found.alpha == pytest.approx(alpha, rel=1e-11)  # what the trapezoidal rule resolves
    assert found.status == status and found.error < 1e-12 * alpha


@pytest.mark.parametrize("width", [1e-4, 1e-6, 1e-12])
def test_narrow_and_nearly_even_sets_are_annealed(width):
    """The annealed capacity is exact up to q_hat squared: log 2 / -log P, P the mass of the set."""
    for model, mass in [
        (IntervalModel([(0, width)]), width * np.exp(-(width**2) / 6) / np.sqrt(2 * np.pi)),
        (IntervalModel([(-1, 1 + width)]), special.erf(np.sqrt(0.5)) + width * (1 - width / 2) * stats.norm.pdf(1)),
    ]:
        found = capacity(model)
        tolerance = 1e-9 + found.q_hat**2
        assert found.alpha == pytest.approx(-np.log(2) / np.log(mass), rel=tolerance)
        assert found.status == "converged" and found.q < width


def test_hardly_a_constraint():
    """kappa → -inf: the annealed theory, log 2/H(-kappa), until that has no floating-point number."""
    kappa = np.array([-6.0, -8.0, -20.0, -37.0])
    with np.errstate(under="ignore"):
        annealed = np.log(2) / -np.log1p(-special.ndtr(kappa))
    assert capacity(BinaryPerceptron(kappa)).alpha == pytest.approx(annealed, rel=1e-13)


def test_far_sets():
    """A set around a far field A: alpha A^2 → 2/pi (all weights aligned with the sum of the patterns)."""
    for model in (IntervalModel([(1000, 1001)]), IntervalModel([(-1001, -1000)]), UShapePerceptron(1000.0)):
        assert capacity(model).alpha * 1000**2 == pytest.approx(2 / np.pi, rel=2e-3)  # corrections of order log(A)/A


def test_symmetry_breaks_where_it_grows_unstable():
    """The capacity of the u-shape is continuous where q = 0 turns unstable (kappa = 0.817), and smaller beyond."""
    kappa = np.array([0.81, 0.817, 0.818, 0.83, 0.9])
    found = capacity(UShapePerceptron(kappa))
    annealed = np.log(2) / -(np.log(2) + special.log_ndtr(-kappa))
    assert [str(s) for s in found.status] == ["converged", "converged", "unstable", "unstable", "unstable"]
    assert found.alpha[:2] == pytest.approx(annealed[:2], rel=1e-13)
    gap = annealed[2:] - found.alpha[2:]
    assert (np.diff(gap) > 0).all() and 0 < gap[0] < 1e-7


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        (BinaryPerceptron(0.0, 1.0), ValueError, "capacity counts solutions and needs beta = inf; got beta=1.0"),
        (TeacherStudent(), ValueError, "capacity needs random labels; for a teacher see teacher_student_transition"),
        (0.0, TypeError, "model must be a Model such as BinaryPerceptron"),
    ],
)
def test_refusals(model, error, message):
    with pytest.raises(error, match=message):
        capacity(model)


@pytest.mark.parametrize(
    ("levels", "alpha", "square", "q"),
    [
        ([-1, 0, 1], 1.174481910456, 0.630543, 0.454444),
        ([0, 1], 0.589737650133, None, None),
        ([-2, -1, 0, 1, 2], 1.476564893816, None, None),
    ],
)
def test_check_values_of_discrete_weights(levels, alpha, square, q):
    found = rt.capacity(rt.BinaryPerceptron(weights=rt.DiscreteWeights(levels)))
    assert found.alpha == pytest.approx(alpha, abs=2e-12) and found.status == "converged"
    if square is not None:
        assert (found.mean_square, found.q) == (pytest.approx(square, abs=6e-7), pytest.approx(q, abs=6e-7))


def test_identities_of_discrete_weights():
    """Two levels are binary; so is a zero level of vanishing weight; seven lie between five and the sphere's 2."""
    two = rt.capacity(rt.BinaryPerceptron([0.0, 0.3], weights=rt.DiscreteWeights([-2, 2])))
    np.testing.assert_allclose(two.alpha, rt.capacity(rt.BinaryPerceptron([0.0, 0.15])).alpha, rtol=1e-12)
    rare = rt.capacity(rt.BinaryPerceptron(0.2, weights=rt.DiscreteWeights([-1, 0, 1], [1, 1e-13, 1])))
    assert rare.alpha == pytest.approx(rt.capacity(rt.BinaryPerceptron(0.2)).alpha, rel=1e-11)
    seven = rt.BinaryPerceptron(weights=rt.DiscreteWeights(range(-3, 4)))
    assert rt.replica_symmetric(seven, 1.476564893816).entropy > 0 > rt.replica_symmetric(seven, 1.7).entropy


def test_a_zero_level_may_satisfy_any_number_of_patterns():
    with pytest.raises(rt.ConvergenceError, match="outside what this computation can reach"):
        rt.capacity(rt.SymmetricBinaryPerceptron(1.5, weights=rt.DiscreteWeights([-1, 0, 1])))
