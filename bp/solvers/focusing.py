r"""Focusing belief propagation: message passing attracted to the dense regions of solutions.

Every weight carries a reference spin that `y` identical replicas of the system couple to with strength
:math:`\gamma`. With `B` the field of the patterns on a weight, the reference answers with the field
:math:`u = f((y-1) f(B))`, where :math:`f(x) = \mathrm{atanh}(\tanh x \tanh\gamma)`, so that
:math:`m = \tanh(B + u)`. Everything is computed on fields, so nothing is lost as magnetisations saturate.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from bp.instance import Instance, Rng
from bp.propagation import AmpState, EdgeState, State, make_state
from bp.solvers.schedules import Schedule, as_schedule
from bp.solvers.solution import Solution, SolverStatus

Array = NDArray[np.float64]

_METHODS = MappingProxyType({"amp": "amp", "edges": "gaussian", "exact": "exact"})
_INITIAL = 0.1  # node fields (amp) or messages start uniform in +-0.1
_COLUMNS = ("gamma", "y", "overlap", "q", "q_tilde", "free_entropy", "local_entropy")
_BIAS = 0.05  # field that keeps an even constraint off its fixed point of zero magnetisation
TRACE = np.dtype([(name, np.float64) for name in _COLUMNS] + [("errors", np.int64), ("iterations", np.int64)])


def focusing_bp(
    instance: Instance,
    *,
    schedule: str | Schedule | Iterable[tuple[float, float]] = "pseudo",
    steps: int | None = None,
    form: Literal["amp", "edges", "exact"] = "amp",
    iterations_per_step: int | None = None,
    damping: float | None = None,
    beta: float = np.inf,
    max_iter: int | None = None,
    entropies: bool = True,
    rng: Rng = None,
) -> Solution:
    r"""Solve an instance by focusing belief propagation.

    Parameters
    ----------
    instance : Instance
        Any constraint, patterns ±1 or real.
    schedule : str, Schedule or iterable of pairs
        ``"pseudo"``, ``"standard"`` (reinforced BP) or ``"scoping"``, an object of `bp.solvers.schedules`, or a list
        of pairs :math:`(\gamma, y)`.
    steps : int, default 200
        Number of steps of a schedule given by name. Slower schedules solve higher loads.
    form : {"amp", "edges", "exact"}
        Node variables only; Gaussian-cavity messages on all edges (8PN bytes); or exact messages, for small `N`.
    iterations_per_step : int, optional
        Updates of all messages at each pair; by default 2 for ``"amp"`` and 1 for messages on edges.
    damping : float in [0, 1), optional
        Weight of the old fields (``"amp"``) or messages in an update. Undamped parallel updates diverge; 0.5 by
        default, 0.9 for an even constraint, where strong coupling makes them oscillate.
    beta : float
        Inverse temperature of the number of violated patterns.
    max_iter : int, optional
        Stop after so many iterations even if the schedule goes on.
    entropies : bool
        Whether to measure the entropies at every step, at the price of one to three more updates; otherwise these
        two columns of the trace are NaN.
    rng : int, SeedSequence, Generator or None
        Source of the initial fields or messages, uniform in ±0.1.

    Returns
    -------
    Solution
        `trace` has a record for every step: ``gamma``, ``y``, ``overlap`` `S` of a replica with the reference, ``q``
        (mean :math:`m^2`), ``q_tilde``, ``free_entropy`` :math:`-\beta F`, ``local_entropy``
        :math:`-\beta F - \gamma S`, ``errors`` of :math:`\mathrm{sign}(m)` and ``iterations`` so far. Entropies are in
        nats per weight and replica, of the replicas together with the reference,
        :math:`-\beta F = \log(\sum_{\tilde W}[\sum_W e^{-\beta E(W)+\gamma W\cdot\tilde W}]^y)/(Ny)`; they are those of
        a fixed point to second order in the slowness of the schedule.

    Raises
    ------
    MemoryError
        If messages on edges do not fit in memory.
    TypeError, ValueError
        For arguments of the wrong type or out of range.

    Notes
    -----
    An iteration costs :math:`O(PN)`. C. Baldassi, C. Borgs, J. Chayes, A. Ingrosso, C. Lucibello, L. Saglietti and
    R. Zecchina, PNAS 113, E7655 (2016).

    Examples
    --------
    >>> import bp, replica_theory as rt
    >>> inst = bp.random_instance(rt.BinaryPerceptron(), n=501, alpha=0.6, rng=1)
    >>> found = focusing_bp(inst, rng=1)
    >>> found.solved, inst.errors(found.weights)
    (True, 0)
    """
    plan = as_schedule(schedule, steps)
    if form not in _METHODS:
        raise ValueError(f"form must be one of {', '.join(map(repr, _METHODS))}; got {form!r}")
    if damping is None:
        damping = 0.9 if instance.model.is_even else 0.5
    if not 0 <= damping < 1:
        raise ValueError(f"damping must be in [0, 1); got {damping!r}")
    if not (np.ndim(beta) == 0 and beta >= 0):
        raise ValueError(f"beta must be a non-negative number (inf counts solutions); got {beta!r}")
    repeat = _positive("iterations_per_step", iterations_per_step, 2 if form == "amp" else 1)
    limit = _positive("max_iter", max_iter, repeat * len(plan))
    method: Any = _METHODS[form]
    rng = np.random.default_rng(rng)
    state = make_state(instance, method, beta=beta, init=_INITIAL, rng=rng)
    bias = rng.uniform(-_BIAS, _BIAS, instance.n) if instance.model.is_even else np.zeros(instance.n)
    return _focus(instance, state, plan, repeat, limit, damping, entropies, bias)


def _focus(
    instance: Instance,
    state: State,
    plan: Schedule,
    repeat: int,
    limit: int,
    damping: float,
    entropies: bool,
    bias: Array,
) -> Solution:
    """Follow the schedule until no pattern is violated."""
    best, fewest = _signs(state), instance.n_patterns + 1
    records: list[tuple[float, ...]] = []
    status, done = SolverStatus.SCHEDULE_ENDED, 0
    for gamma, y in tqdm(plan, desc="focusing BP", disable=None, delay=5, leave=False):
        for _ in range(min(repeat, limit - done)):
            state.sweep(bias + reference_field(_fields(state), gamma, y), damping)
            done += 1
            if not np.all(np.isfinite(_fields(state))):
                status = SolverStatus.DIVERGED
                break
            weights = _signs(state)
            errors = instance.errors(weights)
            if errors < fewest:
                best, fewest = weights, errors
            if errors == 0:
                status = SolverStatus.SOLVED
                break
        if status is not SolverStatus.DIVERGED:
            records.append((gamma, y, *_measure(state, gamma, y, entropies), errors, done))
        if status is SolverStatus.SCHEDULE_ENDED and done == limit and len(records) < len(plan):
            status = SolverStatus.MAX_ITERATIONS
        if status is not SolverStatus.SCHEDULE_ENDED:
            break
    trace = np.array(records, dtype=TRACE)
    for array in (best, trace):
        array.flags.writeable = False
    return Solution(best, min(fewest, instance.errors(best)), done, trace, status)


class _Measures(NamedTuple):
    overlap: float
    q: float
    q_tilde: float
    free_entropy: float
    local_entropy: float


def _measure(state: State, gamma: float, y: float, entropies: bool) -> _Measures:
    r"""Overlaps and entropies of the replicated system.

    Bethe free entropy per weight and replica: that of one replica in the field `u` of the reference, with the term
    :math:`\log2\cosh(B+u)` of each weight replaced by
    :math:`\log2\cosh B - \log2\cosh f + y^{-1}\log2\cosh yf + \log2\cosh\gamma`, :math:`f = f(B)`.
    """
    fields = _fields(state)
    f = coupled(fields, gamma)
    u = coupled((y - 1) * f, gamma)
    gap = 0.0
    if gamma < np.inf:
        aligned = np.tanh(fields) * np.tanh((y - 1) * f)
        rest = np.mean((1 - aligned) / (1 + aligned * np.tanh(gamma)))
        gap = float(2 * np.exp(-2 * gamma) / (1 + np.exp(-2 * gamma)) * rest)
    q = float(np.mean(np.tanh(fields + u) ** 2))
    q_tilde = float(np.mean(np.tanh(y * f) ** 2))
    if not entropies:
        return _Measures(1 - gap, q, q_tilde, np.nan, np.nan)
    replica = state.measure(u)[1]
    sites = log_2cosh(fields) - log_2cosh(fields + u) - log_2cosh(f) + log_2cosh(y * f) / y
    coupling = gamma * gap + np.log1p(np.exp(-2 * gamma)) if gamma < np.inf else 0.0
    local = float(replica + np.mean(sites) + coupling)
    return _Measures(1 - gap, q, q_tilde, local + gamma * (1 - gap), local)


def reference_field(fields: Array, gamma: float, y: float) -> Array:
    r"""Field of the reference on each weight, :math:`u = f((y-1) f(B))` with `f` as in `coupled`."""
    return coupled((y - 1) * coupled(fields, gamma), gamma)


def coupled(x: Array, gamma: float) -> Array:
    r"""Field of a spin through a coupling: :math:`f(x) = \mathrm{atanh}(\tanh x\tanh\gamma)`; `x` at gamma = inf."""
    if gamma == np.inf:
        return x
    return np.asarray(0.5 * (log_2cosh(x + gamma) - log_2cosh(x - gamma)))


def log_2cosh(x: Array) -> Array:
    r""":math:`\log2\cosh x` without overflow."""
    return np.logaddexp(x, -x)


def _fields(state: State) -> Array:
    """Fields of the patterns on the weights."""
    if isinstance(state, AmpState):
        return state.fields
    assert isinstance(state, EdgeState)
    return state.sums


def _signs(state: State) -> NDArray[np.int8]:
    """Signs of the magnetisations, which are those of the fields: the reference never outweighs them."""
    return np.where(_fields(state) < 0, -1, 1).astype(np.int8)


def _positive(name: str, value: int | None, default: int) -> int:
    if value is None:
        return default
    if not (isinstance(value, int | np.integer) and value >= 1):
        raise ValueError(f"{name} must be a positive integer; got {value!r}")
    return int(value)
