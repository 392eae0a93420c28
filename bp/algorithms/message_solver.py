"""What solvers that are guided by messages share: their form, and how a run goes on with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from numpy.typing import NDArray

from bp.algorithms.solver import Solver
from bp.messages.state import Graphical, Messages, State
from replica_theory.arguments import FRACTION, POSITIVE, checked_number, checked_text


@dataclass(frozen=True, kw_only=True)
class MessageSolver(Solver):
    """Options of a solver that passes messages.

    Parameters
    ----------
    method : str, optional
        Form of the messages; by default ``"amp"``, or the first form that a problem has without it.
    """

    needs: ClassVar[type] = Graphical

    method: str | None = None

    def __post_init__(self) -> None:
        if self.method is not None:
            checked_text("method", self.method, "None or the name of one")

    def applies(self, problem: Any) -> str:
        """Why this solver cannot run on a problem; empty if it can."""
        if (reason := super().applies(problem)) or self.method is None or self.method in problem.forms:
            return reason
        return f"method must be one of {', '.join(map(repr, problem.forms))}; got {self.method!r}"

    def form(self, problem: Any) -> str:
        """Form of the messages on a problem."""
        return self.method or ("amp" if "amp" in problem.forms else str(problem.forms[0]))


@dataclass(frozen=True, kw_only=True)
class Relaxing(MessageSolver):
    """Options of a solver that waits for messages to rest.

    Parameters
    ----------
    tol : float, optional
        Largest change of a magnetisation in a sweep at which messages count as settled.
    damping : float, optional
        Weight of the old messages, in [0, 1).
    """

    tol: float | None = None
    damping: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.tol is not None:
            checked_number("tol", self.tol, POSITIVE)
        if self.damping is not None:
            checked_number("damping", self.damping, FRACTION)

    def relaxation(self, problem: Any) -> tuple[float, float]:
        """Damping, and the change of a magnetisation that counts as none, on a problem."""
        damping, tol = problem.relaxation
        return damping if self.damping is None else self.damping, tol if self.tol is None else self.tol


def stored_messages(state: State) -> dict[str, Any]:
    """Arrays of the messages, for a snapshot."""
    messages = state.snapshot()
    return {"fields": messages.fields} | ({} if messages.g is None else {"g": messages.g})


def restore_messages(state: State, method: str, stored: Mapping[str, NDArray[Any]]) -> None:
    """Go back to the messages of a snapshot."""
    state.restore(Messages(method, stored["fields"], stored.get("g")))
