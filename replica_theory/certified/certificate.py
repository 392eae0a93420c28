"""What is returned of a computation with balls: numbers that are proved to lie in an interval, and what that proves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, ROUND_CEILING, ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from replica_theory.models.model import Model

DIGITS = 25
"""Digits where none are asked for."""

_EXACT = Context(prec=5000, Emax=MAX_EMAX, Emin=MIN_EMIN)
"""Sums of decimals of at most some thousand digits are exact."""
_SHOWN = 3
"""Digits of a radius after its first."""


@dataclass(frozen=True)
class Ball:
    r"""An interval :math:`[m - r, m + r]`, exact decimals.

    Attributes
    ----------
    midpoint, radius : decimal.Decimal

    Examples
    --------
    >>> ball = Ball(Decimal("0.8331"), Decimal("0.0002"))
    >>> print(ball, ball.lower, 0.833 in ball, 0.8328 in ball)
    0.8331 +/- 0.0002 0.8329 True False
    """

    midpoint: Decimal
    radius: Decimal

    @property
    def lower(self) -> Decimal:
        """The least number of it."""
        return _EXACT.subtract(self.midpoint, self.radius)

    @property
    def upper(self) -> Decimal:
        """The largest number of it."""
        return _EXACT.add(self.midpoint, self.radius)

    def __contains__(self, number: Decimal | float) -> bool:
        """Whether a number lies in it."""
        return self.lower <= number <= self.upper

    def __float__(self) -> float:
        """The midpoint."""
        return float(self.midpoint)

    def __str__(self) -> str:
        """Both numbers."""
        return f"{self.midpoint} +/- {self.radius}"


@dataclass(frozen=True)
class Certificate:
    r"""Numbers of one point, each in a ball that is proved to hold it (see :doc:`/theory/certified`).

    Every ball is an attribute too: ``point.alpha`` is ``point.balls["alpha"]``.

    Attributes
    ----------
    model : Model
    digits : int
        Digits asked for.
    main : str
        Name of the number asked for: the radius of its ball is at most :math:`10^{-d}` with these digits `d`, times
        the number itself if that is a load.
    balls : dict of str to Ball
    box : Ball or None
        Values of :math:`\sqrt{\hat q}` among which the root is the only one; None where the number is explicit.
    proved, assumed : str
        What the balls prove, and what they do not.
    """

    model: Model
    digits: int
    main: str
    balls: Mapping[str, Ball]
    box: Ball | None
    proved: str
    assumed: str

    @property
    def ball(self) -> Ball:
        """The number asked for."""
        return self.balls[self.main]

    def __getattr__(self, name: str) -> Ball:
        if name.startswith("_") or name not in self.balls:
            raise AttributeError(f"{type(self).__name__} has no {name!r}")
        return self.balls[name]

    def __str__(self) -> str:
        """A line for each ball, and what they prove."""
        lines = [f"{name} = {ball}" for name, ball in self.balls.items()]
        lines += [] if self.box is None else [f"box: sqrt(q_hat) = {self.box}"]
        return "\n".join([*lines, f"proved: {self.proved}", f"assumed: {self.assumed}"])


def ball_of(arb: Any, digits: int) -> Ball:
    """A ball of python-flint as decimals, of at most so many digits: roundings are added to the radius."""
    integer, spread, exponent = (int(part) for part in arb.mid_rad_10exp(digits))
    midpoint, radius = (Decimal(part).scaleb(exponent, _EXACT) for part in (integer, spread))
    if not radius:
        return Ball(midpoint, radius)
    unit = Decimal(1).scaleb(radius.adjusted() - _SHOWN, _EXACT)
    rounded = midpoint.quantize(unit, ROUND_HALF_EVEN, _EXACT)
    moved = _EXACT.abs(_EXACT.subtract(rounded, midpoint))
    return Ball(rounded, _EXACT.add(radius, moved).quantize(unit, ROUND_CEILING, _EXACT))
