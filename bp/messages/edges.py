"""Messages on all edges, Gaussian or exact."""

from __future__ import annotations

from typing import Any, get_args

import numba
import numpy as np
from numpy.typing import DTypeLike

from bp.execution.threads import in_threads
from bp.memory import require_memory
from bp.messages._exact import exact_sequence, exact_sweep
from bp.messages._gaussian import (
    NODES,
    NODES_SINGLE,
    chebyshev_rule,
    gaussian_measure,
    gaussian_sequence,
    gaussian_sweep,
)
from bp.messages._rows import block_count, edge_terms, squares
from bp.messages.options import Options, require_signs
from bp.messages.state import (
    Messages,
    Method,
    Schedule,
    frozen,
    initial_fields,
    log_weights,
)
from bp.problems._intervals import packed
from bp.problems.perceptron import Instance
from bp.randomness import generator
from replica_theory.typing import Array, Real

_GAUSSIAN, _EXACT = 3e-9, 1.5e-9
"""Seconds that a message takes, about: a Gaussian one, and an exact one for each of its N weights."""


class EdgeState:
    r"""Messages on edges as fields :math:`\eta` (P, N), for ``"gaussian"`` and ``"exact"``.

    Parameters
    ----------
    instance : Instance
    eta : array, shape (P, N), float64 or float32
        Initial message fields; the state owns the array and updates it in place.
    beta : float
    method : {"gaussian", "exact"}
    schedule : {"parallel", "sequential"}
    rng : Generator, optional
        Source of the sequential orders. A run that turns to them on its own, from parallel updates, takes them from a
        fixed seed, and so is the same every time.
    fast : bool
        Evaluate ``"gaussian"`` messages of ±1 patterns by a polynomial per row where that is exact to rounding.

    Attributes
    ----------
    eta : array, shape (P, N)
    fields : array, shape (N,), float64
        Fields of all patterns on each weight, :math:`\sum_a\eta_{ai}`.
    log_p : array, shape (P,)
        Log-probability that each pattern is satisfied, of the messages before the last sweep (or in it, if sequential).
    """

    fields: Array
    schedules: tuple[Schedule, ...] = get_args(Schedule)

    def __init__(
        self,
        instance: Instance,
        eta: Real,
        *,
        beta: float = np.inf,
        method: Method = "gaussian",
        schedule: Schedule = "parallel",
        rng: np.random.Generator | None = None,
        fast: bool = True,
    ) -> None:
        self.eta = eta
        self._account()
        self.log_p = np.zeros(instance.n_patterns)
        self._xi, self._method, self._beta = instance.xi, method, beta
        self.schedule, self._rng = schedule, generator(rng if schedule == "sequential" else 0)
        # What the kernels know of the constraint: the probability that each sum satisfies it, or intervals of sums.
        allowed, exact = instance.allowed, method == "exact"
        self._constraint: Any = allowed.acceptance if exact else packed(np.sqrt(instance.n) * allowed.stabilities)
        self._offsets, signs = np.zeros(instance.n_patterns), instance.is_binary
        if instance.thresholds is not None:
            self._offsets = np.sqrt(instance.n) * instance.thresholds
            signs = bool(np.all(np.abs(self._xi) == 1.0))
        self._fast = fast and signs
        nodes = NODES if eta.dtype == np.float64 else NODES_SINGLE
        self._rule = chebyshev_rule(nodes)
        self.shared = id(self)

    def sweep(self, field: Array, damping: float) -> float:
        """Update every message once; return the largest undamped change of a field or magnetisation."""
        before = np.tanh(field + self.fields)
        advance = self._parallel if self.schedule == "parallel" else self._sequential
        change = advance(field, damping)
        moved = np.max(np.abs(np.tanh(field + self.fields) - before)) / (1.0 - damping) if damping < 1.0 else 0.0
        return float(np.maximum(change, moved))  # NaN where either is

    def _parallel(self, field: Array, damping: float) -> float:
        total, blocks = field + self.fields, block_count(len(self.eta))
        partial, change = np.empty((blocks, len(total)), self.eta.dtype), np.empty(blocks)
        tail = (self._constraint, self._beta, damping)
        head: tuple[Any, ...] = (self._xi, self.eta, total)
        if self._method == "exact":
            self._share(exact_sweep, blocks, *head, *tail, self.log_p, partial, change)
        else:
            head = (*head, *self._moments(total), self._bounds, self._offsets)
            self._share(gaussian_sweep, blocks, *head, *tail, self._fast, self._rule, self.log_p, partial, change)
        self.fields = np.sum(partial, axis=0, dtype=np.float64)
        return float(np.max(change))

    def _sequential(self, field: Array, damping: float) -> float:
        total, sums = field + self.fields, np.empty((1, len(field)))
        order = self._rng.permutation(len(self.eta))
        tail = (self._constraint, self._beta, damping)
        if self._method == "exact":
            change = exact_sequence(order, self._xi, self.eta, total, *tail, self.log_p, sums)
        else:
            head = (self._xi, self.eta, total, self._tanh(total), self._bounds, self._offsets)
            change = gaussian_sequence(order, *head, *tail, self._fast, self._rule, self.log_p, sums)
        self.fields = sums[0]
        return float(change)

    def _share(self, kernel: Any, size: int, *arguments: Any) -> None:
        """Have threads do the blocks or rows of a kernel."""
        cost = _EXACT * self._xi.shape[1] if self._method == "exact" else _GAUSSIAN
        in_threads(lambda first, last: kernel(first, last, *arguments), size, cost * self.eta.size)

    def _tanh(self, total: Array) -> Real:
        return np.tanh(total).astype(self.eta.dtype, copy=False)

    def _moments(self, total: Array) -> tuple[Real, Real]:
        """Magnetisations and their variances."""
        v = np.empty(len(total), self.eta.dtype)
        squares(total, v)
        return self._tanh(total), v

    def measure(self, field: Array) -> tuple[Array, float, Array]:
        r"""Magnetisations, free entropy :math:`\Phi` and log-probabilities of the patterns, messages unchanged."""
        total, terms = field + self.fields, np.empty(len(self.eta))
        if self._method == "exact":
            self._parallel(field, 1.0)
            self._share(edge_terms, len(terms), self.eta, total, self._tanh(total), self._sizes(), terms)
        else:
            rows = (total, *self._moments(total), self._bounds, self._offsets, self._constraint)
            self._share(gaussian_measure, len(terms), self._xi, self.eta, *rows, self._fast, self.log_p, terms)
        patterns = log_weights(self.log_p, self._beta)
        phi = (np.sum(patterns) + np.sum(terms) + np.sum(np.logaddexp(total, -total))) / len(total)
        return np.tanh(total), float(phi), self.log_p

    def snapshot(self) -> Messages:
        """Read-only copy of the messages."""
        return Messages(self._method, frozen(self.eta.copy()))

    def restore(self, messages: Messages | None) -> None:
        """Go back to earlier messages, or to none: all zero."""
        self.eta[:] = 0.0 if messages is None else messages.fields
        self._account()
        self.log_p[:] = 0.0

    def _account(self) -> None:
        """Column sums of the message fields, and the sizes of their rows."""
        self.fields, self._bounds = np.sum(self.eta, axis=0, dtype=np.float64), self._sizes()

    def _sizes(self) -> Array:
        """The largest absolute field of each row."""
        bounds = np.maximum(np.max(self.eta, axis=1), -np.min(self.eta, axis=1))
        return np.asarray(bounds, dtype=np.float64)

    @property
    def contradiction(self) -> bool:
        """Whether the last sweep met a pattern of probability zero although ``beta=inf``."""
        return self._beta == np.inf and bool(np.any(np.isneginf(self.log_p)))


@Instance.offers("gaussian", "exact")
def edge_messages(instance: Instance, method: Method, **options: Any) -> EdgeState:
    """Messages on the edges of an instance, after checking that the form applies to it and fits in memory."""
    given, p, n = Options(**options), instance.n_patterns, instance.n
    given.on_host("for method='amp'; messages on edges live on the host")
    require_edges(method, p, n, dtype=given.dtype, limit=given.memory_limit)
    require_signs(method, instance)
    if method == "exact" and instance.thresholds is not None:
        raise ValueError("method='exact' needs patterns without thresholds of their own; use 'gaussian' or 'amp'")
    random = generator(given.rng)
    fields, _ = initial_fields(given.init, method, (p, n), given.dtype, random)
    return EdgeState(
        instance, fields, beta=given.beta, method=method, schedule=given.schedule or "parallel", rng=random
    )


def require_edges(
    method: Method,
    n_patterns: int,
    n: int,
    *,
    dtype: DTypeLike = np.float64,
    limit: float | None = None,
    inputs: int | None = None,
) -> None:
    """Refuse messages on edges that do not fit, from the shape alone, before there is an instance of that shape.

    Counted are the fields, twice (the result holds a copy), column sums by blocks of rows, and ±1 patterns unpacked to
    bytes; for ``"exact"`` also a table for each thread, over the `inputs` of a unit (all weights by default).

    Raises
    ------
    MemoryError
        If they take more than `limit` bytes, by default what the system can still give.
    """
    blocks = block_count(n_patterns)
    need = n * (np.dtype(dtype).itemsize * (2 * n_patterns + blocks) + n_patterns)
    if method == "exact":
        need += 8 * ((inputs or n) + 1) ** 2 * min(numba.get_num_threads(), blocks)
    what = f"method={method!r} keeps a message for each of {n_patterns} x {n} edges; these"
    require_memory(need, what, "method='amp' needs node variables only", limit=limit)
