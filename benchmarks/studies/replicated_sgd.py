"""Replicated SGD on committee machines: 1, 3 and 7 replicas, batches of a single one, loads, and kinds of kicks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import bp
from bp.algorithms.annealing import Centre
from bp.algorithms.replicated_sgd import Kick, ReplicatedSGD
from replica_theory import BinaryPerceptron

BEST = 10
"""Batch of a single replica: as good as any (the second part), and cheap."""


def parts(samples: int) -> Iterator[tuple[str, Any, bp.RandomProblems]]:
    """Title, solvers and problems."""
    alone = {"y = 1": ReplicatedSGD(replicas=1, batch=BEST)}
    all_ = alone | {f"y = {y}": ReplicatedSGD(replicas=y) for y in (3, 7)}
    few = max(1, samples // 2)
    yield "321×5, α = 0.5, 1000 epochs", all_, drawn(0.5, samples)
    batches = {f"y = 1, batch {b}": ReplicatedSGD(replicas=1, batch=b) for b in (1, 2, 5, 10, 20, 50, 100, 200)}
    yield "batches of a single replica, 1000 epochs", batches, drawn(0.3, few)
    loads = [0.2, 0.25, 0.275, 0.3, 0.35, 0.4, 0.45, 0.475, 0.5, 0.525, 0.55, 0.6]
    yield "success against load, 1000 epochs", all_, drawn(loads, few)
    kinds = {
        f"{kick}, {centre}, y = {y}": ReplicatedSGD(kick=kick, centre=centre, replicas=y, max_iter=500)
        for y in (3, 7)
        for kick in get_args(Kick)
        for centre in get_args(Centre)
    }
    yield "kinds of kicks, 321×5, 500 epochs", kinds, drawn(0.5, few)


def drawn(alpha: Any, samples: int) -> bp.RandomProblems:
    """Fully connected machines of five units with 321 inputs."""
    return bp.RandomProblems(BinaryPerceptron(), alpha, 1605, samples, units=5)
