"""Functions of a binary variable."""

from __future__ import annotations

import numpy as np
from scipy import special

from replica_theory.typing import Array, ArrayLike


def binary_entropy(distance: ArrayLike) -> Array:
    r""":math:`H_2(d) = -d\log d - (1-d)\log(1-d)`, the entropy of all configurations at distance d, nats per weight."""
    d = np.asarray(distance, dtype=float)
    return np.asarray(-special.xlogy(d, d) - special.xlog1py(1 - d, -d))


def log2cosh(x: Array) -> Array:
    r""":math:`\log 2\cosh x` without overflow."""
    return np.asarray(np.logaddexp(x, -x))
