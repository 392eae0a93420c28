"""What a comparison is: something to measure on instances, and its rows of the table."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

import numpy as np

from bp.ensembles.draw import Draw, System, SystemT
from bp.ensembles.grid import DRAWING
from bp.execution.store import Point
from bp.messages.state import Form
from bp.problems.committee import Committee, random_committee
from bp.problems.perceptron import Instance
from bp.problems.problem import Domain
from bp.problems.weights import domain_of
from bp.validation.table import Row, Values
from replica_theory.models.committee import TreeCommittee
from replica_theory.models.model import Model
from replica_theory.models.perceptron import BinaryPerceptron

SystemOf = TypeVar("SystemOf", bound=System)


@dataclass(frozen=True)
class Job(Draw[SystemT]):
    """An instance, and what a comparison measures on it.

    Instances of the same load, size and sample have the same seeds in all comparisons: `place` is the number of the
    load, the size and the sample.
    """

    comparison: Comparison[Any]
    distances: tuple[float, ...]
    method: Form

    @property
    def name(self) -> str:
        """Name of its point on disk."""
        return f"{self.comparison.name}-{super().name}"

    def problem(self: Job[Model]) -> Instance | Committee:
        """The instance; of a model with a hidden layer a tree committee, drawn with the same seed."""
        if not isinstance(self.model, TreeCommittee):
            return self.instance()
        units, seed = int(self.model.units), self.seeds(1)[0]
        return random_committee(BinaryPerceptron(), self.n, units, self.alpha, seed, tree=True)


@dataclass(frozen=True, eq=False)
class Measured(Generic[SystemT]):
    """All points of a comparison at one load, by size."""

    model: SystemT
    alpha: float
    distances: tuple[float, ...]
    points: dict[int, list[Point]]

    @cached_property
    def loads(self) -> dict[int, float]:
        """Load P/N at each size."""
        return {n: round(self.alpha * n) / n for n in self.points}

    def values(
        self, theory: Callable[[float], float], column: str, *place: int, error: Callable[[float], float] | None = None
    ) -> list[Values]:
        """A column of the points (its last axes at `place`) at every size, beside what `theory` gives at a load.

        The control variates of the points are used, if they have some; `error` is the standard error of the theory.
        """
        table = []
        for n, points in self.points.items():
            at: Any = (..., *place)
            values = np.concatenate([np.atleast_1d(point[column][at]) for point in points])
            known = [np.atleast_2d(point["control_variates"]) for point in points if "control_variates" in point]
            variates = np.concatenate(known) if known else np.empty((len(values), 0))
            own = 0.0 if error is None else error(self.loads[n])
            table.append(Values(n, self.loads[n], theory(self.loads[n]), values, variates, own))
        return table


class Comparison(ABC, Generic[SystemOf]):
    """One kind of comparison; a new one is a new file in `bp.validation.comparisons` with a subclass.

    (Or an object of a subclass of your own in ``crosscheck(comparisons=[...])``; for worker processes, of a module that
    they can import.) A point may have the column ``control_variates``: what explains scatter between the instances, of
    mean zero.
    """

    name: str
    """In ``crosscheck(comparisons=...)``, and of its points on disk."""
    columns: tuple[str, ...]
    """Arrays of a point."""

    default = True
    """Whether it is made if none is named."""
    domains: tuple[Domain, ...] = ("spins",)
    """Weights that it is for, see `bp.problems.problem.Problem.domain`."""
    mixtures = False
    """Whether it is for mixtures of pattern classes as well."""
    layered = False
    """Whether it is for models with a hidden layer as well, whose problems are `Job.problem`."""
    entry = DRAWING
    """Bytes that an entry of its patterns takes, at most, without messages; of formulas a literal, with them."""
    order = 100
    """Its place in the table; those with the same one come by name."""

    def applies(self, model: System) -> bool:
        """Whether the model has what is compared; by default a model of patterns has."""
        return isinstance(model, Model)

    def admits(self, model: System) -> bool:
        """Whether it applies to the model, and is for its weights, its classes of patterns and its hidden layer."""
        if not isinstance(model, Model):
            return self.applies(model)
        known = (self.mixtures or not model.is_mixture) and (self.layered or not model.hidden)
        return known and self.applies(model) and domain_of(model.weights) in self.domains

    def sizes(self, n: Sequence[int]) -> tuple[int, ...]:
        """Sizes of the instances, by default those asked for."""
        return tuple(n)

    def operations(self, model: SystemOf, n: int, n_patterns: int) -> float:
        """Elementary operations of `measure`, about: what takes more than an hour is refused before any work."""
        return 0.0

    @abstractmethod
    def measure(self, job: Job[SystemOf]) -> Point:
        """The measurement on one instance (or on several small ones)."""

    @abstractmethod
    def rows(self, measured: Measured[SystemOf]) -> list[Row]:
        """The rows of one load."""
