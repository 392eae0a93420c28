"""What can be measured on one instance, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from types import MappingProxyType
from typing import Any

import numpy as np

from bp.algorithms import solve_batch
from bp.ensembles.bench import Bench, Job
from bp.execution.store import Point
from bp.messages.local_entropy import local_entropy
from replica_theory.models.model import Model
from replica_theory.results.quantities import NATS, Quantity
from replica_theory.status import silenced
from replica_theory.typing import Array


@dataclass(frozen=True)
class Measurement:
    """Something to measure on an instance.

    Attributes
    ----------
    name : str
        In ``ensemble(measurements=...)``.
    quantity : Quantity
        What the numbers are.
    measure : callable
        The number on a bench, or an array of one for each distance.
    lacks : callable
        What a model lacks for it, as the end of a sentence; empty where it can be measured.
    of_messages : bool
        Whether NaN means that belief propagation did not converge.
    by_distance : bool
        Whether there is a number for each distance.
    proportion : bool
        Whether it is 0 or 1, so that its mean is a probability.
    """

    name: str
    quantity: Quantity
    measure: Callable[[Bench], Any]
    lacks: Callable[[Model], str] = lambda model: ""
    of_messages: bool = False
    by_distance: bool = False
    proportion: bool = False


def measure(job: Job) -> Point:
    """All measurements on one instance (NaN where a run does not converge or finds no solution)."""
    bench = Bench(job)
    return {name: np.asarray(MEASUREMENTS[name].measure(bench), dtype=np.float64) for name in job.measurements}


def _of_messages(field: str) -> Callable[[Bench], float]:
    """A number of belief propagation, NaN where it did not converge."""
    return lambda bench: float(getattr(bench.messages, field)) if bench.messages.converged else np.nan


def _generalization_error(bench: Bench) -> float:
    if not bench.messages.converged or bench.instance.teacher is None:
        return np.nan
    overlap = float(bench.instance.teacher @ bench.messages.magnetizations) / bench.instance.n
    return float(np.arccos(np.clip(overlap, -1.0, 1.0)) / np.pi)


def _local_entropy(bench: Bench) -> Array:
    job, distance = bench.job, np.array(bench.job.distance)
    if not bench.solution.solved:
        return np.full(distance.shape, np.nan)
    with silenced():
        curve = local_entropy(bench.instance, bench.solution.weights, distance, method=job.method, beta=bench.beta)
    return curve.entropy


def _solution_overlaps(bench: Bench) -> float:
    job = bench.job
    others = solve_batch(bench.instance, job.solver, rngs=bench.runs[1:], **job.solver_options)
    weights = [run.weights.astype(np.float64) for run in (bench.solution, *others) if run.solved]
    overlaps = [float(a @ b) / bench.instance.n for a, b in combinations(weights, 2)]
    if job.model.is_even:
        overlaps = [abs(overlap) for overlap in overlaps]
    return float(np.mean(overlaps)) if overlaps else np.nan


_ALL = (
    Measurement("entropy", Quantity("Bethe entropy of the solutions", NATS), _of_messages("entropy"), of_messages=True),
    Measurement(
        "energy",
        Quantity("fraction of violated patterns, by belief propagation"),
        _of_messages("energy"),
        lacks=lambda model: "" if np.isfinite(model.beta) else "is zero at beta = inf, it needs a finite beta",
        of_messages=True,
    ),
    Measurement(
        "overlap", Quantity("overlap q, mean squared magnetisation"), _of_messages("overlap"), of_messages=True
    ),
    Measurement(
        "generalization_error",
        Quantity("generalisation error of a weight vector drawn from the measure"),
        _generalization_error,
        lacks=lambda model: "" if model.has_teacher else "needs a model with a teacher",
        of_messages=True,
    ),
    Measurement(
        "solved", Quantity("whether the solver found a solution"), lambda bench: bench.solution.solved, proportion=True
    ),
    Measurement("iterations", Quantity("iterations of the solver"), lambda bench: bench.solution.iterations),
    Measurement(
        "local_entropy",
        Quantity("entropy of the solutions at the distance from the solution found", NATS),
        _local_entropy,
        by_distance=True,
    ),
    Measurement(
        "solution_overlaps", Quantity("mean overlap of pairs of solutions that the solver found"), _solution_overlaps
    ),
)
MEASUREMENTS: Mapping[str, Measurement] = MappingProxyType({measurement.name: measurement for measurement in _ALL})
