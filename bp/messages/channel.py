r"""Approximate message passing for weights other than ±1: on the sphere, or of some levels.

A weight in the field of the patterns has the measure :math:`\rho(w)e^{h_iw-c_iw^2/2}`
(``replica_theory.models.weights``), with

.. math:: h_i = B_i + \theta_i, \qquad B_i = \tfrac1{\sqrt N}\sum_a\xi_{ai}g_a + m_iA_i, \qquad
   A_i = \tfrac1N\sum_a\xi_{ai}^2\Gamma_a, \qquad m_i = g'(h_i, c_i), \qquad v_i = g''(h_i, c_i),

and :math:`v_i` in the place of :math:`1-m_i^2` in the variances :math:`V_a` of ``bp.messages.amp``. Of levels
:math:`c_i=A_i`; on the sphere :math:`c_i=A_i+\lambda`, with the multiplier at which :math:`\sum_i(m_i^2+v_i)=N`. The
fixed points are the stationary points, in `m`, `v` and :math:`\omega`, of the Bethe free entropy

.. math:: N\Phi = \sum_a\Big[\ell(\omega_a,\sqrt{V_a}) + \tfrac{(\omega_a-z_a)^2}{2V_a}\Big]
   + \sum_i\Big[g(h_i,c_i) - B_im_i + \tfrac12c_i(m_i^2+v_i)\Big], \qquad z_a = \tfrac1{\sqrt N}\sum_i\xi_{ai}m_i.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Any, NamedTuple

import numpy as np

from bp.messages.amp import MIN_VARIANCE, Amp, AmpStep
from bp.messages.options import Options
from bp.messages.state import Messages, Method, Moments, Schedule, frozen, initial_fields
from bp.problems.perceptron import Instance
from bp.randomness import generator
from replica_theory.models.model import Kernel
from replica_theory.models.weights import DiscreteWeights, Weights
from replica_theory.typing import Array

_NEWTON = 100
"""Steps for the multiplier of the sphere at most; it takes five."""
_ROUNDING = 1e-14


class Marginals(NamedTuple):
    """The weights in their fields: field, precision, :math:`g`, mean and variance of each, shape (N,)."""

    h: Array
    c: Array
    log: Array
    mean: Array
    variance: Array


class ChannelState:
    r"""Node variables of AMP: fields `B` (N,), precisions `A` (N,) and output terms `g` (P,).

    Attributes
    ----------
    fields, precisions : array, shape (N,)
    g : array, shape (P,)
    tie : float
        What holds the mean square `Q` of levels: :math:`c_i = A_i + \mathrm{tie}/\sqrt Q`. A field
        :math:`\gamma\tilde W_i` with the tie :math:`\gamma\cos\vartheta\sqrt{\tilde Q}` leads to the weights at the
        angle :math:`\vartheta` to the reference :math:`\tilde W`.
    """

    contradiction = False
    schedule: Schedule = "parallel"
    schedules: tuple[Schedule, ...] = ("parallel",)

    def __init__(self, instance: Instance, options: Options, fields: Array, g: Array, precisions: Array) -> None:
        self._amp = Amp(instance, options.beta, options.dtype)
        self._weights: Weights = instance.model.weights
        squares = np.ones(1) if instance.real is None else np.mean(instance.real**2, axis=1)
        self._least = MIN_VARIANCE * squares
        self.fields, self.g, self.precisions = fields, g, precisions
        self.shared: Hashable = id(self)
        self.tie, self._square = 0.0, self._weights.moments[1]

    def marginals(self, field: Array) -> Marginals:
        """The weights in external fields."""
        h, c = self.fields + field, self.precisions
        c = c + (multiplier(h, c) if self._weights.square is not None else self._held(self._square))
        return Marginals(h, c, *self._weights.tilt(h, c))

    def sweep(self, field: Array, damping: float) -> float:
        """One step, fields and precisions damped; the largest undamped change of one, or of an output term."""
        at = self.marginals(field)
        root = math.sqrt(len(at.h))
        _, kernel, _ = self._respond(at)
        precisions = np.broadcast_to(self._amp.patterns.back_squared(-kernel.d2) / root**2, at.h.shape)
        fields = self._amp.patterns.back(kernel.d1) / root + at.mean * precisions
        square = float(np.mean(at.mean**2 + at.variance))
        held, self._square = self._held(square) - self._held(self._square), square
        moves = fields - self.fields, precisions - self.precisions, (kernel.d1 - self.g) * self._amp.scales / root
        self.fields = self.fields + (1.0 - damping) * moves[0]
        self.precisions = self.precisions + (1.0 - damping) * moves[1]
        self.g = kernel.d1
        return max(abs(held), *(float(np.max(np.abs(move))) for move in moves))

    def measure(self, field: Array) -> tuple[Array, float, Array]:
        r"""Means, free entropy :math:`\Phi` and log-probabilities of the patterns, messages unchanged."""
        at = self.marginals(field)
        variance, kernel, omega = self._respond(at)
        sites = at.log - self.fields * at.mean + 0.5 * at.c * (at.mean**2 + at.variance)
        total = np.sum(kernel.log) + 0.5 * np.sum(variance * self.g**2) + np.sum(sites)
        return (
            at.mean,
            float(total) / len(at.h),
            self._amp.log_p(AmpStep(self.fields, self.g, omega, variance, kernel.log)),
        )

    def moments(self, field: Array) -> Moments:
        """Mean square and mean log-prior of the weights."""
        at = self.marginals(field)
        return Moments(float(np.mean(at.mean**2 + at.variance)), _log_prior(self._weights, at))

    def snapshot(self) -> Messages:
        """Read-only copy of the messages."""
        return Messages("amp", *(frozen(values.copy()) for values in (self.fields, self.g, self.precisions)))

    def restore(self, messages: Messages | None) -> None:
        """Go back to earlier messages, or to none: all zero."""
        given = (None, None, None) if messages is None else (messages.fields, messages.g, messages.precisions)
        old = self.fields, self.g, self.precisions
        self.fields, self.g, self.precisions = (
            np.zeros_like(o) if x is None else x.copy() for x, o in zip(given, old, strict=True)
        )

    def _held(self, square: float) -> float:
        """What the tie adds to precisions."""
        return self.tie / math.sqrt(square)

    def _respond(self, at: Marginals) -> tuple[Array, Kernel, Array]:
        """Variances, log-weights with derivatives, and means of the stabilities."""
        n = len(at.h)
        variance = np.maximum(self._amp.patterns.times_squared(at.variance) / n, self._least)
        omega = self._amp.patterns.times(at.mean) / math.sqrt(n) - variance * self.g
        return variance, self._amp.kernel(omega, np.sqrt(variance)), omega


@Instance.offers("amp", domains=("levels", "reals"))
def channel_messages(instance: Instance, method: Method, **options: Any) -> ChannelState:
    """Node variables of AMP on an instance of other weights than ±1."""
    given = Options(**options)
    given.parallel()
    given.on_host("for weights of ±1; others run on the host")
    fields, g = initial_fields(given.init, method, (instance.n,), np.float64, generator(given.rng))
    terms = np.zeros(instance.n_patterns) if g is None else g.copy()
    kept = given.init.precisions if isinstance(given.init, Messages) else None
    return ChannelState(instance, given, fields, terms, np.zeros(instance.n) if kept is None else kept.copy())


def multiplier(h: Array, a: Array) -> float:
    r"""The :math:`\lambda` at which :math:`\frac1N\sum_i[h_i^2/(a_i+\lambda)^2 + 1/(a_i+\lambda)] = 1`.

    Newton's method from below, where the sum, convex and decreasing, is too large.
    """
    least = float(np.min(a))
    excess, square = a - least, h**2
    x = 0.5 * (1.0 + math.sqrt(1.0 + 4.0 * float(np.mean(square)))) - float(np.max(excess))
    x = max(x, 1.0 / len(h))  # the smallest c alone would be too large a share there
    for _ in range(_NEWTON):
        c = excess + x
        miss = float(np.mean(square / c**2 + 1.0 / c)) - 1.0
        step = miss / float(np.mean(2.0 * square / c**3 + 1.0 / c**2))
        x += step
        if abs(step) <= _ROUNDING * x:
            break
    return x - least


def _log_prior(weights: Weights, at: Marginals) -> float:
    """Mean logarithm of the prior of the weights in their fields."""
    prior = weights.log_prior(at.h[:, None], at.c) if isinstance(weights, DiscreteWeights) else None
    return 0.0 if prior is None else float(np.mean(prior))
