r"""Heat-bath walk over configurations near the constraints of all ±1 patterns, on packed bits.

The energy is the number of single flips by which the patterns miss their sums, :math:`E=\sum_a v_a`, with :math:`v_a`
half the distance of :math:`s_a=\sum_i\xi_{ai}W_i`, in steps of 2, from the nearest sum that is allowed. Only patterns
at an edge of an interval of allowed sums or outside contribute to the change by a flip,

.. math:: \Delta E_i = \tfrac12\Big[n+W_i\sum_ag_a\xi_{ai}\Big], \qquad g_a = v(s_a-2) - v(s_a+2), \quad
   n = \sum_a[v(s_a-2) + v(s_a+2) - 2v(s_a)]:

one sum over a few rows of bits gives it for all `i`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from bp.problems import _bits
from bp.problems._intervals import Limits, count, lower, upper

_RANGE = 64
"""Energies above the lowest that a flip may have; beyond, its weight is taken as zero."""


@njit(cache=True)
def walk(bits: Any, n: int, limits: Limits, weights: Any, uniforms: Any, temperature: float) -> int:
    r"""Flip a weight for every uniform number, chosen with probability :math:`\propto e^{-\Delta E_i/T}`.

    `limits` are the least and largest sums of the allowed intervals. `weights` (one row of words) is changed to the
    first configuration with the fewest violated patterns on the way; that number is returned. The walk ends where it is
    zero. Cost of a flip: some tens of rows of bits, and P sums.
    """
    sums = np.empty(len(bits), np.int64)
    _bits.differences(bits, weights, sums)
    sums[:] = n - 2 * sums
    rows, g = np.empty((64, bits.shape[1]), np.uint64), np.zeros((1, 64), np.float32)
    column_sums, cumulative = np.empty((1, 64 * bits.shape[1])), np.empty(n)
    boltzmann = np.exp(-np.arange(_RANGE) / temperature)
    best, fewest = weights.copy(), len(bits) + 1
    for k in range(len(uniforms) + 1):
        near = 0
        for a in range(len(bits)):
            near += _is_near(sums[a], limits)
        if near > len(rows):
            rows, g = np.empty((2 * near, bits.shape[1]), np.uint64), np.zeros((1, 2 * near), np.float32)
        errors, edges = _collect(bits, sums, limits, rows, g)
        if errors < fewest:
            fewest = errors
            best[:] = weights
        if errors == 0 or k == len(uniforms):
            break
        i = _choose(rows[:near], g, edges, weights, boltzmann, uniforms[k], column_sums, cumulative)
        _flip(bits, sums, weights, i)
    weights[:] = best
    return fewest


@njit(cache=True)
def _is_near(s: int, limits: Limits) -> bool:
    """Whether a pattern contributes to the change by a flip: its sum is not inside an interval."""
    near = s <= lower(limits, 0) or s >= upper(limits, 0)
    for k in range(1, count(limits)):
        near = near and (s <= lower(limits, k) or s >= upper(limits, k))
    return bool(near)


@njit(cache=True)
def _missed(s: int, limits: Limits) -> int:
    """Number of flips to the nearest allowed sum."""
    least = max(lower(limits, 0) - s, s - upper(limits, 0), 0)
    for k in range(1, count(limits)):
        least = min(least, max(lower(limits, k) - s, s - upper(limits, k), 0))
    return int(least // 2)


@njit(cache=True)
def _collect(bits: Any, sums: Any, limits: Limits, rows: Any, g: Any) -> tuple[int, int]:
    """Rows at the edges and beyond, with their `g`; number of violated patterns and `n`."""
    near = errors = edges = 0
    for a in range(len(bits)):
        s = sums[a]
        if not _is_near(s, limits):
            continue
        below, here, above = _missed(s - 2, limits), _missed(s, limits), _missed(s + 2, limits)
        errors += here > 0
        edges += below + above - 2 * here
        rows[near] = bits[a]
        g[0, near] = below - above
        near += 1
    return errors, edges


@njit(cache=True)
def _choose(
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
def _flip(bits: Any, sums: Any, weights: Any, i: int) -> None:
    word, bit = i >> 6, np.uint64(i & 63)
    before = (weights[word] >> bit) & np.uint64(1)
    for a in range(len(bits)):
        sums[a] += -2 if ((bits[a, word] >> bit) & np.uint64(1)) == before else 2
    weights[word] ^= np.uint64(1) << bit


@njit(cache=True)
def _is_set(weights: Any, i: int) -> bool:
    return bool((weights[i >> 6] >> np.uint64(i & 63)) & np.uint64(1))
