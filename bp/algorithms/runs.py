"""Runs of message-passing solvers as generators that ask for sweeps, one run alone or many side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from bp.algorithms.solution import Solution
from bp.messages.amp import AmpState, sweep_together
from bp.messages.state import State


class Sweep(NamedTuple):
    """What a run asks for: messages, the fields on the weights, and the damping."""

    state: State
    field: NDArray[np.float64]
    damping: float


Run = Generator[Sweep, None, Solution]


def alone(run: Run) -> Solution:
    """Carry out one run; what interrupts a sweep reaches the run."""
    try:
        request = next(run)
        while True:
            try:
                request.state.sweep(request.field, request.damping)
            except BaseException as interruption:
                request = run.throw(interruption)
            else:
                request = next(run)
    except StopIteration as end:
        solution: Solution = end.value
        return solution


def together(runs: Iterable[Run]) -> list[Solution]:
    """Carry out many runs step by step; node variables of one instance share each pass over its patterns."""
    solutions: dict[int, Solution] = {}
    live: dict[int, tuple[Run, Sweep]] = {}

    with tqdm(desc="runs", disable=None, delay=5, leave=False) as bar:

        def advance(k: int, run: Run) -> None:
            try:
                live[k] = run, next(run)
            except StopIteration as end:
                live.pop(k, None)
                solutions[k] = end.value
                bar.update()

        for k, run in enumerate(runs):
            advance(k, run)
        bar.total = len(live) + len(solutions)
        while live:
            _sweep([request for _, request in live.values()])
            for k, (run, _) in list(live.items()):
                advance(k, run)
    return [solutions[k] for k in sorted(solutions)]


def _sweep(requests: Iterable[Sweep]) -> None:
    """Do the sweeps, those that can share a pass together."""
    groups: defaultdict[object, list[Sweep]] = defaultdict(list)
    for request in requests:
        groups[request.state.shared if isinstance(request.state, AmpState) else id(request.state)].append(request)
    for group in groups.values():
        if len(group) == 1:
            group[0].state.sweep(group[0].field, group[0].damping)
        else:
            sweep_together(*zip(*group, strict=True))
