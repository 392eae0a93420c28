"""Checks of the numbers that users give: a fresh array of floats, or one sentence."""

import numpy as np
import pytest

from replica_theory.arguments import checked_alpha, checked_distance, checked_real


def test_numbers_pass_as_floats_and_arrays_as_their_own():
    given = np.array([1, 2])
    taken = checked_real("x", given)
    assert taken.dtype == np.float64 and taken.tolist() == [1.0, 2.0] and not np.shares_memory(taken, given)
    assert type(checked_alpha(np.float32(0.5))) is float and checked_alpha([0.5, 1]).tolist() == [0.5, 1.0]
    assert checked_distance([[0, 0.5]]).shape == (1, 2) and checked_distance(0.25) == 0.25


@pytest.mark.parametrize("value", ["0.5", 0.5j, [[1], [1, 2]], {"a": 1}, object()])
def test_what_is_no_real_number(value):
    for check, name in ((checked_alpha, "alpha"), (checked_distance, "distance")):
        with pytest.raises(TypeError, match=f"{name} must be a real number or an array of them; got "):
            check(value)


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf, [0.5, 0.0]])
def test_loads_are_positive_and_finite(value):
    with pytest.raises(ValueError, match="alpha must be positive and finite; got "):
        checked_alpha(value)


@pytest.mark.parametrize("value", [-0.1, 0.51, np.nan, [0.1, 0.6]])
def test_distances_lie_between_zero_and_a_half(value):
    with pytest.raises(ValueError, match=r"distance must lie in \[0, 1/2\]; got "):
        checked_distance(value)
