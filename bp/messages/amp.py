r"""One step of approximate message passing (node variables only), over arrays of any namespace.

With :math:`\ell(\omega, \sigma)` the log-weight of a pattern (`replica_theory.models.model.Model.log_kernel`),

.. math:: V_a &= \tfrac1N\sum_i\xi_{ai}^2(1-m_i^2), \qquad
   \omega_a = \tfrac1{\sqrt N}\sum_i\xi_{ai}m_i - V_a g_a^{\mathrm{old}}, \qquad
   g_a = \partial_\omega\ell(\omega_a, \sqrt{V_a}), \qquad \Gamma_a = -\partial_\omega g_a, \\
   B_i &= \tfrac1{\sqrt N}\sum_a\xi_{ai}g_a + m_i\,\tfrac1N\sum_a\xi_{ai}^2\Gamma_a, \qquad m_i = \tanh(B_i+\theta_i).

Its fixed points are the stationary points of the Bethe free entropy

.. math:: N\Phi = \sum_a\Big[\ell(\omega_a,\sqrt{V_a}) + \tfrac{(\omega_a - z_a)^2}{2V_a}\Big]
   + \sum_i\Big[\theta_i m_i - \sum_{s=\pm1}\tfrac{1+sm_i}2\log\tfrac{1+sm_i}2\Big], \qquad
   z_a = \tfrac1{\sqrt N}\sum_i\xi_{ai}m_i,

over :math:`m` and :math:`\omega`: the derivative in :math:`\omega_a` gives :math:`\omega = z - Vg`, that in
:math:`m_i`, with :math:`\partial_V\ell = (\ell''+\ell'^2)/2`, the equation for :math:`B_i`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

import numpy as np

from bp.messages import _amp
from bp.messages.options import Options
from bp.messages.state import Messages, Method, Schedule, frozen, initial_fields
from bp.problems import _bits
from bp.problems.devices import DeviceNamespace, DevicePatterns, namespace
from bp.problems.perceptron import Instance
from bp.problems.products import PackedPatterns, Patterns, RealPatterns
from bp.randomness import generator
from replica_theory.models.model import Kernel
from replica_theory.models.perceptron import BinaryPerceptron
from replica_theory.typing import Array

KernelFunction = Callable[[Any, Any], Kernel]

MIN_VARIANCE = 1e-10  # share of its full variance that keeps the kernel finite when magnetisations saturate (V = 0)


class AmpStep(NamedTuple):
    """What one step gives; leading batch axes are those of the magnetisations.

    Attributes
    ----------
    fields : array, shape (..., N)
        Fields `B` of the patterns on the weights, without any external field.
    g : array, shape (..., P)
        New output terms, to be passed to the next step.
    omega : array, shape (..., P)
        Mean of each stability, reaction term removed.
    variance : array, shape (..., P) or (..., 1)
        Its variance, one for all patterns of ±1.
    log_weight : array, shape (..., P)
        The log-weight of each pattern.
    log_p : array, shape (..., P), or None
        Log-probability that it is satisfied; None if that takes some more work (`Amp.log_p`).
    """

    fields: Any
    g: Any
    omega: Any
    variance: Any
    log_weight: Any
    log_p: Any = None


def amp_step(
    patterns: Patterns,
    kernel: KernelFunction,
    magnetizations: Any,
    g: Any,
    xp: Any = np,
    least: Any = MIN_VARIANCE,
) -> AmpStep:
    """One step from the magnetisations (..., N) and the previous output terms `g` (..., P).

    The first step takes ``g = 0``. Neither damping nor the external field is applied: the caller sets
    ``m = tanh(fields + field)`` as it likes. `kernel` gives the log-weight of a pattern and its derivatives at
    ``(omega, std)``; `xp` is the namespace of the arrays; `least` bounds the variances from below. Cost: two products
    with the patterns.
    """
    m = magnetizations
    n = m.shape[-1]
    variance = xp.clip(patterns.times_squared(1.0 - m**2) / n, least, None)
    omega = patterns.times(m) / np.sqrt(n) - variance * g
    log_weight, d1, d2 = kernel(omega, xp.sqrt(variance))
    fields = patterns.back(d1) / np.sqrt(n) - m * patterns.back_squared(d2) / n
    return AmpStep(fields, d1, omega, variance, log_weight)


def amp_free_entropy(step: AmpStep, magnetizations: Array, g: Array, field: Array) -> float:
    r"""Bethe free entropy :math:`\Phi` per weight, of a step and what went into it (so :math:`\omega - z = -Vg`)."""
    patterns = np.sum(step.log_weight) + 0.5 * np.sum(step.variance * g**2)
    return float((patterns + np.sum(binary_entropy(magnetizations)) + field @ magnetizations) / len(magnetizations))


class Sweeps(NamedTuple):
    """What sweeps of several states give, one entry each: their new fields and output terms, and the residuals."""

    fields: Sequence[Array] | Array
    g: Sequence[Array] | Array
    residuals: Sequence[float]


class Amp:
    """The step for one instance, on the host or on a device.

    Parameters
    ----------
    instance : Instance
    beta : float
        Inverse temperature.
    dtype : float64 or float32
        Precision of the products with the patterns.
    device : str, optional
        As for `bp.problems.devices.namespace`; by default the products run on the host, straight from the bits.

    Attributes
    ----------
    scales : array, shape (P,) or (1,)
        Root mean square entry of each pattern, to a power of two: times an output term, of the order of a field.
    """

    def __init__(
        self, instance: Instance, beta: float = np.inf, dtype: Any = np.float64, device: str | None = None
    ) -> None:
        self.space: DeviceNamespace = namespace(device)
        self.patterns: Patterns
        self._model, self._beta, self._on_host = instance.model, beta, device is None
        self._margin = _margin(instance.model, beta)
        self.scales, self._least = np.ones(1), np.full(1, MIN_VARIANCE)
        if instance.real is not None:
            squares = np.mean(instance.real**2, axis=1)
            squares[squares == 0.0] = 1.0
            self.scales = np.exp2(np.round(0.5 * np.log2(squares)))
            self._least = MIN_VARIANCE * squares
        model = instance.model.at(beta=beta)
        self._thresholds = instance.thresholds
        if device is None:
            self.kernel: KernelFunction = model.log_kernel
            if instance.thresholds is not None:
                self.kernel = partial(_above, model.log_kernel, instance.thresholds)
            if instance.bits is not None:
                self.patterns = PackedPatterns(instance.bits, instance.n, dtype)
            else:
                assert instance.real is not None
                self.patterns = RealPatterns(instance.real, dtype)
            return
        self.kernel = lambda mean, std: model.log_kernel(mean, std, self.space)
        if instance.thresholds is not None:
            self.kernel = partial(_above, self.kernel, self.space.asarray(instance.thresholds))
        bits = None if instance.bits is None else _bits.as_bytes(instance.bits, instance.n)
        name = np.dtype(dtype).name
        self.patterns = DevicePatterns(self.space, instance.n, bits=bits, real=instance.real, dtype=name)

    def step(self, magnetizations: Array, g: Array) -> AmpStep:
        """One step; arrays of the host go in and come out."""
        space = self.space
        step = amp_step(
            self.patterns,
            self.kernel,
            space.asarray(magnetizations),
            space.asarray(g),
            space.xp,
            space.asarray(self._least),
        )
        return AmpStep(*(space.to_host(values) for values in step[:-1]))

    def sweeps(
        self, fields: Sequence[Array], external: Sequence[Array], g: Sequence[Array], dampings: Sequence[float]
    ) -> Sweeps:
        """Sweeps of several states from their fields, those on the weights, and output terms, sharing the products."""
        if not self._on_host:
            return sweeps_by_step(self, fields, external, g, dampings)
        size, n, p = len(fields), len(fields[0]), len(g[0])
        root, packed = math.sqrt(n), isinstance(self.patterns, PackedPatterns)
        m, new, terms, gamma = np.empty((size, n)), np.empty((size, n)), np.empty((size, p)), np.empty((size, p))
        rest, reaction, residuals = np.empty((size, 1)), np.empty((size, 1)), [0.0] * size
        for k in range(size):
            rest[k] = _amp.magnetize(fields[k], external[k], m[k])
        if not packed:
            rest = self.patterns.times_squared(1.0 - m**2)
        product = self.patterns.times(m)
        for k in range(size):
            reaction[k], residuals[k] = self._respond(product[k], g[k], rest[k], root, terms[k], gamma[k])
        if not packed:
            reaction = self.patterns.back_squared(gamma)
        product = self.patterns.back(terms)
        for k in range(size):
            move = _amp.advance(product[k], m[k], reaction[k], root, dampings[k], fields[k], new[k])
            residuals[k] = _larger(move, residuals[k])
        return Sweeps(new, terms, residuals)

    def _respond(
        self, product: Array, old: Array, rest: Array, root: float, g: Array, gamma: Array
    ) -> tuple[float, float]:
        """Output terms of one state, and minus their derivatives, into `g` and `gamma`.

        Returns the sum of the latter, and the largest change.
        """
        if self._margin is not None:
            product = product if self._thresholds is None else product - root * self._thresholds
            made: tuple[float, float] = _amp.respond(
                product, old, rest, root, *self._margin, self._least, self.scales, g, gamma
            )
            return made
        variance = np.maximum(rest / root**2, self._least)
        _, g[:], d2 = self.kernel(product / root - variance * old, np.sqrt(variance))
        np.negative(d2, out=gamma)
        return float(np.sum(gamma)), float(np.max(np.abs(g - old) * self.scales)) / root

    def log_p(self, step: AmpStep) -> Array:
        """Log-probability that each pattern is satisfied."""
        if self._beta == np.inf:
            return np.asarray(step.log_weight)
        omega = step.omega if self._thresholds is None else step.omega - self._thresholds
        return np.asarray(self._model.log_kernel(omega, np.sqrt(step.variance)).log)


def binary_entropy(magnetizations: Array) -> Array:
    """Entropy of independent weights of given magnetisations, nats."""
    p = np.stack([1.0 + magnetizations, 1.0 - magnetizations]) / 2.0
    terms = -p * np.log(p, out=np.zeros_like(p), where=p > 0)
    return np.asarray(np.sum(terms, axis=0))


class Stepper(Protocol):
    """What makes the steps of one problem.

    Attributes
    ----------
    scales : array
        Sizes of the patterns, by which changes of output terms are measured.
    """

    scales: Array

    def step(self, magnetizations: Array, g: Array) -> AmpStep:
        """One step; leading axes are batches."""

    def sweeps(
        self, fields: Sequence[Array], external: Sequence[Array], g: Sequence[Array], dampings: Sequence[float]
    ) -> Sweeps:
        """Sweeps of several states, each with its fields, those on the weights, output terms and damping."""

    def log_p(self, step: AmpStep) -> Array:
        """Log-probability that each pattern is satisfied, of a step."""


class AmpState:
    """Node variables of AMP: fields `B` (N,) of the patterns on the weights and output terms `g` (P,) or (K, P)."""

    shared: Hashable
    """Equal for states whose sweeps can share a pass over the patterns (`sweep_together`)."""
    contradiction = False  # the variance is never zero, and no pattern of probability zero
    schedule: Schedule = "parallel"
    schedules: tuple[Schedule, ...] = ("parallel",)

    def __init__(self, amp: Stepper, fields: Array, g: Array, shared: Hashable) -> None:
        self.fields, self.g, self._amp, self.shared = fields, g, amp, shared

    def sweep(self, field: Array, damping: float) -> float:
        """One step, the fields damped; returns the largest undamped change of a field or magnetisation."""
        return self.sweep_together([self], [field], [damping])[0]

    def measure(self, field: Array) -> tuple[Array, float, Array]:
        r"""Magnetisations, free entropy :math:`\Phi` and log-probabilities of the patterns, messages unchanged."""
        m = np.tanh(field + self.fields)
        step = self._amp.step(m, self.g)
        return m, amp_free_entropy(step, m, self.g, field), self._amp.log_p(step)

    def snapshot(self) -> Messages:
        """Read-only copy of the messages."""
        return Messages("amp", frozen(self.fields.copy()), frozen(self.g.copy()))

    def restore(self, messages: Messages | None) -> None:
        """Go back to earlier messages, or to none: all zero."""
        if messages is None:
            self.fields, self.g = np.zeros_like(self.fields), np.zeros_like(self.g)
            return
        assert messages.g is not None
        self.fields, self.g = messages.fields.copy(), messages.g.copy()

    @staticmethod
    def sweep_together(states: Sequence[AmpState], fields: Sequence[Array], dampings: Sequence[float]) -> list[float]:
        """Sweep states of equal `shared` in one pass over their patterns; each comes out as from a sweep of its own.

        Equal bit for bit on the host, to rounding on a device.
        """
        old, terms = [state.fields for state in states], [state.g for state in states]
        new, made, residuals = states[0]._amp.sweeps(old, fields, terms, dampings)
        for k, state in enumerate(states):
            state.fields, state.g = new[k], made[k]
        return list(residuals)


@Instance.offers("amp")
def node_messages(instance: Instance, method: Method, **options: Any) -> AmpState:
    """Node variables of AMP on an instance; they take no memory to speak of."""
    given = Options(**options)
    given.parallel()
    fields, g = initial_fields(given.init, method, (instance.n,), np.float64, generator(given.rng))
    terms = np.zeros(instance.n_patterns) if g is None else g.copy()
    patterns = instance.real if instance.bits is None else instance.bits
    shared = (id(patterns), instance.model, given.beta, given.dtype, given.device)
    return AmpState(Amp(instance, given.beta, given.dtype, given.device), fields, terms, shared)


def sweeps_by_step(
    stepper: Stepper,
    fields: Sequence[Array],
    external: Sequence[Array],
    g: Sequence[Array],
    dampings: Sequence[float],
) -> Sweeps:
    """`Stepper.sweeps` by its `step`."""
    terms = np.stack(g)
    step = stepper.step(np.tanh(np.stack(external) + np.stack(fields)), terms)
    moved = [new - old for new, old in zip(step.fields, fields, strict=True)]
    change = np.abs(step.g - terms) * stepper.scales
    residuals = [
        _larger(float(np.max(np.abs(move))), float(np.max(each)) / math.sqrt(len(move)))
        for move, each in zip(moved, change, strict=True)
    ]
    damped = [old + (1.0 - damping) * move for old, damping, move in zip(fields, dampings, moved, strict=True)]
    return Sweeps(damped, [each.copy() for each in step.g], residuals)


def _above(kernel: KernelFunction, thresholds: Any, mean: Any, std: Any) -> Kernel:
    """A kernel at fields less the thresholds of the patterns."""
    return kernel(mean - thresholds, std)


def _larger(one: float, other: float) -> float:
    """The larger of two numbers; NaN where either is."""
    return max(one, other) if other == other else other


def _margin(model: Any, beta: float) -> tuple[float, float] | None:
    r"""Margin and :math:`1/(e^\beta-1)` of a model that is one, None for any other."""
    if type(model).log_probability is not BinaryPerceptron.log_probability:
        return None
    return float(model.kappa), float(np.exp(-beta) / -np.expm1(-beta)) if beta > 0 else np.inf
