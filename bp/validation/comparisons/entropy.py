"""Replica-symmetric entropy and overlaps against belief propagation."""

from __future__ import annotations

from functools import partial

import numpy as np

from bp.ensembles.control_variates import control_variates
from bp.execution.store import Point
from bp.messages.propagation import belief_propagation
from bp.problems.problem import Domain
from bp.validation.comparison import Comparison, Job, Measured
from bp.validation.table import Expected, Row, compare
from bp.validation.theory import symmetric
from replica_theory.models.model import Model


class Entropy(Comparison[Model]):
    """Bethe entropy, self-overlap, overlap with the teacher and mean square of the solutions of every instance."""

    name = "entropy"
    mixtures = True
    order = 0
    domains: tuple[Domain, ...] = ("spins", "levels", "reals")
    layered = True
    columns = ("entropy", "overlap", "teacher_overlap", "mean_square", "iterations", "control_variates")

    def measure(self, job: Job[Model]) -> Point:
        """Belief propagation on one instance; NaN where it does not converge."""
        instance = job.problem()
        method = job.method if job.method in instance.forms else "amp"
        run = belief_propagation(instance, method, on_failure="return")
        teacher = np.nan if instance.teacher is None else float(instance.teacher @ run.magnetizations) / job.n
        values = np.array([run.entropy, run.overlap, teacher, run.mean_square])
        values[~np.isfinite(values) | (not run.converged)] = np.nan
        numbers = [*values, run.iterations, control_variates(instance)]
        return {name: np.asarray(number) for name, number in zip(self.columns, numbers, strict=True)}

    def rows(self, measured: Measured[Model]) -> list[Row]:
        """Entropy and overlaps."""
        kinds = [("entropy", "entropy", "entropy"), ("overlap q", "q", "overlap")]
        if measured.model.has_teacher:
            kinds.append(("teacher overlap", "teacher_overlap", "teacher_overlap"))
        if measured.model.weights.square is None:
            kinds.append(("mean square", "mean_square", "mean_square"))
        stable = symmetric(measured.model, "stability", measured.alpha) > 0
        expected: Expected = "equal" if stable else "near"
        sources = ("replica symmetric", "belief propagation")
        rows = []
        for quantity, field, column in kinds:
            theory = partial(symmetric, measured.model, field)
            row = Row(quantity, measured.alpha, np.nan, *sources, expected,
                      assumption="" if stable else "replica symmetry (unstable)")  # fmt: skip
            rows += compare(row, measured.values(theory, column), theory)
        return rows
