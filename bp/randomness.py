"""What an argument `rng` stands for."""

from __future__ import annotations

import numpy as np

Rng = int | np.random.SeedSequence | np.random.Generator | None


def generator(rng: Rng) -> np.random.Generator:
    """The source of randomness that an argument `rng` stands for.

    Raises
    ------
    TypeError, ValueError
        If it is none of what is allowed.
    """
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        allowed = "a non-negative integer, a SeedSequence, a Generator or None"
        raise type(error)(f"rng must be {allowed}; got {rng!r}") from None
