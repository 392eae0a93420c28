r"""Where the load of tuples is low: a survey of sizes and widths, from which the saddle point of one group is found.

Of groups of one size the load depends on the size `m` and the conjugate width :math:`\hat q_1 - \hat q_0` only, once
the overlaps are the entropic ones of their conjugates and :math:`\hat q_0` is the first fixed point of
:math:`\hat q_0 \to \alpha E B_1'^2`. Its lowest value over both is the threshold of level 3, and over the width alone
that of a given size: there is nothing that Newton's method could overlook.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from replica_theory.replicas.tuple_saddle import TupleLoad, linear_part
from replica_theory.replicas.ultrametric import Tree, energetic, entropic
from replica_theory.typing import Array

_SIZE_STEP, _WIDTH_STEP = 0.4, 0.3
"""Of the logarithms of the size and of the size times the width."""
_FIRST = (1.5, 1.1)
"""These logarithms where the survey starts: at the margin 0 it ends there."""
_MOST_POINTS = 200
_LARGEST_SIZE = 5e3
_FIELD_STEP, _FIELD_ERROR = 1.0, 1e-3
"""Of the logarithm of the conjugate of q0."""
_FAINTEST = -70.0


class Surveyed(NamedTuple):
    """A point: its load, the unknowns there, and the conjugate of q0 (0 where tuples are apart)."""

    alpha: float
    x: Array
    q0_hat: float


def lowest(system: TupleLoad, q0_hat: float) -> Surveyed | None:
    """The lowest point of the survey: downhill on a grid of sizes and widths, of widths alone where the size is given.

    Parameters
    ----------
    system : TupleLoad
        Of one group.
    q0_hat : float
        Where the conjugate of q0 is searched from.

    Returns
    -------
    Surveyed or None
        None where no point has a load, or where the best sizes are among the largest that are surveyed.
    """
    known: dict[tuple[int, int], Surveyed | None] = {}
    fixed = system.sizes is not None

    def at(place: tuple[int, int], near: float) -> float:
        if place not in known:
            size = system.sizes[0] if system.sizes is not None else np.exp(_FIRST[0] + _SIZE_STEP * place[0])
            known[place] = surveyed(system, float(size), float(np.exp(_FIRST[1] + _WIDTH_STEP * place[1]) / size), near)
        found = known[place]
        return np.inf if found is None else found.alpha

    start = min(((0, j) for j in (range(-6, 9, 2) if fixed else (0, 3, -3))), key=lambda place: at(place, q0_hat))
    best = known[start]
    while best is not None and len(known) < _MOST_POINTS:
        steps = ((0, 1), (0, -1)) if fixed else ((0, 1), (0, -1), (1, 0), (-1, 0), (1, -1), (-1, 1))
        beside = [(start[0] + i, start[1] + j) for i, j in steps]
        near = best.q0_hat
        lower = min(beside, key=lambda place: at(place, near))
        if not at(lower, near) < best.alpha:
            break
        start, best = lower, known[lower]
    far = best is not None and not fixed and float(np.exp(best.x[-1] + _SIZE_STEP)) > _LARGEST_SIZE
    return None if far else best


def surveyed(system: TupleLoad, size: float, width: float, near: float = 0.1) -> Surveyed | None:
    """The point of a size and a conjugate width; None where there is no load.

    Parameters
    ----------
    system : TupleLoad
    size, width : float
        The size from above 1 to 5000.
    near : float
        Where the conjugate of q0 is searched from.
    """
    if not 1 < size < _LARGEST_SIZE:
        return None
    if system.apart:
        found = _image(system, size, width, 0.0)
        return None if found is None else Surveyed(found[0], found[1], 0.0)
    x = float(np.log(max(near, 1e-12)))
    rise = _rise(system, size, width, x)
    up = 1.0 if rise > 0 else -1.0
    other, beyond = x, rise
    while up * beyond > 0 and _FAINTEST < other < 10:
        x, rise = other, beyond
        other += up * _FIELD_STEP
        beyond = _rise(system, size, width, other)
    if not rise * beyond <= 0:
        return None
    while abs(other - x) > _FIELD_ERROR:
        # Illinois: the end that stays counts half.
        middle = (x * beyond - other * rise) / (beyond - rise)
        value = _rise(system, size, width, middle)
        if not np.isfinite(value):
            return None
        if abs(middle - other) < _FIELD_ERROR:
            other = middle
            break
        if value * beyond <= 0:
            x, rise = other, beyond
        else:
            rise *= 0.5
        other, beyond = middle, value
    found = _image(system, size, width, float(np.exp(other)))
    return None if found is None else Surveyed(found[0], found[1], float(np.exp(other)))


def _rise(system: TupleLoad, size: float, width: float, x: float) -> float:
    """By how much the logarithm of the conjugate of q0 grows in an iteration; NaN outside the domain."""
    found = _image(system, size, width, float(np.exp(x)))
    return np.nan if found is None or not found[2] > 0 else float(np.log(found[2])) - x


def _image(system: TupleLoad, size: float, width: float, q0_hat: float) -> tuple[float, Array, float] | None:
    """Load, unknowns and the next conjugate of q0."""
    conjugates = Tree(np.array([size]), np.array([q0_hat, q0_hat + width]))
    entropy = entropic(conjugates)
    if entropy is None:
        return None
    overlaps = Tree(conjugates.sizes, entropy.squares * np.array([0.0 if system.apart else 1.0, 1.0]))
    energy = energetic(system.model, overlaps)
    if energy is None or not energy.value < 0:
        return None
    alpha = (linear_part(overlaps, conjugates) - entropy.value) / energy.value
    x = system.unknowns(overlaps.overlaps, conjugates.overlaps, overlaps.sizes)
    return alpha, x, alpha * float(energy.squares[0])
