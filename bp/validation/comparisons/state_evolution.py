"""AMP iteration by iteration against its state evolution."""

from __future__ import annotations

from functools import lru_cache, partial

import numpy as np

from bp.ensembles.control_variates import control_variates
from bp.ensembles.draw import System
from bp.execution.store import Point
from bp.problems.problem import Domain
from bp.problems.weights import domain_of
from bp.validation.comparison import Comparison, Job, Measured
from bp.validation.table import Row, compare
from replica_theory.algorithms.state_evolution import StateEvolution, state_evolution
from replica_theory.models.model import Model

_ITERATIONS = (1, 2, 4, 8)
_AMPLITUDE = 1.0  # of the initial fields on an even constraint, which would stay at zero


class AmpIterations(Comparison[Model]):
    """Overlaps of the iterates of undamped AMP."""

    name = "state-evolution"
    mixtures = True
    order = 3
    domains: tuple[Domain, ...] = ("spins", "levels", "reals")
    layered = True
    columns = ("overlap", "teacher_overlap", "control_variates")

    def applies(self, model: System) -> bool:
        """Patterns, but even constraints on other weights, whose first iterates depend on how the fields begin."""
        return isinstance(model, Model) and (not model.is_even or domain_of(model.weights) == "spins")

    def measure(self, job: Job[Model]) -> Point:
        """Overlaps after each of the iterations."""
        instance, seed = job.problem(), job.seeds(2)[1]
        state = instance.messages("amp", init=_AMPLITUDE if job.model.is_even else None, rng=seed)
        teacher = np.full(job.n, np.nan) if instance.teacher is None else instance.teacher
        nothing = np.zeros(job.n)
        course = []
        for _ in range(max(_ITERATIONS)):
            state.sweep(nothing, 0.0)
            m = np.tanh(state.fields) if instance.domain == "spins" else state.marginals(nothing).mean
            course.append((np.mean(m**2), np.mean(teacher * m)))
        q, r = np.transpose(course)[:, np.array(_ITERATIONS) - 1]
        return {"overlap": q, "teacher_overlap": r, "control_variates": control_variates(instance)}

    def rows(self, measured: Measured[Model]) -> list[Row]:
        """Iteration by iteration."""
        kinds = [("AMP overlap q", "q", "overlap")]
        if measured.model.has_teacher:
            kinds.append(("AMP teacher overlap", "teacher_overlap", "teacher_overlap"))
        rows = []
        for quantity, field, column in kinds:
            for k, t in enumerate(_ITERATIONS):
                theory = partial(_at, measured.model, field, t)
                row = Row(quantity, measured.alpha, np.nan, "state evolution", "AMP", "equal", iteration=t)
                rows += compare(row, measured.values(theory, column, k), theory)
        return rows


def _at(model: Model, field: str, t: int, load: float) -> float:
    return float(getattr(_course(model, load), field)[t])


@lru_cache(maxsize=64)
def _course(model: Model, load: float) -> StateEvolution:
    start = 1 - np.tanh(_AMPLITUDE) / _AMPLITUDE if model.is_even else 0.0
    return state_evolution(model, load, max(_ITERATIONS), q=float(start))
