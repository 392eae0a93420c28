"""A field without bounds as a coordinate between -1 and 1."""

from __future__ import annotations

import math


def squeezed(x: float) -> float:
    r""":math:`x/(1+|x|)`."""
    return x / (1 + abs(x))


def unsqueezed(x: float) -> float:
    r""":math:`x/(1-|x|)`, the inverse; infinite outside (-1, 1)."""
    return x / (1 - abs(x)) if abs(x) < 1 else math.inf
