"""Products with the patterns of an instance, packed as bits or real."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bp.problems import _bits
from replica_theory.typing import Array

_BLOCK_ENTRIES = 1 << 18


class Patterns(Protocol):
    """Patterns and the products with them; vectors may carry leading batch axes."""

    def times(self, m: Any) -> Any:
        r""":math:`\sum_i\xi_{ai}m_i`: (..., N) to (..., P)."""

    def back(self, g: Any) -> Any:
        r""":math:`\sum_a\xi_{ai}g_a`: (..., P) to (..., N)."""

    def times_squared(self, v: Any) -> Any:
        r""":math:`\sum_i\xi_{ai}^2v_i`: (..., N) to (..., P), or to (..., 1) where it is the same for all patterns."""

    def back_squared(self, g: Any) -> Any:
        r""":math:`\sum_a\xi_{ai}^2g_a`: (..., P) to (..., N), or to (..., 1)."""


class PackedPatterns:
    """Patterns of ±1 as bits; `dtype` is the precision of the products."""

    def __init__(self, bits: _bits.Words, n: int, dtype: Any = np.float64) -> None:
        self._bits, self._n, self._dtype = bits, n, np.dtype(dtype)

    def times(self, m: Array) -> Array:
        """Products along rows."""
        return np.reshape(_bits.times(self._bits, self._rows(m)), (*m.shape[:-1], -1))

    def back(self, g: Array) -> Array:
        """Products along columns."""
        return np.reshape(_bits.back(self._bits, self._rows(g), self._n), (*g.shape[:-1], -1))

    def times_squared(self, v: Array) -> Array:
        """The sum, the same for every pattern."""
        return np.asarray(np.sum(v, axis=-1, keepdims=True))

    def back_squared(self, g: Array) -> Array:
        """The sum, the same for every weight."""
        return np.asarray(np.sum(g, axis=-1, keepdims=True))

    def _rows(self, vectors: Array) -> NDArray[Any]:
        return np.ascontiguousarray(vectors.reshape(-1, vectors.shape[-1]), dtype=self._dtype)


class RealPatterns:
    """Real patterns, for the BLAS."""

    def __init__(self, xi: Array, dtype: Any = np.float64) -> None:
        self._xi = xi.astype(dtype, copy=False)

    def times(self, m: Array) -> Array:
        """Products along rows."""
        return np.asarray(m.astype(self._xi.dtype, copy=False) @ self._xi.T, dtype=np.float64)

    def back(self, g: Array) -> Array:
        """Products along columns."""
        return np.asarray(g.astype(self._xi.dtype, copy=False) @ self._xi, dtype=np.float64)

    def times_squared(self, v: Array) -> Array:
        """Products with the squares, along rows."""
        return np.concatenate([v @ (x * x).T for _, x in self._blocks()], axis=-1)

    def back_squared(self, g: Array) -> Array:
        """Products with the squares, along columns."""
        return np.asarray(sum(g[..., rows] @ (x * x) for rows, x in self._blocks()))

    def _blocks(self) -> Iterator[tuple[slice, NDArray[Any]]]:
        """Blocks of rows whose squares stay in cache."""
        height = max(1, _BLOCK_ENTRIES // self._xi.shape[1])
        for start in range(0, len(self._xi), height):
            rows = slice(start, start + height)
            yield rows, self._xi[rows]
