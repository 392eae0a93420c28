r"""The replica-symmetric branch of binary weights with :math:`h\ge\kappa`, in balls: all is explicit in one unknown.

With :math:`s = \sqrt{\hat q}`, :math:`A(z) = (\kappa - \sqrt qz)/\sqrt{1-q}` and :math:`R = G/H`,

.. math:: q = E\tanh^2(sz), \qquad \alpha = s^2(1-q)/\rho, \qquad \rho = E R(A)^2,
   \qquad S = -\tfrac12s^2(1-q) + E\log2\cosh(sz) + \alpha E\log H(A),

with a teacher (Bayes-optimal, :math:`R = q` and :math:`\kappa=0`) with the field :math:`sz+s^2` in place of `sz`, the
weight :math:`2H(A)` in both means over patterns and :math:`-\frac12s^2(1+q)` in front. Both functionals are
stationary in q and s at their own load, so that

.. math:: \frac{dS}{ds} = \alpha'E\log H, \qquad \frac{d}{ds}S\Big|_{\mathrm{load}\ \alpha_0}
   = \tfrac12s^2q'\big(1 - \alpha_0/\alpha\big)\ \mathrm{(random\ labels)} .

The bounds on the real line, each from :math:`0 < R' = R(R-A) < 1` (that is :math:`1-R'`, the variance of a truncated
Gaussian, lies between 0 and 1) and :math:`R(0) < 1`:

.. math:: R \le 1 + |A|, \quad |\log H| \le (1+|A|)^2, \quad \log2\cosh x \le (1+|x|)^2, \quad HR = G < 1 .
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from replica_theory.certified.balls import Arb, Growth, gaussian_mean, loaded
from replica_theory.certified.hazard import erfc, hazard, log_tail


@dataclass(frozen=True)
class Point:
    """What goes with a value of s: the overlap, the load, and the two terms of the entropy."""

    s: Arb
    q: Arb
    rho: Arb
    alpha: Arb
    entropic: Arb
    """Its first two terms."""
    energetic: Arb
    """The mean of log H."""

    def entropy(self, load: Arb | None = None) -> Arb:
        """At its own load or another one."""
        return self.entropic + (self.alpha if load is None else load) * self.energetic


@dataclass(frozen=True)
class Slopes:
    """What goes with a ball of s: the same point, derivatives in s everywhere in it, and the stability."""

    point: Point
    q: Arb
    alpha: Arb
    stability: Arb

    @property
    def entropy(self) -> Arb:
        """Of the entropy along the branch."""
        return self.alpha * self.point.energetic

    def entropy_at(self, load: Arb) -> Arb:
        """Of the entropy at a fixed load, random labels."""
        return self.point.s**2 * self.q * (1 - load / self.point.alpha) / 2


@dataclass(frozen=True)
class HalfLine:
    """The branch at a margin, for random labels or a teacher's."""

    kappa: float
    teacher: bool = False

    def point(self, s: Arb, tolerance: Arb) -> Point:
        """Everything at a ball of s, all means with that tolerance."""
        shift = self._shift(s)
        q = self._overlap(s, tolerance)
        log = gaussian_mean(
            lambda z, analytic: _log_cosh(s * z + shift, analytic),
            Growth(1 + shift, s, 2),
            tolerance,
            even=not self.teacher,
        )
        entropic = log + loaded().arb(2).log() - s * s * (1 + q if self.teacher else 1 - q) / 2
        rho, energetic = _Patterns(self, q).means(tolerance)
        return Point(s, q, rho, s * s * (1 - q) / rho, entropic, energetic)

    def slopes(self, s: Arb, tolerance: Arb) -> Slopes:
        """Derivatives everywhere in a ball of s."""
        point, shift = self.point(s, tolerance), self._shift(s)
        patterns = _Patterns(self, point.q)

        def inclined(z: Any, analytic: bool) -> Any:
            t = (s * z + shift).tanh()
            return (1 - t * t) * (z + 2 * s if self.teacher else 2 * z * t)

        def fourth(z: Any, analytic: bool) -> Any:
            return (s * z + shift).sech() ** 4

        one, even = loaded().arb(1), not self.teacher
        q = gaussian_mean(inclined, Growth(2 * s, 2 * one, 1), tolerance, even=even)
        narrow = gaussian_mean(fourth, Growth(one, 0 * one, 0), tolerance, even=even)
        per_q, bend = patterns.slopes(tolerance)
        alpha = point.alpha * (2 / s - q / (1 - point.q) - per_q * q / point.rho)
        return Slopes(point, q, alpha, 1 - point.alpha * bend * narrow / (1 - point.q) ** 2)

    def _shift(self, s: Arb) -> Arb:
        """What a teacher adds to the field of a weight."""
        return s * s if self.teacher else 0 * s

    def _overlap(self, s: Arb, tolerance: Arb) -> Arb:
        shift, power = self._shift(s), 1 if self.teacher else 2
        bounded, small = Growth(loaded().arb(1), loaded().arb(0), 0), loaded().arb(1).min(s.mid() ** 2)
        return gaussian_mean(
            lambda z, analytic: (s * z + shift).tanh() ** power, bounded, tolerance * small, even=not self.teacher
        )


class _Patterns:
    """Means over patterns at an overlap; a teacher gives each field the weight 2H, of the two labels."""

    def __init__(self, line: HalfLine, q: Arb) -> None:
        arb, std = loaded().arb, (1 - q).sqrt()
        self._teacher, self._edge, self._slope = line.teacher, line.kappa / std, q.sqrt() / std
        # dA/dq = at - by z.
        self._at, self._by = line.kappa / (2 * std * (1 - q)), 1 / (2 * q.sqrt() * std * (1 - q))
        self._one = arb(1)

    def means(self, tolerance: Arb) -> tuple[Arb, Arb]:
        """Of R^2 and log H."""
        growth = Growth(1 + abs(self._edge), self._slope, 2)
        return (
            self._mean(lambda z, a, analytic: hazard(a)[0] ** 2, growth, tolerance),
            self._mean(lambda z, a, analytic: log_tail(a, analytic), growth, tolerance),
        )

    def slopes(self, tolerance: Arb) -> tuple[Arb, Arb]:
        """Derivative of the mean of R^2 in q, and the mean of R'^2."""
        # The largest of 2, 1 + |A| and |dA/dq|, and of their product.
        reach = Growth(2 + abs(self._edge) + abs(self._at), self._slope + self._by, 3)

        def inclined(z: Any, a: Any, analytic: bool) -> Any:
            r, excess = hazard(a)
            along = r * r * (excess - a) if self._teacher else 2 * r * r * excess
            return along * (self._at - self._by * z)

        def bend(z: Any, a: Any, analytic: bool) -> Any:
            r, excess = hazard(a)
            return (r * excess) ** 2

        return self._mean(inclined, reach, tolerance), self._mean(bend, Growth(self._one, 0 * self._one, 1), tolerance)

    def _mean(self, f: Callable[[Any, Any, bool], Any], growth: Growth, tolerance: Arb) -> Arb:
        """Of a function of z and A; the weight of a teacher is at most 2."""
        factor = 2 if self._teacher else 1

        def integrand(z: Any, analytic: bool) -> Any:
            a = self._edge - self._slope * z
            value = f(z, a, analytic)
            return erfc(a) * value if self._teacher else value

        return gaussian_mean(integrand, Growth(factor * growth.offset, factor * growth.slope, growth.power), tolerance)


def _log_cosh(x: Any, analytic: bool) -> Any:
    return x.cosh().log(analytic=analytic)
