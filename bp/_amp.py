r"""One step of approximate message passing (node variables only), over plain array operations.

With :math:`\ell(\omega, \sigma)` the log-weight of a pattern (`replica_theory.models.Model.log_kernel`),

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

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from replica_theory.models import Model

Array = NDArray[np.float64]

MIN_VARIANCE = 1e-10  # keeps the kernel finite when every magnetisation is saturated (V = 0)
_BLOCK_ENTRIES = 1 << 18  # patterns are converted to float64 in row blocks of 2 MB, which stay in cache


class AmpStep(NamedTuple):
    """What one step gives.

    Attributes
    ----------
    fields : array, shape (N,)
        Fields `B` of the patterns on the weights, without any external field.
    g : array, shape (P,)
        New output terms, to be passed to the next step.
    omega, variance : arrays, shape (P,)
        Mean (reaction term removed) and variance of each stability.
    log_weight : array, shape (P,)
        The log-weight of each pattern.
    """

    fields: Array
    g: Array
    omega: Array
    variance: Array
    log_weight: Array


def amp_step(xi: NDArray[Any], model: Model, magnetizations: Array, g: Array) -> AmpStep:
    """One step from the magnetisations (N,) and the previous output terms `g` (P,) of patterns `xi` (P, N).

    The first step takes ``g = 0``. Neither damping nor the external field is applied: the caller sets
    ``m = tanh(fields + field)`` as it likes. Cost: two matrix-vector products and one conversion of `xi`, exact in
    float64 whatever the stored type; memory beyond `xi`: one block of rows.
    """
    n_patterns, n = xi.shape
    binary = xi.dtype == np.int8
    variances = 1.0 - magnetizations**2
    steps, fields, reaction = [], np.zeros(n), np.zeros(n)
    rows = max(1, _BLOCK_ENTRIES // n)
    for start in range(0, n_patterns, rows):
        x = xi[start : start + rows].astype(np.float64, copy=False)
        spread = np.full(len(x), np.sum(variances) / n) if binary else (x * x) @ variances / n
        variance = np.maximum(spread, MIN_VARIANCE)
        omega = x @ magnetizations / np.sqrt(n) - variance * g[start : start + rows]
        kernel = model.log_kernel(omega, np.sqrt(variance))
        fields += x.T @ kernel.d1 / np.sqrt(n)
        reaction -= np.sum(kernel.d2) / n if binary else (x * x).T @ kernel.d2 / n
        steps.append((kernel.d1, omega, variance, kernel.log))
    new_g, omega, variance, log_weight = (np.concatenate(column) for column in zip(*steps, strict=True))
    return AmpStep(fields + magnetizations * reaction, new_g, omega, variance, log_weight)


def amp_free_entropy(step: AmpStep, magnetizations: Array, g: Array, field: Array) -> float:
    r"""Bethe free entropy :math:`\Phi` per weight, of a step and what went into it (so :math:`\omega - z = -Vg`)."""
    patterns = np.sum(step.log_weight + 0.5 * step.variance * g**2)
    return float((patterns + np.sum(binary_entropy(magnetizations)) + field @ magnetizations) / len(magnetizations))


def binary_entropy(magnetizations: Array) -> Array:
    """Entropy of independent weights of given magnetisations, nats."""
    p = np.stack([1.0 + magnetizations, 1.0 - magnetizations]) / 2.0
    terms = -p * np.log(p, out=np.zeros_like(p), where=p > 0)
    return np.asarray(np.sum(terms, axis=0))
