"""Local entropy around a configuration of one instance, by belief propagation in an external field."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from tqdm import tqdm

from bp.messages.state import (
    ROUNDING,
    SLACK,
    Control,
    Messages,
    Method,
    State,
    Weighted,
    checked_graphical,
    energy_per_pattern,
    form_of,
    judged,
    log_weights,
    moments_of,
    most_entropy,
    weights_of,
)
from bp.problems.problem import Problem
from replica_theory.arguments import (
    AWAY,
    NON_NEGATIVE,
    checked_distance,
    checked_field,
    checked_number,
    checked_real,
    checked_signs,
)
from replica_theory.models.weights import BinaryWeights
from replica_theory.numerics.binary import binary_entropy
from replica_theory.results.curve import EntropyCurve
from replica_theory.status import Status, report, statuses
from replica_theory.typing import Array

_ACCURACY = 100.0  # tolerance on atanh(t) in units of tol: messages at residual tol are that far from their fixed point
_STEP = 1.0  # largest change of the field at a time
_REJECTIONS = 12  # halvings of a step before a distance is given up
_STEPS = 64  # fields tried: free weights need 20 for the least distance that there is in floating point
_LOST = 2  # of them, runs that failed, once the entropy is known to be negative


def local_entropy(
    problem: Problem,
    reference: ArrayLike,
    distance: ArrayLike,
    *,
    method: Method | None = None,
    beta: float = np.inf,
    damping: float = 0.2,
    tol: float = 1e-9,
    max_iter: int = 1000,
    memory_limit: float | None = None,
) -> EntropyCurve:
    r"""Entropy of the solutions at a distance from a reference configuration, in the Bethe approximation.

    With fields :math:`\theta_i = \gamma\tilde W_i` the free entropy :math:`\Phi(\gamma)` of `belief_propagation` is the
    Legendre transform of the local entropy: at :math:`t(\gamma) = \frac1N\sum_i\tilde W_im_i`,

    .. math:: S(d) = \Phi(\gamma) - \gamma t, \qquad d = \tfrac{1-t}2, \qquad \frac{dS}{dd} = 2\gamma.

    The field is found for every requested distance from the largest to the smallest, each starting from the messages
    of the last. :math:`\gamma < 0` beyond the typical distance of the solutions.

    Other weights are at the distance :math:`d = \frac12(1 - t/\sqrt{Q\tilde Q})`, `Q` being their mean square and
    :math:`\tilde Q` that of the reference, and :math:`dS/dd = 2\gamma\sqrt{Q\tilde Q}`. Where `Q` is not the same for
    all, a precision :math:`\gamma t/Q` goes with the fields, so that `S` is the largest entropy at the distance over
    `Q`. On the sphere entropies are relative to its uniform measure, negative as a rule.

    Parameters
    ----------
    problem : Problem
        One that messages can be passed on, such as a `bp.Instance`.
    reference : array_like, shape (N,)
        The configuration :math:`\tilde W` of ±1; it need not be a solution. Around it weights other than ±1 are counted
        as well, and for these it may be any real vector but zero.
    distance : float or array_like
        Distances in [0, 1/2]; for weights other than ±1 above 0.
    method, damping, tol, max_iter, memory_limit
        As in `belief_propagation`; the overlap is found to 100 `tol` in :math:`\mathrm{atanh}\,t`, and as `S` is taken
        at the requested distance, where it is stationary in :math:`\gamma`, its error is of the square of that.
    beta : float, default inf
        Inverse temperature; if finite, `S` is the local free entropy
        :math:`\frac1N\log\sum_{W\,\mathrm{at}\,d}e^{-\beta E(W)}`.

    Returns
    -------
    EntropyCurve
        Nats per weight, with overlaps ``"gamma"``, ``"t"``, ``"q"`` (:math:`\frac1N\sum_im_i^2`) and ``"energy"``
        (per pattern). Where `S` is negative the status is ``NEGATIVE_ENTROPY`` and the value is kept. At ``d=0`` the
        limit is exact: 0 if the reference is a solution, else :math:`-\beta E/N` (``-inf`` at ``beta=inf``, status
        ``NEGATIVE_ENTROPY``; of a soft constraint the log of its weight per N), with :math:`\gamma=\infty`. On the
        sphere a negative entropy is no failure.

    Raises
    ------
    ConvergenceError
        If `distance` is a scalar and its point failed: messages that did not converge (``MAX_ITERATIONS``,
        ``SATURATED``; ``BELOW_ZERO`` where the entropy is at least known to be negative, since
        :math:`S(d)\le\Phi(\gamma)-\gamma(1-2d)` at every field), a distance that no field attains
        (``OUT_OF_RANGE``), an entropy above :math:`H_2(d)`, that of all weights there (``UNPHYSICAL``; messages on a
        handful of weights), or an instance that is proved to have no solutions (``UNSATISFIABLE``). In an array such
        points are NaN, the others are what they are without them, and one `ConvergenceWarning` is given.
    ValueError, TypeError
        For a bad argument.
    MemoryError
        If the messages do not fit in memory.

    Notes
    -----
    Costs some five runs of belief propagation a distance. A jump of :math:`t(\gamma)` (coexisting fixed points) leaves
    distances out of range.

    References
    ----------
    Baldassi et al., PRL 115, 128101 (2015).

    Examples
    --------
    >>> from bp import Instance
    >>> instance = Instance([[1, 1, 1, -1, 1]])
    >>> curve = local_entropy(instance, [1, 1, 1, -1, 1], [0.0, 0.2], method="exact")
    >>> curve.entropy.round(4), curve.overlaps["t"].round(4)
    (array([0.    , 0.4854]), array([1. , 0.6]))
    """
    graph = checked_graphical(problem)
    control = Control(form_of(graph, method), beta, damping, tol, max_iter)
    if control.method == "survey":
        raise ValueError("method must count solutions; 'survey' counts clusters, which have no distance")
    if memory_limit is not None:
        checked_number("memory_limit", memory_limit, NON_NEGATIVE)
    spins = problem.domain == "spins"
    signs = _checked_reference(problem, reference)
    d = np.asarray(checked_distance(distance) if spins else checked_real("distance", distance, AWAY))
    walk = _Walk(graph, signs, control, memory_limit)
    points: list[_Point] = [_at_zero(problem, signs, control.beta) if spins else _failed(Status.OUT_OF_RANGE)] * d.size
    order = [k for k in np.argsort(-d, axis=None, kind="stable") if d.flat[k] > 0]
    for k in tqdm(order, desc="local entropy", leave=False, disable=True if d.ndim == 0 else None):
        points[k] = walk.to(1.0 - 2.0 * float(d.flat[k]))
    asked = {"function": "bp.local_entropy", "method": control.method, "damping": damping, "tol": tol,
             "max_iter": max_iter, "n": problem.n, "patterns": problem.n_constraints}  # fmt: skip
    model = None if problem.model is None else problem.model.at(beta=control.beta)
    curve = replace(_curve(d, points), model=model, alpha=np.full(d.shape, problem.alpha), settings=asked)
    report(curve, f"local_entropy(method={control.method!r})")
    return curve


def _checked_reference(problem: Problem, reference: ArrayLike) -> Array:
    """The reference: ±1, or any vector for other weights."""
    if problem.domain == "spins":
        return checked_signs("reference", reference, problem.n).astype(np.float64)
    vector = np.array(checked_field("reference", reference, problem.n))
    if not np.any(vector):
        raise ValueError("reference must not be zero: nothing is near to it")
    return vector


@dataclass(frozen=True)
class _Point:
    """Read-out at one field; `scale` is what a cosine is to be multiplied by for an overlap."""

    gamma: float
    t: float
    entropy: float
    q: float
    energy: float
    status: Status
    scale: float = 1.0


class _Walk:
    """Messages that follow the field gamma, and the inversion of t(gamma).

    The search is for a cosine of the angle to the reference, t of weights ±1.
    """

    def __init__(self, problem: Any, signs: Array, control: Control, memory_limit: float | None) -> None:
        self._problem, self._signs, self._control = problem, signs, control
        limited = {} if memory_limit is None else {"memory_limit": memory_limit}
        self._state: State = problem.messages(control.method, beta=control.beta, **limited)
        self._kept: Messages | None = self._state.snapshot()
        self._gamma, self._slope, self._attempt = 0.0, 1.0, 0
        self._weights, self._sphere = weights_of(problem), problem.domain == "reals"
        self._square = 1.0 if problem.domain == "spins" else float(np.mean(signs**2))

    def to(self, target: float) -> _Point:
        """The point at overlap `target`; where it fails, the next one starts afresh, as if it were the first."""
        point = self._sought(target)
        if point.entropy > self._most(target) + SLACK:
            point = _failed(Status.UNPHYSICAL)
        if not point.status.ok:
            self._kept, self._gamma, self._slope, self._attempt = None, 0.0, 1.0, 0
            self._state.restore(None)
        return point

    def _most(self, target: float) -> float:
        """Entropy of all weights at a cosine, or a bound of it."""
        if self._sphere:
            return 0.5 * float(np.log1p(-(target**2)))
        spins = isinstance(self._weights, BinaryWeights)
        return float(binary_entropy(0.5 * (1.0 - target))) if spins else most_entropy(self._weights)

    def _coordinate(self, cosine: float) -> float:
        """What is linear in the field for free weights: atanh(t), on the sphere t/(1 - t²)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            if self._sphere:
                return float(np.divide(cosine, 1.0 - cosine**2))
            return float(np.arctanh(min(cosine, 1.0)))

    def _sought(self, target: float) -> _Point:
        """The point at cosine `target`, by a safeguarded secant in what is linear for free weights.

        A field whose messages fail, or land further from the target than before (they jumped to another fixed point),
        is rejected: the messages go back to the best field so far and the step is halved. The entropy carried to the
        target, Phi(gamma) - gamma target, bounds that of the target from above; once it is negative, a value is not
        sought for long. One whose overlap hardly answers to the field is given up.
        """
        goal = self._coordinate(target)
        accuracy = _ACCURACY * self._control.tol * (1.0 + abs(goal) if self._sphere else 1.0)
        gamma, best, rejected, lost, bound = self._gamma, None, 0, 0, np.inf
        failure = _failed(Status.OUT_OF_RANGE)
        for _ in range(_STEPS):
            if rejected >= _REJECTIONS or (bound < -ROUNDING and lost >= _LOST):
                return _failed(Status.BELOW_ZERO) if bound < -ROUNDING else failure
            point, miss = self._evaluate(gamma, target, goal, once=best is not None)
            if not (point.status.ok and (best is None or abs(miss) < abs(best))):
                rejected, lost = rejected + 1, lost + (not point.status.ok)
                failure = _failed(Status.OUT_OF_RANGE) if point.status.ok else point
                self._state.restore(self._kept)
                if best is None:
                    return failure
                gamma = 0.5 * (self._gamma + gamma)
                continue
            bound = min(bound, point.entropy) if self._weights.counts else bound
            if best is not None and (miss - best) / (gamma - self._gamma) > 0:
                self._slope = (miss - best) / (gamma - self._gamma)
            self._gamma, best, self._kept = gamma, miss, self._state.snapshot()
            if abs(miss) <= accuracy:
                return point
            step = _STEP * (1.0 + abs(gamma) if self._sphere else 1.0)
            gamma -= min(max(miss / self._slope, -step), step)
        return _failed(Status.OUT_OF_RANGE)

    def _evaluate(self, gamma: float, target: float, goal: float, once: bool) -> tuple[_Point, float]:
        """Converge the messages at `gamma`; the point, its entropy carried to `target`, and the miss in atanh(t).

        A step of the field that fails `once` is better halved than tried again with more care.
        """
        field = gamma * self._signs
        if isinstance(self._state, Weighted):
            self._state.tie = gamma * target * float(np.sqrt(self._square))
        outcome = self._control.relax(self._state, field, lambda: self._kept, self._attempt, self._hopeless, once)
        if not outcome.status.ok:
            return _failed(outcome.status), np.nan
        self._attempt = outcome.attempt
        m, phi, log_p = self._state.measure(field)
        t, moments = float(np.mean(self._signs * m)), moments_of(self._state, field)
        scale = float(np.sqrt(moments.square * self._square))
        entropy = phi - gamma * target * scale - moments.log_prior
        energy = energy_per_pattern(log_p, self._control.beta)
        status = judged(entropy, energy, counts=False, weights=self._weights)
        return _Point(gamma, t, entropy, float(np.mean(m**2)), energy, status, scale), self._coordinate(
            t / scale
        ) - goal

    def _hopeless(self) -> bool:
        """Whether it is proved that there are no solutions at all."""
        return self._control.beta == np.inf and bool(self._problem.refutation())


def _at_zero(problem: Any, signs: Array, beta: float) -> _Point:
    """The exact limit at the reference itself."""
    log_p = problem.log_acceptance(signs)
    if log_p is not None:
        entropy = float(np.sum(log_weights(log_p, beta))) / problem.n
        status = Status.NEGATIVE_ENTROPY if np.isneginf(entropy) else Status.CONVERGED
        return _Point(np.inf, 1.0, entropy, 1.0, energy_per_pattern(log_p, beta), status)
    errors = problem.errors(signs)
    entropy = -beta * errors / problem.n if errors else 0.0
    hard = beta == np.inf and errors > 0
    status = Status.NEGATIVE_ENTROPY if hard else Status.CONVERGED
    return _Point(np.inf, 1.0, entropy, 1.0, errors / problem.n_constraints, status)


def _failed(status: Status) -> _Point:
    return _Point(np.nan, np.nan, np.nan, np.nan, np.nan, status)


def _curve(distance: Array, points: list[_Point]) -> EntropyCurve:
    """Gather the points."""

    def column(name: str) -> Array:
        return np.array([getattr(point, name) for point in points], dtype=np.float64).reshape(distance.shape)

    status = statuses((point.status for point in points), distance.shape)
    gamma = column("gamma")
    overlaps = {"gamma": gamma, "t": column("t"), "q": column("q"), "energy": column("energy")}
    slope = 2.0 * gamma * column("scale")
    return EntropyCurve(distance, column("entropy"), slope, status, overlaps=overlaps, label="Bethe")
