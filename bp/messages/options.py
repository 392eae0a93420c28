"""What the forms of messages can be told, checked in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from bp.messages.state import Messages, Schedule, checked_dtype
from bp.problems.patterns import LabelledPatterns
from bp.randomness import Rng
from replica_theory.arguments import checked_choice


@dataclass(frozen=True)
class Options:
    """Options of the functions that make messages; what they mean is said at `bp.belief_propagation`.

    Raises
    ------
    ValueError
        If the schedule or the precision is unknown.
    """

    beta: float = np.inf
    schedule: Schedule | None = None
    init: Messages | float | None = None
    dtype: Any = np.float64
    device: str | None = None
    rng: Rng = None
    memory_limit: float | None = None

    def __post_init__(self) -> None:
        if self.schedule is not None:
            checked_choice("schedule", self.schedule, get_args(Schedule))
        object.__setattr__(self, "dtype", checked_dtype(self.dtype))

    def on_host(self, why: str) -> None:
        """Refuse a device, for messages that live on the host."""
        if self.device is not None:
            raise ValueError(f"device={self.device!r} is {why}")

    def double(self, what: str) -> None:
        """Refuse single precision."""
        if self.dtype != np.float64:
            raise ValueError(f"dtype must be float64 for {what}; got {self.dtype}")

    def parallel(self) -> None:
        """Refuse an order of messages, for node variables."""
        if self.schedule == "sequential":
            raise ValueError("schedule='sequential' orders messages on edges, which method='amp' has not")


def require_signs(method: str, data: LabelledPatterns) -> None:
    """Refuse exact messages on patterns whose sums cannot be enumerated.

    Raises
    ------
    ValueError
        If an entry is none of -1, 0 and 1.
    """
    if method == "exact" and not (data.is_binary or np.all(np.isin(data.xi, (-1.0, 0.0, 1.0)))):
        raise ValueError("method='exact' needs patterns with entries -1, 0 or 1; use 'gaussian' or 'amp' for real ones")
