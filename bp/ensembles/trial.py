"""One run of one solver on one problem, with what it took and what it found."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bp.algorithms.runs import Run, Sweep, progress
from bp.algorithms.solution import Solution, SolverStatus
from bp.algorithms.solver import Solver
from bp.ensembles.source import Source
from bp.execution.one_thread import on_one_thread
from bp.execution.store import Point
from bp.messages.local_entropy import local_entropy
from bp.messages.state import Method
from bp.problems.committee import Committee
from bp.problems.patterns import LabelledPatterns
from bp.problems.perceptron import Instance
from bp.problems.problem import Problem
from replica_theory.status import silenced

COLUMNS = ("solved", "errors", "iterations", "proposals", "accepted", "flips", "cpu_seconds")
"""Numbers of every run."""
_TEXTS = ("status", "reason", "problem")
_SIZES = ("n", "n_constraints")
_TINY, _WARMING = 61, 0.5
"""Weights of the problem that a solver is warmed on, and CPU seconds of that, at most."""


@dataclass(frozen=True)
class Given:
    """A problem that was given, and its place in the sequence."""

    given: Problem
    root: int
    place: tuple[int, ...]

    @property
    def name(self) -> str:
        """Name of its points on disk; another problem at the place has another."""
        return f"{self.place[0]}-{self.given.fingerprint}"

    def problem(self) -> Problem:
        """The problem without what earlier runs have worked out of it, so that no run profits from another."""
        fresh = copy(self.given)
        for kind in type(fresh).__mro__:
            for name, value in vars(kind).items():
                if isinstance(value, cached_property):
                    vars(fresh).pop(name, None)
        return fresh


@dataclass(frozen=True)
class Trial:
    """A solver on a problem.

    Attributes
    ----------
    source : Source
        Where the problem comes from.
    solver : Solver
    seconds : float
        CPU seconds after which the run is stopped.
    distance : tuple of float
        Distances at which the entropy around the solution is measured; none if empty.
    method : str
        Messages of that.
    """

    source: Source
    solver: Solver
    seconds: float
    distance: tuple[float, ...]
    method: Method

    @property
    def name(self) -> str:
        """Name of its point on disk: a solver with other options has others."""
        return f"{self.source.name}-{self.solver.name}-{identity(self.solver)[:12]}"

    @property
    def columns(self) -> tuple[str, ...]:
        """Arrays of its point."""
        return (*COLUMNS, *_TEXTS, *_SIZES, *(("local_entropy",) if self.distance else ()))

    @property
    def seed(self) -> np.random.SeedSequence:
        """Seed of the run: of root, problem and solver, not of what else is compared."""
        return np.random.SeedSequence([self.source.root, *self.source.place, int(identity(self.solver)[:8], 16)])


def attempt(trial: Trial) -> Point:
    """The point of a trial, on one thread.

    CPU seconds are those of the thread from the problem to the solution: compilation is done before, on a tiny problem
    of the kind, drawing and measuring are left out, and every run has to prepare the problem for itself.
    """
    return on_one_thread(_attempt, trial)


def settings_of(solver: Solver) -> dict[str, Any]:
    """Name and options of a solver as JSON values."""
    return {"solver": solver.name} | {field.name: _plain(getattr(solver, field.name)) for field in fields(solver)}


def identity(solver: Solver) -> str:
    """A hash of class, name and options, the same in every process."""
    words = [type(solver).__qualname__, settings_of(solver)]
    return hashlib.sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _attempt(trial: Trial) -> Point:
    problem, solver = trial.source.problem(), trial.solver
    about = {"problem": label_of(problem), "n": problem.n, "n_constraints": problem.n_constraints}
    found: dict[str, Any] = dict.fromkeys(COLUMNS, np.nan)
    if trial.distance:
        found["local_entropy"] = np.full(len(trial.distance), np.nan)
    if reason := solver.applies(problem):
        return _point(found | about | {"status": SolverStatus.INAPPLICABLE, "reason": reason})
    _warm(solver, problem)
    with progress(solver.name, solver.unit) as show:
        begun = time.thread_time()
        solution, done, best = _driven(solver.begin(problem, trial.seed), trial.seconds, show)
        found["cpu_seconds"] = time.thread_time() - begun
    status = SolverStatus.OUT_OF_TIME if solution is None else solution.status
    if best is not None:
        found["errors"] = problem.errors(best)
    if found["errors"] == 0:
        status = SolverStatus.SOLVED
    found["solved"] = status.ok
    found["iterations"] = done if solution is None else solution.iterations
    found |= _moves(solver, solution, found["iterations"])
    if status.ok and best is not None and trial.distance:
        with silenced():
            curve = local_entropy(problem, best, np.array(trial.distance), method=trial.method)
        found["local_entropy"] = curve.entropy
    return _point(found | about | {"status": status, "reason": ""})


def _moves(solver: Solver, solution: Solution | None, iterations: int) -> dict[str, int]:
    """Proposals of a Monte Carlo, how many were accepted, and the single flips made, where that is told."""
    moves = {"proposals": iterations} if solver.unit == "proposals" else {}
    trace = None if solution is None else solution.trace
    told = () if trace is None else trace.dtype.names or ()
    if trace is not None and "accepted" in told:
        moves |= {"proposals": len(trace), "accepted": int(trace["accepted"].sum())}
    if trace is not None and "flips" in told:
        made = trace["flips"] * trace["accepted"] if "accepted" in told else trace["flips"]
        moves["flips"] = int(made.sum())
    return moves


def _point(found: dict[str, Any]) -> Point:
    return {
        name: np.array(str(value)) if name in _TEXTS else np.asarray(value, dtype=np.float64)
        for name, value in found.items()
    }


def label_of(problem: Problem) -> str:
    """What kind of problem it is, in words that are the same for all of a kind."""
    if type(problem).__repr__ is object.__repr__:
        return f"{type(problem).__name__}({problem.n_constraints} constraints on {problem.n} weights)"
    return repr(problem)


def _driven(
    run: Run, seconds: float, show: Callable[[Any], None] = lambda _: None
) -> tuple[Solution | None, int, NDArray[Any] | None]:
    """The solution of a run, None if it takes longer; iterations, and the best configuration at its last boundary."""
    begun, done = time.thread_time(), 0
    try:
        while True:
            request = next(run)
            if isinstance(request, Sweep):
                request.state.sweep(request.field, request.damping)
                continue
            show(request)
            done = request.done
            if time.thread_time() - begun > seconds:
                best = None if request.snapshot is None else request.snapshot().get("best")
                run.close()
                return None, done, best
    except StopIteration as end:
        return end.value, done, end.value.weights


_warmed: set[tuple[str, str, str]] = set()


def _warm(solver: Solver, problem: Problem) -> None:
    """Have everything compiled that a run calls, once a process, on a tiny problem of the kind."""
    key = identity(solver), type(problem).__name__, repr(problem.model)
    if key in _warmed:
        return
    tiny = _tiny(problem)
    if not solver.applies(tiny):
        _driven(solver.begin(tiny, 0), _WARMING)
    _warmed.add(key)


def _tiny(problem: Problem) -> Problem:
    """A corner of a problem, of the same load; the whole where there is none, or the kind is not known here."""
    try:
        if isinstance(problem, Instance):
            columns = _fewer(problem.n)
            rows = _rows(problem, columns)
            thresholds = None if problem.thresholds is None else problem.thresholds[:rows]
            return Instance(_corner(problem, rows, columns), constraint=problem.model, thresholds=thresholds)
        if isinstance(problem, Committee):
            inputs = _fewer(problem.inputs)
            entries, rows = inputs * (problem.units if problem.tree else 1), _rows(problem, inputs * problem.units)
            kappa = float(np.asarray(problem.model.kappa))
            patterns = _corner(problem.data, rows, entries)
            return Committee(patterns, units=problem.units, tree=problem.tree, kappa=kappa)
    except ValueError:  # a corner of real patterns may be zero
        return problem
    return problem


def _corner(patterns: LabelledPatterns, rows: int, entries: int) -> NDArray[Any]:
    """The first entries of the first patterns, labels multiplied in."""
    return np.array([patterns.row(a)[:entries] for a in range(rows)])


def _fewer(n: int) -> int:
    """A small number, odd or even as `n` is."""
    return min(n, _TINY - 1 + n % 2)


def _rows(problem: Problem, n: int) -> int:
    return max(1, min(problem.n_constraints, round(problem.alpha * n)))
