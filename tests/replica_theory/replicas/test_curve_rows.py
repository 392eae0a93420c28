"""Rows beneath the doors: each in its sector, and what the door makes of them."""

import numpy as np
import pytest

from replica_theory import BinaryPerceptron, ConvergenceError, SymmetricBinaryPerceptron, local_entropy
from replica_theory.replicas import equations, finite_y
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


@pytest.mark.parametrize(("reference", "y"), [("free", 1e9), ("solution", 1e4)])
def test_more_replicas_than_are_resolved_are_refused_at_once(reference, y):
    with pytest.raises(ConvergenceError, match="outside what this computation can reach"):
        local_entropy(BinaryPerceptron(), 0.4, 0.1, y=y, reference=reference)


@pytest.mark.parametrize("y", [0.0, 1e-6])
def test_hardly_any_weight_on_the_references_ends_soon(y, monkeypatch):
    """Around a random configuration at d = 0.1 the saddle point freezes: that took a minute to say."""
    called, plain = [], finite_y.entropic
    monkeypatch.setattr(equations, "entropic", lambda *arguments: called.append(0) or plain(*arguments))
    curve = local_entropy(BinaryPerceptron(), 0.4, [0.15, 0.3], y=y)
    assert [str(status) for status in curve.status] == ["negative-entropy", "converged"] and len(called) < 1000
    assert curve.entropy == pytest.approx([-0.153428, 0.280039], abs=2e-5)


def test_many_replicas_around_solutions():
    """They tend to the largest local entropy, that of free references."""
    many = local_entropy(BinaryPerceptron(), 0.4, 0.1, y=200.0, reference="solution")
    free = local_entropy(BinaryPerceptron(), 0.4, 0.1, y=200.0)
    assert float(many.entropy) == pytest.approx(float(free.entropy), abs=1e-8)
