r"""Parallel tempering: replicas on a ladder of temperatures that exchange them, for energies at low temperature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit, logsumexp

from bp.algorithms.correlations import ENOUGH, correlation_time, standard_error
from bp.algorithms.runs import Boundary, progress
from bp.problems.problem import Flippable, Problem
from bp.problems.walkers import Course, Ladder
from bp.randomness import Rng, generator
from replica_theory.arguments import Allowed, checked_integer, checked_number, checked_real, shown
from replica_theory.results.quantities import LADDER
from replica_theory.results.record import Record
from replica_theory.status import Status
from replica_theory.terminable import terminable
from replica_theory.typing import Array

_LEAST = 20  # sweeps
_BLOCK = 1 << 18  # proposals between two looks
_PILOT = 200  # sweeps of the run that spaces a ladder; the second half is measured
_GAP = 1.5  # (beta' - beta) times the standard deviation of the energy: some 0.3 of the exchanges are made
_STEPS = 100  # of Newton's method
_TINY = 1e-8  # change of a log-partition function at which it ends
_COLD = Allowed(
    "be positive and at most 100 (energies are integers: beyond, nothing changes)", lambda b: (b > 0) & (b <= 100)
)


@dataclass(frozen=True, eq=False, repr=False)
class LadderSample(Record):
    r"""What replicas on a ladder of `K` temperatures measured.

    Attributes
    ----------
    betas : array, shape (K,)
        Inverse temperatures, increasing from 0.
    energy, energy_error : array, shape (K,)
        Mean fraction of violated patterns, from the energies at all temperatures, and its standard error.
    free_entropy, free_entropy_error : array, shape (K,)
        :math:`N^{-1}\log\sum_We^{-\beta E(W)}`, exactly :math:`\log2` at :math:`\beta=0`, from the energies at all
        temperatures, and its standard error; NaN where these are too far apart to share energies.
    entropy, entropy_error : array, shape (K,)
        Entropy :math:`N^{-1}(\log Z+\beta\langle E\rangle)` of the measure, and its standard error.
    correlation_time : array, shape (K,)
        Integrated autocorrelation times of the energies, in sweeps.
    acceptance : array, shape (K,)
        Fraction of the proposed flips that were made.
    exchange : array, shape (K - 1,)
        Fraction of the proposed exchanges with the next temperature that were made.
    round_trips : int
        Journeys of replicas from the hottest temperature to the coldest and back.
    energies : array, shape (sweeps, K)
        Fraction of violated patterns after every sweep.
    weights : array of int8, shape (K, N)
        The last configurations.
    """

    _quantities: ClassVar = LADDER
    _main: ClassVar = "energy"
    _axes: ClassVar = dict.fromkeys(LADDER, ("rung",)) | {
        "round_trips": (),
        "exchange": ("pair",),
        "energies": ("sweep", "rung"),
        "weights": ("rung", "weight"),
    }
    _table: ClassVar = "rung"

    betas: Array
    energy: Array
    energy_error: Array
    free_entropy: Array
    free_entropy_error: Array
    entropy: Array
    entropy_error: Array
    correlation_time: Array
    acceptance: Array
    exchange: Array
    round_trips: int
    energies: Array
    weights: NDArray[np.int8]

    @property
    def error(self) -> Array:
        """Standard errors of the energies."""
        return self.energy_error

    @property
    def status(self) -> Status:
        """``MAX_ITERATIONS`` where a temperature has fewer than 20 correlation times, or there were fewer round trips.

        In a valley that is never left the energy forgets fast, and correlation times say little: what is seen anew in
        the cold came on a round trip.
        """
        enough = min(len(self.energies) / float(np.max(self.correlation_time)), self.round_trips) >= ENOUGH
        return Status.CONVERGED if enough else Status.MAX_ITERATIONS

    @property
    def message(self) -> str:
        """How it ended, in a sentence."""
        slowest = int(np.argmax(self.correlation_time))
        done = (
            f"{len(self.energies)} sweeps at {len(self.betas)} temperatures, {self.round_trips} round trips, "
            f"correlation times up to {self.correlation_time[slowest]:.3g} (beta = {self.betas[slowest]:.3g})"
        )
        return f"{done}." if self.converged else f"{done}: too few to forget the start; energies may be off."


def parallel_tempering(
    problem: Problem, betas: ArrayLike, *, sweeps: int = 2000, equilibration: int | None = None, rng: Rng = None
) -> LadderSample:
    r"""Sample :math:`e^{-\beta E(W)}`, `E` the number of violated patterns, at temperatures that exchange replicas.

    Each temperature has a replica that walks by the heat bath, as in `monte_carlo`; after every sweep neighbouring
    temperatures exchange their replicas with probability :math:`\min(1, e^{(\beta-\beta')(E-E')})`. So what is cold
    becomes hot and forgets its valley, where a single chain stays frozen.

    Parameters
    ----------
    problem : Problem
        One with walkers: a `bp.Instance` of any constraint, patterns ±1 or real, a `bp.Committee`.
    betas : float or array_like
        The largest inverse temperature, at most 100, to which a ladder from 0 is found by a short run such that about
        three of ten exchanges are made; or the ladder itself, increasing from 0.
    sweeps : int
        Sweeps (N proposals at each temperature, in order) that are measured, at least 20.
    equilibration : int, optional
        Sweeps before the first measurement; by default a fifth of `sweeps`.
    rng : int, SeedSequence, Generator or None
        Source of the starts, uniform, of the acceptances and of the exchanges.

    Returns
    -------
    LadderSample
        Its `status` says whether there were 20 round trips, and every temperature lasts for 20 correlation times.

    Raises
    ------
    TypeError, ValueError
        For arguments of the wrong type or out of range.

    Notes
    -----
    The log-partition functions solve the equations of multiple histograms (Ferrenberg and Swendsen 1989; MBAR),

    .. math:: Z_k = \sum_E e^{-\beta_kE}\,\frac{\sum_lH_l(E)}{T\sum_le^{-\beta_lE}/Z_l},

    with the number :math:`H_l(E)` of the T sweeps at :math:`\beta_l` that ended at the energy `E`. Their errors are
    those of the mean of the equations' terms sweep by sweep, whose autocorrelation includes that between temperatures.
    No error knows of a valley that no replica has been in: where few configurations carry the measure, hidden among
    many of a little more energy, numbers in the cold may be off by more than is stated.
    Every temperature costs as much as a chain of `monte_carlo`; their number grows as :math:`\sqrt P`.

    References
    ----------
    K. Hukushima and K. Nemoto, J. Phys. Soc. Jpn. 65, 1604 (1996). A. M. Ferrenberg and R. H. Swendsen, Phys. Rev.
    Lett. 63, 1195 (1989).

    Examples
    --------
    A single pattern on three weights: half of the configurations violate it.

    >>> from bp import Instance
    >>> sample = parallel_tempering(Instance([[1, 1, 1]]), [0.0, 1.0, 2.0], sweeps=4000, rng=1)
    >>> bool(np.all(np.abs(sample.energy - 1 / (1 + np.exp(sample.betas))) < 5 * sample.energy_error))
    True
    >>> exact = (2 * np.log(2) + np.log1p(np.exp(-sample.betas))) / 3
    >>> bool(np.all(np.abs(sample.free_entropy - exact) <= 5 * sample.free_entropy_error))
    True
    """
    if not (isinstance(problem, Problem) and isinstance(problem, Flippable)):
        raise TypeError(f"problem must be a problem with walkers, such as bp.Instance; got {type(problem).__name__}")
    ladder = _checked_ladder(betas)
    sweeps = checked_integer("sweeps", sweeps, _LEAST)
    equilibration = sweeps // 5 if equilibration is None else checked_integer("equilibration", equilibration, 0)
    random = generator(rng)
    with progress("parallel tempering", "sweeps") as show, terminable():
        chosen = _spaced(problem, ladder, random) if isinstance(ladder, float) else ladder
        rungs = _Rungs(problem, chosen, random, show, equilibration + sweeps)
        rungs.walk(equilibration)
        course = rungs.walk(sweeps)
    return _sample(rungs, course)


def _checked_ladder(betas: Any) -> float | Array:
    """The largest inverse temperature, or all of them."""
    given = np.asarray(checked_real("betas", betas))
    if not given.ndim:
        return checked_number("betas", betas, _COLD)
    if given.ndim > 1 or len(given) < 2 or given[0] != 0 or not np.all(np.diff(given) > 0) or given[-1] > 100:
        raise ValueError(f"betas must be two numbers or more that increase from 0, up to 100; got {shown(betas)}")
    return np.array(given)


class _Rungs:
    """Replicas on a ladder, and what shows how far they are."""

    def __init__(self, problem: Any, betas: Array, random: np.random.Generator, show: Any = None, total: int = 0):
        self.problem, self.walkers = problem, [problem.walker(problem.start(random)) for _ in betas]
        streams = random.integers(1, 2**64, size=(len(betas) + 1, 4), dtype=np.uint64)
        self.ladder = Ladder(betas, np.arange(len(betas)), streams)
        self.done, self.total, self._show = 0, total, show

    def walk(self, sweeps: int) -> Course:
        """Blocks of sweeps."""
        block = max(1, _BLOCK // (self.problem.n * len(self.walkers)))
        parts = [self.ladder.course(0)]
        for first in range(0, sweeps, block):
            rounds = min(block, sweeps - first)
            parts.append(type(self.walkers[0]).temper(self.walkers, self.ladder, self.done, rounds))
            self.done += rounds
            if self._show is not None:
                self._show(Boundary(self.done, self.total, f"{parts[-1].energies[-1, -1]} errors in the cold"))
        energies, holders, made, swaps = zip(*parts, strict=True)
        return Course(np.concatenate(energies), np.concatenate(holders), np.sum(made, axis=0), np.sum(swaps, axis=0))


def _spaced(problem: Any, beta: float, random: np.random.Generator) -> Array:
    r"""A ladder from 0 to `beta` whose steps are as long as the energies allow.

    Where the energies at two temperatures are Gaussian of the width :math:`\sigma`, their means differ by
    :math:`\sigma^2\Delta\beta`, and replicas are exchanged with probability :math:`\mathrm{erfc}(\sigma\Delta\beta/2)`.
    Widths and means are those of a short run on a ladder that would be right for independent patterns; what is frozen
    there has the means, where its widths are too small, and at least half the widths of independent patterns.
    """
    p = problem.n_constraints
    free = np.mean([problem.errors(problem.start(random)) for _ in range(_PILOT)]) / p
    odds = np.log((free + 1 / _PILOT) / (1 - free + 1 / _PILOT))
    first, last = (2 * float(np.arcsin(np.sqrt(expit(odds - b)))) for b in (0.0, beta))
    angles = np.linspace(first, last, 2 + int(np.sqrt(p) * (first - last) / _GAP))
    betas = odds - logit(np.sin(angles / 2) ** 2)
    betas[0], betas[-1] = 0.0, beta
    rungs = _Rungs(problem, betas, random)
    rungs.walk(_PILOT // 2)
    energies, gaps = rungs.walk(_PILOT // 2).energies, np.diff(betas)
    widths = np.maximum(energies.std(axis=0), np.sqrt(p) * np.sin(angles) / 4)
    falls = np.maximum(-np.diff(energies.mean(axis=0)), 0.0)
    steps = np.maximum((widths[1:] + widths[:-1]) / 2 * gaps, np.sqrt(falls * gaps))
    lengths = np.append(0.0, np.cumsum(steps))
    found = np.interp(np.linspace(0, lengths[-1], 1 + max(1, round(lengths[-1] / _GAP))), lengths, betas)
    found[-1] = beta
    return np.asarray(found)


def _sample(rungs: _Rungs, course: Course) -> LadderSample:
    """What the course of the replicas says."""
    problem, betas, sweeps = rungs.problem, rungs.ladder.betas, len(course.energies)
    n, p, first = problem.n, problem.n_constraints, rungs.done - sweeps
    attempts = [len(range((k - first) % 2, sweeps, 2)) for k in range(len(betas) - 1)]
    log_z, energy, moves, gains = _histograms(betas, course.energies)
    free_entropy = (n * np.log(2) + log_z) / n
    energy_error, free_error, entropy_error = (
        np.array([standard_error(series) for series in table])
        for table in (gains, moves, moves + betas[:, None] * gains)
    )
    sample = LadderSample(
        betas=betas,
        energy=energy / p,
        energy_error=energy_error / p,
        free_entropy=free_entropy,
        free_entropy_error=free_error / n,
        entropy=free_entropy + betas * energy / n,
        entropy_error=entropy_error / n,
        correlation_time=np.array([correlation_time(series) for series in course.energies.T]),
        acceptance=course.made / (sweeps * n),
        exchange=course.swaps / np.maximum(attempts, 1),
        round_trips=_round_trips(course.holders),
        energies=course.energies / p,
        weights=np.array([rungs.walkers[r].weights for r in rungs.ladder.at]),
    )
    for value in vars(sample).values():
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
    return sample


def _histograms(betas: Array, energies: NDArray[np.int64]) -> tuple[Array, Array, Array, Array]:
    r"""What the energies (T, K) say of all temperatures together.

    With the shares :math:`w_k(E) = e^{-\beta_kE}Z_k^{-1}/\sum_le^{-\beta_lE}Z_l^{-1}` the equations are
    :math:`\sum_lw_k(E_{tl}) = 1` in the mean over `t`, the stationarity of a convex function of :math:`\log Z`:
    Newton's method, which starts from what each temperature says of the next.

    Returns
    -------
    log_z, energy : array, shape (K,)
        :math:`\log Z(\beta_k)/Z(\beta_0)`, and the mean energies :math:`\sum_lE_{tl}w_k(E_{tl})`; where temperatures do
        not share energies NaN, and the mean energy of each alone.
    moves, gains : array, shape (K, T)
        By how much each sweep alone would move them.
    """
    held, places = np.unique(energies, return_inverse=True)
    counts, places = np.bincount(places.ravel(), minlength=len(held)) / len(energies), places.reshape(energies.shape)
    mean, lowest, slopes = energies.mean(axis=0), held[0], -np.outer(betas, held - held[0])
    steps = logsumexp(-np.diff(betas) * (energies[:, :-1] - lowest), axis=0) - np.log(len(energies))
    log_z = np.append(0.0, np.cumsum(steps))
    for _ in range(_STEPS):
        weights = slopes - log_z[:, None]
        shares = np.exp(weights - logsumexp(weights, axis=0))
        step = _solved(shares, counts, shares @ counts - 1)
        if not np.max(np.abs(step)) > _TINY:
            break
        log_z += step / max(1.0, np.max(np.abs(step)))
    if not np.max(np.abs(step)) <= _TINY:
        unknown = np.append(0.0, np.full(len(betas) - 1, np.nan))
        return unknown, mean, np.outer(unknown, np.ones(len(energies))), energies.T - mean[:, None]
    moves = _solved(shares, counts, shares[:, places].sum(axis=2) - 1)
    energy = shares @ (counts * held)
    excess = shares * (held - energy[:, None])
    return log_z - betas * lowest, energy, moves, excess[:, places].sum(axis=2) + (excess * counts) @ shares.T @ moves


def _solved(shares: Array, counts: Array, gradient: Array) -> Array:
    """A Newton step of all functions but the first, which stays; NaN where nothing holds it."""
    curvature = np.diag(shares @ counts) - (shares * counts) @ shares.T
    step = np.zeros_like(gradient)
    try:
        step[1:] = np.linalg.solve(curvature[1:, 1:], gradient[1:])
    except np.linalg.LinAlgError:
        step[1:] = np.nan
    return step


def _round_trips(holders: NDArray[np.int64]) -> int:
    """Journeys of replicas from the hottest temperature to the coldest and back."""
    trips = 0
    for r in range(holders.shape[1]):
        ends = [holders[:, 0] == r, holders[:, -1] == r]
        visited = ends[1][ends[0] | ends[1]]
        trips += int(np.count_nonzero(visited[1:] != visited[:-1])) // 2
    return trips
