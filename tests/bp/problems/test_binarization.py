"""Hyperplanes that make patterns of ±1 from real ones."""

import numpy as np
import pytest

from bp.problems import binarization
from bp.problems.binarization import Binarizer


@pytest.fixture
def rows():
    rng = np.random.default_rng(1)
    return rng.normal([0.0, 5.0, -300.0], [1.0, 1e-3, 1e4], (400, 3))


def test_medians_cut_every_feature_in_halves(rows):
    signs = Binarizer.medians(rows)(rows)
    assert signs.dtype == np.int8 and (signs.sum(axis=0) == 0).all()
    assert (signs == np.where(rows > np.median(rows, axis=0), 1, -1)).all()


def test_projections_are_the_formula_one_entry_at_a_time(rows):
    binarizer = Binarizer.projections(rows, 7, rng=2)
    new = np.random.default_rng(3).normal([0.0, 5.0, -300.0], [1.0, 1e-3, 1e4], (20, 3))
    signs = binarizer(new)
    for a, x in enumerate(new):
        for i in range(7):
            field = sum(binarizer.directions[f, i] * (x[f] - rows[:, f].mean()) / rows[:, f].std() for f in range(3))
            assert signs[a, i] == (1 if field > binarizer.cuts[i] else -1)


def test_cuts_have_the_spread_of_the_projections(rows):
    """Cut and projection are both N(0, s²), so that the number of patterns above is uniform: a quarter below 1/4."""
    share = (Binarizer.projections(rows, 4000, rng=2)(rows) > 0).mean(axis=0)
    # standard error of a share of 4000 draws: sqrt(3/16/4000) = 0.007; Gaussian rows bend the law by less than that
    for quantile in (0.25, 0.5, 0.75):
        assert abs((share < quantile).mean() - quantile) < 4 * 0.007


def test_units_do_not_matter(rows):
    """Each feature in other units and from another zero: the same signs."""
    other = rows * [2.0, 1024.0, 0.25]
    assert (Binarizer.projections(rows, 301, rng=1)(rows) == Binarizer.projections(other, 301, rng=1)(other)).all()
    assert np.isfinite(Binarizer.projections(rows * 1e300, 5, rng=1).scale).all()


def test_constant_features_and_single_patterns():
    rows = np.full((50, 2), 0.1)
    rows[:, 1] = np.linspace(-1, 1, 50)
    binarizer = Binarizer.projections(rows, 301, rng=1)
    assert binarizer.scale[0] == 0.1  # not the rounding of its mean
    alike = Binarizer.projections(rows[:1], 301, rng=1)
    assert (alike(np.repeat(rows[:1], 3, axis=0)) == alike(rows[:1])).all()
    assert Binarizer.projections(np.zeros((4, 2)), 5, rng=1)(np.zeros((1, 2))).shape == (1, 5)


def test_blocks_do_not_change_anything(rows, monkeypatch):
    whole = Binarizer.projections(rows, 51, rng=4)
    signs = whole(rows)
    monkeypatch.setattr(binarization, "_BLOCK", 51 * 7)
    parts = Binarizer.projections(rows, 51, rng=4)
    np.testing.assert_allclose(parts.cuts, whole.cuts, rtol=1e-12)  # sums in another order
    assert (parts(rows) == signs).all()


def test_bad_input(rows):
    with pytest.raises(ValueError, match="n must be"):
        Binarizer.projections(rows, 0)
    with pytest.raises(ValueError, match="patterns must"):
        Binarizer.medians([[np.nan]])
    with pytest.raises(ValueError, match="N=3, as the binarizer"):
        Binarizer.medians(rows)(rows[:, :2])
