r"""The Gaussian tail H and its hazard :math:`R = G/H` on complex balls.

From :math:`H(A) = \frac12\mathrm{erfc}(A/\sqrt2)`; of wide balls with :math:`\Re A>0`, where the quotient would lose
all that it knows, from the continued fraction (DLMF 7.9.3)

.. math:: R(A) = A + w, \qquad w = \frac1{A+}\,\frac2{A+}\,\frac3{A+}\cdots, \qquad
   w \in \frac1{A + \{t: \Re t\ge0, |t|\le2/\Re A\}} .

All its tails lie in the right half plane, so that none of its denominators is smaller than :math:`\Re A`.
"""

from __future__ import annotations

from typing import Any

from replica_theory.certified.balls import loaded

_WIDE = 0.1
"""Radius from which a ball is wide."""


def hazard(a: Any) -> tuple[Any, Any]:
    """R and R - A."""
    if _is_wide(a):
        excess = _excess(a)
        return a + excess, excess
    arb = loaded().arb
    r = (-a * a / 2).exp() / erfc(a) * (2 / arb.pi()).sqrt()
    return r, r - a


def log_tail(a: Any, analytic: bool) -> Any:
    """Log H; not finite where it may not be analytic and has to be."""
    if _is_wide(a):
        return -a * a / 2 - ((a + _excess(a)) * (2 * loaded().arb.pi()).sqrt()).log(analytic=analytic)
    return (erfc(a) / 2).log(analytic=analytic)


def erfc(a: Any) -> Any:
    """2H."""
    return (a / loaded().arb(2).sqrt()).erfc()


def _is_wide(a: Any) -> bool:
    return bool(a.rad() > _WIDE and a.real.lower() > 1)


def _excess(a: Any) -> Any:
    flint = loaded()
    most = 2 / a.real.lower()
    return 1 / (a + flint.acb(most * flint.arb(0.5, 0.5), most * flint.arb(0, 1)))
