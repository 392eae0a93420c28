r"""Decimation guided by belief propagation: fix the most magnetised weights, pass messages, and go on with the rest."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bp.algorithms.local_search import can_repair, repaired
from bp.algorithms.message_solver import Relaxing, restore_messages, stored_messages
from bp.algorithms.runs import Boundary, Run, Sweep
from bp.algorithms.search import Search
from bp.algorithms.solution import SolverStatus
from bp.messages.state import State
from replica_theory.arguments import FRACTION, POSITIVE, checked_integer, checked_number
from replica_theory.typing import Array

_FIXED = 25.0
"""Field of a fixed weight: its magnetisation is ±1 to rounding, and so is what it gives to variances."""
_INITIAL = 0.1
_PATIENCE = 100
_FAINT = 1e-2
"""Fields that say nothing."""
TRACE = np.dtype([(name, np.int64) for name in ("fixed", "errors", "iterations", "restart")])


@dataclass(frozen=True, kw_only=True)
class Decimation(Relaxing):
    r"""Belief propagation with decimation and backtracking.

    Messages are passed until they change by less than `tol`, then the most magnetised of the free weights are fixed to
    their signs; every time, fixed weights that their patterns now support less than any of these are freed again.
    A pass ends when all weights are fixed, when messages contradict each other, or when they say nothing about the free
    weights of a problem that has searches; its best configuration is repaired by a `local_search` (where the problem
    has the walks). Passes with fresh initial messages follow until `max_iter`.

    Parameters
    ----------
    fraction : float
        Part of the free weights that is fixed at a time, in (0, 1); at least one weight.
    backtracking : float
        Largest number of weights that are freed for each that is fixed, in [0, 1).
    tol : float, optional
        Largest change of a magnetisation in a sweep at which weights are fixed.
    damping : float, optional
        Weight of the old messages, in [0, 1). By default both are those of the problem
        (`bp.problems.problem.Problem.relaxation`): 0.5 and 0.001 for patterns, 0.3 and 0.01 for formulas.
    method : str, optional
        Form of the messages; by default ``"amp"`` where the problem has it.
    passes : int, optional
        Number of passes; by default as many as `max_iter` allows.
    max_iter : int
        Number of sweeps of messages.

    Raises
    ------
    TypeError, ValueError
        For options of the wrong type or out of range.

    Notes
    -----
    `Solution.trace` has the columns fixed (weights), errors (of the signs of the magnetisations), iterations and
    restart. The fixed weights are held by a field of 25. A sweep costs :math:`O(PN)`.

    References
    ----------
    M. Mezard, G. Parisi and R. Zecchina, Science 297, 812 (2002); backtracking: G. Parisi, arXiv:cond-mat/0308510;
    R. Marino, G. Parisi and F. Ricci-Tersenghi, Nat. Commun. 7, 12996 (2016).

    Examples
    --------
    >>> import bp, replica_theory as rt
    >>> inst = bp.random_instance(rt.BinaryPerceptron(), n=501, alpha=0.5, rng=1)
    >>> Decimation()(inst, rng=1).solved
    True
    """

    name: ClassVar[str] = "decimation"
    unit: ClassVar[str] = "sweeps"

    fraction: float = 0.01
    backtracking: float = 0.2
    passes: int | None = None
    max_iter: int = 20_000

    def __post_init__(self) -> None:
        super().__post_init__()
        checked_number("fraction", self.fraction, POSITIVE)
        for name in ("fraction", "backtracking"):
            checked_number(name, getattr(self, name), FRACTION)
        if self.passes is not None:
            checked_integer("passes", self.passes)
        checked_integer("max_iter", self.max_iter)

    def run(self, problem: Any, rng: np.random.Generator, stored: Mapping[str, NDArray[Any]] | None = None) -> Run:
        """Passes of decimation until nothing is violated or the limit."""
        return _Decimator(self, problem, rng, stored).solution()


class _Decimator(Search):
    """A run: messages, the field that holds the fixed weights, and the best configurations."""

    columns = TRACE

    def __init__(
        self, solver: Decimation, problem: Any, rng: np.random.Generator, stored: Mapping[str, NDArray[Any]] | None
    ) -> None:
        self.solver, method = solver, solver.form(problem)
        self.damping, self.tol = solver.relaxation(problem)
        self.state: State = problem.tightened.messages(method, init=_INITIAL, rng=rng)
        self.field: Array = np.zeros(problem.n)
        self.done, self.restart, self.owed = 0, 0, 0.0
        super().__init__(problem, rng, problem.start(rng), stored)
        if stored is not None:
            restore_messages(self.state, method, stored)
            self.field = stored["field"].copy()
            self.done, self.restart = (int(number) for number in stored["progress"])
            self.owed = float(stored["owed"])

    def solution(self) -> Run:
        """Passes to the end."""
        passes = self.solver.passes or np.inf
        while self.fewest and self.done < self.solver.max_iter and self.restart < passes:
            lost = not (yield from self._relax()) and self.state.contradiction
            self._fix()
            finished = lost or bool(np.all(self.field)) or self._settled
            if self.fewest and finished and can_repair(self.problem):
                self.account(repaired(self.problem, self.candidate, self.rng))
            self.records.append((int(np.count_nonzero(self.field)), self.errors, self.done, self.restart))
            if finished or not np.all(np.isfinite(self.state.fields)):
                self._again()
            yield Boundary(self.done, self.solver.max_iter, f"{self.fewest} errors", self._snapshot)
        ended = SolverStatus.MAX_ITERATIONS if self.restart < passes else SolverStatus.SCHEDULE_ENDED
        return self.result(self.done, ended)

    def _relax(self) -> Generator[Sweep, None, bool]:
        """Sweeps until the magnetisations rest, or patience ends; signs are counted on the way. Whether they rest."""
        m = np.tanh(self.state.fields + self.field)
        for _ in range(min(_PATIENCE, self.solver.max_iter - self.done)):
            yield Sweep(self.state, self.field, self.damping)
            self.done += 1
            before, m = m, np.tanh(self.state.fields + self.field)
            self.account(np.where(m < 0, -1, 1).astype(np.int8))
            if self.errors == 0 or not np.max(np.abs(m - before)) > (1 - self.damping) * self.tol:
                return True
        return False

    def _fix(self) -> None:
        """Fix the most magnetised free weights and what they imply, and free those that have the least support.

        What is left of a weight to be freed is kept for the next time, so that small problems go back as large ones do.
        """
        free, fields = np.flatnonzero(self.field == 0), self.state.fields
        number = max(1, int(self.solver.fraction * len(free)))
        chosen = free[np.argsort(-np.abs(fields[free]), kind="stable")[:number]]
        support = np.where(self.field == 0, np.inf, fields * np.sign(self.field))
        self.owed = self.owed % 1 + self.solver.backtracking * number
        weakest = np.argsort(support, kind="stable")[: int(self.owed)]
        self.field[weakest[support[weakest] < np.min(np.abs(fields[chosen]))]] = 0.0
        self.field[chosen] = np.where(fields[chosen] < 0, -_FIXED, _FIXED)
        self.field[:] = _FIXED * self.problem.implied(np.sign(self.field).astype(np.int8))

    @property
    def _settled(self) -> bool:
        """Whether messages leave every free weight as it likes: from there on searches find what is left."""
        free = self.field == 0
        return can_repair(self.problem) and bool(np.max(np.abs(self.state.fields[free]), initial=0.0) < _FAINT)

    def _again(self) -> None:
        """Free all weights and begin with fresh messages."""
        self.restart += 1
        self.field[:] = 0.0
        self.state.restore(self.state.snapshot().randomized(self.rng, _INITIAL))
        self.forget()

    def _snapshot(self) -> dict[str, Any]:
        """Everything that the rest of the run depends on."""
        progress = np.array([self.done, self.restart])
        owed = np.asarray(self.owed)
        return self.kept(field=self.field.copy(), progress=progress, owed=owed, **stored_messages(self.state))
