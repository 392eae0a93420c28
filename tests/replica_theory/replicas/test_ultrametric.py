"""Integrals over a tree: against plain quadrature, the theories of one and of two groups, and differences."""

import numpy as np
import pytest
import tuples_referee as referee

from replica_theory import BinaryPerceptron, IntervalModel, SymmetricBinaryPerceptron, UShapePerceptron
from replica_theory.replicas import finite_y, one_step
from replica_theory.replicas.ultrametric import Tree, energetic, entropic


def tree(sizes, overlaps):
    return Tree(np.array(sizes, dtype=float), np.array(overlaps, dtype=float))


@pytest.mark.parametrize(
    ("model", "leaf"),
    [
        (BinaryPerceptron(0.3), referee.above(0.3)),
        (SymmetricBinaryPerceptron(0.8), referee.between(0.8)),
    ],
)
def test_against_plain_quadrature(model, leaf):
    sizes, overlaps = [6.0, 2.5], [0.3, 0.55, 0.8]
    found = energetic(model, tree(sizes, overlaps)).value
    assert found == pytest.approx(referee.integral(leaf, sizes, overlaps, np.sqrt(0.2)), abs=1e-10)


def test_weights_against_plain_quadrature():
    sizes, conjugates = [6.0, 2.5], [0.2, 0.5, 1.1]
    expected = referee.integral(referee.spin, sizes, conjugates, 1.0)
    # The panels are wide for the poles of log cosh at pi/12 of the real axis.
    assert entropic(tree(sizes, conjugates)).value == pytest.approx(expected, abs=1e-6)


def test_one_group_is_the_theory_of_y_replicas():
    """Without the coupling to the reference, whose two signs count log 2."""
    for model in (BinaryPerceptron(0.2), SymmetricBinaryPerceptron(1.0)):
        resolution = finite_y.Resolution(outer=161, spacing=0.25)
        system = finite_y.System(model, None, 0.7, 4.0, resolution)
        overlaps = finite_y.Overlaps(0.4, 0.3, 0.0, 0.0)
        energy, ours = finite_y.energetic(system, overlaps, 0.0), energetic(model, tree([4.0], [0.4, 0.7]))
        assert 4 * ours.value == pytest.approx(energy.value, abs=1e-12)
        hats = finite_y.Overlaps(0.3, 0.5, 0.0, 0.0)
        entropy, ours = finite_y.entropic(system, hats, 0.0), entropic(tree([4.0], [0.3, 0.8]))
        assert 4 * ours.value == pytest.approx(entropy.value - np.log(2), abs=1e-12)


def test_two_groups_are_the_theory_of_clusters():
    model, sizes = BinaryPerceptron(0.2), [5.0, 2.0]
    system = one_step.Breaking(model, 0.7, *sizes)
    energy = one_step.energetic(system, one_step.Orders(0.3, 0.25, 0.25))
    ours = energetic(model, tree(sizes, [0.3, 0.55, 0.8]))
    assert 5 * ours.value == pytest.approx(energy.value, abs=1e-12)
    assert 0.7 * np.array([ours.squares[0]]) == pytest.approx(0.7 * energy.orders.q0, abs=1e-12)
    entropy = one_step.entropic(system, one_step.Orders(0.2, 0.3, 0.6), 0.0)
    ours = entropic(tree(sizes, [0.2, 0.5, 1.1]))
    assert 5 * ours.value == pytest.approx(entropy.value - np.log(2), abs=1e-12)
    q0, gap, step = entropy.orders
    assert ours.squares == pytest.approx([q0, q0 + gap, q0 + gap + step], abs=1e-11)


@pytest.mark.parametrize(
    "model", [BinaryPerceptron(0.4), SymmetricBinaryPerceptron(0.7), UShapePerceptron(0.6), IntervalModel([(-1, 0.5)])]
)
def test_derivatives(model):
    sizes, overlaps, h = np.array([7.0, 3.0]), np.array([0.2, 0.6, 0.9]), 1e-4
    for integral in (lambda t: energetic(model, t), entropic):
        held = integral(Tree(sizes, overlaps))
        for j in range(3):
            shift = h * np.eye(3)[j]
            sides = [integral(Tree(sizes, overlaps + sign * shift)).value for sign in (1, -1)]
            # The last step of a weight's field changes log 2cosh by (1 - tanh^2)/2 on top.
            slope = 0.5 * Tree(sizes, overlaps).counts[j] * held.squares[j] + (integral is entropic and j == 2) / 2
            # Differences of second order, of fields as sharp as 1/(1 - q) = 10: h^2 10^3.
            assert (sides[0] - sides[1]) / (2 * h) == pytest.approx(slope, rel=1e-4, abs=1e-6)
        for j in range(2):
            shift = h * np.eye(2)[j]
            sides = [integral(Tree(sizes + sign * shift, overlaps)).value for sign in (1, -1)]
            assert (sides[0] - sides[1]) / (2 * h) == pytest.approx(held.size_slopes(sizes)[j], rel=1e-5, abs=1e-9)


def test_finer_grids_change_nothing():
    for model in (BinaryPerceptron(-2.0), UShapePerceptron(1.0), IntervalModel([(-1, 0), (1, 3)])):
        usual, finer = (energetic(model, tree([12.0, 4.0], [0.2, 0.9, 0.99]), x).value for x in (1.0, 2.0))
        assert usual == pytest.approx(finer, abs=2e-10)


def test_outside_the_domain():
    model = BinaryPerceptron()
    assert energetic(model, tree([4.0], [0.5, 0.4])) is None
    assert energetic(model, tree([0.5], [0.1, 0.4])) is None
    assert energetic(model, tree([4.0], [0.5, 1.0])) is None
    assert entropic(tree([4.0], [-0.1, 1.0])) is None
