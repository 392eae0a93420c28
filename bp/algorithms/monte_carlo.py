"""Monte Carlo sampling: energies of an instance at finite temperature that owe nothing to message passing."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from bp.problems.perceptron import Instance
from bp.randomness import Rng, generator
from replica_theory.typing import Array

_BATCHES = 20


@dataclass(frozen=True, eq=False)
class Sample:
    r"""What a chain measured.

    Attributes
    ----------
    energy : float
        Mean fraction of violated patterns.
    energy_error : float
        Its standard error, from the scatter of 20 consecutive batches; right where these are longer than the
        correlation time.
    energies : array, shape (sweeps,)
        Fraction of violated patterns after every sweep.
    acceptance : float
        Fraction of the proposed flips that were made.
    weights : array of int8, shape (N,)
        The last configuration.
    """

    energy: float
    energy_error: float
    energies: Array
    acceptance: float
    weights: NDArray[np.int8]


def monte_carlo(
    instance: Instance, beta: float, *, sweeps: int = 2000, equilibration: int | None = None, rng: Rng = None
) -> Sample:
    r"""Sample :math:`e^{-\beta E(W)}`, `E` the number of violated patterns, by flips of single weights.

    A flip that changes the energy by :math:`\Delta` is made with probability :math:`1/(1+e^{\beta\Delta})` (heat bath).

    Parameters
    ----------
    instance : Instance
        Any hard constraint, patterns ±1 or real.
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

    Raises
    ------
    TypeError, ValueError
        For arguments of the wrong type or out of range.

    Notes
    -----
    A sweep costs :math:`O(PN)`: a proposal recomputes the P sums that the flip changes.

    Examples
    --------
    A single pattern on three weights: half of the configurations violate it.

    >>> from bp import Instance
    >>> sample = monte_carlo(Instance([[1, 1, 1]]), beta=1.0, sweeps=4000, rng=1)
    >>> abs(sample.energy - 1 / (1 + np.e)) < 5 * sample.energy_error
    True
    """
    if not isinstance(instance, Instance):
        raise TypeError(f"instance must be a bp.Instance; got {type(instance).__name__}")
    if not (np.ndim(beta) == 0 and 0 <= beta < np.inf):
        raise ValueError(f"beta must be finite and non-negative; got {beta!r}")
    equilibration = sweeps // 5 if equilibration is None else equilibration
    for name, number, least in (("sweeps", sweeps, _BATCHES), ("equilibration", equilibration, 0)):
        if not isinstance(number, int | np.integer) or isinstance(number, bool) or number < least:
            raise ValueError(f"{name} must be an integer of at least {least}; got {number!r}")
    limits = np.array(instance.sum_intervals)
    random = generator(rng)
    weights = (2 * random.integers(0, 2, instance.n) - 1).astype(np.int8)
    columns = np.ascontiguousarray(instance.xi.T.astype(np.float64))
    sums = weights.astype(np.float64) @ columns
    energies, accepted = np.empty(equilibration + sweeps), 0
    for k in range(len(energies)):
        moves, violated = _sweep(columns, weights, sums, limits, beta, random.random(instance.n))
        energies[k] = violated / instance.n_patterns
        accepted += moves if k >= equilibration else 0
    energies = energies[equilibration:]
    batches = np.array([batch.mean() for batch in np.array_split(energies, _BATCHES)])
    for array in (energies, weights):
        array.flags.writeable = False
    error = float(batches.std(ddof=1) / np.sqrt(_BATCHES))
    return Sample(float(energies.mean()), error, energies, accepted / (sweeps * instance.n), weights)


@numba.njit(cache=True)
def _sweep(
    columns: Array, weights: NDArray[np.int8], sums: Array, limits: Array, beta: float, uniform: Array
) -> tuple[int, int]:
    """Propose every flip once; number of flips made and of patterns violated in the end.

    `limits` (K, 2) are the allowed intervals of sums; they are disjoint, so that a pattern is in one or none of them.
    """
    n, p = columns.shape
    accepted = 0
    for i in range(n):
        step = -2.0 * weights[i]
        change = 0
        for k in range(len(limits)):
            lower, upper = limits[k, 0], limits[k, 1]
            for a in range(p):
                old = sums[a]
                new = old + step * columns[i, a]
                change += int(new < lower or new > upper) - int(old < lower or old > upper)
        if uniform[i] * (1.0 + np.exp(beta * change)) < 1.0:
            for a in range(p):
                sums[a] += step * columns[i, a]
            weights[i] = -weights[i]
            accepted += 1
    satisfied = 0
    for k in range(len(limits)):
        for a in range(p):
            satisfied += int(sums[a] >= limits[k, 0] and sums[a] <= limits[k, 1])
    return accepted, p - satisfied
