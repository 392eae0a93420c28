r"""All solutions of small instances against replica theory, as N → ∞.

Patterns are uniform on the sphere of radius :math:`\sqrt N`, so that no parity of N enters; theory is the same. Of the
finite-size effects the binomial coefficient is known, :math:`\frac1N\log\binom Nk - H_2(k/N)`, and taken out; the rest
is extrapolated in 1/N, for an even constraint, whose corrections are larger, by a parabola.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from bp.ensembles.control_variates import control_variates
from bp.ensembles.draw import System
from bp.exact.enumeration import enumerate_solutions
from bp.execution.store import Point
from bp.messages.propagation import belief_propagation
from bp.problems.mixtures import on_sphere
from bp.validation.around_solutions import around_solutions
from bp.validation.comparison import Comparison, Job, Measured
from bp.validation.table import Row, compare
from bp.validation.theory import symmetric, typical
from replica_theory.models.model import Model

_BATCH = {12: 60, 16: 40, 20: 20, 24: 4}
"""Sizes, and instances of a job."""
_DISTANCES = (0.25, 0.35)
_REFERENCES = 60  # of each instance: their scatter is small beside that between instances


class Enumeration(Comparison[Model]):
    """Exact entropies, of all solutions and around each of them."""

    name = "enumeration"
    mixtures = True
    default = False
    order = 1
    columns = ("entropy", "bethe_excess", "around", "isolated", "control_variates")

    def applies(self, model: System) -> bool:
        """Patterns, but not with noisy labels of a teacher, around whose solutions no theory is known."""
        return isinstance(model, Model) and not (model.is_mixture and model.has_teacher)

    def sizes(self, n: Sequence[int]) -> tuple[int, ...]:
        """Small ones."""
        return tuple(_BATCH)

    def operations(self, model: Model, n: int, n_patterns: int) -> float:
        """All configurations and patterns, of a batch."""
        return float(_BATCH[n]) * 2.0**n * n_patterns

    def measure(self, job: Job[Model]) -> Point:
        """A batch of instances, along the first axis."""
        measured = [self._one(job, seed) for seed in job.seeds(_BATCH[job.n])]
        return {name: np.stack([point[name] for point in measured]) for name in self.columns}

    def _one(self, job: Job[Model], seed: np.random.SeedSequence) -> Point:
        rng = np.random.default_rng(seed)
        instance = on_sphere(job.model, job.n, job.alpha, rng)
        found = enumerate_solutions(instance)
        run = belief_propagation(instance, damping=0.5, max_iter=3000, on_failure="return")
        entropy = found.entropy if found.count else np.nan
        bethe = run.entropy if run.converged and np.isfinite(run.entropy) else np.nan
        around, isolated = around_solutions(found, job.n, _DISTANCES, _REFERENCES, rng)
        columns = (entropy, bethe - entropy, around, isolated, control_variates(instance))
        return {name: np.asarray(column) for name, column in zip(self.columns, columns, strict=True)}

    def rows(self, measured: Measured[Model]) -> list[Row]:
        """Entropy against theory and belief propagation, Franz-Parisi entropy."""
        alpha, model = measured.alpha, measured.model
        theory = partial(symmetric, model, "entropy")
        fit: dict[str, Any] = {"each": False, "order": 2 if model.is_even else 1}
        row = Row("entropy", alpha, np.nan, "replica symmetric", "enumeration", "equal")
        rows = compare(row, measured.values(theory, "entropy"), theory, **fit)
        row = Row("entropy difference", alpha, np.nan, "enumeration", "belief propagation", "equal")
        rows += compare(row, measured.values(lambda _: 0.0, "bethe_excess"), 0.0, **fit)
        for k, d in enumerate(_DISTANCES):
            around = partial(_around, model, k)
            row = Row("Franz-Parisi", alpha, np.nan, "Franz-Parisi", "enumeration", "equal", distance=d)
            rows += compare(row, measured.values(around, "around", k), around, **fit)
        return rows


def _around(model: Model, k: int, load: float) -> float:
    return float(typical(model, load, _DISTANCES)[k])
