"""SBPI: a load at which it solves at once, and success against load at two sizes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bp
from replica_theory import BinaryPerceptron


def parts(samples: int) -> Iterator[tuple[str, Any, bp.RandomProblems]]:
    """Title, solvers and problems."""
    model = BinaryPerceptron()
    yield "N = 10 001, α = 0.65", "sbpi", bp.RandomProblems(model, 0.65, 10_001, samples)
    yield "half success, N = 1001", "sbpi", bp.RandomProblems(model, [0.66, 0.68, 0.7, 0.72, 0.74], 1001, samples)
    yield "half success, N = 10 001", "sbpi", bp.RandomProblems(model, [0.66, 0.68, 0.7, 0.72], 10_001, samples)
