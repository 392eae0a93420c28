"""Energy of random formulas at finite temperature: population dynamics, belief propagation and Monte Carlo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from bp.algorithms.monte_carlo import monte_carlo
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

_BETA = 1.5
_SIZES = (250, 500, 1000)
_SWEEPS = 1000


class FormulaEnergy(Comparison[RandomSatisfiability]):
    """Fraction of violated clauses at beta = 1.5, on formulas that a Markov chain can equilibrate."""

    name = "formula-energy"
    entry = LITERAL
    order = 2
    columns = ("propagated", "sampled", "difference", "control_variates")

    def applies(self, model: System) -> bool:
        """Random formulas."""
        return isinstance(model, RandomSatisfiability)

    def sizes(self, n: Sequence[int]) -> tuple[int, ...]:
        """Up to 1000 variables."""
        return _SIZES

    def operations(self, model: RandomSatisfiability, n: int, n_patterns: int) -> float:
        """Every proposal looks at the clauses of a variable."""
        return 4.0 * _SWEEPS * n_patterns * model.k

    def measure(self, job: Job[RandomSatisfiability]) -> Point:
        """Both energies of one formula; NaN where messages do not converge, or the chain does not forget its start."""
        formula = FormulaDraw(job.alpha, job.n, job.model.k, job.root, job.place).problem()
        order, moves = job.seeds(3)[1:]
        run = belief_propagation(formula, beta=_BETA, rng=order, on_failure="return")
        chain = monte_carlo(formula, _BETA, sweeps=_SWEEPS, rng=moves)
        propagated = run.energy if run.converged else np.nan
        sampled = chain.energy if chain.converged else np.nan
        columns = (propagated, sampled, sampled - propagated, formula_variates(formula, job.model.k))
        return dict(zip(self.columns, map(np.asarray, columns), strict=True))

    def rows(self, measured: Measured[RandomSatisfiability]) -> list[Row]:
        """Each pair of the three, extrapolated."""
        alpha, thermal = measured.alpha, replace(measured.model, beta=_BETA)
        theory, error = (partial(population, thermal, field) for field in ("energy", "energy_error"))
        rows = []
        for source, column in (("belief propagation", "propagated"), ("Monte Carlo", "sampled")):
            row = Row("energy", alpha, np.nan, "population dynamics", source, "equal", beta=_BETA)
            rows += compare(row, measured.values(theory, column, error=error), theory, each=False)
        row = Row("energy difference", alpha, np.nan, "belief propagation", "Monte Carlo", "equal", beta=_BETA)
        return rows + compare(row, measured.values(lambda _: 0.0, "difference"), 0.0, each=False)
