"""Kernels of the constraints: against mpmath, finite differences, and what they refuse."""

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replica_theory import BinaryPerceptron, SymmetricBinaryPerceptron, TeacherStudent

MODELS = (BinaryPerceptron, SymmetricBinaryPerceptron, TeacherStudent)
KAPPA = 0.7
TEMPERATURES = st.one_of(st.just(np.inf), st.floats(0, 5))


def exact_kernel(model, h, std):
    """Log, first and second derivative and violation, with 60 digits."""
    with mp.workdps(60):
        beta = float(model.beta)
        boltzmann = mp.exp(-mp.mpf(beta)) if np.isfinite(beta) else mp.mpf(0)
        mean, sigma = mp.mpf(h), mp.mpf(std)
        low, high = (mp.mpf(float(e)) for e in (*model.edges, mp.inf)[:2])
        a, b = (low - mean) / sigma, (high - mean) / sigma
        if a < 0 < b:
            outside = (mp.erfc(-a / mp.sqrt(2)) + mp.erfc(b / mp.sqrt(2))) / 2
            p = 1 - outside
        else:
            near, far = (a, b) if a >= 0 else (-b, -a)
            p = (mp.erfc(near / mp.sqrt(2)) - mp.erfc(far / mp.sqrt(2))) / 2
            outside = 1 - p
        moment = lambda x: mp.mpf(0) if mp.isinf(x) else x * mp.npdf(x)  # noqa: E731
        weight = boltzmann + (1 - boltzmann) * p
        d1 = (1 - boltzmann) * (mp.npdf(a) - mp.npdf(b)) / sigma / weight
        d2 = (1 - boltzmann) * (moment(a) - moment(b)) / sigma**2 / weight - d1**2
        return [float(v) for v in (mp.log(weight), d1, d2, boltzmann * outside / weight)]


@pytest.mark.parametrize("cls", MODELS)
@pytest.mark.parametrize("beta", [0.0, 0.3, 2.0, 30.0, np.inf])
@pytest.mark.parametrize("std", [0.01, 1.0])
def test_kernel_against_mpmath(cls, beta, std):
    model = cls(KAPPA, beta)
    steps = np.array([-1e3, -40, -5, -1, -0.1, 0, 0.1, 1, 5, 8, 40, 1e3])
    h = KAPPA - std * steps
    kernel, violation = model.log_kernel(h, std), model.violation(h, std)
    exact = np.array([exact_kernel(model, x, std) for x in h]).T
    # l'' = -g(g - x) with g - x ~ 1/x loses x^2 eps = 1e-10 at |x| = 1e3; the rest is at rounding level, absolute
    # where log P -> 0 is a sum of order 1.
    np.testing.assert_allclose(kernel.log, exact[0], rtol=2e-15, atol=5e-16)
    np.testing.assert_allclose(kernel.d1, exact[1], rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(kernel.d2, exact[2], rtol=2e-9, atol=1e-300)
    np.testing.assert_allclose(violation, exact[3], rtol=1e-13, atol=1e-300)


@pytest.mark.parametrize("cls", MODELS)
@given(
    h=st.floats(-6, 6),
    std=st.floats(0.05, 2),
    kappa=st.floats(0.1, 2),
    beta=st.one_of(st.just(np.inf), st.floats(0, 5)),
)
def test_derivatives_are_finite_differences(cls, h, std, kappa, beta):
    model = cls(kappa, beta)
    step = 1e-4 * std
    low, here, high = (model.log_kernel(np.array(h + s * step), std) for s in (-1, 0, 1))
    # Central differences with relative step 1e-4: truncation 1e-8 of the local scale, rounding eps * |l| / step.
    scale = 1 + np.abs(here.log)
    assert abs((high.log - low.log) / (2 * step) - here.d1) * std <= 1e-5 * scale
    assert abs((high.d1 - low.d1) / (2 * step) - here.d2) * std**2 <= 1e-5 * scale


@pytest.mark.parametrize("cls", MODELS)
def test_violation_is_minus_the_derivative_in_beta(cls):
    h, std, step = np.linspace(-3, 3, 13), 0.6, 1e-5
    low, high = (cls(KAPPA, 1.5 + s * step).log_kernel(h, std).log for s in (-1, 1))
    # Central difference: truncation 1e-10, rounding eps / step = 1e-11.
    np.testing.assert_allclose(cls(KAPPA, 1.5).violation(h, std), -(high - low) / (2 * step), atol=5e-10)


@pytest.mark.parametrize("cls", MODELS)
def test_no_violation_among_solutions(cls):
    assert (cls(KAPPA).violation(np.linspace(-3, 3, 7), 0.5) == 0).all()


def test_everything_allowed_at_beta_zero():
    kernel = BinaryPerceptron(0.0, 0.0).log_kernel(np.linspace(-50, 50, 11), 0.1)
    assert all((np.abs(part) < 1e-15).all() for part in kernel)


def test_heat_equation():
    """The kernel's probability diffuses: dP/d(sigma^2) = P''/2, so l needs no derivative in sigma."""
    model, h, variance, step = SymmetricBinaryPerceptron(0.8, 1.2), np.linspace(-2, 2, 9), 0.4, 1e-5
    low, high = (model.log_kernel(h, np.sqrt(variance + s * step)).log for s in (-1, 1))
    kernel = model.log_kernel(h, np.sqrt(variance))
    np.testing.assert_allclose((high - low) / (2 * step), 0.5 * (kernel.d2 + kernel.d1**2), atol=1e-9)


@pytest.mark.parametrize("beta", [1.0, np.inf])
def test_allows(beta):
    binary, symmetric = BinaryPerceptron(0.5, beta), SymmetricBinaryPerceptron(0.5, beta)
    h = np.array([-1e3, -0.51, -0.5, 0.0, 0.49999, 0.5, 0.50001, 1e3])
    assert binary.allows(h).tolist() == [False] * 5 + [True] * 3
    assert symmetric.allows(h).tolist() == [False, False, True, True, True, True, False, False]
    assert bool(binary.allows(0.5)) and not bool(binary.allows(-0.5))


def test_parameters_broadcast():
    model = BinaryPerceptron(np.array([0.0, 0.5])[:, None], np.array([[np.inf], [1.0]]))
    h = np.linspace(-1, 1, 3)
    table = model.log_kernel(h, 0.3)
    for row, (kappa, beta) in enumerate([(0.0, np.inf), (0.5, 1.0)]):
        single = BinaryPerceptron(kappa, beta).log_kernel(h, 0.3)
        for mixed, alone in zip(table, single, strict=True):
            np.testing.assert_allclose(mixed[row], alone, rtol=1e-14)


def test_equality_hash_and_copies():
    assert BinaryPerceptron(0.1) == BinaryPerceptron(0.1) != BinaryPerceptron(0.2)
    assert BinaryPerceptron(0.1, 1.0) != BinaryPerceptron(0.1)
    assert BinaryPerceptron(1.0) != SymmetricBinaryPerceptron(1.0)
    assert BinaryPerceptron() != TeacherStudent()
    assert BinaryPerceptron([0.0, 1.0]) == BinaryPerceptron((0, 1))
    assert len({BinaryPerceptron(0.1), BinaryPerceptron(0.1), TeacherStudent(0.1)}) == 2
    assert BinaryPerceptron(0.1).at(beta=2.0) == BinaryPerceptron(0.1, 2.0)
    assert type(TeacherStudent().at(kappa=0.3)) is TeacherStudent
    assert TeacherStudent().has_teacher and not BinaryPerceptron().has_teacher
    assert SymmetricBinaryPerceptron().is_even and not TeacherStudent().is_even


def test_parameters_are_the_models_own():
    kappa = np.array([0.0, 1.0])
    model = BinaryPerceptron(kappa)
    kappa[:] = 7
    assert model.kappa.tolist() == [0.0, 1.0]
    with pytest.raises(ValueError, match="read-only"):
        model.kappa[0] = 1
    with pytest.raises(AttributeError):
        model.kappa = 1.0


@pytest.mark.parametrize(
    ("cls", "arguments", "error", "message"),
    [
        (BinaryPerceptron, (np.nan,), ValueError, "kappa must be finite; got nan"),
        (BinaryPerceptron, (np.inf,), ValueError, "kappa must be finite; got inf"),
        (BinaryPerceptron, ([0.0, -np.inf],), ValueError, r"kappa must be finite; got \[0.0, -inf\]"),
        (BinaryPerceptron, ("0.1",), TypeError, "kappa must be a real number or an array of them; got '0.1'"),
        (BinaryPerceptron, (1j,), TypeError, "kappa must be a real number or an array of them; got 1j"),
        (BinaryPerceptron, ([[0], [0, 1]],), TypeError, "kappa must be a real number or an array of them"),
        (BinaryPerceptron, (0.0, -1.0), ValueError, r"beta must be non-negative \(inf counts solutions\); got -1.0"),
        (TeacherStudent, (0.0, np.nan), ValueError, r"beta must be non-negative \(inf counts solutions\); got nan"),
        (TeacherStudent, (0.0, "hot"), TypeError, "beta must be a real number or an array of them; got 'hot'"),
        (SymmetricBinaryPerceptron, (0.0,), ValueError, "kappa must be positive for |h| <= kappa"),
        (SymmetricBinaryPerceptron, ([1.0, -1.0],), ValueError, "kappa must be positive for |h| <= kappa"),
    ],
)
def test_refusals(cls, arguments, error, message):
    with pytest.raises(error, match=message.replace("|", r"\|")):
        cls(*arguments)
