"""Where the problems of a run come from: drawn where they are worked on, each by its place."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Protocol

from bp.problems.problem import Problem


class Source(Protocol):
    """A problem that is not there yet.

    Attributes
    ----------
    name : str
        Name of its points on disk.
    root : int
        Root of all seeds of the run.
    place : tuple of int
        Where it is in the run.
    """

    @property
    def name(self) -> str:
        """Name of its points on disk."""

    @property
    def root(self) -> int:
        """Root of all seeds of the run."""

    @property
    def place(self) -> tuple[int, ...]:
        """Where it is in the run."""

    def problem(self) -> Problem:
        """The problem, the same every time."""


class ProblemSource(ABC):
    """Random problems for `bp.compare`.

    Attributes
    ----------
    samples : int
        Problems of each kind.
    """

    samples: int

    @abstractmethod
    def drawn(self, root: int) -> Sequence[Source]:
        """All problems, not yet drawn."""

    @abstractmethod
    def settings(self, root: int) -> dict[str, Any]:
        """What the problems depend on (not their number: more samples extend a run)."""

    @abstractmethod
    def require_memory(self) -> None:
        """Refuse problems of which one alone does not fit in memory."""
