r"""Belief propagation: magnetisations and Bethe entropy of the solutions of one instance.

Every method runs the same loop on a *state* with three verbs (`sweep`, `log_p`/`free_entropy`, `messages`): edge states
keep a message per pattern and weight, the AMP state keeps node variables.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, get_args

import numba
import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from bp import _kernels
from bp._amp import Amp, amp_free_entropy
from bp.instance import Instance, Rng, generator
from bp.memory import require_memory
from replica_theory.status import ConvergenceError, Status

Array = NDArray[np.float64]
Real = NDArray[Any]
Schedule = Literal["parallel", "sequential"]
Method = Literal["gaussian", "exact", "amp"]
OnFailure = Literal["raise", "return"]

_ROUNDING = 1e-12  # a Bethe entropy of exactly zero (a unique solution) may come out negative by this much
_SLACK = 1e-12  # rounding of sqrt(N) kappa when an integer field sits on the margin, as in Instance.errors
_TOL = {np.dtype(np.float64): 1e-9, np.dtype(np.float32): 5e-6}
_FLOOR = {np.dtype(np.float64): 0.0, np.dtype(np.float32): 2e-6}  # least residual that rounding lets a run reach


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

    method: Method
    fields: Array
    g: Array | None = None


@dataclass(frozen=True, eq=False)
class BPResult:
    r"""Fixed point of belief propagation; entropies in nats per weight.

    Attributes
    ----------
    magnetizations : array, shape (N,)
        Mean weights :math:`m_i`; NaN when messages contradict each other (with "exact" messages no
        configuration satisfies all then; "gaussian" ones may do so on small instances that have solutions).
    entropy : float
        Bethe entropy of the configurations, :math:`s = \Phi + \beta\alpha e - \frac1N\sum_i\theta_im_i`.
    free_entropy : float
        Bethe free entropy, :math:`N\Phi = \log\sum_W e^{-\beta E(W) + \theta\cdot W}`.
    energy : float
        Mean fraction of violated patterns, `e`.
    overlap : float
        Self-overlap :math:`q = \frac1N\sum_i m_i^2`.
    residual : float
        Largest change of a message field or of a magnetisation in the last sweep, as if undamped.
    iterations : int
        Number of sweeps.
    status : Status
        How it ended: ``CONVERGED``, ``NEGATIVE_ENTROPY`` (converged, but no solutions are expected) or
        ``MAX_ITERATIONS``.
    messages : Messages
        State for a warm start, ``init=result.messages``.
    """

    magnetizations: Array
    entropy: float
    free_entropy: float
    energy: float
    overlap: float
    residual: float
    iterations: int
    status: Status
    messages: Messages

    @property
    def converged(self) -> bool:
        """Whether the residual fell below the tolerance."""
        return self.status.ok


def belief_propagation(
    instance: Instance,
    method: Method = "gaussian",
    *,
    beta: float = np.inf,
    field: ArrayLike | None = None,
    schedule: Schedule = "parallel",
    damping: float = 0.2,
    tol: float | None = None,
    max_iter: int = 1000,
    init: Messages | float | None = None,
    dtype: DTypeLike = np.float64,
    device: str | None = None,
    rng: Rng = None,
    on_failure: OnFailure = "raise",
    memory_limit: float | None = None,
) -> BPResult:
    r"""Run belief propagation on an instance, to a fixed point of its messages.

    The measure is :math:`\propto \prod_a f_a(\xi^a\cdot W)\prod_i e^{\theta_iW_i}` with :math:`f_a = 1` if pattern `a`
    is satisfied and :math:`e^{-\beta}` if not. With :math:`F_\pm` the mean of :math:`f_a` at
    :math:`W_i=\pm1` over the other weights, drawn independently with the cavity magnetisations
    :math:`h_i = \tanh(H_i - \eta_{ai})`,

    .. math:: \eta_{ai} = \tfrac12\log(F_+/F_-), \qquad H_i = \theta_i + \sum_a\eta_{ai}, \qquad m_i = \tanh H_i,

    and with :math:`Z_a` the mean of :math:`f_a` over all weights of the pattern the Bethe free entropy is

    .. math:: N\Phi = \sum_a\log Z_a + \sum_i\log 2\cosh H_i + \sum_{ia}[\log\cosh(H_i-\eta_{ai}) - \log\cosh H_i],

    exact on trees.

    Parameters
    ----------
    instance : Instance
    method : {"gaussian", "exact", "amp"}
        ``"gaussian"``: messages on edges, :math:`F_\pm` with a Gaussian field (error :math:`O(1/N)` in `m` and
        :math:`\Phi`); any patterns; O(PN) a sweep. ``"exact"``: no approximation, patterns with entries in
        {-1, 0, 1} only; O(PN²) a sweep. ``"amp"``: node variables only, equal to ``"gaussian"`` up to
        :math:`O(1/N)` for independent random patterns; O(PN) a sweep, no memory beyond the instance.
    beta : float, default inf
        Inverse temperature; ``inf`` counts solutions.
    field : array_like, shape (N,), optional
        External fields :math:`\theta_i`; none by default.
    schedule : {"parallel", "sequential"}
        Update all messages at once, on all cores; or pattern by pattern in a fresh random order every sweep, on one
        core, each pattern seeing the updates of those before it (messages on edges only).
    damping : float in [0, 1), default 0.2
        Weight of the old message field (of the old node field for ``"amp"``); 0 is undamped.
    tol : float, optional
        The run ends when `BPResult.residual` is at most this: by default 1e-9 in double and 5e-6 in single precision,
        where rounding leaves residuals of some 1e-6 and `tol` must be at least 2e-6.
    max_iter : int, default 1000
        Largest number of sweeps.
    init : Messages or float, optional
        Messages of an earlier result, or the amplitude of uniform random initial fields; zero fields by default (for
        the symmetric constraint without field, zero is itself a fixed point).
    dtype : {float64, float32}
        Precision of the messages, which take two (with the copy in the result) times PN numbers of it, beside PN
        bytes of unpacked ±1 patterns. Single precision is exact to some 1e-5. For ``"amp"`` the precision of the
        products with the patterns.
    device : str, optional
        Where ``"amp"`` forms these products: a device of torch (``"cuda"``, ``"cpu"``, ...) or ``"cupy"``, as for
        `bp.arrays.namespace`; by default the host, straight from the bits.
    rng : int, SeedSequence, Generator or None
        Source of the random initial fields and of the sequential orders.
    on_failure : {"raise", "return"}
        What to do when the run does not converge.
    memory_limit : float, optional
        Bytes that messages on edges may take; by default what the system has available.

    Returns
    -------
    BPResult
        Its status is ``NEGATIVE_ENTROPY`` where the Bethe entropy is below zero, `converged` still being true. When
        the messages force a pattern to be violated at ``beta=inf`` the run stops there with entropy ``-inf``.

    Raises
    ------
    ConvergenceError
        If `max_iter` sweeps are not enough; it carries the result.
    MemoryError
        If the messages on edges do not fit in memory (estimated before any work).
    RuntimeError
        If the device is not there.
    ValueError, TypeError
        For a bad argument.

    References
    ----------
    Braunstein and Zecchina, PRL 96, 030201 (2006); Kabashima, J. Phys. A 36, 11111 (2003) for the node variables.

    Examples
    --------
    A single pattern is a tree. On three weights, half of the configurations have :math:`W_1+W_2+W_3 \ge 0`:

    >>> import numpy as np
    >>> result = belief_propagation(Instance([[1, 1, 1]]), method="exact")
    >>> bool(np.isclose(3 * result.entropy, np.log(4))), result.magnetizations
    (True, array([0.5, 0.5, 0.5]))
    """
    precision = _checked_dtype(dtype)
    tol = _TOL[precision] if tol is None else tol
    control = Control(method, beta, damping, tol, max_iter)
    if tol < _FLOOR[precision]:
        raise ValueError(f"tol must be at least {_FLOOR[precision]:g} for dtype={precision}; got {tol!r}")
    _choice("on_failure", on_failure, get_args(OnFailure))
    if not isinstance(instance, Instance):
        raise TypeError(f"instance must be an Instance; got {type(instance).__name__}")
    theta = _checked_field(field, instance.n)
    options: Any = {"schedule": schedule, "dtype": precision, "device": device, "memory_limit": memory_limit}
    state = make_state(instance, method, beta=control.beta, init=init, rng=rng, **options)
    residual, iterations = control.relax(state, theta)
    result = _result(instance, state, control.beta, theta, residual, iterations, residual <= tol)
    if not result.converged and on_failure == "raise":
        raise ConvergenceError(
            f"belief propagation (method={method!r}) did not converge: residual {residual:.2g} > tol={tol:g} after "
            f"{iterations} sweeps at damping={damping:g}; raise damping or max_iter",
            result,
        )
    return result


@dataclass(frozen=True)
class Control:
    """Checked settings of a run, and the loop they control."""

    method: Method
    beta: float
    damping: float
    tol: float
    max_iter: int

    def __post_init__(self) -> None:
        _choice("method", self.method, get_args(Method))
        _number("beta", self.beta, "non-negative (inf counts solutions)", lambda x: x >= 0)
        _number("damping", self.damping, "in [0, 1)", lambda x: 0 <= x < 1)
        _number("tol", self.tol, "positive and finite", lambda x: 0 < x < np.inf)
        if not isinstance(self.max_iter, int | np.integer) or isinstance(self.max_iter, bool):
            raise TypeError(f"max_iter must be a positive integer; got {self.max_iter!r}")
        if self.max_iter < 1:
            raise ValueError(f"max_iter must be a positive integer; got {self.max_iter!r}")

    def relax(self, state: State, field: Array) -> tuple[float, int]:
        """Sweep until the residual is at most `tol`, a contradiction, or `max_iter`; residual and number of sweeps."""
        residual, iterations = np.inf, 0
        while iterations < self.max_iter and residual > self.tol and not state.contradiction:
            residual = state.sweep(field, self.damping)
            iterations += 1
        return residual, iterations


class State(Protocol):
    """Messages of one method, updated in place."""

    def sweep(self, field: Array, damping: float) -> float:
        """Update every message once; return the largest undamped change of a message field or a magnetisation."""

    def measure(self, field: Array) -> tuple[Array, float, Array]:
        r"""Magnetisations, free entropy :math:`\Phi`, and log-probability that each pattern is satisfied."""

    def messages(self) -> Messages:
        """Read-only copy of the messages."""

    def restore(self, messages: Messages) -> None:
        """Go back to earlier messages."""

    @property
    def contradiction(self) -> bool:
        """Whether the last sweep found a pattern that must be violated although ``beta=inf``."""


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
        Source of the sequential orders.
    fast : bool
        Evaluate ``"gaussian"`` messages of ±1 patterns by a polynomial per row where that is exact to rounding.

    Attributes
    ----------
    eta : array, shape (P, N)
    sums : array, shape (N,), float64
        Fields of all patterns on each weight, :math:`\sum_a\eta_{ai}`.
    log_p : array, shape (P,)
        Log-probability that each pattern is satisfied, of the messages before the last sweep (or in it, if sequential).
    """

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
        self.sums, self._bounds = _account(eta)
        self.log_p = np.zeros(instance.n_patterns)
        self._xi, self._method, self._beta = instance.xi, method, beta
        self._schedule, self._rng = schedule, generator(rng)
        lower, upper = (np.sqrt(instance.n) * bound for bound in instance.interval)
        slack = _SLACK * max(1.0, abs(lower)) if method == "exact" else 0.0
        self._interval = (lower - slack, upper + slack)
        self._fast = fast and instance.is_binary
        nodes = _kernels.NODES if eta.dtype == np.float64 else _kernels.NODES_SINGLE
        self._rule = _kernels.chebyshev_rule(nodes)

    def sweep(self, field: Array, damping: float) -> float:
        """Update every message once; return the largest undamped change of a field or magnetisation."""
        before = np.tanh(field + self.sums)
        advance = self._parallel if self._schedule == "parallel" else self._sequential
        change = advance(field, damping)
        moved = np.max(np.abs(np.tanh(field + self.sums) - before)) / (1.0 - damping) if damping < 1.0 else 0.0
        return float(max(change, moved))

    def _parallel(self, field: Array, damping: float) -> float:
        total, blocks = field + self.sums, _kernels.block_count(len(self.eta))
        partial, change = np.empty((blocks, len(total)), self.eta.dtype), np.empty(blocks)
        tail = (*self._interval, self._beta, damping)
        if self._method == "exact":
            _kernels.exact_sweep(self._xi, self.eta, total, *tail, self.log_p, partial, change)
        else:
            head = (self._xi, self.eta, total, self._tanh(total), self._bounds)
            _kernels.gaussian_sweep(*head, *tail, self._fast, self._rule, self.log_p, partial, change)
        self.sums = np.sum(partial, axis=0, dtype=np.float64)
        return float(np.max(change))

    def _sequential(self, field: Array, damping: float) -> float:
        total, sums = field + self.sums, np.empty((1, len(field)))
        order = self._rng.permutation(len(self.eta))
        tail = (*self._interval, self._beta, damping)
        if self._method == "exact":
            change = _kernels.exact_sequence(order, self._xi, self.eta, total, *tail, self.log_p, sums)
        else:
            head = (self._xi, self.eta, total, self._tanh(total), self._bounds)
            change = _kernels.gaussian_sequence(order, *head, *tail, self._fast, self._rule, self.log_p, sums)
        self.sums = sums[0]
        return float(change)

    def _tanh(self, total: Array) -> Real:
        return np.tanh(total).astype(self.eta.dtype, copy=False)

    def measure(self, field: Array) -> tuple[Array, float, Array]:
        r"""Magnetisations, free entropy :math:`\Phi` and log-probabilities of the patterns, messages unchanged."""
        total, terms = field + self.sums, np.empty(len(self.eta))
        m = self._tanh(total)
        if self._method == "exact":
            self._parallel(field, 1.0)
            _kernels.edge_terms(self.eta, total, m, _account(self.eta)[1], terms)
        else:
            rows = (total, m, self._bounds, *self._interval)
            _kernels.gaussian_measure(self._xi, self.eta, *rows, self._fast, self.log_p, terms)
        patterns = log_weights(self.log_p, self._beta)
        phi = (np.sum(patterns) + np.sum(terms) + np.sum(np.logaddexp(total, -total))) / len(total)
        return np.tanh(total), float(phi), self.log_p

    def messages(self) -> Messages:
        """Read-only copy of the messages."""
        return Messages(self._method, _frozen(self.eta.copy()))

    def restore(self, messages: Messages) -> None:
        """Go back to earlier messages."""
        self.eta[:] = messages.fields
        self.sums, self._bounds = _account(self.eta)

    @property
    def contradiction(self) -> bool:
        """Whether the last sweep found a pattern that must be violated although ``beta=inf``."""
        return self._beta == np.inf and bool(np.any(np.isneginf(self.log_p)))


class AmpState:
    """Node variables of AMP: fields `B` (N,) of the patterns on the weights and output terms `g` (P,)."""

    contradiction = False
    shared: Hashable
    """Equal for states whose sweeps can share a pass over the patterns (`sweep_together`)."""

    def __init__(
        self,
        instance: Instance,
        fields: Array,
        g: Array,
        *,
        beta: float = np.inf,
        dtype: Any = np.float64,
        device: str | None = None,
    ) -> None:
        self.fields, self.g = fields, g
        self._amp, self._model, self._beta = Amp(instance, beta, dtype, device), instance.model, beta
        patterns = instance.real if instance.bits is None else instance.bits
        self.shared = (id(patterns), instance.interval, beta, np.dtype(dtype), device)

    def sweep(self, field: Array, damping: float) -> float:
        """One step, the fields damped; returns the largest undamped change of a field or magnetisation."""
        step = self._amp.step(np.tanh(field + self.fields), self.g)
        return self._advance(step.fields, step.g, damping)

    def _advance(self, fields: Array, g: Array, damping: float) -> float:
        """Take the outcome of a step."""
        change = np.max(np.abs(fields - self.fields))
        change = max(change, np.max(np.abs(g - self.g)) / np.sqrt(len(fields)))
        self.fields = self.fields + (1.0 - damping) * (fields - self.fields)
        self.g = g
        return float(change)

    def measure(self, field: Array) -> tuple[Array, float, Array]:
        r"""Magnetisations, free entropy :math:`\Phi` and log-probabilities of the patterns, messages unchanged."""
        m = np.tanh(field + self.fields)
        step = self._amp.step(m, self.g)
        log_p = step.log_weight
        if self._beta < np.inf:
            log_p = self._model.log_kernel(step.omega, np.sqrt(step.variance)).log
        return m, amp_free_entropy(step, m, self.g, field), log_p

    def messages(self) -> Messages:
        """Read-only copy of the messages."""
        return Messages("amp", _frozen(self.fields.copy()), _frozen(self.g.copy()))

    def restore(self, messages: Messages) -> None:
        """Go back to earlier messages."""
        assert messages.g is not None
        self.fields, self.g = messages.fields.copy(), messages.g.copy()


def sweep_together(states: Sequence[AmpState], fields: Sequence[Array], dampings: Sequence[float]) -> list[float]:
    """Sweep states of equal `shared` in one pass over their patterns; each comes out as from a sweep of its own.

    Equal bit for bit for ±1 patterns on the host, to rounding otherwise (the BLAS adds up in another order).
    """
    m = np.stack([np.tanh(field + state.fields) for state, field in zip(states, fields, strict=True)])
    step = states[0]._amp.step(m, np.stack([state.g for state in states]))
    outcomes = zip(states, step.fields, step.g, dampings, strict=True)
    return [state._advance(new.copy(), g.copy(), damping) for state, new, g, damping in outcomes]


def _account(eta: Real) -> tuple[Array, Array]:
    """Column sums of the message fields, and the largest absolute field of each row."""
    bounds = np.maximum(np.max(eta, axis=1), -np.min(eta, axis=1))
    return np.sum(eta, axis=0, dtype=np.float64), bounds.astype(np.float64)


def make_state(
    instance: Instance,
    method: Method,
    *,
    beta: float = np.inf,
    schedule: Schedule = "parallel",
    init: Messages | float | None = None,
    dtype: DTypeLike = np.float64,
    device: str | None = None,
    rng: Rng = None,
    memory_limit: float | None = None,
) -> State:
    """Initial state of a method, after checking that it applies to the instance and fits in memory."""
    p, n = instance.n_patterns, instance.n
    _choice("schedule", schedule, get_args(Schedule))
    dtype = _checked_dtype(dtype)
    if method == "amp" and schedule != "parallel":
        raise ValueError("schedule='sequential' orders messages on edges, which method='amp' has not")
    if method != "amp":
        if device is not None:
            raise ValueError(f"device={device!r} is for method='amp'; messages on edges live on the host")
        require_edges(method, p, n, dtype=dtype, limit=memory_limit)
    if method == "exact" and not (instance.is_binary or np.all(np.isin(instance.xi, (-1.0, 0.0, 1.0)))):
        raise ValueError("method='exact' needs patterns with entries -1, 0 or 1; use 'gaussian' or 'amp' for real ones")
    rng = generator(rng)
    if method == "amp":
        fields, g = _initial(init, method, (n,), np.float64, rng)
        return AmpState(instance, fields, np.zeros(p) if g is None else g.copy(), beta=beta, dtype=dtype, device=device)
    fields, _ = _initial(init, method, (p, n), dtype, rng)
    return EdgeState(instance, fields, beta=beta, method=method, schedule=schedule, rng=rng)


def _initial(
    init: Messages | float | None, method: Method, shape: tuple[int, ...], dtype: DTypeLike, rng: np.random.Generator
) -> tuple[Real, Array | None]:
    """Fields to start from, and the output terms that came with them."""
    if isinstance(init, Messages):
        if (init.method == "amp") != (method == "amp"):
            raise ValueError(f"init holds messages of method {init.method!r}, which cannot start {method!r}")
        if init.fields.shape != shape:
            raise ValueError(f"init must hold message fields of shape {shape}; got shape {init.fields.shape}")
        return init.fields.astype(dtype), init.g
    size = _number("init", init or 0.0, "Messages, or a finite non-negative amplitude", lambda x: 0 <= x < np.inf)
    fields = np.zeros(shape, dtype)
    if size:
        for row in np.atleast_2d(fields):  # the same numbers in either precision, without a copy of them all
            row[:] = rng.uniform(-size, size, shape[-1])
    return fields, None


def log_weights(log_p: Array, beta: float) -> Array:
    r""":math:`\log[e^{-\beta} + (1-e^{-\beta})P]` from :math:`\log P`."""
    if beta == np.inf:
        return log_p
    if beta == 0:
        return np.zeros_like(log_p)
    return np.asarray(np.logaddexp(-beta, np.log(-np.expm1(-beta)) + log_p))


def _result(
    instance: Instance, state: State, beta: float, theta: Array, residual: float, iterations: int, converged: bool
) -> BPResult:
    """Read the result off the state."""
    messages = state.messages()
    if state.contradiction:
        values = (_frozen(np.full(instance.n, np.nan)), -np.inf, -np.inf, np.nan, np.nan)
        return BPResult(*values, residual, iterations, Status.NEGATIVE_ENTROPY, messages)
    m, phi, log_p = state.measure(theta)
    energy = energy_per_pattern(log_p, beta)
    heat = beta * instance.alpha * energy if beta < np.inf else 0.0
    entropy = phi + heat - float(theta @ m) / instance.n
    status = Status.MAX_ITERATIONS
    if converged:
        status = Status.NEGATIVE_ENTROPY if entropy < -_ROUNDING else Status.CONVERGED
    return BPResult(_frozen(m), entropy, phi, energy, float(np.mean(m**2)), residual, iterations, status, messages)


def energy_per_pattern(log_p: Array, beta: float) -> float:
    """Thermal fraction of violated patterns."""
    if beta == np.inf:
        return 0.0
    return float(np.mean(np.exp(-beta - log_weights(log_p, beta)) * -np.expm1(np.minimum(log_p, 0.0))))


def require_edges(
    method: Method, n_patterns: int, n: int, *, dtype: DTypeLike = np.float64, limit: float | None = None
) -> None:
    """Refuse messages on edges that do not fit, from the shape alone, before there is an instance of that shape.

    Counted are the fields, twice (the result holds a copy), column sums by blocks of rows, and ±1 patterns unpacked to
    bytes; for ``"exact"`` also a table for each thread.

    Raises
    ------
    MemoryError
        If they take more than `limit` bytes, by default what the system can still give.
    """
    blocks = _kernels.block_count(n_patterns)
    need = n * (np.dtype(dtype).itemsize * (2 * n_patterns + blocks) + n_patterns)
    if method == "exact":
        need += 8 * (n + 1) ** 2 * min(numba.get_num_threads(), blocks)
    what = f"method={method!r} keeps a message for each of {n_patterns} x {n} edges; these"
    require_memory(need, what, "method='amp' needs node variables only", limit=limit)


def _checked_dtype(dtype: DTypeLike) -> np.dtype[Any]:
    checked = np.dtype(dtype)
    if checked not in _TOL:
        raise ValueError(f"dtype must be float64 or float32; got {checked}")
    return checked


def _choice(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, known))}; got {value!r}")


def _number(name: str, value: Any, allowed: str, test: Callable[[float], bool]) -> float:
    if not isinstance(value, int | float | np.integer | np.floating) or isinstance(value, bool):
        raise TypeError(f"{name} must be {allowed}; got {value!r}")
    if not test(float(value)):
        raise ValueError(f"{name} must be {allowed}; got {value!r}")
    return float(value)


def _checked_field(field: ArrayLike | None, n: int) -> Array:
    if field is None:
        return np.zeros(n)
    array = np.asarray(field)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"field must be real numbers; got dtype {array.dtype}")
    if array.shape != (n,):
        raise ValueError(f"field must have shape ({n},); got shape {array.shape}")
    bad = np.flatnonzero(~np.isfinite(array))
    if len(bad):
        raise ValueError(f"field must be finite; entry {int(bad[0])} is {array[bad[0]]}")
    return array.astype(np.float64)


def _frozen(array: Array) -> Array:
    array.flags.writeable = False
    return array
