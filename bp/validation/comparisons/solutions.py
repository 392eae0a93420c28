"""Where solvers end: local entropies around their solutions, typical ones (Franz-Parisi) and the bound at y = inf."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from bp.algorithms import solve
from bp.ensembles.control_variates import control_variates
from bp.execution.store import Point
from bp.messages.local_entropy import local_entropy
from bp.messages.propagation import belief_propagation
from bp.validation.comparison import Comparison, Job, Measured
from bp.validation.table import Row, compare
from bp.validation.theory import at_distance, beside_own, bound, is_free, typical
from replica_theory.models.model import Model
from replica_theory.status import silenced

SOLVERS = "focusing-bp", "reinforced-bp"
"""The solvers that are compared with theory, quick on every model."""
_SWEEPS = 2000  # of a solver: an instance that takes more counts as unsolved
_CHOSEN = "instances that are solved have more solutions than all"


class Solutions(Comparison[Model]):
    r"""The entropy of solutions at a distance from the one that each solver finds.

    It should lie above that around typical solutions and below the bound at y = inf. From the distance
    :math:`(1-E|m|)/2` on (without a teacher; `m` are the magnetisations) a reference can be chosen that all typical
    solutions lie around: the bound is the entropy. There it is compared with the entropy of the instances, and what is
    found around a solution with that of its own instance.
    """

    name = "solutions"
    order = 6
    columns = ("solved", "iterations", "local_entropy", "entropy", "weights", "control_variates")

    def measure(self, job: Job[Model]) -> Point:
        """A solution by every solver, and the local entropies around it; the first axis is that of the solvers."""
        instance, seed = job.instance(), job.seeds(2)[1]
        run = belief_propagation(instance, "amp", on_failure="return")
        found = [solve(instance, name, rng=seed, max_iter=_SWEEPS) for name in SOLVERS]
        around = np.full((len(found), len(job.distances)), np.nan)
        for k, solution in enumerate(found):
            if solution.solved:
                with silenced():
                    around[k] = local_entropy(instance, solution.weights, job.distances, method="amp").entropy
        return {
            "solved": np.array([solution.solved for solution in found]),
            "iterations": np.array([solution.iterations for solution in found]),
            "local_entropy": around,
            "entropy": np.asarray(run.entropy if run.converged and np.isfinite(run.entropy) else np.nan),
            "weights": np.stack([solution.weights for solution in found]),
            "control_variates": control_variates(instance),
        }

    def rows(self, measured: Measured[Model]) -> list[Row]:
        """Against both theories, solver by solver and distance by distance."""
        rows = []
        for k in range(len(measured.distances)):
            free = is_free(measured, k)
            rows += _entropies(measured, k) if free else []
            for s in range(len(SOLVERS)):
                rows += _around(measured, s, k, free)
        return sorted(rows, key=lambda row: row.expected)


def _entropies(measured: Measured[Model], k: int) -> list[Row]:
    """The bound where it is the entropy, against that of the instances."""
    row = Row("local entropy", measured.alpha, np.nan, "bound y=∞", "entropy of the instance", "equal",
              distance=measured.distances[k])  # fmt: skip
    at = partial(at_distance, bound, measured, k)
    return compare(row, measured.values(at, "entropy"), at)


def _around(measured: Measured[Model], s: int, k: int, free: bool) -> list[Row]:
    """The entropies around the solutions of a solver against what lies above and below them."""
    place: dict[str, Any] = {"simulation_source": f"around {SOLVERS[s]}", "distance": measured.distances[k]}
    chosen = "" if all(point["solved"][s] for points in measured.points.values() for point in points) else _CHOSEN
    rows = []
    for theory, row in (
        (typical, Row("local entropy", measured.alpha, np.nan, "Franz-Parisi", expected="above",
                      assumption="solutions found are typical", **place)),
        (bound, Row("local entropy", measured.alpha, np.nan, "bound y=∞", expected="below",
                    assumption="reference is the densest", **place)),
    ):  # fmt: skip
        if free and theory is bound:
            rows += _within(measured, s, k, place)
            continue
        row = replace(row, assumption="; ".join(filter(None, (row.assumption, chosen))))
        at = partial(at_distance, theory, measured, k)
        rows += compare(row, measured.values(at, "local_entropy", s, k), at)
    return rows


def _within(measured: Measured[Model], s: int, k: int, place: Mapping[str, Any]) -> list[Row]:
    """No local entropy exceeds the entropy of its own instance, whichever instances are solved."""
    row = Row("local entropy", measured.alpha, np.nan, "entropy of the instance", expected="below",
              assumption="solutions found lie at the typical distance", **place)  # fmt: skip
    at = partial(at_distance, bound, measured, k)
    return compare(row, beside_own(measured.values(at, "local_entropy", s, k), measured.points), at)
