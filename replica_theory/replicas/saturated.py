"""Where the best reference meets every constraint at once: the closed form of y = ∞ at small loads."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from replica_theory.models.model import Model
from replica_theory.numerics.binary import binary_entropy
from replica_theory.numerics.inner_newton import inner_newton
from replica_theory.typing import Array

_FAR = 60.0
"""A field farther from the edges than any that counts."""
_FLAT = 1e-6
"""Curvature below which the kernel is as high on the grid, of spacing below 1e-3, as at its maximum nearby."""


class Saturated(NamedTuple):
    """Local entropy at y = inf, its slope, overlap and field where the best reference meets every constraint."""

    entropy: float
    slope: float
    q: float
    field: float


def saturated(model: Model, alpha: float, t: float, *, always: bool = False) -> Saturated | None:
    """The point where the inner width diverges, None where it does not (or, with `always`, where it never could)."""
    std = float(np.sqrt(1 - t**2))
    distance, top = 0.5 * (1 - t), _highest_fields(model, std)
    if not 0 < t < 1:
        return None
    free_slope = float(np.log((1 - distance) / distance))
    if top is None:
        limit = float(max(model.log_kernel(np.array([-_FAR, _FAR]), std).log))
        return Saturated(float(binary_entropy(distance)) + alpha * limit, free_slope, t**2, np.inf) if always else None
    if not top:
        return None
    h = t * np.linspace(-9, 9, 4001)
    density = np.exp(-0.5 * (h / t) ** 2)
    cost = np.min([(h - c) ** 2 for c in top], axis=0)
    if not always and alpha * float(density @ cost / density.sum()) >= 2 / np.pi * t**2:
        return None
    kernel = model.log_kernel(np.array(top[0]), std)
    entropy = float(binary_entropy(distance)) + alpha * float(kernel.log)
    return Saturated(entropy, free_slope + 2 * alpha * t * float(kernel.d2), t**2, top[0])


def _highest_fields(model: Model, std: float) -> list[float] | None:
    """The fields that maximise the kernel (none if they are not found), None if they lie at infinity."""
    edges = [float(np.asarray(edge)) for edge in model.edges]
    low, high = edges[0] - 2 * std, edges[-1] + 2 * std
    f = np.unique(np.concatenate([np.linspace(low, high, 2001), edges, [low - _FAR, high + _FAR]]))
    kernel = model.log_kernel(f, std)
    best = float(kernel.log.max())
    if max(kernel.log[0], kernel.log[-1]) >= best - 1e-12:
        return None
    inner = np.flatnonzero((kernel.log[1:-1] >= kernel.log[:-2]) & (kernel.log[1:-1] >= kernel.log[2:])) + 1

    def step(fields: Array) -> Array:
        slope = model.log_kernel(fields, std)
        return np.asarray(slope.d1 / np.where(slope.d2 < -_FLAT, -slope.d2, np.inf))

    fields = inner_newton(step, f[inner], most=20, tol=0.0).or_nan
    values = model.log_kernel(fields, std).log
    return [float(c) for c, v in zip(fields, values, strict=True) if v >= values.max() - 1e-9]
