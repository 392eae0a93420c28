"""Unit propagation against the plain loop."""

import numpy as np
import pytest

from bp import Satisfiability
from bp.problems.propagation import implied


def plainly(n, clauses):
    """Look at all clauses again and again."""
    values, changed = [0] * n, True
    while changed:
        changed = False
        for clause in clauses:
            if any(values[abs(x) - 1] == np.sign(x) for x in clause):
                continue
            left = [x for x in clause if values[abs(x) - 1] == 0]
            if not left:
                return None
            if len(left) == 1:
                values[abs(left[0]) - 1] = int(np.sign(left[0]))
                changed = True
    return values


@pytest.mark.parametrize("seed", range(30))
def test_the_plain_loop(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 12))
    sizes = rng.choice([1, 2, 3], rng.integers(1, 2 * n), p=[0.2, 0.6, 0.2]).clip(max=n)
    clauses = [list(map(int, (rng.choice(n, s, replace=False) + 1) * rng.choice([-1, 1], s))) for s in sizes]
    sat = Satisfiability(clauses, n)
    values, conflict = implied(n, sat.starts, sat.literals)
    expected = plainly(n, clauses)
    assert (conflict >= 0) == (expected is None)
    if expected is not None:
        assert values.tolist() == expected
