r"""Walkers: configurations that change flip by flip, with their energy kept up to date.

A walker knows its energy :math:`E`, what a flip would change it by, and how to flip. Two walks are written on that:
the heat bath without rejections and sweeps of heat-bath proposals. For ±1 patterns everything is integer and kept in
bits: a flip moves a sum by two, so the constraints whose energy would change are told apart by four masks over the
patterns, and

.. math:: \Delta E_i = |c_i \wedge D_+| - |c_i \wedge D_-| + |\bar c_i \wedge U_+| - |\bar c_i \wedge U_-|,

with :math:`c_i` the patterns that agree with weight `i` (whose sums a flip lowers), :math:`D_\pm` those whose energy
rises or falls as their sum is lowered, :math:`U_\pm` as it is raised: population counts of P/64 words a proposal. The
sums are counters in bit planes (`bp.problems._counters`), so that a flip moves 64 of them at a time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bp.problems import _bits, _counters, _moves, _reals, _walks
from bp.problems._intervals import packed_rows

Energy = Literal["errors", "flips"]
Order = Literal["random", "sweep"]


class Moves(NamedTuple):
    r"""Metropolis moves of replicas :math:`W^a` with the weight :math:`e^{-\beta\sum_aE(W^a)+\sum_ig(\mu_i)}`.

    Attributes
    ----------
    proposals : array of int, shape (K,)
        Number of proposals at each of the temperatures.
    betas : array, shape (K,)
        Inverse temperatures.
    gains : array, shape (K, 2, 2V + 1)
        Change of `g` by lowering (0) and raising (1) a weight where the vote is -V, ..., V; V = 0: no coupling.
    votes : array of int, shape (N,)
        The votes :math:`\mu_i`.
    voting : bool
        Whether flips change the votes, :math:`\mu_i=\sum_aW_i^a`.
    streams : array of uint64, shape (R, 4)
        States of the random numbers of the replicas.
    ends : bool
        Whether the walk ends where a replica has no energy left.
    ordered : bool
        Whether replicas propose their weights in order, from the first at each of the temperatures, not at random.
    """

    proposals: NDArray[np.int64]
    betas: NDArray[np.float64]
    gains: NDArray[np.float64]
    votes: NDArray[np.int64]
    voting: bool
    streams: NDArray[np.uint64]
    ends: bool = True
    ordered: bool = False


class Ladder(NamedTuple):
    """Inverse temperatures, and the replicas that hold them.

    Attributes
    ----------
    betas : array, shape (K,)
        Inverse temperatures.
    at : array of int, shape (K,)
        The replica at each of them.
    streams : array of uint64, shape (K + 1, 4)
        States of the random numbers of the replicas, and of their exchanges.
    """

    betas: NDArray[np.float64]
    at: NDArray[np.int64]
    streams: NDArray[np.uint64]

    def course(self, rounds: int) -> Course:
        """Room for what so many rounds do."""
        rungs = len(self.betas)
        shapes = (rounds, rungs), (rounds, rungs), rungs, max(rungs - 1, 0)
        return Course(*(np.zeros(shape, dtype=np.int64) for shape in shapes))


class Course(NamedTuple):
    """What replicas did on a ladder of temperatures in T rounds.

    Attributes
    ----------
    energies, holders : array of int, shape (T, K)
        Energy and replica at each temperature, after each round.
    made : array of int, shape (K,)
        Flips made.
    swaps : array of int, shape (K - 1,)
        Exchanges made with the next temperature.
    """

    energies: NDArray[np.int64]
    holders: NDArray[np.int64]
    made: NDArray[np.int64]
    swaps: NDArray[np.int64]


class Walker(ABC):
    """A configuration of ±1 and its energy.

    Attributes
    ----------
    n : int
        Number of weights.
    errors : int
        Number of constraints that the configuration violates.
    energy : int
        The energy: the number of errors, or another one that vanishes with them.
    """

    n: int
    errors: int

    @property
    def energy(self) -> int:
        """The energy."""
        return self.errors

    @property
    @abstractmethod
    def weights(self) -> NDArray[np.int8]:
        """The configuration, a copy."""

    @abstractmethod
    def cost(self, i: int) -> int:
        """What flipping weight `i` would add to the energy."""

    @abstractmethod
    def flip(self, i: int) -> None:
        """Flip weight `i`."""

    def costs(self) -> NDArray[np.int64]:
        """What each flip would add to the energy, shape (N,)."""
        return np.array([self.cost(i) for i in range(len(self.weights))], dtype=np.int64)

    def descend(self, uniforms: NDArray[np.float64], temperature: float) -> NDArray[np.int8]:
        r"""Flip a weight for every uniform number, chosen with probability :math:`\propto e^{-\Delta E_i/T}`.

        The walk ends where nothing is violated. Returns the first configuration with the fewest errors on the way.
        """
        best, fewest = self.weights, self.errors
        for uniform in uniforms:
            if fewest == 0:
                break
            costs = self.costs()
            cumulative = np.cumsum(np.exp(-(costs - costs.min()) / temperature))
            i = int(np.searchsorted(cumulative, uniform * cumulative[-1], side="right"))
            self.flip(min(i, len(costs) - 1))
            if self.errors < fewest:
                best, fewest = self.weights, self.errors
        return best

    def sweep(self, uniforms: NDArray[np.float64], beta: float) -> int:
        r"""Propose every flip once, in order, and make it with probability :math:`1/(1+e^{\beta\Delta E})`.

        Returns the number of flips made.
        """
        made = 0
        for i, uniform in enumerate(uniforms):
            with np.errstate(over="ignore"):
                accepted = uniform * (1.0 + np.exp(beta * self.cost(i))) < 1.0
            if accepted:
                self.flip(i)
                made += 1
        return made

    @classmethod
    def anneal(cls, walkers: Sequence[Any], moves: Moves) -> tuple[int, int]:
        r"""Metropolis moves of replicas in turns, until one has no energy left if that ends the walk.

        Returns the numbers of proposals and of flips made. Votes and streams of `moves` go on.
        """
        shift, done, made = (moves.gains.shape[2] - 1) // 2, 0, 0
        energies = [walker.energy for walker in walkers]
        for beta, gains, proposals in zip(moves.betas, moves.gains, moves.proposals, strict=True):
            site = 0
            for _ in range(proposals):
                r = done % len(walkers)
                i, uniform = _moves.draw(moves.streams, r, walkers[r].n)
                i = site % walkers[r].n if moves.ordered else i
                site += r == len(walkers) - 1
                done += 1
                spin, change = int(walkers[r].weights[i]), walkers[r].cost(i)
                gain = gains[(1 - spin) >> 1, moves.votes[i] + shift] if shift else 0.0
                if uniform >= np.exp(min(-beta * change, _moves.STEEPEST)) * np.exp(gain):
                    continue
                walkers[r].flip(i)
                moves.votes[i] -= 2 * spin if moves.voting else 0
                energies[r] += change
                made += 1
                if moves.ends and energies[r] == 0:
                    return done, made
        return done, made

    @classmethod
    def temper(cls, walkers: Sequence[Any], ladder: Ladder, first: int, rounds: int) -> Course:
        r"""Sweeps of replicas at the temperatures of a ladder, neighbours of which exchange theirs after each.

        After the rounds of even number the temperatures 0 and 1, 2 and 3, ... exchange their replicas with probability
        :math:`\min(1, e^{(\beta_{k+1}-\beta_k)(E_{k+1}-E_k)})`, after those of odd number 1 and 2, 3 and 4, ...; the
        first of these is number `first`. Holders and streams of `ladder` go on.
        """
        (betas, at, streams), course = ladder, ladder.course(rounds)
        energies = [walker.energy for walker in walkers]
        for t in range(rounds):
            for k, r in enumerate(at):
                for i in range(walkers[r].n):
                    change = walkers[r].cost(i)
                    if _moves.uniform_of(streams, r) < _moves.heat(betas[k], change):
                        walkers[r].flip(i)
                        energies[r] += change
                        course.made[k] += 1
            for k in range((first + t) & 1, len(betas) - 1, 2):
                gain = (betas[k + 1] - betas[k]) * (energies[at[k + 1]] - energies[at[k]])
                if _moves.uniform_of(streams, len(betas)) < np.exp(min(gain, 0.0)):
                    at[k], at[k + 1] = at[k + 1], at[k]
                    course.swaps[k] += 1
            course.energies[t], course.holders[t] = [energies[r] for r in at], at
        return course


class FocusedWalker(Walker):
    """A walker that can be sent to weights of violated constraints, with random numbers of a stream (1, 4)."""

    @abstractmethod
    def walksat(self, flips: int, noise: float, stream: NDArray[np.uint64]) -> tuple[int, NDArray[np.int8]]:
        """Flips of WalkSAT until nothing is violated; the flips made, and the best configuration."""

    @abstractmethod
    def metropolis(self, proposals: int, eta: float, stream: NDArray[np.uint64]) -> tuple[int, int, NDArray[np.int8]]:
        """Proposals of focused Metropolis search until nothing is violated; these, flips, best configuration."""


class CompiledWalker(Walker):
    """A walker whose moves are those of `bp.problems._moves`, compiled for its kind of walk."""

    _walk: Any

    def cost(self, i: int) -> int:
        """What flipping weight `i` would add to the energy."""
        return int(_moves.cost_of(self._walk, i))

    def costs(self) -> NDArray[np.int64]:
        """What each flip would add to the energy."""
        out = np.empty(self.n, dtype=np.int64)
        _moves.costs_of(self._walk, out)
        return out

    def flip(self, i: int) -> None:
        """Flip weight `i`."""
        _moves.turn_of(self._walk, i)

    def sweep(self, uniforms: NDArray[np.float64], beta: float) -> int:
        """One proposal for every weight, compiled."""
        return int(_moves.heat_bath(self._walk, uniforms, beta))

    @classmethod
    def anneal(cls, walkers: Sequence[Any], moves: Moves) -> tuple[int, int]:
        """Metropolis moves of replicas in turns, compiled."""
        with _together(walkers) as walk:
            energies = np.array([walker.energy for walker in walkers])
            return _moves.metropolis(walk, *moves[:-1], moves.ordered or None, energies)

    @classmethod
    def temper(cls, walkers: Sequence[Any], ladder: Ladder, first: int, rounds: int) -> Course:
        """Sweeps and exchanges of replicas, compiled."""
        course = ladder.course(rounds)
        with _together(walkers) as walk:
            energies = np.array([walker.energy for walker in walkers])
            _moves.tempering(walk, walkers[0].n, tuple(ladder), first, energies, *course)
        return course


@contextmanager
def _together(walkers: Sequence[Any]) -> Iterator[Any]:
    """The walks of walkers of one kind as one walk of many replicas, while the block runs."""
    walks = [walker._walk for walker in walkers]
    together = type(walks[0])._make(
        shared if name in _walks.SHARED else np.concatenate([getattr(walk, name) for walk in walks])
        for name, shared in walks[0]._asdict().items()
    )
    yield together
    for r, walk in enumerate(walks):
        for name in set(together._fields) - _walks.SHARED:
            getattr(walk, name)[0] = getattr(together, name)[r]


class BitWalker(CompiledWalker):
    """A walker over ±1 patterns, in bits.

    Parameters
    ----------
    bits : array of uint64, shape (P, words)
        Patterns times labels.
    weights : array of int8, shape (N,)
    lattice : array of int, shape (K, 2)
        Intervals of allowed sums, their ends of the parity of N.
    energy : {"errors", "flips"}
    """

    def __init__(
        self, bits: _bits.Words, weights: NDArray[np.int8], lattice: NDArray[np.int64], energy: Energy
    ) -> None:
        self._bits, self.n = bits, len(weights)
        self._words = _bits.pack(weights[None])
        self._violated, flips = lattice_tables(self.n, lattice)
        self._table = flips if energy == "flips" else self._violated.astype(np.int64)

    @property
    def weights(self) -> NDArray[np.int8]:
        """The configuration."""
        return np.asarray(_bits.unpack(self._words, self.n)[0])

    @property
    def errors(self) -> int:  # type: ignore[override]
        """Number of patterns that the configuration violates."""
        return int(_walks.violated_bits(self._walk, 0))

    @property
    def energy(self) -> int:
        """The energy."""
        return int(self._table[self._places].sum())

    @property
    def sums(self) -> NDArray[np.int64]:
        """The sums of the patterns."""
        return _bits.sums(self._bits, self._words, self.n)

    def descend(self, uniforms: NDArray[np.float64], temperature: float) -> NDArray[np.int8]:
        """Flips by the heat bath without rejections, the whole walk compiled; some tens of rows and P sums a flip."""
        tables = *differences(self._table), self._violated
        walk = self._bits, self.n, self._places, *tables, self._words[0]
        best = _walks.descend(*walk, uniforms, temperature)
        self.__dict__.pop("_walk", None)  # its counters are of the sums before
        return np.asarray(_bits.unpack(best[None], self.n)[0])

    @property
    def _places(self) -> NDArray[np.int64]:
        return (self.sums + self.n + 2) >> 1

    @cached_property
    def _walk(self) -> _walks.BitWalk:
        """Counters and masks, made when they are first asked for."""
        down, up = differences(self._table)
        codes = np.array([down > 0, down < 0, up > 0, up < 0, self._violated]).T
        base, middles, uses = _thresholds(codes[1:-1])  # at sums -n to n
        columns = _bits.transposed(self._bits, self.n)
        inside = _bits.pack(np.ones((1, len(self._bits)), dtype=np.int8))[0]
        counters = [_counters.planes(self._places - 1 - middle, self.n + 2) for middle in middles]
        held = np.concatenate([np.zeros((1, 0, len(inside)), dtype=np.uint64), *counters], axis=1)
        masks = np.zeros((1, 5, len(inside)), dtype=np.uint64)
        walk = _walks.BitWalk(columns, inside, base, uses, self._words, held, masks)
        _walks.fill_masks(walk, 0)
        return walk


class RealWalker(CompiledWalker):
    """A walker over real patterns; the energy is the number of violated ones.

    Parameters
    ----------
    columns : array, shape (N, P)
        Patterns times labels, by weight.
    weights : array of int8, shape (N,)
    intervals : array, shape (P, K, 2)
        Allowed sums of each pattern.

    Notes
    -----
    The sums are added up afresh after some 4096 flips, before their rounding reaches that of the allowed intervals.
    """

    def __init__(self, columns: NDArray[np.float64], weights: NDArray[np.int8], intervals: NDArray[np.float64]) -> None:
        self.n = len(weights)
        spins, sums = np.array(weights, dtype=np.int8)[None], _reals.back(columns, weights[None].astype(np.float64))
        limits, flips = packed_rows(intervals), np.zeros(1, dtype=np.int64)
        self._walk = _walks.RealWalk(columns, limits, spins, sums, flips)

    @property
    def weights(self) -> NDArray[np.int8]:
        """The configuration."""
        return np.array(self._walk.weights[0])

    @property
    def errors(self) -> int:  # type: ignore[override]
        """Number of patterns that the configuration violates."""
        return int(_walks.violated_reals(self._walk, 0))

    @property
    def energy(self) -> int:
        """The energy."""
        return self.errors


def _thresholds(codes: NDArray[np.bool_]) -> tuple[NDArray[np.uint64], list[int], NDArray[np.uint64]]:
    """Masks (5,) at the first place; the middles of three places; and the masks that change at these, (T, 3, 5)."""
    changes = np.zeros((len(codes) + 2, codes.shape[1]), dtype=bool)
    changes[1:-2] = codes[1:] != codes[:-1]
    middles: list[int] = []
    for place in np.flatnonzero(changes.any(axis=1)).tolist():
        if not middles or place > middles[-1] + 1:
            middles.append(place + 1)
    uses = np.array([changes[middle - 1 : middle + 2] for middle in middles], dtype=bool).reshape(-1, 3, 5)
    base, masks = (np.where(bits, ~np.uint64(0), np.uint64(0)) for bits in (codes[0], uses))
    return base, middles, masks


def lattice_tables(n: int, lattice: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Whether each sum -n-2, -n, ..., n+2 is forbidden, and by how many flips it misses the allowed ones."""
    sums = np.arange(-n - 2, n + 3, 2)
    lower, upper = lattice[:, :1], lattice[:, 1:]
    flips = np.maximum(np.maximum(lower - sums, sums - upper), 0).min(axis=0) // 2
    return np.asarray(((sums < lower) | (sums > upper)).all(axis=0)), flips


def differences(table: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """What lowering and raising each sum adds to a table of energies (nothing beyond its ends)."""
    return table[np.maximum(np.arange(len(table)) - 1, 0)] - table, np.append(np.diff(table), 0)
