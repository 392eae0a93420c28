"""Around a planted solution: messages below the first moment, which small formulas give exactly."""

from math import comb

import numpy as np
import pytest

import bp
from bp.validation.comparisons.formula_planted import _annealed
from replica_theory import RandomSatisfiability


def test_messages_lie_below_the_first_moment():
    names = {"comparisons": "formula-planted", "distance": [0.1, 0.3]}
    check = bp.crosscheck(RandomSatisfiability(3), 2.0, 200, 3, rng=2, **names)
    assert [row.distance for row in check.rows] == [0.1, 0.3]
    for row in check.rows:
        assert row.expected == "below" and row.discrepancy < 0 and row.missing == 0
        assert row.theory == _annealed(3, row.distance, 2.0)
    assert check.plot() is not None


@pytest.mark.parametrize("d", [0.1, 0.5])
def test_the_bound_is_the_limit_of_the_exact_mean(d):
    n, k, ratio = 100_000, 4, 8.0
    h = round(d * n)
    agree = comb(n - h, k) / comb(n, k)
    exact = np.log(1 - (1 - agree) / (2**k - 1)) * ratio - d * np.log(d) - (1 - d) * np.log(1 - d)
    assert _annealed(k, d, ratio) == pytest.approx(exact, abs=1e-4)  # corrections of 1/N
