"""What a state of messages is, and how it is driven to a fixed point."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

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
from replica_theory.results.contents import checked_contents
from replica_theory.typing import Array, Real

Schedule = Literal["parallel", "sequential"]
Method = Literal["gaussian", "exact", "amp"]
ROUNDING = 1e-12  # a Bethe entropy of exactly zero (a unique solution) may come out negative by this much
TOL = {np.dtype(np.float64): 1e-9, np.dtype(np.float32): 5e-6}
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
        Message fields :math:`\eta_{ai}`, shape (P, N); for "amp" the node fields `B`, shape (N,).
    g : array or None
        For "amp", the output terms, shape (P,).
    """

    method: str
    fields: Array
    g: Array | None = None

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

    def relax(self, state: State, field: Array) -> tuple[float, int]:
        """Sweep until the residual is at most `tol`, a contradiction, or `max_iter`; residual and number of sweeps."""
        residual, iterations = np.inf, 0
        while iterations < self.max_iter and residual > self.tol and not state.contradiction:
            residual = state.sweep(field, self.damping)
            iterations += 1
        return residual, iterations


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


class State(Protocol):
    """Messages of one form, updated in place.

    Attributes
    ----------
    fields : array, shape (N,)
        Fields of the constraints on the weights, without any external field.
    shared : hashable
        Equal for states whose sweeps can share one pass over the constraints (``sweep_together`` of their class).
    """

    fields: Array
    shared: Hashable

    def sweep(self, field: Array, damping: float) -> float:
        """Update every message once; return the largest undamped change of a message field or a magnetisation."""

    def measure(self, field: Array) -> tuple[Array, float, Array]:
        r"""Magnetisations, free entropy :math:`\Phi`, and log-probability that each constraint is satisfied."""

    def snapshot(self) -> Messages:
        """Read-only copy of the messages."""

    def restore(self, messages: Messages) -> None:
        """Go back to earlier messages."""

    @property
    def contradiction(self) -> bool:
        """Whether the last sweep found a constraint that must be violated although ``beta=inf``."""


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
        return init.fields.astype(dtype), init.g
    amplitude: Any = 0.0 if init is None else init
    size = checked_number("init", amplitude, _AMPLITUDE, kind="Messages, or a finite non-negative amplitude")
    fields = np.zeros(shape, dtype)
    if size:
        random = generator(rng)
        for row in np.atleast_2d(fields):  # the same numbers in either precision, without a copy of them all
            row[:] = random.uniform(-size, size, shape[-1])
    return fields, None
