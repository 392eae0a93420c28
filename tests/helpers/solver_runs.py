"""Instances and comparisons that the tests of the solvers share."""

import numpy as np

import bp
from replica_theory.models.perceptron import BinaryPerceptron

HARD = {"n": 101, "alpha": 1.2}
"""Beyond capacity: every pass fails."""


def hard(rng=1):
    return bp.random_instance(BinaryPerceptron(), **HARD, rng=rng)


def same(a, b):
    """Whether two solutions agree bit for bit."""
    return (
        np.array_equal(a.weights, b.weights)
        and np.array_equal(a.trace.view(np.uint8), b.trace.view(np.uint8))
        and (a.errors, a.iterations, a.status) == (b.errors, b.iterations, b.status)
    )
