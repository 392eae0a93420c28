"""Small formulas: exact means against all formulas there are, and the measurement against plain sums."""

from itertools import combinations, product
from math import comb

import numpy as np
import pytest

import bp
from bp.validation.comparison import Job, Measured
from bp.validation.comparisons import formula_counts
from bp.validation.comparisons.formula_counts import FormulaCounts
from replica_theory import RandomSatisfiability


def clauses(n, k):
    return [
        [s * (i + 1) for s, i in zip(signs, chosen, strict=True)]
        for chosen in combinations(range(n), k)
        for signs in product((-1, 1), repeat=k)
    ]


@pytest.mark.parametrize("k", [2, 3])
def test_the_means_are_those_of_all_clauses(k):
    n, planted = 6, np.ones(6)
    holds = [clause for clause in clauses(n, k) if max(clause) > 0]  # those that the planted one satisfies
    assert len(clauses(n, k)) * (1 - 0.5**k) == len(holds)
    for h in range(n + 1):
        other = np.where(np.arange(n) < h, -planted, planted)
        share = np.mean([any(literal * other[abs(literal) - 1] > 0 for literal in clause) for clause in holds])
        assert share == pytest.approx(1 - (1 - comb(n - h, k) / comb(n, k)) / (2**k - 1), abs=1e-14)  # rounding


def test_a_point_is_what_plain_sums_give(monkeypatch):
    monkeypatch.setitem(formula_counts._BATCH, 8, 2)
    comparison, model = FormulaCounts(), RandomSatisfiability(3)
    job = Job(model, 2.0, 8, 4, (0, 8, 0), comparison, (), "exact")
    point = comparison.measure(job)
    every = np.array(list(product((-1, 1), repeat=8)))
    for batch in range(2):
        free, hidden = job.seeds(6)[3 * batch : 3 * batch + 2]
        errors = np.array([bp.random_satisfiability(8, 2.0, 3, free).errors(w) for w in every])
        assert point["count"][batch] == pytest.approx(np.sum(errors == 0) / (256 * 0.875**16), rel=1e-12)
        mean = 256 * (1 - 0.125 * (1 - np.exp(-1.5))) ** 16
        assert point["partition"][batch] == pytest.approx(np.exp(-1.5 * errors).sum() / mean, rel=1e-12)
        formula = bp.random_satisfiability(8, 2.0, 3, hidden, planted=True)
        at = [w for w in every if np.sum(w != formula.planted) == 2 and formula.errors(w) == 0]
        mean = 28 * (1 - (1 - 20 / 56) / 7) ** 16
        assert point["around"][batch, 0] == pytest.approx(len(at) / mean, rel=1e-12)
        if at:
            exact = np.log(len(at) / 28) / 8 - 0.25 * np.log(0.25) - 0.75 * np.log(0.75)
            bethe = bp.local_entropy(formula, formula.planted, [0.25]).entropy[0]
            np.testing.assert_allclose(point["around_gap"][batch, 0], bethe - exact, atol=1e-12)


def test_means_agree_and_gaps_are_small():
    comparison, model = FormulaCounts(), RandomSatisfiability(3)
    points = {n: [comparison.measure(Job(model, 2.0, n, 6, (0, n, 0), comparison, (), "exact"))] for n in (12, 20)}
    rows = comparison.rows(Measured(model, 2.0, (), points))
    equal = [row for row in rows if row.expected == "equal"]
    assert {row.n for row in rows} == {12.0, 20.0} and len(equal) == 8 and len(rows) == 16
    assert all(abs(row.z) < 4.5 for row in equal)  # 20 to 60 formulas each, skewed
    assert all(abs(row.discrepancy) < 0.05 and row.assumption for row in rows if row.expected == "near")
