"""What a comparison is: something to measure on instances, and its rows of the table."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from bp.ensembles.draw import Draw
from bp.ensembles.grid import DRAWING
from bp.execution.store import Point
from bp.messages.state import Method
from bp.problems.problem import Domain
from bp.problems.weights import domain_of
from bp.validation.table import Row, Values
from replica_theory.models.model import Model


@dataclass(frozen=True)
class Job(Draw):
    """An instance, and what a comparison measures on it.

    Instances of the same load, size and sample have the same seeds in all comparisons: `place` is the number of the
    load, the size and the sample.
    """

    comparison: Comparison
    distances: tuple[float, ...]
    method: Method

    @property
    def name(self) -> str:
        """Name of its point on disk."""
        return f"{self.comparison.name}-{super().name}"


@dataclass(frozen=True, eq=False)
class Measured:
    """All points of a comparison at one load, by size."""

    model: Model
    alpha: float
    distances: tuple[float, ...]
    points: dict[int, list[Point]]

    @cached_property
    def loads(self) -> dict[int, float]:
        """Load P/N at each size."""
        return {n: round(self.alpha * n) / n for n in self.points}

    def values(self, theory: Callable[[float], float], column: str, *place: int) -> list[Values]:
        """A column of the points (its last axes at `place`) at every size, beside what `theory` gives at a load.

        The control variates of the points are used, if they have some.
        """
        table = []
        for n, points in self.points.items():
            at: Any = (..., *place)
            values = np.concatenate([np.atleast_1d(point[column][at]) for point in points])
            known = [np.atleast_2d(point["control_variates"]) for point in points if "control_variates" in point]
            variates = np.concatenate(known) if known else np.empty((len(values), 0))
            table.append(Values(n, self.loads[n], theory(self.loads[n]), values, variates))
        return table


class Comparison(ABC):
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
    entry = DRAWING
    """Bytes that an entry of its patterns takes, at most, without messages."""
    order = 100
    """Its place in the table; those with the same one come by name."""

    def applies(self, model: Model) -> bool:
        """Whether the model has what is compared."""
        return True

    def admits(self, model: Model) -> bool:
        """Whether it is for the weights of the model, and applies to it."""
        return domain_of(model.weights) in self.domains and self.applies(model)

    def sizes(self, n: Sequence[int]) -> tuple[int, ...]:
        """Sizes of the instances, by default those asked for."""
        return tuple(n)

    def operations(self, model: Model, n: int, n_patterns: int) -> float:
        """Elementary operations of `measure`, about: what takes more than an hour is refused before any work."""
        return 0.0

    @abstractmethod
    def measure(self, job: Job) -> Point:
        """The measurement on one instance (or on several small ones)."""

    @abstractmethod
    def rows(self, measured: Measured) -> list[Row]:
        """The rows of one load."""
