r"""Walks over committee machines on ±1 patterns by the number of flips that violated patterns miss.

With :math:`d_k` the flips by which unit `k` misses a pattern, 0 if it is right, a pattern costs the sum of the smallest
`d` of a majority. With `t` the largest of these, a gain of one flip by unit `k` saves one where :math:`0<d_k\le t`; a
loss costs one where the unit has none to spare and :math:`d_k<t`, or :math:`d_k=t` and no other unit can stand in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bp.problems import _bits, _moves
from bp.problems.walkers import CompiledWalker


class FlipsWalk(NamedTuple):
    """Replicas of a committee machine.

    Attributes
    ----------
    columns : (1 or K, inputs, W)
        Patterns by weight, of all units or of each.
    bounds : (1,)
        Units that have to be right.
    words : (R, K, words)
    spare : (R, K, P)
        Flips that a unit has to spare, negative if it is wrong.
    edges : (R, 2, K, W)
        Masks of the patterns that cost a flip more where the unit loses one, and less where it gains one.
    missed : (R, P)
        Flips that each pattern misses.
    """

    columns: Any
    bounds: Any
    words: Any
    spare: Any
    edges: Any
    missed: Any


@njit(cache=True, forceinline=True)
def _spin(walk: Any, r: int, i: int) -> Any:
    inputs = walk.columns.shape[1]
    k, j = i // inputs, i % inputs
    return 2 * np.int64((walk.words[r, k, j >> 6] >> np.uint64(j & 63)) & np.uint64(1)) - 1


@njit(cache=True, forceinline=True)
def _cost(walk: Any, r: int, i: int) -> Any:
    one, inputs = np.uint64(1), walk.columns.shape[1]
    k, j = i // inputs, i % inputs
    seen = min(k, walk.columns.shape[0] - 1)
    turned = ((walk.words[r, k, j >> 6] >> np.uint64(j & 63)) & one) - one
    rises, falls = np.uint64(0), np.uint64(0)
    for w in range(walk.edges.shape[3]):
        agree = walk.columns[seen, j, w] ^ turned
        rises += _bits.popcount(agree & walk.edges[r, 0, k, w])
        falls += _bits.popcount(~agree & walk.edges[r, 1, k, w])
    return np.int64(rises) - np.int64(falls)


@njit(cache=True)
def _turn(walk: Any, r: int, i: int) -> None:
    one, inputs = np.uint64(1), walk.columns.shape[1]
    k, j = i // inputs, i % inputs
    seen, word, bit = min(k, walk.columns.shape[0] - 1), j >> 6, np.uint64(j & 63)
    up = (walk.words[r, k, word] >> bit) & one
    walk.words[r, k, word] ^= one << bit
    for a in range(walk.spare.shape[2]):
        agree = (walk.columns[seen, j, a >> 6] >> np.uint64(a & 63)) & one == up
        walk.spare[r, k, a] += -1 if agree else 1
    fill(walk, r)


@njit(cache=True)
def fill(walk: Any, r: int) -> None:
    """Masks and costs of all patterns of a replica, from the flips that its units have to spare."""
    units, patterns = walk.spare.shape[1], walk.spare.shape[2]
    order = np.empty(units, dtype=np.int64)
    walk.edges[r] = np.uint64(0)
    for a in range(patterns):
        for k in range(units):
            gap, place = max(-walk.spare[r, k, a], 0), k
            while place > 0 and order[place - 1] > gap:
                order[place] = order[place - 1]
                place -= 1
            order[place] = gap
        most, last = walk.bounds[0], order[walk.bounds[0] - 1]
        walk.missed[r, a] = order[:most].sum()
        stands_in = most < units and order[most] == last
        mask = np.uint64(1) << np.uint64(a & 63)
        for k in range(units):
            spare = walk.spare[r, k, a]
            gap = max(-spare, 0)
            if spare <= 0 and (gap < last or (gap == last and not stands_in)):
                walk.edges[r, 0, k, a >> 6] |= mask
            if 0 < gap <= last:
                walk.edges[r, 1, k, a >> 6] |= mask


_moves.offers(FlipsWalk, cost=_cost, turn=_turn, spin=_spin)


class CommitteeFlipsWalker(CompiledWalker):
    """A walker over a committee machine on ±1 patterns; the energy is the number of flips that violated ones miss.

    Parameters
    ----------
    bits : sequence of array of uint64, shape (P, words)
        Patterns times labels: one for all units, or one for each.
    weights : array of int8, shape (K, inputs)
    least : int
        Least sum at which a unit is right, of the parity of the inputs.
    """

    def __init__(self, bits: Sequence[Any], weights: NDArray[np.int8], least: int) -> None:
        units, inputs = weights.shape
        self.n = weights.size
        columns = np.array([_bits.transposed(part, inputs) for part in bits])
        words = np.array([_bits.pack(w[None])[0] for w in weights])[None]
        parts = list(bits) * (units // len(bits))
        sums = np.array([_bits.sums(part, w, inputs) for part, w in zip(parts, words[0], strict=True)])
        spare, edges = ((sums - least) // 2)[None], np.zeros((1, 2, units, columns.shape[2]), dtype=np.uint64)
        missed = np.zeros((1, sums.shape[1]), dtype=np.int64)
        self._walk = FlipsWalk(columns, np.array([units // 2 + 1]), words, spare, edges, missed)
        fill(self._walk, 0)

    @property
    def weights(self) -> NDArray[np.int8]:
        """The configuration, unit by unit."""
        words = self._walk.words[0]
        return np.asarray(_bits.unpack(words, self.n // len(words))).ravel()

    @property
    def errors(self) -> int:  # type: ignore[override]
        """Number of patterns that the configuration violates."""
        return int(np.count_nonzero(self._walk.missed[0]))

    @property
    def energy(self) -> int:
        """The energy."""
        return int(self._walk.missed[0].sum())
