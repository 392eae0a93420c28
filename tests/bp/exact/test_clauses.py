"""All configurations of formulas, against a plain loop over them."""

import itertools

import numpy as np
import pytest

from bp import Satisfiability, enumerate_solutions, random_satisfiability


@pytest.mark.parametrize("n", [1, 3, 6, 7, 9, 11])
@pytest.mark.parametrize("seed", range(3))
def test_a_plain_loop(n, seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, min(n, 4) + 1, rng.integers(1, 3 * n + 1))
    clauses = [(rng.choice(n, s, replace=False) + 1) * rng.choice([-1, 1], s) for s in sizes]
    sat = Satisfiability([list(map(int, clause)) for clause in clauses], n)
    every = np.array(list(itertools.product([-1, 1], repeat=n)))
    errors = np.array([sat.errors(w) for w in every])
    found = enumerate_solutions(sat, energies=True)
    np.testing.assert_array_equal(found.energy_counts, np.bincount(errors, minlength=sat.n_constraints + 1))
    assert found.count == np.count_nonzero(errors == 0)
    if found.count:
        np.testing.assert_allclose(found.magnetizations, every[errors == 0].mean(axis=0), atol=1e-15)
        solutions = {tuple(w) for w in found.solutions().tolist()}
        assert solutions == {tuple(w) for w in every[errors == 0].tolist()} and len(solutions) == found.count


def test_an_empty_clause_has_no_solutions():
    assert enumerate_solutions(Satisfiability([[], [1, 2]], 8)).count == 0


def test_thirty_variables():
    """Values are given up at the first clause that they violate: milliseconds."""
    sat = random_satisfiability(30, 4.0, 3, rng=1)
    found = enumerate_solutions(sat)
    assert found.count == len(found.packed) and all(sat.errors(w) == 0 for w in found.solutions())
    with pytest.raises(ValueError, match="stops at N = 30"):
        enumerate_solutions(random_satisfiability(31, 4.0, 3, rng=1))
