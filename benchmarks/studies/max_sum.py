"""Reinforced max-sum: success against load in one pass at three rates and by default, and what N = 10 001 takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bp
from bp.algorithms.max_sum import MaxSum
from replica_theory import BinaryPerceptron

LOADS = {0.003: [0.45, 0.5, 0.55, 0.6], 0.001: [0.5, 0.55, 0.6, 0.65], 0.0003: [0.55, 0.6, 0.65, 0.7]}


def parts(samples: int) -> Iterator[tuple[str, Any, bp.RandomProblems]]:
    """Title, solvers and problems; half as many as asked for at N = 1001, a seventh at N = 10 001."""
    model, some, few = BinaryPerceptron(), -(-samples // 2), -(-samples // 7)
    for rate, loads in LOADS.items():
        yield f"half success, N = 1001, {rate:g}", one_pass(rate), bp.RandomProblems(model, loads, 1001, some)
    yield "N = 10 001", one_pass(0.001), bp.RandomProblems(model, [0.35, 0.45], 10_001, few)
    default = {"default, 20 000 sweeps": MaxSum()}
    yield "half success, N = 1001, default", default, bp.RandomProblems(model, [0.6, 0.65, 0.7], 1001, some)


def one_pass(rate: float) -> dict[str, MaxSum]:
    """A pass at a rate and the local search after it, by its label."""
    return {f"rate {rate:g}": MaxSum(rate=rate, max_iter=round(1.5 / rate))}
