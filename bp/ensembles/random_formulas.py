"""Random formulas of a run: every ratio at every size, so many of each."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from bp.ensembles.source import ProblemSource
from bp.memory import require_memory
from bp.problems.satisfiability import Satisfiability, random_satisfiability
from replica_theory.arguments import POSITIVE, checked_integer, checked_integers, checked_numbers, shown

_LITERAL = 64.0
"""Bytes that a literal takes while a formula is drawn."""


@dataclass(frozen=True, init=False)
class RandomFormulas(ProblemSource):
    r"""Random k-satisfiability, for `bp.compare`.

    Parameters
    ----------
    ratio : float or sequence of float
        Clauses per variable; there are :math:`M=\mathrm{round}(\mathrm{ratio}\cdot N)` clauses.
    n : int or sequence of int
        Numbers of variables; every ratio is taken at every one.
    k : int
        Literals of a clause.
    samples : int
        Formulas of each ratio and size.

    Raises
    ------
    TypeError, ValueError
        If there are no such formulas.

    Examples
    --------
    >>> len(RandomFormulas(ratio=[9.0, 9.2], n=1000, k=4, samples=5))
    10
    """

    ratio: tuple[float, ...]
    n: tuple[int, ...]
    k: int
    samples: int

    def __init__(self, ratio: ArrayLike, n: ArrayLike, k: int = 3, samples: int = 20) -> None:
        ratios, sizes = checked_numbers("ratio", ratio, POSITIVE), checked_integers("n", n, 1)
        values = {
            "ratio": ratios,
            "n": sizes,
            "k": checked_integer("k", k),
            "samples": checked_integer("samples", samples),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        if self.k > min(sizes):
            raise ValueError(f"k must be at most n={min(sizes)}, a clause having different variables; got {shown(k)}")
        if round(min(ratios) * min(sizes)) == 0:
            raise ValueError(f"ratio={min(ratios)} at n={min(sizes)} gives no clauses")

    def require_memory(self) -> None:
        """Refuse formulas of which one alone does not fit in memory."""
        literals = max(self.ratio) * max(self.n) * self.k
        require_memory(_LITERAL * literals, f"{literals:.3g} literals of a formula", "choose a smaller n")

    def __len__(self) -> int:
        """Number of formulas."""
        return len(self.ratio) * len(self.n) * self.samples

    def drawn(self, root: int) -> list[FormulaDraw]:
        """All formulas, ratio by ratio and there size by size, not yet drawn."""
        places = product(*map(range, (len(self.ratio), len(self.n), self.samples)))
        return [FormulaDraw(self.ratio[i], self.n[j], self.k, root, (i, j, s)) for i, j, s in places]

    def settings(self, root: int) -> dict[str, Any]:
        """What the formulas depend on (not their number: more samples extend a run)."""
        return {"system": "satisfiability", "ratio": self.ratio, "n": self.n, "k": self.k, "seed": root}


@dataclass(frozen=True)
class FormulaDraw:
    """A random formula, by its place in a run.

    Attributes
    ----------
    ratio : float
    n, k : int
    root : int
        Root of all seeds of the run.
    place : tuple of int
        Where it is in the run; the seeds come from ``SeedSequence([root, *place])``.
    """

    ratio: float
    n: int
    k: int
    root: int
    place: tuple[int, int, int]

    @property
    def name(self) -> str:
        """Name of its point on disk."""
        return "-".join(map(str, self.place))

    def problem(self) -> Satisfiability:
        """The formula."""
        seed = np.random.SeedSequence([self.root, *self.place]).spawn(1)[0]
        return random_satisfiability(self.n, self.ratio, self.k, seed)
