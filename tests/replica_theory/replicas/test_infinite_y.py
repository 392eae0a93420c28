"""The limit of many replicas: stationary, against the referee, and the limit of what it is the limit of."""

import numpy as np
import pytest
from local_entropy_referee import Limit, Problem, limit_functional, limit_gradient, solve_limit
from scipy import optimize

from replica_theory import BinaryPerceptron, UShapePerceptron, local_entropy
from replica_theory.replicas.even_constraint import limit_branch
from replica_theory.replicas.infinite_y import LimitEquations

BINARY = BinaryPerceptron()
STEP = 1e-4


def centred(value):
    return value + STEP * np.array([-1.0, 0.0, 1.0])


@pytest.mark.parametrize("beta", [1.0, 4.0])
def test_finite_temperature_at_infinite_y(beta):
    """Thermal kernels are not log-concave either: the slope, and the limit of many replicas."""
    model = BinaryPerceptron(0.0, beta)
    near = local_entropy(model, 0.6, centred(0.1))
    assert abs((near.entropy[2] - near.entropy[0]) / (2 * STEP) - near.slope[1]) < 1e-6
    twenty, forty = local_entropy(model, 0.6, 0.1, y=np.array([20.0, 40.0])).entropy
    assert twenty < forty < near.entropy[1] < forty + (forty - twenty)


def test_stationary_functional_with_a_hole():
    """The limit's functional is stationary where its equations vanish: kinks included."""
    equations, t = LimitEquations(UShapePerceptron(0.7), 0.4), 0.7
    x = limit_branch(equations.model, 0.4, [float(np.log(0.15))])[float(np.log(0.15))]
    assert np.abs(equations.residual(x, t)).max() < 1e-11
    exact = optimize.approx_fprime(np.array([t]), lambda v: equations.read(x, float(v[0])).entropy, 1e-6)
    # Explicit dependence on t at a fixed saddle: -t_hat.
    assert abs(exact[0] + equations.read(x, t).t_hat) < 1e-7


def limit_orders(curve):
    return Limit(*(float(curve.overlaps[name]) for name in ("q0", "gap", "q0_hat", "gap_hat", "t_hat")))


@pytest.mark.parametrize(("alpha", "distance", "kappa"), [
    (0.6, 0.1, 0.0), (0.75, 0.02, 0.0), (0.4, 0.2, -0.3), (0.3, 0.05, 0.4), (0.6, 0.01, 0.0),
])  # fmt: skip
def test_infinite_y_against_the_referee(alpha, distance, kappa):
    curve = local_entropy(BinaryPerceptron(kappa), alpha, distance)
    p, s = Problem(alpha, np.inf, 1 - 2 * distance, kappa), limit_orders(curve)
    assert limit_functional(p, s) == pytest.approx(float(curve.entropy), abs=1e-11)
    np.testing.assert_allclose(limit_gradient(p, s), 0, atol=3e-8)


@pytest.mark.slow
def test_infinite_y_value():
    """At alpha = 0.6 and d = 0.1, by a generic root finder on the printed functional from a rough guess."""
    p = Problem(0.6, np.inf, 0.8)
    found = solve_limit(p, Limit(0.6, 0.5, 0.45, 0.3, 0.35))
    assert limit_functional(p, found) == pytest.approx(0.178417709928, abs=1e-11)
    assert float(local_entropy(BINARY, 0.6, 0.1).entropy) == pytest.approx(0.178417709928, abs=1e-11)


def test_infinite_y_is_the_limit_of_finite_y():
    """S approaches S_infinity as 1/y^2 (its derivative is -Sigma'/y); here two steps of Richardson's extrapolation."""
    s = local_entropy(BINARY, 0.6, 0.1, y=np.array([50.0, 100.0, 200.0])).entropy
    once = (4 * s[1:] - s[:-1]) / 3
    twice = (8 * once[1] - once[0]) / 7
    assert twice == pytest.approx(0.178417709928, abs=2e-8)
