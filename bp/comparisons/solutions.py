"""Where solvers end: local entropies around their solutions, typical ones (Franz-Parisi) and the bound at y = inf."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bp.comparisons.comparison import Comparison, Job, Measured
from bp.comparisons.table import Row, compare
from bp.controls import controls
from bp.local_entropy import local_entropy
from bp.solvers import solve, solvers
from bp.store import Point
from replica_theory.around_teacher import around_teacher
from replica_theory.dense_teacher import dense_teacher
from replica_theory.franz_parisi import franz_parisi
from replica_theory.local_entropy import local_entropy as local_entropy_theory
from replica_theory.models import Model, TeacherStudent
from replica_theory.status import silenced

Array = NDArray[np.float64]
Theory = Callable[[Model, float, tuple[float, ...]], Array]


class Solutions(Comparison):
    """The entropy of solutions at a distance from the one that each solver finds."""

    name = "solutions"
    columns = ("solved", "iterations", "local_entropy", "weights", "controls")

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
            "controls": controls(instance),
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


def at_distance(theory: Theory, measured: Measured, k: int, load: float) -> float:
    """A theory at one of the distances."""
    return float(theory(measured.model, load, measured.distances)[k])


@lru_cache(maxsize=256)
def typical(model: Model, load: float, distances: tuple[float, ...]) -> Array:
    """Entropy around typical solutions; NaN where theory has none."""
    with silenced():
        if isinstance(model, TeacherStudent):
            if np.asarray(model.kappa) != 0:  # the teacher is no typical student then
                return np.full(len(distances), np.nan)
            return around_teacher(model, load, np.array(distances)).entropy
        return franz_parisi(model, load, np.array(distances)).entropy


@lru_cache(maxsize=256)
def bound(model: Model, load: float, distances: tuple[float, ...]) -> Array:
    """The largest entropy around any configuration."""
    with silenced():
        if isinstance(model, TeacherStudent):
            return dense_teacher(model, load, np.array(distances)).entropy
        return local_entropy_theory(model, load, np.array(distances)).entropy
