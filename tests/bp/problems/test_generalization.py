"""Errors on new patterns, from overlaps."""

import numpy as np
import pytest

import bp


def test_fraction_of_gaussian_patterns():
    """Exact at any N: correlated Gaussians have opposite signs with probability arccos(R)/pi."""
    rng = np.random.default_rng(9)
    teacher, weights = rng.choice([-1, 1], 15), rng.standard_normal((3, 15))
    new = rng.standard_normal((40000, 15))
    errors = bp.generalization_error(weights, teacher)
    for w, error in zip(weights, errors, strict=True):
        measured = np.mean(bp.predict(w, new) != bp.predict(teacher, new))
        assert abs(measured - error) < 4 * np.sqrt(error * (1 - error) / len(new))


def test_limits():
    teacher = np.ones(300, dtype=np.int8)  # whose own int8 product overflows
    assert bp.generalization_error(teacher, teacher) == 0.0 and bp.generalization_error(-teacher, teacher) == 1.0
    assert bp.generalization_error(np.zeros(300), teacher) == 0.5
    half = np.where(np.arange(300) < 75, -1, 1)
    assert bp.generalization_error(half, teacher) == pytest.approx(1 / 3, abs=1e-15)
    for scale in (1e-300, 1e300):  # only the direction counts, without overflow
        assert bp.generalization_error(scale * half, teacher) == pytest.approx(1 / 3, abs=1e-15)
    assert isinstance(bp.generalization_error(half, teacher), float)


def test_refused():
    with pytest.raises(ValueError, match="teacher must be"):
        bp.generalization_error([1, 1], [1, 0])
    with pytest.raises(ValueError, match="teacher"):
        bp.generalization_error([1, 1], [1, 1, 1])
    with pytest.raises(ValueError, match="weights must be finite"):
        bp.generalization_error([np.inf, 1], [1, 1])
