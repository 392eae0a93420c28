"""What can be measured on one instance, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from types import MappingProxyType
from typing import Any

import numpy as np

from bp.algorithms import Solution, solve, solve_batch
from bp.execution.store import Point
from bp.messages.local_entropy import local_entropy
from bp.messages.propagation import BPResult, belief_propagation
from bp.messages.state import Method
from bp.problems.perceptron import Instance, random_instance
from replica_theory.models.model import Model
from replica_theory.results.quantities import NATS, Quantity
from replica_theory.status import silenced
from replica_theory.typing import Array


@dataclass(frozen=True)
class Job:
    """One instance and what to measure on it; the outcome depends on nothing else."""

    model: Model
    alpha: float
    n: int
    root: int
    place: tuple[int, int, int]
    measurements: tuple[str, ...]
    solver: str
    solver_options: Mapping[str, Any]
    solver_runs: int
    method: Method
    distance: tuple[float, ...]

    @property
    def name(self) -> str:
        """Name of the point on disk."""
        return "-".join(map(str, self.place))


def measure(job: Job) -> Point:
    """All measurements on one instance (NaN where a run does not converge or finds no solution)."""
    draw, *seeds = np.random.SeedSequence([job.root, *job.place]).spawn(1 + job.solver_runs)
    return Bench(job, random_instance(job.model, job.n, job.alpha, draw), tuple(seeds)).measured()


@dataclass(frozen=True)
class Bench:
    """One instance; what several measurements need is computed once, and only if one of them is asked for."""

    job: Job
    instance: Instance
    seeds: tuple[np.random.SeedSequence, ...]

    def measured(self) -> Point:
        """Everything asked for, by name."""
        return {name: np.asarray(MEASUREMENTS[name](self), dtype=np.float64) for name in self.job.measurements}

    @cached_property
    def propagated(self) -> BPResult:
        """Belief propagation on the instance."""
        return belief_propagation(self.instance, self.job.method, beta=self.beta, on_failure="return")

    @property
    def beta(self) -> float:
        """Inverse temperature of the model."""
        return float(np.asarray(self.job.model.beta))

    @cached_property
    def found(self) -> Solution:
        """What the solver found from the first seed."""
        return solve(self.instance, self.job.solver, rng=self.seeds[0], **self.job.solver_options)

    def of_propagation(self, name: str) -> float:
        """A number of belief propagation, NaN where it did not converge."""
        return float(getattr(self.propagated, name)) if self.propagated.converged else np.nan

    def generalization_error(self) -> float:
        """Error of a student drawn from the measure against the teacher."""
        if not self.propagated.converged or self.instance.teacher is None:
            return np.nan
        overlap = float(self.instance.teacher @ self.propagated.magnetizations) / self.instance.n
        return float(np.arccos(np.clip(overlap, -1.0, 1.0)) / np.pi)

    def local_entropies(self) -> Array:
        """Entropies at the distances from the solution found."""
        distance = np.array(self.job.distance)
        if not self.found.solved:
            return np.full(distance.shape, np.nan)
        with silenced():
            curve = local_entropy(self.instance, self.found.weights, distance, method=self.job.method, beta=self.beta)
        return curve.entropy

    def solution_overlaps(self) -> float:
        """Mean overlap of pairs of solutions from different seeds."""
        others = solve_batch(self.instance, self.job.solver, rngs=self.seeds[1:], **self.job.solver_options)
        runs = [self.found, *others]
        weights = [run.weights.astype(np.float64) for run in runs if run.solved]
        overlaps = [float(a @ b) / self.instance.n for a, b in combinations(weights, 2)]
        if self.job.model.is_even:
            overlaps = [abs(overlap) for overlap in overlaps]
        return float(np.mean(overlaps)) if overlaps else np.nan


MEASUREMENTS: Mapping[str, Callable[[Bench], Any]] = MappingProxyType(
    {
        "entropy": lambda bench: bench.of_propagation("entropy"),
        "energy": lambda bench: bench.of_propagation("energy"),
        "overlap": lambda bench: bench.of_propagation("overlap"),
        "generalization_error": Bench.generalization_error,
        "solved": lambda bench: bench.found.solved,
        "iterations": lambda bench: bench.found.iterations,
        "local_entropy": Bench.local_entropies,
        "solution_overlaps": Bench.solution_overlaps,
    }
)
QUANTITIES: Mapping[str, Quantity] = MappingProxyType(
    {
        "entropy": Quantity("Bethe entropy of the solutions", NATS),
        "energy": Quantity("fraction of violated patterns, by belief propagation"),
        "overlap": Quantity("overlap q, mean squared magnetisation"),
        "generalization_error": Quantity("generalisation error of a weight vector drawn from the measure"),
        "solved": Quantity("whether the solver found a solution"),
        "iterations": Quantity("iterations of the solver"),
        "local_entropy": Quantity("entropy of the solutions at the distance from the solution found", NATS),
        "solution_overlaps": Quantity("mean overlap of pairs of solutions that the solver found"),
    }
)
