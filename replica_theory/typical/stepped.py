"""Nodes for the field of typical configurations: a Gaussian measure that resolves where the kernel is steep."""

from __future__ import annotations

import numpy as np

from replica_theory.models.model import Model
from replica_theory.models.steep_fields import steep_fields
from replica_theory.numerics.gaussian import Rule, multi_rule
from replica_theory.typing import Array


def stepped_rule(model: Model, scale: Array, std: Array, n: int, also: Array | None = None) -> Rule:
    """Rule in z that resolves the kernel at field ``scale * z`` and width `std` (and a step of width `also` at 0)."""
    safe = np.maximum(scale, 1e-6)
    fields = steep_fields(model, std[..., None])
    centers = [np.clip(field.center[..., 0] / safe, -8.0, 8.0) for field in fields]
    widths = [field.width[..., 0] / safe for field in fields]
    if also is not None:
        step = np.where(scale > 0, also, safe) / safe
        same = [k for k, center in enumerate(centers) if not center.any()]
        for k in same:
            widths[k] = np.minimum(widths[k], step)
        if not same:
            centers, widths = [*centers, np.zeros_like(scale)], [*widths, step]
    return multi_rule(centers, widths, n)
