"""All solutions of an instance, and how far apart they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bp.exact.distances import (
    averages,
    configurations,
    distance_counts,
    integers,
    ordered_pairs,
    ordered_pairs_by_transform,
)
from bp.randomness import Rng, generator
from replica_theory.arguments import Allowed, checked_beta, checked_integer, checked_real, checked_signs
from replica_theory.results.quantities import SOLUTION_DISTANCES, SOLUTIONS
from replica_theory.results.record import Record
from replica_theory.status import Status

_ANYWHERE = Allowed("lie in [0, 1]", lambda d: (d >= 0) & (d <= 1))


@dataclass(frozen=True, eq=False, repr=False)
class SolutionDistances(Record):
    r"""Solutions around solutions: what the Franz-Parisi potential averages, exactly, on one instance.

    Attributes
    ----------
    distance : array, shape (N + 1,)
        Distances :math:`d = k/N`.
    entropy : array, shape (N + 1,)
        Mean of :math:`\log \mathcal N_{\tilde W}(d)/N` over the references that have a solution at distance `d`; NaN
        where none has.
    isolated : array, shape (N + 1,)
        Fraction of the references without a solution at distance `d`.
    n_references : int
        Number of references averaged over.
    """

    _quantities: ClassVar = SOLUTION_DISTANCES
    _sentence: ClassVar = "exact: every configuration was visited."
    _axes: ClassVar = dict.fromkeys(SOLUTION_DISTANCES, ("distance",))
    _table: ClassVar = "distance"

    status: ClassVar[Status] = Status.CONVERGED
    error: ClassVar[float] = 0.0

    distance: NDArray[np.float64]
    entropy: NDArray[np.float64]
    isolated: NDArray[np.float64]
    n_references: int


@dataclass(frozen=True, eq=False, repr=False)
class SolutionSet(Record):
    r"""All solutions of an instance.

    Attributes
    ----------
    n : int
        Number of weights `N`.
    count : int
        Number of solutions.
    magnetizations : array, shape (N,)
        Mean weights over the solutions; NaN if there is none.
    energy_counts : array, shape (P + 1,), int64, or None
        Number of configurations that violate 0, 1, ..., P patterns, where it was asked for.
    packed : array, shape (count,), uint32, or None
        The solutions as increasing integers whose bit `i` says :math:`W_i = +1`; None if they take more than
        `max_memory`.
    max_memory : int
        Most bytes that the methods may take for one array.
    """

    _quantities: ClassVar = SOLUTIONS
    _sentence: ClassVar = "exact: every configuration was visited."
    _axes: ClassVar = {"magnetizations": ("weight",), "energy_counts": ("violated",), "packed": ("solution",)}
    _table: ClassVar = "weight"

    status: ClassVar[Status] = Status.CONVERGED
    error: ClassVar[float] = 0.0

    n: int
    count: int
    magnetizations: NDArray[np.float64]
    energy_counts: NDArray[np.int64] | None = None
    packed: NDArray[np.uint32] | None = None
    max_memory: int = 2**31

    @property
    def entropy(self) -> float:
        r"""Entropy :math:`\log(\mathrm{count})/N` in nats per weight, -inf without solutions."""
        return float(np.log(self.count) / self.n) if self.count else -np.inf

    def free_entropy(self, beta: float) -> float:
        r"""Free entropy :math:`N^{-1}\log\sum_W e^{-\beta E(W)}` with `E` the number of violated patterns.

        Raises
        ------
        ValueError
            If `beta` is negative or NaN, or the energies were not counted.
        """
        beta = checked_beta(beta)
        if self.energy_counts is None:
            raise ValueError("the energies were not counted: call enumerate_solutions(instance, energies=True)")
        if beta == np.inf:
            return self.entropy
        occupied = np.flatnonzero(self.energy_counts)
        return float(np.logaddexp.reduce(np.log(self.energy_counts[occupied]) - beta * occupied) / self.n)

    def solutions(self) -> NDArray[np.int8]:
        """The solutions as rows of ±1, shape (count, N); ValueError if they take more than `max_memory`."""
        packed = _packed(self)
        _require(self, self.count * self.n, "the solutions as ±1 take", "use the attribute packed, or")
        return configurations(packed, self.n)

    def distance_counts(self, center: ArrayLike) -> NDArray[np.int64]:
        """Number of solutions at each Hamming distance 0, ..., N from a configuration ±1, shape (N + 1,)."""
        at = integers(checked_signs("center", center, self.n)[None])
        counts: NDArray[np.int64] = distance_counts(_packed(self), at, self.n)[0]
        return counts

    def local_entropy(self, center: ArrayLike, distance: ArrayLike) -> Any:
        r"""Exact local entropy :math:`N^{-1}\log \mathcal N_{\tilde W}(d)` around any configuration.

        Parameters
        ----------
        center : array_like, shape (N,)
            Configuration ±1; it need not be a solution.
        distance : float or array_like
            Distances in [0, 1]; solutions at Hamming distance :math:`\mathrm{round}(dN)` are counted.

        Returns
        -------
        float or array
            Nats per weight, -inf where there is no solution.

        Raises
        ------
        ValueError
            For a center that is not ±1 of length N, or a distance outside [0, 1].
        """
        d = np.asarray(checked_real("distance", distance, _ANYWHERE))
        counts = self.distance_counts(center)[np.rint(d * self.n).astype(np.intp)]
        with np.errstate(divide="ignore"):
            entropy = np.log(counts) / self.n
        return float(entropy) if d.ndim == 0 else entropy

    @cached_property
    def pair_distances(self) -> NDArray[np.int64]:
        r"""Number of unordered pairs of different solutions at each Hamming distance 0, ..., N, exact.

        All pairs are compared if that is cheaper, else the indicator of the solutions is Walsh-Hadamard transformed
        (:math:`O(N 2^N)` integer operations, :math:`4\cdot 2^N` bytes) and its power at each number of bits turned
        into distances by Krawtchouk polynomials (MacWilliams identity). ValueError if this takes more than
        `max_memory`.
        """
        packed = _packed(self)
        if self.count**2 <= self.n * 2**self.n:
            ordered = ordered_pairs(packed, self.n)
        else:
            _require(self, 4 * 2**self.n, f"the distances between {self.count} solutions take")
            ordered = ordered_pairs_by_transform(packed, self.n)
        ordered[0] -= self.count
        pairs = ordered // 2
        pairs.flags.writeable = False
        return pairs

    def around_solutions(self, references: int | None = None, rng: Rng = None) -> SolutionDistances:
        r"""Local entropies around the solutions themselves, averaged: the quenched Franz-Parisi potential.

        Parameters
        ----------
        references : int, optional
            Number of solutions drawn at random (without replacement) as references; all of them by default. The cost
            is ``references * count`` distances, about 1 ns each.
        rng : int, SeedSequence, Generator or None
            Source of randomness for the draw.

        Returns
        -------
        SolutionDistances

        Raises
        ------
        ValueError
            If there is no solution, or `references` is not in [1, count].
        """
        if not self.count:
            raise ValueError("there are no solutions to take as references")
        random = generator(rng)
        size = self.count if references is None else checked_integer("references", references, 1, self.count)
        centers = _packed(self)
        if size < self.count:
            centers = centers[np.sort(random.choice(self.count, size, replace=False, shuffle=False))]
        distance = np.arange(self.n + 1) / self.n
        return SolutionDistances(distance, *averages(_packed(self), centers, self.n), len(centers))


def _packed(found: SolutionSet) -> NDArray[np.uint32]:
    """The solutions, where they were kept."""
    if found.packed is None:
        _require(found, 4 * found.count, f"the {found.count} solutions were not kept: they take")
    assert found.packed is not None
    return found.packed


def _require(found: SolutionSet, size: int, what: str, instead: str = "") -> None:
    if size > found.max_memory:
        raise ValueError(
            f"{what} {size / 2**20:.0f} MiB, more than max_memory ({found.max_memory / 2**20:.0f} MiB): "
            + f"{instead} call enumerate_solutions with a larger max_memory".lstrip()
        )
