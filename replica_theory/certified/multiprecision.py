"""Numbers to any digits (mpmath): a root of equations of Gaussian integrals, found twice by different quadratures.

The precision is a matter of this module alone: every computation runs in a scope of its own, and mpmath's global one is
never touched. What comes out are `decimal.Decimal` numbers, which print all their digits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import mpmath
from mpmath import mp

from replica_theory.arguments import checked_integer, checked_model, shown
from replica_theory.models.custom import CustomModel
from replica_theory.models.model import Model
from replica_theory.numerics.progress import alive, tick
from replica_theory.status import ConvergenceError

MOST_DIGITS = 1000

Real = Any
"""An `mpmath.mpf`."""
Intervals = tuple[tuple[Real, Real], ...]

_GUARD = 12
"""Digits beyond those asked for."""
_MORE = 15
"""Digits that a computation gains when its two runs do not agree."""
_ATTEMPTS = 4
_LOW, _STEP = 24, 11
"""Digits at which the Jacobian is computed, and of the step of its differences."""
_WON = 10
"""Digits that a step with that Jacobian wins, at the least."""
_NEWTON, _NEAR = 8, 1e-9
"""Steps with a Jacobian of their own, and the length of the last of them."""
_FINER = 0.9
"""Step of the second quadrature in units of the first."""
ZERO_OF_ERFC = 2.8164
"""Distance from the real axis of the zeros of H: the nearest singularities of its logarithm."""


@dataclass(frozen=True)
class Resolution:
    """How finely integrals are done: digits of the arithmetic, and a factor of the steps."""

    digits: int
    factor: float = 1.0

    @property
    def depth(self) -> Real:
        """Minus the logarithm of what does not count."""
        return (self.digits + 2) * mp.ln10

    @property
    def far(self) -> Real:
        """Where a Gaussian density no longer counts."""
        return mp.sqrt(2 * self.depth)

    def step(self, strip: Real, steepness: Real) -> Real:
        r"""Step of a trapezoidal rule for functions analytic at less than `strip` from the real axis.

        They grow there like :math:`e^{s^2c^2/2}` at a distance `c`, with the steepness `s` (1 for :math:`Dz`), so that
        the error is :math:`e^{s^2c^2/2-2\pi c/h}` for every `c` inside.
        """
        c = min(mp.mpf(strip), self.far / steepness)
        return self.factor * 2 * mp.pi * c / (self.depth + (steepness * c) ** 2 / 2)

    def rule(self, strip: Real, steepness: Real = 1) -> Iterator[tuple[Real, Real]]:
        r"""Nodes and weights of :math:`\int Dz`, arguments as for `step`."""
        far, h = self.far, self.step(strip, steepness)
        norm = h / mp.sqrt(2 * mp.pi)
        for k in range(-int(far / h) - 1, int(far / h) + 2):
            z = k * h
            yield z, norm * mp.exp(-z * z / 2)


Equations = Callable[[Sequence[Real], Resolution], tuple[Sequence[Real], Mapping[str, Real]]]
"""Residuals at given unknowns, as many as these, and the numbers that are wanted."""


@dataclass(frozen=True)
class Digits:
    """Numbers of one point to many digits.

    Every one is an attribute too: ``point.alpha`` is ``point.values["alpha"]``.

    Attributes
    ----------
    model : Model
    digits : int
        Significant digits of each number, all of which two runs at different quadratures and precisions agree on.
    values : dict of str to decimal.Decimal
    errors : dict of str to float
        By how much the two runs differ.
    """

    model: Model
    digits: int
    values: Mapping[str, Decimal]
    errors: Mapping[str, float]

    def __getattr__(self, name: str) -> Decimal:
        if name.startswith("_") or name not in self.values:
            raise AttributeError(f"{type(self).__name__} has no {name!r}")
        return self.values[name]

    def __str__(self) -> str:
        """A line for each number."""
        return "\n".join(f"{name} = {value}" for name, value in self.values.items())


def confirmed(model: Model, equations: Equations, start: Sequence[float], digits: int, place: str) -> Digits:
    """The numbers at the root near `start`, rounded to digits that a second run confirms.

    The second run has a finer quadrature and more precise arithmetic; where they differ, both are made finer.

    Raises
    ------
    ConvergenceError
        If the runs do not come to agree.
    """
    with alive(place):
        return _confirmed(model, equations, start, digits, place)


def _confirmed(model: Model, equations: Equations, start: Sequence[float], digits: int, place: str) -> Digits:
    tolerance = mp.mpf(10) ** (-digits - 2)
    for attempt in range(_ATTEMPTS):
        rough = Resolution(digits + _GUARD + _MORE * attempt, 0.8**attempt)
        fine = Resolution(rough.digits + 4, _FINER * rough.factor)
        with mp.workdps(fine.digits + 4):
            x, first, inverse = _root(equations, [mp.mpf(float(value)) for value in start], rough, tolerance, place)
            _, second = _step(equations, x, fine, inverse)
            errors = {name: abs(second[name] - first[name]) for name in second}
            if all(error <= tolerance * abs(second[name]) for name, error in errors.items()):
                values = {name: _decimal(value, digits) for name, value in second.items()}
                return Digits(model, digits, values, {name: float(error) for name, error in errors.items()})
    raise ConvergenceError(f"{place}: two runs do not agree to {digits} digits")


def _root(
    equations: Equations, x: list[Real], resolution: Resolution, tolerance: Real, place: str
) -> tuple[list[Real], Mapping[str, Real], Any]:
    """Root, numbers there and the inverse Jacobian (of differences, at low precision, once and for all)."""
    if not x:
        return x, equations(x, resolution)[1], None
    x, inverse = _improved(equations, x, place)
    won = _WON
    for _ in range(4 + 2 * resolution.digits // _WON):
        work = Resolution(min(resolution.digits, won + 2 * _WON), resolution.factor)
        with mp.workdps(work.digits + 4):
            step, values = _step(equations, x, work, inverse)
        x = [mp.mpf(one + by) for one, by in zip(x, step, strict=True)]
        size = max(abs(by) / (1 + abs(one)) for one, by in zip(x, step, strict=True))
        if work == resolution and size < tolerance / 100:
            return x, values, inverse
        if size > 0.1:
            break
        won += _WON
    raise ConvergenceError(f"{place}: no root next to that of double precision")


def _improved(equations: Equations, x: list[Real], place: str) -> tuple[list[Real], Any]:
    """Newton's method at low precision, and the inverse Jacobian at its end."""
    with mp.workdps(_LOW + 4):
        for _ in range(_NEWTON):
            inverse = _inverse_jacobian(equations, x)
            step, _ = _step(equations, x, Resolution(_LOW), inverse)
            x = [one + by for one, by in zip(x, step, strict=True)]
            size = max(abs(by) / (1 + abs(one)) for one, by in zip(x, step, strict=True))
            if size < _NEAR:
                return x, inverse
            if size > 1:
                break
    raise ConvergenceError(f"{place}: no root next to that of double precision")


def _step(
    equations: Equations, x: Sequence[Real], resolution: Resolution, inverse: Any
) -> tuple[list[Real], Mapping[str, Real]]:
    """Newton step with a given inverse Jacobian, and the numbers where it starts."""
    residual, values = equations(x, resolution)
    tick(f"{resolution.digits} digits")
    return (list(-(inverse * mp.matrix(list(residual)))) if len(x) else []), values


def _inverse_jacobian(equations: Equations, x: list[Real]) -> Any:
    with mp.workdps(_LOW + 4):
        low, h = Resolution(_LOW), mp.mpf(10) ** -_STEP
        base = equations(x, low)[0]
        columns = []
        for k in range(len(x)):
            moved = equations([one + h * (j == k) for j, one in enumerate(x)], low)[0]
            columns.append([(after - before) / h for before, after in zip(base, moved, strict=True)])
        return mp.matrix(columns).T ** -1


def _decimal(value: Real, digits: int) -> Decimal:
    return Decimal(mpmath.nstr(value, digits, strip_zeros=False, min_fixed=-mp.inf, max_fixed=mp.inf))


def intervals_of(model: Model, door: str) -> Intervals:
    """The allowed intervals of a model that can be done to any digits, in the precision of the moment.

    Raises
    ------
    ValueError
        If the kernel is the user's own (known to the digits of doubles), parameters are arrays, weights are not binary,
        beta is finite, or there is a teacher.
    """
    checked_model(model, Model, door, single=True, hard=True, random_labels=True, instead=door)
    if isinstance(model, CustomModel) or model.allowed_intervals is None:
        raise ValueError(f"digits need a model of intervals, whose kernel is known exactly; got {shown(model)}")
    return tuple((float(a), float(b)) for a, b in model.allowed_intervals)


def checked_digits(digits: Any) -> int:
    """A number of digits from 1 to 1000.

    Raises
    ------
    TypeError, ValueError
        If it is something else.
    """
    return checked_integer("digits", digits, 1, MOST_DIGITS)


def kernel(intervals: Intervals, mean: Real, std: Real) -> tuple[Real, Real, Real]:
    r"""Probability that :math:`h + \sigma x` is allowed, and the first two derivatives of its logarithm in `h`."""
    p = slope = curvature = mp.zero
    root, norm = std * mp.sqrt(2), 1 / (std * mp.sqrt(2 * mp.pi))
    for a, b in intervals:
        low, high = (mp.mpf(a) - mean) / root, (mp.mpf(b) - mean) / root
        # On the side where there is less, so that tails keep their relative accuracy.
        p += (mp.erfc(low) - mp.erfc(high) if low + high > 0 else mp.erfc(-high) - mp.erfc(-low)) / 2
        for end, sign in ((low, 1), (high, -1)):
            if mp.isfinite(end):
                density = sign * norm * mp.exp(-end * end)
                slope += density
                curvature += density * end * mp.sqrt(2) / std
    d1 = slope / p
    return p, d1, curvature / p - d1 * d1


def probability(intervals: Intervals, mean: Real, std: Real) -> tuple[Real, Real]:
    r"""Probability that :math:`h + \sigma x` is allowed, and its derivative in `h`."""
    p = slope = mp.zero
    root, norm = std * mp.sqrt(2), 1 / (std * mp.sqrt(2 * mp.pi))
    for a, b in intervals:
        low, high = (mp.mpf(a) - mean) / root, (mp.mpf(b) - mean) / root
        # On the side where there is less, so that tails keep their relative accuracy.
        p += (mp.erfc(low) - mp.erfc(high) if low + high > 0 else mp.erfc(-high) - mp.erfc(-low)) / 2
        slope += norm * (mp.exp(-low * low) - mp.exp(-high * high))
    return p, slope


def log2cosh(a: Real) -> tuple[Real, Real]:
    r""":math:`\log2\cosh a` and :math:`\tanh a`."""
    e = mp.exp(-2 * abs(a))
    return abs(a) + mp.log1p(e), mp.sign(a) * (1 - e) / (1 + e)
