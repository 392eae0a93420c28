"""Entropy of random formulas: population dynamics against belief propagation."""

from __future__ import annotations

from functools import partial

import numpy as np

from bp.ensembles.draw import System
from bp.ensembles.formula_grid import LITERAL
from bp.ensembles.formula_variates import formula_variates
from bp.ensembles.random_formulas import FormulaDraw
from bp.execution.store import Point
from bp.messages.propagation import belief_propagation
from bp.validation.comparison import Comparison, Job, Measured
from bp.validation.table import Row, compare
from bp.validation.theory import population
from replica_theory.models.satisfiability import RandomSatisfiability


class FormulaEntropy(Comparison[RandomSatisfiability]):
    """Bethe entropy and self-overlap of the solutions of every formula.

    Both sides are replica symmetric: they agree wherever messages converge, beyond condensation as well.
    """

    name = "formula-entropy"
    entry = LITERAL
    order = 0
    columns = ("entropy", "overlap", "iterations", "control_variates")

    def applies(self, model: System) -> bool:
        """Random formulas."""
        return isinstance(model, RandomSatisfiability)

    def measure(self, job: Job[RandomSatisfiability]) -> Point:
        """Belief propagation on one formula; NaN where it does not converge."""
        formula = FormulaDraw(job.alpha, job.n, job.model.k, job.root, job.place).problem()
        run = belief_propagation(formula, job.method, rng=job.seeds(2)[1], on_failure="return")
        values = np.array([run.entropy, run.overlap])
        values[~np.isfinite(values) | (not run.converged)] = np.nan
        numbers = [*values, run.iterations, formula_variates(formula, job.model.k)]
        return dict(zip(self.columns, map(np.asarray, numbers), strict=True))

    def rows(self, measured: Measured[RandomSatisfiability]) -> list[Row]:
        """Entropy and overlap."""
        rows = []
        for quantity, column, own in (("entropy", "entropy", "error"), ("overlap q", "overlap", "overlap_error")):
            theory, error = (partial(population, measured.model, field) for field in (column, own))
            row = Row(quantity, measured.alpha, np.nan, "population dynamics", "belief propagation", "equal")
            rows += compare(row, measured.values(theory, column, error=error), theory)
        return rows
