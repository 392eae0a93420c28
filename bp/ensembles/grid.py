"""The random instances that a run asks for: every load at every size, so many of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from bp.memory import require_memory
from bp.messages.edges import require_edges
from bp.messages.state import Form
from bp.problems.mixtures import translated
from replica_theory.arguments import (
    POSITIVE,
    checked_binary,
    checked_integer,
    checked_integers,
    checked_numbers,
    checked_units,
    shown,
)
from replica_theory.models.committee import TreeCommittee
from replica_theory.models.mixture import Mixture
from replica_theory.models.model import Model
from replica_theory.models.registry import particulars

DRAWING = 5.0
"""Bytes per entry of ±1 patterns while an instance is drawn and checked."""


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

    methods: ClassVar[tuple[Form, ...]] = ("amp", "gaussian", "exact")
    """Forms of the messages, first that which is taken by default."""

    model: Model
    alpha: tuple[float, ...]
    n: tuple[int, ...]
    samples: int

    @classmethod
    def checked(
        cls,
        model: Model,
        alpha: ArrayLike,
        n: ArrayLike,
        samples: int,
        *,
        least: int,
        any_weights: bool = False,
        layered: bool = False,
    ) -> Self:
        """A grid of what a user gave.

        Parameters
        ----------
        model : Model
        alpha : float or sequence of float
        n : int or sequence of int
        samples : int
        least : int
            The least size, and number of samples.
        any_weights : bool
            Whether weights may be other than binary.
        layered : bool
            Whether the model may be a tree committee of finitely many units, at margin 0; sizes are then multiples of
            their number.

        Raises
        ------
        TypeError, ValueError
            If there is no such grid.
        """
        _require_drawable(model, any_weights, layered)
        sizes = checked_integers("n", n, least)
        _require_shares(model, sizes)
        samples = checked_integer("samples", samples, least)
        loads = checked_numbers("alpha", alpha, POSITIVE)
        grid = cls(model, loads, sizes, samples)
        grid.require_constraints(sizes)
        return grid

    def require_constraints(self, n: Sequence[int], instead: str = "") -> None:
        """Refuse loads that give no pattern at one of some sizes, round(alpha N) = 0.

        Parameters
        ----------
        n : sequence of int
        instead : str
            What else to do about it, for the message.

        Raises
        ------
        ValueError
            If there is one.
        """
        low, smallest = min(self.alpha), min(n)
        if round(low * smallest) < 1:
            enough = f"alpha must be at least {_rounded_up(0.5 / smallest)}"
            raise ValueError(f"alpha={low} at n={smallest} gives no patterns; {enough}{instead}")

    def require_memory(
        self,
        method: Form,
        n: Sequence[int] | None = None,
        *,
        entry: float = DRAWING,
        instead: str = "choose a smaller n",
    ) -> None:
        """Refuse what does not fit: the patterns while they are drawn, and the messages.

        Parameters
        ----------
        method : str
        n : sequence of int, optional
            Sizes of the instances, by default those of the grid.
        entry : float
            Bytes that an entry of the patterns takes, without messages.
        instead : str
            What to do about it, for the message.

        Raises
        ------
        MemoryError
            If the largest instance does not fit.
        """
        largest = max(self.n if n is None else n)
        n_patterns = round(max(self.alpha) * largest)
        what = f"drawing {n_patterns} patterns on n={largest} weights: these"
        require_memory(entry * n_patterns * largest, what, instead)
        if method == "gaussian" or method == "exact":
            require_edges(method, n_patterns, largest)

    def settings(self, root: int) -> dict[str, Any]:
        """What the points of a run depend on (not their number: more samples extend a run)."""
        return {
            "model": type(self.model).__name__,
            "kappa": float(np.asarray(self.model.kappa)),
            **particulars(self.model),
            "alpha": self.alpha,
            "n": self.n,
            "seed": root,
        }


def _rounded_up(value: float) -> str:
    """The next larger number of three digits."""
    unit = 10.0 ** (np.floor(np.log10(value)) - 2)
    return f"{(np.floor(value / unit) + 1) * unit:.3g}"


def _require_drawable(model: Model, any_weights: bool, layered: bool) -> None:
    if not isinstance(model, Model):
        raise TypeError(f"model must be a model such as replica_theory.BinaryPerceptron(); got {shown(model)}")
    checked_units(model, ("finite",) if layered else ())
    if not any_weights:
        checked_binary(model)
    if np.ndim(model.kappa) or np.ndim(model.beta):
        raise ValueError(f"model must have a single kappa and beta; got {model}")
    if isinstance(model, Mixture):
        if model.is_free:
            raise ValueError(f"model must have a given shift where instances are drawn; got {model}")
        translated(model)
    elif model.allowed_intervals is None:
        raise TypeError(f"model must be a hard constraint, such as a margin or an IntervalModel; got {model!r}")


def _require_shares(model: Model, sizes: Sequence[int]) -> None:
    """Refuse committees whose output is no majority of units, and sizes that do not give every unit the same share."""
    if not isinstance(model, TreeCommittee):
        return
    if np.any(np.asarray(model.kappa) != 0):
        raise ValueError(f"model must have kappa = 0, at which the majority of its units decides; got {model!r}")
    units = int(model.units)
    for n in sizes:
        if n % units:
            near = units * (n // units | 1)
            raise ValueError(f"n must be a multiple of the {units} units of the model, such as {near}; got {n}")
