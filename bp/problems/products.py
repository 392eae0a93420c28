"""Products with the patterns of an instance, packed as bits or real."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bp.problems import _bits, _reals
from replica_theory.typing import Array


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
        return _bits.times(self._bits, self._rows(m)).reshape(*m.shape[:-1], -1)

    def back(self, g: Array) -> Array:
        """Products along columns."""
        return _bits.back(self._bits, self._rows(g), self._n).reshape(*g.shape[:-1], -1)

    def times_squared(self, v: Array) -> Array:
        """The sum, the same for every pattern."""
        return np.asarray(np.sum(v, axis=-1, keepdims=True))

    def back_squared(self, g: Array) -> Array:
        """The sum, the same for every weight."""
        return np.asarray(np.sum(g, axis=-1, keepdims=True))

    def _rows(self, vectors: Array) -> NDArray[Any]:
        return np.ascontiguousarray(vectors.reshape(-1, vectors.shape[-1]), dtype=self._dtype)


class RealPatterns:
    """Real patterns; `dtype` is their precision, and that of the products with them (not with their squares)."""

    def __init__(self, xi: Array, dtype: Any = np.float64) -> None:
        self._xi = np.ascontiguousarray(xi, dtype=dtype)

    def times(self, m: Array) -> Array:
        """Products along rows."""
        return np.reshape(_reals.times(self._xi, self._rows(m, self._xi.dtype)), (*m.shape[:-1], -1))

    def back(self, g: Array) -> Array:
        """Products along columns."""
        return np.reshape(_reals.back(self._xi, self._rows(g, self._xi.dtype)), (*g.shape[:-1], -1))

    def times_squared(self, v: Array) -> Array:
        """Products with the squares, along rows."""
        return np.reshape(_reals.times(self._xi, self._rows(v), squared=True), (*v.shape[:-1], -1))

    def back_squared(self, g: Array) -> Array:
        """Products with the squares, along columns."""
        return np.reshape(_reals.back(self._xi, self._rows(g), squared=True), (*g.shape[:-1], -1))

    def _rows(self, vectors: Array, dtype: Any = np.float64) -> NDArray[Any]:
        return np.ascontiguousarray(vectors.reshape(-1, vectors.shape[-1]), dtype=dtype)
