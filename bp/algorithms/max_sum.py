r"""Reinforced max-sum: every weight is pulled along its own field, harder and harder, while messages optimise.

The zero-temperature counterpart of reinforced belief propagation: :math:`\varphi_i\leftarrow\sum_au_{a\to i}+
r_t\varphi_i+\varepsilon_i`, :math:`r_t = \min(1, \rho t)`.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bp.algorithms.local_search import local_search
from bp.algorithms.message_solver import restore_messages, stored_messages
from bp.algorithms.runs import Boundary, Run, Sweep
from bp.algorithms.search import Search
from bp.algorithms.solver import Solver
from bp.messages.state import Graphical
from replica_theory.arguments import FRACTION, POSITIVE, checked_integer, checked_number
from replica_theory.typing import Array

_NOISE = 1e-6
_LARGEST = 1e6
_RATES = 3e-3, 1e-3, 3e-4
TRACE = np.dtype([("rate", np.float64), ("errors", np.int64), ("iterations", np.int64), ("restart", np.int64)])


@dataclass(frozen=True, kw_only=True)
class MaxSum(Solver):
    r"""Reinforced max-sum.

    Fields :math:`\varphi_i` start at random, of size 1e-6, which breaks ties. A pass at rate :math:`\rho` ends after
    :math:`1.5/\rho` sweeps, and its best configuration is repaired by a `local_search`; by default passes of 3e-3,
    1e-3, 3e-4, 3e-4, ... follow, with fresh random fields.

    Parameters
    ----------
    rate : float, optional
        Rate :math:`\rho` in (0, 1) of every pass.
    max_iter : int
        Number of sweeps of messages.

    Raises
    ------
    TypeError, ValueError
        For options of the wrong type or out of range.

    Notes
    -----
    Patterns of ±1 and a single interval of allowed sums. `Solution.trace` has the columns rate, errors, iterations and
    restart. A sweep selects the k-th largest of N numbers for every pattern, :math:`O(PN)`.

    References
    ----------
    C. Baldassi and A. Braunstein, J. Stat. Mech. (2015) P08008.

    Examples
    --------
    >>> import bp, replica_theory as rt
    >>> inst = bp.random_instance(rt.BinaryPerceptron(), n=301, alpha=0.5, rng=1)
    >>> MaxSum()(inst, rng=1).solved
    True
    """

    name: ClassVar[str] = "max-sum"
    needs: ClassVar[type] = Graphical
    unit: ClassVar[str] = "sweeps"

    rate: float | None = None
    max_iter: int = 20_000

    def __post_init__(self) -> None:
        if self.rate is not None:
            checked_number("rate", self.rate, POSITIVE)
            checked_number("rate", self.rate, FRACTION)
        checked_integer("max_iter", self.max_iter)

    def applies(self, problem: Any) -> str:
        """Why this solver cannot run on a problem; empty if it can."""
        if reason := super().applies(problem):
            return reason
        optima = getattr(problem, "optima", None)
        return f"max-sum messages are not known for {type(problem).__name__}" if optima is None else optima("max-sum")

    def run(self, problem: Any, rng: np.random.Generator, stored: Mapping[str, NDArray[Any]] | None = None) -> Run:
        """Passes until nothing is violated or the limit."""
        return _Passes(self, problem, rng, stored).solution()


class _Passes(Search):
    """A run: messages, the reinforcement, and the best configurations."""

    columns = TRACE

    def __init__(
        self, solver: MaxSum, problem: Any, rng: np.random.Generator, stored: Mapping[str, NDArray[Any]] | None
    ) -> None:
        self.solver, self.done, self.restart = solver, 0, -1
        self.field: Array
        self.noise: Array
        super().__init__(problem, rng, problem.start(rng), stored)
        if stored is None:
            self._again()
            return
        self.state = problem.messages("max-sum", rng=rng)
        restore_messages(self.state, "max-sum", stored)
        self.field, self.noise = stored["field"], stored["noise"]
        self.done, self.restart, self.age = (int(number) for number in stored["progress"])

    @property
    def rate(self) -> float:
        """Rate of the present pass."""
        return self.solver.rate or _RATES[min(self.restart, len(_RATES) - 1)]

    def solution(self) -> Run:
        """Passes to the end."""
        while self.fewest and self.done < self.solver.max_iter:
            yield from self._sweep()
            if self.fewest and self.age * self.rate >= 1.5:
                self.account(local_search(self.problem, self.candidate, rng=self.rng))
                self._again()
            yield Boundary(self.done, self.solver.max_iter, f"{self.fewest} errors", self._snapshot)
        return self.result(self.done)

    def _sweep(self) -> Generator[Sweep, None, None]:
        """One sweep with the reinforcement."""
        self.age += 1
        self.done += 1
        self.field = min(1.0, self.rate * self.age) * (self.field + self.state.fields) + self.noise
        yield Sweep(self.state, self.field, 0.0)
        total = self.field + self.state.fields
        if (size := float(np.max(np.abs(total)))) > _LARGEST:
            self.state.scale(1 / size)
            self.field = self.field / size
        self.account(np.where(total < 0, -1, 1).astype(np.int8))
        self.records.append((self.rate, self.errors, self.done, self.restart))

    def _again(self) -> None:
        """Fresh messages and random fields."""
        self.restart, self.age = self.restart + 1, 0
        self.state = self.problem.messages("max-sum", rng=self.rng)
        self.noise = _NOISE * self.rng.standard_normal(self.problem.n)
        self.field = np.zeros(self.problem.n)
        self.forget()

    def _snapshot(self) -> dict[str, Any]:
        """Everything that the rest of the run depends on."""
        progress = np.array([self.done, self.restart, self.age])
        return self.kept(field=self.field, noise=self.noise, progress=progress, **stored_messages(self.state))
