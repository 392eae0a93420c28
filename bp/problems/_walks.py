"""Compiled moves of walkers: patterns in bits with integer sums, or real patterns.

An integer sum `s` is held as its place (s + n + 2)/2 in tables over -n-2, -n, ..., n+2, so that a flip moves it by one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from bp.problems import _bits
from bp.problems._intervals import Limits, count, lower, upper

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


@njit(cache=True)
def fill_masks(places: Any, codes: Any, masks: Any) -> None:
    """Masks over the patterns: energy rises or falls as the sum is lowered, rises or falls as it is raised.

    `codes` holds these four bits for every place of a sum.
    """
    for word in range(masks.shape[1]):
        _mark(word, places, codes, masks)


@njit(cache=True)
def _mark(word: int, places: Any, codes: Any, masks: Any) -> None:
    """The bits of 64 patterns in the four masks."""
    one = np.uint64(1)
    m0, m1, m2, m3 = np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0)
    for bit in range(min(64, len(places) - 64 * word)):
        code, shift = codes[places[64 * word + bit]], np.uint64(bit)
        m0 |= (code & one) << shift
        m1 |= ((code >> one) & one) << shift
        m2 |= ((code >> np.uint64(2)) & one) << shift
        m3 |= (code >> np.uint64(3)) << shift
    masks[0, word], masks[1, word], masks[2, word], masks[3, word] = m0, m1, m2, m3


@njit(cache=True)
def cost(column: Any, weights: Any, i: int, masks: Any) -> int:
    """Change of the energy by a flip of weight `i`, whose patterns are `column`."""
    turned = np.uint64(0) if _is_set(weights, i) else ~np.uint64(0)
    total = 0
    for w in range(masks.shape[1]):
        agree = column[w] ^ turned
        total += int(_bits.popcount(agree & masks[0, w])) - int(_bits.popcount(agree & masks[1, w]))
        total += int(_bits.popcount(~agree & masks[2, w])) - int(_bits.popcount(~agree & masks[3, w]))
    return total


@njit(cache=True)
def costs(columns: Any, weights: Any, masks: Any, out: Any) -> None:
    """Change of the energy by each flip."""
    for i in range(len(out)):
        out[i] = cost(columns[i], weights, i, masks)


@njit(cache=True)
def flip(column: Any, weights: Any, i: int, places: Any, codes: Any, masks: Any) -> None:
    """Flip weight `i`, whose patterns are `column`."""
    turned = ~np.uint64(0) if _is_set(weights, i) else np.uint64(0)
    for word in range(masks.shape[1]):
        rising = column[word] ^ turned
        for bit in range(min(64, len(places) - 64 * word)):
            places[64 * word + bit] += 2 * np.int64((rising >> np.uint64(bit)) & np.uint64(1)) - 1
        _mark(word, places, codes, masks)
    weights[i >> 6] ^= np.uint64(1) << np.uint64(i & 63)


@njit(cache=True)
def sweep(columns: Any, weights: Any, places: Any, codes: Any, masks: Any, uniforms: Any, beta: float) -> int:
    """Propose every flip once by the heat bath; number of flips made."""
    made = 0
    for i in range(len(uniforms)):
        if uniforms[i] * (1.0 + np.exp(beta * cost(columns[i], weights, i, masks))) < 1.0:
            flip(columns[i], weights, i, places, codes, masks)
            made += 1
    return made


@njit(cache=True)
def violated_reals(sums: Any, limits: Limits) -> int:
    """Number of sums outside their intervals."""
    total = 0
    for a in range(len(sums)):
        total += _forbidden(sums[a], limits, a)
    return total


@njit(cache=True)
def _forbidden(s: float, limits: Limits, a: int) -> int:
    outside = int(s < lower(limits, 0)[a]) | int(s > upper(limits, 0)[a])
    for k in range(1, count(limits)):
        outside &= int(s < lower(limits, k)[a]) | int(s > upper(limits, k)[a])
    return outside


@njit(cache=True)
def real_cost(column: Any, weight: int, sums: Any, limits: Limits) -> int:
    """Change of the number of violated patterns by a flip of a weight."""
    step, change = -2.0 * weight, 0
    for a in range(len(sums)):
        old = sums[a]
        change += _forbidden(old + step * column[a], limits, a) - _forbidden(old, limits, a)
    return change


@njit(cache=True)
def sweep_reals(columns: Any, weights: Any, sums: Any, limits: Limits, uniforms: Any, beta: float) -> int:
    """Propose every flip once by the heat bath; number of flips made."""
    made = 0
    for i in range(len(uniforms)):
        change = real_cost(columns[i], weights[i], sums, limits)
        if uniforms[i] * (1.0 + np.exp(beta * change)) < 1.0:
            step = -2.0 * weights[i]
            for a in range(len(sums)):
                sums[a] += step * columns[i, a]
            weights[i] = -weights[i]
            made += 1
    return made
