r"""Approximate message passing on committee machines: node variables of every unit, the output convolved exactly.

With :math:`Z_a` the probability that a majority of Gaussian units is right (`bp.messages._committee`),

.. math:: V_k &= \tfrac1n\sum_i(1-m_{ki}^2), \qquad
   \omega_{ak} = \tfrac1{\sqrt n}\sum_i\xi_{ai}m_{ki} - V_kg_{ak}^{\mathrm{old}}, \qquad
   g_{ak} = \partial_{\omega_{ak}}\log Z_a, \qquad \Gamma_{ak} = -\partial_{\omega_{ak}}g_{ak}, \\
   B_{ki} &= \tfrac1{\sqrt n}\sum_a\xi_{ai}g_{ak} + m_{ki}\tfrac1n\sum_a\Gamma_{ak}, \qquad n = N/K.

The units have no term between them: given a pattern their sums are independent.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from bp.messages._committee import channel
from bp.messages.amp import MIN_VARIANCE, AmpState, AmpStep, Sweeps, sweeps_by_step
from bp.messages.options import Options
from bp.messages.state import Method, initial_fields
from bp.problems.committee import Committee
from bp.problems.patterns import LabelledPatterns
from bp.problems.products import PackedPatterns, Patterns, RealPatterns
from bp.randomness import generator
from replica_theory.typing import Array


class CommitteeAmp:
    """The step for one committee machine; `dtype` is the precision of the products with the patterns."""

    def __init__(self, committee: Committee, beta: float, dtype: Any) -> None:
        self._units, self._kappa, self._beta = committee.units, float(committee.model.kappa), float(beta)
        parts = committee.parts if committee.tree else committee.parts[:1]
        self._patterns = [_products(part, dtype) for part in parts]
        squares = np.array([part.norms**2 / part.n for part in parts])
        squares[squares == 0.0] = 1.0
        self._least = MIN_VARIANCE * squares
        self.scales = np.exp2(np.round(0.5 * np.log2(squares)))

    def step(self, magnetizations: Array, g: Array) -> AmpStep:
        """One step from the magnetisations (..., N) and the output terms (..., K, P)."""
        m = magnetizations.reshape(*magnetizations.shape[:-1], self._units, -1)
        n = m.shape[-1]
        variance = np.clip(self._each("times_squared", 1.0 - m**2) / n, self._least, None)
        variance = np.broadcast_to(variance, g.shape)
        omega = self._each("times", m) / np.sqrt(n) - variance * g
        log_z, log_p = np.empty((2, *g.shape[:-2], g.shape[-1]))
        d1, d2 = np.empty(g.shape), np.empty(g.shape)
        for place in np.ndindex(g.shape[:-2]):
            outputs = log_z[place], log_p[place], d1[place], d2[place]
            channel(omega[place], variance[place], self._kappa, self._beta, *outputs)
        fields = self._each("back", d1) / np.sqrt(n) + m * self._each("back_squared", d2) / n
        return AmpStep(fields.reshape(magnetizations.shape), d1, omega, variance, log_z, log_p)

    def sweeps(
        self, fields: Sequence[Array], external: Sequence[Array], g: Sequence[Array], dampings: Sequence[float]
    ) -> Sweeps:
        """Sweeps of several states, which share the products with the patterns."""
        return sweeps_by_step(self, fields, external, g, dampings)

    def log_p(self, step: AmpStep) -> Array:
        """Log-probability that each pattern is satisfied."""
        return np.asarray(step.log_p)

    def _each(self, product: str, vectors: Array) -> Array:
        """A product of every unit's vector (..., K, :) with the patterns that it sees."""
        if len(self._patterns) == 1:
            return np.asarray(getattr(self._patterns[0], product)(vectors))
        parts = [getattr(seen, product)(vectors[..., k, :]) for k, seen in enumerate(self._patterns)]
        return np.stack(parts, axis=-2)


@Committee.offers("amp")
def committee_node_messages(committee: Committee, method: Method, **options: Any) -> AmpState:
    """Node variables of AMP on a committee machine; they take no memory to speak of."""
    given = Options(**options)
    given.parallel()
    given.on_host("for perceptrons; committee machines run on the host")
    fields, g = initial_fields(given.init, method, (committee.n,), np.float64, generator(given.rng))
    shape = (committee.units, committee.n_constraints)
    if g is not None and g.shape != shape:
        raise ValueError(f"init must hold output terms g of shape {shape}; got shape {g.shape}")
    terms = np.zeros(shape) if g is None else g.copy()
    shared: Hashable = (id(committee), given.beta, given.dtype)
    return AmpState(CommitteeAmp(committee, given.beta, given.dtype), fields, terms, shared)


def _products(part: LabelledPatterns, dtype: Any) -> Patterns:
    """Products with the patterns that some units see."""
    if part.bits is not None:
        return PackedPatterns(part.bits, part.n, dtype)
    assert part.real is not None
    return RealPatterns(part.real, dtype)
