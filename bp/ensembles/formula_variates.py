r"""Control variates of random formulas: functions of the degrees whose mean is known.

At a given number of clauses the entropy of a formula fluctuates with its degrees: variables that come in many clauses,
with different signs, cost more than others.
"""

from __future__ import annotations

import numpy as np

from bp.problems.satisfiability import Satisfiability
from replica_theory.typing import Array


def formula_variates(formula: Satisfiability, k: int) -> Array:
    r"""Squares of the degrees of a random formula, per variable, minus their means.

    With :math:`d_i^\pm` the number of clauses that variable `i` comes in with either sign, `M` clauses of `k` different
    variables have

    .. math:: E\sum_i(d_i^+-d_i^-)^2 = kM, \qquad
       E\sum_i(d_i^++d_i^-)^2 = kM\Bigl(1-\frac kN\Bigr)+\frac{(kM)^2}N.

    Parameters
    ----------
    formula : Satisfiability
        One of `bp.random_satisfiability`, not planted.
    k : int
        Literals of a clause.

    Returns
    -------
    array, shape (2,)

    Examples
    --------
    >>> import bp
    >>> formula_variates(bp.Satisfiability([[1, 2], [-1, 2]]), 2).tolist()
    [0.0, 0.0]
    """
    n, m = formula.n, formula.n_constraints
    variables = np.abs(formula.literals) - 1
    positive = np.bincount(variables[formula.literals > 0], minlength=n)
    negative = np.bincount(variables[formula.literals < 0], minlength=n)
    edges = float(k * m)
    signed = float(np.sum((positive - negative) ** 2)) - edges
    degrees = float(np.sum((positive + negative) ** 2)) - edges * (1.0 - k / n) - edges**2 / n
    return np.array([signed / n, degrees / n])
