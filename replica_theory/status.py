"""How a computation ended: one word for programs, one sentence for people."""

from __future__ import annotations

from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """Outcome of one point of a computation.

    A member compares equal to its short name (``status == "converged"``); `sentence` says what it means.
    """

    CONVERGED = "converged"
    NEGATIVE_ENTROPY = "negative-entropy"
    SADDLE_LOST = "saddle-lost"
    MAX_ITERATIONS = "max-iterations"
    INACCURATE_QUADRATURE = "inaccurate-quadrature"
    OUT_OF_RANGE = "out-of-range"

    @property
    def sentence(self) -> str:
        """The outcome in a sentence."""
        return _SENTENCES[self]

    @property
    def ok(self) -> bool:
        """Whether the numbers of the point are those of a converged solution."""
        return self in (Status.CONVERGED, Status.NEGATIVE_ENTROPY)


_SENTENCES = {
    Status.CONVERGED: "converged to the requested tolerance.",
    Status.NEGATIVE_ENTROPY: (
        "the saddle point converged but its entropy is negative: the load is above capacity (at finite beta: the "
        "temperature is below the freezing point), or no solution is typically found at this distance."
    ),
    Status.SADDLE_LOST: "the branch of saddle points that was followed ends before this point.",
    Status.MAX_ITERATIONS: "the iteration limit was reached before the residual fell below the tolerance.",
    Status.INACCURATE_QUADRATURE: "the quadrature error estimate stayed above the tolerance at the largest rule.",
    Status.OUT_OF_RANGE: "the requested value is not attained on this instance.",
}


class ConvergenceError(RuntimeError):
    """Raised by a scalar call whose point did not converge.

    Attributes
    ----------
    result : object
        The result as far as it got (its `status` says what happened).
    """

    def __init__(self, message: str, result: Any = None) -> None:
        super().__init__(message)
        self.result = result


class ConvergenceWarning(UserWarning):
    """Warned once by an array call in which some points did not converge."""
