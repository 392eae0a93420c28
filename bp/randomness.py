"""What an argument `rng` stands for."""

from __future__ import annotations

import numpy as np

from replica_theory.arguments import is_integer, shown

Rng = int | np.random.SeedSequence | np.random.Generator | None


def generator(rng: Rng) -> np.random.Generator:
    """The source of randomness that an argument `rng` stands for.

    Raises
    ------
    TypeError, ValueError
        If it is none of what is allowed.
    """
    known = rng is None or is_integer(rng) or isinstance(rng, np.random.SeedSequence | np.random.Generator)
    if not known or (is_integer(rng) and rng < 0):
        error = ValueError if is_integer(rng) else TypeError
        raise error(f"rng must be a non-negative integer, a SeedSequence, a Generator or None; got {shown(rng)}")
    return np.random.default_rng(rng)
