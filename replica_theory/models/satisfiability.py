"""Random K-satisfiability: no margin and no kernel, but a random graph of clauses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from replica_theory.arguments import NON_NEGATIVE, checked_beta, checked_integer, checked_number


@dataclass(frozen=True)
class RandomSatisfiability:
    r"""Random formulas of clauses with `k` different variables, each negated with probability 1/2.

    Parameters
    ----------
    k : int
        Literals of a clause, at least 2.
    beta : float, default inf
        Inverse temperature of the number of violated clauses; ``inf`` counts solutions.

    Raises
    ------
    TypeError, ValueError
        If a number is not allowed.

    Examples
    --------
    >>> round(RandomSatisfiability(4).annealed(9.0), 4)
    0.1123
    """

    k: int = 3
    beta: float = np.inf

    def __post_init__(self) -> None:
        object.__setattr__(self, "k", checked_integer("k", self.k, 2))
        object.__setattr__(self, "beta", checked_beta(self.beta))

    def annealed(self, ratio: float) -> float:
        r"""First moment :math:`\frac1N\log\overline{Z} = \log2+\alpha\log[1-2^{-k}(1-e^{-\beta})]`, nats a variable.

        It bounds the entropy from above, and is the leading term at large `k`.

        Raises
        ------
        TypeError, ValueError
            If `ratio`, clauses per variable, is negative or not finite.
        """
        ratio = checked_number("ratio", ratio, NON_NEGATIVE)
        return float(np.log(2) + ratio * np.log1p(-(0.5**self.k) * -np.expm1(-self.beta)))
