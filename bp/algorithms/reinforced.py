r"""Reinforced belief propagation: every weight is pulled along its own field, harder and harder.

:math:`m = \tanh(yB)` with `B` the field of the patterns and `y` rising from 1: focusing BP at :math:`\gamma = \infty`,
where all replicas are glued to the reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bp.algorithms.focusing import MessagePasses
from bp.algorithms.schedules import Family, Schedule, Standard


@dataclass(frozen=True, kw_only=True)
class ReinforcedBP(MessagePasses):
    r"""Reinforced belief propagation.

    Parameters
    ----------
    steps : int, optional
        A single pass of so many steps with :math:`y = 1/(1-\rho)`, :math:`\rho = 0, 1/\mathrm{steps}, \ldots`; by
        default slower and slower passes as in `bp.algorithms.focusing.FocusingBP`.
    method, iterations_per_step, damping, beta, max_iter, entropies, dtype, device
        As for `bp.algorithms.focusing.FocusingBP`.

    Raises
    ------
    MemoryError, RuntimeError, TypeError, ValueError
        As `bp.algorithms.focusing.FocusingBP`.

    Notes
    -----
    `Solution.trace` is that of `bp.algorithms.focusing.FocusingBP`. An iteration costs :math:`O(PN)`.

    References
    ----------
    A. Braunstein and R. Zecchina, PRL 96, 030201 (2006).

    Examples
    --------
    >>> import bp, replica_theory as rt
    >>> inst = bp.random_instance(rt.BinaryPerceptron(), n=501, alpha=0.6, rng=1)
    >>> ReinforcedBP()(inst, rng=1).solved
    True
    """

    name: ClassVar[str] = "reinforced-bp"
    family: ClassVar[Family] = "standard"

    steps: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.steps is not None:
            Standard(self.steps)  # refuses what is no number of steps

    @property
    def plan(self) -> Schedule | None:
        """The single pass of `steps` steps."""
        return None if self.steps is None else Standard(self.steps)
