r"""One step of approximate message passing (node variables only), over arrays of any namespace.

With :math:`\ell(\omega, \sigma)` the log-weight of a pattern (`replica_theory.models.Model.log_kernel`),

.. math:: V_a &= \tfrac1N\sum_i\xi_{ai}^2(1-m_i^2), \qquad
   \omega_a = \tfrac1{\sqrt N}\sum_i\xi_{ai}m_i - V_a g_a^{\mathrm{old}}, \qquad
   g_a = \partial_\omega\ell(\omega_a, \sqrt{V_a}), \qquad \Gamma_a = -\partial_\omega g_a, \\
   B_i &= \tfrac1{\sqrt N}\sum_a\xi_{ai}g_a + m_i\,\tfrac1N\sum_a\xi_{ai}^2\Gamma_a, \qquad m_i = \tanh(B_i+\theta_i).

Its fixed points are the stationary points of the Bethe free entropy

.. math:: N\Phi = \sum_a\Big[\ell(\omega_a,\sqrt{V_a}) + \tfrac{(\omega_a - z_a)^2}{2V_a}\Big]
   + \sum_i\Big[\theta_i m_i - \sum_{s=\pm1}\tfrac{1+sm_i}2\log\tfrac{1+sm_i}2\Big], \qquad
   z_a = \tfrac1{\sqrt N}\sum_i\xi_{ai}m_i,

over :math:`m` and :math:`\omega`: the derivative in :math:`\omega_a` gives :math:`\omega = z - Vg`, that in
:math:`m_i`, with :math:`\partial_V\ell = (\ell''+\ell'^2)/2`, the equation for :math:`B_i`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from bp import _bits
from bp.arrays import DevicePatterns, Namespace, interval_kernel, namespace
from bp.instance import Instance
from replica_theory.models import Kernel

Array = NDArray[np.float64]
KernelFunction = Callable[[Any, Any], Kernel]

MIN_VARIANCE = 1e-10  # keeps the kernel finite when every magnetisation is saturated (V = 0)
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


class AmpStep(NamedTuple):
    """What one step gives; leading batch axes are those of the magnetisations.

    Attributes
    ----------
    fields : array, shape (..., N)
        Fields `B` of the patterns on the weights, without any external field.
    g : array, shape (..., P)
        New output terms, to be passed to the next step.
    omega : array, shape (..., P)
        Mean of each stability, reaction term removed.
    variance : array, shape (..., P) or (..., 1)
        Its variance, one for all patterns of ±1.
    log_weight : array, shape (..., P)
        The log-weight of each pattern.
    """

    fields: Any
    g: Any
    omega: Any
    variance: Any
    log_weight: Any


def amp_step(patterns: Patterns, kernel: KernelFunction, magnetizations: Any, g: Any, xp: Any = np) -> AmpStep:
    """One step from the magnetisations (..., N) and the previous output terms `g` (..., P).

    The first step takes ``g = 0``. Neither damping nor the external field is applied: the caller sets
    ``m = tanh(fields + field)`` as it likes. `kernel` gives the log-weight of a pattern and its derivatives at
    ``(omega, std)``; `xp` is the namespace of the arrays. Cost: two products with the patterns.
    """
    m = magnetizations
    n = m.shape[-1]
    variance = xp.clip(patterns.times_squared(1.0 - m**2) / n, MIN_VARIANCE, None)
    omega = patterns.times(m) / np.sqrt(n) - variance * g
    log_weight, d1, d2 = kernel(omega, xp.sqrt(variance))
    fields = patterns.back(d1) / np.sqrt(n) - m * patterns.back_squared(d2) / n
    return AmpStep(fields, d1, omega, variance, log_weight)


def amp_free_entropy(step: AmpStep, magnetizations: Array, g: Array, field: Array) -> float:
    r"""Bethe free entropy :math:`\Phi` per weight, of a step and what went into it (so :math:`\omega - z = -Vg`)."""
    patterns = np.sum(step.log_weight + 0.5 * step.variance * g**2)
    return float((patterns + np.sum(binary_entropy(magnetizations)) + field @ magnetizations) / len(magnetizations))


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


class Amp:
    """The step for one instance, on the host or on a device.

    Parameters
    ----------
    instance : Instance
    beta : float
        Inverse temperature.
    dtype : float64 or float32
        Precision of the products with the patterns.
    device : str, optional
        As for `bp.arrays.namespace`; by default the products run on the host, straight from the bits.
    """

    def __init__(
        self, instance: Instance, beta: float = np.inf, dtype: Any = np.float64, device: str | None = None
    ) -> None:
        self.space: Namespace = namespace(device)
        self.patterns: Patterns
        if device is None:
            self.kernel: KernelFunction = instance.model.at(beta=beta).log_kernel
            if instance.bits is not None:
                self.patterns = PackedPatterns(instance.bits, instance.n, dtype)
            else:
                assert instance.real is not None
                self.patterns = RealPatterns(instance.real, dtype)
            return
        interval = instance.interval
        self.kernel = lambda mean, std: interval_kernel(self.space, interval, beta, mean, std)
        bits = None if instance.bits is None else _bits.as_bytes(instance.bits, instance.n)
        name = np.dtype(dtype).name
        self.patterns = DevicePatterns(self.space, instance.n, bits=bits, real=instance.real, dtype=name)

    def step(self, magnetizations: Array, g: Array) -> AmpStep:
        """One step; arrays of the host go in and come out."""
        space = self.space
        step = amp_step(self.patterns, self.kernel, space.asarray(magnetizations), space.asarray(g), space.xp)
        return AmpStep(*(space.to_host(values) for values in step))


def binary_entropy(magnetizations: Array) -> Array:
    """Entropy of independent weights of given magnetisations, nats."""
    p = np.stack([1.0 + magnetizations, 1.0 - magnetizations]) / 2.0
    terms = -p * np.log(p, out=np.zeros_like(p), where=p > 0)
    return np.asarray(np.sum(terms, axis=0))
