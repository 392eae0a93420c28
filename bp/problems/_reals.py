r"""Products of vectors with real patterns (P, N) and with their squares, in the precision of what is multiplied.

Each sum is made by one thread, always in the same order: results do not depend on the number of threads, nor on what
other vectors are multiplied at the same time. (Those of a BLAS do, and its threads spin while they wait: beside other
work a product at N = 1001 took forty times its time.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bp.execution.threads import in_threads

_COLUMNS, _ROWS = 512, 64
"""Of a block whose columns are summed together: a quarter of a megabyte."""
_ENTRY_SECONDS = 3e-10
"""What an entry takes in float64, about."""
_REORDERED = {"reassoc", "contract", "nsz"}  # sums in vector registers


def times(x: NDArray[Any], m: NDArray[Any], *, squared: bool = False) -> NDArray[np.float64]:
    r"""Products :math:`\sum_ix_{ai}m_i`, or with the squares of the entries, of vectors (B, N): float64 (B, P)."""
    out = np.empty((len(m), len(x)))
    _share(_times_squared if squared else _times, len(x), x, m, out)
    return out


def back(x: NDArray[Any], g: NDArray[Any], *, squared: bool = False) -> NDArray[np.float64]:
    r"""Products :math:`\sum_ax_{ai}g_a`, or with the squares of the entries, of vectors (B, P): float64 (B, N)."""
    out = np.zeros((len(g), x.shape[1]), np.result_type(x, g))
    _share(_back_squared if squared else _back, -(-x.shape[1] // _COLUMNS), x, g, out)
    return out.astype(np.float64, copy=False)


def _share(kernel: Callable[..., None], size: int, x: NDArray[Any], vectors: NDArray[Any], out: NDArray[Any]) -> None:
    seconds = _ENTRY_SECONDS * x.size * len(vectors) * vectors.itemsize / 8
    in_threads(lambda first, last: kernel(x, vectors, out, first, last), size, seconds)


@njit(cache=True, nogil=True, fastmath=_REORDERED)
def _times(x: Any, m: Any, out: Any, first: int, last: int) -> None:
    for a in range(first, last):
        for k in range(len(m)):
            total = x.dtype.type(0.0) * m.dtype.type(0.0)
            for i in range(x.shape[1]):
                total += x[a, i] * m[k, i]
            out[k, a] = total


@njit(cache=True, nogil=True, fastmath=_REORDERED)
def _times_squared(x: Any, v: Any, out: Any, first: int, last: int) -> None:
    for a in range(first, last):
        for k in range(len(v)):
            total = x.dtype.type(0.0) * v.dtype.type(0.0)
            for i in range(x.shape[1]):
                total += x[a, i] * x[a, i] * v[k, i]
            out[k, a] = total


@njit(cache=True, nogil=True)
def _back(x: Any, g: Any, out: Any, first: int, last: int) -> None:
    """Blocks that stay in cache, rows in order, four at a time."""
    for start in range(first * _COLUMNS, min(last * _COLUMNS, x.shape[1]), _COLUMNS):
        stop = min(start + _COLUMNS, x.shape[1])
        for top in range(0, len(x), _ROWS):
            end = min(top + _ROWS, len(x))
            whole = end - (end - top) % 4
            for k in range(len(g)):
                total = out[k, start:stop]
                for a in range(top, whole, 4):
                    x0, x1 = x[a, start:stop], x[a + 1, start:stop]
                    x2, x3 = x[a + 2, start:stop], x[a + 3, start:stop]
                    g0, g1, g2, g3 = g[k, a], g[k, a + 1], g[k, a + 2], g[k, a + 3]
                    for i in range(stop - start):
                        total[i] += (g0 * x0[i] + g1 * x1[i]) + (g2 * x2[i] + g3 * x3[i])
                for a in range(whole, end):
                    row, factor = x[a, start:stop], g[k, a]
                    for i in range(stop - start):
                        total[i] += factor * row[i]


@njit(cache=True, nogil=True)
def _back_squared(x: Any, g: Any, out: Any, first: int, last: int) -> None:
    """As `_back`, two rows at a time."""
    for start in range(first * _COLUMNS, min(last * _COLUMNS, x.shape[1]), _COLUMNS):
        stop = min(start + _COLUMNS, x.shape[1])
        for top in range(0, len(x), _ROWS):
            end = min(top + _ROWS, len(x))
            whole = end - (end - top) % 2
            for k in range(len(g)):
                total = out[k, start:stop]
                for a in range(top, whole, 2):
                    x0, x1 = x[a, start:stop], x[a + 1, start:stop]
                    g0, g1 = g[k, a], g[k, a + 1]
                    for i in range(stop - start):
                        total[i] += g0 * (x0[i] * x0[i]) + g1 * (x1[i] * x1[i])
                for a in range(whole, end):
                    row, factor = x[a, start:stop], g[k, a]
                    for i in range(stop - start):
                        total[i] += factor * (row[i] * row[i])
