"""Functions of a binary variable."""

from __future__ import annotations

import numpy as np
from scipy import special

from replica_theory.arguments import Allowed, checked_real
from replica_theory.typing import Array, ArrayLike

_ANYWHERE = Allowed("lie in [0, 1]", lambda d: (d >= 0) & (d <= 1))


def binary_entropy(distance: ArrayLike) -> Array:
    r""":math:`H_2(d) = -d\log d - (1-d)\log(1-d)`, the entropy of all configurations at distance d, nats per weight.

    Parameters
    ----------
    distance : float or array
        Distances in [0, 1].

    Raises
    ------
    TypeError, ValueError
        If it is not a number in [0, 1] or an array of them.

    Examples
    --------
    >>> binary_entropy([0.0, 0.5]).round(6).tolist()
    [0.0, 0.693147]
    """
    d = np.asarray(checked_real("distance", distance, _ANYWHERE))
    return np.asarray(-special.xlogy(d, d) - special.xlog1py(1 - d, -d))


def log2cosh(x: Array) -> Array:
    r""":math:`\log 2\cosh x` without overflow."""
    return np.asarray(np.logaddexp(x, -x))
