"""Saddle points of nested tuples: the gradient, the index, and what is no saddle point."""

import numpy as np
import pytest
import tuples_referee as referee

from replica_theory import BinaryPerceptron, SymmetricBinaryPerceptron
from replica_theory.replicas.tuple_saddle import TupleLoad, find_saddle
from replica_theory.replicas.ultrametric import Tree, energetic, entropic

START = np.log([0.38, 0.016, 0.25, 0.75, 4.3])


@pytest.mark.parametrize(("model", "apart"), [(BinaryPerceptron(0.2), False), (SymmetricBinaryPerceptron(0.9), True)])
def test_gradient(model, apart):
    system = TupleLoad(model, 2, apart)
    x = np.log([0.05, 0.004, 0.1, 0.9, 11.0, 4.0] if apart else [0.3, 0.05, 0.004, 0.1, 0.2, 0.9, 11.0, 4.0])
    found, h = system.at(x), 1e-5
    for j, shift in enumerate(h * np.eye(len(x))):
        slope = (system.at(x + shift).alpha - system.at(x - shift).alpha) / (2 * h)
        assert slope == pytest.approx(found.gradient[j], abs=1e-8)


def test_unknowns_are_those_of_the_trees():
    for apart in (True, False):
        system = TupleLoad(SymmetricBinaryPerceptron(), 1, apart)
        x = START[[1, 3, 4]] if apart else START
        overlaps, conjugates = system.trees(x)
        assert system.unknowns(overlaps.overlaps, conjugates.overlaps, overlaps.sizes) == pytest.approx(x, abs=1e-13)
        assert (overlaps.overlaps[0] == conjugates.overlaps[0] == 0) == apart


def test_a_saddle_point_has_no_entropy_and_no_slope():
    """By plain quadrature; in all directions the entropy is stationary."""
    system = TupleLoad(BinaryPerceptron(), 1, False)
    saddle = find_saddle(system, START)
    sizes, q, q_hat = saddle.overlaps.sizes, saddle.overlaps.overlaps, saddle.conjugates.overlaps

    def entropy(sizes=sizes, q=q, q_hat=q_hat):
        return referee.entropy(referee.above(0.0), saddle.alpha, sizes, q, q_hat)

    assert entropy() == pytest.approx(0, abs=1e-9)
    for name, values in (("sizes", sizes), ("q", q), ("q_hat", q_hat)):
        for shift in 1e-3 * np.diag(1 - values if name == "q" else values):
            change = entropy(**{name: values + shift}) - entropy(**{name: values - shift})
            assert abs(change) < 2e-7


def test_the_index():
    """One direction down, that of q0, where tuples overlap; none where they do not."""
    assert TupleLoad(BinaryPerceptron(), 1, False).descents == 1
    assert TupleLoad(SymmetricBinaryPerceptron(), 1, True).descents == 0


def test_stability_is_that_of_the_iteration():
    """Level 5 of |h| <= 1: from a small q0_hat, one step multiplies it by one minus the (negative) stability."""
    model = SymmetricBinaryPerceptron()
    x = np.log([0.0373, 0.00368, 0.0001966, 0.0146, 0.0927, 1.321, 24.84, 10.75, 3.839])
    saddle = find_saddle(TupleLoad(model, 3, True), x)
    sizes, q, q_hat = saddle.overlaps.sizes, saddle.overlaps.overlaps.copy(), saddle.conjugates.overlaps.copy()
    q_hat[0] = 1e-6 * q_hat[1]
    q[0] = entropic(Tree(sizes, q_hat)).squares[0]
    grown = saddle.alpha * energetic(model, Tree(sizes, q)).squares[0] / q_hat[0]
    assert 1 - grown == pytest.approx(saddle.stability, abs=1e-5) and saddle.stability == pytest.approx(
        -0.004598, abs=1e-6
    )


def test_nothing_is_found_where_nothing_is():
    system = TupleLoad(SymmetricBinaryPerceptron(), 1, True)
    assert find_saddle(system, np.log([0.5, 1e-3, 1.5]), most=20) is None
    assert find_saddle(system, np.array([70.0, 0.0, 1.0])) is None
    assert find_saddle(system, np.log([0.015, 0.9, 4.3]), most=1) is None
