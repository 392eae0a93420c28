"""Polynomial interpolation between a few points."""

from __future__ import annotations

import math

import numpy as np

from replica_theory.typing import Array


def polynomial_weights(nodes: Array, x: float) -> Array:
    r"""Weights with which values at the nodes make up that of their polynomial at x.

    Lagrange's form, :math:`\ell_k(x) = \prod_{j\ne k}(x-x_j)/(x_k-x_j)`; the nodes are few and distinct.

    Parameters
    ----------
    nodes : array, shape (n,)
    x : float

    Returns
    -------
    array, shape (n,)

    Examples
    --------
    >>> polynomial_weights(np.array([0.0, 1.0, 2.0]), 1.5)
    array([-0.125,  0.75 ,  0.375])
    """
    at = nodes.tolist()
    return np.array(
        [math.prod((x - other) / (node - other) for j, other in enumerate(at) if j != k) for k, node in enumerate(at)]
    )
