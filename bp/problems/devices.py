r"""Message passing on other devices: the few operations that AMP needs, over any array namespace.

The patterns stay on the device as bits (`PN`/8 bytes) and are unpacked a block of rows at a time for the two products;
everything else is of size `N` or `P`, and in float64. NumPy, torch and cupy arrays run the same lines: the step itself
is `bp.messages.amp.amp_step`, the log-weights of the patterns are `interval_kernel`. No GPU package is a dependency.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from replica_theory.models.model import Kernel

_LOG_SQRT_2PI = 0.5 * float(np.log(2 * np.pi))
_BLOCK_BYTES = 1 << 28
"""Unpacked rows held at a time on a device."""


@dataclass(frozen=True)
class Namespace:
    """Where arrays live, and the functions that work there.

    Attributes
    ----------
    xp : module
        ``numpy``, ``torch`` or ``cupy``.
    special : module
        Its ``log_ndtr``, ``ndtr`` and ``erfcx``.
    device : str
        ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"cupy"``, ...; empty for numpy.
    """

    xp: Any
    special: Any
    device: str

    def asarray(self, values: NDArray[Any], *, exact: bool = False) -> Any:
        """A host array on the device, in float64 unless its type is to be kept (`exact`)."""
        array = np.ascontiguousarray(values if exact else np.asarray(values, dtype=np.float64))
        if self.xp.__name__ == "torch":
            # A copy: torch would share the memory of a host array, even of one that is read-only.
            return self.xp.asarray(array, device=self.device, copy=True)
        return self.xp.asarray(array)

    def to_host(self, values: Any) -> NDArray[np.float64]:
        """A device array as a float64 array of numpy."""
        if self.xp.__name__ == "torch":
            values = values.cpu().numpy()
        elif self.xp.__name__ == "cupy":
            values = self.xp.asnumpy(values)
        return np.asarray(values, dtype=np.float64)


def namespace(device: str | None = None) -> Namespace:
    """The array namespace of a device.

    Parameters
    ----------
    device : str, optional
        ``None``: numpy. ``"cupy"``: the current device of cupy. Anything else is a device of torch: ``"cpu"``,
        ``"cuda"``, ``"cuda:1"``, ... It must have float64.

    Raises
    ------
    RuntimeError
        If the package or the device is not there; the message says which and what to do.
    TypeError, ValueError
        If `device` is no string or not a device.

    Examples
    --------
    >>> namespace().xp.__name__
    'numpy'
    """
    if device is None:
        return Namespace(np, special, "")
    if not isinstance(device, str):
        raise TypeError(f"device must be None, 'cupy' or a device of torch such as 'cuda'; got {device!r}")
    return _cupy() if device == "cupy" else _torch(device)


def _torch(device: str) -> Namespace:
    try:
        import torch
    except ImportError:
        raise RuntimeError(f"device={device!r} needs torch, which is not installed: pip install torch") from None
    try:
        name = torch.device(device)
    except RuntimeError:
        raise ValueError(f"device must be None, 'cupy' or a device of torch such as 'cuda'; got {device!r}") from None
    try:
        torch.zeros(1, device=name, dtype=torch.float64)
    except Exception as error:  # torch raises whatever its backend does (AssertionError, NotImplementedError, ...)
        raise RuntimeError(f"device={device!r} is not available to torch {torch.__version__}: {error}") from None
    return Namespace(torch, torch.special, str(name))


def _cupy() -> Namespace:
    try:
        import cupy
        from cupyx.scipy import special as cupy_special
    except ImportError:
        raise RuntimeError("device='cupy' needs cupy, which is not installed: see docs.cupy.dev/install") from None
    if not cupy.cuda.is_available():
        raise RuntimeError("device='cupy': cupy sees no CUDA device")
    return Namespace(cupy, cupy_special, "cupy")


class DevicePatterns:
    r"""Patterns :math:`\xi` on a device, and the products with them that AMP is made of.

    Parameters
    ----------
    space : Namespace
    n : int
        Number of weights N.
    bits : array of uint8, shape (P, ceil(N/8)), optional
        Patterns of ±1, little-endian bits, 1 for +1; they stay bits on the device.
    real : array, shape (P, N), optional
        Real patterns instead, kept in `dtype`.
    dtype : "float64" or "float32"
        Precision of the products; sums over blocks are in float64.

    Notes
    -----
    The methods are those of `bp.problems.products.Patterns`; vectors may carry leading batch axes.
    """

    def __init__(
        self,
        space: Namespace,
        n: int,
        *,
        bits: NDArray[np.uint8] | None = None,
        real: NDArray[Any] | None = None,
        dtype: str = "float64",
    ) -> None:
        self._binary = bits is not None
        self._space, self._n = space, n
        self._dtype = getattr(space.xp, dtype)
        if bits is not None:
            self._stored = space.asarray(bits, exact=True)
            self._shifts = space.asarray(np.arange(8, dtype=np.uint8), exact=True)
        elif real is not None:
            self._stored = space.asarray(real.astype(dtype, copy=False), exact=True)
        self._rows = max(1, _BLOCK_BYTES // (np.dtype(dtype).itemsize * n))

    def times(self, m: Any) -> Any:
        r""":math:`\sum_i\xi_{ai}m_i`, shape (..., P)."""
        return self._times(m, square=False)

    def back(self, g: Any) -> Any:
        r""":math:`\sum_a\xi_{ai}g_a`, shape (..., N)."""
        return self._back(g, square=False)

    def times_squared(self, v: Any) -> Any:
        r""":math:`\sum_i\xi_{ai}^2v_i`, shape (..., P), or (..., 1) for ±1."""
        return self._space.xp.sum(v, axis=-1)[..., None] if self._binary else self._times(v, square=True)

    def back_squared(self, g: Any) -> Any:
        r""":math:`\sum_a\xi_{ai}^2g_a`, shape (..., N), or (..., 1) for ±1."""
        return self._space.xp.sum(g, axis=-1)[..., None] if self._binary else self._back(g, square=True)

    def _times(self, m: Any, square: bool) -> Any:
        xp, short = self._space.xp, self._cast(m)
        parts = [self._cast(short @ (x * x if square else x).T, "float64") for _, x in self._blocks()]
        return xp.concatenate(parts, axis=-1)

    def _back(self, g: Any, square: bool) -> Any:
        short = self._cast(g)
        return sum(self._cast(short[..., rows] @ (x * x if square else x), "float64") for rows, x in self._blocks())

    def _blocks(self) -> Iterator[tuple[slice, Any]]:
        """Blocks of rows, unpacked."""
        for start in range(0, self._stored.shape[0], self._rows):
            rows = slice(start, start + self._rows)
            if not self._binary:
                yield rows, self._stored[rows]
                continue
            ones = (self._stored[rows][:, :, None] >> self._shifts) & 1
            yield rows, 2 * self._cast(ones.reshape(ones.shape[0], -1)[:, : self._n]) - 1

    def _cast(self, values: Any, dtype: str | None = None) -> Any:
        kind = self._dtype if dtype is None else getattr(self._space.xp, dtype)
        return values.to(kind) if self._space.xp.__name__ == "torch" else values.astype(kind)


def interval_kernel(space: Namespace, interval: tuple[float, float], beta: float, mean: Any, std: Any) -> Kernel:
    r"""Log-weights :math:`\log[e^{-\beta} + (1-e^{-\beta})P(a\le h+\sigma x\le b)]` and two derivatives in `h`.

    `replica_theory.models.model.Model.log_kernel` of a margin (``b = inf``) or a symmetric interval, over any
    namespace.
    """
    low, high = interval
    bare = _margin(space, low, mean, std) if np.isinf(high) else _symmetric(space, high, mean, std)
    if np.isinf(beta):
        return bare
    xp = space.xp
    log_p = bare.log + (float(np.log(-np.expm1(-beta))) if beta > 0 else -np.inf)
    log = xp.logaddexp(xp.full_like(log_p, -beta), log_p)
    satisfied = xp.exp(log_p - log)
    d1 = satisfied * bare.d1
    return Kernel(log, d1, satisfied * (bare.d2 + bare.d1**2) - d1**2)


def _hazard(space: Namespace, x: Any) -> Any:
    return float(np.sqrt(2 / np.pi)) / space.special.erfcx(x * float(np.sqrt(0.5)))


def _margin(space: Namespace, kappa: float, mean: Any, std: Any) -> Kernel:
    x = (kappa - mean) / std
    ratio = _hazard(space, x)
    return Kernel(space.special.log_ndtr(-x), ratio / std, -ratio * (ratio - x) / std**2)


def _symmetric(space: Namespace, kappa: float, mean: Any, std: Any) -> Kernel:
    """Probability between two tails, from the nearer edge: accurate on both sides of it."""
    xp, functions = space.xp, space.special
    near, far = (xp.abs(mean) - kappa) / std, (xp.abs(mean) + kappa) / std
    log_near, log_far = functions.log_ndtr(-near), functions.log_ndtr(-far)
    inside = xp.clip(near, None, 0.0)
    bulk = xp.log1p(-(functions.ndtr(inside) + functions.ndtr(-far)))
    log = xp.where(near > 0, log_near + xp.log1p(-xp.exp(log_far - log_near)), bulk)
    direct = xp.exp(-0.5 * inside**2 - _LOG_SQRT_2PI - xp.where(near > 0, xp.zeros_like(log), log))
    tail = _hazard(space, xp.clip(near, 0.0, None)) / -xp.expm1(log_far - log_near)
    density_near = xp.where(near > 0, tail, direct)
    density_far = density_near * xp.exp(-0.5 * (far - near) * (far + near))
    d1 = (density_far - density_near) / std
    curvature = (near * density_near - far * density_far) / std**2
    return Kernel(log, xp.where(mean >= 0, d1, -d1), curvature - d1**2)
