"""What every solver returns."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from replica_theory.arguments import checked_field
from replica_theory.results.labelled import Variable, read_attributes
from replica_theory.results.quantities import SOLUTION, Quantity
from replica_theory.results.record import Record

_COLUMN = "trace_"
"""Columns of the trace are variables with this before their names."""


class SolverStatus(StrEnum):
    """How a solver ended; a member equals its short name, and `sentence` says what it means."""

    SOLVED = "solved"
    SCHEDULE_ENDED = "schedule-ended"
    MAX_ITERATIONS = "max-iterations"
    DIVERGED = "diverged"
    STALLED = "stalled"
    UNSATISFIABLE = "unsatisfiable"
    OUT_OF_TIME = "out-of-time"
    INAPPLICABLE = "inapplicable"

    @property
    def ok(self) -> bool:
        """Whether a solution was found."""
        return self is SolverStatus.SOLVED

    @property
    def sentence(self) -> str:
        """The outcome in a sentence."""
        return _SENTENCES[self]


_SENTENCES = {
    SolverStatus.SOLVED: "every constraint is satisfied.",
    SolverStatus.SCHEDULE_ENDED: (
        "the schedule ended with violated constraints; a slower schedule (more steps) solves more, up to the load that "
        "the algorithm can reach."
    ),
    SolverStatus.MAX_ITERATIONS: "the iteration limit was reached with violated constraints.",
    SolverStatus.DIVERGED: "the messages stopped being finite numbers; more damping may help.",
    SolverStatus.STALLED: (
        "pass after pass the messages froze at once and no search from there found fewer violated constraints; more "
        "damping, or another solver, may help."
    ),
    SolverStatus.UNSATISFIABLE: "it is proved that no weights satisfy every constraint.",
    SolverStatus.OUT_OF_TIME: "the CPU time allowed was spent with violated constraints (bp.compare).",
    SolverStatus.INAPPLICABLE: "the solver does not apply to the problem (bp.compare).",
}


@dataclass(frozen=True, eq=False, repr=False)
class Solution(Record):
    """Outcome of a solver. Not reaching a solution is not an error: `solved` is False and `status` says why.

    Attributes
    ----------
    weights : array, shape (N,), int8 or float64
        The configuration, ±1 or real, with the fewest violated constraints among those that the solver visited.
        Products of int8 with one another overflow: see `overlap`.
    errors : int
        Number of constraints that it violates.
    iterations : int
        Number of iterations done (for message passing: updates of all messages).
    trace : structured array
        One record a step, with named columns that depend on the solver (``"errors"`` always).
    status : SolverStatus
        Why the solver stopped.
    """

    _quantities: ClassVar = SOLUTION
    _main: ClassVar = "errors"
    _axes: ClassVar = {"weights": ("weight",)}
    _table: ClassVar = "weight"
    _outcomes: ClassVar = SolverStatus

    weights: NDArray[Any]
    errors: int
    iterations: int
    trace: NDArray[Any]
    status: SolverStatus

    @property
    def solved(self) -> bool:
        """Whether all constraints are satisfied."""
        return self.errors == 0

    def overlap(self, other: Solution | ArrayLike) -> float:
        r"""Overlap :math:`\frac1N\sum_iW_iV_i` with another solution, a configuration or magnetizations, shape (N,).

        In floating point: `weights` are int8, and ``weights @ weights`` overflows from N = 128 on.

        Raises
        ------
        TypeError, ValueError
            If `other` is not N finite real numbers.
        """
        given = other.weights if isinstance(other, Solution) else other
        n = len(self.weights)
        return float(self.weights.astype(np.float64) @ checked_field("other", given, n)) / n

    @property
    def error(self) -> float:
        """None, as a configuration and the constraints that it violates are exact: zero."""
        return 0.0

    def _about(self) -> list[str]:
        return [f"{len(self.weights)} weights", f"{self.iterations} iterations"]

    def _variables(self) -> dict[str, Variable]:
        names = self.trace.dtype.names or ()
        columns = {
            f"{_COLUMN}{name}": Variable(("step",), self.trace[name], Quantity(f"{name} after the step"))
            for name in names
        }
        return super()._variables() | columns

    def _attributes(self) -> dict[str, Any]:
        kept = super()._attributes()
        columns = [[name, self.trace.dtype[name].str] for name in self.trace.dtype.names or ()]
        return {name: value for name, value in kept.items() if name != "trace"} | {"columns": columns}

    @classmethod
    def _fields(cls, dataset: Any, attributes: dict[str, Any]) -> dict[str, Any]:
        columns = [(str(name), str(kind)) for name, kind in read_attributes(dataset)["columns"]]
        values = {name: np.asarray(dataset[f"{_COLUMN}{name}"].values) for name, _ in columns}
        trace = np.empty(len(next(iter(values.values()), ())), dtype=columns)
        for name, column in values.items():
            trace[name] = column
        trace.flags.writeable = False
        return super()._fields(dataset, attributes) | {"trace": trace}
