r"""Schedules of focusing belief propagation: iterables of pairs (gamma, y).

:math:`\gamma` couples each of `y` replicas to the reference; the pairs move from weak focusing to a single
configuration while :math:`\rho` goes from 0 towards 1.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, repeat
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bp.problems.problem import Problem
from replica_theory.arguments import (
    NON_NEGATIVE,
    POSITIVE,
    checked_integer,
    checked_number,
    checked_real,
    shown,
)
from replica_theory.typing import Array


class Schedule(ABC):
    r"""What a schedule is: a sized iterable of pairs :math:`(\gamma, y)`."""

    @abstractmethod
    def __iter__(self) -> Iterator[tuple[float, float]]:
        """The pairs, in order."""

    @abstractmethod
    def __len__(self) -> int:
        """Number of pairs."""


@dataclass(frozen=True)
class Standard(Schedule):
    r"""All replicas glued, :math:`\gamma = \infty`, and their number rising: :math:`y = 1/(1-\rho)` (reinforcement).

    Parameters
    ----------
    steps : int
        Number of steps; :math:`\rho = 0, 1/\mathrm{steps}, \ldots, 1 - 1/\mathrm{steps}`.

    Examples
    --------
    >>> list(Standard(2))
    [(inf, 1.0), (inf, 2.0)]
    """

    steps: int = 200

    def __post_init__(self) -> None:
        checked_integer("steps", self.steps)

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[tuple[float, float]]:
        for rho in _rhos(self.steps):
            yield _standard(rho)


@dataclass(frozen=True)
class Pseudo(Schedule):
    r"""Coupling and number of replicas rising together.

    :math:`\gamma = \mathrm{atanh}\sqrt\rho`, :math:`y = (2-\rho)/(1-\rho)`: from two uncoupled replicas to one
    configuration.

    Parameters
    ----------
    steps : int
        Number of steps; :math:`\rho = 0, 1/\mathrm{steps}, \ldots, 1 - 1/\mathrm{steps}`.

    Examples
    --------
    >>> [(round(gamma, 4), y) for gamma, y in Pseudo(2)]
    [(0.0, 2.0), (0.8814, 3.0)]
    """

    steps: int = 200

    def __post_init__(self) -> None:
        checked_integer("steps", self.steps)

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[tuple[float, float]]:
        for rho in _rhos(self.steps):
            yield _pseudo(rho)


@dataclass(frozen=True)
class Scoping(Schedule):
    r"""Fixed number of replicas, coupling rising linearly from 0 to `gamma_max`.

    Parameters
    ----------
    steps : int
        Number of steps, at least 2.
    y : float
        Number of replicas.
    gamma_max : float
        Last coupling.

    Examples
    --------
    >>> list(Scoping(3, y=7, gamma_max=1.0))
    [(0.0, 7.0), (0.5, 7.0), (1.0, 7.0)]
    """

    steps: int = 200
    y: float = 20.0
    gamma_max: float = 2.5

    def __post_init__(self) -> None:
        checked_integer("steps", self.steps, 2)
        checked_number("gamma_max", self.gamma_max, NON_NEGATIVE)
        checked_number("y", self.y, POSITIVE)

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[tuple[float, float]]:
        for gamma in np.linspace(0.0, self.gamma_max, self.steps).tolist():
            yield gamma, float(self.y)


@dataclass(frozen=True, init=False)
class FreeSchedule(Schedule):
    r"""Any list of pairs :math:`(\gamma, y)`, :math:`\gamma \ge 0` (inf allowed) and :math:`y > 0` finite.

    Examples
    --------
    >>> list(FreeSchedule([(0.5, 3), (1.0, 4)]))
    [(0.5, 3.0), (1.0, 4.0)]
    """

    pairs: tuple[tuple[float, float], ...]

    def __init__(self, pairs: Iterable[tuple[float, float]]) -> None:
        listed = [*pairs] if isinstance(pairs, Iterator) else pairs
        held = np.asarray(checked_real("pairs", listed))
        if held.ndim != 2 or held.shape[1] != 2 or not len(held):
            raise ValueError(f"pairs must be those of a schedule, (gamma, y), at least one; got {shown(listed)}")
        _require("gamma", held[:, 0], "non-negative (inf glues the replicas to the reference)", held[:, 0] >= 0)
        _require("y", held[:, 1], "positive and finite", (held[:, 1] > 0) & (held[:, 1] < np.inf))
        object.__setattr__(self, "pairs", tuple((gamma, y) for gamma, y in held.tolist()))

    def __len__(self) -> int:
        return len(self.pairs)

    def __iter__(self) -> Iterator[tuple[float, float]]:
        return iter(self.pairs)


SCHEDULES: Mapping[str, Callable[..., Schedule]] = MappingProxyType(
    {"pseudo": Pseudo, "scoping": Scoping, "standard": Standard}
)


_STEPS = 200, 400, 800, 1600  # of the automatic passes; the last one again and again
_SLOW = 200, 400, 800, 3200  # on large problems
_WARM = 10  # steps at the first of these
_FIRST_EVEN = 800  # steps of the first automatic pass on an even constraint
_LAST = 1e-3  # where 1 - rho ends in automatic passes on an even constraint


def _standard(rho: float) -> tuple[float, float]:
    return np.inf, 1 / (1 - rho)


def _pseudo(rho: float) -> tuple[float, float]:
    return math.atanh(math.sqrt(rho)), (2 - rho) / (1 - rho)


_PAIRS: Mapping[str, Callable[[float], tuple[float, float]]] = MappingProxyType(
    {"pseudo": _pseudo, "standard": _standard}
)
Family = Literal["pseudo", "standard"]


def passes(
    family: Family, is_even: bool = False, slow: bool = False, window: tuple[float, float] = Problem.condensation
) -> Iterator[Schedule]:
    r"""Slower and slower schedules of a family, for a solver that restarts.

    The first has 200 steps; the others, of 400, 800, 1600, 1600, ... steps, keep to a window of :math:`\rho`, where the
    messages condense, and so does the first if the window begins at zero; `slow` makes them 400, 800, 3200, 3200, ....
    For an even constraint :math:`1-\rho` falls geometrically from 1 to :math:`10^{-3}`, in 800, 800, 1600, 1600, ...
    steps: at small loads the fields of its
    patterns matter only once `y` is of the order of 10 to 100.

    Notes
    -----
    A pass freezes (:math:`q\to1`) with a few patterns violated, and hardly fewer once it is slow enough: from there on
    another pass is worth more than a slower one. How slow that is grows with the number of weights.

    Examples
    --------
    >>> lengths = [len(plan) for plan, _ in zip(passes("pseudo"), range(5))]
    >>> lengths
    [200, 400, 800, 1600, 1600]
    """
    if not is_even:
        lengths = _SLOW if slow else _STEPS
        if window[0]:
            yield SCHEDULES[family]()
        for steps in chain(lengths[window[0] > 0 :], repeat(lengths[-1])):
            rhos = np.append(np.full(_WARM, window[0]), np.linspace(*window, steps - _WARM))
            yield FreeSchedule(map(_PAIRS[family], rhos.tolist()))
    steps = _FIRST_EVEN
    while True:
        plan = FreeSchedule(_PAIRS[family](rho) for rho in (1 - np.geomspace(1, _LAST, steps)).tolist())
        yield plan
        yield plan
        steps *= 2


def as_schedule(schedule: str | Schedule | Iterable[tuple[float, float]], steps: int | None = None) -> Schedule:
    """The schedule that a name, a schedule or a list of pairs means.

    Parameters
    ----------
    schedule : str, Schedule or iterable of pairs
        A name takes `steps`; the others have their own length.
    steps : int, optional
        Number of steps of a schedule given by name.

    Raises
    ------
    TypeError, ValueError
        If the name is unknown, `steps` is not positive or is given for a schedule that has its own, or a pair is not
        allowed.
    """
    if isinstance(schedule, str):
        if schedule not in SCHEDULES:
            known = ", ".join(map(repr, SCHEDULES))
            raise ValueError(f"schedule must be one of {known}, a Schedule or a list of pairs; got {schedule!r}")
        return SCHEDULES[schedule]() if steps is None else SCHEDULES[schedule](steps)
    try:
        plan = schedule if isinstance(schedule, Schedule) else FreeSchedule(schedule)
    except (TypeError, ValueError) as error:
        raise type(error)(f"schedule must be a name, a Schedule or a list of pairs: {error}") from None
    if steps is not None:
        checked_integer("steps", steps)
        raise ValueError(
            f"steps={steps!r} is for a schedule given by name; {type(schedule).__name__} has its own steps"
        )
    return plan


def _rhos(steps: int) -> Iterator[float]:
    return (k / steps for k in range(steps))


def _require(name: str, values: Array, must: str, good: NDArray[np.bool_]) -> None:
    """Refuse pairs of which one number is not allowed."""
    if not good.all():
        bad = int(np.argmin(good))
        raise ValueError(f"pairs: {name} must be {must}; got {values[bad]} in pair {bad}")
