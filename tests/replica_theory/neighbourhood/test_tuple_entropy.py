"""Entropy of tuples: one, two and infinitely distant solutions, the tangent at the gap, and differences."""

import numpy as np
import pytest
import tuples_referee as referee
from scipy.stats import multivariate_normal

import replica_theory as rt
from replica_theory import BinaryPerceptron, SymmetricBinaryPerceptron, binary_entropy, tuple_entropy

EVEN, ODD = SymmetricBinaryPerceptron(1.0), BinaryPerceptron()


def test_one_solution_is_the_typical_one():
    symmetric = rt.replica_symmetric(ODD, 0.5)
    point = tuple_entropy(ODD, 0.5, 0.2, m=1)
    assert point.entropy == pytest.approx(symmetric.entropy, abs=1e-11) and point.slope == pytest.approx(0, abs=1e-9)
    assert point.overlaps["q0"] == pytest.approx(symmetric.q, abs=1e-9)
    assert point.overlaps["replicon"] == pytest.approx(symmetric.stability, abs=1e-9)


def test_two_solutions_are_the_first_moment_of_pairs():
    for d in (0.01, 0.2):
        rho, box = 1 - 2 * d, multivariate_normal(cov=[[1, 1 - 2 * d], [1 - 2 * d, 1]])
        assert rho == pytest.approx(1 - 2 * d)
        pairs = box.cdf([1, 1], lower_limit=[-1, -1])
        expected = np.log(2) + binary_entropy(d) + 1.2 * np.log(pairs)
        # The bivariate normal of scipy is good to 1e-8 or so.
        assert tuple_entropy(EVEN, 1.2, d, m=2).entropy == pytest.approx(expected, abs=1e-7)


def test_unrelated_solutions():
    kernel = EVEN.log_kernel(np.zeros(()), 1.0).log
    assert tuple_entropy(EVEN, 1.2, 0.5, m=5).entropy == pytest.approx(5 * (np.log(2) + 1.2 * kernel), abs=1e-12)


def test_slope_and_plain_quadrature():
    d, h = 0.05, 1e-5
    curve = tuple_entropy(ODD, 0.5, [d - h, d, d + h], m=3)
    assert (curve.entropy[2] - curve.entropy[0]) / (2 * h) == pytest.approx(curve.slope[1], abs=1e-6)
    at = {name: values[1] for name, values in curve.overlaps.items()}
    overlaps, conjugates = ([at["q0"], at["q1"]], [at["q0_hat"], at["q1_hat"]])
    slow = referee.entropy(referee.above(0.0), 0.5, [3.0], overlaps, conjugates)
    assert curve.entropy[1] == pytest.approx(3 * slow, abs=1e-10)


@pytest.mark.parametrize(("model", "m"), [(EVEN, 4), (ODD, 4)])
def test_the_gap_opens_where_the_curve_touches_zero(model, m):
    gap = rt.multi_overlap_gap(model, m)
    d = 0.5 * (1 - gap.overlaps[1])
    point = tuple_entropy(model, gap.alpha, [d], m=m)
    assert point.entropy[0] == pytest.approx(0, abs=1e-10) and point.slope[0] == pytest.approx(0, abs=1e-8)
    assert point.overlaps["q0"][0] == pytest.approx(gap.overlaps[0], abs=1e-8)
    if model is EVEN:
        above = tuple_entropy(model, 1.001 * gap.alpha, [d], m=m)
        assert above.entropy[0] < 0 and str(above.status[0]) == "negative-entropy"


def test_no_tuples_farther_than_typical_solutions():
    with pytest.raises(rt.ConvergenceError):
        tuple_entropy(ODD, 0.5, 0.45)
    with pytest.raises(rt.ConvergenceError):
        tuple_entropy(ODD, 0.5, 0.0)


@pytest.mark.parametrize(("m", "error"), [(0.5, ValueError), (np.inf, ValueError), ("3", TypeError), ([3], ValueError)])
def test_refused(m, error):
    with pytest.raises(error, match=r"^m must"):
        tuple_entropy(ODD, 0.5, 0.1, m=m)
