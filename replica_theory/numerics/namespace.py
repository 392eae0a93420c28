"""Where arrays live, and the functions that work there: the kernels of the models are written once for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special


@dataclass(frozen=True)
class Namespace:
    """A library of arrays.

    Attributes
    ----------
    xp : module
        ``numpy``, or one with the same names for ``where``, ``exp``, ``sqrt``, ``minimum``, ...: ``torch``, ``cupy``.
    special : module
        Its ``log_ndtr``, ``ndtr`` and ``erfcx``.
    """

    xp: Any
    special: Any

    def constant(self, value: Any) -> Any:
        """A number or array of the host, as an array there."""
        return np.asarray(value)


NUMPY = Namespace(np, special)
