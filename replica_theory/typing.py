"""Types that signatures of both packages are written in."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
"""An array of doubles."""
ArrayLike = float | Array
"""A number, or an array of doubles."""
Real = NDArray[Any]
"""An array of real numbers in single or double precision."""
