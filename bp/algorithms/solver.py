"""What a solver is: a frozen set of options that, called on a problem, looks for a solution; and the list of them.

A new algorithm is one new module of this package with a subclass of `Solver`: its fields are the options, `run` is the
algorithm, written as a generator that asks for sweeps of messages and marks boundaries, where it can be stopped and
gone on with. Progress, checkpoints, batches and interruptions are the driver's (`bp.algorithms.runs`), once for all.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bp.algorithms.checkpoint import Checkpoint
from bp.algorithms.runs import Run, alone
from bp.algorithms.solution import Solution
from bp.problems.problem import Domain, Problem
from bp.randomness import Rng, generator
from replica_theory.arguments import checked_choice, checked_path, is_integer, shown


@dataclass(frozen=True, kw_only=True)
class Solver(ABC):
    """Options of an algorithm, checked as they are made; called on a problem it looks for a solution.

    Subclasses are frozen dataclasses with keyword-only fields, one an option.

    Attributes
    ----------
    name : str
        In ``bp.solve(problem, name)``.
    needs : type
        The protocol that a problem must have, e.g. `bp.problems.problem.Flippable`.
    domains : tuple of str
        Weights that it is for, see `bp.problems.problem.Problem.domain`.
    unit : str
        What `Solution.iterations` counts.
    """

    name: ClassVar[str]
    needs: ClassVar[type]
    domains: ClassVar[tuple[Domain, ...]] = ("spins",)
    unit: ClassVar[str] = "iterations"

    @abstractmethod
    def run(self, problem: Any, rng: np.random.Generator, stored: Mapping[str, NDArray[Any]] | None = None) -> Run:
        """The algorithm, as a generator of sweeps and boundaries that returns the solution.

        Parameters
        ----------
        problem : Problem
            One that `applies` has nothing against.
        rng : Generator
        stored : mapping of str to array, optional
            A snapshot of an earlier run at a boundary, to go on from.
        """

    def applies(self, problem: Any) -> str:
        """Why this solver cannot run on a problem, in a sentence; empty if it can."""
        if not isinstance(problem, Problem):
            return f"{self.name} needs a problem such as bp.Instance; got {type(problem).__name__}"
        if not isinstance(problem, self.needs):
            return f"{self.name} needs a problem that is {self.needs.__name__}; {type(problem).__name__} is not"
        reason = problem.lacks_domain(*self.domains)
        return reason and f"{self.name} {reason}"

    def __call__(
        self, problem: Any, *, rng: Rng = None, checkpoint: str | os.PathLike[str] | None = None, progress: bool = True
    ) -> Solution:
        """Look for a solution of a problem.

        Parameters
        ----------
        problem : Problem
        rng : int, SeedSequence, Generator or None
            Source of randomness; the same seed gives the same result.
        checkpoint : path, optional
            File (``.npz``) that is written about every minute and when the run is interrupted, and removed when it has
            ended. The same call goes on where a killed one was; its result equals that of an uninterrupted run bit for
            bit.
        progress : bool
            Whether to show a bar on a terminal, and to log elsewhere.

        Raises
        ------
        OSError
            If the checkpoint cannot be read or written.
        TypeError, ValueError
            If the solver does not apply to the problem, for a bad `rng`, and for a checkpoint that is damaged or of
            another run.
        """
        file = (
            None
            if checkpoint is None
            else Checkpoint(checked_path("checkpoint", checkpoint), self.settings(problem, rng))
        )
        stored = None if file is None else file.stored
        return alone(self.begin(problem, rng, stored), file, name=self.name if progress else "", unit=self.unit)

    def begin(self, problem: Any, rng: Rng = None, stored: Mapping[str, NDArray[Any]] | None = None) -> Run:
        """The run on a problem, once it is clear that there can be one."""
        if reason := self.applies(problem):
            raise (ValueError if isinstance(problem, Problem) else TypeError)(reason)
        return self.run(problem, generator(rng), stored)

    def settings(self, problem: Problem, rng: Rng) -> dict[str, Any]:
        """What a checkpoint belongs to: solver, options, problem and seed, as words and numbers."""
        options = {field.name: _word(getattr(self, field.name)) for field in fields(self)}
        seed = int(rng) if is_integer(rng) else None
        return {"solver": self.name, "problem": problem.fingerprint} | options | {"seed": seed}


@cache
def registry() -> Mapping[str, type[Solver]]:
    """All solvers of this package by name."""
    found = sorted(_solvers(__package__), key=lambda kind: kind.name)
    return MappingProxyType({kind.name: kind for kind in found})


def solver_of(solver: str | Solver, options: Mapping[str, Any]) -> Solver:
    """The solver that a name and its options mean.

    Raises
    ------
    TypeError
        If there is no such option (the message lists them), or options come with a solver that has its own.
    ValueError
        If there is no solver of that name, or an option has a value that is not allowed.
    """
    if isinstance(solver, Solver):
        if options:
            raise TypeError(f"options go with the name of a solver; {shown(solver)} has its own")
        return solver
    checked_choice("solver", solver, registry())
    kind = registry()[solver]
    known = [field.name for field in fields(kind)]
    for name in options:
        if name not in known:
            raise TypeError(f"{solver} has no option {name!r}; its options are {', '.join(known)}")
    return kind(**options)


def _solvers(package: str) -> Iterator[type[Solver]]:
    """The solvers defined in the modules of a package."""
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
        for value in vars(importlib.import_module(f"{package}.{module.name}")).values():
            if isinstance(value, type) and issubclass(value, Solver) and value.__module__.endswith(f".{module.name}"):
                if "name" in vars(value):
                    yield value


def _word(value: Any) -> Any:
    """An option as a value of JSON."""
    return value if value is None or isinstance(value, bool | int | str) else repr(value)
