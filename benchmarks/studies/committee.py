"""Committee machines by message passing: success and time at given loads, and the load at which half are solved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bp
from bp.algorithms.reinforced import ReinforcedBP
from replica_theory import BinaryPerceptron


def parts(samples: int) -> Iterator[tuple[str, Any, bp.RandomProblems]]:
    """Title, solvers and problems."""
    model, n = BinaryPerceptron(), 1605
    both = {"focusing-bp": "focusing-bp", "reinforced-bp": "reinforced-bp"}
    full: dict[str, Any] = {"units": 5}
    yield "fully connected, 321×5", both, bp.RandomProblems(model, [0.3, 0.5, 0.6], n, samples, **full)
    yield "fully connected, 1001×5", "focusing-bp", bp.RandomProblems(model, 0.5, 5005, samples, **full)
    loads = [0.58, 0.61, 0.64, 0.67, 0.7]
    yield "half success, fully connected, 321×5", both, bp.RandomProblems(model, loads, n, samples, **full)
    loads = [0.6, 0.64, 0.68, 0.72, 0.76]
    yield "half success, tree, 321×5", both, bp.RandomProblems(model, loads, n, samples, **full, tree=True)
    for units, inputs in ((3, 535), (7, 229)):
        title = f"K = {units}, {inputs}×{units}"
        yield title, "focusing-bp", bp.RandomProblems(model, [0.3, 0.5, 0.6], units * inputs, samples, units=units)
    for kappa, loads in ((0.5, [0.2, 0.3]), (-0.5, [0.5, 0.8])):
        title = f"margin κ = {kappa:g}, 321×5"
        yield title, "focusing-bp", bp.RandomProblems(BinaryPerceptron(kappa), loads, n, samples, **full)
