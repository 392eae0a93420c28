r"""Walkers: configurations that change flip by flip, with their energy kept up to date.

A walker knows its energy :math:`E`, what a flip would change it by, and how to flip. Two walks are written on that:
the heat bath without rejections and sweeps of heat-bath proposals. For ±1 patterns everything is integer and kept in
bits: a flip moves a sum by two, so the constraints whose energy would change are told apart by four masks over the
patterns, and

.. math:: \Delta E_i = |c_i \wedge D_+| - |c_i \wedge D_-| + |\bar c_i \wedge U_+| - |\bar c_i \wedge U_-|,

with :math:`c_i` the patterns that agree with weight `i` (whose sums a flip lowers), :math:`D_\pm` those whose energy
rises or falls as their sum is lowered, :math:`U_\pm` as it is raised: population counts of P/64 words a proposal.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bp.problems import _bits, _reals, _walks
from bp.problems._intervals import packed_rows

Energy = Literal["errors", "flips"]

_FRESH = 4096  # flips between two fresh sums of real patterns


class Walker(ABC):
    """A configuration of ±1 and its energy.

    Attributes
    ----------
    errors : int
        Number of constraints that the configuration violates.
    """

    errors: int

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


class BitWalker(Walker):
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
        self._bits, self._n = bits, len(weights)
        self._words = _bits.pack(weights[None])[0]
        self._violated, flips = lattice_tables(self._n, lattice)
        table = flips if energy == "flips" else self._violated.astype(np.int64)
        self._down, self._up = differences(table)
        self._places = (_bits.sums(bits, self._words[None], self._n) + self._n + 2) >> 1
        self._columns: _bits.Words | None = None
        self._codes = self._masks = np.empty((4, 0), dtype=np.uint64)

    @property
    def weights(self) -> NDArray[np.int8]:
        """The configuration."""
        return np.asarray(_bits.unpack(self._words[None], self._n)[0])

    @property
    def errors(self) -> int:  # type: ignore[override]
        """Number of patterns that the configuration violates."""
        return int(np.count_nonzero(self._violated[self._places]))

    @property
    def sums(self) -> NDArray[np.int64]:
        """The sums of the patterns."""
        return np.asarray(2 * self._places - self._n - 2)

    def cost(self, i: int) -> int:
        """What flipping weight `i` would add to the energy."""
        return int(_walks.cost(self._by_weight[i], self._words, i, self._masks))

    def costs(self) -> NDArray[np.int64]:
        """What each flip would add to the energy."""
        out = np.empty(self._n, dtype=np.int64)
        _walks.costs(self._by_weight, self._words, self._masks, out)
        return out

    def flip(self, i: int) -> None:
        """Flip weight `i`: P sums move by two."""
        _walks.flip(self._by_weight[i], self._words, i, self._places, self._codes, self._masks)

    def descend(self, uniforms: NDArray[np.float64], temperature: float) -> NDArray[np.int8]:
        """Flips by the heat bath without rejections, the whole walk compiled; some tens of rows and P sums a flip."""
        tables = self._down, self._up, self._violated
        best = _walks.descend(self._bits, self._n, self._places, *tables, self._words, uniforms, temperature)
        self._columns = None  # masks are of the sums before
        return np.asarray(_bits.unpack(best[None], self._n)[0])

    def sweep(self, uniforms: NDArray[np.float64], beta: float) -> int:
        """One proposal for every weight, compiled."""
        columns = self._by_weight
        return int(_walks.sweep(columns, self._words, self._places, self._codes, self._masks, uniforms, beta))

    @property
    def _by_weight(self) -> _bits.Words:
        """The patterns by weight (N, words over P), made with the masks when they are first asked for."""
        if self._columns is None:
            self._columns = _bits.transposed(self._bits, self._n)
            self._masks = np.zeros((4, self._columns.shape[1]), dtype=np.uint64)
            signs = self._down > 0, self._down < 0, self._up > 0, self._up < 0
            bits = [sign.astype(np.uint64) << np.uint64(k) for k, sign in enumerate(signs)]
            self._codes = np.bitwise_or.reduce(bits)
            _walks.fill_masks(self._places, self._codes, self._masks)
        return self._columns


class RealWalker(Walker):
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
        self._columns, self._limits = columns, packed_rows(intervals)
        self._weights = np.array(weights, dtype=np.int8)
        self._refresh()

    @property
    def weights(self) -> NDArray[np.int8]:
        """The configuration."""
        return self._weights.copy()

    @property
    def errors(self) -> int:  # type: ignore[override]
        """Number of patterns that the configuration violates."""
        return int(_walks.violated_reals(self._sums, self._limits))

    def cost(self, i: int) -> int:
        """What flipping weight `i` would add to the number of errors."""
        return int(_walks.real_cost(self._columns[i], self._weights[i], self._sums, self._limits))

    def flip(self, i: int) -> None:
        """Flip weight `i`."""
        self._sums += -2.0 * self._weights[i] * self._columns[i]
        self._weights[i] = -self._weights[i]
        self._account(1)

    def sweep(self, uniforms: NDArray[np.float64], beta: float) -> int:
        """One proposal for every weight, compiled."""
        made = int(_walks.sweep_reals(self._columns, self._weights, self._sums, self._limits, uniforms, beta))
        self._account(made)
        return made

    def _account(self, flips: int) -> None:
        self._flips += flips
        if self._flips >= _FRESH:
            self._refresh()

    def _refresh(self) -> None:
        self._sums, self._flips = _reals.back(self._columns, self._weights[None].astype(np.float64))[0], 0


def lattice_tables(n: int, lattice: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Whether each sum -n-2, -n, ..., n+2 is forbidden, and by how many flips it misses the allowed ones."""
    sums = np.arange(-n - 2, n + 3, 2)
    lower, upper = lattice[:, :1], lattice[:, 1:]
    flips = np.maximum(np.maximum(lower - sums, sums - upper), 0).min(axis=0) // 2
    return np.asarray(((sums < lower) | (sums > upper)).all(axis=0)), flips


def differences(table: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """What lowering and raising each sum adds to a table of energies (nothing beyond its ends)."""
    return table[np.maximum(np.arange(len(table)) - 1, 0)] - table, np.append(np.diff(table), 0)
