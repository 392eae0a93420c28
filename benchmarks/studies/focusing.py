"""Focusing BP: success against load at three sizes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bp
from replica_theory import BinaryPerceptron


def parts(samples: int) -> Iterator[tuple[str, Any, bp.RandomProblems]]:
    """Title, solvers and problems."""
    model = BinaryPerceptron()
    loads = {1001: [0.75, 0.76, 0.77, 0.78], 4001: [0.75, 0.755, 0.76, 0.765], 10_001: [0.75, 0.755, 0.76, 0.765]}
    for n, alphas in loads.items():
        yield f"half success, N = {n}", "focusing-bp", bp.RandomProblems(model, alphas, n, samples)
