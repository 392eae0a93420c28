r"""Compiled functions of the fields of replicas and their reference. Leaves: arrays in, preallocated arrays out.

With :math:`r = e^{-2\gamma}` and a field given by :math:`e = e^{-2|x|}`, the coupling :math:`f(x) =
\mathrm{atanh}(\tanh x\tanh\gamma)` is :math:`e^{-2|f|} = (r+e)/(1+re)`: what takes six logarithms and exponentials
a weight as `bp.algorithms.focusing.coupled` defines it takes one of each. Weights are done in blocks that stay in the
first cache; a loop has one of these functions, which keeps twice as many vectors in flight as one loop with all.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bp.messages._vectors import BLOCK, exp, log, total
from replica_theory.typing import Array

_SATURATED = 340.0
"""Field from which on :math:`e^{-2x}` is taken as that of this field, a normal number still."""


@njit(cache=True, nogil=True, error_model="numpy")
def reference(fields: Array, external: Array, gamma: float, y: float, out: Array) -> None:
    r"""External fields and those of the reference, :math:`\theta + f((y-1) f(B))`, into `out`; all of shape (N,)."""
    if gamma == math.inf:
        for i in range(fields.size):
            out[i] = external[i] + (y - 1.0) * fields[i]
        return
    r, space = math.exp(-2.0 * gamma), np.empty((2, BLOCK))
    for start in range(0, fields.size, BLOCK):
        stop = start + BLOCK
        part, added, field = fields[start:stop], external[start:stop], out[start:stop]
        w, e = space[0, : part.size], space[1, : part.size]
        _coupled(part, r, y, w, e)
        for i in range(w.size):
            w[i] = -0.5 * log((r + w[i]) / (1.0 + r * w[i]))
        for i in range(w.size):
            u = -w[i] if part[i] < 0.0 else w[i]
            field[i] = added[i] + (u if part[i] == part[i] else part[i])


@njit(cache=True, nogil=True, error_model="numpy")
def overlaps(fields: Array, gamma: float, y: float) -> tuple[float, float, float]:
    r"""Means over the weights of what the overlaps are made of.

    With :math:`f = f(B)` and :math:`t = \tanh B\tanh((y-1)f)`: of :math:`(1-t)/(1+t\tanh\gamma)`,
    :math:`\tanh^2(B+u)` and :math:`\tanh^2(yf)`.
    """
    r, coupling, space = math.exp(-2.0 * gamma), math.tanh(gamma), np.empty((5, BLOCK))
    first, second, third, n = 0.0, 0.0, 0.0, fields.size
    for start in range(0, n, BLOCK):
        part = fields[start : start + BLOCK]
        e, w, rest = space[0, : part.size], space[1, : part.size], space[2, : part.size]
        q, q_tilde = space[3, : part.size], space[4, : part.size]
        _coupled(part, r, y, w, e)
        for i in range(part.size):
            both, t = (1.0 + e[i]) * (1.0 + w[i]), (1.0 - e[i]) * (1.0 - w[i])
            rest[i] = 2.0 * (e[i] + w[i]) / (both + t * coupling)
            u, one = e[i] * (r + w[i]), 1.0 + r * w[i]
            q[i] = ((one - u) / (one + u)) ** 2
            f, one = w[i] * (r + e[i]), 1.0 + r * e[i]
            q_tilde[i] = ((one - f) / (one + f)) ** 2
        first, second, third = first + total(rest), second + total(q), third + total(q_tilde)
    return first / n, second / n, third / n


@njit(cache=True, nogil=True, error_model="numpy")
def signs(fields: Array, before: NDArray[np.int8], out: NDArray[np.int8]) -> tuple[bool, bool]:
    """Signs of the fields (N,) into `out`; whether the fields are finite, and whether signs have changed."""
    bad, changes = np.int64(0), np.int64(0)
    for i in range(out.size):
        bad += fields[i] - fields[i] != 0.0
        out[i] = -1 if fields[i] < 0.0 else 1
    for i in range(out.size):
        changes += out[i] != before[i]
    return bool(bad == 0), bool(changes > 0)


@njit(cache=True, error_model="numpy")
def _coupled(fields: Array, r: float, y: float, w: Array, e: Array) -> None:
    r""":math:`e^{-2|B|}` into `e` and :math:`e^{-2(y-1)|f(B)|}` into `w`."""
    for i in range(e.size):
        e[i] = exp(-2.0 * min(abs(fields[i]), _SATURATED))
    for i in range(e.size):
        w[i] = log((r + e[i]) / (1.0 + r * e[i]))
    for i in range(e.size):
        w[i] = exp((y - 1.0) * w[i])
