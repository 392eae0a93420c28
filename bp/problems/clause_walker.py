r"""Walks over the configurations of a formula, with the clauses that every flip breaks and makes kept up to date.

A clause with a single true literal is broken by its flip; one without is made by any of its flips. A flip changes these
numbers only through clauses that go between none, one and two true literals.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bp.problems import _moves
from bp.problems.walkers import CompiledWalker, FocusedWalker


class Occurrences(NamedTuple):
    """A formula, clause by clause and variable by variable.

    Attributes
    ----------
    starts : (M + 1,)
        First literal of each clause.
    literals : (E,)
        ±(i + 1).
    places : (N + 1,)
        First occurrence of each variable.
    clauses : (E,)
        Clauses in which the variables occur, as ±(a + 1) with the sign of the literal.
    """

    starts: NDArray[np.int64]
    literals: NDArray[np.int32]
    places: NDArray[np.int64]
    clauses: NDArray[np.int32]

    @classmethod
    def of(cls, n: int, starts: NDArray[np.int64], literals: NDArray[np.int32]) -> Occurrences:
        """The occurrences of `n` variables."""
        order = np.argsort(np.abs(literals), kind="stable")
        places = np.searchsorted(np.abs(literals)[order], np.arange(1, n + 2))
        clause = np.repeat(np.arange(1, len(starts)), np.diff(starts))
        return cls(starts, literals, places, (np.sign(literals) * clause)[order].astype(np.int32))


class Sides(NamedTuple):
    """A formula as a graph: literal `i` is the place 2(i - 1), its negation the one after it.

    Attributes
    ----------
    starts : (M + 1,)
        First literal of each clause.
    sides : (E,)
        Places of the literals.
    places : (2N + 1,)
        First occurrence of each side.
    edges : (E,)
        Literals by side.
    """

    starts: NDArray[np.int64]
    sides: NDArray[np.int32]
    places: NDArray[np.int64]
    edges: NDArray[np.int32]

    @classmethod
    def of(cls, n: int, starts: NDArray[np.int64], literals: NDArray[np.int32]) -> Sides:
        """The graph of clauses over `n` variables."""
        sides = 2 * (np.abs(literals) - 1) + (literals < 0)
        edges = np.argsort(sides, kind="stable")
        places = np.searchsorted(sides[edges], np.arange(2 * n + 1))
        return cls(starts, sides.astype(np.int32), places, edges.astype(np.int32))


@njit(cache=True)
def violated(starts: Any, literals: Any, weights: Any, out: Any) -> None:
    """Which clauses have no true literal."""
    for a in range(len(out)):
        some = False
        for e in range(starts[a], starts[a + 1]):
            some |= (literals[e] > 0) == (weights[abs(literals[e]) - 1] > 0)
        out[a] = not some


class ClauseWalk(NamedTuple):
    """Replicas of a formula.

    Attributes
    ----------
    starts, literals, places, clauses
        As in `Occurrences`.
    weights : (R, N)
        Values ±1.
    trues : (R, M)
        True literals of each clause.
    critical : (R, M)
        Exclusive or of the variables of the true literals: the variable where there is one.
    breaks, makes : (R, N)
        Clauses that a flip would break and make.
    broken : (R, M)
        The violated clauses, in no order, first.
    rank : (R, M)
        Place of each violated clause among them.
    errors : (R,)
        Number of violated clauses.
    """

    starts: Any
    literals: Any
    places: Any
    clauses: Any
    weights: Any
    trues: Any
    critical: Any
    breaks: Any
    makes: Any
    broken: Any
    rank: Any
    errors: Any


@njit(cache=True, forceinline=True)
def _spin(walk: Any, r: int, i: int) -> Any:
    return np.int64(walk.weights[r, i])


@njit(cache=True, forceinline=True)
def _cost(walk: Any, r: int, i: int) -> Any:
    return np.int64(walk.breaks[r, i]) - np.int64(walk.makes[r, i])


@njit(cache=True, forceinline=True)
def _turn(walk: Any, r: int, i: int) -> None:
    formula = walk.starts, walk.literals, walk.places, walk.clauses
    _flip(*formula, walk.weights, walk.trues, walk.critical, walk.breaks, walk.makes, walk.broken, walk.rank,
          walk.errors, r, i)  # fmt: skip


@njit(cache=True)
def _flip(
    starts: Any, literals: Any, places: Any, clauses: Any, weights: Any, trues: Any, critical: Any, breaks: Any,
    makes: Any, broken: Any, rank: Any, errors: Any, r: int, i: int,
) -> None:  # fmt: skip
    """Flip variable `i` of replica `r`; arrays one by one, since those of a tuple are counted at every use."""
    value, gained, lost = -weights[r, i], 0, 0
    weights[r, i] = value
    for place in range(places[i], places[i + 1]):
        signed = np.int64(clauses[place])
        a = abs(signed) - 1
        before = trues[r, a]
        critical[r, a] ^= i
        if (signed > 0) == (value > 0):
            trues[r, a] = before + 1
            if before == 0:
                gained += 1
                for e in range(starts[a], starts[a + 1]):
                    makes[r, abs(literals[e]) - 1] -= 1
                last = errors[r] - 1
                hole, moved = rank[r, a], broken[r, last]
                broken[r, hole], rank[r, moved] = moved, hole
                errors[r] = last
            elif before == 1:
                breaks[r, critical[r, a] ^ i] -= 1
        else:
            trues[r, a] = before - 1
            if before == 1:
                lost += 1
                for e in range(starts[a], starts[a + 1]):
                    makes[r, abs(literals[e]) - 1] += 1
                broken[r, errors[r]], rank[r, a] = a, errors[r]
                errors[r] += 1
            elif before == 2:
                breaks[r, critical[r, a]] += 1
    breaks[r, i] += gained - lost


@njit(cache=True)
def fill(walk: Any, r: int) -> None:
    """Everything that follows from the values of replica `r`."""
    walk.breaks[r], walk.makes[r], walk.errors[r] = 0, 0, 0
    for a in range(walk.trues.shape[1]):
        count, critical = 0, 0
        for e in range(walk.starts[a], walk.starts[a + 1]):
            i = abs(walk.literals[e]) - 1
            if (walk.literals[e] > 0) == (walk.weights[r, i] > 0):
                count += 1
                critical ^= i
        walk.trues[r, a], walk.critical[r, a] = count, critical
        if count == 1:
            walk.breaks[r, critical] += 1
        elif count == 0:
            for e in range(walk.starts[a], walk.starts[a + 1]):
                walk.makes[r, abs(walk.literals[e]) - 1] += 1
            walk.broken[r, walk.errors[r]], walk.rank[r, a] = a, walk.errors[r]
            walk.errors[r] += 1


_moves.offers(ClauseWalk, cost=_cost, turn=_turn, spin=_spin)


@njit(cache=True)
def _walksat(walk: Any, stream: Any, flips: int, noise: float, best: Any) -> tuple[int, int]:
    """Flips made, and the fewest errors on the way, of which `best` is the first configuration."""
    fewest = walk.errors[0]
    best[:] = walk.weights[0]
    for flip in range(flips):
        if walk.errors[0] == 0:
            return flip, 0
        a, uniform = _moves.draw(stream, 0, walk.errors[0])
        a = walk.broken[0, a]
        first, size = walk.starts[a], walk.starts[a + 1] - walk.starts[a]
        if size == 0:
            return flip, fewest
        chosen, least, equal = 0, np.int64(1) << 40, 0
        for e in range(first, first + size):
            i = abs(walk.literals[e]) - 1
            broken = walk.breaks[0, i]
            if broken < least:
                chosen, least, equal = i, broken, 1
            elif broken == least:
                equal += 1
                if _moves.draw(stream, 0, equal)[0] == 0:
                    chosen = i
        if least > 0 and uniform < noise:
            chosen = abs(walk.literals[first + _moves.draw(stream, 0, size)[0]]) - 1
        _turn(walk, 0, chosen)
        if walk.errors[0] < fewest:
            fewest = walk.errors[0]
            best[:] = walk.weights[0]
    return flips, fewest


@njit(cache=True)
def _focused(walk: Any, stream: Any, proposals: int, eta: float, best: Any) -> tuple[int, int]:
    """Proposals and flips made; `best` is the first configuration with the fewest errors on the way."""
    fewest, flips = walk.errors[0], 0
    best[:] = walk.weights[0]
    for proposal in range(proposals):
        if walk.errors[0] == 0:
            return proposal, flips
        a = walk.broken[0, _moves.draw(stream, 0, walk.errors[0])[0]]
        first, size = walk.starts[a], walk.starts[a + 1] - walk.starts[a]
        if size == 0:
            return proposal, flips
        e, uniform = _moves.draw(stream, 0, size)
        i = abs(walk.literals[first + e]) - 1
        change = np.int64(walk.breaks[0, i]) - np.int64(walk.makes[0, i])
        if change > 0 and uniform >= eta**change:
            continue
        _turn(walk, 0, i)
        flips += 1
        if walk.errors[0] < fewest:
            fewest = walk.errors[0]
            best[:] = walk.weights[0]
    return proposals, flips


class ClauseWalker(CompiledWalker, FocusedWalker):
    """A walker over a formula; the energy is the number of violated clauses.

    Parameters
    ----------
    occurrences : Occurrences
    weights : array of int8, shape (N,)
    """

    def __init__(self, occurrences: Occurrences, weights: NDArray[np.int8]) -> None:
        self.n, m = len(weights), len(occurrences.starts) - 1
        by_clause = [np.zeros((1, m), dtype=np.int32) for _ in range(4)]
        by_variable = [np.zeros((1, self.n), dtype=np.int32) for _ in range(2)]
        trues, critical, broken, rank = by_clause
        own = np.array(weights)[None], trues, critical, *by_variable, broken, rank, np.zeros(1, np.int64)
        self._walk = ClauseWalk._make((*occurrences, *own))
        fill(self._walk, 0)

    @property
    def weights(self) -> NDArray[np.int8]:
        """The configuration."""
        return np.array(self._walk.weights[0])

    @property
    def errors(self) -> int:  # type: ignore[override]
        """Number of clauses that the configuration violates."""
        return int(self._walk.errors[0])

    def walksat(self, flips: int, noise: float, stream: NDArray[np.uint64]) -> tuple[int, NDArray[np.int8]]:
        """Flips of WalkSAT with random numbers of a stream (1, 4); flips made, and the best configuration.

        A violated clause is drawn. If one of its variables breaks nothing it is flipped; else, with probability
        `noise`, any of them, or one that breaks the fewest.
        """
        best = np.empty(self.n, dtype=np.int8)
        return int(_walksat(self._walk, stream, flips, noise, best)[0]), best

    def metropolis(self, proposals: int, eta: float, stream: NDArray[np.uint64]) -> tuple[int, int, NDArray[np.int8]]:
        r"""Proposals of focused Metropolis search; proposals and flips made, and the best configuration.

        A variable of a violated clause is flipped with probability :math:`\eta^{\max(\Delta E,0)}`.
        """
        best = np.empty(self.n, dtype=np.int8)
        done, flips = _focused(self._walk, stream, proposals, eta, best)
        return int(done), int(flips), best
