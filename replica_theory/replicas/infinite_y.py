r"""The limit of infinitely many replicas: the largest local entropy around any configuration (free reference).

With :math:`q_1 = q + \delta q/y`, :math:`\hat q_1 = \hat q + \delta\hat q/y` and :math:`y\to\infty`,

.. math:: S_\infty = \mathrm{extr}\Big\{-\tfrac12\hat q(1-q) - \tfrac12(\delta q\,\hat q + q\,\delta\hat q) - t\hat t
   + \int\!Dz\max_x\big[-\tfrac{x^2}2 + \log2\cosh(\sqrt{\hat q}|z| + \sqrt{\delta\hat q}\,x + \hat t)\big]
   + \alpha\int\!Dz\max_x\big[-\tfrac{x^2}2 + \ell(\sqrt q z + \sqrt{\delta q}\,x, \sqrt{1-q})\big]\Big\}

and :math:`dS_\infty/dd = 2\hat t`. The inner maxima are at :math:`h = \sqrt{\hat q}|z| + \hat t + \delta\hat q\tanh h`
(largest root) and :math:`f = \sqrt q z + \delta q\,\ell'(f)`.

With a teacher the functional gains :math:`-R\hat R`, the outer energetic measure is that of `outer_field`, and
:math:`a = \sqrt{\hat q}z + \hat R` stands in the place of :math:`\sqrt{\hat q}z`. The best reference is
:math:`\tilde W = \mathrm{sign}\,a`.

Of a mixture of pattern classes the last term is the mean over the classes, and a free shift makes it stationary.

Where the mean squared weights `Q` of replicas and :math:`\tilde Q` of the reference are free, the functional gains
:math:`\frac12cQ + \frac12\tilde c\tilde Q`, the widths are :math:`\sqrt{Q-q}`, and :math:`t = (1-2d)\sqrt{Q\tilde Q}`
at a distance of the directions: :math:`c = \hat tt/Q - \alpha E\,\ell''` and :math:`\tilde c = \hat tt/\tilde Q`. The
weights are then those of `discrete_limit`, and :math:`dS_\infty/dd = 2\hat t\sqrt{Q\tilde Q}`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from replica_theory.models.mixture import Mixture
from replica_theory.models.model import Model, heat
from replica_theory.models.overlap_map import OverlapMap
from replica_theory.models.proximal import maxima, maximal_field
from replica_theory.models.steep_fields import steep_points
from replica_theory.models.weights import BINARY, DiscreteWeights, Weights
from replica_theory.numerics.binary import log2cosh
from replica_theory.numerics.half_line import half_line, kinked_line
from replica_theory.numerics.inner_newton import inner_newton
from replica_theory.numerics.squeezing import unsqueezed
from replica_theory.replicas.class_means import mean_of_classes
from replica_theory.replicas.discrete_limit import LimitFields, discrete_limit_weights
from replica_theory.replicas.limit_weights import LimitWeights, spherical_limit_weights
from replica_theory.replicas.outer_field import outer_rule, tilted_rule
from replica_theory.typical.functional import teacher_weight
from replica_theory.typing import Array

WIDEST = 40.0
"""Largest log(1 + dq): beyond, the limit is known."""


class LimitPoint(NamedTuple):
    """Read-out of a solution: local entropy, half its slope, order parameters and conjugates.

    `r`, `r_hat` and `r_ref` are the overlap with the teacher, its conjugate, and the reference's own (0 without one);
    `square` and `square_ref` the mean squared weights of replicas and reference; `shift` that of a mixture's fields.
    """

    free_entropy: float
    entropy: float
    t_hat: float
    q: float
    q_hat: float
    gap: float
    gap_hat: float
    energy: float
    replicon: float
    r: float = 0.0
    r_hat: float = 0.0
    r_ref: float = 0.0
    square: float = 1.0
    square_ref: float = 1.0
    shift: float = 0.0


class _Energetic(NamedTuple):
    value: float
    q_hat: float
    gap_hat: float
    energy: float
    curvature: float
    r_hat: float = 0.0
    bend: float = 0.0
    tilt: float = 0.0
    sag: float = 0.0
    shift: float = 0.0


class _Fields(NamedTuple):
    """Inner fields, their weights, and the mean curvature in the jumps between them."""

    f: Array
    weights: Array
    kinks: float


@dataclass(frozen=True)
class LimitEquations:
    r"""Saddle-point equations in the unknowns :math:`(q, \log(1+\delta q), \hat t/(1+|\hat t|))` at overlap t.

    With a teacher `R` is one more unknown, the second. As d → 0 the constraint is felt less and less around the best
    reference: :math:`\hat q\to0` and :math:`\delta q\sim\hat q^{-1/2}` diverges, its logarithm only slowly.

    Where the mean squared weights are free there are two more, after the first: `Q` and :math:`\tilde c/\hat t =
    t/\tilde Q`; `t` of the methods is then the cosine 1 - 2d, the overlap over :math:`\sqrt{Q\tilde Q}`.
    """

    model: Model
    alpha: float
    nodes: int = 161

    def residual(self, x: Array, t: float) -> Array:
        """Saddle-point equations; NaN outside the domain."""
        solved = self._terms(x, t)
        if solved is None or not solved[1].gap > -1:
            return np.full(len(x), np.nan)
        spins = solved[1]
        more = [spins.r - x[1]] if self.model.has_teacher else []
        overlap = spins.t
        if self._free_squares:
            if not spins.square_ref > 0:
                return np.full(len(x), np.nan)
            more = [spins.square - x[1], spins.t / spins.square_ref - x[2]]
            overlap = spins.t / float(np.sqrt(spins.square * spins.square_ref))
        return np.array([spins.q - x[0], *more, np.log1p(spins.gap) - x[-2], overlap - t])

    def along(self, x: Array, log_distance: float) -> Array:
        """Saddle-point equations at a log distance."""
        return self.residual(x, 1 - 2 * float(np.exp(log_distance)))

    def along_odds(self, x: Array, odds: float) -> Array:
        """Saddle-point equations at log(d/t): log d near the reference, -log t where the overlap is small."""
        return self.residual(x, 1 / (1 + 2 * float(np.exp(odds))))

    def read(self, x: Array, t: float) -> LimitPoint | None:
        """Everything reported at a solution x."""
        solved = self._terms(x, t)
        if solved is None:
            return None
        forces, spins = solved
        q, r, gap, t_hat = self._decode(x)
        square = spins.square
        overlap, norms = t * float(np.sqrt(square * spins.square_ref)), 0.0
        if self._free_squares:
            norms = t_hat * overlap - 0.5 * forces.bend * square
        linear = -0.5 * forces.q_hat * (square - q) - 0.5 * (gap * forces.q_hat + q * forces.gap_hat) - overlap * t_hat
        free = linear - r * forces.r_hat + spins.value + self.alpha * forces.value + norms
        entropy = free + heat(self.model, self.alpha, forces.energy) - spins.log_prior
        replicon = 1 - self.alpha * forces.curvature * spins.curvature
        return LimitPoint(free, entropy, t_hat, q, forces.q_hat, gap, forces.gap_hat, forces.energy, replicon,
                          r, forces.r_hat, spins.r_ref, square, spins.square_ref, forces.shift)  # fmt: skip

    def diverges(self, t: float) -> bool:
        r"""Whether the width is beyond the largest at overlap t, where the references' constraints are no more felt.

        It is where, at that width, :math:`\sqrt{\hat q}\,\delta q` is still below its value at the saddle point, which
        aligned fields give without solving for them.
        """
        widest = float(np.expm1(WIDEST))
        known = 0 < t < 1 and not self.model.has_teacher and not self._free_squares
        forces = self.forces(t**2, 0.0, widest) if known else None
        if forces is None:
            return False
        largest = 1.0 if self.model.weights.name == "spherical" else float(np.sqrt(2 / np.pi))
        return float(np.sqrt(forces.q_hat)) * (widest + 1 - t**2) < largest * t

    def _decode(self, x: Array) -> tuple[float, float, float, float]:
        """Overlaps q and R, gap and coupling field of coordinates x inside the domain."""
        r = float(x[1]) if self.model.has_teacher else 0.0
        return float(x[0]), r, max(float(np.expm1(x[-2])), 0.0), unsqueezed(float(x[-1]))

    @property
    def _free_squares(self) -> bool:
        return self.model.weights.square is None

    def _terms(self, x: Array, t: float) -> tuple[_Energetic, LimitWeights] | None:
        square = float(x[1]) if self._free_squares else 1.0
        if not (0 < x[0] < square - 1e-9 and abs(x[-1]) < 1 and x[-2] < WIDEST):
            return None
        q, r, gap, t_hat = self._decode(x)
        forces = self.forces(q, r, gap, square) if r**2 < q else None
        if forces is None or not forces.q_hat > 0:
            return None
        weights = self.model.weights
        if isinstance(weights, DiscreteWeights):
            ratio = float(x[2])
            if not ratio > 0:
                return None
            fields = LimitFields(forces.q_hat, forces.gap_hat, t_hat, t_hat * t**2 / ratio - forces.bend, ratio)
            spins = discrete_limit_weights(weights, fields, self.nodes // 16)
        else:
            spins = _entropic(weights, forces.q_hat, forces.gap_hat, t_hat, forces.r_hat)
        return None if spins is None else (forces, spins)

    def forces(self, q: float, r: float, gap: float, square: float = 1.0) -> _Energetic | None:
        """The energetic term (see `_behind`; of a mixture the mean), None where its inner maxima are not found."""
        if isinstance(self.model, Mixture):
            mean = mean_of_classes(self.model, lambda _, one: replace(self, model=one).forces(q, r, gap, square))
            return None if mean is None else mean[0]._replace(shift=mean[1])
        f = self.model.overlap_map
        own = self._forces(float(f.at(q)), r, float(f.conjugate(q, gap)), square)
        return own if own is None or f.is_identity else _behind(f, q, gap, own, self.alpha)

    def _forces(self, q: float, r: float, gap: float, square: float) -> _Energetic | None:
        model, std, taught = self.model, float(np.sqrt(square - q)), self.model.has_teacher
        outer = self._fields(q, r if taught else None, gap, std)
        boundary = self._fields(q - r**2, None, gap, std) if taught else None
        if outer is None or (taught and boundary is None):
            return None
        f, weights, kinks = outer
        kernel = model.log_kernel(f, std)
        response = gap * kernel.d2**2 / (1 - gap * kernel.d2)
        slope = 0.0 if boundary is None else float(boundary.weights @ model.log_kernel(boundary.f, std).d1)
        return _Energetic(
            float(weights @ (kernel.log - 0.5 * gap * kernel.d1**2)),
            self.alpha * float(weights @ kernel.d1**2),
            self.alpha * (float(weights @ response) + kinks),
            float(weights @ model.violation(f, std)) if np.isfinite(model.beta) else 0.0,
            float(weights @ kernel.d2**2),
            self.alpha * float(np.sqrt(2 / np.pi)) * slope,
            self.alpha * float(weights @ kernel.d2) if self._free_squares else 0.0,
            float(weights @ kernel.d1),
            float(weights @ (kernel.d2 / (1 - gap * kernel.d2))),
        )

    def _fields(self, variance: float, r: float | None, gap: float, std: float) -> _Fields | None:
        """Inner maxima over an outer field of given variance, with the teacher's weight at overlap r.

        None where they are not found.
        """
        root = float(np.sqrt(variance))
        if self.model.is_concave or gap == 0:
            steps = [(float(np.clip(e / root, -8, 8)), width / root) for e, width in steep_points(self.model, std)]
            outer = outer_rule(steps, self.nodes) if r is None else tilted_rule(steps, self.nodes, variance, r)
            if outer is None:
                return None
            f = maximal_field(self.model, root * outer.nodes, gap, std)
            return None if np.isnan(f).any() else _Fields(f, outer.weights, 0.0)
        best = maxima(self.model, variance, gap, std, order=self.nodes // 16)
        if best is None:
            return None
        if r is None:
            return _Fields(best.fields, best.weights, best.kinks(variance, gap))
        weights = best.weights * teacher_weight(best.h / root, variance, r)
        at_jumps = teacher_weight(np.array([jump.field for jump in best.jumps]) / root, variance, r)
        return _Fields(best.fields, weights, best.kinks(variance, gap, at_jumps))


def _behind(f: OverlapMap, q: float, gap: float, own: _Energetic, alpha: float) -> _Energetic:
    r"""The term behind a hidden layer from that at the images :math:`f(q)` and :math:`f'(q)\delta q`.

    :math:`\hat q = f'\hat q_f` and :math:`\delta\hat q = f'\delta\hat q_f + f''\delta q\,\hat q_f`.
    """
    return own._replace(
        q_hat=float(f.conjugate(q, own.q_hat)),
        gap_hat=float(f.slope(q) * own.gap_hat + f.bend(q) * gap * own.q_hat),
        curvature=float(f.curvature(q, own.curvature, own.q_hat / alpha)),
    )


def aligned(q_hat: float, r_hat: float = 0.0, weights: Weights = BINARY) -> tuple[float, float]:
    r"""Overlaps of the best aligned reference with a typical solution, and with the teacher (0 if there is none).

    The reference is the sign of the mean of the typical solutions (on the sphere its direction); the curve is flat
    from its distance to 1/2.
    """
    spins = _entropic(weights, q_hat, 0.0, 0.0, r_hat)
    return (np.nan, np.nan) if spins is None else (spins.t, spins.r_ref)


def _entropic(weights: Weights, q_hat: float, gap_hat: float, t_hat: float, r_hat: float) -> LimitWeights | None:
    """Entropic term, None where the inner maxima are not found."""
    if weights.name == "spherical":
        return spherical_limit_weights(q_hat, gap_hat, t_hat, r_hat)
    root = np.sqrt(q_hat)
    if r_hat == 0:
        z, weight = half_line(1 / root)
        a, drift = root * z + t_hat, z
    else:
        z, weight = kinked_line(-r_hat / root, 1 / root)
        sign = np.sign(root * z + r_hat)
        a, drift = sign * (root * z + r_hat) + t_hat, z * sign

    def step(h: Array) -> Array:
        m = np.tanh(h)
        return np.asarray(-(h - a - gap_hat * m) / np.maximum(1 - gap_hat * (1 - m**2), 1e-3))

    roots = inner_newton(step, a + gap_hat, most=100, tol=1e-11)
    if not roots.converged:
        return None
    h = roots.x
    m = np.tanh(h)
    q = float(weight @ m**2)
    value = float(weight @ (log2cosh(h) - 0.5 * gap_hat * m**2))
    gap = float(weight @ (drift * m)) / root - (1 - q)
    # Without a teacher the nodes are those of one sign, and the others cancel them.
    r, r_ref = (0.0, 0.0) if r_hat == 0 else (float(weight @ (sign * m)), float(weight @ sign))
    return LimitWeights(value, q, gap, float(weight @ m), float(weight @ (1 - m**2) ** 2), r, r_ref)
