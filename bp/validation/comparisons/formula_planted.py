r"""Entropy around a planted solution of random formulas: belief propagation below the first moment.

.. math:: \frac1N\overline{\log\mathcal N(d)} \le \frac1N\log\overline{\mathcal N(d)}
   = H_2(d)+\alpha\log\Bigl[1-\frac{1-(1-d)^k}{2^k-1}\Bigr].
"""

from __future__ import annotations

from functools import partial

import numpy as np

from bp.ensembles.draw import System
from bp.ensembles.formula_grid import LITERAL
from bp.execution.store import Point
from bp.messages.local_entropy import local_entropy
from bp.problems.satisfiability import random_satisfiability
from bp.validation.comparison import Comparison, Job, Measured
from bp.validation.table import Row, compare
from replica_theory.models.satisfiability import RandomSatisfiability
from replica_theory.numerics.binary import binary_entropy
from replica_theory.status import silenced


class FormulaPlanted(Comparison[RandomSatisfiability]):
    """Local entropies around the planted solution of every formula, which the annealed ones bound."""

    name = "formula-planted"
    entry = LITERAL
    order = 4
    columns = ("local_entropy",)

    def applies(self, model: System) -> bool:
        """Random formulas."""
        return isinstance(model, RandomSatisfiability)

    def measure(self, job: Job[RandomSatisfiability]) -> Point:
        """Local entropies around the planted solution of one formula."""
        formula = random_satisfiability(job.n, job.alpha, job.model.k, job.seeds(1)[0], planted=True)
        assert formula.planted is not None
        with silenced():
            curve = local_entropy(formula, formula.planted, np.array(job.distances))
        return {"local_entropy": curve.entropy}

    def rows(self, measured: Measured[RandomSatisfiability]) -> list[Row]:
        """Distance by distance."""
        rows = []
        for k, d in enumerate(measured.distances):
            theory = partial(_annealed, measured.model.k, d)
            row = Row("planted local entropy", measured.alpha, np.nan, "first moment", "around planted", "below",
                      distance=d, assumption="all formulas have the mean number")  # fmt: skip
            rows += compare(row, measured.values(theory, "local_entropy", k), theory)
        return rows


def _annealed(k: int, d: float, ratio: float) -> float:
    """First moment of the number of solutions at a distance from a planted one, nats a variable."""
    return float(binary_entropy(d)) + ratio * float(np.log1p(-(1 - (1 - d) ** k) / (2**k - 1)))
