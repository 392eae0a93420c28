"""Means and maxima against closed forms, and what is refused."""

import numpy as np
import pytest
import sympy

import replica_theory as rt
from replica_theory import ConvergenceError
from replica_theory.symbolic.nodes import AtMax, JointMean, Log2Cosh, Max, Mean, kernel, tilt
from replica_theory.symbolic.numbers import Numbers

A, B, X, Z = sympy.symbols("a b x z", real=True)
MODEL = rt.BinaryPerceptron(0.3)
EXACT = 2e-14
"""Rounding of sums of some hundred terms of size 1."""


def number(expr, models=MODEL, **values):
    return Numbers(models).at([expr], values)[0]


@pytest.mark.parametrize(
    ("expr", "value"),
    [
        (Mean(sympy.exp(A * Z), Z), np.exp(2.0)),
        (Mean(sympy.exp(6 * Z), Z) * sympy.exp(-18), 1.0),  # all of it six standard deviations off
        (Mean(sympy.Abs(Z), Z, 0, A), np.sqrt(4 / np.pi)),
        (Mean(sympy.cos(20 * Z), Z, 1, sympy.Rational(1, 100)), np.cos(20) * np.exp(-2)),
        (Mean(sympy.exp(kernel(Z, 1)), Z, A, A), np.exp(MODEL.log_kernel(2.0, np.sqrt(3.0)).log)),
        (Mean(Mean(sympy.exp(X * Z), X), Z, 0, B), 0.7**-0.5),
        (JointMean(X**2 * Z**2, (X, Z), (0, 0), (A, 1, 1)), 4.0),
        (JointMean(sympy.exp(X), (X, Z), (0, 0), (B**2, B, 1)) * A, 2 * np.exp(0.045)),
        (Mean(Z**2, Z, A, 0), 4.0),
        (Max(-(X**2) + A * X, X), 1.0),
        (AtMax(X, -(X**4) + A * X, X), 0.5 ** (1 / 3)),
        (Mean(AtMax(X, -(X**2) / 2 + Z * X, X) ** 2, Z, 0, A), 2.0),
        (sympy.erf(A) + sympy.pi - Log2Cosh(A), 0.9953222650189527 + np.pi - np.log(2 * np.cosh(2))),
    ],
)
def test_closed_forms(expr, value):
    assert number(expr, a=2.0, b=0.3) == pytest.approx(value, rel=EXACT)


def test_steep_integrands_get_the_nodes_they_need():
    """The probability of h >= kappa seen with little noise: hundreds of nodes instead of 32."""
    exact = np.exp(MODEL.log_kernel(0.0, np.sqrt(1.0025)).log)
    assert number(Mean(sympy.exp(kernel(Z, A)), Z), a=0.0025) == pytest.approx(exact, rel=1e-13)


def test_a_tilt_is_that_of_the_weights():
    weights = rt.DiscreteWeights([-1, 0, 1])
    found = number(tilt(A, B), MODEL.at(weights=weights), a=0.4, b=0.3)
    assert found == pytest.approx(np.log(1 + np.exp(-0.15) * 2 * np.cosh(0.4)), rel=EXACT)


def test_what_is_not_resolved_is_said():
    with pytest.raises(ConvergenceError, match="the mean over z is not finite, or needs more than"):
        number(Mean(sympy.exp(Z**2), Z))
    with pytest.raises(ConvergenceError, match="needs more than"):
        number(Mean(sympy.sign(Z - A), Z), a=0.5)


def test_no_number_is_no_number():
    assert np.isnan(number(Mean(Z, Z, 0, -1)))
    # Quotients of zeros far out, where the Gaussian has no mass, do not matter.
    small = sympy.exp(-(Z**4))
    assert number(Mean(small / small, Z)) == pytest.approx(1.0, rel=EXACT)


def test_rules_are_remembered():
    at = Numbers(MODEL)
    expr = Mean(sympy.exp(kernel(Z, A)), Z)
    assert at.at([expr], {"a": 0.05}) == at.at([expr], {"a": 0.05})
    assert at.at([expr, expr], {"a": 0.05})[0] == pytest.approx(Numbers(MODEL).at([expr], {"a": 0.05})[0], rel=EXACT)


@pytest.mark.parametrize(
    ("expr", "models", "words"),
    [
        (A + B, MODEL, "values must have a number for every symbol; 'b' has none"),
        (kernel(A, 1, r"\ell_R"), {r"\ell": MODEL}, r"models must have one for every kernel and tilt"),
        (kernel(A, 1).diff(A, 3), MODEL, "two derivatives of kernels at most; got order 3"),
        (sympy.gamma(A), MODEL, "functions must be known ones; got gamma"),
    ],
)
def test_what_is_not_known_is_refused(expr, models, words):
    with pytest.raises(ValueError, match=words):
        number(expr, models, a=1.0)


def test_models_are_models():
    for models in ("margin", {r"\ell": 3}, None):
        with pytest.raises(TypeError, match="models must be"):
            Numbers(models)
    for model in (rt.BinaryPerceptron([0.0, 0.1]), rt.TreeCommittee(units=3), rt.Mixture([(1.0, MODEL, 1)])):
        with pytest.raises(ValueError, match="models must have a single kappa"):
            Numbers(model)
    with pytest.raises(TypeError, match="expressions must be a list"):
        Numbers(MODEL).at(A, {"a": 1.0})
