"""Grids for inner integrals whose mass sits far from the origin."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from replica_theory.numerics.inner_newton import inner_newton
from replica_theory.typing import Array

MOST_NODES = 40_000
_SPREAD = np.sinh(np.linspace(-15, 15, 151))


Band = tuple[float, float, float]
"""Centre, half width and scale of an interval that is resolved throughout."""


def inner_grid(
    steps: list[tuple[float, float]], h: Array, width: float, spacing: float, bands: Sequence[Band] = ()
) -> tuple[Array, Array]:
    r"""Grid of the inner field and the logarithm of its trapezoidal weights.

    The nodes are equidistant in :math:`u(f) = f/w + \sum_k \mathrm{asinh}((f-c_k)/s_k)/a`: never coarser than the
    Gaussian of width `w`, and fine in proportion to the distance from the steps :math:`(c_k, s_k)`. A step that lies
    anywhere in a band :math:`|f - c| < b` of scale `s` adds
    :math:`2[\sqrt{(f-c+b)^2+s^2} - \sqrt{(f-c-b)^2+s^2}]/s`: a spacing of s/4, the ends as smooth as s.
    """
    reach = 9 * width
    centers = [c for c, _ in steps]
    low, high = min(h[0], *centers) - reach, max(h[-1], *centers) + reach

    def position(x: Array) -> Array:
        even = sum((np.hypot(x - c + b, s) - np.hypot(x - c - b, s)) * 2 / s for c, b, s in bands)
        return np.asarray(x / width + sum(4.0 * np.arcsinh((x - c) / s) for c, s in steps) + even)

    ends = position(np.array([low, high]))
    count = int(np.ceil((ends[1] - ends[0]) / spacing))
    if count > MOST_NODES:  # fewer would not resolve it
        return np.full(3, np.nan), np.full(3, np.nan)
    u = np.linspace(ends[0], ends[1], count)
    ends_of_bands = [end + s * _SPREAD for c, b, s in bands for end in (c - b, c + b)]
    coarse = np.unique(
        np.concatenate([np.linspace(low, high, 200), *(c + s * _SPREAD for c, s in steps), *ends_of_bands])
    )
    coarse = coarse[(coarse >= low) & (coarse <= high)]

    def density(x: Array) -> Array:
        even = sum(
            ((x - c + b) / np.hypot(x - c + b, s) - (x - c - b) / np.hypot(x - c - b, s)) * 2 / s for c, b, s in bands
        )
        return np.asarray(1 / width + sum(4.0 / np.hypot(x - c, s) for c, s in steps) + even)

    start, scale = np.interp(u, position(coarse), coarse), max(abs(low), abs(high))
    f = inner_newton(lambda x: (u - position(x)) / density(x), start, most=50, tol=1e-14, scale=scale).or_nan
    return f, np.log((u[1] - u[0]) / density(f))
