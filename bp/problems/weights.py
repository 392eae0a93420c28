"""Configurations of weights: which ones a model allows, and random ones of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bp.problems.problem import Domain
from replica_theory.arguments import checked_field, checked_signs, shown
from replica_theory.models.weights import BinaryWeights, DiscreteWeights, Weights

_ROUNDING = 1e-6
"""By how much the mean square of weights on the sphere may miss 1: single precision does by 1e-7."""


def domain_of(weights: Weights) -> Domain:
    """Whether weights are ±1, of some levels, or real numbers on the sphere.

    Examples
    --------
    >>> domain_of(DiscreteWeights([-1, 0, 1]))
    'levels'
    """
    if isinstance(weights, BinaryWeights):
        return "spins"
    return "levels" if isinstance(weights, DiscreteWeights) else "reals"


def checked_weights(name: str, values: ArrayLike, size: int, weights: Weights) -> NDArray[Any]:
    r"""A fresh configuration of a given size: int8 of ±1, float64 of levels, or float64 on the sphere.

    Raises
    ------
    TypeError, ValueError
        If it is no array of that size, or has an entry that is no level, or :math:`|W|^2\ne N` (to 1e-6).

    Examples
    --------
    >>> checked_weights("weights", [0, 1, -1], 3, DiscreteWeights([-1, 0, 1]))
    array([ 0.,  1., -1.])
    """
    domain = domain_of(weights)
    if domain == "spins":
        return checked_signs(name, values, size)
    given = checked_field(name, values, size)
    if isinstance(weights, DiscreteWeights):
        bad = np.flatnonzero(~np.isin(given, weights.levels))
        if len(bad):
            levels = ", ".join(f"{w:g}" for w in weights.levels)
            raise ValueError(f"{name} must be levels, {levels}; entry {int(bad[0])} is {shown(given[bad[0]])}")
    elif abs(square := float(np.mean(given**2)) - 1.0) > _ROUNDING:
        raise ValueError(f"{name} must lie on the sphere |W|**2 = N; got a mean square of {1.0 + square:.6g}")
    return np.array(given)


def random_weights(weights: Weights, size: int, rng: np.random.Generator) -> NDArray[Any]:
    """A random configuration: uniform of ±1 or on the sphere, levels independently, each by its prior."""
    domain = domain_of(weights)
    if domain == "spins":
        return (2 * rng.integers(0, 2, size=size, dtype=np.int8) - 1).astype(np.int8)
    if isinstance(weights, DiscreteWeights):
        prior = np.array(weights.prior)
        return np.asarray(rng.choice(weights.levels, size=size, p=prior / prior.sum()))
    drawn = rng.standard_normal(size)
    return np.asarray(drawn * np.sqrt(size) / np.linalg.norm(drawn))
