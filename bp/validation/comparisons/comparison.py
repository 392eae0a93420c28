"""What a comparison is: something to measure on instances, and its rows of the table."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from bp.execution.store import Point
from bp.messages.state import Method
from bp.problems.perceptron import Instance, random_instance
from bp.validation.table import Row, Values
from replica_theory.models.model import Model


@dataclass(frozen=True)
class Job:
    """One instance and what to measure on it; the outcome depends on nothing else."""

    comparison: str
    model: Model
    alpha: float
    n: int
    distances: tuple[float, ...]
    method: Method
    root: int
    alpha_index: int
    sample: int

    @property
    def name(self) -> str:
        """Name of the point on disk."""
        return f"{self.comparison}-{self.alpha_index}-{self.n}-{self.sample}"

    def seeds(self, number: int) -> list[np.random.SeedSequence]:
        """Independent seeds; those of the same load, size and sample are the same in all comparisons."""
        return np.random.SeedSequence([self.root, self.alpha_index, self.n, self.sample]).spawn(number)

    def instance(self) -> Instance:
        """The instance, drawn with the first seed."""
        return random_instance(self.model, self.n, self.alpha, self.seeds(1)[0])


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

        The controls of the points are used, if they have some.
        """
        table = []
        for n, points in self.points.items():
            at: Any = (..., *place)
            values = np.concatenate([np.atleast_1d(point[column][at]) for point in points])
            known = [np.atleast_2d(point["controls"]) for point in points if "controls" in point]
            controls = np.concatenate(known) if known else np.empty((len(values), 0))
            table.append(Values(n, self.loads[n], theory(self.loads[n]), values, controls))
        return table


class Comparison(ABC):
    """One kind of comparison; a new one is a new file with a subclass."""

    name: str
    """In ``crosscheck(comparisons=...)``."""
    columns: tuple[str, ...]
    """Arrays of a point."""

    default = True
    """Whether it is made if none is named."""

    def applies(self, model: Model) -> bool:
        """Whether the model has what is compared."""
        return True

    def sizes(self, n: Sequence[int]) -> tuple[int, ...]:
        """Sizes of the instances, by default those asked for."""
        return tuple(n)

    @abstractmethod
    def measure(self, job: Job) -> Point:
        """The measurement on one instance (or on several small ones)."""

    @abstractmethod
    def rows(self, measured: Measured) -> list[Row]:
        """The rows of one load."""
