r"""Compiled walks over ±1 patterns in bits, and over real ones.

An integer sum `s` is held as its place (s + n + 2)/2 in tables over -n-2, -n, ..., n+2, so that a flip moves it by one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from bp.problems import _bits, _counters, _moves
from bp.problems._intervals import Limits, count, lower, upper

FRESH = 4096
"""Flips between two fresh sums of real patterns."""
_RANGE = 64
"""Energies above the lowest that a flip may have in a heat bath; beyond, its weight is taken as zero."""


@njit(cache=True)
def descend(
    bits: Any, n: int, places: Any, down: Any, up: Any, violated: Any, weights: Any, uniforms: Any, temperature: float
) -> Any:
    r"""Flip a weight for every uniform number, chosen with probability :math:`\propto e^{-\Delta E_i/T}`.

    With :math:`d` and :math:`u` what lowering and raising the sum of a constraint adds to its energy,
    :math:`\Delta E_i = \tfrac12[\sum_a(d_a+u_a) + W_i\sum_a(d_a-u_a)\xi_{ai}]`, one sum over the few rows of bits whose
    energy a flip would change for all `i`. `weights` (one row of words) and `places` move with the walk, which ends
    where nothing is violated; the first configuration with the fewest violated constraints is returned.
    """
    rows, g = np.empty((64, bits.shape[1]), np.uint64), np.zeros((1, 64), np.float32)
    column_sums, cumulative = np.empty((1, 64 * bits.shape[1])), np.empty(n)
    boltzmann = np.exp(-np.arange(_RANGE) / temperature)
    best, fewest = weights.copy(), len(bits) + 1
    for k in range(len(uniforms) + 1):
        near, errors, edges = collect(bits, places, down, up, violated, rows, g)
        if near > len(rows):
            rows, g = np.empty((2 * near, bits.shape[1]), np.uint64), np.zeros((1, 2 * near), np.float32)
            near, errors, edges = collect(bits, places, down, up, violated, rows, g)
        if errors < fewest:
            fewest = errors
            best[:] = weights
        if errors == 0 or k == len(uniforms):
            break
        i = choose(rows[:near], g, edges, weights, boltzmann, uniforms[k], column_sums, cumulative)
        move(bits, places, weights, i)
    return best


@njit(cache=True)
def collect(bits: Any, places: Any, down: Any, up: Any, violated: Any, rows: Any, g: Any) -> tuple[int, int, int]:
    """Number of rows whose energy a flip would change, of violated ones, and the sum of d + u.

    The rows are copied with their d - u, as far as there is room for them.
    """
    near = errors = edges = 0
    for a in range(len(bits)):
        d, u = down[places[a]], up[places[a]]
        errors += violated[places[a]]
        if (d | u) == 0:
            continue
        edges += d + u
        if near < len(rows):
            rows[near] = bits[a]
            g[0, near] = d - u
        near += 1
    return near, errors, edges


@njit(cache=True)
def choose(
    rows: Any, g: Any, edges: int, weights: Any, boltzmann: Any, uniform: float, column_sums: Any, cumulative: Any
) -> int:
    """The weight to flip; `column_sums` and `cumulative` are work space."""
    n, total, lowest = len(cumulative), np.sum(g[0, : len(rows)]), np.inf
    column_sums[:] = 0.0
    _bits.back_serial(rows, g, rows.shape[1], column_sums)
    for i in range(n):
        z = 2.0 * column_sums[0, i] - total
        cumulative[i] = 0.5 * (edges + z if _is_set(weights, i) else edges - z)
        lowest = min(lowest, cumulative[i])
    sum_ = 0.0
    for i in range(n):
        excess = int(cumulative[i] - lowest)
        if excess < len(boltzmann):
            sum_ += boltzmann[excess]
        cumulative[i] = sum_
    chosen: Any = np.searchsorted(cumulative, uniform * sum_, side="right")
    return int(min(chosen, n - 1))


@njit(cache=True)
def move(bits: Any, places: Any, weights: Any, i: int) -> None:
    """Flip weight `i` of patterns held by rows."""
    word, bit = i >> 6, np.uint64(i & 63)
    before = (weights[word] >> bit) & np.uint64(1)
    for a in range(len(bits)):
        places[a] += -1 if ((bits[a, word] >> bit) & np.uint64(1)) == before else 1
    weights[word] ^= np.uint64(1) << bit


@njit(cache=True)
def _is_set(weights: Any, i: int) -> bool:
    return bool((weights[i >> 6] >> np.uint64(i & 63)) & np.uint64(1))


class BitWalk(NamedTuple):
    r"""Replicas on patterns in bits, their sums as counters.

    Five masks over the patterns follow from the place of the sum, by the numbers at which it enters or leaves them:
    energy rises as the sum is lowered, falls as it is lowered, rises as it is raised, falls as it is raised; violated.
    Three consecutive of these numbers are told apart by one counter, which is zero at the one in the middle.

    Attributes
    ----------
    columns : (N, W)
        The patterns by weight.
    inside : (W,)
        The bits that stand for patterns.
    base : (5,)
        The masks at the least sum, all bits set or none.
    uses : (T, 3, 5)
        Which masks change where a counter reaches -1, 0 and 1, all bits set or none.
    words : (R, words)
    counters : (R, T * planes, W)
        The planes of a counter one after the other.
    masks : (R, 5, W)
    """

    columns: Any
    inside: Any
    base: Any
    uses: Any
    words: Any
    counters: Any
    masks: Any


class RealWalk(NamedTuple):
    """Replicas on real patterns: columns (N, P) and intervals; weights (R, N), sums (R, P) and flips made (R,)."""

    columns: Any
    limits: Any
    weights: Any
    sums: Any
    flips: Any


SHARED = {"columns", "inside", "base", "uses", "limits", "bounds", "homes", "starts", "literals", "places", "clauses"}
"""What the replicas of a walk have in common."""


@njit(cache=True)
def fill_masks(walk: Any, r: int) -> None:
    """The masks of replica `r`, from its counters."""
    for w in range(walk.masks.shape[2]):
        _move(walk, r, w, np.uint64(0), np.uint64(0))


@njit(cache=True, forceinline=True)
def _move(walk: Any, r: int, w: int, moving: Any, rising: Any) -> None:
    """Move the sums of 64 patterns, and find their bits in the masks."""
    base, uses, inside, masks = walk.base, walk.uses, walk.inside[w], walk.masks
    m0, m1, m2, m3, m4 = base[0], base[1], base[2], base[3], base[4]
    for t in range(len(uses)):
        planes = walk.counters.shape[1] // len(uses)
        negative, zero, below = _counters.move(walk.counters, r, t * planes, (t + 1) * planes, w, moving, rising)
        first, second, third = below | ~negative, ~negative, ~(negative | zero)
        m0 ^= (first & uses[t, 0, 0]) ^ (second & uses[t, 1, 0]) ^ (third & uses[t, 2, 0])
        m1 ^= (first & uses[t, 0, 1]) ^ (second & uses[t, 1, 1]) ^ (third & uses[t, 2, 1])
        m2 ^= (first & uses[t, 0, 2]) ^ (second & uses[t, 1, 2]) ^ (third & uses[t, 2, 2])
        m3 ^= (first & uses[t, 0, 3]) ^ (second & uses[t, 1, 3]) ^ (third & uses[t, 2, 3])
        m4 ^= (first & uses[t, 0, 4]) ^ (second & uses[t, 1, 4]) ^ (third & uses[t, 2, 4])
    masks[r, 0, w], masks[r, 1, w], masks[r, 2, w] = m0 & inside, m1 & inside, m2 & inside
    masks[r, 3, w], masks[r, 4, w] = m3 & inside, m4 & inside


@njit(cache=True, forceinline=True)
def bit_spin(walk: Any, r: int, i: int) -> Any:
    """Weight `i` of replica `r`, as 1 or -1."""
    return 2 * np.int64((walk.words[r, i >> 6] >> np.uint64(i & 63)) & np.uint64(1)) - 1


@njit(cache=True, forceinline=True)
def _bit_cost(walk: Any, r: int, i: int) -> Any:
    one, masks = np.uint64(1), walk.masks
    turned = ((walk.words[r, i >> 6] >> np.uint64(i & 63)) & one) - one
    rises, falls = np.uint64(0), np.uint64(0)
    for w in range(masks.shape[2]):
        agree = walk.columns[i, w] ^ turned
        rises += _bits.popcount((agree & masks[r, 0, w]) | (~agree & masks[r, 2, w]))
        falls += _bits.popcount((agree & masks[r, 1, w]) | (~agree & masks[r, 3, w]))
    return np.int64(rises) - np.int64(falls)


@njit(cache=True, forceinline=True)
def _bit_turn(walk: Any, r: int, i: int) -> None:
    one, word, bit = np.uint64(1), i >> 6, np.uint64(i & 63)
    turned = np.uint64(0) - ((walk.words[r, word] >> bit) & one)
    for w in range(walk.masks.shape[2]):
        _move(walk, r, w, ~np.uint64(0), walk.columns[i, w] ^ turned)
    walk.words[r, word] ^= one << bit


@njit(cache=True)
def violated_bits(walk: Any, r: int) -> Any:
    """Number of patterns that replica `r` violates."""
    total = np.uint64(0)
    for w in range(walk.masks.shape[2]):
        total += _bits.popcount(walk.masks[r, 4, w])
    return np.int64(total)


@njit(cache=True)
def violated_reals(walk: Any, r: int) -> int:
    """Number of sums of replica `r` outside their intervals."""
    total = 0
    for a in range(walk.sums.shape[1]):
        total += _forbidden(walk.sums[r, a], walk.limits, a)
    return total


@njit(cache=True)
def _forbidden(s: float, limits: Limits, a: int) -> int:
    outside = int(s < lower(limits, 0)[a]) | int(s > upper(limits, 0)[a])
    for k in range(1, count(limits)):
        outside &= int(s < lower(limits, k)[a]) | int(s > upper(limits, k)[a])
    return outside


@njit(cache=True, forceinline=True)
def _real_spin(walk: Any, r: int, i: int) -> Any:
    return np.int64(walk.weights[r, i])


@njit(cache=True, forceinline=True)
def _real_cost(walk: Any, r: int, i: int) -> int:
    step, change = -2.0 * walk.weights[r, i], 0
    for a in range(walk.sums.shape[1]):
        old = walk.sums[r, a]
        change += _forbidden(old + step * walk.columns[i, a], walk.limits, a) - _forbidden(old, walk.limits, a)
    return change


@njit(cache=True, forceinline=True)
def _real_turn(walk: Any, r: int, i: int) -> None:
    step = -2.0 * walk.weights[r, i]
    walk.weights[r, i] = -walk.weights[r, i]
    walk.flips[r] += 1
    fresh = walk.flips[r] % FRESH == 0
    for a in range(walk.sums.shape[1]):
        walk.sums[r, a] = 0.0 if fresh else walk.sums[r, a] + step * walk.columns[i, a]
    if fresh:
        for j in range(walk.weights.shape[1]):
            for a in range(walk.sums.shape[1]):
                walk.sums[r, a] += walk.weights[r, j] * walk.columns[j, a]


_moves.offers(BitWalk, cost=_bit_cost, turn=_bit_turn, spin=bit_spin)
_moves.offers(RealWalk, cost=_real_cost, turn=_real_turn, spin=_real_spin)
