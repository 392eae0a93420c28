r"""Energy at finite temperature: replica theory, belief propagation and Monte Carlo.

Patterns are uniform on the sphere: the sums of ±1 patterns lie on a lattice, which shifts a margin by up to
:math:`1/\sqrt N`, irregularly in N.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from bp.algorithms.monte_carlo import monte_carlo
from bp.ensembles.control_variates import control_variates
from bp.execution.store import Point
from bp.messages.propagation import belief_propagation
from bp.problems.mixtures import on_sphere
from bp.validation.comparison import Comparison, Job, Measured
from bp.validation.table import Row, compare
from bp.validation.theory import symmetric
from replica_theory.models.model import Model

_BETA = 1.5
_SIZES = (101, 201, 401)
_SWEEPS = 2000


class Energy(Comparison[Model]):
    """Fraction of violated patterns at beta = 1.5, on instances that a Markov chain can equilibrate."""

    name = "energy"
    mixtures = True
    entry = 25.0  # real patterns, a copy by columns, and products of them for the control variates
    order = 2
    columns = ("propagated", "sampled", "difference", "control_variates")

    def sizes(self, n: Sequence[int]) -> tuple[int, ...]:
        """Up to 401 weights."""
        return _SIZES

    def operations(self, model: Model, n: int, n_patterns: int) -> float:
        """Every proposal looks at all patterns."""
        return 1.2 * _SWEEPS * n * n_patterns

    def measure(self, job: Job[Model]) -> Point:
        """Both energies on one instance; NaN where messages do not converge, or the chain does not forget its start."""
        draw, seed = job.seeds(2)
        instance = on_sphere(job.model, job.n, job.alpha, np.random.default_rng(draw))
        method = "gaussian" if job.method == "exact" else job.method  # no sums of real patterns can be enumerated
        run = belief_propagation(instance, method, beta=_BETA, on_failure="return")
        chain = monte_carlo(instance, _BETA, sweeps=_SWEEPS, rng=seed)
        propagated = run.energy if run.converged else np.nan
        sampled = chain.energy if chain.converged else np.nan
        columns = (propagated, sampled, sampled - propagated, control_variates(instance))
        return dict(zip(self.columns, map(np.asarray, columns), strict=True))

    def rows(self, measured: Measured[Model]) -> list[Row]:
        """Each pair of the three, extrapolated."""
        alpha, thermal = measured.alpha, measured.model.at(beta=_BETA)
        theory = partial(symmetric, thermal, "energy")
        rows = []
        for source, column in (("belief propagation", "propagated"), ("Monte Carlo", "sampled")):
            row = Row("energy", alpha, np.nan, "replica symmetric", source, "equal", beta=_BETA)
            rows += compare(row, measured.values(theory, column), theory, each=False)
        row = Row("energy difference", alpha, np.nan, "belief propagation", "Monte Carlo", "equal", beta=_BETA)
        return rows + compare(row, measured.values(lambda _: 0.0, "difference"), 0.0, each=False)
