"""Energies of formulas at finite temperature: three ways that agree."""

import numpy as np

from bp.validation import theory
from bp.validation.comparison import Job, Measured
from bp.validation.comparisons.formula_energy import FormulaEnergy
from replica_theory import RandomSatisfiability

MODEL = RandomSatisfiability(3)


def test_energies_agree(monkeypatch):
    comparison = FormulaEnergy()
    points = {
        n: [comparison.measure(Job(MODEL, 2.0, n, 3, (0, n, s), comparison, (), "exact")) for s in range(4)]
        for n in comparison.sizes([77])
    }
    point = theory.satisfiability_entropy(RandomSatisfiability(3, 1.5), 2.0, population=2000, sweeps=60)
    monkeypatch.setattr(theory, "_populations", lambda *_: point)
    theory.population.cache_clear()
    rows = comparison.rows(Measured(MODEL, 2.0, (), points))
    theory.population.cache_clear()
    assert [row.simulation_source for row in rows] == ["belief propagation", "Monte Carlo", "Monte Carlo"]
    assert all(np.isinf(row.n) and row.beta == 1.5 for row in rows)
    assert rows[0].theory == point.energy and rows[0].theory_error == point.energy_error
    assert all(abs(row.z) < 5 and row.missing == 0 for row in rows)  # t, some nine degrees of freedom
