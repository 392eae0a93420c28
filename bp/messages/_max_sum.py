r"""Compiled max-sum messages of patterns of ±1 whose sums have a least or a largest allowed value.

In the gauge of a pattern, :math:`z_j=\xi_{aj}\varphi_{j\to a}`; at least `k` of the products :math:`\xi_{aj}W_j` must
be +1. The message to `i` is :math:`\max(0,-z_{(k)})`, the `k`-th largest of the others: two numbers, one for the
weights that are among the `k` largest themselves, one for the rest.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_ONE = np.uint64(1)


@njit(cache=True)
def sweep(bits: Any, n: int, order: Any, side: int, k: int, members: Any, values: Any, total: Any) -> float:
    """Update the messages of one bound, pattern after pattern; the largest change of a message.

    Parameters
    ----------
    bits : (P, words)
    order : (M,)
        Patterns to update.
    side : int
        +1 for at least `k` products +1, -1 for at least `k` products -1.
    members : (P, words)
        The weights that are among the `k` largest.
    values : (P, 4)
        Message to members, to the rest, and the k-th and the next largest, near which they are looked for again.
    total : (n,)
        Fields on the weights, all messages and the external field together.
    """
    z, pool, change = np.empty(n), np.empty(n), 0.0
    for a in order:
        inner, outer = values[a, 0], values[a, 1]
        for i in range(n):
            bit = np.uint64(i & 63)
            sign = side * (2 * np.int64((bits[a, i >> 6] >> bit) & _ONE) - 1)
            z[i] = sign * total[i] - (inner if (members[a, i >> 6] >> bit) & _ONE else outer)
        kth, following = _largest(z, k, values[a, 2], values[a, 3], pool)
        values[a, 2], values[a, 3] = kth, following
        values[a, 0], values[a, 1] = max(0.0, -following), max(0.0, -kth)
        change = max(change, abs(values[a, 0] - inner), abs(values[a, 1] - outer))
        room = k
        for i in range(n):
            room -= z[i] > kth
        for w in range(members.shape[1]):
            word = np.uint64(0)
            for i in range(64 * w, min(64 * w + 64, n)):
                inside = z[i] > kth
                if z[i] == kth and room > 0:
                    inside = True
                    room -= 1
                word |= np.uint64(inside) << np.uint64(i & 63)
            members[a, w] = word
        for i in range(n):
            bit = np.uint64(i & 63)
            sign = side * (2 * np.int64((bits[a, i >> 6] >> bit) & _ONE) - 1)
            total[i] = sign * (z[i] + (values[a, 0] if (members[a, i >> 6] >> bit) & _ONE else values[a, 1]))
    return change


@njit(cache=True)
def _largest(z: Any, k: int, kth: float, following: float, pool: Any) -> tuple[float, float]:
    """The k-th largest number and the next, looked for around the earlier ones first; infinite beyond the ends."""
    n = len(z)
    if k <= 0:
        return np.inf, (np.max(z) if k == 0 else np.inf)
    width = max(4.0 * abs(kth - following), 1e-3 * abs(kth))
    low, high = following - width, kth + width
    for _ in range(4):
        above = inside = 0
        for i in range(n):
            above += z[i] > high
            if low <= z[i] <= high:
                pool[inside] = z[i]
                inside += 1
        if above < k and (k + 1 <= above + inside or (k >= n and k <= above + inside)):
            ordered = np.sort(pool[:inside])[::-1]
            place = k - above - 1
            return ordered[place], (ordered[place + 1] if place + 1 < inside else -np.inf)
        low, high = (low - 10 * (high - low), high) if above < k else (low, high + 10 * (high - low))
    ordered = np.sort(z)[::-1]
    return ordered[k - 1], (ordered[k] if k < n else -np.inf)
