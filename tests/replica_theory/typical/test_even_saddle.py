"""Even constraints where their symmetric saddle point is unstable."""

import numpy as np
import pytest
from scipy import optimize, special

from replica_theory import SymmetricBinaryPerceptron, UShapePerceptron, replica_symmetric
from replica_theory.typical.even_saddle import sign_broken

Z = np.linspace(-10, 10, 40001)
DZ = np.exp(-0.5 * Z**2) / np.sqrt(2 * np.pi) * 5e-4


def dense(kappa, alpha):
    """Overlap and entropy of the u-shape by bisection on dense trapezoids: no shared code."""

    def terms(q):
        std, h = np.sqrt(1 - q), np.sqrt(q) * Z
        log = np.logaddexp(special.log_ndtr((h - kappa) / std), special.log_ndtr((-h - kappa) / std))
        left, right = (np.exp(-0.5 * ((kappa + s * h) / std) ** 2 - log) / np.sqrt(2 * np.pi) for s in (1, -1))
        q_hat = alpha * DZ @ ((right - left) / std) ** 2
        field = np.sqrt(q_hat) * Z
        entropy = -0.5 * q_hat * (1 - q) + DZ @ np.logaddexp(field, -field) + alpha * DZ @ log
        return DZ @ np.tanh(field) ** 2, entropy

    q = optimize.brentq(lambda q: terms(q)[0] / q - 1, 1e-6, 0.99, xtol=1e-14)
    return q, terms(q)[1]


@pytest.mark.parametrize(("kappa", "alpha"), [(1.5, 0.25), (1.5, 0.12), (1.0, 0.5), (5.0, 0.02), (0.9, 0.69)])
def test_the_broken_solution_takes_over(kappa, alpha):
    point = replica_symmetric(UShapePerceptron(kappa), alpha)
    q, entropy = dense(kappa, alpha)
    assert point.q == pytest.approx(q, rel=1e-9) and point.entropy == pytest.approx(entropy, abs=1e-11)
    annealed = np.log(2) + alpha * (np.log(2) + special.log_ndtr(-kappa))
    assert point.entropy < annealed
    assert point.stability < 0 and point.status == "unstable" and point.converged


def test_the_example():
    point = replica_symmetric(UShapePerceptron(1.5), 0.25)
    assert point.entropy == pytest.approx(0.188065, abs=1e-6) and point.q == pytest.approx(0.16647, abs=1e-5)


def test_it_departs_from_zero_continuously():
    """At alpha l''(0, 1)^2 = 1; beyond, q grows in proportion and the entropy leaves the annealed one with its cube."""
    kappa = 1.5
    critical = (special.ndtr(-kappa) / (kappa * np.exp(-0.5 * kappa**2) / np.sqrt(2 * np.pi))) ** 2
    excess = np.array([-1e-3, -1e-9, 1e-9, 1e-6, 1e-4, 1e-3, 1e-2])
    points = replica_symmetric(UShapePerceptron(kappa), critical * (1 + excess))
    assert points.q[:3].tolist() == [0, 0, 0]
    assert [str(s) for s in points.status[[0, 5, 6]]] == ["converged", "unstable", "unstable"]
    ratio = points.q[3:] / excess[3:]
    assert ratio[:3] == pytest.approx(ratio[0], rel=0.01)  # corrections of the order of the excess
    annealed = np.log(2) + points.alpha * (np.log(2) + special.log_ndtr(-kappa))
    gap = annealed - points.entropy
    assert gap[-1] / gap[-2] == pytest.approx(1000, rel=0.15)
    assert np.abs(gap[:4]).max() < 1e-14


def test_stable_ones_stay():
    points = replica_symmetric(SymmetricBinaryPerceptron([0.5, 1.0, 2.0]), 0.5)
    assert points.q.tolist() == [0, 0, 0] and all(s == "converged" for s in points.status)


def test_the_smallest_solution_is_found_and_none_is_said():
    """G(q)/q = g (1 - q)^2 has the root 1 - 1/sqrt(g), and none below g = 1; one that never falls runs to 1."""
    growth = np.array([0.5, 1.5, 4.0])
    found = sign_broken(lambda q, index: growth[index] * q * (1 - q) ** 2, growth)
    assert np.isnan(found[0]) and found[1:] == pytest.approx(1 - growth[1:] ** -0.5, rel=1e-13)
    assert sign_broken(lambda q, index: 2 * q, np.array([2.0])).tolist() == [1.0]
