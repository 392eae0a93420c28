r"""Entropy-driven Monte Carlo: a configuration climbs its local entropy, measured by belief propagation around it.

The objective is the Bethe free entropy :math:`F(\tilde W;\gamma)=\log\sum_WX(W)e^{\gamma W\cdot\tilde W}`. With
:math:`b_i` the field of the constraints on weight `i`, flipping :math:`\tilde W_i` changes it by
:math:`\log2\cosh(b_i-\gamma\tilde W_i)-\log2\cosh(b_i+\gamma\tilde W_i)`, exactly so on trees: positive where
:math:`b_i\tilde W_i<0`.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from bp.algorithms.message_solver import Relaxing, restore_messages, stored_messages
from bp.algorithms.runs import Boundary, Run, Sweep
from bp.algorithms.search import Search
from bp.algorithms.solution import SolverStatus
from bp.messages.state import State
from replica_theory.arguments import (
    FRACTION,
    NON_NEGATIVE,
    POSITIVE,
    checked_choice,
    checked_integer,
    checked_number,
    checked_real,
    shown,
)
from replica_theory.typing import Array

Moves = Literal["block", "cavity", "random"]
Start = Literal["messages", "random"]
_INITIAL = 0.1
_PATIENCE = 200
_REFUSALS = 4
_COLUMNS = [("gamma", np.float64), ("free_entropy", np.float64)]
_COUNTS = ("flips", "errors", "iterations", "accepted")
TRACE = np.dtype(_COLUMNS + [(name, np.int64) for name in _COUNTS])


@dataclass(frozen=True, kw_only=True)
class EntropicMonteCarlo(Relaxing):
    r"""Entropy-driven Monte Carlo.

    Parameters
    ----------
    gamma : sequence of float, optional
        Couplings, in turn, as the configuration finds nothing better at one; by default those of the problem
        (`bp.problems.problem.Problem.couplings`), 0.5, 0.7, ..., 2.5 for patterns.
    moves : {"block", "cavity", "random"}
        What is proposed: the flips of largest gain together, beginning with `fraction` of the weights and half as many
        after a refusal; the one of largest gain; or any one.
    fraction : float
        Part of the weights in a block, in (0, 1).
    y : float, optional
        Inverse temperature: a move is made with probability :math:`\min(1, e^{y\Delta F})`; by default only if
        :math:`\Delta F\ge0`.
    start : {"messages", "random"}
        The signs of the magnetisations without a reference, or random ones.
    tol : float, optional
        Change of a magnetisation in a sweep at which messages count as settled.
    damping : float, optional
        Weight of the old messages, in [0, 1). By default both are those of the problem
        (`bp.problems.problem.Problem.relaxation`): 0.5 and 0.001 for patterns, 0.3 and 0.01 for formulas.
    method : str, optional
        Form of the messages; by default ``"amp"`` where the problem has it.
    max_iter : int
        Number of sweeps of messages.

    Raises
    ------
    TypeError, ValueError
        For options of the wrong type or out of range.

    Notes
    -----
    `Solution.trace` has a record a proposal: gamma, free_entropy (of the configuration kept, per weight), flips
    (single ones of the proposal), errors (the fewest of the configuration and of the signs of the magnetisations around
    it), iterations (sweeps so far) and accepted (0 or 1): ``trace["flips"] @ trace["accepted"]`` single flips are made.
    Messages go on from those of the configuration before.

    References
    ----------
    C. Baldassi, A. Ingrosso, C. Lucibello, L. Saglietti and R. Zecchina, J. Stat. Mech. (2016) 023301.

    Examples
    --------
    >>> import bp, replica_theory as rt
    >>> inst = bp.random_instance(rt.BinaryPerceptron(), n=501, alpha=0.5, rng=1)
    >>> EntropicMonteCarlo()(inst, rng=1).solved
    True
    """

    name: ClassVar[str] = "entropic-monte-carlo"
    unit: ClassVar[str] = "sweeps"

    gamma: Sequence[float] | None = None
    moves: Moves = "block"
    fraction: float = 0.02
    y: float | None = None
    start: Start = "messages"
    max_iter: int = 20_000

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.gamma is not None:
            gammas = np.ravel(checked_real("gamma", self.gamma, NON_NEGATIVE))
            if not len(gammas):
                raise ValueError(f"gamma must hold at least one coupling; got {shown(self.gamma)}")
            object.__setattr__(self, "gamma", tuple(gammas.tolist()))
        checked_choice("moves", self.moves, get_args(Moves))
        checked_choice("start", self.start, get_args(Start))
        checked_number("fraction", self.fraction, POSITIVE)
        checked_number("fraction", self.fraction, FRACTION)
        if self.y is not None:
            checked_number("y", self.y, NON_NEGATIVE)
        checked_integer("max_iter", self.max_iter)

    def run(self, problem: Any, rng: np.random.Generator, stored: Mapping[str, NDArray[Any]] | None = None) -> Run:
        """Proposals at every coupling in turn until nothing is violated or the limit."""
        return _Climb(self, problem, rng, stored).solution()


class _Climb(Search):
    """A run: the configuration, messages around it, and its free entropy."""

    columns = TRACE

    def __init__(
        self,
        solver: EntropicMonteCarlo,
        problem: Any,
        rng: np.random.Generator,
        stored: Mapping[str, NDArray[Any]] | None,
    ) -> None:
        self.solver, method = solver, solver.form(problem)
        self.gammas = solver.gamma or problem.couplings
        self.damping, self.tol = solver.relaxation(problem)
        self.state: State = problem.tightened.messages(method, init=_INITIAL, rng=rng)
        self.weights: NDArray[np.int8] = problem.start(rng)
        super().__init__(problem, rng, self.weights, stored)
        self.stage, self.refusals, self.block = 0, 0, self._largest
        self.done, self.free_entropy, self.begun = 0, np.nan, stored is not None
        if stored is not None:
            restore_messages(self.state, method, stored)
            self.stage, self.refusals, self.block, self.done = (int(number) for number in stored["progress"])
            self.free_entropy, self.weights = float(stored["free_entropy"]), stored["weights"].copy()

    @property
    def _largest(self) -> int:
        """Flips of a first proposal."""
        return max(1, int(self.solver.fraction * self.problem.n)) if self.solver.moves == "block" else 1

    @property
    def gamma(self) -> float:
        """The coupling."""
        return float(self.gammas[self.stage])

    def solution(self) -> Run:
        """Proposals to the end."""
        if not self.begun:
            yield from self._begin()
        while self.fewest and self.done < self.solver.max_iter and self.stage < len(self.gammas):
            yield from self._propose()
            yield Boundary(self.done, self.solver.max_iter, f"{self.fewest} errors", self._snapshot)
        ended = self.stage == len(self.gammas)
        return self.result(self.done, SolverStatus.SCHEDULE_ENDED if ended else SolverStatus.MAX_ITERATIONS)

    def _begin(self) -> Generator[Sweep, None, None]:
        """The starting configuration, and messages around it."""
        if self.solver.start == "messages":
            yield from self._relax(np.zeros(self.problem.n))
            self.weights = np.where(self.state.fields < 0, -1, 1).astype(np.int8)
            self.account(self.weights)
        yield from self._measure()
        self.begun = True

    def _measure(self) -> Generator[Sweep, None, None]:
        """Messages and free entropy around the configuration at the present coupling."""
        field = self.gamma * self.weights.astype(np.float64)
        yield from self._relax(field)
        self.free_entropy = float(self.state.measure(field)[1])

    def _relax(self, field: Array) -> Generator[Sweep, None, None]:
        """Sweeps until the magnetisations rest, or patience ends; signs are counted at the end."""
        m = np.tanh(self.state.fields + field)
        for _ in range(min(_PATIENCE, self.solver.max_iter - self.done)):
            yield Sweep(self.state, field, self.damping)
            self.done += 1
            before, m = m, np.tanh(self.state.fields + field)
            if not np.max(np.abs(m - before)) > (1 - self.damping) * self.tol:
                break
        self.account(np.where(m < 0, -1, 1).astype(np.int8))

    def _propose(self) -> Generator[Sweep, None, None]:
        """One proposal, kept or undone; after too many in vain the next coupling."""
        chosen = self._chosen()
        kept, messages, before = self.weights, self.state.snapshot(), self.free_entropy
        if len(chosen):
            self.weights = kept.copy()
            self.weights[chosen] *= -1
            self.account(self.weights)
            yield from self._measure()
        accepted = bool(len(chosen)) and self._accepts(self.problem.n * (self.free_entropy - before))
        if not accepted:
            self.weights, self.free_entropy = kept, before
            self.state.restore(messages)
        errors = min(self.problem.errors(self.weights), self.errors) if len(chosen) else self.fewest
        gamma = self.gamma
        self.records.append((gamma, self.free_entropy, len(chosen), errors, self.done, accepted))
        if accepted:
            self.refusals = 0
        elif not len(chosen) or not self._retries():
            self.stage, self.refusals, self.block = self.stage + 1, 0, self._largest
            if self.stage < len(self.gammas) and self.fewest:
                yield from self._measure()

    def _retries(self) -> bool:
        """Whether to propose again at this coupling after a refusal: less, or something else."""
        if self.block > 1:
            self.block //= 2
            return True
        self.refusals += 1
        return self.refusals < (self.problem.n if self.solver.moves == "random" else _REFUSALS)

    def _chosen(self) -> NDArray[np.int64]:
        """The weights to flip; none if no flip promises a gain."""
        if self.solver.moves == "random":
            return self.rng.integers(0, self.problem.n, 1)
        against = self.state.fields * self.weights
        order = np.argsort(_gain(against, self.gamma), kind="stable")[::-1][self.refusals : self.refusals + self.block]
        return np.asarray(order[against[order] < 0])

    def _accepts(self, change: float) -> bool:
        if self.solver.y is None or not change < 0:
            return change >= 0
        return bool(self.rng.random() < np.exp(self.solver.y * change))

    def _snapshot(self) -> dict[str, Any]:
        """Everything that the rest of the run depends on."""
        return self.kept(
            progress=np.array([self.stage, self.refusals, self.block, self.done]),
            free_entropy=np.asarray(self.free_entropy),
            weights=self.weights.copy(),
            **stored_messages(self.state),
        )


def _gain(against: Array, gamma: float) -> Array:
    r""":math:`\log2\cosh(b-\gamma\tilde W)-\log2\cosh(b+\gamma\tilde W)`, by :math:`b\tilde W`."""
    return np.asarray(np.logaddexp(gamma - against, against - gamma) - np.logaddexp(gamma + against, -gamma - against))
