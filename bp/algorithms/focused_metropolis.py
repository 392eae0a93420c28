r"""Focused Metropolis search: Monte Carlo moves on the variables of violated constraints only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bp.algorithms.walksat import UNIT_INTERVAL, FocusedSearch
from bp.problems.walkers import FocusedWalker
from replica_theory.arguments import checked_number


@dataclass(frozen=True, kw_only=True)
class FocusedMetropolis(FocusedSearch):
    r"""Focused Metropolis search.

    A violated clause is drawn, and one of its variables; the flip is made with probability
    :math:`\eta^{\max(\Delta E,0)}`, `E` the number of violated clauses. There is no detailed balance.

    Parameters
    ----------
    eta : float, optional
        In [0, 1]; by default 0.37 for clauses of three literals at most, and 0.293 for longer ones.
    max_iter : int, optional
        Number of proposals; by default 20 000 N.

    Raises
    ------
    TypeError, ValueError
        For options of the wrong type or out of range.

    Notes
    -----
    `Solution.trace` is that of `bp.algorithms.walksat.WalkSAT`, iterations proposals.

    References
    ----------
    S. Seitz, M. Alava and P. Orponen, J. Stat. Mech. (2005) P06006.

    Examples
    --------
    >>> import bp
    >>> sat = bp.random_satisfiability(n=200, ratio=4.0, k=3, rng=1)
    >>> FocusedMetropolis()(sat, rng=1).solved
    True
    """

    name: ClassVar[str] = "focused-metropolis"
    unit: ClassVar[str] = "proposals"

    eta: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.eta is not None:
            checked_number("eta", self.eta, UNIT_INTERVAL)

    def walk(
        self, problem: Any, walker: FocusedWalker, proposals: int, stream: NDArray[np.uint64]
    ) -> tuple[int, int, NDArray[np.int8]]:
        """Proposals of focused Metropolis search."""
        return walker.metropolis(proposals, problem.focus[1] if self.eta is None else self.eta, stream)
