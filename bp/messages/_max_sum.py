r"""Compiled max-sum messages of patterns of ±1 whose sums have a least or a largest allowed value.

In the gauge of a pattern, :math:`z_j=\xi_{aj}\varphi_{j\to a}`; at least `k` of the products :math:`\xi_{aj}W_j` must
be +1. The message to `i` is :math:`\max(0,-z_{(k)})`, the `k`-th largest of the others: two numbers, one for the
weights that are among the `k` largest themselves, one for the rest. A pattern that sends nothing, and would again, is
known by the signs of the fields, N/64 words; the others take some ten passes over N numbers, 64 at a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from bp.problems import _bits

_ONE = np.uint64(1)
_FEW = 32


@njit(cache=True)
def sweep(bits: Any, order: Any, side: int, k: int, members: Any, values: Any, total: Any) -> float:
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
    values : (P, 3)
        Message to members, to the rest, and the k-th largest, near which it is looked for again.
    total : (n,)
        Fields on the weights, all messages and the external field together.
    """
    n, words = len(total), bits.shape[1]
    fields, z, pool = np.zeros(64 * words), np.empty(64 * words), np.empty(n)
    signs, turned = np.zeros(words, np.uint64), np.uint64(0) if side > 0 else ~np.uint64(0)
    fields[:n] = total
    for w in range(words):
        signs[w] = _above(fields[64 * w : 64 * w + 64], 0.0)
    change = drift = spacing = 0.0
    for a in order:
        row, inner, outer = bits[a], values[a, 0], values[a, 1]
        if inner == 0.0 and outer == 0.0 and _agreeing(row, signs, side, n) > k:
            continue
        for w in range(words):
            part = slice(64 * w, 64 * w + 64)
            _cavity(row[w] ^ turned, members[a, w], fields[part], inner, outer, z[part])
        z[n:] = -np.inf
        kth, following, spacing = _largest(z[:n], k, values[a, 2], 2 * drift + _FEW / 4 * spacing, pool)
        drift += 0.1 * (abs(kth - values[a, 2]) - drift) if abs(kth) < np.inf else 0.0
        values[a, 0], values[a, 1], values[a, 2] = max(0.0, -following), max(0.0, -kth), kth
        change = max(change, abs(values[a, 0] - inner), abs(values[a, 1] - outer))
        _enrol(z, k, kth, members[a])
        for w in range(words):
            part = slice(64 * w, 64 * w + 64)
            _total(row[w] ^ turned, members[a, w], z[part], values[a, 0], values[a, 1], fields[part])
        fields[n:] = 0.0
        for w in range(words):
            signs[w] = _above(fields[64 * w : 64 * w + 64], 0.0)
    total[:] = fields[:n]
    return change


@njit(cache=True)
def _agreeing(row: Any, signs: Any, side: int, n: int) -> Any:
    """How many products have the sign of the side, those of fields that are zero among them or not."""
    apart = np.int64(0)
    for w in range(len(row)):
        apart += np.int64(_bits.popcount(row[w] ^ signs[w]))
    return n - apart if side > 0 else apart


@njit(cache=True)
def _cavity(row: Any, members: Any, fields: Any, inner: float, outer: float, z: Any) -> None:
    """Fields of 64 weights without the pattern's message, in its gauge."""
    for j in range(64):
        sign = np.float64(2 * np.int64((row >> np.uint64(j)) & _ONE) - 1)
        z[j] = sign * fields[j] - (inner if (members >> np.uint64(j)) & _ONE else outer)


@njit(cache=True)
def _total(row: Any, members: Any, z: Any, inner: float, outer: float, fields: Any) -> None:
    """Fields of 64 weights with the pattern's message."""
    for j in range(64):
        sign = np.float64(2 * np.int64((row >> np.uint64(j)) & _ONE) - 1)
        fields[j] = sign * (z[j] + (inner if (members >> np.uint64(j)) & _ONE else outer))


@njit(cache=True)
def _above(z: Any, bound: float) -> Any:
    """The word of those of 64 numbers that are above a bound."""
    word = np.uint64(0)
    for j in range(64):
        word |= np.uint64(z[j] > bound) << np.uint64(j)
    return word


@njit(cache=True)
def _enrol(z: Any, k: Any, kth: float, members: Any) -> None:
    """Mark the `k` largest; of equal numbers the first."""
    room = k
    for w in range(len(members)):
        members[w] = _above(z[64 * w : 64 * w + 64], kth)
        room -= np.int64(_bits.popcount(members[w]))
    for w in range(len(members)):
        if room <= 0:
            return
        part, equal = z[64 * w : 64 * w + 64], 0
        for j in range(64):
            equal += part[j] == kth
        for j in range(64 if equal else 0):
            if part[j] == kth and room > 0:
                members[w] |= _ONE << np.uint64(j)
                room -= 1


@njit(cache=True)
def _largest(z: Any, k: int, guess: float, width: float, pool: Any) -> tuple[float, float, float]:
    """The k-th largest number, the next, and how far apart the numbers are there; infinite beyond the ends.

    A window around the guess is widened until it holds both, then narrowed to few numbers, and these are sorted.
    """
    n = len(z)
    if k <= 0:
        return np.inf, (np.max(z) if k == 0 else np.inf), 0.0
    need, step = min(k + 1, n), max(width, 1e-3 * abs(guess), 1e-12)
    low, high = guess - step, guess + step
    above, reach = _count(z, high), _count(z, low)
    for _ in range(40):
        if above < k and reach >= need:
            break
        step *= 4
        if above >= k:
            high += step
            above = _count(z, high)
        else:
            low -= step
            reach = _count(z, low)
    else:
        low, high, above, reach = -np.inf, np.inf, 0, n
    for _ in range(8):
        if reach - above <= _FEW or not high - low < np.inf:
            break
        aim = k - _FEW / 4 if k - above > reach - k else k + _FEW / 4
        middle = low + (high - low) * (reach - aim) / (reach - above)
        count = _count(z, middle)
        if count < k:
            high, above = middle, count
        elif count >= need:
            low, reach = middle, count
    inside = _between(z, low, high, pool)
    ordered = np.sort(pool[:inside])[::-1]
    place = k - above - 1
    spacing = (high - low) / inside if high - low < np.inf else 0.0
    return ordered[place], (ordered[place + 1] if place + 1 < inside else -np.inf), spacing


@njit(cache=True)
def _count(z: Any, bound: float) -> int:
    """How many numbers are above a bound."""
    count = 0
    for i in range(len(z)):
        count += z[i] > bound
    return count


@njit(cache=True)
def _between(z: Any, low: float, high: float, pool: Any) -> int:
    """Collect the numbers above `low` up to `high`."""
    inside = 0
    for start in range(0, len(z), 64):
        part, held = z[start : start + 64], 0
        for j in range(len(part)):
            held += (part[j] > low) & (part[j] <= high)
        for j in range(len(part) if held else 0):
            if low < part[j] <= high:
                pool[inside] = part[j]
                inside += 1
    return inside
