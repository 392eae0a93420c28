r"""Gradient descent on the sphere: all constraints at once pull real weights downhill in a smooth loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from bp.algorithms.runs import Boundary, Run
from bp.algorithms.search import Search
from bp.algorithms.solver import Solver
from bp.problems.problem import Differentiable, Domain
from replica_theory.arguments import POSITIVE, checked_choice, checked_integer, checked_number
from replica_theory.typing import Array

Loss = Literal["logistic", "hinge", "square"]
TRACE = np.dtype([("loss", np.float64), ("errors", np.int64), ("move", np.float64), ("iterations", np.int64)])
_STEEPEST = {"logistic": 0.25, "hinge": 1.0, "square": 1.0}
"""Largest curvature of a loss, in units of its gain (of the hinge, a scale)."""


@dataclass(frozen=True, kw_only=True)
class GradientDescent(Solver):
    r"""Full-batch gradient descent of real weights on the sphere.

    With :math:`\Delta_\mu` by how much a stability is inside what is allowed, :math:`h_\mu-\kappa` of a margin, and the
    gain `g`, one of the losses :math:`L=\sum_\mu\ell(\Delta_\mu)`,

    ============ ===========================================
    ``logistic`` :math:`\frac1g\log(1 + e^{-g\Delta})`
    ``hinge``    :math:`\max(0, \frac1g - \Delta)`
    ``square``   :math:`\frac g2\max(0, \frac1g - \Delta)^2`
    ============ ===========================================

    is followed downhill from a random point, :math:`W\leftarrow W-\eta\nabla L`, back to :math:`|W|^2=N` after every
    step.

    Parameters
    ----------
    loss : {"logistic", "hinge", "square"}
    gain : float
        Where too small, minima of the loss violate patterns; the larger, the slower.
    step : float
        :math:`\eta` in units of the inverse largest curvature of the loss; beyond 2 it is unstable.
    tol : float, optional
        Go on after the first solution, further into the solutions, until a step moves no weight by more than this. By
        default the first solution is taken.
    max_iter : int
        Number of steps.

    Raises
    ------
    TypeError, ValueError
        For options of the wrong type or out of range.

    Notes
    -----
    `Solution.weights` are float64. `Solution.trace` has a record a step: loss (per constraint), errors, move (largest
    change of a weight), iterations. The first solutions lie at the edge of the solutions, as deep as typical ones; with
    ``tol=1e-4`` those of the logistic loss lie where the local entropy is nearly the largest.

    Examples
    --------
    >>> import bp, replica_theory as rt
    >>> model = rt.BinaryPerceptron(weights=rt.SphericalWeights())
    >>> inst = bp.random_instance(model, n=201, alpha=1.0, rng=1)
    >>> found = GradientDescent()(inst, rng=1)
    >>> found.solved, round(float(found.weights @ found.weights), 9)
    (True, 201.0)
    """

    name: ClassVar[str] = "gradient-descent"
    needs: ClassVar[type] = Differentiable
    domains: ClassVar[tuple[Domain, ...]] = ("reals",)
    unit: ClassVar[str] = "steps"

    loss: Loss = "logistic"
    gain: float = 10.0
    step: float = 1.0
    tol: float | None = None
    max_iter: int = 5000

    def __post_init__(self) -> None:
        checked_choice("loss", self.loss, get_args(Loss))
        checked_number("gain", self.gain, POSITIVE)
        checked_number("step", self.step, POSITIVE)
        if self.tol is not None:
            checked_number("tol", self.tol, POSITIVE)
        checked_integer("max_iter", self.max_iter)

    def run(self, problem: Any, rng: np.random.Generator, stored: Mapping[str, NDArray[Any]] | None = None) -> Run:
        """Steps until a solution, or until the weights rest."""
        return _Descent(self, problem, rng, stored).solution()

    def values(self, gaps: Array) -> tuple[Array, Array]:
        """The loss of every constraint, and minus its derivative in the gap."""
        if self.loss == "logistic":
            return np.logaddexp(0.0, -self.gain * gaps) / self.gain, np.asarray(expit(-self.gain * gaps))
        short = np.maximum(1.0 / self.gain - gaps, 0.0)
        if self.loss == "hinge":
            return short, np.where(short > 0, 1.0, 0.0)
        return 0.5 * self.gain * short**2, self.gain * short


class _Descent(Search):
    """A run: the weights, and the last of the best configurations."""

    columns = TRACE

    def __init__(
        self, solver: GradientDescent, problem: Any, rng: np.random.Generator, stored: Mapping[str, NDArray[Any]] | None
    ) -> None:
        self.solver, self.weights = solver, problem.start(rng)
        super().__init__(problem, rng, self.weights, stored)
        if stored is not None:
            self.weights = stored["weights"].copy()
        self.rate = solver.step / (solver.gain * _STEEPEST[solver.loss] * problem.stiffness)

    def solution(self) -> Run:
        """Steps to the end."""
        limit = self.solver.max_iter
        while not self._ended() and len(self.records) < limit:
            gaps, slopes = self.problem.gaps(self.weights)
            values, forces = self.solver.values(gaps)
            moved = self.weights + self.rate * self.problem.ascent(forces * slopes)
            moved *= np.sqrt(self.problem.n) / np.linalg.norm(moved)
            move, self.weights = float(np.max(np.abs(moved - self.weights))), moved
            if self.account(moved) == self.fewest:
                self.best = moved.copy()
            steps = len(self.records) + 1
            self.records.append((float(np.mean(values)), self.errors, move, steps))
            yield Boundary(steps, limit, f"{self.fewest} errors", self._snapshot)
        return self.result(len(self.records))

    def _ended(self) -> bool:
        """Whether a solution is found, and is at rest if it should be."""
        if self.fewest or self.solver.tol is None:
            return not self.fewest
        return bool(self.records) and self.records[-1][2] <= self.solver.tol

    def _snapshot(self) -> dict[str, Any]:
        """Everything that the rest of the run depends on."""
        return self.kept(weights=self.weights)
