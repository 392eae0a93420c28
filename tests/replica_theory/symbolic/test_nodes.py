"""Derivatives of the nodes against differences, and what they print."""

import numpy as np
import pytest
import sympy

import replica_theory as rt
from replica_theory.symbolic.nodes import AtMax, JointMean, Kernel, Log2Cosh, Max, Mean, expanded, kernel, tilt
from replica_theory.symbolic.numbers import Numbers

G, H, X, P, Q = sympy.symbols("g h x p q", real=True)
MODEL = rt.BinaryPerceptron(0.2, weights=rt.DiscreteWeights([-1, 0, 2], [1.0, 0.5, 0.3]))
AT = {"p": 0.3, "q": 0.6}
STEP = 1e-4


def number(expr, **change):
    return Numbers(MODEL).at([expr], AT | change)[0]


def slope(expr, by):
    """By differences of fourth order: errors of 1e-16 / STEP and STEP^4."""
    at = [number(expr, **{by.name: AT[by.name] + k * STEP}) for k in (-2, -1, 1, 2)]
    return np.dot(at, [1, -8, 8, -1]) / (12 * STEP)


NODES = {
    "mean": Mean(sympy.cos(H * P), H, P**2, 1 + Q),
    "mean of a mean": Mean(sympy.log(Mean(sympy.exp(P * kernel(G, 1 - Q)), G, H, Q - P)), H, 0, P),
    "joint mean": JointMean(sympy.sin(G) * Log2Cosh(H + P), (G, H), (P, Q), (1 + P, Q, 2 - P)),
    "degenerate mean": JointMean(sympy.exp(kernel(G, 1 - P**2)) * H**2, (G, H), (0, Q), (P**2, P, 1)),
    "maximum": Max(-(X**2) / 2 + kernel(P + Q * X, 1 - P), X),
    "mean of a maximum": Mean(Max(-(X**2) / (2 * P) + kernel(H + X, 1 - Q), X), H, 0, Q),
    "at a maximum": Max(-(X**2) + sympy.sin(P + X) + Q * X, X).diff(P),
    "kernel": kernel(P, 1 + P * Q),
    "force": kernel(P, 1 + Q).diff(P),
    "tilt": tilt(P * Q, 1 + P),
    "log 2cosh": Log2Cosh(P * Q),
}


@pytest.mark.parametrize("name", NODES)
def test_derivatives_are_differences(name):
    # Third derivatives of kernels are not known: of a force only that in the field.
    for by in (P,) if name == "force" else (P, Q):
        assert number(NODES[name].diff(by)) == pytest.approx(slope(NODES[name], by), abs=1e-9)


def test_the_variable_is_bound():
    mean, pair, top = Mean(H * P, H, 0, Q), JointMean(G * H * P, (G, H), (0, 0), (1, Q, 1)), Max(P * X - X**2, X)
    assert mean.free_symbols == pair.free_symbols == {P, Q} and top.free_symbols == {P}
    assert mean.diff(H) == pair.diff(G) == top.diff(X) == 0
    assert mean.subs(H, 3) == mean and mean.subs(P, 3) == 3 * Mean(H, H, 0, Q)
    assert AtMax(X, P * X - X**2, X).bound_symbols == top.bound_symbols == [X]


def test_variables_are_symbols():
    for make in (lambda h: Mean(P, h), lambda h: JointMean(P, (H, h), (0, 0), (1, 0, 1)), lambda h: Max(P, h)):
        with pytest.raises(TypeError, match="variable must be"):
            make(3)


def test_means_are_linear_and_normalised():
    assert Mean(1, H, P, Q) == JointMean(1, (G, H), (0, 0), (1, P, 1)) == 1
    assert Mean(P * H + 3, H, 0, Q) == P * Mean(H, H, 0, Q) + 3
    assert JointMean(P * G + H, (G, H), (0, 0), (1, Q, 1)) == P * JointMean(G, (G, H), (0, 0), (1, Q, 1)) + JointMean(
        H, (G, H), (0, 0), (1, Q, 1)
    )


def test_joint_mean_of_a_product_is_the_covariance():
    assert number(JointMean(G * H, (G, H), (P, Q), (1, 0.25, 2))) == pytest.approx(0.3 * 0.6 + 0.25, abs=1e-14)


def test_shares_that_add_up_to_one_are_collected():
    a, b = Mean(sympy.exp(H), H, P), Mean(sympy.exp(-2 * H), H, Q)
    assert expanded((a * P + b * P + a**2) / (a + b)) == P + a**2 / (a + b)
    assert expanded((P + Q) ** 2 * (P - 1)) == sympy.expand((P + Q) ** 2 * (P - 1))


def test_arguments_of_kernels_are_multiplied_out():
    assert kernel(-(P + H), 1 - Q) == kernel(-P - H, 1 - Q)


def test_latex():
    assert sympy.latex(kernel(H, Q).diff(H) ** 2) == r"\left(\ell'\left(h, q\right)\right)^{2}"
    assert sympy.latex(Kernel(sympy.Symbol(r"\ell"), 4, H, Q)) == r"\ell^{(4)}\left(h, q\right)"
    assert sympy.latex(Mean(tilt(H, P), H, 0, Q)) == (
        r"\mathop{\mathbb E}_{h\sim\mathcal N(0, q)}\left[g\left(h, p\right)\right]"
    )
    assert r"\begin{smallmatrix}1 & q \\ q & 2\end{smallmatrix}" in sympy.latex(
        JointMean(G * H, (G, H), (0, 0), (1, Q, 2))
    )
    assert sympy.latex(Max(X - X**2, X)) == r"\max_{x}\left[- x^{2} + x\right]"
    assert r"_{x=\arg\max[" in sympy.latex(AtMax(X, X - X**2, X)) and r"\log 2\cosh" in sympy.latex(Log2Cosh(H))
