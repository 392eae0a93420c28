r"""The overlap of an even constraint where its symmetric saddle point is unstable.

By the symmetry under :math:`W\\to-W` the overlap q = 0 solves the equation :math:`q = G(q)` at any load, but where
:math:`G'(0) = \\alpha\\ell''(0, 1)^2 > 1` it is unstable and a solution q > 0 takes over: the zero of
:math:`G(q)/q - 1`, which is positive at small q.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from replica_theory.typing import Array

_MARGINAL = 1e-7
"""Growth above 1 from which on a solution q > 0 can be told from 0 (the entropies differ by its cube)."""
_LADDER = np.concatenate(
    [[1e-12, 1e-6, 1e-4, 1e-3, 1e-2, 0.03], np.arange(0.1, 0.95, 0.1), 1 - np.logspace(-1.3, -6, 6)]
)
"""Overlaps between which the first sign change is looked for."""


def sign_broken(image: Callable[[Array, NDArray[np.intp]], Array], growth: Array) -> Array:
    """The smallest overlap q > 0 that solves q = G(q) for every problem that has grown unstable.

    Parameters
    ----------
    image : callable
        ``image(q, index)`` gives G at overlaps of the problems `index`.
    growth : array, shape (m,)
        The derivative of G at 0.

    Returns
    -------
    array, shape (m,)
        NaN where q = 0 is stable, 1 where q runs up to 1.
    """
    from scipy.optimize import elementwise  # imported here: it doubles the package's import time

    found = np.where(growth > 1 + _MARGINAL, 1.0, np.nan)
    active, below = np.flatnonzero(growth > 1 + _MARGINAL), _LADDER[0]

    def excess(q: Array, index: NDArray[np.intp]) -> Array:
        flat, rows = np.broadcast_arrays(q, index)
        return np.asarray(image(flat.ravel(), rows.ravel().astype(np.intp)).reshape(flat.shape) / flat - 1)

    for above in _LADDER[1:]:
        if not len(active):
            break
        crossed = excess(np.full(len(active), above), active) < 0
        here = active[crossed]
        if len(here):
            ends = np.full(len(here), below), np.full(len(here), above)
            root = elementwise.find_root(excess, ends, args=(here,), tolerances={"xatol": 0.0, "xrtol": 1e-15})
            found[here] = root.x
        active, below = active[~crossed], above
    return found
