"""Unit propagation: what clauses with a single literal left imply."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray


def implied(
    n: int, starts: NDArray[np.int64], literals: NDArray[np.int32], given: NDArray[np.int8] | None = None
) -> tuple[NDArray[np.int8], int]:
    """Values that follow from those given: ±1, or 0 where nothing follows, shape (n,); and a clause that fails.

    A clause all of whose literals but one are false makes that one true. The clause is -1 if none fails. Takes a time
    proportional to the literals.
    """
    values = np.zeros(n, dtype=np.int8) if given is None else given.copy()
    order = np.argsort(np.abs(literals), kind="stable")
    places = np.searchsorted(np.abs(literals)[order], np.arange(1, n + 2))
    clause = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    return values, int(_propagate(starts, literals, places, clause[order], values))


@njit(cache=True)
def _propagate(starts: Any, literals: Any, places: Any, clauses: Any, values: Any) -> int:
    """Propagate in place; the clause that fails, -1 if none does."""
    todo, last = np.empty(len(values), np.int64), 0
    for i in range(len(values)):
        if values[i]:
            todo[last] = i
            last += 1
    for a in range(len(starts) - 1):
        unit = _left(starts, literals, values, a)
        if unit == 0:
            return a
        if unit != _OPEN and values[abs(unit) - 1] == 0:
            values[abs(unit) - 1] = 1 if unit > 0 else -1
            todo[last] = abs(unit) - 1
            last += 1
    first = 0
    while first < last:
        i = todo[first]
        first += 1
        for place in range(places[i], places[i + 1]):
            unit = _left(starts, literals, values, clauses[place])
            if unit == 0:
                return int(clauses[place])
            if unit != _OPEN and values[abs(unit) - 1] == 0:
                values[abs(unit) - 1] = 1 if unit > 0 else -1
                todo[last] = abs(unit) - 1
                last += 1
    return -1


_OPEN = -(2**31)
"""A clause that is satisfied, or has several literals left."""


@njit(cache=True)
def _left(starts: Any, literals: Any, values: Any, a: int) -> int:
    """The literal that has to be true, 0 if all are false, or `_OPEN`."""
    unit = 0
    for e in range(starts[a], starts[a + 1]):
        literal = int(literals[e])
        value = values[abs(literal) - 1]
        if value == 0:
            if unit != 0:
                return _OPEN
            unit = literal
        elif (value > 0) == (literal > 0):
            return _OPEN
    return unit
