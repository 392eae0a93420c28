"""Grids of an inner field: fine at the steps, and wide enough."""

import numpy as np
import pytest
from scipy import special

from replica_theory.numerics.inner_grid import inner_grid


@pytest.mark.parametrize("steps", [[(0.0, 1.0)], [(1.3, 0.01)], [(-0.5, 0.02), (2.0, 0.3)]], ids=str)
@pytest.mark.parametrize("spacing", [0.3, 0.6])
def test_a_gaussian_with_steps(steps, spacing):
    h, width = np.array([-3.0, 0.0, 4.0]), 0.5
    f, log_weights = inner_grid(steps, h, width, spacing)
    assert (np.diff(f) > 0).all()
    assert f[0] <= min(-3.0, *(c for c, _ in steps)) - 9 * width
    assert f[-1] >= max(4.0, *(c for c, _ in steps)) + 9 * width
    gauss = np.exp(-0.5 * ((f - h[:, None]) / width) ** 2 + log_weights) / np.sqrt(2 * np.pi) / width
    np.testing.assert_allclose(gauss.sum(axis=1), 1, atol=1e-9)
    for c, s in steps:
        expected = special.ndtr((h - c) / np.hypot(s, width))
        np.testing.assert_allclose(gauss @ special.ndtr((f - c) / s), expected, atol=1e-8)


def test_more_nodes_than_there_may_be_are_none():
    """Fewer would leave something unresolved without a word."""
    assert np.isnan(inner_grid([(0.0, 1e-3)], np.array([0.0]), 1.0, 1e-5)[0]).all()


def test_step_anywhere_in_a_band():
    """A step of width 1/1000 at any place of a band is integrated to rounding; without the band it is not."""
    h, width, step = np.zeros(1), 0.3, 1e-3

    def error(place, steps, bands=()):
        f, log_df = inner_grid(steps, h, width, 0.6, bands)
        value = np.exp(log_df - 0.5 * (f / width) ** 2) @ special.ndtr((f - place) / step) / np.sqrt(2 * np.pi) / width
        return abs(value - special.ndtr(-place / np.hypot(width, step)))

    places = np.linspace(-0.05, 0.05, 9)
    plain, graded = [(0.0, step)], [(-0.1, step), (0.1, step)]
    assert max(error(p, graded, [(0.0, 0.1, 4 * step)]) for p in places) < 1e-13
    assert max(error(p, plain) for p in places) > 1e-6
