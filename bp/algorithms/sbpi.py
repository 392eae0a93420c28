r"""SBPI: constraints shown one at a time to integer fields, the online form of reinforced belief propagation.

Behind every weight stands an odd integer, :math:`W_i = \mathrm{sign}\,h_i`. A violated pattern moves all fields by
:math:`2\xi_i`; a pattern that is barely satisfied, one flip from violated, moves with probability `barely` those that
agree with it already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bp.algorithms.local_search import local_search
from bp.algorithms.runs import Boundary, Run
from bp.algorithms.search import Search
from bp.algorithms.solver import Solver
from bp.problems.problem import Online
from replica_theory.arguments import FRACTION, Allowed, checked_integer, checked_number

_BARELY = 0.33, 0.4
_BOUND = 1.15, 0.52
_SHORTEST = 1000
_SWEEPS, _WORK = (2000, 20_000), 1.4e12
_ODD = Allowed("be a positive odd number or infinity", lambda x: (x > 0) & (x == 2 * np.floor(x / 2) + 1))
TRACE = np.dtype([("barely", np.float64), ("errors", np.int64), ("iterations", np.int64), ("restart", np.int64)])


@dataclass(frozen=True, kw_only=True)
class SBPI(Solver):
    r"""Stochastic belief-propagation-inspired learning, with integer fields.

    Every sweep shows all constraints once, in a fresh order, to the fields :math:`h_i` (odd, ±1 at random in the
    beginning) of :math:`W_i=\mathrm{sign}\,h_i`. With :math:`\xi_i` the direction in which constraint `a` is gained:

    - violated: :math:`h_i \leftarrow h_i + 2\xi_i`;
    - satisfied, but not with a flip to spare: with probability `barely`, the same where :math:`\xi_i = W_i`;
    - otherwise nothing.

    After every sweep fields beyond `bound` are brought back to it. By default the probability rises in passes from
    0.33, where the fields keep moving, to 0.4, where they freeze, slowly enough to follow: over 1000 sweeps, then, from
    fresh fields, over 2000, 4000, ... The best configuration of a pass is repaired by a `local_search` (where the
    problem has the walks).

    Parameters
    ----------
    barely : float, optional
        Probability in [0, 1) of the second rule in a single pass, as published; by default it rises.
    bound : float, optional
        Largest size of a field, odd or infinite; by default the odd number next to :math:`1.15\,N^{0.52}`.
    max_iter : int, optional
        Number of sweeps; by default 2000 to 20 000, the fewer the larger the problem.

    Raises
    ------
    TypeError, ValueError
        For options of the wrong type or out of range.

    Notes
    -----
    `Solution.trace` has the columns barely, errors (constraints violated when they were shown), iterations and restart.
    For ±1 patterns a sweep costs P N/64 words, and N integers for each lesson.

    References
    ----------
    C. Baldassi, A. Braunstein, N. Brunel and R. Zecchina, PNAS 104, 11079 (2007).

    Examples
    --------
    >>> import bp, replica_theory as rt
    >>> inst = bp.random_instance(rt.BinaryPerceptron(), n=1001, alpha=0.6, rng=1)
    >>> SBPI()(inst, rng=1).solved
    True
    """

    name: ClassVar[str] = "sbpi"
    needs: ClassVar[type] = Online
    unit: ClassVar[str] = "sweeps"

    barely: float | None = None
    bound: float | None = None
    max_iter: int | None = None

    def __post_init__(self) -> None:
        if self.barely is not None:
            checked_number("barely", self.barely, FRACTION)
        if self.bound is not None:
            checked_number("bound", self.bound, _ODD)
        if self.max_iter is not None:
            checked_integer("max_iter", self.max_iter)

    def run(self, problem: Any, rng: np.random.Generator, stored: Mapping[str, NDArray[Any]] | None = None) -> Run:
        """Passes until a configuration violates nothing, or until the limit."""
        limit = self.max_iter or int(np.clip(_WORK / problem.n_edges, *_SWEEPS))
        scale, power = _BOUND
        bound = 2 * (scale * problem.n**power // 2) + 1 if self.bound is None else self.bound
        lessons, done = _Lessons(problem, rng, bound, stored), 0
        for restart, length in enumerate([limit] if self.barely is not None else _passes(limit)):
            for step in range(length):
                done += 1
                if done <= len(lessons.records):
                    continue
                if not lessons.fewest:
                    break
                low, high = (self.barely, self.barely) if self.barely is not None else _BARELY
                lessons.sweep(low + (high - low) * step / length, restart)
                if step == length - 1:
                    lessons.end()
                yield Boundary(done, limit, f"{lessons.fewest} errors", lessons.snapshot)
        return lessons.result(len(lessons.records))


def _passes(limit: int) -> Iterator[int]:
    """Lengths of passes, each twice as long as the one before."""
    length = _SHORTEST
    while limit > 0:
        yield (length := min(length, limit))
        limit, length = limit - length, 2 * length


class _Lessons(Search):
    """A run: the learner, and the best configurations so far."""

    columns = TRACE

    def __init__(
        self, problem: Any, rng: np.random.Generator, bound: float, stored: Mapping[str, NDArray[Any]] | None
    ) -> None:
        start = problem.start(rng)
        super().__init__(problem, rng, start, stored)
        self.learner = problem.learner(start)
        self.bound, self.shown = bound, problem.n_constraints
        if stored is not None:
            self.learner.restore(stored["fields"])
            self.shown = int(stored["shown"])

    def sweep(self, barely: float, restart: int) -> None:
        """Show every constraint; what comes out is looked at where none of the pass had fewer violated on the way."""
        order = self.rng.permutation(self.problem.n_constraints)
        violated = self.learner.sweep(order, self.rng.random(len(order)), barely)
        self.learner.limit(self.bound)
        self.records.append((barely, violated, len(self.records) + 1, restart))
        if violated <= self.shown:
            self.shown = violated
            self.account(self.learner.weights)

    def end(self) -> None:
        """Repair what the pass found, and begin anew."""
        if self.fewest and "flips" in getattr(self.problem, "energies", ()):
            self.account(local_search(self.problem, self.candidate, rng=self.rng))
        self.learner.restore(self.problem.start(self.rng))
        self.shown = self.problem.n_constraints
        self.forget()

    def snapshot(self) -> dict[str, Any]:
        """Everything that the rest of the run depends on."""
        return self.kept(fields=self.learner.fields, shown=np.asarray(self.shown))
