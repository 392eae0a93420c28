"""Where solvers end: local entropies around their solutions, typical ones (Franz-Parisi) and the bound at y = inf."""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import Any

import numpy as np

from bp.algorithms import solve, solvers
from bp.ensembles.control_variates import control_variates
from bp.execution.store import Point
from bp.messages.local_entropy import local_entropy
from bp.validation.comparison import Comparison, Job, Measured
from bp.validation.table import Row, compare
from bp.validation.theory import at_distance, bound, typical
from replica_theory.status import silenced


class Solutions(Comparison):
    """The entropy of solutions at a distance from the one that each solver finds."""

    name = "solutions"
    order = 6
    columns = ("solved", "iterations", "local_entropy", "weights", "control_variates")

    def measure(self, job: Job) -> Point:
        """A solution by every solver, and the local entropies around it; the first axis is that of the solvers."""
        instance, seed = job.instance(), job.seeds(2)[1]
        found = [solve(instance, name, rng=seed) for name in solvers()]
        around = np.full((len(found), len(job.distances)), np.nan)
        for k, solution in enumerate(found):
            if solution.solved:
                with silenced():
                    around[k] = local_entropy(instance, solution.weights, job.distances, method="amp").entropy
        return {
            "solved": np.array([solution.solved for solution in found]),
            "iterations": np.array([solution.iterations for solution in found]),
            "local_entropy": around,
            "weights": np.stack([solution.weights for solution in found]),
            "control_variates": control_variates(instance),
        }

    def rows(self, measured: Measured) -> list[Row]:
        """Against both theories, solver by solver and distance by distance."""
        alpha, d = measured.alpha, measured.distances
        rows = []
        for s, k in product(range(len(solvers())), range(len(d))):
            place: dict[str, Any] = {"simulation_source": f"around {solvers()[s]}", "distance": d[k]}
            for theory, row in (
                (typical, Row("local entropy", alpha, np.nan, "Franz-Parisi", expected="above",
                              assumption="solutions found are typical", **place)),
                (bound, Row("local entropy", alpha, np.nan, "bound y=∞", expected="below",
                            assumption="reference is the densest", **place)),
            ):  # fmt: skip
                at = partial(at_distance, theory, measured, k)
                rows += compare(row, measured.values(at, "local_entropy", s, k), at(alpha))
        return sorted(rows, key=lambda row: row.expected)
