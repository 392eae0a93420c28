"""One random problem of a run, by its place there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from bp.problems.mixtures import random_mixture
from bp.problems.perceptron import Instance, random_instance
from replica_theory.models.model import Model
from replica_theory.models.satisfiability import RandomSatisfiability

System = Model | RandomSatisfiability
"""What has random problems: a model of patterns, or random formulas."""
SystemT = TypeVar("SystemT", bound=System, covariant=True)


@dataclass(frozen=True)
class Draw(Generic[SystemT]):
    """A random problem and the seeds of the work on it; they depend on nothing else.

    What is done on it is a subclass, with further fields.

    Attributes
    ----------
    model : Model or RandomSatisfiability
    alpha : float
        Load asked for, patterns per weight or clauses per variable.
    n : int
        Weights.
    root : int
        Root of all seeds of the run.
    place : tuple of int
        Where it is in the run; the seeds come from ``SeedSequence([root, *place])``.
    """

    model: SystemT
    alpha: float
    n: int
    root: int
    place: tuple[int, int, int]

    @property
    def name(self) -> str:
        """Name of its point on disk."""
        return "-".join(map(str, self.place))

    def seeds(self, number: int) -> list[np.random.SeedSequence]:
        """Independent seeds, always the same."""
        return np.random.SeedSequence([self.root, *self.place]).spawn(number)

    def instance(self: Draw[Model]) -> Instance:
        """The instance, drawn with the first seed."""
        drawn = random_mixture if self.model.is_mixture else random_instance
        return drawn(self.model, self.n, self.alpha, self.seeds(1)[0])
