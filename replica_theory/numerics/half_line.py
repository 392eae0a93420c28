"""Quadrature for integrands with a kink: over the half line, and on both sides of any point."""

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


def kinked_line(center: float, width: float) -> tuple[Array, Array]:
    r"""Nodes and weights of Dz for an integrand with a kink at `center`, smooth over `width` on either side of it."""
    center, scale = float(np.clip(center, -9.0, 9.0)), min(2 * width, 1.0)
    x, w = _LEGENDRE
    nodes, weights = [], []
    for end in (-10.0, 10.0):
        top = np.arcsinh((end - center) / scale)
        u = 0.5 * top * (x + 1)
        z = center + scale * np.sinh(u)
        nodes.append(z)
        weights.append(0.5 * abs(top) * w * scale * np.cosh(u) * np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi))
    return np.concatenate(nodes), np.concatenate(weights)
