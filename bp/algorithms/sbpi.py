r"""SBPI: constraints shown one at a time to integer fields, the online form of reinforced belief propagation.

Behind every weight stands an odd integer, :math:`W_i = \mathrm{sign}\,h_i`. A violated pattern moves all fields by
:math:`2\xi_i`; a pattern that is barely satisfied, one flip from violated, moves with probability `barely` those that
agree with it already.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bp.algorithms.runs import Boundary, Run
from bp.algorithms.solution import Solution, SolverStatus
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
        learner, records = problem.learner(problem.start(rng)), list[tuple[int, int]]()
        best = learner.weights
        if stored is not None:
            learner.restore(stored["fields"])
            rng.bit_generator.state = json.loads(str(stored["rng"]))
            best, records = stored["best"], [record.item() for record in stored["trace"]]
        fewest = problem.errors(best)
        least = min((violated for violated, _ in records), default=problem.n_constraints)
        while fewest and len(records) < limit:
            order = rng.permutation(problem.n_constraints)
            violated = learner.sweep(order, rng.random(len(order)), barely)
            records.append((violated, len(records) + 1))
            if violated <= least:
                least, weights = violated, learner.weights
                if (errors := problem.errors(weights)) < fewest:
                    best, fewest = weights, errors
            yield Boundary(len(records), limit, f"{fewest} errors", partial(_snapshot, learner, rng, best, records))
        status = SolverStatus.MAX_ITERATIONS if fewest else SolverStatus.SOLVED
        trace = np.array(records, dtype=TRACE)
        for array in (best, trace):
            array.flags.writeable = False
        return Solution(best, fewest, len(records), trace, status)


def _snapshot(
    learner: Any, rng: np.random.Generator, best: NDArray[np.int8], records: list[tuple[int, int]]
) -> dict[str, Any]:
    """Everything that the rest of the run depends on."""
    state, done = np.asarray(json.dumps(rng.bit_generator.state)), len(records)
    return {
        "fields": learner.fields,
        "rng": state,
        "best": best,
        "trace": lambda: np.array(records[:done], dtype=TRACE),
    }
