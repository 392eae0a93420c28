r"""Walks over committee machines: on ±1 patterns in bits, on real ones in sums.

A flip in unit `k` costs an error where the unit is right by no flip to spare and just a majority of units is right, and
saves one where it is wrong by one flip and one vote is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bp.problems import _bits, _counters, _moves
from bp.problems._walks import bit_spin
from bp.problems.walkers import CompiledWalker

_REFRESHED = 4096
"""Flips between two fresh sums of real patterns."""


class CommitteeWalk(NamedTuple):
    """Replicas of a committee machine.

    Attributes
    ----------
    columns : (N or inputs, W)
        Patterns by weight, of every unit or of all.
    homes : (N, 2)
        Unit and column of each weight.
    inside : (W,)
        The bits that stand for patterns.
    words : (R, words)
    counters : (R, K * planes, W)
        Flips that the units have to spare, see `bp.problems._counters`; the planes of a unit one after the other.
    tally : (R, planes, W)
        Units that can be spared, negative if some are missing.
    near : (R, K, 2, W)
        Masks of the patterns where a unit is right with no flip to spare, and wrong by one flip.
    edges : (R, K, 2, W)
        Of these, where just enough units are right, and where one is missing.
    wrong : (R, W)
        Mask of the patterns where too few units are right.
    """

    columns: Any
    homes: Any
    inside: Any
    words: Any
    counters: Any
    tally: Any
    near: Any
    edges: Any
    wrong: Any


@njit(cache=True, forceinline=True)
def committee_cost(walk: Any, r: int, i: int) -> Any:
    """What a flip costs: bits that agree in the first of the unit's edges, without those that do not in the second."""
    k, column = walk.homes[i, 0], walk.homes[i, 1]
    turned = ((walk.words[r, i >> 6] >> np.uint64(i & 63)) & np.uint64(1)) - np.uint64(1)
    rises, falls = np.uint64(0), np.uint64(0)
    for w in range(walk.edges.shape[3]):
        agree = walk.columns[column, w] ^ turned
        rises += _bits.popcount(agree & walk.edges[r, k, 0, w])
        falls += _bits.popcount(~agree & walk.edges[r, k, 1, w])
    return np.int64(rises) - np.int64(falls)


@njit(cache=True)
def _turn(walk: Any, r: int, i: int) -> None:
    k, column = walk.homes[i, 0], walk.homes[i, 1]
    word, bit = i >> 6, np.uint64(i & 63)
    turned = np.uint64(0) - ((walk.words[r, word] >> bit) & np.uint64(1))
    for w in range(len(walk.inside)):
        _move(walk, r, k, w, ~np.uint64(0), walk.columns[column, w] ^ turned)
    walk.words[r, word] ^= np.uint64(1) << bit


@njit(cache=True, forceinline=True)
def _move(walk: Any, r: int, k: int, w: int, moving: Any, rising: Any) -> None:
    """Move the sums of a unit on 64 patterns, and find their bits in the masks."""
    units, inside = walk.near.shape[1], walk.inside[w]
    planes = walk.counters.shape[1] // units
    before = walk.counters[r, (k + 1) * planes - 1, w]
    negative, zero, below = _counters.move(walk.counters, r, k * planes, (k + 1) * planes, w, moving, rising)
    walk.near[r, k, 0, w], walk.near[r, k, 1, w] = zero & inside, below & inside
    missing, enough, one = _counters.move(walk.tally, r, 0, walk.tally.shape[1], w, before ^ negative, ~negative)
    for unit in range(units):
        walk.edges[r, unit, 0, w] = walk.near[r, unit, 0, w] & enough
        walk.edges[r, unit, 1, w] = walk.near[r, unit, 1, w] & one
    walk.wrong[r, w] = missing & inside


@njit(cache=True)
def _fill(walk: Any, r: int) -> None:
    """All masks of a replica, from its counters."""
    for w in range(len(walk.inside)):
        for k in range(walk.near.shape[1]):
            _move(walk, r, k, w, np.uint64(0), np.uint64(0))


_moves.offers(CommitteeWalk, cost=committee_cost, turn=_turn, spin=bit_spin)


@njit(cache=True)
def violated(walk: Any, r: int) -> Any:
    """Number of patterns that replica `r` violates."""
    total = np.uint64(0)
    for w in range(len(walk.inside)):
        total += _bits.popcount(walk.wrong[r, w])
    return np.int64(total)


class CommitteeWalker(CompiledWalker):
    """A walker over a committee machine on ±1 patterns; the energy is the number of violated ones.

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
        spare = spare_flips(bits, weights, least)
        largest = inputs + abs(least)
        counters = np.concatenate([_counters.planes(unit, largest) for unit in spare], axis=1)
        tally = _counters.planes(np.count_nonzero(spare >= 0, axis=0) - (units // 2 + 1), units)
        inside = _bits.pack(np.ones((1, len(bits[0])), dtype=np.int8))[0]
        near, edges = (np.zeros((1, units, 2, len(inside)), dtype=np.uint64) for _ in range(2))
        kept = _bits.pack(weights.reshape(1, -1)), counters, tally, near, edges, np.zeros_like(inside)[None]
        self._walk = CommitteeWalk(*columns_of_units(bits, weights), inside, *kept)
        _fill(self._walk, 0)

    @property
    def weights(self) -> NDArray[np.int8]:
        """The configuration, unit by unit."""
        return np.asarray(_bits.unpack(self._walk.words, self.n)[0])

    @property
    def errors(self) -> int:  # type: ignore[override]
        """Number of patterns that the configuration violates."""
        return int(violated(self._walk, 0))


def spare_flips(bits: Sequence[Any], weights: NDArray[np.int8], least: int) -> NDArray[np.int64]:
    """Flips that each unit has to spare on each pattern, negative if it is wrong, (K, P)."""
    parts = list(bits) * (len(weights) // len(bits))
    sums = [_bits.sums(part, _bits.pack(w[None])[0], len(w)) for part, w in zip(parts, weights, strict=True)]
    return np.asarray((np.array(sums) - least) >> 1)


def columns_of_units(bits: Sequence[Any], weights: NDArray[np.int8]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Patterns by weight, one unit after the other or once for all; unit and column of each weight, (N, 2)."""
    inputs = weights.shape[1]
    columns = np.concatenate([_bits.transposed(part, inputs) for part in bits])
    sites = np.arange(weights.size)
    return columns, np.stack([sites // inputs, sites % len(columns)], axis=1)


class RealCommitteeWalk(NamedTuple):
    """Replicas of a committee machine on real patterns.

    Attributes
    ----------
    columns : (1 or K, inputs, P)
        Patterns by weight, of all units or of each.
    limits : (1 or K, P)
        Least sums at which units are right.
    bounds : (1,)
        Units that have to be right.
    weights : (R, K, inputs)
    sums : (R, K, P)
    votes : (R, P)
        Numbers of units that are right.
    flips : (R,)
        Flips made.
    """

    columns: Any
    limits: Any
    bounds: Any
    weights: Any
    sums: Any
    votes: Any
    flips: Any


@njit(cache=True, forceinline=True)
def _real_spin(walk: Any, r: int, i: int) -> Any:
    inputs = walk.columns.shape[1]
    return np.int64(walk.weights[r, i // inputs, i % inputs])


@njit(cache=True, forceinline=True)
def _real_cost(walk: Any, r: int, i: int) -> Any:
    inputs = walk.columns.shape[1]
    k, j = i // inputs, i % inputs
    seen, change, cost = min(k, len(walk.columns) - 1), -2.0 * walk.weights[r, k, j], 0
    for a in range(walk.sums.shape[2]):
        least, votes = walk.limits[seen, a], walk.votes[r, a]
        before = walk.sums[r, k, a] >= least
        after = walk.sums[r, k, a] + change * walk.columns[seen, j, a] >= least
        cost += (votes >= walk.bounds[0]) - (votes - before + after >= walk.bounds[0])
    return np.int64(cost)


@njit(cache=True, forceinline=True)
def _real_turn(walk: Any, r: int, i: int) -> None:
    inputs = walk.columns.shape[1]
    k, j = i // inputs, i % inputs
    walk.weights[r, k, j] *= -1
    walk.flips[r] += 1
    seen, change = min(k, len(walk.columns) - 1), 2.0 * walk.weights[r, k, j]
    for a in range(walk.sums.shape[2]):
        before = walk.sums[r, k, a] >= walk.limits[seen, a]
        walk.sums[r, k, a] += change * walk.columns[seen, j, a]
        walk.votes[r, a] += np.int64(walk.sums[r, k, a] >= walk.limits[seen, a]) - np.int64(before)
    if walk.flips[r] % _REFRESHED == 0:
        fill_reals(walk, r)


@njit(cache=True)
def fill_reals(walk: Any, r: int) -> None:
    """Sums and votes of a replica, from its weights."""
    walk.votes[r] = 0
    for k in range(walk.sums.shape[1]):
        seen = min(k, len(walk.columns) - 1)
        walk.sums[r, k] = 0.0
        for j in range(walk.columns.shape[1]):
            walk.sums[r, k] += walk.weights[r, k, j] * walk.columns[seen, j]
        for a in range(walk.sums.shape[2]):
            walk.votes[r, a] += walk.sums[r, k, a] >= walk.limits[seen, a]


_moves.offers(RealCommitteeWalk, cost=_real_cost, turn=_real_turn, spin=_real_spin)


class RealCommitteeWalker(CompiledWalker):
    """A walker over a committee machine on real patterns; the energy is the number of violated ones.

    Parameters
    ----------
    columns : array, shape (1 or K, inputs, P)
        Patterns times labels, by weight: of all units or of each.
    weights : array of int8, shape (K, inputs)
    least : array, shape (1 or K, P)
        Least sums at which units are right.

    Notes
    -----
    The sums are added up afresh after some 4096 flips, before their rounding reaches that of the least sums.
    """

    def __init__(self, columns: NDArray[np.float64], weights: NDArray[np.int8], least: NDArray[np.float64]) -> None:
        self.n, (units, _), patterns = weights.size, weights.shape, columns.shape[2]
        sums, votes = np.zeros((1, units, patterns)), np.zeros((1, patterns), dtype=np.int64)
        shared = (np.array(columns), np.array(least), np.array([units // 2 + 1]))
        self._walk = RealCommitteeWalk(*shared, np.array(weights)[None], sums, votes, np.zeros(1, dtype=np.int64))
        fill_reals(self._walk, 0)

    @property
    def weights(self) -> NDArray[np.int8]:
        """The configuration, unit by unit."""
        return np.array(self._walk.weights[0]).ravel()

    @property
    def errors(self) -> int:  # type: ignore[override]
        """Number of patterns that the configuration violates."""
        return int(np.count_nonzero(self._walk.votes[0] < self._walk.bounds[0]))
