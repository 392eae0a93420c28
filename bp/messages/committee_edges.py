"""Messages on all edges of a committee machine, its units Gaussian or exact, its majority always exact."""

from __future__ import annotations

from typing import Any

import numpy as np

from bp.messages._committee_edges import Machine, committee_measure, committee_sequence, committee_sweep
from bp.messages._gaussian import NODES, NODES_SINGLE, chebyshev_rule
from bp.messages._rows import block_count
from bp.messages.edges import EdgeState, require_edges
from bp.messages.options import Options, require_signs
from bp.messages.state import Method, Schedule, initial_fields, log_weights
from bp.problems.committee import Committee
from bp.randomness import generator
from replica_theory.typing import Array, Real


class CommitteeEdges(EdgeState):
    r"""Messages on edges as fields :math:`\eta` (P, N), the weights unit by unit.

    Parameters
    ----------
    committee : Committee
    eta, beta, method, schedule, rng, fast
        As for `bp.messages.edges.EdgeState`.
    """

    def __init__(
        self,
        committee: Committee,
        eta: Real,
        *,
        beta: float = np.inf,
        method: Method = "gaussian",
        schedule: Schedule = "parallel",
        rng: np.random.Generator | None = None,
        fast: bool = True,
    ) -> None:
        self.eta, self._units = eta, committee.units
        self._account()
        self.log_p = np.zeros(committee.n_constraints)
        self._xi, self._method, self._beta = committee.data.xi, method, beta
        self.schedule, self._rng = schedule, generator(rng if schedule == "sequential" else 0)
        self.shared = id(self)
        allowed, exact = committee.allowed, method == "exact"
        least = float(np.sqrt(committee.inputs) * allowed.stabilities[0, 0])
        accepted = np.array(allowed.acceptance) if exact else np.empty(0)
        rule = chebyshev_rule(NODES if eta.dtype == np.float64 else NODES_SINGLE)
        tools = (fast and committee.data.is_binary, rule)
        self._machine = Machine(self._xi, self._units, float(beta), exact, least, accepted, *tools)

    def _parallel(self, field: Array, damping: float) -> float:
        total, blocks = field + self.fields, block_count(len(self.eta))
        partial, change = np.empty((blocks, len(total)), self.eta.dtype), np.empty(blocks)
        rows = (self._machine, self.eta, total, *self._moments(total), self._bounds, damping, self.log_p)
        self._share(committee_sweep, blocks, *rows, partial, change)
        self.fields = np.sum(partial, axis=0, dtype=np.float64)
        return float(np.max(change))

    def _sequential(self, field: Array, damping: float) -> float:
        total, sums = field + self.fields, np.empty((1, len(field)))
        order = self._rng.permutation(len(self.eta))
        rows = (self._machine, self.eta, total, *self._moments(total), self._bounds, damping, self.log_p)
        change = committee_sequence(order, *rows, sums)
        self.fields = sums[0]
        return float(change)

    def measure(self, field: Array) -> tuple[Array, float, Array]:
        r"""Magnetisations, free entropy :math:`\Phi` and log-probabilities of the patterns, messages unchanged."""
        total, terms = field + self.fields, np.empty(len(self.eta))
        if self._method == "exact":
            self._bounds = self._sizes()
        rows = (self._machine, self.eta, total, *self._moments(total), self._bounds, self.log_p)
        self._share(committee_measure, len(terms), *rows, terms)
        patterns = log_weights(self.log_p, self._beta)
        phi = (np.sum(patterns) + np.sum(terms) + np.sum(np.logaddexp(total, -total))) / len(total)
        return np.tanh(total), float(phi), self.log_p

    def _sizes(self) -> Array:
        """The largest absolute field of each pattern and unit."""
        parts = self.eta.reshape(len(self.eta), self._units, -1)
        bounds = np.maximum(np.max(parts, axis=2), -np.min(parts, axis=2))
        return np.asarray(bounds, dtype=np.float64)


@Committee.offers("gaussian", "exact")
def committee_edge_messages(committee: Committee, method: Method, **options: Any) -> CommitteeEdges:
    """Messages on the edges of a committee machine, after checking that the form applies to it and fits in memory."""
    given, p, n = Options(**options), committee.n_constraints, committee.n
    given.on_host("for perceptrons; committee machines run on the host")
    require_edges(method, p, n, dtype=given.dtype, limit=given.memory_limit, inputs=committee.inputs)
    require_signs(method, committee.data)
    random = generator(given.rng)
    fields, _ = initial_fields(given.init, method, (p, n), given.dtype, random)
    return CommitteeEdges(
        committee, fields, beta=given.beta, method=method, schedule=given.schedule or "parallel", rng=random
    )
