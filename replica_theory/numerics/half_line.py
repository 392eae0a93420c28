"""Quadrature over the half line for integrands with a slope at its end."""

from __future__ import annotations

import numpy as np

from replica_theory.typing import Array

_LEGENDRE = np.polynomial.legendre.leggauss(160)


def half_line(width: float) -> tuple[Array, Array]:
    r"""Nodes on z > 0 and weights of :math:`2Dz`: Gauss-Legendre in u, :math:`z = c\sinh u`."""
    scale = min(2 * width, 1.0)
    top = np.arcsinh(10.0 / scale)
    x, w = _LEGENDRE
    u = 0.5 * top * (x + 1)
    z = scale * np.sinh(u)
    return z, 0.5 * top * w * scale * np.cosh(u) * np.sqrt(2 / np.pi) * np.exp(-0.5 * z**2)
