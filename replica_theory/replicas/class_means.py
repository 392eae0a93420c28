"""Energetic terms of a mixture of pattern classes around a reference: means over the classes at the best shift."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import numpy as np

from replica_theory.models.mixture import Mixture, class_constraints
from replica_theory.models.model import Model

_MOST = 100
_LONGEST, _TOLERANCE = 1.0, 1e-10
"""Largest step in the shift, and the one at which it is found: Newton's next step would be of its square."""


class Shifted(Protocol):
    """A named tuple of averages over the patterns, each linear in the share of a class.

    Attributes
    ----------
    tilt, sag : float
        Derivative of the energetic term in the shift, and the derivative of that.
    """

    @property
    def tilt(self) -> float:
        """Derivative in the shift."""

    @property
    def sag(self) -> float:
        """Second derivative."""


_Terms = TypeVar("_Terms", bound=Shifted)


def mean_of_classes(
    model: Mixture, terms: Callable[[int, Model], _Terms | None], start: float = 0.0
) -> tuple[_Terms, float] | None:
    """The mean of what a function gives for the number of each class and its constraint, and the shift.

    A free shift is where the derivative of the mean vanishes, by Newton's method from `start`. None where a term is
    None, or the shift is not found.
    """
    shift = start if model.is_free else model.given_shift
    for _ in range(_MOST):
        found = _mean(model, terms, shift)
        if found is None or not model.is_free:
            return None if found is None else (found, shift)
        move = float(np.clip(-found.tilt / min(found.sag, -1e-300), -_LONGEST, _LONGEST))
        if not abs(move) > _TOLERANCE * (1 + abs(shift)):
            return None if np.isnan(move) else (found, shift)
        shift += move
    return None


def _mean(model: Mixture, terms: Callable[[int, Model], _Terms | None], shift: float) -> _Terms | None:
    shares, found = [], []
    for k, (probability, one) in enumerate(class_constraints(model, shift)):
        term = terms(k, one)
        if term is None:
            return None
        shares.append(probability)
        found.append(term)
    columns: Any = zip(*found, strict=True)
    kind: Any = type(found[0])
    mean: _Terms = kind(*(float(np.dot(shares, column)) for column in columns))
    return mean
