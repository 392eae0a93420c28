r"""Focusing belief propagation: message passing attracted to the dense regions of solutions.

Every weight carries a reference spin that `y` identical replicas of the system couple to with strength
:math:`\gamma`. With `B` the field of the patterns on a weight, the reference answers with the field
:math:`u = f((y-1) f(B))`, where :math:`f(x) = \mathrm{atanh}(\tanh x \tanh\gamma)`, so that
:math:`m = \tanh(B + u)`. Everything is computed on fields, so nothing is lost as magnetisations saturate.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Iterable, Mapping
from itertools import islice
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray
from tqdm import tqdm

from bp.algorithms.checkpoint import Checkpoint, fingerprint
from bp.algorithms.local_search import edges, local_search
from bp.algorithms.runs import Run, Sweep, alone
from bp.algorithms.schedules import Family, Schedule, as_schedule, passes
from bp.algorithms.solution import Solution, SolverStatus
from bp.messages.amp import AmpState
from bp.messages.edges import EdgeState
from bp.messages.propagation import make_state
from bp.messages.state import Messages, State
from bp.problems.perceptron import Instance
from bp.randomness import Rng, generator
from replica_theory.typing import Array

_METHODS = MappingProxyType({"amp": "amp", "edges": "gaussian", "exact": "exact"})
_INITIAL = 0.1  # node fields (amp) or messages start uniform in +-0.1
_Q = 3  # column of q
_COLUMNS = ("gamma", "y", "overlap", "q", "q_tilde", "free_entropy", "local_entropy")
_NOISE = 0.3  # standard deviation of the random fields that make passes after the first differ from it
_FROZEN = 0.9999  # overlap q beyond which the signs no longer change for the better
_BUDGET = 8000, 20_000  # least and most iterations of all automatic passes together
_WORK = 1e12  # between the two: their number times PN, a minute of two cores
_BIAS = 0.05  # field that keeps an even constraint off its fixed point of zero magnetisation
TRACE = np.dtype(
    [(name, np.float64) for name in _COLUMNS] + [(name, np.int64) for name in ("errors", "iterations", "restart")]
)


def focusing_bp(
    instance: Instance,
    *,
    schedule: str | Schedule | Iterable[tuple[float, float]] | None = None,
    steps: int | None = None,
    form: Literal["amp", "edges", "exact"] = "amp",
    iterations_per_step: int | None = None,
    damping: float | None = None,
    beta: float = np.inf,
    max_iter: int | None = None,
    entropies: bool = False,
    dtype: DTypeLike | None = None,
    device: str | None = None,
    rng: Rng = None,
    checkpoint: str | os.PathLike[str] | None = None,
) -> Solution:
    r"""Solve an instance by focusing belief propagation.

    Without a schedule it runs passes of the pseudo schedule (`bp.algorithms.schedules.passes`), slower and slower,
    until the instance is solved or `max_iter` iterations are done. From random initial fields alone a pass would end
    where the one before did, since the messages forget them; so every step of the passes after the first adds fresh
    Gaussian fields to the weights, of standard deviation 0.3 falling linearly to zero along the pass (an even constraint gets a
    fresh constant field, uniform in ±0.05, instead). A pass ends early when :math:`q > 0.9999`. With patterns of ±1 the
    messages take the least sum :math:`\sum_i\xi_{ai}W_i` that is allowed, :math:`O(N^{-1/2})` above the margin, as the
    margin (their Gaussian sums are smooth, those of a solution are not), and a `local_search` of 4000 flips sets out
    from the best configuration of a pass.

    Parameters
    ----------
    instance : Instance
        Any constraint, patterns ±1 or real.
    schedule : str, Schedule or iterable of pairs, optional
        A single pass: ``"pseudo"``, ``"standard"`` (reinforced BP) or ``"scoping"``, an object of
        `bp.algorithms.schedules`, or a list of pairs :math:`(\gamma, y)`.
    steps : int, default 200
        Number of steps of a schedule given by name. Slower schedules solve higher loads.
    form : {"amp", "edges", "exact"}
        Node variables only; Gaussian-cavity messages on all edges (PN numbers); or exact messages, for small `N`.
    iterations_per_step : int, optional
        Updates of all messages at each pair; by default 1; 2 for ``"amp"`` with a given schedule or an even
        constraint.
    damping : float in [0, 1), optional
        Weight of the old fields (``"amp"``) or messages in an update. Undamped parallel updates diverge, and below 0.35
        they do already at loads of 0.3 to 0.5; by default 0.5, and 0.95 for an even constraint, where strong coupling
        makes them oscillate.
    beta : float
        Inverse temperature of the number of violated patterns.
    max_iter : int, optional
        Stop after so many iterations; by default the whole of a given schedule, 8000 for automatic passes on edges, and
        for ``"amp"`` :math:`10^{12}/PN` of them, at least 8000 and at most 20 000: up to a minute on two cores at
        N = 10 001.
    entropies : bool
        Whether to measure the entropies at every step, at the price of one to three more updates; otherwise these
        two columns of the trace are NaN.
    dtype : {float64, float32}, optional
        Precision of the messages on edges, by default double; for ``"amp"`` that of the products with the patterns, by
        default single.
    device : str, optional
        Where ``"amp"`` forms these products, as for `bp.belief_propagation`; by default the host.
    rng : int, SeedSequence, Generator or None
        Source of the initial fields or messages, uniform in ±0.1, and of the noise.
    checkpoint : path, optional
        File (``.npz``) that is written about every minute and on Ctrl-C, and removed when the run has ended. The same
        call goes on where a killed one was; its result equals that of an uninterrupted run bit for bit. For
        ``form="amp"``.

    Returns
    -------
    Solution
        `trace` has a record for every step: ``gamma``, ``y``, ``overlap`` `S` of a replica with the reference, ``q``
        (mean :math:`m^2`), ``q_tilde``, ``free_entropy`` :math:`-\beta F`, ``local_entropy``
        :math:`-\beta F - \gamma S`, ``errors`` of :math:`\mathrm{sign}(m)`, ``iterations`` so far and ``restart``
        (0 in the first pass); a local search adds a record of its ``errors`` with NaN for what messages have. Entropies
        are in nats per weight and replica, of the replicas together with the
        reference,
        :math:`-\beta F = \log(\sum_{\tilde W}[\sum_W e^{-\beta E(W)+\gamma W\cdot\tilde W}]^y)/(Ny)`; they are
        those of a fixed point to second order in the slowness of the schedule.

    Raises
    ------
    MemoryError
        If messages on edges do not fit in memory.
    OSError
        If the checkpoint cannot be read or written.
    RuntimeError
        If the device is not there.
    TypeError, ValueError
        For arguments of the wrong type or out of range, and for a checkpoint that is damaged or of another run.

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
    options: Any = {"form": form, "iterations_per_step": iterations_per_step, "damping": damping, "beta": beta}
    options |= {"max_iter": max_iter, "entropies": entropies, "dtype": dtype, "device": device}
    return alone(begin(instance, schedule=schedule, steps=steps, rng=rng, checkpoint=checkpoint, **options))


def begin(
    instance: Instance,
    *,
    family: Family = "pseudo",
    schedule: str | Schedule | Iterable[tuple[float, float]] | None = None,
    steps: int | None = None,
    form: str = "amp",
    iterations_per_step: int | None = None,
    damping: float | None = None,
    beta: float = np.inf,
    max_iter: int | None = None,
    entropies: bool = False,
    dtype: DTypeLike | None = None,
    device: str | None = None,
    rng: Rng = None,
    checkpoint: str | os.PathLike[str] | None = None,
    progress: bool = True,
) -> Run:
    """Check the arguments of `focusing_bp` and begin passes of a family of schedules, or the given schedule."""
    if schedule is None and steps is not None:
        raise ValueError(f"steps={steps!r} is for a schedule given by name; without a schedule the steps are automatic")
    plan = None if schedule is None else as_schedule(schedule, steps)
    if form not in _METHODS:
        raise ValueError(f"form must be one of {', '.join(map(repr, _METHODS))}; got {form!r}")
    automatic = plan is None and form == "amp" and not instance.model.is_even
    if damping is None:
        damping = 0.95 if instance.model.is_even else 0.5
    if not 0 <= damping < 1:
        raise ValueError(f"damping must be in [0, 1); got {damping!r}")
    if not (np.ndim(beta) == 0 and beta >= 0):
        raise ValueError(f"beta must be a non-negative number (inf counts solutions); got {beta!r}")
    updates = _positive("iterations_per_step", iterations_per_step, 2 if form == "amp" and not automatic else 1)
    limit = _positive("max_iter", max_iter, _budget(instance, form) if plan is None else updates * len(plan))
    if checkpoint is not None and form != "amp":
        raise ValueError(f"checkpoint is for form='amp'; got form={form!r}")
    precision = np.dtype(dtype if dtype is not None else np.float32 if form == "amp" else np.float64)
    settings = {
        "schedule": family if plan is None else repr(plan),
        "iterations_per_step": updates,
        "damping": float(damping),
        "beta": repr(float(beta)),
        "max_iter": limit,
        "entropies": bool(entropies),
        "dtype": str(precision),
        "device": device,
        "seed": int(rng) if isinstance(rng, int | np.integer) else None,
    }
    file = None if checkpoint is None else Checkpoint(checkpoint, {"instance": fingerprint(instance)} | settings)
    source = generator(rng)
    method: Any = _METHODS[form]
    target = _tightened(instance) if plan is None else instance
    state = make_state(target, method, beta=beta, init=_INITIAL, dtype=precision, device=device, rng=source)
    bias = _random_bias(instance, source)
    focus = _Focus(instance, state, source, bias, updates, limit, float(damping), entropies, file, progress)
    return focus.solution(passes(family, instance.model.is_even) if plan is None else [plan], automatic=plan is None)


class _Focus:
    """A run: passes over schedules until no pattern is violated. Its boundaries lie between two steps."""

    def __init__(
        self,
        instance: Instance,
        state: State,
        rng: np.random.Generator,
        bias: Array,
        updates: int,
        limit: int,
        damping: float,
        entropies: bool,
        file: Checkpoint | None,
        progress: bool,
    ) -> None:
        self.instance, self.state, self.rng, self.bias = instance, state, rng, bias
        self.updates, self.limit, self.damping, self.entropies, self.file = updates, limit, damping, entropies, file
        self._bar: Any = {"disable": None if progress else True, "desc": "focusing BP", "unit": " iterations"}
        self.restart = self.position = self.done = 0
        self.best = self.weights = _signs(state)
        self.fewest = self.errors = instance.errors(self.best)
        self.candidate, self.least = self.best, self.errors
        self.records: list[tuple[float, ...]] = []
        self._boundary: dict[str, NDArray[Any]] = {}
        if file is not None and file.stored is not None:
            self._resume(file.stored)

    def solution(self, plans: Iterable[Schedule], automatic: bool) -> Run:
        """Run until the end, and remove the checkpoint."""
        try:
            status = yield from self._run(plans, automatic)
        except KeyboardInterrupt:
            if self.file is not None and self._boundary:
                self._write()
                raise KeyboardInterrupt(f"the same call goes on from {self.file.path}") from None
            raise
        if self.file is not None:
            self.file.remove()
        trace = np.array(self.records, dtype=TRACE)
        for array in (self.best, trace):
            array.flags.writeable = False
        return Solution(self.best, self.fewest, self.done, trace, status)

    def _run(self, plans: Iterable[Schedule], automatic: bool) -> Generator[Sweep, None, SolverStatus]:
        """Go through the passes from where the run is."""
        with tqdm(total=self.limit, delay=5, leave=False, **self._bar) as bar:
            for restart, plan in islice(enumerate(plans), self.restart, None):
                if restart > self.restart:
                    self._start(restart)
                for gamma, y in islice(plan, self.position, None):
                    if automatic and self.position and self.records[-1][_Q] > _FROZEN:
                        break
                    status = yield from self._step(gamma, y, self._noise(len(plan)))
                    if status is not None:
                        return status
                    self.position += 1
                    bar.set_postfix_str(f"{self.errors} errors left, {self.fewest} at best", refresh=False)
                    bar.update(self.done - bar.n)
                    if self.done >= self.limit and (automatic or self.position < len(plan)):
                        return SolverStatus.MAX_ITERATIONS
                    if self.file is not None:
                        self._boundary = self._snapshot()
                        if self.file.due:
                            self._write()
                if automatic and self.instance.is_binary and self._search():
                    return SolverStatus.SOLVED
        return SolverStatus.SCHEDULE_ENDED

    def _start(self, restart: int) -> None:
        """Fresh messages for another pass."""
        old = self.state.messages()
        fields = self.rng.uniform(-_INITIAL, _INITIAL, old.fields.shape)
        self.state.restore(Messages(old.method, fields, None if old.g is None else np.zeros_like(old.g)))
        self.restart, self.position = restart, 0
        self.least = self.instance.n_patterns + 1
        if self.instance.model.is_even:
            self.bias = _random_bias(self.instance, self.rng)

    def _noise(self, steps: int) -> float:
        """Standard deviation at the present step; none on an even constraint, whose fields start near zero."""
        return _NOISE * (1 - self.position / steps) if self.restart and not self.instance.model.is_even else 0.0

    def _step(self, gamma: float, y: float, noise: float) -> Generator[Sweep, None, SolverStatus | None]:
        """Updates at one pair, and their record; None if the run goes on."""
        field = self.bias + noise * self.rng.standard_normal(self.instance.n) if noise else self.bias
        status = None
        for _ in range(min(self.updates, self.limit - self.done)):
            yield Sweep(self.state, field + reference_field(weight_fields(self.state), gamma, y), self.damping)
            self.done += 1
            if not np.all(np.isfinite(weight_fields(self.state))):
                return SolverStatus.DIVERGED
            self._count_errors()
            if self.errors == 0:
                status = SolverStatus.SOLVED
                break
        measures = replica_measures(self.state, gamma, y, self.entropies)
        self.records.append((gamma, y, *measures, self.errors, self.done, self.restart))
        return status

    def _search(self) -> bool:
        """Repair the best configuration of the pass; whether that solves the instance."""
        self.weights = local_search(self.instance, self.candidate, rng=self.rng)
        self._account()
        measures = _Measures(*[np.nan] * len(_Measures._fields))
        self.records.append((np.nan, np.nan, *measures, self.errors, self.done, self.restart))
        return self.errors == 0

    def _count_errors(self) -> None:
        weights = _signs(self.state)
        if not np.array_equal(weights, self.weights):
            self.weights = weights
            self._account()

    def _account(self) -> None:
        """Errors of the present weights, and whether they are the best ones."""
        self.errors = self.instance.errors(self.weights)
        if self.errors < self.least:
            self.candidate, self.least = self.weights, self.errors
        if self.errors < self.fewest:
            self.best, self.fewest = self.weights, self.errors

    def _snapshot(self) -> dict[str, NDArray[Any]]:
        """Everything that the rest of the run depends on."""
        messages = self.state.messages()
        assert messages.g is not None
        return {
            "fields": messages.fields,
            "g": messages.g,
            "bias": self.bias,
            "rng": np.asarray(json.dumps(self.rng.bit_generator.state)),
            "progress": np.array([self.restart, self.position, self.done, len(self.records)]),
            "best": self.best,
            "candidate": self.candidate,
        }

    def _write(self) -> None:
        """Write the last boundary: after an interruption inside a step, the one before."""
        assert self.file is not None
        steps = int(self._boundary["progress"][-1])
        self.file.write(self._boundary | {"trace": np.array(self.records[:steps], dtype=TRACE)})

    def _resume(self, stored: Mapping[str, NDArray[Any]]) -> None:
        self.state.restore(Messages("amp", stored["fields"], stored["g"]))
        self.bias = stored["bias"]
        self.rng.bit_generator.state = json.loads(str(stored["rng"]))
        self.restart, self.position, self.done, _ = (int(number) for number in stored["progress"])
        self.records = [record.item() for record in stored["trace"]]
        self.best, self.candidate, self.weights = stored["best"], stored["candidate"], _signs(self.state)
        configurations = self.best, self.candidate, self.weights
        self.fewest, self.least, self.errors = map(self.instance.errors, configurations)


class _Measures(NamedTuple):
    overlap: float
    q: float
    q_tilde: float
    free_entropy: float
    local_entropy: float


def replica_measures(state: State, gamma: float, y: float, entropies: bool) -> _Measures:
    r"""Overlaps and entropies of the replicated system.

    Bethe free entropy per weight and replica: that of one replica in the field `u` of the reference, with the term
    :math:`\log2\cosh(B+u)` of each weight replaced by
    :math:`\log2\cosh B - \log2\cosh f + y^{-1}\log2\cosh yf + \log2\cosh\gamma`, :math:`f = f(B)`.
    """
    fields = weight_fields(state)
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
    size = np.abs(x)
    return np.asarray(size + np.log1p(np.exp(-2 * size)))


def weight_fields(state: State) -> Array:
    """Fields of the patterns on the weights."""
    if isinstance(state, AmpState):
        return state.fields
    assert isinstance(state, EdgeState)
    return state.sums


def _signs(state: State) -> NDArray[np.int8]:
    """Signs of the magnetisations, which are those of the fields: the reference never outweighs them."""
    return np.where(weight_fields(state) < 0, -1, 1).astype(np.int8)


def _random_bias(instance: Instance, rng: np.random.Generator) -> Array:
    return rng.uniform(-_BIAS, _BIAS, instance.n) if instance.model.is_even else np.zeros(instance.n)


def _tightened(instance: Instance) -> Instance:
    """The same patterns with their least allowed sum as the margin; the instance itself where there is no such sum."""
    if instance.bits is None or instance.constraint != "margin":
        return instance
    return Instance.from_bits(instance.bits, instance.n, kappa=int(edges(instance)[0, 0]) / float(np.sqrt(instance.n)))


def _budget(instance: Instance, form: str) -> int:
    """Iterations of automatic passes."""
    least, most = _BUDGET
    return int(np.clip(_WORK / (instance.n * instance.n_patterns), least, most)) if form == "amp" else least


def _positive(name: str, value: int | None, default: int) -> int:
    if value is None:
        return default
    if not (isinstance(value, int | np.integer) and value >= 1):
        raise ValueError(f"{name} must be a positive integer; got {value!r}")
    return int(value)
