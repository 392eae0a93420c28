"""What every run of a solver keeps: its random numbers, the best configurations it has met, and a record a step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bp.algorithms.solution import Solution, SolverStatus


class Search:
    """A run's book: configurations are counted in it, and it makes the snapshot, the trace and the solution.

    Parameters
    ----------
    problem : Problem
    rng : Generator
    start : array, shape (N,)
        The first configuration.
    stored : mapping of str to array, optional
        A snapshot of an earlier run to go on from.

    Attributes
    ----------
    columns : dtype
        Those of the trace.
    best, fewest
        The first configuration with the fewest errors, and these.
    candidate, least
        The same since the last `forget`.
    errors : int
        Those of the last configuration counted.
    records : list of tuple
        One a step, of the columns of the trace.
    """

    columns: ClassVar[np.dtype[Any]]

    def __init__(
        self,
        problem: Any,
        rng: np.random.Generator,
        start: NDArray[Any],
        stored: Mapping[str, NDArray[Any]] | None = None,
    ) -> None:
        self.problem, self.rng = problem, rng
        self.best = self.candidate = start.copy()
        self.records: list[tuple[float, ...]] = []
        if stored is not None:
            rng.bit_generator.state = json.loads(str(stored["rng"]))
            self.best, self.candidate = stored["best"], stored["candidate"]
            self.records = [record.item() for record in stored["trace"]]
        self.fewest = self.errors = int(problem.errors(self.best))
        self.least = self.fewest if stored is None else int(stored["least"])

    def account(self, weights: NDArray[Any]) -> int:
        """Errors of a configuration, which may be the best since the last `forget` or of all."""
        self.errors = int(self.problem.errors(weights))
        if self.errors < self.least:
            self.candidate, self.least = weights.copy(), self.errors
        if self.errors < self.fewest:
            self.best, self.fewest = weights.copy(), self.errors
        return self.errors

    def forget(self) -> None:
        """Look for a candidate anew; the best configuration stays."""
        self.least = self.problem.n_constraints + 1

    def kept(self, **arrays: Any) -> dict[str, Any]:
        """Everything that the rest of the run depends on: what is kept here, and more arrays by name."""
        steps = len(self.records)
        return {
            "rng": np.asarray(json.dumps(self.rng.bit_generator.state)),
            "best": self.best,
            "candidate": self.candidate,
            "least": np.asarray(self.least),
            "trace": lambda: np.array(self.records[:steps], dtype=self.columns),
        } | arrays

    def result(self, iterations: int, ended: SolverStatus = SolverStatus.MAX_ITERATIONS) -> Solution:
        """The solution; if it is none its status, which a short proof that there is no solution decides."""
        if self.fewest and self.problem.refutation():
            ended = SolverStatus.UNSATISFIABLE
        trace = np.array(self.records, dtype=self.columns)
        for array in (self.best, trace):
            array.flags.writeable = False
        return Solution(self.best, self.fewest, iterations, trace, ended if self.fewest else SolverStatus.SOLVED)
