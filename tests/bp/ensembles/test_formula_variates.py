"""Control variates of formulas: their mean is zero, and they explain scatter."""

from itertools import combinations, product

import numpy as np

import bp
from bp.ensembles.formula_variates import formula_variates


def test_mean_is_zero_over_all_pairs_of_clauses():
    clauses = [[s * (i + 1), t * (j + 1)] for i, j in combinations(range(4), 2) for s, t in product((-1, 1), repeat=2)]
    every = [formula_variates(bp.Satisfiability([a, b], 4), 2) for a, b in product(clauses, repeat=2)]
    np.testing.assert_allclose(np.mean(every, axis=0), 0, atol=1e-13)  # rounding


def test_they_explain_most_of_the_scatter_of_the_entropy():
    formulas = [bp.random_satisfiability(300, 2.0, 3, rng=seed) for seed in range(25)]
    entropies = np.array([bp.belief_propagation(formula).entropy for formula in formulas])
    design = np.column_stack([np.ones(25), [formula_variates(formula, 3) for formula in formulas]])
    rest = entropies - design @ np.linalg.lstsq(design, entropies, rcond=None)[0]
    assert np.var(rest) < 0.5 * np.var(entropies)
