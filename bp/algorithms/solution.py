"""What every solver returns."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray


class SolverStatus(StrEnum):
    """How a solver ended; a member equals its short name, and `sentence` says what it means."""

    SOLVED = "solved"
    SCHEDULE_ENDED = "schedule-ended"
    MAX_ITERATIONS = "max-iterations"
    DIVERGED = "diverged"

    @property
    def sentence(self) -> str:
        """The outcome in a sentence."""
        return _SENTENCES[self]


_SENTENCES = {
    SolverStatus.SOLVED: "every pattern is satisfied.",
    SolverStatus.SCHEDULE_ENDED: (
        "the schedule ended with violated patterns; a slower schedule (more steps) solves more, up to the load that "
        "the algorithm can reach."
    ),
    SolverStatus.MAX_ITERATIONS: "the iteration limit was reached with violated patterns.",
    SolverStatus.DIVERGED: "the messages stopped being finite numbers; more damping may help.",
}


@dataclass(frozen=True, eq=False, slots=True)
class Solution:
    """Outcome of a solver. Not reaching a solution is not an error: `solved` is False and `status` says why.

    Attributes
    ----------
    weights : array, shape (N,), int8
        The configuration ±1 with the fewest violated patterns among those that the solver visited.
    errors : int
        Number of patterns that it violates.
    iterations : int
        Number of iterations done (for message passing: updates of all messages).
    trace : structured array
        One record a step, with named columns that depend on the solver (``"errors"`` always).
    status : SolverStatus
        Why the solver stopped.
    """

    weights: NDArray[np.int8]
    errors: int
    iterations: int
    trace: NDArray[Any]
    status: SolverStatus

    @property
    def solved(self) -> bool:
        """Whether all patterns are satisfied."""
        return self.errors == 0

    @property
    def message(self) -> str:
        """The status in a sentence."""
        return self.status.sentence
