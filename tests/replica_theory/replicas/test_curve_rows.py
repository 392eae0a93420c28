"""Rows beneath the doors: each in its sector, and what the door makes of them."""

import numpy as np
import pytest

from replica_theory import BinaryPerceptron, SymmetricBinaryPerceptron, local_entropy
from replica_theory.replicas.curve_rows import curve_rows

DISTANCES = np.array([0.05, 0.2])


@pytest.mark.parametrize("y", [3.0, np.inf])
def test_the_door_assembles_them(y):
    rows = curve_rows(BinaryPerceptron(), None, 0.5, y, DISTANCES)
    curve = local_entropy(BinaryPerceptron(), 0.5, DISTANCES, y=y)
    assert [row.entropy for row in rows] == curve.entropy.tolist()
    assert [row.slope for row in rows] == curve.slope.tolist()
    assert [row.status for row in rows] == curve.status.tolist()


def test_an_unstable_symmetric_sector_gives_way_to_the_broken_one():
    model, d = SymmetricBinaryPerceptron(1.0), np.array([0.1])
    chosen, symmetric, broken = (
        curve_rows(model, None, 1.5, 6.0, d, sector=sector)[0] for sector in (None, "sign-symmetric", "sign-broken")
    )
    assert symmetric.overlaps["replicon_ref"] < 0 and symmetric.overlaps["q0"] == 0
    assert chosen.entropy == broken.entropy != symmetric.entropy and broken.overlaps["q0"] > 0


def test_above_the_last_saddle_there_are_no_rows_and_nothing_is_raised():
    for y in (3.0, np.inf):
        assert not any(row.status.ok for row in curve_rows(BinaryPerceptron(), None, 40.0, y, DISTANCES))
