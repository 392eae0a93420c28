"""Thresholds of tuples: published and derived values, limits, symmetry broken at q0, and what is refused."""

import re

import numpy as np
import pytest

import replica_theory as rt
from replica_theory import (
    BinaryPerceptron,
    ConvergenceError,
    IntervalModel,
    SymmetricBinaryPerceptron,
    UShapePerceptron,
)

EVEN, ODD = SymmetricBinaryPerceptron(1.0), BinaryPerceptron()


@pytest.mark.parametrize(
    ("model", "level", "alpha"),
    [
        (EVEN, 3, 1.657535194),
        (EVEN, 4, 1.621737560),
        (ODD, 3, 0.784214591360),
        (ODD, 4, 0.771903467651),
        (ODD, 6, 0.765225749),
    ],
)
def test_levels(model, level, alpha):
    found = rt.tuple_threshold(model, level)
    digits = len(str(alpha)) - 2
    assert found.alpha == pytest.approx(alpha, abs=0.51 * 10.0 ** -min(digits, 12))
    assert found.error < 1e-9 and found.converged


def test_where_the_levels_lie():
    """Overlaps, conjugates and sizes to the digits given (published and derived independently)."""
    found = rt.tuple_threshold(ODD)
    assert found.overlaps == pytest.approx([0.647805, 1 - 0.0155148], abs=5e-7)
    assert found.conjugates == pytest.approx([0.245895, 1.016234], abs=5e-7)
    assert found.sizes == pytest.approx([4.34717], abs=5e-6)
    found = rt.tuple_threshold(ODD, 4)
    assert found.overlaps == pytest.approx([0.683739, 1 - 0.0335069, 1 - 0.0015675], abs=5e-7)
    assert found.sizes == pytest.approx([12.0796, 3.9499], abs=5e-5)
    found = rt.tuple_threshold(EVEN, 4)
    assert found.overlaps == pytest.approx([0, 0.972698, 0.998695], abs=5e-7)
    assert found.sizes == pytest.approx([11.3909, 3.96543], abs=5e-5)
    assert rt.tuple_threshold(EVEN).overlaps[1] == pytest.approx(0.985194, abs=5e-7)


@pytest.mark.parametrize(("m", "alpha"), [(2, 1.70014812), (3, 1.66643296), (4, 1.65780690), (5, 1.65926498)])
def test_overlap_gaps(m, alpha):
    found = rt.multi_overlap_gap(EVEN, m)
    assert found.alpha == pytest.approx(alpha, abs=5e-9) and found.sizes.tolist() == [m]


def test_groups_of_groups():
    assert rt.tuple_threshold(EVEN, sizes=(12, 4)).alpha == pytest.approx(1.62182086, abs=5e-9)


@pytest.mark.parametrize("model", [ODD, BinaryPerceptron(-1.5), EVEN, UShapePerceptron(1.0), IntervalModel([(0, 2)])])
def test_level_two_is_the_capacity(model):
    found, capacity = rt.tuple_threshold(model, 2), rt.capacity(model)
    assert found.alpha == pytest.approx(capacity.alpha, rel=1e-11)
    assert found.stability == pytest.approx(capacity.stability, abs=1e-7)


@pytest.mark.parametrize(
    "model",
    [BinaryPerceptron(-3.0), SymmetricBinaryPerceptron(0.1), SymmetricBinaryPerceptron(3.0), UShapePerceptron(1.2)],
)
def test_wide_ranges(model):
    """Below the capacity, which is level 2."""
    found = rt.tuple_threshold(model)
    assert 0 < found.alpha < rt.capacity(model).alpha and found.error < 1e-8 * found.alpha


def test_given_sizes_are_never_better_than_the_best():
    best = rt.tuple_threshold(ODD)
    at_best = rt.tuple_threshold(ODD, sizes=best.sizes)
    assert at_best.alpha == pytest.approx(best.alpha, abs=1e-11)
    assert all(rt.multi_overlap_gap(ODD, m).alpha > best.alpha for m in (6,))


def test_symmetry_breaks_between_tuples():
    """At q0 = 0 level 3 of |h| <= 1.5 is unstable, and tuples that overlap end earlier."""
    model = SymmetricBinaryPerceptron(1.5)
    parted, whole = rt.tuple_threshold(model), rt.tuple_threshold(model, sizes=(4.38281077,))
    assert whole.overlaps[0] == 0 and whole.stability == pytest.approx(-0.159258, abs=1e-6)
    assert parted.overlaps[0] > 0.1 and parted.alpha < whole.alpha - 1e-3
    assert str(whole.status) == str(parted.status) == "unstable"


def test_no_saddle_is_said():
    with pytest.raises(ConvergenceError, match="no saddle point of level 4"):
        rt.tuple_threshold(SymmetricBinaryPerceptron(0.1), 4)
    with pytest.raises(ConvergenceError, match=r"no saddle point of sizes \(400\.0, 300\.0\)"):
        rt.tuple_threshold(SymmetricBinaryPerceptron(0.1), sizes=(400, 300))


def test_the_limit_of_the_levels():
    """Inside the bracket .7615(10) of an independent fit; the steps shrink."""
    found = rt.algorithmic_threshold(ODD, levels=6)
    assert found.levels.tolist() == [3, 4, 5, 6] and np.all(np.diff(found.thresholds) < 0)
    assert found.extrapolations == pytest.approx([0.762263, 0.762577], abs=1e-6)
    assert found.alpha == pytest.approx(np.mean(found.extrapolations), abs=1e-12) and found.error < 2e-4
    assert found.alpha == pytest.approx(0.7615, abs=1e-3) and np.all(found.stabilities > 0)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"levels": 1}, ValueError, "levels must be an integer from 2 to 9; got 1"),
        ({"levels": 3.0}, TypeError, "levels must be an integer from 2 to 9; got 3.0"),
        ({"levels": 3, "sizes": 4}, ValueError, "levels must be left out where sizes are given; got levels=3"),
        ({"sizes": (4, 12)}, ValueError, "sizes must be 1 to 7 decreasing numbers above 1; got (4, 12)"),
        ({"sizes": 1}, ValueError, "sizes must be 1 to 7 decreasing numbers above 1; got 1"),
        ({"sizes": 0.5}, ValueError, "sizes must lie in [1, 5000]; got 0.5"),
    ],
)
def test_refused(arguments, error, message):
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        rt.tuple_threshold(ODD, **arguments)


def test_models_that_are_refused():
    with pytest.raises(ValueError, match="model must be a hard constraint of intervals"):
        rt.tuple_threshold(rt.CustomModel(lambda mean, std: 0.5 + 0 * mean / std))
    with pytest.raises(ValueError, match="single kappa and beta"):
        rt.multi_overlap_gap(BinaryPerceptron([0.0, 1.0]))
    with pytest.raises(ValueError, match="binary"):
        rt.tuple_threshold(BinaryPerceptron(weights=rt.SphericalWeights()))
    with pytest.raises(ValueError, match="no hidden layer"):
        rt.algorithmic_threshold(rt.TreeCommittee(units=3))


def test_files():
    found = rt.tuple_threshold(ODD)
    assert "alpha" in found.to_csv().splitlines()[0] and "alpha = 0.784215" in repr(found)
