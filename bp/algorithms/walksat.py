r"""WalkSAT: flips in violated constraints, greedy but for some noise; and what searches share that are so focused."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bp.algorithms.runs import Boundary, Run
from bp.algorithms.search import Search
from bp.algorithms.solver import Solver
from bp.problems.problem import Focused
from bp.problems.walkers import FocusedWalker
from replica_theory.arguments import Allowed, checked_integer, checked_number

_FLIPS = 20_000
"""Steps a weight."""
_BLOCK = 1 << 18
"""Steps between two looks."""
UNIT_INTERVAL = Allowed("lie in [0, 1]", lambda x: (x >= 0) & (x <= 1))
TRACE = np.dtype([(name, np.int64) for name in ("errors", "iterations", "flips")])


@dataclass(frozen=True, kw_only=True)
class FocusedSearch(Solver):
    """Options that focused searches share."""

    needs: ClassVar[type] = Focused
    unit: ClassVar[str] = "flips"

    max_iter: int | None = None

    def __post_init__(self) -> None:
        if self.max_iter is not None:
            checked_integer("max_iter", self.max_iter)

    @abstractmethod
    def walk(
        self, problem: Any, walker: FocusedWalker, steps: int, stream: NDArray[np.uint64]
    ) -> tuple[int, int, NDArray[np.int8]]:
        """Some steps; those made, the flips among them, and the best configuration on the way."""

    def run(self, problem: Any, rng: np.random.Generator, stored: Mapping[str, NDArray[Any]] | None = None) -> Run:
        """Blocks of steps until nothing is violated or the limit."""
        search = _Walk(problem, rng, stored)
        limit = self.max_iter or _FLIPS * problem.n
        while search.fewest and search.done < limit:
            search.go(self, min(_BLOCK, limit - search.done))
            yield Boundary(search.done, limit, f"{search.fewest} errors", search.snapshot)
        return search.result(search.done)


@dataclass(frozen=True, kw_only=True)
class WalkSAT(FocusedSearch):
    r"""WalkSAT (Selman, Kautz and Cohen).

    A violated clause is drawn. If a flip of one of its variables breaks no other clause, it is made; else with
    probability `noise` that of any of its variables, and otherwise the one that breaks the fewest.

    Parameters
    ----------
    noise : float, optional
        Probability in [0, 1]; by default 0.57 for clauses of three literals at most, and 0.38 for longer ones.
    max_iter : int, optional
        Number of flips; by default 20 000 N.

    Raises
    ------
    TypeError, ValueError
        For options of the wrong type or out of range.

    Notes
    -----
    `Solution.trace` has the columns errors (the fewest so far), iterations (flips so far) and flips (since the record
    before), a record every 262 144 iterations.

    References
    ----------
    B. Selman, H. Kautz and B. Cohen, Proc. AAAI-94, 337 (1994).

    Examples
    --------
    >>> import bp
    >>> sat = bp.random_satisfiability(n=200, ratio=4.0, k=3, rng=1)
    >>> WalkSAT()(sat, rng=1).solved
    True
    """

    name: ClassVar[str] = "walksat"

    noise: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.noise is not None:
            checked_number("noise", self.noise, UNIT_INTERVAL)

    def walk(
        self, problem: Any, walker: FocusedWalker, steps: int, stream: NDArray[np.uint64]
    ) -> tuple[int, int, NDArray[np.int8]]:
        """Flips of WalkSAT."""
        flips, best = walker.walksat(steps, problem.focus[0] if self.noise is None else self.noise, stream)
        return flips, flips, best


class _Walk(Search):
    """A run: the walker, its random numbers, and the best configuration so far."""

    columns = TRACE

    def __init__(self, problem: Any, rng: np.random.Generator, stored: Mapping[str, NDArray[Any]] | None) -> None:
        weights, self.done = problem.start(rng), 0
        self.stream = rng.integers(1, 2**64, size=(1, 4), dtype=np.uint64)
        super().__init__(problem, rng, weights, stored)
        if stored is not None:
            self.stream, weights, self.done = stored["stream"].copy(), stored["weights"], int(stored["done"])
        self.walker = problem.focused(weights)

    def go(self, solver: FocusedSearch, steps: int) -> None:
        """Some steps. A walk goes on from its weights alone, so that it can be stopped after any of its blocks."""
        self.walker = self.problem.focused(self.walker.weights)
        made, flips, best = solver.walk(self.problem, self.walker, steps, self.stream)
        self.done += made
        self.account(best)
        self.records.append((self.fewest, self.done, flips))
        if not made:
            self.done += steps  # an empty clause: nothing to flip

    def snapshot(self) -> dict[str, Any]:
        """Everything that the rest of the run depends on."""
        return self.kept(weights=self.walker.weights, stream=self.stream.copy(), done=np.asarray(self.done))
