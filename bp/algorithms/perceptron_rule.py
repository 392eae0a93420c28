r"""The perceptron rule: constraints shown one at a time, and what is violated is added to real weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bp.algorithms.runs import Boundary, Run
from bp.algorithms.search import Search
from bp.algorithms.solver import Solver
from bp.problems.problem import Domain, Online
from replica_theory.arguments import POSITIVE, checked_integer, checked_number

TRACE = np.dtype([("violated", np.int64), ("errors", np.int64), ("iterations", np.int64)])


@dataclass(frozen=True, kw_only=True)
class PerceptronRule(Solver):
    r"""Rosenblatt's rule on real weights.

    Every epoch shows all constraints once, in a fresh order. One that is violated by
    :math:`W=\sqrt N\,w/|w|` moves `w` by `rate` times the direction in which it is gained, of a pattern
    :math:`w\leftarrow w + \eta\,y^\mu\xi^\mu`. For a margin :math:`\kappa\le0` that some weights exceed,
    :math:`\max_W\min_\mu h_\mu=\kappa_{\max}`, it ends after some :math:`N/\kappa_{\max}^2` lessons.

    Parameters
    ----------
    rate : float
        Length of a step beside that of the random weights to begin with, :math:`|w|^2=N`. Where stabilities must not be
        too large either (`replica_theory.IntervalModel`), steps of 1 may overshoot for ever: take less.
    max_iter : int
        Number of epochs.

    Raises
    ------
    TypeError, ValueError
        For options of the wrong type or out of range.

    Notes
    -----
    `Solution.weights` are float64, on the sphere :math:`|W|^2=N`. `Solution.trace` has a record an epoch: violated
    (constraints when they were shown), errors (at its end), iterations.

    References
    ----------
    F. Rosenblatt, Psychological Review 65, 386 (1958).

    Examples
    --------
    >>> import bp, replica_theory as rt
    >>> model = rt.BinaryPerceptron(weights=rt.SphericalWeights())
    >>> inst = bp.random_instance(model, n=201, alpha=1.0, rng=1)
    >>> PerceptronRule()(inst, rng=1).solved
    True
    """

    name: ClassVar[str] = "perceptron-rule"
    needs: ClassVar[type] = Online
    domains: ClassVar[tuple[Domain, ...]] = ("reals",)
    unit: ClassVar[str] = "epochs"

    rate: float = 1.0
    max_iter: int = 1000

    def __post_init__(self) -> None:
        checked_number("rate", self.rate, POSITIVE)
        checked_integer("max_iter", self.max_iter)

    def run(self, problem: Any, rng: np.random.Generator, stored: Mapping[str, NDArray[Any]] | None = None) -> Run:
        """Epochs until nothing is violated or the limit."""
        return _Lessons(self, problem, rng, stored).solution()


class _Lessons(Search):
    """A run: the weights, unscaled, and the best configuration so far."""

    columns = TRACE

    def __init__(
        self, solver: PerceptronRule, problem: Any, rng: np.random.Generator, stored: Mapping[str, NDArray[Any]] | None
    ) -> None:
        self.solver, self.weights = solver, problem.start(rng)
        super().__init__(problem, rng, self.weights, stored)
        if stored is not None:
            self.weights = stored["weights"].copy()

    def solution(self) -> Run:
        """Epochs to the end."""
        limit = self.solver.max_iter
        while self.fewest and len(self.records) < limit:
            violated = self._epoch()
            epochs = len(self.records) + 1
            self.records.append((violated, self.account(self._scaled()), epochs))
            yield Boundary(epochs, limit, f"{self.fewest} errors", self._snapshot)
        return self.result(len(self.records))

    def _epoch(self) -> int:
        """Show every constraint; number of those that were violated."""
        violated, scaled = 0, self._scaled()
        for a in self.rng.permutation(self.problem.n_constraints).tolist():
            gap, direction = self.problem.present(a, scaled)
            if gap < 0:
                self.weights = self.weights + self.solver.rate * direction
                scaled, violated = self._scaled(), violated + 1
        return violated

    def _scaled(self) -> NDArray[np.float64]:
        """The weights on the sphere."""
        length = float(np.linalg.norm(self.weights))
        return np.asarray(self.weights * (np.sqrt(self.problem.n) / (length or 1.0)))

    def _snapshot(self) -> dict[str, Any]:
        """Everything that the rest of the run depends on."""
        return self.kept(weights=self.weights)
