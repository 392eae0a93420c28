"""SBPI: a load at which it solves at once, and success against load at two sizes, as published and as it stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import bp
from bp.algorithms.sbpi import SBPI
from replica_theory import BinaryPerceptron


def parts(samples: int) -> Iterator[tuple[str, Any, bp.RandomProblems]]:
    """Title, solvers and problems; half as many where a run that fails takes a quarter of a minute."""
    model, few = BinaryPerceptron(), -(-samples // 2)
    rising, constant = {"rising": SBPI()}, {"constant 0.3, no bound": SBPI(barely=0.3, bound=np.inf)}
    yield "N = 10 001, α = 0.65", rising, bp.RandomProblems(model, 0.65, 10_001, samples)
    loads = bp.RandomProblems(model, [0.66, 0.68, 0.7, 0.72, 0.74, 0.76, 0.78], 1001, samples)
    yield "half success, N = 1001", rising | constant, loads
    yield "half success, N = 10 001, constant", constant, bp.RandomProblems(model, [0.66, 0.68, 0.7], 10_001, few)
    yield "half success, N = 10 001, rising", rising, bp.RandomProblems(model, [0.72, 0.73, 0.74, 0.75], 10_001, few)
    yield "reinforced BP beside it", "reinforced-bp", bp.RandomProblems(model, 0.74, 10_001, -(-samples // 4))
