r"""Compiled sweeps of belief propagation on clauses.

A clause tells a variable the weight `t` of the value that does not satisfy it, in units of that of the other. With
:math:`x_j = e^{2J_jh_j}t_{aj}` for the odds that variable `j` satisfies clause `a` without being asked by it, and
:math:`s^{(i)}` the probability that one of the others does,

.. math:: t_{ai} = e^{-\beta} + (1-e^{-\beta})s^{(i)}, \qquad s\cup j = q_j + (1-q_j)s, \qquad q_j = x_j/(1+x_j):

sums of positive numbers, so that nothing is lost where messages saturate, and no transcendental function. `starts`,
`sides`, `places` and `edges` are those of `bp.problems.clause_walker.Sides`; odds are kept for both sides, (2N,).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

LEAST = 1e-30
"""Least message: of a field of 35, as certain as double precision can tell."""
_SMALL = 1e-130
"""Product of messages that can be divided by another, and multiplied by the least message."""
_CERTAIN = 1e200
"""Odds beyond which a variable satisfies a clause for sure."""
_IMPOSSIBLE = 1e-14
"""Probability of a clause at which messages contradict each other."""
_DOUBTFUL = 1e-6
"""Probability of a clause below which its messages are judged by their ratios, which the free entropy then feels."""


@njit(cache=True, error_model="numpy")
def sequence(
    blocks: Any, size: int, starts: Any, sides: Any, floor: float, t: Any, odds: Any, damping: float
) -> tuple[float, float]:
    """One sweep, blocks of clauses in an order; `odds` follow. Largest change, and least probability of a clause."""
    room = np.empty((4, np.max(starts[1:] - starts[:-1])))
    change, least = 0.0, 1.0
    for block in blocks:
        for a in range(block * size, min((block + 1) * size, len(starts) - 1)):
            satisfied = _answers(a, starts, sides, floor, t, odds, room)
            least = min(least, satisfied)
            for e in range(starts[a], starts[a + 1]):
                old, new, side = t[e], room[3, e - starts[a]], sides[e]
                change = max(change, abs(new - old) / (max(old, new) if satisfied < _DOUBTFUL else 1.0))
                mixed = damping * old + (1.0 - damping) * new
                odds[side] *= old / mixed
                odds[side ^ 1] *= mixed / old
                t[e] = mixed
    return change, least


@njit(cache=True, nogil=True, error_model="numpy")
def parallel(
    first: int, last: int, size: int, starts: Any, sides: Any, floor: float, t: Any, odds: Any, damping: float, out: Any
) -> None:
    """Update some blocks of clauses, all seeing the same odds; `out` (blocks, 2) as `sequence` gives them."""
    room = np.empty((4, np.max(starts[1:] - starts[:-1])))
    for block in range(first, last):
        change, least = 0.0, 1.0
        for a in range(block * size, min((block + 1) * size, len(starts) - 1)):
            satisfied = _answers(a, starts, sides, floor, t, odds, room)
            least = min(least, satisfied)
            for e in range(starts[a], starts[a + 1]):
                old, new = t[e], room[3, e - starts[a]]
                change = max(change, abs(new - old) / (max(old, new) if satisfied < _DOUBTFUL else 1.0))
                t[e] = damping * old + (1.0 - damping) * new
        out[block, 0], out[block, 1] = change, least


@njit(cache=True, forceinline=True, error_model="numpy")
def _answers(a: int, starts: Any, sides: Any, floor: float, t: Any, odds: Any, room: Any) -> float:
    """New messages of a clause, in ``room[3]``; the probability that it is satisfied without being asked for."""
    first, size = starts[a], starts[a + 1] - starts[a]
    before = 0.0
    for k in range(size):
        q, p = cavity(sides[first + k], t[first + k], odds)
        room[0, k], room[1, k], room[2, k] = q, p, before
        before = q + p * before
    after = 0.0
    for k in range(size - 1, -1, -1):
        others = room[2, k] + (1.0 - room[2, k]) * after
        room[3, k] = max(floor + (1.0 - floor) * others, LEAST)
        after = room[0, k] + room[1, k] * after
    return floor + (1.0 - floor) * before


@njit(cache=True, forceinline=True, error_model="numpy")
def cavity(side: int, t: float, odds: Any) -> tuple[float, float]:
    """Probabilities that a variable satisfies a clause, and that it does not, if it is not asked to."""
    x = min(odds[side] * t, _CERTAIN)
    p = 1.0 / (1.0 + x)
    return x * p, p


@njit(cache=True, error_model="numpy")
def fields(sides: Any, t: Any, products: Any, out: Any) -> None:
    r"""Fields :math:`h_i = \sum_aJ_{ai}u_{ai}` with :math:`u=-\frac12\log t`, messages read in the order they lie in.

    `products` (2N,) is room for the products of the messages to each side, whose logarithms are taken at the end, and
    before that where a product would become too small.
    """
    out[:], products[:] = 0.0, 1.0
    for e in range(len(sides)):
        side = sides[e]
        products[side] *= t[e]
        if products[side] < _SMALL:
            out[side >> 1] += (0.5 if side & 1 else -0.5) * np.log(products[side])
            products[side] = 1.0
    for i in range(len(out)):
        out[i] += 0.5 * np.log(products[2 * i + 1] / products[2 * i])


@njit(cache=True, error_model="numpy")
def measure(starts: Any, sides: Any, floor: float, t: Any, odds: Any, log_p: Any) -> float:
    r"""Log-probabilities of the clauses, and :math:`\sum_a\log Z_a - \sum_{ai}\log Z_{ai}` of the free entropy."""
    total = 0.0
    for a in range(len(log_p)):
        satisfied = 0.0
        for e in range(starts[a], starts[a + 1]):
            q, p = cavity(sides[e], t[e], odds)
            total -= np.log(q + p * t[e])
            satisfied = q + p * satisfied
        log_p[a] = np.log(satisfied)
        total += np.log(floor + (1.0 - floor) * satisfied)
    return total


def contradicts(least: float) -> bool:
    """Whether messages leave a clause no chance."""
    return least < _IMPOSSIBLE
