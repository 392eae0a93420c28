r"""Focusing belief propagation: message passing attracted to the dense regions of solutions.

Every weight carries a reference spin that `y` identical replicas of the system couple to with strength
:math:`\gamma`. With `B` the field of the patterns on a weight, the reference answers with the field
:math:`u = f((y-1) f(B))`, where :math:`f(x) = \mathrm{atanh}(\tanh x \tanh\gamma)`, so that
:math:`m = \tanh(B + u)`. Everything is computed on fields, so nothing is lost as magnetisations saturate.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from bp.algorithms import _replicas
from bp.algorithms.local_search import STEPS, can_repair, repaired
from bp.algorithms.message_solver import MessageSolver, restore_messages, stored_messages
from bp.algorithms.runs import Boundary, Run, Sweep
from bp.algorithms.schedules import Family, Schedule, as_schedule, passes
from bp.algorithms.search import Search
from bp.algorithms.solution import SolverStatus
from bp.messages.state import State, checked_dtype
from bp.problems.problem import Problem
from replica_theory.arguments import (
    FRACTION,
    checked_beta,
    checked_flag,
    checked_integer,
    checked_number,
    checked_text,
)
from replica_theory.typing import Array

_INITIAL = 0.1  # node fields (amp) or messages start uniform in +-0.1
_Q = 3  # column of q
_COLUMNS = ("gamma", "y", "overlap", "q", "q_tilde", "free_entropy", "internal_entropy")
_NOISE = 0.3  # standard deviation of the random fields that make passes after the first differ from it
_FROZEN = 0.9999  # overlap q beyond which the signs no longer change for the better
_BUDGET = 8000, 20_000  # least and most iterations of all automatic passes together
_WORK = 1e12  # between the two: their number times PN, half a minute of one core at N = 10 001
_FLIPS = 30  # of a local search that count as one iteration, about as long
_IDLE = (
    20,
    10,
)  # passes in a row, each frozen within so many steps, none with fewer errors, after which there is no hope
_ROBUST = 0.4  # margin that later passes of focusing BP add, times 1 - q
_LARGE = 5000  # weights from which a pass of 3200 steps is worth two of 1600
_BIAS = 0.05  # field that keeps an even constraint off its fixed point of zero magnetisation
_APART = 0.08  # standard deviation of the fields that keep apart weights which the constraints cannot tell
TRACE = np.dtype(
    [(name, np.float64) for name in _COLUMNS] + [(name, np.int64) for name in ("errors", "iterations", "restart")]
)


@dataclass(frozen=True, kw_only=True)
class MessagePasses(MessageSolver):
    """Options that all solvers share which pass messages under a field of their own that grows along a schedule.

    They are those of `FocusingBP` without the schedule.
    """

    family: ClassVar[Family]

    iterations_per_step: int | None = None
    damping: float | None = None
    beta: float = np.inf
    max_iter: int | None = None
    entropies: bool = False
    dtype: DTypeLike | None = None
    device: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        given = {name: value for name, value in vars(self).items() if value is not None}
        for name in given.keys() & {"iterations_per_step", "max_iter"}:
            checked_integer(name, given[name])
        if self.device is not None:
            checked_text("device", self.device, "None or the name of one")
        if self.damping is not None:
            checked_number("damping", self.damping, FRACTION)
        if self.dtype is not None:
            checked_dtype(self.dtype)
        checked_beta(self.beta)
        checked_flag("entropies", self.entropies)

    @property
    @abstractmethod
    def plan(self) -> Schedule | None:
        """The schedule of a single pass, None for passes until the budget is spent."""

    def resolved(self, problem: Any) -> Self:
        """The same solver with every default filled in as a problem asks for it."""
        method = self.form(problem)
        single, nodes = self.plan is not None, method == "amp"
        updates = self.iterations_per_step or (2 if nodes and (single or problem.is_even) else 1)
        limit = updates * len(self.plan) if self.plan is not None else _budget(problem, method)
        usual = 0.95 if problem.is_even else problem.relaxation[0]
        damping = usual if self.damping is None else float(self.damping)
        dtype = np.dtype(self.dtype if self.dtype is not None else np.float32 if nodes else np.float64).name
        options: Any = {"iterations_per_step": updates, "max_iter": self.max_iter or limit}
        return replace(self, method=method, damping=damping, dtype=dtype, **options)

    def settings(self, problem: Problem, rng: Any) -> dict[str, Any]:
        """What a checkpoint belongs to, defaults filled in."""
        if self.applies(problem):
            return {}
        return super(MessagePasses, self.resolved(problem)).settings(problem, rng)

    def run(self, problem: Any, rng: np.random.Generator, stored: Mapping[str, NDArray[Any]] | None = None) -> Run:
        """Passes over the schedules until nothing is violated or the budget is spent."""
        solver = self.resolved(problem)
        return _Focus(solver, problem, rng, stored).solution()


@dataclass(frozen=True, kw_only=True)
class FocusingBP(MessagePasses):
    r"""Focusing belief propagation: messages attracted to the dense regions of solutions.

    Without a schedule it runs passes of the pseudo schedule (`bp.algorithms.schedules.passes`), slower and slower,
    until the instance is solved or `max_iter` iterations are done. From random initial fields alone a pass would
    end where the one before did, since the messages forget them; so every step of the passes after the first adds
    fresh Gaussian fields to the weights, of standard deviation 0.3 falling linearly to zero along the pass (an even
    constraint gets a fresh constant field, uniform in ±0.05, instead). A pass ends early when :math:`q > 0.9999`.
    On a margin with patterns of ±1 the passes after the first take :math:`\kappa+0.4(1-q)` as the margin (``"amp"``):
    what they condense to has room to spare, and fewer patterns are left violated as that room closes.
    With patterns of ±1 the messages take the least sum :math:`\sum_i\xi_{ai}W_i` that is allowed,
    :math:`O(N^{-1/2})` above the margin, as the margin (their Gaussian sums are smooth, those of a solution are
    not), and a `local_search` of 4000 flips sets out from the best configuration of a pass.

    Parameters
    ----------
    schedule : str, Schedule or iterable of pairs, optional
        A single pass: ``"pseudo"``, ``"standard"`` (reinforced BP) or ``"scoping"``, an object of
        `bp.algorithms.schedules`, or a list of pairs :math:`(\gamma, y)`.
    steps : int, default 200
        Number of steps of a schedule given by name. Slower schedules solve higher loads.
    method : str, optional
        Form of the messages, for perceptrons as for `bp.belief_propagation`: ``"amp"``, node variables only;
        ``"gaussian"``, messages on all edges (PN numbers); or ``"exact"``, for small `N`. By default ``"amp"``, or the
        first form that a problem has without it.
    iterations_per_step : int, optional
        Updates of all messages at each pair; by default 1; 2 for ``"amp"`` with a given schedule or an even
        constraint.
    damping : float in [0, 1), optional
        Weight of the old fields (``"amp"``) or messages in an update. Undamped parallel updates diverge, and below 0.35
        they do already at loads of 0.3 to 0.5; by default 0.5, 0.95 for an even constraint, where strong coupling
        makes them oscillate, and 0.3 for formulas, whose clauses are updated one after the other.
    beta : float
        Inverse temperature of the number of violated patterns.
    max_iter : int, optional
        Stop after so many iterations; by default the whole of a given schedule, 8000 for automatic passes on edges, and
        for ``"amp"`` :math:`10^{12}/PN` of them, at least 8000 and at most 20 000: half a minute on one core at
        N = 10 001. Of the flips of local searches 30 count as one, about as long. A run also ends where it is proved
        that there are no solutions (after its first pass), and where in 20 passes in a row the messages froze at once
        and no search from there found fewer errors.
    entropies : bool
        Whether to measure the entropies at every step, at the price of one to three more updates; otherwise, and
        in passes with a raised margin, these two columns of the trace are NaN.
    dtype : {float64, float32}, optional
        Precision of the messages on edges, by default double; for ``"amp"`` that of the products with the patterns, by
        default single.
    device : str, optional
        Where ``"amp"`` forms these products, as for `bp.belief_propagation`; by default the host.

    Raises
    ------
    TypeError, ValueError
        For an option of the wrong type or out of range; as it is called, if the problem has no such messages.
    MemoryError, RuntimeError
        As it is called, if messages on edges do not fit in memory, or the device is not there.

    Notes
    -----
    The fields or messages start uniform in ±0.1. `Solution.trace` has a record for every step: ``gamma``, ``y``,
    ``overlap`` `S` of a replica with the reference, ``q`` (mean :math:`m^2`), ``q_tilde``, ``free_entropy``
    :math:`-\beta F`, ``internal_entropy`` :math:`-\beta F - \gamma S`, ``errors`` of :math:`\mathrm{sign}(m)`,
    ``iterations`` so far and ``restart`` (0 in the first pass); a local search adds a record of its ``errors`` with NaN
    for what messages have. Entropies are in nats per weight and replica, of the replicas together with the reference,
    :math:`-\beta F = \log(\sum_{\tilde W}[\sum_W e^{-\beta E(W)+\gamma W\cdot\tilde W}]^y)/(Ny)`; they are those of a
    fixed point to second order in the slowness of the schedule. The internal entropy is the entropy of the solutions
    around a reference plus the :math:`y`-th part of the reference's own entropy, :math:`(\log 2)/y` without coupling;
    `bp.local_entropy` measures the first alone. An iteration costs :math:`O(PN)`.

    References
    ----------
    C. Baldassi, C. Borgs, J. Chayes, A. Ingrosso, C. Lucibello, L. Saglietti and R. Zecchina, PNAS 113, E7655 (2016).

    Examples
    --------
    >>> import bp, replica_theory as rt
    >>> inst = bp.random_instance(rt.BinaryPerceptron(), n=501, alpha=0.6, rng=1)
    >>> found = FocusingBP(damping=0.6)(inst, rng=1)
    >>> found.solved, inst.errors(found.weights)
    (True, 0)
    """

    name: ClassVar[str] = "focusing-bp"
    family: ClassVar[Family] = "pseudo"

    schedule: str | Schedule | Iterable[tuple[float, float]] | None = None
    steps: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.schedule is not None:
            object.__setattr__(self, "schedule", as_schedule(self.schedule, self.steps))
            object.__setattr__(self, "steps", None)
        elif self.steps is not None:
            checked_integer("steps", self.steps)
            what = "is for a schedule given by name; without a schedule the steps are automatic"
            raise ValueError(f"steps={self.steps!r} {what}")

    @property
    def plan(self) -> Schedule | None:
        """The schedule given."""
        assert self.schedule is None or isinstance(self.schedule, Schedule)
        return self.schedule


class _Focus(Search):
    """A run: passes over schedules until nothing is violated. Its boundaries lie between two steps."""

    columns = TRACE

    def __init__(
        self,
        solver: MessagePasses,
        problem: Any,
        rng: np.random.Generator,
        stored: Mapping[str, NDArray[Any]] | None,
    ) -> None:
        self.solver = solver
        self.automatic = solver.plan is None
        self.searches = self.automatic and can_repair(problem)  # one after every pass
        options: dict[str, Any] = {"beta": solver.beta, "init": _INITIAL, "rng": rng, "dtype": solver.dtype}
        if solver.device is not None:
            options["device"] = solver.device
        self.robust = self.automatic and _takes_margins(solver, problem)
        target = problem.tightened if self.automatic else problem
        self.state: State = target.messages(solver.method, **options)
        super().__init__(problem, rng, _signs(self.state), stored)
        assert solver.max_iter is not None
        self.limit, self.weights = solver.max_iter, self.best
        self.restart = self.position = self.done = 0
        self.bias = self._random_bias() if stored is None else stored["bias"]
        if stored is not None:
            restore_messages(self.state, str(solver.method), stored)
            self.restart, self.position, self.done = (int(number) for number in stored["progress"])
            self.weights = _signs(self.state)
            self.errors = problem.errors(self.weights)

    def solution(self) -> Run:
        """Run until the end."""
        status = yield from self._run()
        return self.result(self.done, status)

    def _run(self) -> Generator[Sweep | Boundary, None, SolverStatus]:
        """Go through the passes from where the run is."""
        single = self.solver.plan
        slow, window = self.robust and self.problem.n > _LARGE, self.problem.condensation
        plans = passes(self.solver.family, self.problem.is_even, slow, window) if single is None else [single]
        for restart, plan in islice(enumerate(plans), self.restart, None):
            if restart > self.restart:
                self._start(restart)
            for gamma, y in islice(plan, self.position, None):
                if self.automatic and self.position and self.records[-1][_Q] > _FROZEN:
                    break
                status = yield from self._step(gamma, y, self._noise(len(plan)))
                if status is not None:
                    return status
                self.position += 1
                if self._work >= self.limit and (self.automatic or self.position < len(plan)):
                    return SolverStatus.MAX_ITERATIONS
                note = f"{self.errors} errors left, {self.fewest} at best"
                yield Boundary(self._work, self.limit, note, self._snapshot)
            if self.searches and self._search():
                return SolverStatus.SOLVED
            if restart == 0 and self.problem.refutation():
                return SolverStatus.UNSATISFIABLE
            if self.searches and _idle(self.records):
                return SolverStatus.STALLED
            if self.searches and self._work + STEPS // _FLIPS >= self.limit:
                return SolverStatus.MAX_ITERATIONS
        return SolverStatus.SCHEDULE_ENDED

    @property
    def _work(self) -> int:
        """Iterations done, with those that the searches after earlier passes are worth."""
        return self.done + (self.restart * STEPS // _FLIPS if self.searches else 0)

    def _start(self, restart: int) -> None:
        """Fresh messages for another pass."""
        self.state.restore(self.state.snapshot().randomized(self.rng, _INITIAL))
        self.restart, self.position = restart, 0
        self.forget()
        if self.problem.is_even:
            self.bias = self._random_bias()

    def _random_bias(self) -> Array:
        n, bias = self.problem.n, np.zeros(self.problem.n)
        if self.problem.is_even:
            bias = self.rng.uniform(-_BIAS, _BIAS, n)
        elif self.problem.is_symmetric:
            bias = _APART * self.rng.standard_normal(n)
        return bias

    def _noise(self, steps: int) -> float:
        """Standard deviation at the present step; none on an even constraint, whose fields start near zero."""
        return _NOISE * (1 - self.position / steps) if self.restart and not self.problem.is_even else 0.0

    def _step(self, gamma: float, y: float, noise: float) -> Generator[Sweep, None, SolverStatus | None]:
        """Updates at one pair, and their record; None if the run goes on."""
        solver, state, status = self.solver, self.state, None
        assert solver.iterations_per_step is not None and solver.damping is not None
        field = self.bias + noise * self.rng.standard_normal(self.problem.n) if noise else self.bias
        robust = self.robust and self.restart > 0
        for _ in range(min(solver.iterations_per_step, self.limit - self._work)):
            if robust:
                _raise_margin(state)
            yield Sweep(state, reference_field(state.fields, gamma, y, field), solver.damping)
            self.done += 1
            if not self._count_errors():
                return SolverStatus.DIVERGED
            if self.errors == 0:
                status = SolverStatus.SOLVED
                break
        measures = replica_measures(state, gamma, y, solver.entropies and not robust)
        self.records.append((gamma, y, *measures, self.errors, self.done, self.restart))
        return status

    def _search(self) -> bool:
        """Repair the best configuration of the pass; whether that solves the problem."""
        self.weights = repaired(self.problem, self.candidate, self.rng)
        self.account(self.weights)
        measures = _Measures(*[np.nan] * len(_Measures._fields))
        self.records.append((np.nan, np.nan, *measures, self.errors, self.done, self.restart))
        return bool(self.errors == 0)

    def _count_errors(self) -> bool:
        """Count the signs of the fields, if they have changed; whether the fields are finite."""
        weights = np.empty_like(self.weights)
        finite, changes = _replicas.signs(self.state.fields, self.weights, weights)
        if finite and changes:
            self.weights = weights
            self.account(weights)
        return bool(finite)

    def _snapshot(self) -> dict[str, Any]:
        """Everything that the rest of the run depends on."""
        progress = np.array([self.restart, self.position, self.done])
        return self.kept(bias=self.bias, progress=progress, **stored_messages(self.state))


class _Measures(NamedTuple):
    overlap: float
    q: float
    q_tilde: float
    free_entropy: float
    internal_entropy: float


def replica_measures(state: State, gamma: float, y: float, entropies: bool) -> _Measures:
    r"""Overlaps and entropies of the replicated system.

    Bethe free entropy per weight and replica: that of one replica in the field `u` of the reference, with the term
    :math:`\log2\cosh(B+u)` of each weight replaced by
    :math:`\log2\cosh B - \log2\cosh f + y^{-1}\log2\cosh yf + \log2\cosh\gamma`, :math:`f = f(B)`.
    """
    fields = state.fields
    rest, q, q_tilde = _replicas.overlaps(fields, gamma, y)
    apart = math.exp(-2 * gamma)
    gap = 2 * apart / (1 + apart) * rest if apart else 0.0
    if not entropies:
        return _Measures(1 - gap, q, q_tilde, np.nan, np.nan)
    f = coupled(fields, gamma)
    u = coupled((y - 1) * f, gamma)
    replica = state.measure(u)[1]
    sites = log_2cosh(fields) - log_2cosh(fields + u) - log_2cosh(f) + log_2cosh(y * f) / y
    coupling = gamma * gap + np.log1p(np.exp(-2 * gamma)) if gamma < np.inf else 0.0
    internal = float(replica + np.mean(sites) + coupling)
    return _Measures(1 - gap, q, q_tilde, internal + gamma * (1 - gap), internal)


def reference_field(fields: Array, gamma: float, y: float, external: Array | None = None) -> Array:
    r"""Field of the reference on each weight, :math:`u = f((y-1) f(B))` with `f` as in `coupled`, and external ones."""
    out = np.empty(fields.shape)
    _replicas.reference(fields, np.zeros(fields.shape) if external is None else external, gamma, y, out)
    return out


def coupled(x: Array, gamma: float) -> Array:
    r"""Field of a spin through a coupling: :math:`f(x) = \mathrm{atanh}(\tanh x\tanh\gamma)`; `x` at gamma = inf."""
    if gamma == np.inf:
        return x
    return np.asarray(0.5 * (log_2cosh(x + gamma) - log_2cosh(x - gamma)))


def log_2cosh(x: Array) -> Array:
    r""":math:`\log2\cosh x` without overflow."""
    size = np.abs(x)
    return np.asarray(size + np.log1p(np.exp(-2 * size)))


def _idle(records: list[tuple[float, ...]]) -> bool:
    """Whether the last passes all froze at once, and none found fewer errors than there were before."""
    passes, steps = _IDLE
    errors, _, restarts = np.array([record[-3:] for record in records]).T
    first = restarts[-1] - passes
    if first < 0:
        return False
    late = restarts > first
    return bool(np.count_nonzero(late) <= passes * (steps + 1) and errors[late].min() >= errors[~late].min())


def _takes_margins(solver: MessagePasses, problem: Any) -> bool:
    """Whether later passes raise the margin: focusing on node variables, a margin, and patterns of ±1."""
    binary = getattr(problem, "bits", None) is not None and problem.allowed.is_margin
    return bool(binary) and solver.method == "amp" and solver.family == "pseudo"


def _raise_margin(state: Any) -> None:
    r"""Let the next sweep see the margin :math:`\kappa+c(1-q)`.

    Patterns of ±1 have the variance :math:`V=1-q`, and :math:`\omega=z-Vg` falls by :math:`cV` as `c` is added to `g`.
    """
    state.g = state.g + _ROBUST


def _signs(state: State) -> NDArray[np.int8]:
    """Signs of the magnetisations, which are those of the fields: the reference never outweighs them."""
    return np.where(state.fields < 0, -1, 1).astype(np.int8)


def _budget(problem: Any, method: str) -> int:
    """Iterations of automatic passes."""
    least, most = _BUDGET
    return int(np.clip(_WORK / problem.n_edges, least, most)) if method == "amp" else least
