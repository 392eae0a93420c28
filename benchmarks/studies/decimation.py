"""Decimation: success against load, with and without backtracking."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bp
from bp.algorithms.decimation import Decimation
from replica_theory import BinaryPerceptron


def parts(samples: int) -> Iterator[tuple[str, Any, bp.RandomProblems]]:
    """Title, solvers and problems."""
    solvers = {"with backtracking": Decimation(), "without": Decimation(backtracking=0.0)}
    loads = bp.RandomProblems(BinaryPerceptron(), [0.66, 0.7, 0.73, 0.76], 1001, samples)
    yield "half success, N = 1001", solvers, loads
