"""Capacities: published numbers, an independent root finder, closed forms, refusals."""

import mpmath as mp
import numpy as np
import pytest
from scipy import integrate, optimize, special

from replica_theory import (
    BinaryPerceptron,
    Capacity,
    ConvergenceError,
    ConvergenceWarning,
    Status,
    SymmetricBinaryPerceptron,
    TeacherStudent,
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


def test_margins_beyond_rounding_warn_of_nothing():
    assert capacity(SymmetricBinaryPerceptron(100.0)).alpha == np.inf
    with pytest.raises(ConvergenceError):
        capacity(BinaryPerceptron(-50.0))


def test_margin_without_root():
    with pytest.raises(ConvergenceError, match=r"capacity of BinaryPerceptron\(kappa=60.0, beta=inf\)") as caught:
        capacity(BinaryPerceptron(60.0))
    assert caught.value.result.status is Status.SADDLE_LOST and np.isnan(caught.value.result.alpha)
    with pytest.warns(ConvergenceWarning, match=r"capacity: 1 of 2 points are NaN \(1 x saddle-lost\)"):
        table = capacity(BinaryPerceptron([0.0, 60.0]))
    assert np.isnan(table.alpha).tolist() == [False, True]


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
