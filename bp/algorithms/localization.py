r"""Stochastic localisation: independent samples of the measure on the weights, by messages in a growing random field.

The target is :math:`P(W)\propto\prod_\mu w(h^\mu)` over weights ±1; `bp.algorithms.observation` has the process,
messages give its magnetisations.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import integrate

from bp.algorithms.observation import Observation, observe
from bp.algorithms.opening import opening
from bp.messages.state import Control, Messages, State, checked_graphical, form_of
from bp.problems.problem import Problem
from bp.randomness import Rng, generator
from replica_theory.arguments import (
    NON_NEGATIVE,
    POSITIVE,
    checked_flag,
    checked_integer,
    checked_number,
    checked_real,
)
from replica_theory.models.model import Model
from replica_theory.models.power_weight import PowerWeight
from replica_theory.results.quantities import LOCALIZED
from replica_theory.results.record import Record
from replica_theory.status import Status
from replica_theory.typing import Array

_ROUNDING = 1e-3
"""What a power measured from the kernel may be off by."""
_LOADS = ((PowerWeight(power=1.0), 0.6225),)
"""Loads from which localisation fails as N → ∞ (`replica_theory.sampling_threshold`), of the marginal power."""
_TOGETHER = 200
"""Sweeps of all samples side by side, before those whose messages do not come to rest are looked at one by one."""


@dataclass(frozen=True, eq=False, repr=False)
class LocalizedSample(Record):
    r"""Samples of stochastic localisation, and what was seen on the way.

    Attributes
    ----------
    times : array, shape (T,)
        Times :math:`\tau`, from 0.
    overlaps : array, shape (samples, T)
        :math:`q(\tau) = \frac1N\sum_im_i^2` of the measure in the field :math:`y_\tau`, for each sample.
    agreements : array, shape (samples, T)
        :math:`\frac1N\sum_iW_im_i(\tau)` with the weights that the sample ends in: :math:`q(\tau)` in the mean, if the
        magnetisations on the way are those of the measure, which are a martingale.
    failures : array of int, shape (samples,)
        How often the messages of the sample did not come to rest, of twice the number of times.
    sweeps : int
        Sweeps of messages, of all samples.
    errors : array of int, shape (samples,)
        Constraints that each sample violates; of a soft constraint, those in which its weight vanishes.
    sound : array of bool, shape (samples,)
        Whether messages came to rest at every time, and the sample has a weight other than zero.
    weights : array of int8, shape (samples, N)
        The samples.
    """

    _quantities: ClassVar = LOCALIZED
    _axes: ClassVar = {
        "times": ("time",),
        "overlaps": ("sample", "time"),
        "agreements": ("sample", "time"),
        "failures": ("sample",),
        "errors": ("sample",),
        "sound": ("sample",),
        "weights": ("sample", "weight"),
    }
    _table: ClassVar = "sample"

    times: Array
    overlaps: Array
    agreements: Array
    failures: NDArray[np.int64]
    sweeps: int
    errors: NDArray[np.int64]
    sound: NDArray[np.bool_]
    weights: NDArray[np.int8]

    @property
    def overlap(self) -> Array:
        r"""The overlap curve :math:`q(\tau)`, the mean over the samples, shape (T,)."""
        return np.asarray(self.overlaps.mean(axis=0))

    @property
    def overlap_error(self) -> Array:
        """Standard error of the overlap curve over the samples, shape (T,); NaN of a single one."""
        return _standard_error(self.overlaps)

    @property
    def entropy(self) -> float:
        r"""Entropy :math:`-\frac1N\sum_WP\log P` of the measure, nats per weight: what is learnt on the way.

        .. math:: s = \int_0^\infty\tfrac12\big(1-q(\tau)\big)\,d\tau,

        exact for any measure on ±1 (the area theorem, I-MMSE), if the magnetisations are those of the measure; up to
        the horizon here, by Simpson's rule in :math:`\sqrt\tau`.
        """
        return float(self._areas.mean())

    @property
    def error(self) -> float:
        """Standard error of the entropy over the samples; NaN of a single one."""
        return float(_standard_error(self._areas[:, None])[0])

    @property
    def _areas(self) -> Array:
        """The areas of the samples."""
        root = np.sqrt(self.times)
        return np.asarray(integrate.simpson(root * (1.0 - self.overlaps), x=root, axis=1))

    @property
    def drift(self) -> Array:
        r"""By how much magnetisations on the way miss the samples, in standard errors, shape (T,).

        The mean of `agreements` less `overlaps` over its standard error: beyond some 4 in size, the magnetisations were
        not those of the measure. NaN of a single sample.
        """
        missed = self.agreements - self.overlaps
        error = _standard_error(missed)
        return np.asarray(np.divide(missed.mean(axis=0), error, out=np.full_like(error, np.nan), where=error > 0))

    @property
    def status(self) -> Status:
        """``MAX_ITERATIONS`` where messages did not come to rest, else ``UNPHYSICAL`` where a sample has no weight."""
        if np.any(self.failures):
            return Status.MAX_ITERATIONS
        return Status.CONVERGED if np.all(self.sound) else Status.UNPHYSICAL

    @property
    def message(self) -> str:
        """How it ended, in a sentence."""
        done = f"{len(self.weights)} samples, {self.sweeps} sweeps of messages"
        if self.converged:
            return f"{done}, at rest at every time."
        off, restless = (int(np.count_nonzero(x)) for x in (~self.sound, self.failures))
        return f"{done}: {off} samples are off (messages not at rest: {restless}; else patterns of weight zero)."


def localize(
    problem: Problem,
    *,
    samples: int = 1,
    method: str | None = None,
    beta: float = np.inf,
    steps: int = 32,
    horizon: float = 24.0,
    times: ArrayLike = (),
    damping: float = 0.2,
    tol: float = 1e-4,
    max_iter: int = 2000,
    rng: Rng = None,
    force: bool = False,
    memory_limit: float | None = None,
) -> LocalizedSample:
    r"""Draw independent samples of :math:`P(W)\propto\prod_\mu w(h^\mu)` by stochastic localisation.

    The field on the weights follows

    .. math:: dy = m(y)\,d\tau + dB, \qquad y_0 = 0,

    with the magnetisations `m` of the measure :math:`\propto P(W)e^{y\cdot W}` by messages, which go on from those
    of the step before: :math:`y_\tau` is in law :math:`\tau W + \sqrt\tau\,g` with a `W` drawn from `P`. Steps are
    of weak order two (`bp.algorithms.observation.observe`); at the horizon the weights are drawn independently with the
    magnetisations that are left.

    Parameters
    ----------
    problem : Problem
        One of weights ±1 that messages can be passed on: a `bp.Instance` of any model, whose log-weight may be
        positive, a committee, a formula.
    samples : int
        How many, drawn side by side; a sample is the same whatever their number.
    method, damping, memory_limit
        As in `belief_propagation`; by default ``"amp"`` where the problem has it, else its first form.
    beta : float, default inf
        Inverse temperature: :math:`w = 1` of a satisfied pattern and :math:`e^{-\beta}` of a violated one.
    steps : int
        Steps, to the times :math:`\tau_k = T(k/K)^2`.
    horizon : float
        The last time `T`. Of free weights :math:`1-q` is 2e-6 at the default.
    times : array_like, optional
        Times up to the horizon that the steps should meet as well.
    tol, max_iter
        As in `belief_propagation`, for every magnetisation that is needed; fields are random by :math:`\sqrt h` anyway.
    rng : int, SeedSequence, Generator or None
        Source of the noise and of the last draw.
    force : bool
        Draw also where theory says that the samples are wrong.

    Returns
    -------
    LocalizedSample

    Raises
    ------
    TypeError, ValueError
        For a bad argument, and where theory says that the samples would be wrong, unless `force` is set.
    MemoryError
        If messages on edges do not fit in memory.

    Notes
    -----
    Works where the magnetisations are right on the whole way: for random patterns as N → ∞, where the overlap reached
    from :math:`q = \tilde q` is the only one at every time (replica symmetry is assumed). A weight that jumps at an
    edge, as of all uniform measures over solutions and at any finite temperature, has :math:`q = 1` besides at any
    load, and one that opens as :math:`h` from the load 0.6225 on. This is refused. For other
    weights ask `replica_theory.sampling_threshold`; on the instance, `LocalizedSample.drift` and samples that violate
    patterns tell. Messages on a few dozen weights are off by their loops, and so are the samples.

    Costs two magnetisations a step: at N = 4001 some ten sweeps each.

    References
    ----------
    El Alaoui, Montanari and Sellke, FOCS 2022, arXiv:2203.05093; Demyanenko, Straziota, Baldassi and Lucibello,
    arXiv:2502.16292 (2025).

    Examples
    --------
    Solutions weighted by the product of their stabilities, a measure that keeps away from the margin:

    >>> from bp import random_instance
    >>> from replica_theory import PowerWeight
    >>> instance = random_instance(PowerWeight(power=1.0), n=301, alpha=0.3, rng=1)
    >>> drawn = localize(instance, samples=4, rng=1)
    >>> drawn.weights.shape, int(drawn.errors.max()), drawn.converged
    ((4, 301), 0, True)
    """
    graph = checked_graphical(problem)
    control = Control(_form(graph, method), beta, damping, tol, max_iter)
    number = checked_integer("samples", samples)
    grid = _grid(checked_integer("steps", steps), checked_number("horizon", horizon, POSITIVE), times)
    if memory_limit is not None:
        checked_number("memory_limit", memory_limit, NON_NEGATIVE)
    random, forced = generator(rng), checked_flag("force", force)
    problem.require_spins("localize")
    if not forced:
        _refuse(problem, control.beta)
    seeds = random.integers(2**63, size=(number, 4))
    streams = [np.random.default_rng([int(word) for word in seed]) for seed in seeds]
    options: dict[str, Any] = {} if memory_limit is None else {"memory_limit": memory_limit}
    means = _Means([graph.messages(control.method, beta=control.beta, rng=one, **options) for one in streams], control)
    return _sample(problem, grid, observe(means, grid, streams, problem.n), means, control.beta)


def _form(graph: Any, method: str | None) -> str:
    """The form of the messages."""
    asked = method if isinstance(method, str) else None
    if asked == "decimation":
        raise ValueError(
            "method must be a form of messages: 'decimation' is a solver, not a sampler: it fixes weights as their "
            "marginals say one after another, and the marginals of those that are left are wrong, in the end, at any "
            "load where the weight of a pattern jumps (bp.solve(problem, 'decimation') looks for one solution)"
        )
    if asked == "survey":
        raise ValueError("method must have the marginals of weights; 'survey' has those of clusters of solutions")
    return "amp" if method is None and "amp" in graph.forms else form_of(graph, method)


def _grid(steps: int, horizon: float, times: ArrayLike) -> Array:
    """The times of the steps, from 0."""
    grid = horizon * (np.arange(steps + 1) / steps) ** 2
    met = np.ravel(np.asarray(checked_real("times", times, NON_NEGATIVE)))
    if np.any(met > horizon):
        raise ValueError(f"times must lie in [0, horizon={horizon:g}]; got {met.max():g}")
    return np.union1d(grid, met)


def _refuse(problem: Any, beta: float) -> None:
    """Say where the samples would be wrong."""
    if not isinstance(problem.model, Model):
        return
    power = opening(problem.model, beta)
    if power < 1.0 - _ROUNDING:
        raise ValueError(
            "problem cannot be sampled by localisation: the weight of a pattern opens as (h - kappa)^"
            f"{round(power, 2):g} (0 is a jump), and below the power 1 an isolated configuration, q = 1, exists at any "
            "load besides what messages follow, as for the uniform measure over solutions; a PowerWeight of power 1 or "
            "more can be sampled (force=True draws all the same)"
        )
    load = next((load for model, load in _LOADS if model == problem.model), np.inf)
    if problem.alpha >= load:
        raise ValueError(
            f"problem cannot be sampled by localisation: from alpha = {load:g} on a second overlap exists on the way "
            "besides the one that messages follow (replica_theory.sampling_threshold); got alpha = "
            f"{problem.alpha:.4g} (force=True draws all the same)"
        )


class _Means:
    """Magnetisations of many samples, in fields that move; messages go on from those of the last fields.

    Attributes
    ----------
    failures : array, shape (samples,)
        How often the messages of each did not come to rest.
    sweeps : int
    """

    def __init__(self, states: Sequence[State], control: Control) -> None:
        self._states, self._control = states, control
        self.failures, self.sweeps = np.zeros(len(states), dtype=np.int64), 0
        self._attempts, self._dampings = [0] * len(states), [control.damping] * len(states)

    def __call__(self, fields: Array, /) -> Array:
        """Magnetisations in fields, both (samples, N)."""
        kept = [state.snapshot() for state in self._states]
        live = list(range(len(self._states)))
        lost: list[int] = []
        for _ in range(min(_TOGETHER, self._control.max_iter)):
            residuals = dict(zip(live, self._sweep(live, fields), strict=True))
            lost += [k for k in live if self._states[k].contradiction or not residuals[k] < np.inf]
            live = [k for k in live if residuals[k] > self._control.tol and k not in lost]
            if not live:
                break
        for k in live:
            self._alone(k, fields[k], kept[k], self._attempts[k])
        for k in lost:
            self._states[k].restore(kept[k])
            self._alone(k, fields[k], kept[k], max(1, self._attempts[k]))
        return np.asarray(np.tanh(fields + np.array([state.fields for state in self._states])))

    def _sweep(self, live: Sequence[int], fields: Array) -> list[float]:
        """One sweep of the samples that are not at rest yet."""
        self.sweeps += len(live)
        states: list[Any] = [self._states[k] for k in live]
        each, dampings = [fields[k] for k in live], [self._dampings[k] for k in live]
        if len(states) > 1 and len({state.shared for state in states}) == 1:
            return list(type(states[0]).sweep_together(states, each, dampings))
        return [state.sweep(*given) for state, *given in zip(states, each, dampings, strict=True)]

    def _alone(self, k: int, field: Array, kept: Messages, attempt: int) -> None:
        """Go on with one sample, with more damping if need be; if its messages find no rest, back to those before.

        A sample that failed already is off in any case, and is not worth more sweeps.
        """
        state, rests = self._states[k], False
        if not self.failures[k]:
            outcome = self._control.relax(state, field, lambda: kept, attempt)
            self.sweeps, rests = self.sweeps + outcome.iterations, outcome.status.ok
            self._attempts[k] = outcome.attempt  # what was needed once, where few weights are left, will be again
            self._dampings[k] = self._control.attempts(state)[outcome.attempt][0]
        if not rests:
            self.failures[k] += 1
            state.restore(kept)


def _sample(problem: Any, times: Array, seen: Observation, means: _Means, beta: float) -> LocalizedSample:
    """What was seen on the way."""
    n, (path, weights) = problem.n, seen
    overlaps = np.einsum("stn,stn->st", path, path, dtype=np.float64) / n
    agreements = np.einsum("stn,sn->st", path, weights.astype(np.float32), dtype=np.float64) / n
    errors = np.array([_errors(problem, one) for one in weights])
    sound = (means.failures == 0) & ((errors == 0) | (beta < np.inf))
    sample = LocalizedSample(times, overlaps, agreements, means.failures, means.sweeps, errors, sound, weights)
    for value in vars(sample).values():
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
    return sample


def _errors(problem: Any, weights: NDArray[np.int8]) -> int:
    """Constraints that a configuration violates, or that give it no weight."""
    log_weights = problem.log_acceptance(weights)
    return int(problem.errors(weights) if log_weights is None else np.count_nonzero(log_weights == -np.inf))


def _standard_error(values: Array) -> Array:
    """Standard errors of the means over the first axis."""
    if len(values) < 2:
        return np.full(values.shape[1], np.nan)
    return np.asarray(values.std(axis=0, ddof=1) / math.sqrt(len(values)))
