r"""Gaussian means with proven errors: ball integration inside (python-flint), a bound of the tails outside.

.. math:: \int Dz\,f(z) \in \int_{-L}^L Dz\,f(z) \pm 2\int_L^\infty Dz\,(a + bz)^n
   \quad\mathrm{where}\ |f(z)| \le (a + b|z|)^n .

The first integral is that of `flint.acb.integral`, whose error is bounded from values of f on complex neighbourhoods;
the second is a sum of incomplete moments, :math:`M_0 = H(L)`, :math:`M_1 = G(L)` and
:math:`M_k = L^{k-1}G(L) + (k-1)M_{k-2}`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import comb
from typing import Any

Arb = Any
"""A real ball, `flint.arb`."""
Integrand = Callable[[Any, bool], Any]
"""Of a complex ball; where the flag is set, a ball that is not finite unless the function is analytic there."""

_GUARD = 15
"""Digits of the arithmetic beyond those of the tolerance."""
_NEAREST, _FARTHEST = 6, 1000
"""Ends of the line between which one is looked for, in steps of 1."""
_LOCK = threading.RLock()
"""The precision of python-flint is one for all threads."""


@dataclass(frozen=True)
class Growth:
    """The bound (a + b|z|)^n of a function on the real line."""

    offset: Arb
    slope: Arb
    power: int


def loaded() -> Any:
    """The module `flint`.

    Raises
    ------
    ImportError
        If python-flint is not installed.
    """
    try:
        import flint
    except ImportError as error:
        raise ImportError(
            f"certified numbers need python-flint 0.9 or later: pip install 'binary-perceptron[certified]' ({error})",
            name=error.name,
        ) from None
    return flint


@contextmanager
def precision(digits: int) -> Iterator[Arb]:
    """A scope whose arithmetic is good for so many digits; the tolerance 10^-digits."""
    flint = loaded()
    with _LOCK, flint.ctx.workdps(digits + _GUARD):
        yield flint.arb(10) ** -digits


def gaussian_mean(f: Integrand, growth: Growth, tolerance: Arb, *, even: bool = False) -> Arb:
    r"""A ball that holds :math:`\int Dz\,f(z)`, of about that radius where f itself is known as well.

    Where the ball integration fails, the ball is not finite.
    """
    flint = loaded()
    far, beyond = _ends(growth, tolerance)
    if not beyond.is_finite():
        return beyond

    def weighted(z: Any, analytic: bool) -> Any:
        return (-z * z / 2).exp() * f(z, analytic)

    inside = flint.acb.integral(weighted, 0 if even else -far, far, rel_tol=tolerance, abs_tol=tolerance).real
    return (2 if even else 1) * inside / (2 * flint.arb.pi()).sqrt() + beyond * flint.arb(0, 1)


def _ends(growth: Growth, tolerance: Arb) -> tuple[Arb, Arb]:
    """Where the line is cut, and a bound of what is beyond."""
    flint = loaded()
    for far in range(_NEAREST, _FARTHEST):
        beyond = tail(growth, flint.arb(far))
        if beyond < tolerance / 8 or not beyond.is_finite():
            break
    return flint.arb(far), beyond


def tail(growth: Growth, far: Arb) -> Arb:
    r"""The bound :math:`2\int_L^\infty Dz\,(a + bz)^n`."""
    density = (-far * far / 2).exp() / (2 * loaded().arb.pi()).sqrt()
    moments = [(far / loaded().arb(2).sqrt()).erfc() / 2, density]
    for k in range(2, growth.power + 1):
        moments.append(far ** (k - 1) * density + (k - 1) * moments[k - 2])
    return 2 * sum(
        comb(growth.power, k) * growth.offset ** (growth.power - k) * growth.slope**k * moments[k]
        for k in range(growth.power + 1)
    )
