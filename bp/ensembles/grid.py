"""The random instances that a run asks for: every load at every size, so many of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from replica_theory.arguments import checked_alpha, checked_distance
from replica_theory.models.intervals import SymmetricBinaryPerceptron
from replica_theory.models.model import Model
from replica_theory.models.perceptron import BinaryPerceptron


@dataclass(frozen=True)
class Grid:
    """Loads, sizes and samples of a model.

    Attributes
    ----------
    model : Model
        One that instances can be drawn of, scalar parameters.
    alpha : tuple of float
        Loads, all different; every one gives a pattern at every size.
    n : tuple of int
        Sizes, all different.
    samples : int
        Instances of each load and size.
    """

    model: Model
    alpha: tuple[float, ...]
    n: tuple[int, ...]
    samples: int

    @classmethod
    def checked(cls, model: Model, alpha: ArrayLike, n: ArrayLike, samples: int, *, least: int) -> Self:
        """A grid of what a user gave.

        Parameters
        ----------
        model : Model
        alpha : float or sequence of float
        n : int or sequence of int
        samples : int
        least : int
            The least size, and number of samples.

        Raises
        ------
        TypeError, ValueError
            If there is no such grid.
        """
        _require_drawable(model)
        sizes = tuple(checked_integer("n", size, least) for size in np.ravel(np.asarray(n)).tolist())
        samples = checked_integer("samples", samples, least)
        loads = tuple(float(a) for a in np.ravel(checked_alpha(alpha)))
        require_different("n", sizes)
        require_different("alpha", loads)
        low, smallest = min(loads), min(sizes)
        if round(low * smallest) < 1:
            enough = f"alpha must be at least {0.5 / smallest:.3g}"
            raise ValueError(f"alpha={low} at n={smallest} gives no patterns; {enough}")
        return cls(model, loads, sizes, samples)

    @property
    def largest(self) -> tuple[int, int]:
        """Patterns and weights of the largest instance."""
        return round(max(self.alpha) * max(self.n)), max(self.n)

    def settings(self, root: int) -> dict[str, Any]:
        """What the points of a run depend on (not their number: more samples extend a run)."""
        return {
            "model": type(self.model).__name__,
            "kappa": float(np.asarray(self.model.kappa)),
            "alpha": self.alpha,
            "n": self.n,
            "seed": root,
        }


def checked_distances(distance: ArrayLike) -> tuple[float, ...]:
    """Different distances in (0, 1/2]."""
    distances = tuple(float(d) for d in np.ravel(checked_distance(distance)))
    require_different("distance", distances)
    if min(distances) == 0:
        raise ValueError("distance must lie in (0, 1/2]; got 0")
    return distances


def require_different(name: str, values: tuple[float, ...]) -> None:
    """Refuse no numbers, and one that comes twice."""
    if not values:
        raise ValueError(f"{name} must hold at least one number; got {values!r}")
    if len(set(values)) < len(values):
        raise ValueError(f"{name} must hold different numbers; got {list(values)}")


def checked_integer(name: str, value: Any, least: int) -> int:
    """An integer of at least `least`."""
    if not isinstance(value, int | np.integer) or isinstance(value, bool):
        raise TypeError(f"{name} must be an integer of at least {least}; got {value!r}")
    if value < least:
        raise ValueError(f"{name} must be an integer of at least {least}; got {value!r}")
    return int(value)


def _require_drawable(model: Model) -> None:
    if not isinstance(model, Model):
        raise TypeError(f"model must be a model such as replica_theory.BinaryPerceptron(); got {model!r}")
    if not isinstance(model, BinaryPerceptron | SymmetricBinaryPerceptron):
        known = "BinaryPerceptron, TeacherStudent or SymmetricBinaryPerceptron"
        raise TypeError(f"model must be one that instances can be drawn of, {known}; got {model!r}")
    if np.ndim(model.kappa) or np.ndim(model.beta):
        raise ValueError(f"model must have a single kappa and beta; got {model}")
