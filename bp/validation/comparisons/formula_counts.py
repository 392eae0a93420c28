r"""All configurations of small random formulas: exact means at every N, and belief propagation on the same formulas.

Clauses are independent, each violated by a configuration with probability :math:`2^{-k}`, so that

.. math:: E\mathcal N = 2^N(1-2^{-k})^M, \qquad E Z = 2^N[1-2^{-k}(1-e^{-\beta})]^M,

and around a planted solution, which two configurations at distance `h` violate together only if they agree on the
clause, with probability :math:`2^{-k}\binom{N-h}k/\binom Nk`,

.. math:: E\mathcal N(h) = \binom Nh\Bigl[1-\frac{1-\binom{N-h}k/\binom Nk}{2^k-1}\Bigr]^M.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

import numpy as np

from bp.ensembles.draw import System
from bp.ensembles.formula_grid import LITERAL
from bp.exact.enumeration import enumerate_solutions
from bp.execution.store import Point
from bp.messages.local_entropy import local_entropy
from bp.messages.propagation import belief_propagation
from bp.problems.satisfiability import Satisfiability, random_satisfiability
from bp.validation.comparison import Comparison, Job, Measured
from bp.validation.table import Row, compare
from replica_theory.models.satisfiability import RandomSatisfiability
from replica_theory.numerics.binary import binary_entropy
from replica_theory.status import silenced

_BATCH = {12: 60, 16: 40, 20: 20}
"""Sizes, and formulas of a job."""
_LONGEST = 6
_BETA = 1.5
_DISTANCES = (0.25, 0.5)


class FormulaCounts(Comparison[RandomSatisfiability]):
    """Numbers of solutions over their exact means, and what belief propagation says of the same formulas."""

    name = "formula-counts"
    entry = LITERAL
    order = 1
    columns = ("count", "partition", "around", "entropy_gap", "energy_gap", "around_gap")

    def applies(self, model: System) -> bool:
        """Random formulas of clauses that are short beside the sizes."""
        return isinstance(model, RandomSatisfiability) and model.k <= _LONGEST

    def sizes(self, n: Sequence[int]) -> tuple[int, ...]:
        """Small ones."""
        return tuple(_BATCH)

    def operations(self, model: RandomSatisfiability, n: int, n_patterns: int) -> float:
        """All configurations and clauses, of a batch."""
        return 2.0 * _BATCH[n] * 2.0**n * n_patterns / 64

    def measure(self, job: Job[RandomSatisfiability]) -> Point:
        """A batch of formulas, along the first axis, and as many planted ones."""
        k, seeds, drawn = job.model.k, job.seeds(3 * _BATCH[job.n]), (job.n, job.alpha, job.model.k)
        measured = [
            _counted(random_satisfiability(*drawn, free), k, order)
            | _planted(random_satisfiability(*drawn, hidden, planted=True), k)
            for free, hidden, order in zip(seeds[::3], seeds[1::3], seeds[2::3], strict=True)
        ]
        return {name: np.stack([point[name] for point in measured]) for name in self.columns}

    def rows(self, measured: Measured[RandomSatisfiability]) -> list[Row]:
        """Means of numbers over the exact ones, and differences between enumeration and belief propagation."""

        def row(quantity: str, *, beta: float = np.nan, distance: float = np.nan) -> Row:
            return Row(quantity, measured.alpha, np.nan, "first moment", "enumeration", "equal", distance, beta=beta)

        def gap(quantity: str, *, beta: float = np.nan, distance: float = np.nan) -> Row:
            return Row(quantity, measured.alpha, np.nan, "enumeration", "belief propagation", "near", distance,
                       beta=beta, assumption="formulas have no short loops")  # fmt: skip

        places = list(enumerate(_DISTANCES))
        rows = _each(row("solutions / mean"), measured, 1.0, "count")
        rows += _each(row("Z / mean", beta=_BETA), measured, 1.0, "partition")
        for k, d in places:
            rows += _each(row("planted / mean", distance=d), measured, 1.0, "around", k)
        rows += _each(gap("entropy difference"), measured, 0.0, "entropy_gap")
        rows += _each(gap("energy difference", beta=_BETA), measured, 0.0, "energy_gap")
        for k, d in places:
            rows += _each(gap("local entropy gap", distance=d), measured, 0.0, "around_gap", k)
        return rows


def _each(row: Row, measured: Measured[RandomSatisfiability], theory: float, column: str, *place: int) -> list[Row]:
    """Rows of every size: what is exact there, or meant for it, is not extrapolated."""
    sizes = measured.values(lambda _: theory, column, *place)
    return [one for size in sizes for one in compare(row, [size], theory)]


def _counted(formula: Satisfiability, k: int, order: np.random.SeedSequence) -> Point:
    """A formula's number of solutions and partition function over their means; what messages say, less the truth."""
    found = enumerate_solutions(formula, energies=True)
    assert found.energy_counts is not None
    n, m = formula.n, formula.n_constraints
    errors = np.arange(m + 1)
    weights = found.energy_counts * np.exp(-_BETA * errors)
    run = belief_propagation(formula, damping=0.5, rng=order, on_failure="return")
    warm = belief_propagation(formula, beta=_BETA, rng=order, on_failure="return")
    both = found.count > 0 and run.converged and np.isfinite(run.entropy)
    energy = float(weights @ errors / weights.sum()) / m
    return {
        "count": np.asarray(found.count / (2.0**n * (1 - 0.5**k) ** m)),
        "partition": np.asarray(weights.sum() / (2.0**n * (1 + 0.5**k * np.expm1(-_BETA)) ** m)),
        "entropy_gap": np.asarray(run.entropy - found.entropy if both else np.nan),
        "energy_gap": np.asarray(warm.energy - energy if warm.converged else np.nan),
    }


def _planted(formula: Satisfiability, k: int) -> Point:
    """Solutions around the planted one over their mean number, and the local entropy of messages less the truth.

    The binomial coefficient of the distance is taken out of the exact numbers, whose entropy it is as N → ∞.
    """
    assert formula.planted is not None
    found = enumerate_solutions(formula)
    n, m = formula.n, formula.n_constraints
    shells = [round(d * n) for d in _DISTANCES]
    counts = found.distance_counts(formula.planted)[shells].astype(float)
    agree = np.array([comb(n - h, k) / comb(n, k) for h in shells])
    binomial = np.array([float(comb(n, h)) for h in shells])
    mean = binomial * (1 - (1 - agree) / (2**k - 1)) ** m
    with silenced(), np.errstate(divide="ignore"):
        exact = np.log(counts / binomial) / n + binary_entropy(np.array(shells) / n)
        gap = local_entropy(formula, formula.planted, np.array(shells) / n).entropy - exact
    return {"around": counts / mean, "around_gap": np.where(np.isfinite(gap), gap, np.nan)}
