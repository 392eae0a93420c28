"""Checks of the numbers that users give: one rule and one sentence each."""

from __future__ import annotations

from typing import Any

import numpy as np

from replica_theory.typing import Array, ArrayLike


def checked_real(name: str, value: Any) -> Array:
    """A fresh float array of the argument.

    Raises
    ------
    TypeError
        If it is not a real number or an array of them (text that spells a number is refused too).
    """
    try:
        if np.asarray(value).dtype.kind not in "USc":
            return np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        pass
    raise TypeError(f"{name} must be a real number or an array of them; got {value!r}")


def checked_alpha(alpha: Any) -> ArrayLike:
    """Alpha as float or array.

    Raises
    ------
    TypeError, ValueError
        If it is not a positive finite number or an array of them.
    """
    array = checked_real("alpha", alpha)
    if not (np.isfinite(array).all() and (array > 0).all()):
        raise ValueError(f"alpha must be positive and finite; got {alpha}")
    return float(array) if array.ndim == 0 else array


def checked_distance(distance: Any) -> ArrayLike:
    """Distance as float or array.

    Raises
    ------
    TypeError, ValueError
        If it is not a number in [0, 1/2] or an array of them.
    """
    array = checked_real("distance", distance)
    if not ((array >= 0) & (array <= 0.5)).all():
        raise ValueError(f"distance must lie in [0, 1/2]; got {distance}")
    return float(array) if array.ndim == 0 else array
