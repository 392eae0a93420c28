"""Grids of an inner field: fine at the steps, and wide enough."""

import numpy as np
import pytest
from scipy import special

from replica_theory.numerics.inner_grid import MOST_NODES, inner_grid


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


def test_the_number_of_nodes_is_bounded():
    f, _ = inner_grid([(0.0, 1e-3)], np.array([0.0]), 1.0, 1e-5)
    assert len(f) == MOST_NODES


def test_step_anywhere_in_a_band():
    """A step of width 1/1000 at any place of a band is integrated to rounding; without the band it is not."""
    h, width, step = np.zeros(1), 0.3, 1e-3

    def error(place, bands):
        f, log_df = inner_grid([(0.0, step)], h, width, 0.6, bands)
        value = np.exp(log_df - 0.5 * (f / width) ** 2) @ special.ndtr((f - place) / step) / np.sqrt(2 * np.pi) / width
        return abs(value - special.ndtr(-place / np.hypot(width, step)))

    places = np.linspace(-0.05, 0.05, 9)
    assert max(error(p, [(0.0, 0.1, 4 * step)]) for p in places) < 1e-13 < 1e-6 < max(error(p, []) for p in places)


def test_a_grid_that_would_be_too_large_is_none():
    assert np.isnan(inner_grid([(0.0, 1e-3)], np.array([0.0, 1e5]), 1e-3, 0.6)[0]).all()
