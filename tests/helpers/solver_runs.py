"""Instances and comparisons that the tests of the solvers share."""

import numpy as np

import bp
from bp.algorithms.runs import Sweep
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


def drive(run, stop=None):
    """Carry a run out, or up to a boundary: the solution, or the snapshot there, and the number of boundaries."""
    boundaries = 0
    try:
        while True:
            request = next(run)
            if isinstance(request, Sweep):
                request.state.sweep(request.field, request.damping)
                continue
            boundaries += 1
            if boundaries == stop:
                kept = {name: value() if callable(value) else value for name, value in request.snapshot().items()}
                run.close()
                return {name: np.array(value) for name, value in kept.items()}, boundaries
    except StopIteration as end:
        return end.value, boundaries
