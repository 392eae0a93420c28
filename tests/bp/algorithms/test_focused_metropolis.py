"""Focused Metropolis search: at eta = 0 a walk never goes up, at eta = 1 it takes every proposal."""

import numpy as np

import bp


def test_the_ends_of_eta():
    sat = bp.random_satisfiability(200, 4.0, 3, rng=1)
    rng = np.random.default_rng(0)
    for eta in (0.0, 1.0):
        walker = sat.focused(sat.start(rng))
        last = walker.errors
        for _ in range(100):
            before = walker.weights
            walker.metropolis(1, eta, rng.integers(1, 2**64, size=(1, 4), dtype=np.uint64))
            moved = int(np.sum(walker.weights != before))
            assert moved == 1 if eta else moved <= 1
            assert eta or walker.errors <= last
            last = walker.errors


def test_flips_are_counted_beside_proposals():
    """At eta = 1 every proposal is a flip, and at the default some are refused."""
    sat = bp.random_satisfiability(100, 7.0, 3, rng=1)
    every, some = (bp.solve(sat, "focused-metropolis", max_iter=1000, rng=1, **option) for option in ({"eta": 1}, {}))
    assert every.trace["flips"].sum() == every.iterations == 1000
    assert 0 < some.trace["flips"].sum() < some.iterations == 1000
