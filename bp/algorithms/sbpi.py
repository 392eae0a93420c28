r"""SBPI: constraints shown one at a time to integer fields, the online form of reinforced belief propagation.

Behind every weight stands an odd integer, :math:`W_i = \mathrm{sign}\,h_i`. A violated pattern moves all fields by
:math:`2\xi_i`; a pattern that is barely satisfied, one flip from violated, moves with probability `barely` those that
agree with it already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bp.algorithms.runs import Boundary, Run
from bp.algorithms.search import Search
from bp.algorithms.solver import Solver
from bp.problems.problem import Online
from replica_theory.arguments import FRACTION, checked_integer, checked_number

_BARELY = 0.4, 0.3
_EASY = 0.65
_SWEEPS, _WORK = (2000, 20_000), 4e11
TRACE = np.dtype([("errors", np.int64), ("iterations", np.int64)])


@dataclass(frozen=True, kw_only=True)
class SBPI(Solver):
    r"""Stochastic belief-propagation-inspired learning, with integer fields.

    Every sweep shows all constraints once, in a fresh order, to the fields :math:`h_i` (odd, ±1 at random in the
    beginning) of :math:`W_i=\mathrm{sign}\,h_i`. With :math:`\xi_i` the direction in which constraint `a` is gained:

    - violated: :math:`h_i \leftarrow h_i + 2\xi_i`;
    - satisfied, but not with a flip to spare: with probability `barely`, the same where :math:`\xi_i = W_i`;
    - otherwise nothing.

    Parameters
    ----------
    barely : float, optional
        Probability in [0, 1) of the second rule; by default 0.4 up to a load of 0.65 and 0.3 above.
    max_iter : int, optional
        Number of sweeps; by default 2000 to 20 000, the fewer the larger the problem.

    Raises
    ------
    TypeError, ValueError
        For options of the wrong type or out of range.

    Notes
    -----
    `Solution.trace` has the columns errors (constraints violated when they were shown) and iterations. For ±1 patterns
    a sweep costs P N/64 words, and N integers for each lesson.

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
    max_iter: int | None = None

    def __post_init__(self) -> None:
        if self.barely is not None:
            checked_number("barely", self.barely, FRACTION)
        if self.max_iter is not None:
            checked_integer("max_iter", self.max_iter)

    def run(self, problem: Any, rng: np.random.Generator, stored: Mapping[str, NDArray[Any]] | None = None) -> Run:
        """Sweeps until one shows no violated constraint, or until the limit."""
        barely = self.barely if self.barely is not None else _BARELY[problem.alpha > _EASY]
        limit = self.max_iter or int(np.clip(_WORK / problem.n_edges, *_SWEEPS))
        lessons = _Lessons(problem, rng, barely, stored)
        while lessons.fewest and len(lessons.records) < limit:
            lessons.sweep()
            done = len(lessons.records)
            yield Boundary(done, limit, f"{lessons.fewest} errors", lessons.snapshot)
        return lessons.result(len(lessons.records))


class _Lessons(Search):
    """A run: the learner, and the best configuration so far."""

    columns = TRACE

    def __init__(
        self, problem: Any, rng: np.random.Generator, barely: float, stored: Mapping[str, NDArray[Any]] | None
    ) -> None:
        start = problem.start(rng)
        super().__init__(problem, rng, start, stored)
        self.learner = problem.learner(start)
        self.barely = barely
        if stored is not None:
            self.learner.restore(stored["fields"])

    def sweep(self) -> None:
        """Show every constraint; what comes out is looked at where fewer were violated on the way than ever."""
        fewest = min((violated for violated, _ in self.records), default=self.problem.n_constraints)
        order = self.rng.permutation(self.problem.n_constraints)
        violated = self.learner.sweep(order, self.rng.random(len(order)), self.barely)
        self.records.append((violated, len(self.records) + 1))
        if violated <= fewest:
            self.account(self.learner.weights)

    def snapshot(self) -> dict[str, Any]:
        """Everything that the rest of the run depends on."""
        return self.kept(fields=self.learner.fields)
