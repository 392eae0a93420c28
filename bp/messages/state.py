"""What a state of messages is, and how it is driven to a fixed point."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, cast, runtime_checkable

import numpy as np
from numpy.typing import DTypeLike

from bp.problems.problem import Problem
from bp.randomness import Rng, generator
from replica_theory.arguments import (
    FRACTION,
    NON_NEGATIVE,
    POSITIVE,
    Allowed,
    checked_beta,
    checked_integer,
    checked_number,
    shown,
)
from replica_theory.models.weights import BINARY, DiscreteWeights, Weights
from replica_theory.results.contents import checked_contents
from replica_theory.status import Status
from replica_theory.typing import Array, Real

logger = logging.getLogger(__name__)

Schedule = Literal["parallel", "sequential"]
Method = Literal["gaussian", "exact", "amp"]
Form = Literal["gaussian", "exact", "amp", "survey"]
SLACK = 1e-9  # by which an entropy or an energy may leave its range: what messages at residual tol leave open
ROUNDING = 1e-12  # a Bethe entropy of exactly zero (a unique solution) may come out negative by this much
TOL = {np.dtype(np.float64): 1e-9, np.dtype(np.float32): 5e-6}
_RUNAWAY = 1e4  # fields beyond 20 are saturated, and hard ones are kept below 1000 a constraint
_STALLED = 100  # sweeps
_SMALL = 1e-3  # residual below which a run that sets no new record may still be passing an unstable fixed point
_AMPLITUDE = Allowed("be Messages, or a finite non-negative amplitude", lambda x: (x >= 0) & (x < np.inf))
FLOOR = {np.dtype(np.float64): 0.0, np.dtype(np.float32): 2e-6}  # least residual that rounding lets a run reach


@dataclass(frozen=True, eq=False)
class Messages:
    r"""State of the messages, good for ``init=`` of another run on an instance of the same shape.

    Attributes
    ----------
    method : str
        The method that made them; "gaussian" and "exact" may start each other.
    fields : array
        Message fields :math:`\eta_{ai}`, shape (P, N); for "amp" the node fields `B`, shape (N,); of clauses, one a
        literal.
    g : array or None
        For "amp", the output terms, shape (P,); of clauses, the messages as they are kept, one a literal.
    precisions : array or None
        For "amp" and weights other than ±1, the precisions :math:`A_i`, shape (N,).
    """

    method: str
    fields: Array
    g: Array | None = None
    precisions: Array | None = None

    def __post_init__(self) -> None:
        checked_contents(self)

    def randomized(self, rng: Rng, amplitude: float) -> Messages:
        """Fresh messages of the same shapes: fields uniform in plus or minus `amplitude`, output terms zero."""
        size = checked_number("amplitude", amplitude, NON_NEGATIVE)
        fields = generator(rng).uniform(-size, size, self.fields.shape)
        return Messages(self.method, fields, None if self.g is None else np.zeros_like(self.g))


@dataclass(frozen=True)
class Control:
    """Checked settings of a run, and the loop they control."""

    method: str
    beta: float
    damping: float
    tol: float
    max_iter: int

    def __post_init__(self) -> None:
        if not isinstance(self.method, str):
            raise TypeError(f"method must be the name of a form of messages; got {shown(self.method)}")
        checked_beta(self.beta)
        checked_number("damping", self.damping, FRACTION)
        checked_number("tol", self.tol, POSITIVE)
        checked_integer("max_iter", self.max_iter)

    def relax(
        self,
        state: State,
        field: Array,
        start: Callable[[], Messages | None] = lambda: None,
        attempt: int = 0,
        hopeless: Callable[[], object] = lambda: False,
        once: bool = False,
    ) -> Outcome:
        """Sweep until the residual is at most `tol`, or for `max_iter` sweeps in all.

        A run in trouble (`_Watch`) goes back to its start and tries again, with more damping or constraint by
        constraint: see `attempts`. The last attempt may oscillate as long as it likes.

        Parameters
        ----------
        state, field
            What to sweep, and the external fields.
        start : callable
            Gives the messages to go back to; all zero by default.
        attempt : int
            The first of the `attempts` to make.
        hopeless : callable
            Whether it is proved that there are no solutions, asked where the first attempt fails.
        once : bool
            Make this attempt only, and end it as soon as it is in trouble.
        """
        residual, iterations, usual = np.inf, 0, state.schedule
        plan = self.attempts(state)
        try:
            for number in range(attempt, attempt + 1 if once else len(plan)):
                if number > attempt:
                    if number == attempt + 1 and hopeless():
                        return Outcome(residual, iterations, Status.UNSATISFIABLE, attempt)
                    state.restore(start())
                    logger.info("messages in trouble after %d sweeps; on with %s", iterations, words(plan[number]))
                damping, state.schedule = plan[number]
                watch = _Watch(patient=number == len(plan) - 1 and not once)
                while iterations < self.max_iter:
                    residual = state.sweep(field, damping)
                    iterations += 1
                    if state.contradiction or watch.sees_trouble(residual):
                        break
                    if residual <= self.tol:
                        return Outcome(residual, iterations, Status.CONVERGED, number)
                else:
                    status = Status.UNSATISFIABLE if number == attempt and hopeless() else Status.MAX_ITERATIONS
                    return Outcome(residual, iterations, status, number)
            return Outcome(residual, iterations, Status.SATURATED, number)
        finally:
            state.schedule = usual

    def attempts(self, state: State) -> list[tuple[float, Schedule]]:
        """Damping and schedule of each attempt: as asked for, then more and more careful.

        Parallel updates feel the common mode of correlated patterns P times over and overshoot; damping by four times
        as much, or updates one constraint at a time, tame it. Sequential ones need fewer sweeps.
        """
        keep, usual = 1.0 - self.damping, state.schedule
        careful: list[tuple[float, Schedule]] = [(self.damping, usual), (1.0 - keep / 4, usual)]
        if usual == "parallel" and "sequential" in state.schedules:
            careful += [(self.damping, "sequential"), (1.0 - keep / 4, "sequential")]
        return [*careful, (1.0 - keep / 16, usual), (1.0 - keep / 64, usual)]


class Outcome(NamedTuple):
    """How `Control.relax` ended.

    Attributes
    ----------
    residual : float
    iterations : int
        Sweeps of all attempts.
    status : Status
        ``CONVERGED``, ``MAX_ITERATIONS``, ``SATURATED`` where every attempt ran into trouble, or ``UNSATISFIABLE``.
    attempt : int
        Number of the last one.
    """

    residual: float
    iterations: int
    status: Status
    attempt: int


class _Watch:
    """Sees from its residuals whether a run is in trouble: no number, running away, or stalled far from a fixed point.

    Runs that converge set a new least residual every 50 sweeps at least. One that sets none in 100 sweeps, none of
    which is small either (it may be leaving an unstable fixed point), oscillates.
    """

    def __init__(self, patient: bool) -> None:
        self._patient, self._least, self._since, self._recent = patient, np.inf, 0, np.inf

    def sees_trouble(self, residual: float) -> bool:
        """Take the residual of one more sweep."""
        if not residual < _RUNAWAY:
            return True
        self._since, self._recent = self._since + 1, min(self._recent, residual)
        if residual < self._least:
            self._least, self._since, self._recent = residual, 0, np.inf
        if self._patient or self._since < _STALLED:
            return False
        oscillates = self._recent > _SMALL
        self._since, self._recent = 0, np.inf
        return oscillates


def words(attempt: tuple[float, Schedule]) -> str:
    """An attempt in words."""
    return f"{attempt[1]} updates at damping {attempt[0]:g}"


def checked_graphical(problem: Any) -> Any:
    """The problem, if messages can be passed on it.

    Raises
    ------
    TypeError
        If it is no problem, or one without messages.
    """
    if not (isinstance(problem, Problem) and isinstance(problem, Graphical)):
        raise TypeError(f"problem must be one with messages, such as bp.Instance; got {shown(problem)}")
    return problem


def form_of(problem: Any, method: str | None) -> str:
    """The form asked for, or the first that a problem has."""
    return str(problem.forms[0]) if method is None else method


class State(Protocol):
    """Messages of one form, updated in place.

    Attributes
    ----------
    fields : array, shape (N,)
        Fields of the constraints on the weights, without any external field.
    shared : hashable
        Equal for states whose sweeps can share one pass over the constraints (``sweep_together`` of their class).
    schedule : {"parallel", "sequential"}
        How a sweep goes through the constraints; one of `schedules`, and may be changed.
    schedules : tuple of str
    """

    fields: Array
    shared: Hashable
    schedule: Schedule
    schedules: tuple[Schedule, ...]

    def sweep(self, field: Array, damping: float) -> float:
        """Update every message once; return the largest undamped change of a message field or a magnetisation."""

    def measure(self, field: Array) -> tuple[Array, float, Array]:
        r"""Magnetisations, free entropy :math:`\Phi`, and log-probability that each constraint is satisfied."""

    def snapshot(self) -> Messages:
        """Read-only copy of the messages."""

    def restore(self, messages: Messages | None) -> None:
        """Go back to earlier messages, or to none: all zero."""

    @property
    def contradiction(self) -> bool:
        """Whether the last sweep met a constraint of probability zero although ``beta=inf``.

        Messages that overshoot do so as well as constraints that cannot be satisfied: it proves nothing.
        """


@runtime_checkable
class Graphical(Protocol):
    """Problems that messages can be passed on."""

    n: int

    @property
    def forms(self) -> tuple[str, ...]:
        """Names of the forms of messages."""

    def messages(self, method: str, **options: Any) -> State:
        """Fresh messages of a form.

        Options that every form takes: `beta`, the inverse temperature; `init`, earlier messages or the amplitude of
        uniform random fields; `rng`, their source. A form may take more.
        """


def log_weights(log_p: Array, beta: float) -> Array:
    r""":math:`\log[e^{-\beta} + (1-e^{-\beta})P]` from :math:`\log P`."""
    if beta == np.inf:
        return log_p
    if beta == 0:
        return np.zeros_like(log_p)
    return np.asarray(np.logaddexp(-beta, np.log(-np.expm1(-beta)) + log_p))


def energy_per_pattern(log_p: Array, beta: float) -> float:
    """Thermal fraction of violated patterns."""
    if beta == np.inf:
        return 0.0
    return float(np.mean(np.exp(-beta - log_weights(log_p, beta)) * -np.expm1(np.minimum(log_p, 0.0))))


def judged(entropy: float, energy: float, *, counts: bool = True, weights: Weights = BINARY) -> Status:
    """The outcome of messages that converged, by their entropy per weight and energy per pattern.

    Parameters
    ----------
    entropy, energy : float
    counts : bool
        Whether the entropy is one, which cannot be above that of all weights, rather than a free entropy.
    weights : Weights
        What is counted; an entropy on the sphere may be negative.
    """
    limit = most_entropy(weights) + SLACK if counts else np.inf
    if not (entropy <= limit and -SLACK <= energy <= 1.0 + SLACK):
        return Status.UNPHYSICAL
    return Status.of(entropy if weights.counts else 0.0, rounding=ROUNDING)


def most_entropy(weights: Weights) -> float:
    """Entropy of a weight without constraints, of all levels alike."""
    return float(np.log(len(weights.levels))) if isinstance(weights, DiscreteWeights) else weights.log_measure


class Moments(NamedTuple):
    r"""What weights have beside their means: :math:`Q = \frac1N\sum_i\langle w_i^2\rangle`, and the mean log-prior."""

    square: float = 1.0
    log_prior: float = 0.0


@runtime_checkable
class Weighted(Protocol):
    """States of messages on weights other than ±1.

    Attributes
    ----------
    tie : float
        What holds the mean square of levels: see `bp.messages.channel.ChannelState`.
    """

    tie: float

    def moments(self, field: Array) -> Moments:
        """Mean square and mean log-prior of the weights, in external fields."""


def moments_of(state: State, field: Array) -> Moments:
    """Those of a state; of ±1 they are known."""
    return state.moments(field) if isinstance(state, Weighted) else Moments()


def weights_of(problem: Problem) -> Weights:
    """What the weights of a problem may be."""
    return BINARY if problem.domain == "spins" else cast(Weights, problem.model.weights)


def checked_dtype(dtype: DTypeLike) -> np.dtype[Any]:
    """The precision of messages: double or single."""
    try:
        checked = None if dtype is None else np.dtype(dtype)
    except Exception:  # numpy raises several kinds
        checked = None
    if checked is None or checked not in TOL:
        raise ValueError(f"dtype must be float64 or float32; got {shown(dtype) if checked is None else checked}")
    return checked


def frozen(array: Array) -> Array:
    """The array, read-only from now on."""
    array.flags.writeable = False
    return array


def initial_fields(
    init: Messages | float | None, method: str, shape: tuple[int, ...], dtype: DTypeLike, rng: Rng
) -> tuple[Real, Array | None]:
    """Fields to start from, and the output terms that came with them.

    Raises
    ------
    TypeError, ValueError
        If `init` is neither messages that can start this form nor an amplitude.
    """
    if isinstance(init, Messages):
        if (init.method == "amp") != (method == "amp"):
            raise ValueError(f"init holds messages of method {init.method!r}, which cannot start {method!r}")
        if init.fields.shape != shape:
            raise ValueError(f"init must hold message fields of shape {shape}; got shape {init.fields.shape}")
        for what, values in (("message fields", init.fields), ("output terms g", init.g)):
            if values is not None and not np.all(np.isfinite(values)):
                raise ValueError(f"init must hold finite {what}; got {values[~np.isfinite(values)][0]}")
        return init.fields.astype(dtype), init.g
    amplitude: Any = 0.0 if init is None else init
    size = checked_number("init", amplitude, _AMPLITUDE, kind="Messages, or a finite non-negative amplitude")
    fields = np.zeros(shape, dtype)
    if size:
        random = generator(rng)
        for row in np.atleast_2d(fields):  # the same numbers in either precision, without a copy of them all
            row[:] = random.uniform(-size, size, shape[-1])
    return fields, None
