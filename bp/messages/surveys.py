r"""Survey propagation: how often clauses warn variables, over all clusters of solutions.

A survey :math:`\eta_{ai}` is the probability that in a cluster clause `a` forces variable `i` to satisfy it. All zero
they are a fixed point, the one without clusters; from surveys of order one they reach another where there are many.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from bp.memory import require_memory
from bp.messages import _surveys
from bp.messages.options import Options
from bp.messages.state import Messages, Schedule, initial_fields
from bp.problems.satisfiability import Satisfiability
from bp.randomness import generator
from replica_theory.typing import Array

_BLOCK = 8
"""Clauses that a sweep takes one after the other."""
_BYTES = 60.0
"""Memory that a literal takes."""
_FRAGILE = 1e-12
"""Weight of a variable's states at which its warnings contradict each other."""


class SurveyState:
    r"""Surveys of clauses, kept as the probabilities :math:`1-\eta` of no warning.

    Parameters
    ----------
    formula : Satisfiability
    messages : array, shape (E,)
        :math:`\mathrm{logit}\,\eta` to start from: zero is :math:`\eta=1/2`.
    rng : Generator
        Source of the orders.

    Attributes
    ----------
    fields : array, shape (N,)
        :math:`\mathrm{atanh}(W^+-W^-)` of the probabilities that a variable is held at +1 and -1 in a cluster.
    """

    schedule: Schedule = "sequential"
    schedules: tuple[Schedule, ...] = ("sequential",)

    def __init__(self, formula: Satisfiability, messages: Array, rng: np.random.Generator) -> None:
        self._formula, self._rng = formula, rng
        self._graph = formula.sides
        self._least, self.shared = 1.0, id(self)
        self._set(1.0 - special.expit(messages))

    def _set(self, calm: Array) -> None:
        self._calm = np.clip(calm, _surveys.LEAST, 1.0)
        self.fields: Array = _bias(self._free(np.zeros(self._formula.n)))

    def _free(self, field: Array) -> Array:
        free = np.empty(2 * self._formula.n)
        _surveys.products(self._graph.places, self._graph.edges, self._calm, field, free)
        return free

    def sweep(self, field: Array, damping: float) -> float:
        """Update every survey once; the largest undamped change."""
        formula, free = self._formula, self._free(field)
        order = self._rng.permutation(-(-formula.n_constraints // _BLOCK))
        graph = self._graph.starts, self._graph.sides
        change, self._least = _surveys.sequence(order, _BLOCK, *graph, self._calm, free, damping)
        self.fields = _bias(self._free(np.zeros(formula.n)))
        return float(change)

    @property
    def contradiction(self) -> bool:
        """Whether the last sweep met a variable that is warned against both values."""
        return self._least < _FRAGILE

    def measure(self, field: Array) -> tuple[Array, float, Array]:
        r"""Biases :math:`W^+-W^-`, the complexity :math:`\Sigma` per variable, and zeros: clusters violate nothing."""
        free, graph = self._free(field), self._graph
        sigma = _surveys.complexity(graph.starts, graph.sides, graph.places, self._calm, free) / self._formula.n
        return np.tanh(_bias(free)), float(sigma), np.zeros(self._formula.n_constraints)

    def snapshot(self) -> Messages:
        """Copy of the surveys: their logits, and as they are kept."""
        eta = np.clip(1.0 - self._calm, _surveys.LEAST, None)
        return Messages("survey", np.log(eta) - np.log(self._calm), self._calm.copy())

    def restore(self, messages: Messages | None) -> None:
        """Go back to earlier surveys, or to all one half."""
        if messages is None:
            self._set(np.full(len(self._calm), 0.5))
        elif messages.g is None or not np.any(messages.g):
            self._set(1.0 - special.expit(messages.fields))
        else:
            self._set(messages.g)


def _bias(free: Array) -> Array:
    r""":math:`\mathrm{atanh}(W^+-W^-)` from the probabilities of no warning."""
    up, down = free[::2], free[1::2]
    plus, minus, either = (1.0 - up) * down, (1.0 - down) * up, up * down
    return np.asarray(0.5 * (np.log(2.0 * plus + either) - np.log(2.0 * minus + either)))


@Satisfiability.offers("survey")
def survey_messages(formula: Satisfiability, method: str, **options: Any) -> SurveyState:
    """Surveys on a formula, after checking that they apply and fit in memory."""
    given = Options(**options)
    given.on_host("for perceptrons; formulas run on the host")
    given.double("surveys")
    if given.beta < np.inf:
        raise ValueError(f"beta must be inf for surveys, which are over clusters of solutions; got {given.beta}")
    if given.schedule == "parallel":
        raise ValueError("schedule must be 'sequential' for surveys; got 'parallel'")
    require_memory(_BYTES * formula.n_edges, "surveys", "take fewer clauses", limit=given.memory_limit)
    random = generator(0 if given.rng is None else given.rng)
    fields, kept = initial_fields(given.init, method, (formula.n_edges,), np.float64, random)
    state = SurveyState(formula, np.asarray(fields), random)
    if kept is not None:
        state.restore(Messages(method, state.fields, kept))
    return state
