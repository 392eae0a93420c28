"""An instance on the bench: what several measurements need is computed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from bp.algorithms import Solution, solve
from bp.ensembles.draw import Draw
from bp.messages.propagation import BPResult, belief_propagation
from bp.messages.state import Method
from bp.problems.perceptron import Instance
from replica_theory.models.model import Model


@dataclass(frozen=True)
class Job(Draw[Model]):
    """An instance of an ensemble, and what to measure on it: the arguments of `bp.ensemble`."""

    measurements: tuple[str, ...]
    solver: str
    solver_options: Mapping[str, Any]
    solver_runs: int
    method: Method
    distance: tuple[float, ...]


class Bench:
    """One instance with its job; nothing is computed before a measurement asks for it.

    Parameters
    ----------
    job : Job

    Attributes
    ----------
    job : Job
    instance : Instance
    runs : list of SeedSequence
        Seeds of the runs of the solver.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.instance: Instance = job.instance()
        self.runs = job.seeds(1 + job.solver_runs)[1:]

    @property
    def beta(self) -> float:
        """Inverse temperature of the model."""
        return float(np.asarray(self.job.model.beta))

    @cached_property
    def messages(self) -> BPResult:
        """Belief propagation on the instance."""
        return belief_propagation(self.instance, self.job.method, beta=self.beta, on_failure="return")

    @cached_property
    def solution(self) -> Solution:
        """What the first run of the solver found."""
        return solve(self.instance, self.job.solver, rng=self.runs[0], **self.job.solver_options)
