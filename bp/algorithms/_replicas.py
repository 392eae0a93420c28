r"""Compiled functions of the fields of replicas and their reference. Leaves: arrays in, preallocated arrays out.

With :math:`r = e^{-2\gamma}` and a field given by :math:`e = e^{-2|x|}`, the coupling :math:`f(x) =
\mathrm{atanh}(\tanh x\tanh\gamma)` is :math:`e^{-2|f|} = (r+e)/(1+re)`: what takes six logarithms and exponentials
a weight as `bp.algorithms.focusing.coupled` defines it takes one of each. Every loop has one of them, which keeps
twice as many of its vectors in flight as one loop with all.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bp.messages._vectors import exp, log, total
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
    r, w = math.exp(-2.0 * gamma), np.empty(fields.size)
    _coupled(fields, r, y, w, out)
    for i in range(fields.size):
        w[i] = -0.5 * log((r + w[i]) / (1.0 + r * w[i]))
    for i in range(fields.size):
        u = -w[i] if fields[i] < 0.0 else w[i]
        out[i] = external[i] + (u if fields[i] == fields[i] else fields[i])


@njit(cache=True, nogil=True, error_model="numpy")
def overlaps(fields: Array, gamma: float, y: float) -> tuple[float, float, float]:
    r"""Means over the weights of what the overlaps are made of.

    With :math:`f = f(B)` and :math:`t = \tanh B\tanh((y-1)f)`: of :math:`(1-t)/(1+t\tanh\gamma)`,
    :math:`\tanh^2(B+u)` and :math:`\tanh^2(yf)`.
    """
    n = fields.size
    e, w, rest, q, q_tilde = np.empty(n), np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    r, coupling = math.exp(-2.0 * gamma), math.tanh(gamma)
    _coupled(fields, r, y, w, e)
    for i in range(n):
        both, t = (1.0 + e[i]) * (1.0 + w[i]), (1.0 - e[i]) * (1.0 - w[i])
        rest[i] = 2.0 * (e[i] + w[i]) / (both + t * coupling)
        u, f = e[i] * (r + w[i]) / (1.0 + r * w[i]), w[i] * (r + e[i]) / (1.0 + r * e[i])
        m, replicas = (1.0 - u) / (1.0 + u), (1.0 - f) / (1.0 + f)
        q[i], q_tilde[i] = m * m, replicas * replicas
    return total(rest) / n, total(q) / n, total(q_tilde) / n


@njit(cache=True, nogil=True, error_model="numpy")
def signs(fields: Array, before: NDArray[np.int8], out: NDArray[np.int8]) -> tuple[bool, bool]:
    """Signs of the fields (N,) into `out`; whether the fields are finite, and whether signs differ from earlier ones."""
    rest, changes = np.empty(fields.size), np.int64(0)
    for i in range(out.size):
        rest[i] = fields[i] - fields[i]
        out[i] = -1 if fields[i] < 0.0 else 1
    for i in range(out.size):
        changes += out[i] != before[i]
    return total(rest) == 0.0, changes > 0


@njit(cache=True, error_model="numpy")
def _coupled(fields: Array, r: float, y: float, w: Array, e: Array) -> None:
    r""":math:`e^{-2|B|}` into `e` and :math:`e^{-2(y-1)|f(B)|}` into `w`."""
    for i in range(e.size):
        e[i] = exp(-2.0 * min(abs(fields[i]), _SATURATED))
    for i in range(e.size):
        w[i] = log((r + e[i]) / (1.0 + r * e[i]))
    for i in range(e.size):
        w[i] = exp((y - 1.0) * w[i])
