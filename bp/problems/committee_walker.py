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
from bp.problems.walkers import CompiledWalker

_REFRESHED = 4096
"""Flips between two fresh sums of real patterns."""


class CommitteeWalk(NamedTuple):
    """Replicas of a committee machine.

    Attributes
    ----------
    columns : (1 or K, inputs, W)
        Patterns by weight, of all units or of each.
    inside : (W,)
        The bits that stand for patterns.
    bounds : (2,)
        Place of the least sum at which a unit is right, and units that have to be right.
    words : (R, K, words)
    counters : (R, K * planes, W)
        Sums of the units as places, see `bp.problems.walkers`; the planes of a unit one after the other.
    tally : (R, planes, W)
        Number of units that are right.
    edges : (R, 3, K, W)
        Masks of the patterns where a unit is right; right with no flip to spare; wrong by one flip.
    votes : (R, 3, W)
        Masks of the patterns where just enough units are right; where one is missing; where too few are right.
    """

    columns: Any
    inside: Any
    bounds: Any
    words: Any
    counters: Any
    tally: Any
    edges: Any
    votes: Any


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
    for w in range(len(walk.inside)):
        agree = walk.columns[seen, j, w] ^ turned
        rises += _bits.popcount(agree & walk.edges[r, 1, k, w] & walk.votes[r, 0, w])
        falls += _bits.popcount(~agree & walk.edges[r, 2, k, w] & walk.votes[r, 1, w])
    return np.int64(rises) - np.int64(falls)


@njit(cache=True, forceinline=True)
def _turn(walk: Any, r: int, i: int) -> None:
    one, inputs = np.uint64(1), walk.columns.shape[1]
    k, j = i // inputs, i % inputs
    seen, word, bit = min(k, walk.columns.shape[0] - 1), j >> 6, np.uint64(j & 63)
    turned = np.uint64(0) - ((walk.words[r, k, word] >> bit) & one)
    planes = walk.counters.shape[1] // walk.words.shape[1]
    for w in range(len(walk.inside)):
        rising = walk.columns[seen, j, w] ^ turned
        _counters.move(walk.counters, r, k * planes, (k + 1) * planes, w, rising)
        _mark(walk, r, k, w)
        _count(walk, r, w)
    walk.words[r, k, word] ^= one << bit


@njit(cache=True, forceinline=True)
def _mark(walk: Any, r: int, k: int, w: int) -> None:
    """The masks of a unit, for 64 patterns."""
    planes = walk.counters.shape[1] // walk.words.shape[1]
    first, last = k * planes, (k + 1) * planes
    least, inside = walk.bounds[0], walk.inside[w]
    near = _counters.at_least(walk.counters, r, first, last, w, least - 1) & inside
    right = _counters.at_least(walk.counters, r, first, last, w, least) & inside
    safe = _counters.at_least(walk.counters, r, first, last, w, least + 1)
    walk.edges[r, 0, k, w], walk.edges[r, 1, k, w], walk.edges[r, 2, k, w] = right, right & ~safe, near & ~right


@njit(cache=True, forceinline=True)
def _count(walk: Any, r: int, w: int) -> None:
    """The masks of the votes, for 64 patterns."""
    planes, enough, inside = walk.tally.shape[1], walk.bounds[1], walk.inside[w]
    for b in range(planes):
        walk.tally[r, b, w] = np.uint64(0)
    for k in range(walk.words.shape[1]):
        _counters.add(walk.tally, r, 0, planes, w, walk.edges[r, 0, k, w])
    missing = _counters.at_least(walk.tally, r, 0, planes, w, enough - 1) & inside
    right = _counters.at_least(walk.tally, r, 0, planes, w, enough) & inside
    spare = _counters.at_least(walk.tally, r, 0, planes, w, enough + 1)
    walk.votes[r, 0, w], walk.votes[r, 1, w], walk.votes[r, 2, w] = right & ~spare, missing & ~right, inside & ~right


@njit(cache=True)
def fill(walk: Any, r: int) -> None:
    """All masks of a replica, from its counters."""
    for w in range(len(walk.inside)):
        for k in range(walk.words.shape[1]):
            _mark(walk, r, k, w)
        _count(walk, r, w)


_moves.offers(CommitteeWalk, cost=_cost, turn=_turn, spin=_spin)


@njit(cache=True)
def violated(walk: Any, r: int) -> Any:
    """Number of patterns that replica `r` violates."""
    total = np.uint64(0)
    for w in range(len(walk.inside)):
        total += _bits.popcount(walk.votes[r, 2, w])
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
        columns = np.array([_bits.transposed(part, inputs) for part in bits])
        words = np.array([_bits.pack(w[None])[0] for w in weights])[None]
        parts = list(bits) * (units // len(bits))
        places = [(_bits.sums(part, w, inputs) + inputs + 2) >> 1 for part, w in zip(parts, words[0], strict=True)]
        counters = np.concatenate([_counters.planes(place, inputs + 3) for place in places], axis=1)
        inside = _bits.pack(np.ones((1, len(bits[0])), dtype=np.int8))[0]
        tally = np.zeros((1, (units + 1).bit_length(), len(inside)), dtype=np.uint64)
        edges, votes = (np.zeros((1, 3, *shape), dtype=np.uint64) for shape in ((units, len(inside)), (len(inside),)))
        bounds = np.array([(least + inputs + 2) >> 1, (units + 1) // 2])
        self._walk = CommitteeWalk(columns, inside, bounds, words, counters, tally, edges, votes)
        fill(self._walk, 0)

    @property
    def weights(self) -> NDArray[np.int8]:
        """The configuration, unit by unit."""
        words = self._walk.words[0]
        return np.asarray(_bits.unpack(words, self.n // len(words))).ravel()

    @property
    def errors(self) -> int:  # type: ignore[override]
        """Number of patterns that the configuration violates."""
        return int(violated(self._walk, 0))


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
