"""Where gradient descent ends on the sphere: local entropies around its solutions, between two theories."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from bp.algorithms import solve
from bp.ensembles.control_variates import control_variates
from bp.ensembles.draw import System
from bp.execution.store import Point
from bp.messages.local_entropy import local_entropy
from bp.messages.propagation import belief_propagation
from bp.problems.problem import Domain
from bp.validation.comparison import Comparison, Job, Measured
from bp.validation.table import Row, compare
from bp.validation.theory import at_distance, beside_own, bound, is_free, typical
from replica_theory.models.model import Model
from replica_theory.status import silenced

_SOLVER: dict[str, Any] = {"gain": 6.0, "tol": 1e-4, "max_iter": 3000}


class Descent(Comparison[Model]):
    r"""The entropy of solutions at a distance from those of gradient descent, run until it rests.

    It lies above the entropy around typical solutions, below the bound at y = inf, and below the entropy of its own
    instance. At distances so large that the bound is the entropy itself, only the last is compared: these solutions are
    in the middle of the others, and have fewer far away than typical ones have.
    """

    name = "gradient-descent"
    domains: tuple[Domain, ...] = ("reals",)
    order = 7
    columns = ("solved", "iterations", "local_entropy", "entropy", "control_variates")

    def applies(self, model: System) -> bool:
        """Random labels and convex constraints, downhill in which there is a single minimum."""
        return isinstance(model, Model) and not model.has_teacher and not model.is_even

    def measure(self, job: Job[Model]) -> Point:
        """A solution, and the local entropies around it."""
        instance, seed = job.instance(), job.seeds(2)[1]
        run = belief_propagation(instance, "amp", on_failure="return")
        found = solve(instance, "gradient-descent", rng=seed, **_SOLVER)
        around = np.full(len(job.distances), np.nan)
        if found.solved:
            with silenced():
                around = local_entropy(instance, found.weights, job.distances, method="amp").entropy
        return {
            "solved": np.asarray(found.solved),
            "iterations": np.asarray(found.iterations),
            "local_entropy": around,
            "entropy": np.asarray(run.entropy if run.converged else np.nan),
            "control_variates": control_variates(instance),
        }

    def rows(self, measured: Measured[Model]) -> list[Row]:
        """Against what lies below and above, distance by distance."""
        rows = []
        for k, d in enumerate(measured.distances):
            place: dict[str, Any] = {"simulation_source": "around gradient descent", "distance": d}
            rows += _within(measured, k, place)
            if is_free(measured, k):
                continue
            for theory, row in (
                (typical, Row("local entropy", measured.alpha, np.nan, "Franz-Parisi", expected="above",
                              assumption="solutions found are typical", **place)),
                (bound, Row("local entropy", measured.alpha, np.nan, "bound y=∞", expected="below",
                            assumption="reference is the densest", **place)),
            ):  # fmt: skip
                at = partial(at_distance, theory, measured, k)
                rows += compare(row, measured.values(at, "local_entropy", k), at)
        return sorted(rows, key=lambda row: row.expected)


def _within(measured: Measured[Model], k: int, place: dict[str, Any]) -> list[Row]:
    """No local entropy exceeds the entropy of its own instance."""
    row = Row("local entropy", measured.alpha, np.nan, "entropy of the instance", expected="below",
              assumption="all solutions lie at the distance", **place)  # fmt: skip
    at = partial(at_distance, bound, measured, k)
    return compare(row, beside_own(measured.values(at, "local_entropy", k), measured.points), at)
