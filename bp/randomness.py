"""What an argument `rng` stands for."""

from __future__ import annotations

import numpy as np

from replica_theory.arguments import checked_rng

Rng = int | np.random.SeedSequence | np.random.Generator | None


def generator(rng: Rng) -> np.random.Generator:
    """The source of randomness that an argument `rng` stands for.

    Raises
    ------
    TypeError, ValueError
        If it is none of what is allowed.
    """
    checked_rng(rng)
    return np.random.default_rng(rng)
