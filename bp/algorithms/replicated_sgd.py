r"""Replicated stochastic gradient descent on binary weights: learners that are pulled together as they learn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from bp.algorithms.annealing import Centre
from bp.algorithms.runs import Boundary, Run
from bp.algorithms.search import Search
from bp.algorithms.solver import Solver
from bp.problems.learners import Pull
from bp.problems.problem import Online
from replica_theory.arguments import NON_NEGATIVE, POSITIVE, checked_choice, checked_integer, checked_number
from replica_theory.typing import Array

Kick = Literal["simple", "corrected", "continuous", "hard"]
_COUPLING, _GROWTH = 0.35, 0.0025
_BATCHES = 40
"""Of an epoch: with ten, seven replicas still find each other, three do not."""
_COLUMNS = [("gamma", np.float64), ("errors", np.int64), ("centre", np.int64), ("iterations", np.int64)]
TRACE = np.dtype(_COLUMNS)


@dataclass(frozen=True, kw_only=True)
class ReplicatedSGD(Solver):
    r"""Replicated stochastic gradient descent on binary weights.

    Every replica has real fields, :math:`W_i^a = \mathrm{sign}\,h_i^a`, and an order of the constraints of its own. A
    violated constraint of a batch moves the fields by `rate` times the direction in which it is gained; after its batch
    a replica is kicked towards the centre,

    ============== =====================================================================
    ``simple``     :math:`h\leftarrow h+\lambda[\tanh(\gamma y\bar W) - W]`
    ``corrected``  :math:`h\leftarrow h+\lambda[\tanh(\gamma y\bar W) - \tanh(\gamma y)W]`
    ``continuous`` :math:`h\leftarrow h+\lambda[\bar W - W]`
    ``hard``       :math:`h\leftarrow h+\lambda[\mathrm{sign}\,\bar W - W]`
    ============== =====================================================================

    with :math:`\bar W` the mean of the replicas, or, if the centre is explicit, its own weights, whose fields move by
    :math:`\lambda(W^a-\tilde W)` after every batch. The coupling :math:`\gamma` grows by `growth` an epoch. All
    replicas start from the same random weights.

    Parameters
    ----------
    replicas : int
        Their number `y`; a single one is not kicked.
    batch : int, optional
        Constraints between two kicks; by default so many that an epoch has 40 batches.
    rate : float
        Length of a step, 2 by default.
    strength : float
        :math:`\lambda`.
    gamma, growth : float, optional
        First coupling, and what an epoch adds; by default 0.35/y and 0.0025/y, so that the
        product with `y` is the same for any number of replicas.
    kick : {"corrected", "simple", "continuous", "hard"}
    centre : {"traced", "explicit"}
    max_iter : int
        Number of epochs.

    Raises
    ------
    TypeError, ValueError
        For options of the wrong type or out of range.

    Notes
    -----
    The run ends when a replica or the centre violates nothing. `Solution.trace` has a record an epoch: gamma, errors
    (the fewest of the replicas), centre (errors of the centre), iterations (epochs).

    References
    ----------
    C. Baldassi et al., PNAS 113, E7655 (2016).

    Examples
    --------
    >>> import bp, replica_theory as rt
    >>> inst = bp.random_instance(rt.BinaryPerceptron(), n=501, alpha=0.4, rng=1)
    >>> ReplicatedSGD()(inst, rng=1).solved
    True
    """

    name: ClassVar[str] = "replicated-sgd"
    needs: ClassVar[type] = Online
    unit: ClassVar[str] = "epochs"

    replicas: int = 7
    batch: int | None = None
    rate: float = 2.0
    strength: float = 0.75
    gamma: float | None = None
    growth: float | None = None
    kick: Kick = "corrected"
    centre: Centre = "traced"
    max_iter: int = 1000

    def __post_init__(self) -> None:
        checked_integer("replicas", self.replicas)
        checked_integer("max_iter", self.max_iter)
        if self.batch is not None:
            checked_integer("batch", self.batch)
        checked_number("rate", self.rate, POSITIVE)
        for name in ("strength", "gamma", "growth"):
            if (value := getattr(self, name)) is not None:
                checked_number(name, value, NON_NEGATIVE)
        checked_choice("kick", self.kick, get_args(Kick))
        checked_choice("centre", self.centre, get_args(Centre))

    def run(self, problem: Any, rng: np.random.Generator, stored: Mapping[str, NDArray[Any]] | None = None) -> Run:
        """Epochs until nothing is violated or the limit."""
        return _Epochs(self, problem, rng, stored).solution()

    def gains(self, gamma: float) -> Array:
        """What the kick adds to a field of sign -1 (0) and +1 (1) for every vote of the centre, (2, 2V + 1)."""
        votes = self.replicas if self.centre == "traced" else 1
        if self.replicas == 1:
            return np.zeros((2, 2 * votes + 1))
        mean, signs = np.arange(-votes, votes + 1) / votes, np.array([[-1.0], [1.0]])
        y = self.replicas
        pull, back = {
            "simple": (np.tanh(gamma * y * mean), 1.0),
            "corrected": (np.tanh(gamma * y * mean), np.tanh(gamma * y)),
            "continuous": (mean, 1.0),
            "hard": (np.sign(mean), 1.0),
        }[self.kick]
        return np.asarray(self.strength * (pull - back * signs))


class _Epochs(Search):
    """A run: the learners, their centre, and the best configuration so far."""

    columns = TRACE

    def __init__(
        self, solver: ReplicatedSGD, problem: Any, rng: np.random.Generator, stored: Mapping[str, NDArray[Any]] | None
    ) -> None:
        self.solver, start = solver, problem.start(rng)
        super().__init__(problem, rng, start, stored)
        self.learners = [problem.learner(start) for _ in range(solver.replicas)]
        self.fields: Array = start.astype(np.float64)  # of the explicit centre
        if stored is not None:
            for learner, fields in zip(self.learners, stored["fields"], strict=True):
                learner.restore(fields)
            self.fields = stored["centre"].copy()
        self.votes = self._counted()

    def solution(self) -> Run:
        """Epochs to the end."""
        limit = self.solver.max_iter
        while self.fewest and len(self.records) < limit:
            y, epoch = self.solver.replicas, len(self.records)
            first = _COUPLING / y if self.solver.gamma is None else self.solver.gamma
            gamma = first + epoch * (_GROWTH / y if self.solver.growth is None else self.solver.growth)
            self._epoch(gamma)
            errors = [self.account(weights) for weights in (*self.weights, self._centre())]
            self.records.append((gamma, min(errors[:-1]), errors[-1], epoch + 1))
            yield Boundary(epoch + 1, limit, f"{self.fewest} errors", self._snapshot)
        return self.result(len(self.records))

    @property
    def weights(self) -> NDArray[np.int8]:
        """Those of the replicas, shape (y, N)."""
        return np.array([learner.weights for learner in self.learners])

    def _epoch(self, gamma: float) -> None:
        """Every replica sees every constraint once, batch after batch in turns."""
        p, solver = self.problem.n_constraints, self.solver
        size = min(p, solver.batch or max(1, round(p / _BATCHES)))
        orders = [self.rng.permutation(p) for _ in self.learners]
        explicit = solver.centre == "explicit"
        pull = Pull(self.votes, solver.gains(gamma), not explicit)
        for start in range(0, p, size):
            for order, learner in zip(orders, self.learners, strict=True):
                learner.batch(order[start : start + size], solver.rate, pull)
                if explicit:
                    self.fields += solver.strength * (learner.weights - self.votes)
                    self.votes[:] = np.where(self.fields > 0, 1, -1)

    def _counted(self) -> NDArray[np.int64]:
        """Sums of the replicas' weights, or the weights of the explicit centre."""
        if self.solver.centre == "explicit":
            return np.where(self.fields > 0, 1, -1)
        return np.asarray(np.sum(self.weights, axis=0, dtype=np.int64))

    def _centre(self) -> NDArray[np.int8]:
        """Weights of the centre: its own, or the majority of the replicas."""
        return np.where(self.votes == 0, self.learners[0].weights, np.sign(self.votes)).astype(np.int8)

    def _snapshot(self) -> dict[str, Any]:
        """Everything that the rest of the run depends on."""
        return self.kept(fields=np.array([learner.fields for learner in self.learners]), centre=self.fields.copy())
