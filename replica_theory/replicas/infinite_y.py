r"""The limit of infinitely many replicas: the largest local entropy around any configuration (free reference).

With :math:`q_1 = q + \delta q/y`, :math:`\hat q_1 = \hat q + \delta\hat q/y` and :math:`y\to\infty`,

.. math:: S_\infty = \mathrm{extr}\Big\{-\tfrac12\hat q(1-q) - \tfrac12(\delta q\,\hat q + q\,\delta\hat q) - t\hat t
   + \int\!Dz\max_x\big[-\tfrac{x^2}2 + \log2\cosh(\sqrt{\hat q}|z| + \sqrt{\delta\hat q}\,x + \hat t)\big]
   + \alpha\int\!Dz\max_x\big[-\tfrac{x^2}2 + \ell(\sqrt q z + \sqrt{\delta q}\,x, \sqrt{1-q})\big]\Big\}

and :math:`dS_\infty/dd = 2\hat t`. The inner maxima are at :math:`h = \sqrt{\hat q}|z| + \hat t + \delta\hat q\tanh h`
(largest root) and :math:`f = \sqrt q z + \delta q\,\ell'(f)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from replica_theory.models.model import Model
from replica_theory.models.proximal import maxima, maximal_field
from replica_theory.numerics.binary import log2cosh
from replica_theory.numerics.gaussian import multi_rule
from replica_theory.numerics.half_line import half_line
from replica_theory.numerics.inner_newton import inner_newton
from replica_theory.typing import Array


class LimitPoint(NamedTuple):
    """Read-out of a solution: local entropy, half its slope, order parameters and conjugates."""

    free_entropy: float
    entropy: float
    t_hat: float
    q: float
    q_hat: float
    gap: float
    gap_hat: float
    energy: float
    replicon: float


class _Energetic(NamedTuple):
    value: float
    q_hat: float
    gap_hat: float
    energy: float
    curvature: float


class _Entropic(NamedTuple):
    value: float
    q: float
    gap: float
    t: float
    curvature: float


@dataclass(frozen=True)
class LimitEquations:
    r"""Saddle-point equations in the unknowns :math:`(q, \log(1+\delta q), \hat t/(1+|\hat t|))` at overlap t.

    As d → 0 the constraint is felt less and less around the best reference: :math:`\hat q\to0` and
    :math:`\delta q\sim\hat q^{-1/2}` diverges, its logarithm only slowly.
    """

    model: Model
    alpha: float
    nodes: int = 161

    def residual(self, x: Array, t: float) -> Array:
        """Saddle-point equations; NaN outside the domain."""
        solved = self._terms(x)
        if solved is None:
            return np.full(3, np.nan)
        spins = solved[1]
        if not spins.gap > -1:
            return np.full(3, np.nan)
        return np.array([spins.q - x[0], np.log1p(spins.gap) - x[1], spins.t - t])

    def along(self, x: Array, log_distance: float) -> Array:
        """Saddle-point equations at a log distance."""
        return self.residual(x, 1 - 2 * float(np.exp(log_distance)))

    def read(self, x: Array, t: float) -> LimitPoint | None:
        """Everything reported at a solution x."""
        solved = self._terms(x)
        if solved is None:
            return None
        forces, spins = solved
        q, gap, t_hat = float(x[0]), max(float(np.expm1(x[1])), 0.0), _unsqueezed(float(x[2]))
        linear = -0.5 * forces.q_hat * (1 - q) - 0.5 * (gap * forces.q_hat + q * forces.gap_hat) - t * t_hat
        free = linear + spins.value + self.alpha * forces.value
        entropy = free + self.model.heat(self.alpha, forces.energy)
        replicon = 1 - self.alpha * forces.curvature * spins.curvature
        return LimitPoint(free, entropy, t_hat, q, forces.q_hat, gap, forces.gap_hat, forces.energy, replicon)

    def _terms(self, x: Array) -> tuple[_Energetic, _Entropic] | None:
        q, log_gap, squeezed = (float(v) for v in x)
        if not (0 < q < 1 - 1e-9 and abs(squeezed) < 1 and log_gap < 40):
            return None
        forces = self._energetic(q, max(float(np.expm1(log_gap)), 0.0))
        if not forces.q_hat > 0:
            return None
        return forces, _entropic(forces.q_hat, forces.gap_hat, _unsqueezed(squeezed))

    def _energetic(self, q: float, gap: float) -> _Energetic:
        root, std = float(np.sqrt(q)), float(np.sqrt(1 - q))
        kinks = 0.0
        if self.model.is_concave or gap == 0:
            edges = [np.asarray(np.clip(float(np.asarray(edge)) / root, -8, 8)) for edge in self.model.edges]
            outer = multi_rule(edges, [np.asarray(std / root)] * len(edges), self.nodes)
            weights, f = outer.weights, maximal_field(self.model, root * outer.nodes, gap, std)
        else:
            best = maxima(self.model, q, gap, std, order=self.nodes // 16)
            weights, f, kinks = best.weights, best.fields, best.kinks(q, gap)
        kernel = self.model.log_kernel(f, std)
        response = gap * kernel.d2**2 / (1 - gap * kernel.d2)
        thermal = np.isfinite(self.model.beta)
        return _Energetic(
            float(weights @ (kernel.log - 0.5 * gap * kernel.d1**2)),
            self.alpha * float(weights @ kernel.d1**2),
            self.alpha * (float(weights @ response) + kinks),
            float(weights @ self.model.violation(f, std)) if thermal else 0.0,
            float(weights @ kernel.d2**2),
        )


def aligned_distance(q_hat: float) -> float:
    r"""Distance between a typical solution and the best aligned reference: the curve is flat from here to 1/2."""
    return 0.5 * (1 - _entropic(q_hat, 0.0, 0.0).t)


def _entropic(q_hat: float, gap_hat: float, t_hat: float) -> _Entropic:
    root = np.sqrt(q_hat)
    z, weight = half_line(1 / root)
    a = root * z + t_hat

    def step(h: Array) -> Array:
        m = np.tanh(h)
        return np.asarray(-(h - a - gap_hat * m) / np.maximum(1 - gap_hat * (1 - m**2), 1e-3))

    h = inner_newton(step, a + gap_hat, most=100, tol=1e-11).or_nan
    m = np.tanh(h)
    q = float(weight @ m**2)
    value = float(weight @ (log2cosh(h) - 0.5 * gap_hat * m**2))
    gap = float(weight @ (z * m)) / root - (1 - q)
    return _Entropic(value, q, gap, float(weight @ m), float(weight @ (1 - m**2) ** 2))


def _unsqueezed(x: float) -> float:
    return x / (1 - abs(x))
