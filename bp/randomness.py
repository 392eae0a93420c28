"""What an argument `rng` stands for."""

from __future__ import annotations

import numpy as np

from replica_theory.arguments import shown

Rng = int | np.random.SeedSequence | np.random.Generator | None


def generator(rng: Rng) -> np.random.Generator:
    """The source of randomness that an argument `rng` stands for.

    Raises
    ------
    TypeError, ValueError
        If it is none of what is allowed.
    """
    known = isinstance(rng, int | np.integer | np.random.SeedSequence | np.random.Generator) or rng is None
    if not known or isinstance(rng, bool) or (isinstance(rng, int | np.integer) and rng < 0):
        error = ValueError if isinstance(rng, int | np.integer) and not isinstance(rng, bool) else TypeError
        raise error(f"rng must be a non-negative integer, a SeedSequence, a Generator or None; got {shown(rng)}")
    return np.random.default_rng(rng)
