"""Random problems of a run, perceptrons or committee machines: every load at every size, so many of each."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from bp.ensembles.draw import Draw
from bp.ensembles.grid import DRAWING, Grid
from bp.ensembles.source import ProblemSource
from bp.problems.committee import Committee, checked_units, random_committee
from bp.problems.perceptron import Instance
from replica_theory.arguments import checked_flag, shown
from replica_theory.models.model import Model


@dataclass(frozen=True, init=False)
class RandomProblems(ProblemSource):
    r"""Random perceptrons or committee machines, for `bp.compare`.

    Parameters
    ----------
    model : Model
        Scalar parameters; for committees a margin.
    alpha : float or sequence of float
        Loads; there are :math:`P=\mathrm{round}(\alpha N)` patterns.
    n : int or sequence of int
        Sizes, the number of weights of all units; every load is taken at every size.
    samples : int
        Problems of each load and size.
    units : int, optional
        Units of committee machines, odd; by default the problems are perceptrons (`bp.Instance`).
    tree : bool
        Whether every unit has inputs of its own.

    Raises
    ------
    TypeError, ValueError
        If there are no such problems.

    Notes
    -----
    Perceptrons are those that `bp.ensemble` draws from the same root.

    Examples
    --------
    >>> import replica_theory as rt
    >>> problems = RandomProblems(rt.BinaryPerceptron(), alpha=[0.3, 0.5], n=105, samples=4, units=5)
    >>> len(problems)
    8
    """

    model: Model
    alpha: tuple[float, ...]
    n: tuple[int, ...]
    samples: int
    units: int | None
    tree: bool

    def __init__(
        self,
        model: Model,
        alpha: ArrayLike,
        n: ArrayLike,
        samples: int = 20,
        *,
        units: int | None = None,
        tree: bool = False,
    ) -> None:
        grid = Grid.checked(model, alpha, n, samples, least=1, any_weights=True)
        odd, tree = None if units is None else checked_units(units), checked_flag("tree", tree)
        _require_kind(grid, odd, tree)
        for name, value in (vars(grid) | {"units": odd, "tree": tree}).items():
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        """Number of problems."""
        return len(self.alpha) * len(self.n) * self.samples

    def require_memory(self) -> None:
        """Refuse problems of which one alone does not fit in memory.

        Raises
        ------
        MemoryError
            If there is one.
        """
        shared = 1 if self.units is None or self.tree else self.units
        _grid(self).require_memory("amp", entry=DRAWING / shared)

    def drawn(self, root: int) -> list[ProblemDraw]:
        """All problems, load by load and there size by size, not yet drawn."""
        places = product(*map(range, (len(self.alpha), len(self.n), self.samples)))
        how = self.units, self.tree
        return [ProblemDraw(self.model, self.alpha[i], self.n[j], root, (i, j, k), *how) for i, j, k in places]

    def settings(self, root: int) -> dict[str, Any]:
        """What the problems depend on (not their number: more samples extend a run)."""
        beta = float(np.asarray(self.model.beta))
        return _grid(self).settings(root) | {"beta": beta, "units": self.units, "tree": self.tree}


@dataclass(frozen=True)
class ProblemDraw(Draw[Model]):
    """A random perceptron or committee machine, by its place in a run.

    Attributes
    ----------
    units : int or None
        Units of a committee machine; None for a perceptron.
    tree : bool
        Whether every unit has inputs of its own.
    """

    units: int | None = None
    tree: bool = False

    def problem(self) -> Instance | Committee:
        """The problem, drawn with the first seed."""
        if self.units is None:
            return self.instance()
        return random_committee(self.model, self.n, self.units, self.alpha, self.seeds(1)[0], tree=self.tree)


def _grid(problems: RandomProblems) -> Grid:
    return Grid(problems.model, problems.alpha, problems.n, problems.samples)


def _require_kind(grid: Grid, units: int | None, tree: bool) -> None:
    """Refuse a tree of a perceptron, and committees that cannot be drawn."""
    if units is None:
        if tree:
            raise ValueError("tree is for committee machines: units must be their odd number; got None")
        return
    for n in grid.n:
        if n % units:
            raise ValueError(f"n must be a multiple of the units, {shown(units)}; got {n}")
    random_committee(grid.model, units, units, 1.0, 0, tree=tree)
