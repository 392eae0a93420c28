r"""Annealing: replicas that walk by single flips while the temperature falls, one alone or coupled to a centre."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from bp.algorithms.runs import Boundary, Run
from bp.algorithms.search import Search
from bp.algorithms.solution import SolverStatus
from bp.algorithms.solver import Solver
from bp.problems.problem import Flippable
from bp.problems.walkers import Energy, Moves, Order, Walker
from replica_theory.arguments import NON_NEGATIVE, POSITIVE, checked_choice, checked_integer, checked_number

Centre = Literal["traced", "explicit"]
_SWEEPS = 10_000
_BLOCK = 1 << 17  # proposals between two looks at the configurations
_COLDEST = 1e-9  # last temperature, in units of the first, where it falls to zero
_COLUMNS = [("beta", np.float64), ("gamma", np.float64), ("errors", np.int64), ("iterations", np.int64)]
TRACE = np.dtype(_COLUMNS)


class Coupling(NamedTuple):
    """Number of replicas, first and last strength, treatment of the centre, and whether the majority has to solve."""

    replicas: int
    gamma: tuple[float, float]
    centre: Centre
    waits: bool


@dataclass(frozen=True, kw_only=True)
class Annealing(Solver):
    """Options that annealing of one replica and of many share; they are those of `SimulatedAnnealing`."""

    needs: ClassVar[type] = Flippable
    unit: ClassVar[str] = "proposals"

    energy: Energy | None = None
    beta: tuple[float, float] | None = None
    order: Order | None = None
    max_iter: int | None = None

    def __post_init__(self) -> None:
        if self.beta is not None:
            check_ends("beta", self.beta, endless=True)
        if self.order is not None:
            checked_choice("order", self.order, get_args(Order))
        if self.max_iter is not None:
            checked_integer("max_iter", self.max_iter)

    @property
    @abstractmethod
    def coupling(self) -> Coupling:
        """The replicas of a run."""

    def applies(self, problem: Any) -> str:
        """Why this solver cannot run on a problem; empty if it can."""
        if (reason := super().applies(problem)) or self.energy is None or self.energy in problem.energies:
            return reason
        return f"energy must be one of {', '.join(map(repr, problem.energies))}; got {self.energy!r}"

    def run(self, problem: Any, rng: np.random.Generator, stored: Mapping[str, NDArray[Any]] | None = None) -> Run:
        """Blocks of sweeps until a configuration violates nothing or the schedule ends."""
        return _Replicas(self, problem, rng, stored).solution()


@dataclass(frozen=True, kw_only=True)
class SimulatedAnnealing(Annealing):
    r"""Simulated annealing.

    A flip of one weight is proposed and made with probability :math:`\min(1, e^{-\beta\Delta E})`; :math:`\beta` grows
    linearly from sweep to sweep (`N` proposals).

    Parameters
    ----------
    energy : {"flips", "errors"}, optional
        ``"errors"``: the number of violated constraints, on which annealing takes a time exponential in `N`.
        ``"flips"``: the number of flips by which they are missed, where the problem has it; the default there.
    beta : pair of float, optional
        First and last inverse temperature; to a last one that is infinite the temperature :math:`1/\beta` falls
        linearly to zero. By default those of the problem (`bp.problems.problem.Problem.betas`): for patterns (2, 6)
        for errors and (0.5, 4) for flips, for formulas (5, inf).
    order : {"random", "sweep"}, optional
        Whether the weight is chosen at random, or one comes after the other. By default that of the problem
        (`bp.problems.problem.Problem.order`): at random for patterns, in sweeps for formulas.
    max_iter : int, optional
        Number of proposals; by default 10 000 N.

    Raises
    ------
    TypeError, ValueError
        For options of the wrong type or out of range.

    Notes
    -----
    `Solution.trace` has the columns beta, gamma (zero), errors (the fewest of the replicas) and iterations (proposals).
    For ±1 patterns a proposal costs P/64 words, a flip some ten times that. On errors the schedule matters: at a load
    of 0.3 and N = 401 a constant :math:`\beta=4` takes 2e5 proposals (median), 1 to 4 in 1e7 takes 7e6. At N = 1201 a
    constant one solves 2 of 20 problems in 1e8 proposals, where three coupled replicas take 8e6.

    References
    ----------
    S. Kirkpatrick, C. D. Gelatt and M. P. Vecchi, Science 220, 671 (1983).

    Examples
    --------
    >>> import bp, replica_theory as rt
    >>> inst = bp.random_instance(rt.BinaryPerceptron(), n=201, alpha=0.3, rng=1)
    >>> SimulatedAnnealing()(inst, rng=1).solved
    True
    """

    name: ClassVar[str] = "simulated-annealing"

    @property
    def coupling(self) -> Coupling:
        """None."""
        return Coupling(1, (0.0, 0.0), "traced", False)


class _Replicas(Search):
    """A run: walkers, their centre and random numbers, and the best configuration so far."""

    columns = TRACE

    def __init__(
        self, solver: Annealing, problem: Any, rng: np.random.Generator, stored: Mapping[str, NDArray[Any]] | None
    ) -> None:
        replicas, self.gammas, self.centre, self.waits = solver.coupling
        self.energy = solver.energy or problem.energies[-1]
        self.betas = solver.beta or problem.betas[self.energy]
        self.ordered = (solver.order or problem.order) == "sweep"
        self.sweep = replicas * problem.n
        self.limit = solver.max_iter or _SWEEPS * self.sweep
        weights = np.array([problem.start(rng) for _ in range(replicas)])
        self.streams = rng.integers(1, 2**64, size=(replicas, 4), dtype=np.uint64)
        super().__init__(problem, rng, weights[0], stored)
        self.done = 0
        if stored is not None:
            self.done, self.streams, weights = int(stored["done"]), stored["streams"].copy(), stored["weights"]
        self.walkers: list[Walker] = [problem.walker(w, self.energy) for w in weights]
        self._look()

    def solution(self) -> Run:
        """Blocks of sweeps until what is waited for violates nothing, or to the end."""
        while not self.found and self.done < self.limit:
            beta, gamma = self._block()
            self.records.append((beta, gamma, self._look(), self.done))
            yield Boundary(self.done, self.limit, f"{self.fewest} errors", self._snapshot)
        return self.result(self.done, SolverStatus.SCHEDULE_ENDED)

    def _block(self) -> tuple[float, float]:
        """Some sweeps, each at its temperature and coupling; those of the last one."""
        sweeps = max(1, _BLOCK // self.sweep) if self.centre == "traced" else 1
        starts = np.arange(self.done, min(self.done + sweeps * self.sweep, self.limit), self.sweep)
        part = starts / max(self.limit - self.sweep, 1)
        betas, gammas = _course(self.betas, part), _course(self.gammas, part)
        weights = np.array([walker.weights for walker in self.walkers], dtype=np.int64)
        votes, traced = weights.sum(axis=0), self.centre == "traced"
        if not traced:
            aligned = np.exp(-np.logaddexp(0.0, -2 * gammas[0] * votes))
            votes = np.where(self.rng.random(len(votes)) < aligned, 1, -1)
        gains = np.array([_gains(gamma, len(weights), traced) for gamma in gammas])
        proposals = np.minimum(self.limit - starts, self.sweep)
        moves = Moves(proposals, betas, gains, votes, traced, self.streams, self.fewest > 0, self.ordered)
        self.done += type(self.walkers[0]).anneal(self.walkers, moves)[0]
        return float(betas[-1]), float(gammas[-1])

    def _look(self) -> int:
        """Errors of the best replica or of their majority, which may be the best configuration so far."""
        weights = [walker.weights for walker in self.walkers]
        votes = np.sum(weights, axis=0, dtype=np.int64)
        majority = np.where(votes == 0, weights[0], np.sign(votes)).astype(np.int8)
        least = min(map(self.account, weights)) if self.fewest else min(walker.errors for walker in self.walkers)
        errors = self.account(majority)
        if errors == 0:
            self.best = majority
        self.found = errors == 0 or (self.fewest == 0 and not self.waits)
        return min(least, errors)

    def _snapshot(self) -> dict[str, Any]:
        """Everything that the rest of the run depends on."""
        weights = np.array([walker.weights for walker in self.walkers])
        return self.kept(weights=weights, streams=self.streams.copy(), done=np.asarray(self.done))


def _course(ends: tuple[float, float], part: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values on the way between two ends; to an infinite one those whose inverses are on the way to zero."""
    first, last = ends
    return first / np.maximum(1 - part, _COLDEST) if np.isinf(last) else first + (last - first) * part


def _gains(gamma: float, replicas: int, traced: bool) -> NDArray[np.float64]:
    r"""What lowering and raising a weight adds to the log-weight of the coupling, by the vote of its site.

    :math:`\log2\cosh\gamma\mu_i` of the sum of the replicas if the centre is traced out, else
    :math:`\gamma\tilde W_iW_i^a`.
    """
    if replicas == 1:
        return np.zeros((2, 1))
    if not traced:
        return 2 * gamma * np.array([[1.0, 0.0, -1.0], [-1.0, 0.0, 1.0]])
    votes = np.arange(-replicas - 2, replicas + 3)
    weight = np.logaddexp(gamma * votes, -gamma * votes)
    return np.array([weight[:-4] - weight[2:-2], weight[4:] - weight[2:-2]])


def check_ends(name: str, ends: Any, *, endless: bool = False) -> None:
    """Refuse what is no pair of finite non-negative numbers; `endless` ones may go to infinity, from above zero."""
    if not (isinstance(ends, tuple | list) and len(ends) == 2):
        raise ValueError(f"{name} must be a pair of numbers, the first and the last; got {ends!r}")
    first, last = ends
    far = endless and isinstance(last, float) and last == np.inf
    checked_number(name, first, POSITIVE if far else NON_NEGATIVE)
    if not far:
        checked_number(name, last, NON_NEGATIVE)
