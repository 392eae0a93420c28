"""Runs of solvers as generators, and what drives them: one run alone, or many side by side.

A run asks for sweeps of messages (so that those of one problem can share a pass over it) and marks boundaries, between
which nothing can be stored. The driver does the sweeps, shows progress, keeps the checkpoint, and turns Ctrl-C and
SIGTERM into a last write of the boundary before.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from bp.algorithms.checkpoint import Checkpoint
from bp.algorithms.solution import Solution
from bp.messages.state import State
from replica_theory.terminable import terminable

logger = logging.getLogger(__name__)

_QUIET = 10.0
"""Seconds between two lines of the log, where there is no terminal for a bar."""


class Sweep(NamedTuple):
    """What a run asks for: messages, the fields on the weights, and the damping."""

    state: State
    field: NDArray[np.float64]
    damping: float


class Boundary(NamedTuple):
    """A place between two steps of a run.

    Attributes
    ----------
    done, total : int
        Iterations done, and how many there can be.
    note : str
        How it stands, in a few words.
    snapshot : callable, optional
        Arrays by name that the run can go on from (`Solver.run`), valid for good; a value may be a function that gives
        the array when it is written. Without it there are no checkpoints.
    """

    done: int
    total: int
    note: str
    snapshot: Callable[[], Mapping[str, Any]] | None = None


Run = Generator[Sweep | Boundary, None, Solution]


def alone(run: Run, file: Checkpoint | None = None, *, name: str = "", unit: str = "iterations") -> Solution:
    """Carry out one run, with a bar on a terminal if it has a name, and a checkpoint if there is a file for it."""
    last: Mapping[str, Any] | None = None
    try:
        with progress(name, unit) as show, terminable():
            while True:
                request = next(run)
                if isinstance(request, Sweep):
                    request.state.sweep(request.field, request.damping)
                    continue
                show(request)
                if file is not None and request.snapshot is not None:
                    last = request.snapshot()
                    if file.due:
                        file.write(_evaluated(last))
    except StopIteration as end:
        if file is not None:
            file.remove()
        solution: Solution = end.value
        return solution
    except KeyboardInterrupt:
        run.close()
        if file is None:
            raise KeyboardInterrupt("nothing is kept; with checkpoint=FILE the same call goes on from there") from None
        if last is None:
            raise
        file.write(_evaluated(last))
        raise KeyboardInterrupt(f"the same call goes on from {file.path}") from None


def together(runs: Iterable[Run]) -> list[Solution]:
    """Carry out many runs in turns; messages on one problem share each pass over it."""
    solutions: dict[int, Solution] = {}
    live: dict[int, tuple[Run, Sweep | Boundary]] = {}

    with tqdm(desc="runs", disable=None, delay=5, leave=False) as bar, terminable():

        def advance(k: int, run: Run) -> None:
            try:
                request = next(run)
                live[k] = run, next(run) if isinstance(request, Boundary) else request
            except StopIteration as end:
                live.pop(k, None)
                solutions[k] = end.value
                bar.update()

        for k, run in enumerate(runs):
            advance(k, run)
        bar.total = len(live) + len(solutions)
        while live:
            _sweep([request for _, request in live.values() if isinstance(request, Sweep)])
            for k, (run, _) in list(live.items()):
                advance(k, run)
    return [solutions[k] for k in sorted(solutions)]


def _sweep(requests: Iterable[Sweep]) -> None:
    """Do the sweeps, those that can share a pass together."""
    groups: defaultdict[object, list[Sweep]] = defaultdict(list)
    for request in requests:
        groups[request.state.shared].append(request)
    for group in groups.values():
        if len(group) == 1:
            group[0].state.sweep(group[0].field, group[0].damping)
        else:
            kind: Any = type(group[0].state)
            kind.sweep_together(*zip(*group, strict=True))


def _evaluated(snapshot: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    return {name: value() if callable(value) else value for name, value in snapshot.items()}


@contextmanager
def progress(name: str, unit: str) -> Iterator[Callable[[Boundary], None]]:
    """What shows a boundary: a bar on a terminal after five seconds, elsewhere a line of the log now and then."""
    said = time.monotonic()
    with tqdm(delay=5, leave=False, desc=name, unit=f" {unit}", disable=None if name else True) as bar:

        def show(boundary: Boundary) -> None:
            nonlocal said
            if not bar.disable:
                bar.total = boundary.total
                bar.set_postfix_str(boundary.note, refresh=False)
                bar.update(boundary.done - bar.n)
            elif name and time.monotonic() - said > _QUIET:
                said = time.monotonic()
                logger.info("%s: %d of %d %s, %s", name, boundary.done, boundary.total, unit, boundary.note)

        yield show
