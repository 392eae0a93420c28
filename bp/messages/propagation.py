r"""Belief propagation: magnetisations and Bethe entropy of the solutions of one instance.

Every form of messages runs the same loop on a *state* (`bp.messages.state.State`): edge states keep a message per
pattern and weight, the AMP state keeps node variables.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from bp.messages.state import (
    FLOOR,
    TOL,
    Control,
    Form,
    Messages,
    Outcome,
    Schedule,
    State,
    checked_dtype,
    checked_graphical,
    energy_per_pattern,
    form_of,
    frozen,
    judged,
    moments_of,
    weights_of,
    words,
)
from bp.problems.problem import Problem
from bp.randomness import Rng, generator
from replica_theory.arguments import NON_NEGATIVE, checked_choice, checked_field, checked_number, checked_text, shown
from replica_theory.models.model import Model
from replica_theory.results.labelled import Variable
from replica_theory.results.quantities import MESSAGE_FIELDS, MESSAGES
from replica_theory.results.record import Record
from replica_theory.status import ConvergenceError, Status
from replica_theory.typing import Array

OnFailure = Literal["raise", "return"]

_USUAL = {"schedule": None, "dtype": np.dtype(np.float64), "device": None, "memory_limit": None}
"""Options that not every form of messages has, where they are not asked for."""


@dataclass(frozen=True, eq=False, repr=False)
class BPResult(Record):
    r"""Fixed point of belief propagation; entropies in nats per weight.

    Attributes
    ----------
    magnetizations : array, shape (N,)
        Mean weights :math:`m_i`; NaN where it is proved that no configuration satisfies every constraint.
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
        Number of sweeps, of all attempts.
    status : Status
        How it ended: ``CONVERGED``, ``NEGATIVE_ENTROPY`` (converged, but no solutions are expected),
        ``MAX_ITERATIONS``, ``SATURATED`` (the messages ran away in every attempt), ``UNPHYSICAL`` (converged, but to
        what no configurations have) or ``UNSATISFIABLE`` (no solutions, proved).
    messages : Messages
        State for a warm start, ``init=result.messages``.
    mean_square : float
        :math:`Q = \frac1N\sum_i\langle W_i^2\rangle`, which is 1 of ±1 and on the sphere.
    """

    _quantities: ClassVar = MESSAGES
    _axes: ClassVar = {"magnetizations": ("weight",)}
    _table: ClassVar = "weight"

    magnetizations: Array
    entropy: float
    free_entropy: float
    energy: float
    overlap: float
    residual: float
    iterations: int
    status: Status
    messages: Messages
    mean_square: float = 1.0

    @property
    def error(self) -> float:
        """How far the messages are from their fixed point: the residual."""
        return self.residual

    def _variables(self) -> dict[str, Variable]:
        messages = self.messages
        axes: tuple[tuple[str, ...], ...] = (("pattern", "weight")[-messages.fields.ndim :], ("pattern",), ("weight",))
        if messages.fields.ndim == 1 and messages.method != "amp":  # of clauses
            axes = ("literal",), ("literal",), ("literal",)
        parts = zip(MESSAGE_FIELDS, axes, (messages.fields, messages.g, messages.precisions), strict=True)
        variables = {name: Variable(dims, x, MESSAGE_FIELDS[name]) for name, dims, x in parts if x is not None}
        return super()._variables() | variables

    def _attributes(self) -> dict[str, Any]:
        return super()._attributes() | {"messages": self.messages.method}

    @classmethod
    def _fields(cls, dataset: Any, attributes: dict[str, Any]) -> dict[str, Any]:
        known = super()._fields(dataset, attributes)
        arrays = [frozen(np.array(dataset[name].values)) for name in MESSAGE_FIELDS if name in dataset]
        return known | {"messages": Messages(known["messages"], *arrays)}


def belief_propagation(
    problem: Problem,
    method: Form | None = None,
    *,
    beta: float = np.inf,
    field: ArrayLike | None = None,
    schedule: Schedule | None = None,
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

    exact on trees. For weights other than ±1 (on the sphere, of levels) see `bp.messages.channel`: they have
    ``"amp"`` messages only. Entropies on the sphere are relative to its uniform measure.

    Parameters
    ----------
    problem : Problem
        One that messages can be passed on, such as a `bp.Instance`.
        Any constraint. A soft one weighs a configuration by the probability that its patterns are satisfied, or by
        weights of any size (`replica_theory.PowerWeight`), and the entropies at ``beta=inf`` are logarithms of these
        weights; it takes ``"exact"`` or ``"amp"`` messages.
    method : {"gaussian", "exact", "amp", "survey"}, optional
        Form of the messages; by default the first that the problem has, ``"gaussian"`` for patterns and ``"exact"`` for
        clauses. Of patterns, ``"gaussian"``: messages on edges, :math:`F_\pm` with a Gaussian field (error
        :math:`O(1/N)` in `m` and :math:`\Phi`); any patterns; O(PN) a sweep. ``"exact"``: no approximation, patterns
        with entries in {-1, 0, 1} only; O(PN²) a sweep. ``"amp"``: node variables only, equal to ``"gaussian"`` up to
        :math:`O(1/N)` for independent random patterns; O(PN) a sweep, no memory beyond the instance. Of clauses,
        ``"exact"``: sums over all values; ``"survey"``: survey propagation, whose entropy is the complexity of the
        clusters of solutions, and whose magnetizations are biases of the variables that clusters hold.
    beta : float, default inf
        Inverse temperature; ``inf`` counts solutions.
    field : array_like, shape (N,), optional
        External fields :math:`\theta_i`; none by default.
    schedule : {"parallel", "sequential"}, optional
        Update all messages at once, on all cores; or pattern by pattern in a fresh random order every sweep, on one
        core, each pattern seeing the updates of those before it (messages on edges only). By default parallel for
        patterns and sequential for clauses.
    damping : float in [0, 1), default 0.2
        Weight of the old message field (of the old node field for ``"amp"``); 0 is undamped. Where the messages
        oscillate, run away or contradict each other, the run starts again with more damping, then (messages on edges)
        sequentially, as the log says; a run that converges as asked is left alone.
    tol : float, optional
        The run ends when `BPResult.residual` is at most this: by default 1e-9 in double and 5e-6 in single precision,
        where rounding leaves residuals of some 1e-6 and `tol` must be at least 2e-6.
    max_iter : int, default 1000
        Largest number of sweeps, of all attempts together.
    init : Messages or float, optional
        Messages of an earlier result, or the amplitude of uniform random initial fields; zero fields by default (for
        the symmetric constraint without field, zero is itself a fixed point).
    dtype : {float64, float32}
        Precision of the messages, which take two (with the copy in the result) times PN numbers of it, beside PN
        bytes of unpacked ±1 patterns. Single precision is exact to some 1e-5. For ``"amp"`` the precision of the
        products with the patterns.
    device : str, optional
        Where ``"amp"`` forms these products: a device of torch (``"cuda"``, ``"cpu"``, ...) or ``"cupy"``, as for
        `bp.problems.devices.namespace`; by default the host, straight from the bits.
    rng : int, SeedSequence, Generator or None
        Source of the random initial fields and of the sequential orders.
    on_failure : {"raise", "return"}
        What to do when the run does not converge.
    memory_limit : float, optional
        Bytes that messages on edges may take; by default what the system has available.

    Returns
    -------
    BPResult
        Its status is ``NEGATIVE_ENTROPY`` where the Bethe entropy is below zero, `converged` still being true.

    Raises
    ------
    ConvergenceError
        If `max_iter` sweeps are not enough, the messages saturate, or they converge to what no configurations have; it
        carries the result. Also if it is proved that there are no solutions (the message says how), with the entropy
        ``-inf``: messages that contradict each other are no such proof.
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
    >>> from bp import Instance
    >>> result = belief_propagation(Instance([[1, 1, 1]]), method="exact")
    >>> bool(np.isclose(3 * result.entropy, np.log(4))), result.magnetizations
    (True, array([0.5, 0.5, 0.5]))
    """
    graph = checked_graphical(problem)
    precision = checked_dtype(dtype)
    tol = TOL[precision] if tol is None else checked_number("tol", tol)
    control = Control(form_of(graph, method), beta, damping, tol, max_iter)
    if tol < FLOOR[precision]:
        raise ValueError(f"tol must be at least {FLOOR[precision]:g} for dtype={precision}; got {shown(tol)}")
    checked_choice("on_failure", on_failure, get_args(OnFailure))
    if schedule is not None:
        checked_choice("schedule", schedule, get_args(Schedule))
    if device is not None:
        checked_text("device", device, "None, 'cupy' or a device of torch such as 'cuda'")
    if memory_limit is not None:
        checked_number("memory_limit", memory_limit, NON_NEGATIVE)
    theta = np.zeros(problem.n) if field is None else checked_field("field", field, problem.n)
    own = {"schedule": schedule, "dtype": precision, "device": device, "memory_limit": memory_limit}
    options: Any = {name: value for name, value in own.items() if value != _USUAL[name]}
    random = generator(rng)
    state = graph.messages(control.method, beta=control.beta, init=init, rng=random, **options)
    reason = problem.refutation if control.beta == np.inf else str
    outcome = control.relax(state, theta, _start(state, init, random), hopeless=reason)
    result = _result(problem, state, control.beta, theta, outcome)
    if not result.converged and on_failure == "raise":
        last = words(control.attempts(state)[outcome.attempt]) if outcome.attempt else ""
        raise ConvergenceError(_sentence(result, control, last, reason), result)
    return result


def _start(state: State, init: Messages | float | None, rng: np.random.Generator) -> Callable[[], Messages | None]:
    """What gives the messages of another attempt: those given, zero, or random ones of the same amplitude."""
    if isinstance(init, Messages) or not init:
        return lambda: init if isinstance(init, Messages) else None
    return lambda: state.snapshot().randomized(rng, float(init))


def _result(problem: Problem, state: State, beta: float, theta: Array, outcome: Outcome) -> BPResult:
    """Read the result off the state."""
    messages, status = state.snapshot(), outcome.status
    end = (outcome.residual, outcome.iterations)
    if status in (Status.UNSATISFIABLE, Status.SATURATED):
        entropy = -np.inf if status is Status.UNSATISFIABLE else np.nan
        values = (frozen(np.full(problem.n, np.nan)), entropy, entropy, np.nan, np.nan)
        return BPResult(*values, *end, status, messages)
    m, phi, log_p = state.measure(theta)
    energy = energy_per_pattern(log_p, beta)
    heat = beta * problem.alpha * energy if beta < np.inf else 0.0
    moments = moments_of(state, theta)
    entropy = phi + heat - float(theta @ m) / problem.n - moments.log_prior
    counts = not (isinstance(problem.model, Model) and problem.model.is_weighted)
    status = judged(entropy, energy, counts=counts, weights=weights_of(problem)) if status.ok else status
    return BPResult(frozen(m), entropy, phi, energy, float(np.mean(m**2)), *end, status, messages, moments.square)


def _sentence(result: BPResult, control: Control, last: str, reason: Callable[[], str]) -> str:
    """Why a run failed; `last` is the last attempt in words, if there were several."""
    run = f"belief propagation (method={control.method!r})"
    if result.status is Status.MAX_ITERATIONS:
        more = f", at last by {last}; raise" if last else f" at damping={control.damping:g}; raise damping or"
        return (
            f"{run} did not converge: residual {result.residual:.2g} > tol={control.tol:g} after "
            f"{result.iterations} sweeps{more} max_iter"
        )
    if result.status is Status.UNSATISFIABLE:
        return f"no weights satisfy every pattern: {reason()}"
    if result.status is Status.UNPHYSICAL:
        return f"{run}: {result.message} Entropy {result.entropy:.6g}, energy {result.energy:.6g}."
    return f"{run} did not converge, at last by {last}: {result.message}"
