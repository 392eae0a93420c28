"""Tree committees: capacity and entropy by the number of units with their CPU time, and machines against theory.

``python benchmarks/committees.py`` prints the tables of ``benchmarks/README.md``. ``--root`` is the seed of machines,
``--samples`` their number a row; ``--only`` makes one of both parts.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import bp
import replica_theory as rt

UNITS = (1, 3, 5, 7, np.inf)
_REPETITIONS = {1: 5, 3: 5, 5: 3, 7: 1, np.inf: 5}
_MESSAGES = ["entropy", "state-evolution"]


def table() -> Iterator[str]:
    """Lines of Markdown, a row for every number of units; CPU seconds are minima of several calls."""
    yield "| units | s(1/2) | q(1/2) | stability | capacity | error | CPU s: s / capacity |"
    yield "| --: | --: | --: | --: | --: | --: | --: |"
    for units in UNITS:
        model = rt.TreeCommittee(np.zeros(1), units=units)  # scalar calls are remembered
        (point, first), (found, second) = (
            timed(lambda: rt.replica_symmetric(model, 0.5), _REPETITIONS[units]),  # noqa: B023
            timed(lambda: rt.capacity(model), _REPETITIONS[units]),  # noqa: B023
        )
        numbers = f"{point.entropy[0]:.9f} | {point.q[0]:.6f} | {point.stability[0]:.5f} | {found.alpha[0]:.12f}"
        yield f"| {units:g} | {numbers} | {found.error[0]:.0e} | {first:.3f} / {second:.3f} |"


def timed(call: Callable[[], Any], repetitions: int) -> tuple[Any, float]:
    """The result, and the least CPU time of several calls."""
    seconds = []
    for _ in range(repetitions):
        start = time.process_time()
        result = call()
        seconds.append(time.process_time() - start)
    return result, min(seconds)


def machines(samples: int, root: int, folder: Path | None) -> Iterator[str]:
    """Lines of Markdown: belief propagation, AMP and enumeration beside theory."""
    yield "| units | α | quantity | N | theory | machines | standard error | z |"
    yield "| --: | --: | --- | --: | --: | --: | --: | --: |"
    asked = (3, (0.3, 0.5), _MESSAGES), (3, (1 / 3,), ["committee-enumeration"]), (5, (0.3, 0.5), _MESSAGES[:1])
    for part, (units, loads, comparisons) in enumerate(asked):
        kept = folder and folder / f"machines-{part}"
        found = bp.crosscheck(
            rt.TreeCommittee(units=units), loads, 1005, samples, root, comparisons=comparisons, folder=kept
        )
        for row in found.rows:
            what = f"{row.quantity} ({row.simulation_source}) {row.where}".strip()
            numbers = f"{row.theory:.6f} | {row.simulation:.6f} | {row.standard_error:.6f} | {row.z:.2f}"
            yield f"| {units} | {row.alpha:.3g} | {what} | {row.n:g} | {numbers} |"
        yield f"| {units} | | {found.verdict.message} | | | | | |"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=int, default=2026, help="seed of the machines (default %(default)s)")
    parser.add_argument("--samples", type=int, default=20, help="machines of a row (default %(default)s)")
    parser.add_argument("--only", choices=("theory", "machines"), help="one part")
    parser.add_argument("--folder", type=Path, help="where finished machines are kept")
    arguments = parser.parse_args()
    parts = {"theory": table, "machines": lambda: machines(arguments.samples, arguments.root, arguments.folder)}
    for name, lines in parts.items():
        if arguments.only in (None, name):
            for line in lines():
                print(line, flush=True)


if __name__ == "__main__":
    main()
