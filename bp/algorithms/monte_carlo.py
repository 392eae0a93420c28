"""Monte Carlo sampling: energies of an instance at finite temperature that owe nothing to message passing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from bp.algorithms.correlations import ENOUGH, correlation_time, standard_error
from bp.algorithms.runs import Boundary, progress
from bp.problems.problem import Flippable, Problem
from bp.randomness import Rng, generator
from replica_theory.arguments import NON_NEGATIVE, checked_integer, checked_number
from replica_theory.results.quantities import SAMPLE
from replica_theory.results.record import Record
from replica_theory.status import Status
from replica_theory.terminable import terminable
from replica_theory.typing import Array

_LEAST = 20  # sweeps


@dataclass(frozen=True, eq=False, repr=False)
class Sample(Record):
    r"""What a chain measured.

    Attributes
    ----------
    energy : float
        Mean fraction of violated patterns.
    energy_error : float
        Its standard error :math:`\sqrt{\tau\,\mathrm{var}/T}` over T sweeps, with their correlation time, or that of 20
        consecutive batches if it is larger; infinite if nothing moved.
    energies : array, shape (sweeps,)
        Fraction of violated patterns after every sweep.
    acceptance : float
        Fraction of the proposed flips that were made.
    weights : array of int8, shape (N,)
        The last configuration.
    """

    _quantities: ClassVar = SAMPLE
    _main: ClassVar = "energy"
    _axes: ClassVar = {"energies": ("sweep",), "weights": ("weight",)}
    _table: ClassVar = "sweep"

    energy: float
    energy_error: float
    energies: Array
    acceptance: float
    weights: NDArray[np.int8]

    @property
    def error(self) -> float:
        """Standard error of the energy."""
        return self.energy_error

    @property
    def correlation_time(self) -> float:
        r"""Integrated autocorrelation time of the energies, in sweeps.

        .. math:: \tau = 1 + 2\sum_{s=1}^{5\tau}\rho(s)

        with the autocorrelation :math:`\rho`, the window as in Sokal's lectures; infinite if nothing moved.
        """
        return correlation_time(self.energies) if self.acceptance > 0 else np.inf

    @property
    def status(self) -> Status:
        """``MAX_ITERATIONS`` where the chain lasts fewer than 20 correlation times: it has not reached equilibrium."""
        enough = len(self.energies) >= ENOUGH * self.correlation_time
        return Status.CONVERGED if enough else Status.MAX_ITERATIONS

    @property
    def message(self) -> str:
        """How it ended, in a sentence."""
        done = f"{len(self.energies)} sweeps, correlation time {self.correlation_time:.3g}"
        return f"{done}." if self.converged else f"{done}: too few to forget the start; energies may be off."


def monte_carlo(
    problem: Problem, beta: float, *, sweeps: int = 2000, equilibration: int | None = None, rng: Rng = None
) -> Sample:
    r"""Sample :math:`e^{-\beta E(W)}`, `E` the number of violated patterns, by flips of single weights.

    A flip that changes the energy by :math:`\Delta` is made with probability :math:`1/(1+e^{\beta\Delta})` (heat bath).

    Parameters
    ----------
    problem : Problem
        One with walkers: a `bp.Instance` of any constraint, patterns ±1 or real.
    beta : float
        Inverse temperature, finite and non-negative. Chains freeze as it grows: above some 3 a run of any sensible
        length is stuck in a few of the many valleys.
    sweeps : int
        Sweeps (N proposals, in order) that are measured, at least 20.
    equilibration : int, optional
        Sweeps before the first measurement; by default a fifth of `sweeps`.
    rng : int, SeedSequence, Generator or None
        Source of the start, uniform, and of the acceptances.

    Returns
    -------
    Sample
        Its `status` says whether the chain is long enough to have forgotten its start.

    Raises
    ------
    TypeError, ValueError
        For arguments of the wrong type or out of range.

    Notes
    -----
    A sweep costs :math:`O(PN)`; for ±1 patterns a proposal is a few population counts of P/64 words.

    Examples
    --------
    A single pattern on three weights: half of the configurations violate it.

    >>> from bp import Instance
    >>> sample = monte_carlo(Instance([[1, 1, 1]]), beta=1.0, sweeps=4000, rng=1)
    >>> abs(sample.energy - 1 / (1 + np.e)) < 5 * sample.energy_error
    True
    """
    if not (isinstance(problem, Problem) and isinstance(problem, Flippable)):
        raise TypeError(f"problem must be a problem with walkers, such as bp.Instance; got {type(problem).__name__}")
    beta = checked_number("beta", beta, NON_NEGATIVE)
    sweeps = checked_integer("sweeps", sweeps, _LEAST)
    equilibration = sweeps // 5 if equilibration is None else checked_integer("equilibration", equilibration, 0)
    random = generator(rng)
    walker = problem.walker(problem.start(random))
    energies, accepted = np.empty(equilibration + sweeps), 0
    with progress("monte carlo", "sweeps") as show, terminable():
        for k in range(len(energies)):
            moves = walker.sweep(random.random(problem.n), beta)
            energies[k] = walker.errors / problem.n_constraints
            accepted += moves if k >= equilibration else 0
            show(Boundary(k + 1, len(energies), f"{walker.errors} errors"))
    energies = energies[equilibration:]
    weights = walker.weights
    for array in (energies, weights):
        array.flags.writeable = False
    error = standard_error(energies) if accepted else np.inf
    return Sample(float(energies.mean()), error, energies, accepted / (sweeps * problem.n), weights)
