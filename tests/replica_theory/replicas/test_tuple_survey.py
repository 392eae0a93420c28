"""The survey of sizes and widths: nothing lies lower than the saddle point to which it leads."""

import numpy as np
import pytest

from replica_theory import BinaryPerceptron, SymmetricBinaryPerceptron, UShapePerceptron
from replica_theory.replicas.tuple_saddle import TupleLoad, find_saddle
from replica_theory.replicas.tuple_survey import lowest, surveyed


@pytest.mark.parametrize("model", [SymmetricBinaryPerceptron(0.4), UShapePerceptron(0.5)])
def test_no_point_of_a_wide_grid_is_lower(model):
    system = TupleLoad(model, 1, True)
    saddle = find_saddle(system, lowest(system, 0.1).x)
    loads = [
        point.alpha
        for size in np.geomspace(1.5, 200, 6)
        for reach in np.geomspace(0.2, 12, 5)
        if (point := surveyed(system, size, reach / size)) is not None
    ]
    assert len(loads) > 20 and saddle.alpha <= min(loads)
    assert surveyed(system, 1.0, 0.5) is None


def test_overlapping_tuples():
    """Where Newton's method from the capacity ends too: the lowest of all sizes and widths is that saddle point."""
    system = TupleLoad(BinaryPerceptron(), 1, False)
    point = lowest(system, 0.1)
    near = find_saddle(system, np.log([0.38, 0.016, 0.25, 0.75, 4.3]))
    assert find_saddle(system, point.x).alpha == pytest.approx(near.alpha, abs=1e-12)
    assert near.alpha < point.alpha < 1.01 * near.alpha and point.q0_hat > 0.1


def test_a_given_size():
    """Two valleys of |h| <= 1 at 20 solutions: the shallow one, at small overlaps, is not taken."""
    system = TupleLoad(SymmetricBinaryPerceptron(), 1, True, (20.0,))
    point = lowest(system, 0.1)
    assert 1.748 < point.alpha < 1.749 < 1.8157 < surveyed(system, 20.0, 0.0178).alpha < 1.8158
