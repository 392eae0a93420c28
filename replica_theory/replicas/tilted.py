r"""A measure tilted towards one of its own samples: the equations of stochastic localisation.

:math:`W^*` is drawn from :math:`P(W) \propto \prod_\mu w(h^\mu)` (replica symmetric, with overlap :math:`\tilde q` and
conjugate :math:`\hat{\tilde q}`) and seen as :math:`\tau W^* + \sqrt\tau g`. Given that, another sample and :math:`W^*`
are exchangeable, so that their overlap `q` is the only order parameter:

.. math:: f_\tau(q) = \mathrm{extr}_{\hat q}\big\{-\tfrac12\hat q(1+q) + \tilde q\hat{\tilde q} + G_S(D) + \alpha G_E(q)
   \big\}, \qquad D = \hat q - \hat{\tilde q} + \tau,

.. math:: G_S = E_a\,E_z\,\frac{e^a}{\cosh a}\log2\cosh(a + D + \sqrt Dz), \qquad
   G_E = E_z\,E_u\,e^{\ell(h, \sqrt{1-q}) - \ell(\sqrt{\tilde q}z, \sqrt{1-\tilde q})}\,\ell(h, \sqrt{1-q}),

with :math:`a \sim \mathcal N(0, \hat{\tilde q})` and :math:`h = \sqrt{\tilde q}z + \sqrt{q-\tilde q}u`. All fixed
points are given by the strength `D` of the field on a weight, explicitly:

.. math:: 1 - q = E\,\mathrm{sech}^2, \qquad \hat q = \alpha E\,\ell'^2, \qquad \tau(D) = D + \hat{\tilde q} - \hat q,
   \qquad \frac{d\tau}{dD} = 1 - \alpha E\,\ell''^2\,E\,\mathrm{sech}^4 ,

and :math:`\partial_qf_\tau = \frac12(\tau - \tau(D))`. The derivative is the de Almeida-Thouless stability of
the tilted measure: it is replica symmetric as long as its fixed point is not about to vanish.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray
from scipy import special

from replica_theory.models.model import Model
from replica_theory.models.steep_fields import steep_points
from replica_theory.numerics.binary import log2cosh
from replica_theory.numerics.gaussian import Rule, multi_rule, rule
from replica_theory.typical.replica_symmetric import ReplicaSymmetric
from replica_theory.typing import Array

COARSE, ORDINARY, FINER = (121, 41), (241, 81), (361, 121)
"""Nodes along the steep and along the smooth field."""
_STRONGEST, _STEPS = 70.0, 72
"""Strength up to which fixed points are looked at one by one (1 - q is 1e-16 there), and in how many steps."""
_CLOSEST = 1e-16
"""Smallest 1 - q at which the integrals over the patterns are done."""
_EVEN = 1e-11
"""Overlap of samples below which it counts as zero."""
_LARGEST = 600.0
"""Logarithm of the largest weight of a node: so much is where the rest of the measure does not count."""
_AWAY, _FARTHEST = 3.0, 30.0
"""Field of a pattern, in standard deviations, from which on nodes are moved there, and the largest."""
_REACH = 9.5
"""Standard deviations up to which the smooth field has nodes."""
_NEAR, _FAR, _GROWTH, _NOTHING = 1e-8, 1e-12, 1e-4, 1e-9
"""Two 1 - q between which (1 - q) E l''^2 grows like a power of 1/(1 - q), a power that is none, a value likewise."""


class FixedPoint(NamedTuple):
    r"""What belongs to a strength `D`; numbers, or arrays of one shape.

    `rest` is :math:`1 - q`, `response` :math:`E\,\mathrm{sech}^4`, `curvature` :math:`\alpha E\,\ell''^2`, `potential`
    the free entropy :math:`f_\tau` at :math:`\tau = 0` and this `D`: it grows by :math:`\tau(1+q)/2`; `missed` is the
    share of the samples' fields that escapes the nodes.
    """

    strength: Array
    rest: Array
    time: Array
    q_hat: Array
    response: Array
    curvature: Array
    potential: Array
    missed: Array

    @property
    def stability(self) -> Array:
        r""":math:`d\tau/dD`."""
        return np.asarray(1 - self.curvature * self.response)

    def free_entropy(self, time: Array | float) -> Array:
        r""":math:`f_\tau` at any time and this `q` (stationary where `time` is its own)."""
        return np.asarray(self.potential + 0.5 * time * (2 - self.rest))


@dataclass(frozen=True, eq=False)
class Tilted:
    """The tilted measures of one model at one load.

    Parameters
    ----------
    model : Model
    alpha, q_ref, q_hat_ref : float
        The load, and the replica-symmetric overlap of the samples with its conjugate.
    nodes : tuple of int
    """

    model: Model
    alpha: float
    q_ref: float
    q_hat_ref: float
    nodes: tuple[int, int] = ORDINARY

    @classmethod
    def of(cls, model: Model, alpha: float, typical: ReplicaSymmetric, nodes: tuple[int, int] = ORDINARY) -> Tilted:
        """Those of a model with this replica-symmetric saddle point."""
        q, q_hat = (float(np.ravel(value)[0]) for value in (typical.q, typical.q_hat))
        return cls(model, alpha, *((q, q_hat) if q > _EVEN else (0.0, 0.0)), nodes)

    def spins(self, strength: float) -> tuple[float, float, float]:
        r""":math:`E\,\mathrm{sech}^2`, :math:`E\,\mathrm{sech}^4` and :math:`E\log2\cosh` at a strength."""
        return _spins(strength, self.q_hat_ref, self.nodes)

    def with_nodes(self, nodes: tuple[int, int]) -> Tilted:
        """The same by other rules."""
        return replace(self, nodes=nodes)

    def at(self, strength: float) -> FixedPoint:
        """The fixed point of a strength."""
        rest, response, spins = self.spins(strength)
        log, slope, curvature, norm = self.patterns(rest)
        q_hat = self.alpha * slope
        field = strength + self.q_hat_ref
        potential = -0.5 * field * (2 - rest) + self.q_ref * self.q_hat_ref + spins + self.alpha * log
        values = (strength, rest, field - q_hat, q_hat, response, self.alpha * curvature, potential, abs(1 - norm))
        return FixedPoint(*(np.asarray(value) for value in values))

    def series(self, strengths: Array) -> FixedPoint:
        """The fixed points of several strengths."""
        return FixedPoint(*np.array([self.at(float(d)) for d in strengths]).reshape(-1, len(FixedPoint._fields)).T)

    @cached_property
    def path(self) -> FixedPoint:
        """All fixed points from the untilted measure on, those where the time turns among them."""
        grid = self.series(_STRONGEST * np.linspace(0.0, 1.0, _STEPS + 1) ** 2)
        extra = _turns(self, grid)
        if not self.is_pinned:
            extra.append(float(_weakest(self, grid).strength))
        strengths = np.unique([*grid.strength, *extra])
        known = dict(zip(grid.strength.tolist(), np.transpose(grid), strict=True))
        return FixedPoint(*np.array([known[d] if d in known else self.at(d) for d in strengths.tolist()]).T)

    def weakest(self) -> FixedPoint:
        """The fixed point of the smallest stability."""
        path = self.path
        return FixedPoint(*np.transpose(path)[int(np.argmin(path.stability))])

    def erased(self, point: FixedPoint) -> tuple[float, float]:
        r"""The fraction of weights that are known where others give the rest of an overlap, and its stability.

        With a fraction :math:`\theta` of the weights of :math:`W^*` known, and the field of strength
        :math:`D = \hat q - \hat{\tilde q}` on the others, :math:`1 - q = (1 - \theta)E\,\mathrm{sech}^2`, and
        :math:`d\theta/dq` is positive where :math:`1 - (1 - \theta)\alpha E\,\ell''^2\,E\,\mathrm{sech}^4` is.
        """
        rest, response, _ = self.spins(max(float(point.q_hat) - self.q_hat_ref, 0.0))
        unknown = min(float(point.rest) / rest, 1.0)
        return 1 - unknown, 1 - unknown * float(point.curvature) * response

    def weakest_erased(self) -> FixedPoint:
        """The overlap at which decimation is least stable."""
        path = self.path
        points = [FixedPoint(*row) for row in np.transpose(path)]
        k = int(np.argmin([self.erased(point)[1] for point in points]))
        low, high = path.strength[max(k - 1, 0)], path.strength[min(k + 1, len(points) - 1)]
        best = scipy.optimize.minimize_scalar(
            lambda d: self.erased(self.at(d))[1], bounds=(low, high), method="bounded", options={"xatol": 1e-4}
        )
        return self.at(float(best.x)) if best.fun < self.erased(points[k])[1] else points[k]

    def fixed_points(self, time: float) -> list[FixedPoint]:
        """The stable fixed points of a time in the order of their overlaps (q = 1 is not among them)."""
        path = self.path
        above = path.time >= time
        found = [self._fixed_point(time, path.strength[k], path.strength[k + 1])
                 for k in np.flatnonzero(above[1:] & ~above[:-1])]  # fmt: skip
        if above[0]:
            found.insert(0, self.at(0.0))
        if not above[-1] and not self.is_pinned:  # q is 1 to rounding, the conjugate constant
            found.append(self._fixed_point(time, path.strength[-1], 2 * (time + path.q_hat[-1] + 1)))
        return found

    def strength_of(self, rest: float) -> float:
        """The strength at which 1 - q has a value (0 where it is that of the untilted measure, or larger)."""
        if self.spins(0.0)[0] <= rest:
            return 0.0
        high = 1.0
        while self.spins(high)[0] > rest:
            high *= 2
        return float(scipy.optimize.brentq(lambda d: np.log(self.spins(d)[0] / rest), 0.0, high, xtol=1e-12))

    def _fixed_point(self, time: float, low: float, high: float) -> FixedPoint:
        """The one between two strengths."""
        root = scipy.optimize.brentq(lambda d: float(self.at(d).time) - time, low, high, xtol=1e-13, rtol=1e-13)
        return self.at(float(root))

    @cached_property
    def is_pinned(self) -> bool:
        r"""Whether q = 1 is a fixed point at any time: :math:`d\tau/dD` is negative as :math:`D \to \infty`.

        There :math:`E\,\mathrm{sech}^4 = \frac12(1-q)`, and :math:`(1-q)E\,\ell''^2` diverges, vanishes or tends to a
        number that says it.
        """
        near, far = (0.5 * self.alpha * rest * self.patterns(rest)[2] for rest in (_NEAR, _FAR))
        if far < _NOTHING or near == 0:
            return False
        growth = np.log(far / near) / np.log(_NEAR / _FAR)
        return bool(far > 1 if abs(growth) < _GROWTH else growth > 0)

    def patterns(self, rest: float) -> tuple[float, float, float, float]:
        r"""The means of :math:`\ell`, :math:`\ell'^2`, :math:`\ell''^2` and 1 at an overlap (given by 1 - q)."""
        rest = max(rest, _CLOSEST)
        q, std = max(1 - rest, 0.0), np.sqrt(rest)
        root, ref = np.sqrt(q), self.q_ref
        v, shift = _fields(self.model, root, std, self.nodes[0])
        kernel = self.model.log_kernel(root * v.nodes, std)
        log = kernel.log - shift
        if ref > 0:
            apart = max(q - ref, 0.0) / q
            # Fields of samples go the further the rarer they are.
            y = max(1.0, np.sqrt(apart) / (1 - ref)) * np.linspace(-_REACH, _REACH, self.nodes[1])
            k = ref / root * v.nodes[:, None] + np.sqrt(ref * apart) * y
            prior = self.model.log_kernel(k, np.sqrt(1 - ref)).log + 0.5 * y**2
            share = np.exp(np.minimum(log[:, None] - prior, _LARGEST)).sum(axis=1)
            share *= (y[1] - y[0]) / np.sqrt(2 * np.pi)
        else:
            share = np.exp(np.minimum(log - self.model.log_kernel(np.zeros(()), 1.0).log, _LARGEST))
        value, slope, curvature, norm = (
            float(v.integrate(share * f)) for f in (kernel.log, kernel.d1**2, kernel.d2**2, 1.0)
        )
        return value, slope, curvature, norm


def _fields(model: Model, root: float, std: float, count: int) -> tuple[Rule, Array]:
    """Nodes for the field of a pattern over `root`, with what is to be taken off the logarithm of its weight.

    They lie about the likeliest field where that is far from zero, as it is at large margins.
    """
    safe = max(root, 1e-6)
    steep = [(center / safe, width / safe) for center, width in steep_points(model, std)]
    middle = 0.0
    if min(abs(center) for center, _ in steep) > _AWAY:
        grid = np.linspace(-_FARTHEST, _FARTHEST, 201)
        best = float(grid[np.argmax(model.log_kernel(root * grid, std).log - 0.5 * grid**2)])
        middle = best if abs(best) > _AWAY else 0.0
    centers = [np.array(np.clip(center - middle, -8.0, 8.0)) for center, _ in steep]
    about = multi_rule(centers, [np.array(width) for _, width in steep], count)
    shift = middle * (about.nodes + 0.5 * middle)
    return Rule(about.nodes + middle, about.weights, about.coarse), shift


def _spins(strength: float, q_hat_ref: float, nodes: tuple[int, int]) -> tuple[float, float, float]:
    r""":math:`E\,\mathrm{sech}^2`, :math:`E\,\mathrm{sech}^4`, :math:`E\log2\cosh` of the field of a weight +1."""
    spread, root = np.sqrt(q_hat_ref), np.sqrt(max(strength, 1e-300))
    outer = rule(0.0, 1 / max(spread, 1e-9), nodes[1])
    a = spread * outer.nodes
    inner = rule(-(a + strength) / root, np.full_like(a, 1 / root), nodes[0])
    x = a[:, None] + strength + root * inner.nodes
    value = log2cosh(x)
    weights = 2 * outer.weights * special.expit(2 * a)
    sech2 = np.exp(2 * (np.log(2) - value))
    found = (float(weights @ inner.integrate(f)) for f in (sech2, sech2**2, value))
    rest, response, free = found
    return rest, response, free


def _turns(tilted: Tilted, grid: FixedPoint) -> list[float]:
    """Where the stability changes its sign."""
    signs: NDArray[np.bool_] = grid.stability > 0
    return [
        float(
            scipy.optimize.brentq(
                lambda d: float(tilted.at(d).stability), grid.strength[k], grid.strength[k + 1], xtol=1e-9
            )
        )
        for k in np.flatnonzero(signs[1:] != signs[:-1])
    ]


def _weakest(tilted: Tilted, grid: FixedPoint) -> FixedPoint:
    """Between the points of a grid."""
    k = int(np.argmin(grid.stability))
    low, high = grid.strength[max(k - 1, 0)], grid.strength[min(k + 1, _STEPS)]
    best = scipy.optimize.minimize_scalar(
        lambda d: float(tilted.at(d).stability), bounds=(low, high), method="bounded", options={"xatol": 1e-4}
    )
    return tilted.at(float(best.x) if best.fun < grid.stability[k] else float(grid.strength[k]))
