r"""Message passing on other devices: the few operations that AMP needs, over any array namespace.

The patterns stay on the device as bits (`PN`/8 bytes) and are unpacked a block of rows at a time for the two products;
everything else is of size `N` or `P`, and in float64. NumPy, torch and cupy arrays run the same lines: the step itself
is `bp.messages.amp.amp_step`, the log-weights of the patterns are `replica_theory.models.model.Model.log_kernel`. No
GPU package is a dependency.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from replica_theory.numerics.namespace import Namespace

_BLOCK_BYTES = 1 << 28
"""Unpacked rows held at a time on a device."""


@dataclass(frozen=True)
class DeviceNamespace(Namespace):
    """A library of arrays on a device.

    Attributes
    ----------
    xp : module
        ``numpy``, ``torch`` or ``cupy``.
    special : module
        Its ``log_ndtr``, ``ndtr`` and ``erfcx``.
    device : str
        ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"cupy"``, ...; empty for numpy.
    """

    device: str

    def constant(self, value: Any) -> Any:
        """A number or array of the host, as an array on the device."""
        return self.asarray(np.asarray(value)).reshape(np.shape(value))

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


def namespace(device: str | None = None) -> DeviceNamespace:
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
        return DeviceNamespace(np, special, "")
    if not isinstance(device, str):
        raise TypeError(f"device must be None, 'cupy' or a device of torch such as 'cuda'; got {device!r}")
    return _cupy() if device == "cupy" else _torch(device)


def _torch(device: str) -> DeviceNamespace:
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
    return DeviceNamespace(torch, torch.special, str(name))


def _cupy() -> DeviceNamespace:
    try:
        import cupy
        from cupyx.scipy import special as cupy_special
    except ImportError:
        raise RuntimeError("device='cupy' needs cupy, which is not installed: see docs.cupy.dev/install") from None
    if not cupy.cuda.is_available():
        raise RuntimeError("device='cupy': cupy sees no CUDA device")
    return DeviceNamespace(cupy, cupy_special, "cupy")


class DevicePatterns:
    r"""Patterns :math:`\xi` on a device, and the products with them that AMP is made of.

    Parameters
    ----------
    space : DeviceNamespace
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
        space: DeviceNamespace,
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
