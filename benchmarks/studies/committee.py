"""Committee machines by message passing: success and time at given loads, and the load at which half are solved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bp
from bp.algorithms.focusing import FocusingBP
from bp.algorithms.reinforced import ReinforcedBP
from replica_theory import BinaryPerceptron

ITERATIONS = 3000
"""Limit of both solvers where the load of half success is looked for: a few seconds a run."""


def parts(samples: int) -> Iterator[tuple[str, Any, bp.RandomProblems]]:
    """Title, solvers and problems."""
    model, n, units, few = BinaryPerceptron(), 1605, 5, max(1, samples // 2)
    yield "fully connected, 321×5", "focusing-bp", bp.RandomProblems(model, [0.3, 0.5], n, samples, units=units)
    yield "fully connected, 321×5, α = 0.6", "focusing-bp", bp.RandomProblems(model, 0.6, n, samples, units=units)
    yield "fully connected, 1001×5", "focusing-bp", bp.RandomProblems(model, 0.5, 5005, few, units=units)
    for k, inputs in ((3, 535), (7, 229)):
        yield f"K = {k}, {inputs}×{k}", "focusing-bp", bp.RandomProblems(model, [0.3, 0.5], k * inputs, few, units=k)
    for kappa, loads in ((0.5, [0.1, 0.2]), (-0.5, [0.5, 0.8])):
        problems = bp.RandomProblems(BinaryPerceptron(kappa), loads, n, few, units=units)
        yield f"margin κ = {kappa:g}, 321×5", "focusing-bp", problems
    both = {
        "focusing-bp": FocusingBP(max_iter=ITERATIONS),
        "reinforced-bp": ReinforcedBP(max_iter=ITERATIONS),
    }
    loads = [0.58, 0.59, 0.6, 0.61, 0.62, 0.64]
    title = f"321×5 within {ITERATIONS} iterations"
    yield f"half success of full machines, {title}", both, bp.RandomProblems(model, loads, n, few, units=units)
    loads = [0.7, 0.72, 0.74, 0.76, 0.78]
    yield f"half success of trees, {title}", both, bp.RandomProblems(model, loads, n, few, units=units, tree=True)
