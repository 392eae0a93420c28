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
from bp.problems._walks import bit_spin
from bp.problems.committee_walker import columns_of_units, committee_cost, spare_flips
from bp.problems.walkers import CompiledWalker


class FlipsWalk(NamedTuple):
    """Replicas of a committee machine.

    Attributes
    ----------
    columns : (N or inputs, W)
        Patterns by weight, of every unit or of all.
    homes : (N, 2)
        Unit and column of each weight.
    bounds : (1,)
        Units that have to be right.
    words : (R, words)
    spare : (R, K, P)
        Flips that a unit has to spare, negative if it is wrong.
    edges : (R, K, 2, W)
        Masks of the patterns that cost a flip more where the unit loses one, and less where it gains one.
    missed, last : (R, P)
        Flips that each pattern misses, and the largest number of a unit among them.
    """

    columns: Any
    homes: Any
    bounds: Any
    words: Any
    spare: Any
    edges: Any
    missed: Any
    last: Any


@njit(cache=True)
def _turn(walk: Any, r: int, i: int) -> None:
    one, k, column = np.uint64(1), walk.homes[i, 0], walk.homes[i, 1]
    word, bit = i >> 6, np.uint64(i & 63)
    up = (walk.words[r, word] >> bit) & one
    walk.words[r, word] ^= one << bit
    order = np.empty(walk.spare.shape[1], dtype=np.int64)
    for a in range(walk.spare.shape[2]):
        before = walk.spare[r, k, a]
        after = before + (-1 if (walk.columns[column, a >> 6] >> np.uint64(a & 63)) & one == up else 1)
        walk.spare[r, k, a] = after
        if min(before, after) <= 0 and max(before, after) >= -walk.last[r, a]:
            _mark(walk, r, a, order)


@njit(cache=True)
def _fill(walk: Any, r: int) -> None:
    """Masks and costs of all patterns of a replica, from the flips that its units have to spare."""
    order = np.empty(walk.spare.shape[1], dtype=np.int64)
    for a in range(walk.spare.shape[2]):
        _mark(walk, r, a, order)


@njit(cache=True, forceinline=True)
def _mark(walk: Any, r: int, a: int, order: Any) -> None:
    """Cost of a pattern and its bits in the masks; `order` (K,) is work space."""
    units = len(order)
    for k in range(units):
        gap, place = max(-walk.spare[r, k, a], 0), k
        while place > 0 and order[place - 1] > gap:
            order[place] = order[place - 1]
            place -= 1
        order[place] = gap
    most, last = walk.bounds[0], order[walk.bounds[0] - 1]
    walk.missed[r, a], walk.last[r, a] = order[:most].sum(), last
    stands_in = most < units and order[most] == last
    word, mask = a >> 6, np.uint64(1) << np.uint64(a & 63)
    for k in range(units):
        spare = walk.spare[r, k, a]
        gap = max(-spare, 0)
        rises = spare <= 0 and (gap < last or (gap == last and not stands_in))
        walk.edges[r, k, 0, word] = walk.edges[r, k, 0, word] & ~mask | (mask if rises else np.uint64(0))
        falls = 0 < gap <= last
        walk.edges[r, k, 1, word] = walk.edges[r, k, 1, word] & ~mask | (mask if falls else np.uint64(0))


_moves.offers(FlipsWalk, cost=committee_cost, turn=_turn, spin=bit_spin)


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
        units, self.n = len(weights), weights.size
        spare, words = spare_flips(bits, weights, least)[None], _bits.pack(weights.reshape(1, -1))
        columns, homes = columns_of_units(bits, weights)
        edges = np.zeros((1, units, 2, columns.shape[1]), dtype=np.uint64)
        missed, last = (np.zeros((1, spare.shape[2]), dtype=np.int64) for _ in range(2))
        self._walk = FlipsWalk(columns, homes, np.array([units // 2 + 1]), words, spare, edges, missed, last)
        _fill(self._walk, 0)

    @property
    def weights(self) -> NDArray[np.int8]:
        """The configuration, unit by unit."""
        return np.asarray(_bits.unpack(self._walk.words, self.n)[0])

    @property
    def errors(self) -> int:  # type: ignore[override]
        """Number of patterns that the configuration violates."""
        return int(np.count_nonzero(self._walk.missed[0]))

    @property
    def energy(self) -> int:
        """The energy."""
        return int(self._walk.missed[0].sum())
