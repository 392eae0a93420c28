r"""Existence and uniqueness of a root in a box, by the interval Newton step.

If f is differentiable on the box X around m and the ball :math:`F' \supset f'(X)` does not hold 0, there is at most one
root in X, and it lies in :math:`N = m - f(m)/F'` (mean value theorem). If N lies inside X, f has opposite signs at both
ends of X, so that there is one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from replica_theory.certified.balls import Arb, loaded, precision
from replica_theory.status import ConvergenceError

_WIDTHS = range(2, 11)
"""Relative radii of the boxes that are tried, minus their decimal logarithms."""
_FIRST, _GAIN = 20, 1.6
"""Digits of the first value and the growth of their number, that of the secant method."""
_STEPS = 12
_ENOUGH = 1e4
"""Error at which the secant method ends, in tolerances: the interval Newton step wins as many digits."""


@dataclass(frozen=True)
class Root:
    """A root and the box in which it is the only one."""

    middle: Arb
    """An exact number close to it."""
    root: Arb
    """The ball that holds it, inside the box."""
    box: Arb

    @property
    def near(self) -> Arb:
        """A ball that holds both."""
        return self.root.union(self.middle)


def unique_root(
    value: Callable[[Arb, int], Arb], slope: Callable[[Arb], Arb], start: float, digits: int, place: str
) -> Root:
    """The root near `start` of a function, known to as many digits as `value` is asked for.

    Parameters
    ----------
    value : callable
        Ball that holds the function at an exact number, with a tolerance of so many digits.
    slope : callable
        Ball that holds its derivative everywhere in a ball.
    start : float
        Good to some ten digits.
    digits : int
    place : str
        For the sentence.

    Raises
    ------
    ConvergenceError
        If nothing is proved.
    """
    for width in _WIDTHS:
        with precision(_FIRST):
            box = start + start * loaded().arb(0, 1) * loaded().arb(10) ** -width
        inclined = slope(box)
        if not inclined.is_finite() or inclined.contains(0):
            continue
        middle = _polished(value, inclined, start, digits)
        with precision(digits):
            here = value(middle, digits)
            root = middle - here / inclined
            if not root.is_finite() or not box.contains_interior(root):
                continue
            # The same step once more, where the slope is known better.
            return Root(middle, middle - here / slope(root.union(middle)), box)
    raise ConvergenceError(f"{place}: the balls prove no root next to that of double precision")


def _polished(value: Callable[[Arb, int], Arb], inclined: Arb, start: float, digits: int) -> Arb:
    """Secant method; what it finds needs no proof."""
    middle, slope, known = loaded().arb(start), inclined.mid(), _FIRST
    doubt, before, step = inclined.rad() / abs(slope), None, None
    for _ in range(_STEPS):
        known = min(known, digits)
        with precision(known) as tolerance:
            here = value(middle, known).mid()
            if before is not None and middle != before[0] and here != before[1]:
                slope, doubt = ((here - before[1]) / (middle - before[0])).mid(), 10 * abs(step / middle)
            before, step = (middle, here), (here / slope).mid()
            middle = (middle - step).mid()
            if not step.is_finite() or (known == digits and abs(step) * doubt < _ENOUGH * tolerance * middle):
                break
        known = int(_GAIN * known)
    return middle
