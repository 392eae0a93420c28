"""Replicated SGD on committee machines: 1, 3 and 7 replicas, batches of a single one, loads, and kinds of kicks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import bp
from bp.algorithms.annealing import Centre
from bp.algorithms.replicated_sgd import Kick, ReplicatedSGD
from replica_theory import BinaryPerceptron

BEST = 5
"""Batch of a single replica that solves most, see the second part."""


def parts(samples: int) -> Iterator[tuple[str, Any, bp.RandomProblems]]:
    """Title, solvers and problems."""
    alone = {"y = 1": ReplicatedSGD(replicas=1, batch=BEST)}
    both = alone | {f"y = {y}": ReplicatedSGD(replicas=y) for y in (3, 7)}
    yield "321×5, α = 0.5", both, drawn(0.5, samples)
    batches = {f"y = 1, batch {b}": ReplicatedSGD(replicas=1, batch=b) for b in (1, 2, 5, 10, 20, 50, 100, 200)}
    yield "batches of a single replica", batches, drawn([0.2, 0.3], samples // 2)
    yield "success against load", both, drawn([0.2, 0.3, 0.4, 0.45, 0.55, 0.6], samples)
    kinds = {
        f"{kick}, {centre}, y = {y}": ReplicatedSGD(kick=kick, centre=centre, replicas=y)
        for kick in get_args(Kick)
        for centre in get_args(Centre)
        for y in (3, 7)
    }
    yield "kicks", kinds, drawn(0.5, samples // 2)


def drawn(alpha: Any, samples: int) -> bp.RandomProblems:
    """Fully connected machines of five units with 321 inputs."""
    return bp.RandomProblems(BinaryPerceptron(), alpha, 1605, samples, units=5)
