r"""Messages between the clauses and the variables of a formula.

The message of clause `a` to variable `i` is a field :math:`J_{ai}u_{ai}` towards the value that satisfies it,

.. math:: u_{ai} = -\tfrac12\log\Big[1-(1-e^{-\beta})\prod_{j\ne i}p_{aj}\Big], \qquad
   p_{aj} = \frac1{1+e^{2c_{aj}}}, \qquad c_{aj} = J_{aj}h_j - u_{aj}, \qquad h_j = \theta_j+\sum_bJ_{bj}u_{bj}.

They are exact on trees.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bp.execution.threads import in_threads
from bp.memory import require_memory
from bp.messages import _clauses
from bp.messages.options import Options
from bp.messages.state import Messages, Schedule, initial_fields
from bp.problems.satisfiability import Satisfiability
from bp.randomness import generator
from replica_theory.typing import Array

_BLOCK, _BLOCKS = 8, 8192
"""Least number of clauses that a sweep takes one after the other, and most blocks, so that memory is read in order."""
_CHUNK = 1024
"""Clauses of a block of a parallel sweep."""
_EDGE_SECONDS = 8e-9
_BYTES = 60.0
"""Memory that a literal takes."""
_STEEPEST = 300.0
"""Largest field whose odds are formed."""


class ClauseState:
    r"""Messages of clauses, kept as :math:`t=e^{-2u}`.

    Parameters
    ----------
    formula : Satisfiability
    messages : array, shape (E,)
        Fields :math:`J_{ai}u_{ai}` to start from.
    beta : float
    schedule : {"sequential", "parallel"}
    rng : Generator
        Source of the orders.

    Attributes
    ----------
    fields : array, shape (N,)
        Fields of the clauses on the variables, without any external field.
    """

    schedules: tuple[Schedule, ...] = ("sequential", "parallel")

    def __init__(
        self, formula: Satisfiability, messages: Array, beta: float, schedule: Schedule, rng: np.random.Generator
    ) -> None:
        self._formula, self._rng, self.schedule = formula, rng, schedule
        self._floor = float(np.exp(-beta))
        self._signs = np.sign(formula.literals)
        self._graph = formula.sides
        self.shared = id(self)
        self._least = 1.0
        self._set(np.exp(-2.0 * self._signs * messages))

    def _set(self, t: Array) -> None:
        self._t = np.maximum(t, _clauses.LEAST)
        self._read()

    def _read(self) -> None:
        self.fields: Array = np.empty(self._formula.n)
        _clauses.fields(self._graph.sides, self._t, np.empty(2 * self._formula.n), self.fields)

    def _odds(self, field: Array) -> Array:
        odds = np.empty((self._formula.n, 2))
        np.exp(2.0 * np.clip(self.fields + field, -_STEEPEST, _STEEPEST), out=odds[:, 0])
        np.reciprocal(odds[:, 0], out=odds[:, 1])
        return odds.ravel()

    def sweep(self, field: Array, damping: float) -> float:
        r"""Update every message once; the largest undamped change of a message :math:`e^{-2u}`."""
        formula, odds = self._formula, self._odds(field)
        clauses = formula.starts, self._graph.sides, self._floor, self._t, odds, damping
        if self.schedule == "sequential":
            block = max(_BLOCK, -(-formula.n_constraints // _BLOCKS))
            order = self._rng.permutation(-(-formula.n_constraints // block))
            change, self._least = _clauses.sequence(order, block, *clauses)
        else:
            out = np.empty((-(-formula.n_constraints // _CHUNK), 2))
            in_threads(
                lambda first, last: _clauses.parallel(first, last, _CHUNK, *clauses, out),
                len(out),
                _EDGE_SECONDS * formula.n_edges,
            )
            change, self._least = float(np.max(out[:, 0])), float(np.min(out[:, 1]))
        self._read()
        return float(change)

    @property
    def contradiction(self) -> bool:
        """Whether the last sweep met a clause of probability zero, at a beta that no message can hold."""
        return self._floor < _clauses.LEAST and _clauses.contradicts(self._least)

    def measure(self, field: Array) -> tuple[Array, float, Array]:
        """Magnetisations, free entropy, and log-probability that each clause is satisfied."""
        formula, total = self._formula, self.fields + field
        log_p = np.empty(formula.n_constraints)
        rest = _clauses.measure(formula.starts, self._graph.sides, self._floor, self._t, self._odds(field), log_p)
        # A variable's weight is the sum over its values of exp(theta W) and the messages, 1 or t: their fields and half
        # of their logarithms.
        sites = np.logaddexp(total, -total).sum() + 0.5 * np.log(self._t).sum()
        return np.tanh(total), float((rest + sites) / formula.n), log_p

    def snapshot(self) -> Messages:
        """Copy of the messages: as fields, and as they are kept."""
        return Messages("exact", -0.5 * self._signs * np.log(self._t), self._t.copy())

    def restore(self, messages: Messages | None) -> None:
        """Go back to earlier messages, or to none."""
        if messages is None:
            self._set(np.ones(len(self._t)))
        elif messages.g is None or not np.any(messages.g):
            self._set(np.exp(-2.0 * self._signs * messages.fields))
        else:
            self._set(messages.g)


@Satisfiability.offers("exact")
def clause_messages(formula: Satisfiability, method: str, **options: Any) -> ClauseState:
    """Messages of the clauses of a formula, after checking that they fit in memory."""
    given = Options(**options)
    given.on_host("for perceptrons; formulas run on the host")
    given.double("the messages of clauses")
    require_memory(_BYTES * formula.n_edges, "messages of clauses", "take fewer clauses", limit=given.memory_limit)
    random = generator(0 if given.rng is None else given.rng)
    fields, kept = initial_fields(given.init, method, (formula.n_edges,), np.float64, random)
    state = ClauseState(formula, np.asarray(fields), given.beta, given.schedule or "sequential", random)
    if kept is not None:
        state.restore(Messages(method, state.fields, kept))
    return state
