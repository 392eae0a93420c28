r"""Compiled sweeps of survey propagation.

With :math:`\eta_{ai}` the probability that clause `a` warns variable `i`, and :math:`U, S` the probabilities that no
other clause warns a variable against, and for, the value that satisfies `a`, the weights of its states without `a` are

.. math:: \Pi^u = (1-U)S, \qquad \Pi^s = U\,(1-S), \qquad \Pi^0 = U S,

where `u` means: held by the others at the value that does not satisfy `a`; :math:`\eta_{ai} =
\prod_{j\ne i}\Pi^u_j/(\Pi^u_j+\Pi^s_j+\Pi^0_j)`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

LEAST = 1e-30
"""Least probability of no warning."""


@njit(cache=True, error_model="numpy")
def sequence(
    blocks: Any, size: int, starts: Any, sides: Any, calm: Any, free: Any, damping: float
) -> tuple[float, float]:
    r"""One sweep, blocks of clauses in an order: `calm` are :math:`1-\eta` (E,); `free` (2N,) follow.

    These are the probabilities that a variable is not warned towards a side. Returns the
    largest change of a survey, and the least weight of a variable's states (0: a contradiction).
    """
    width = np.max(starts[1:] - starts[:-1])
    forced, before = np.empty(width), np.empty(width)
    change, least = 0.0, 1.0
    for block in blocks:
        for a in range(block * size, min((block + 1) * size, len(starts) - 1)):
            first, last = starts[a], starts[a + 1]
            product = 1.0
            for e in range(first, last):
                against, weight = cavity(sides[e], calm[e], free)
                least = min(least, weight)
                forced[e - first], before[e - first] = against / weight, product
                product *= against / weight
            product = 1.0
            for e in range(last - 1, first - 1, -1):
                old, new = calm[e], max(1.0 - before[e - first] * product, LEAST)
                product *= forced[e - first]
                change = max(change, abs(new - old))
                mixed = damping * old + (1.0 - damping) * new
                free[sides[e]] *= mixed / old
                calm[e] = mixed
    return change, least


@njit(cache=True, forceinline=True, error_model="numpy")
def cavity(side: int, calm: float, free: Any) -> tuple[float, float]:
    r"""Weights without a clause: :math:`\Pi^u` and the sum of all states."""
    same, other = min(free[side] / calm, 1.0), min(free[side ^ 1], 1.0)  # from the least on they may grow beyond one
    against = (1.0 - other) * same
    return against, max(against + other, LEAST)


@njit(cache=True, error_model="numpy")
def products(places: Any, edges: Any, calm: Any, field: Any, free: Any) -> None:
    """Probabilities of no warning, (2N,); a field is a warning of probability :math:`1-e^{-2|field|}`."""
    for side in range(len(free)):
        pushed = field[side >> 1] if side & 1 == 0 else -field[side >> 1]
        product = np.exp(-2.0 * max(pushed, 0.0))
        for place in range(places[side], places[side + 1]):
            product *= calm[edges[place]]
        free[side] = max(product, LEAST)


@njit(cache=True, error_model="numpy")
def complexity(starts: Any, sides: Any, places: Any, calm: Any, free: Any) -> float:
    r"""Bethe complexity of all variables, :math:`\sum_a\log Z_a-\sum_i(n_i-1)\log Z_i`."""
    total = 0.0
    for a in range(len(starts) - 1):
        every, held = 1.0, 1.0
        for e in range(starts[a], starts[a + 1]):
            against, weight = cavity(sides[e], calm[e], free)
            every *= weight
            held *= against
        total += np.log(every - held)
    for side in range(0, len(free), 2):
        weight = free[side] + free[side + 1] - free[side] * free[side + 1]
        total -= (places[side + 2] - places[side] - 1) * np.log(weight)
    return total
