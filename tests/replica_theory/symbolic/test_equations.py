"""Functionals of others: a solver from a formula, and gradients away from saddle points."""

import numpy as np
import pytest
import sympy

import replica_theory as rt
from replica_theory import ConvergenceError, symbolic
from replica_theory.symbolic.equations import saddle_equations

Z = sympy.Symbol("z", real=True)
STEP = 1e-4


def hopfield():
    """A memory of patterns, load alpha, temperature 1/beta: Amit, Gutfreund and Sompolinsky (1985)."""
    m, q, v, alpha, beta = sympy.symbols("m q v alpha beta", positive=True)
    rest = 1 - beta * (1 - q)
    value = -beta * m**2 / 2 - alpha / 2 * (sympy.log(rest) - beta * q / rest) - v * (1 - q) / 2
    value += symbolic.Mean(symbolic.Log2Cosh(Z), Z, beta * m, v)
    return symbolic.Functional(value, (m, q, v), "Hopfield")


def biased():
    """Patterns of which a share is to have output +1, the threshold free."""
    q, q_hat, shift, alpha, share = sympy.symbols("q q_hat M alpha f", positive=True)
    classes = share * symbolic.kernel(shift + Z, 1 - q) + (1 - share) * symbolic.kernel(-shift - Z, 1 - q)
    value = -q_hat * (1 - q) / 2 + symbolic.Mean(symbolic.Log2Cosh(Z), Z, 0, q_hat)
    return symbolic.Functional(value + alpha * symbolic.Mean(classes, Z, 0, q), (q, q_hat, shift), "biased outputs")


def test_a_memory_by_its_functional_alone():
    equations = saddle_equations(hopfield())
    found = equations.solve({"m": 0.97, "q": 0.99, "v": 12.0, "alpha": 0.1, "beta": 10.0}, {})
    # The equations as they are published, by iteration with the midpoint rule.
    z = (np.arange(4000) + 0.5) / 4000 * 20 - 10
    weight = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * 20 / 4000
    m, q = 0.9, 0.95
    for _ in range(60):
        v = 0.1 * 10.0**2 * q / (1 - 10 * (1 - q)) ** 2
        spins = np.tanh(10 * m + np.sqrt(v) * z)
        m, q = weight @ spins, weight @ spins**2
    assert (found["m"], found["q"], found["v"]) == pytest.approx((m, q, v), abs=1e-10)


@pytest.mark.parametrize(("share", "load"), [(0.4, 0.856547100), (0.3, 0.938458531), (0.1, 1.702656586)])
def test_capacity_of_biased_outputs(share, load):
    """Found by a script of its own to the digits given: there the entropy vanishes."""
    equations, model = saddle_equations(biased()), rt.BinaryPerceptron()
    start = {"q": 0.57, "q_hat": 2.6, "M": share - 0.8, "f": share, "alpha": load}
    found = equations.solve(start, model)
    assert equations.value(found, model) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    "functional",
    [symbolic.franz_parisi(), symbolic.local_entropy("relu"), symbolic.largest_local_entropy("relu")],
    ids=lambda functional: functional.name,
)
def test_gradients_are_differences_at_any_point(functional):
    """Also with hidden units, whose overlap maps have derivatives of their own."""
    equations, model = saddle_equations(functional), rt.BinaryPerceptron(0.1)
    models = {r"\ell": model, r"\ell_R": rt.BinaryPerceptron(-0.1)}
    at = {"alpha": 0.4, "t": 0.7, "y": 1.7, "q": 0.6, "q_hat": 0.8, "dq": 0.3, "dq_hat": 0.2, "t_hat": 0.4, "t_0": 0.3}
    at |= {"t_0_hat": 0.2, "q_ref": 0.35, "q_ref_hat": 0.5, "q_1": 0.6, "q_0": 0.3, "q_1_hat": 0.7, "q_0_hat": 0.4}
    names = [symbol.name for symbol in equations.functional.unknowns]
    along = np.random.default_rng(3).normal(size=len(names))
    moved = [at | {name: at[name] + k * STEP * x for name, x in zip(names, along, strict=True)} for k in (-2, -1, 1, 2)]
    slope = np.dot([equations.value(one, models) for one in moved], [1, -8, 8, -1]) / (12 * STEP)
    # Of fourth order: errors of 1e-16 / STEP and STEP^4.
    assert along @ equations.residual(at, models) == pytest.approx(slope, abs=1e-9)


def test_latex():
    text = saddle_equations(symbolic.franz_parisi()).latex()
    assert text.startswith(r"\Phi & = ") and text.count(r"0 = \partial_") == 5
    assert (
        r"\partial_{\hat{t_{0}}}\Phi" in text
        and r"\hat{\tilde{q}}" in text
        and "_hat" not in text
        and "_ref" not in text
    )
    assert text.count("{") == text.count("}") and text.count(r"\left") == text.count(r"\right")
    limit = saddle_equations(symbolic.largest_local_entropy()).latex()
    assert r"\partial_{\hat{\delta q}}\Phi" in limit and r"\alpha" in limit


def test_no_saddle_point_is_said():
    q, alpha = sympy.symbols("q alpha")
    equations = saddle_equations(symbolic.Functional(q**3 / 3 + alpha * q, (q,), "cubic"))
    assert equations.solve({"q": 0.9, "alpha": -1.0}, {})["q"] == pytest.approx(1.0)
    with pytest.raises(ConvergenceError, match="no saddle point of cubic near the start") as raised:
        equations.solve({"q": 0.9, "alpha": 1.0}, {})
    assert raised.value.result["alpha"] == 1.0
    # Steps that leave the domain are shortened: the root of this one is at 1, and no logarithm below 0.
    q = sympy.Symbol("q", positive=True)
    far = saddle_equations(symbolic.Functional(q * sympy.log(q) - q, (q,)))
    assert far.solve({"q": 8.0}, {})["q"] == pytest.approx(1.0)


def test_bad_arguments_are_refused():
    equations = saddle_equations(symbolic.replica_symmetric())
    good = {"alpha": 0.5, "q": 0.3, "q_hat": 0.6}
    with pytest.raises(TypeError, match="functional must be"):
        saddle_equations(good)
    for call in (equations.value, equations.residual, equations.solve):
        with pytest.raises(ValueError, match="a number for every symbol"):
            call({"alpha": 0.5}, rt.BinaryPerceptron())
        with pytest.raises(ValueError, match=r"values\['q'\] must be finite"):
            call(good | {"q": np.nan}, rt.BinaryPerceptron())
        with pytest.raises(TypeError, match="values must be"):
            call(3, rt.BinaryPerceptron())
        with pytest.raises(TypeError, match="models must be"):
            call(good, "margin")


def test_the_door_stands_in_the_package():
    assert rt.symbolic.saddle_equations is saddle_equations
