"""Random formulas: messages, the rivals on the same formulas with the same CPU time, and numbers others published."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bp
from bp.algorithms.annealing import SimulatedAnnealing
from bp.algorithms.decimation import Decimation
from bp.algorithms.focused_metropolis import FocusedMetropolis

SECONDS = 2.0
"""CPU time of a run where rivals are compared."""
MANY = 10
"""Formulas of a published number, in units of those of the other parts."""


def parts(samples: int) -> Iterator[tuple[str, Any, bp.RandomFormulas] | tuple[str, Any, bp.RandomFormulas, float]]:
    """Title, solvers and problems, and seconds of a run."""
    messages, many = ["reinforced-bp", "focusing-bp"], MANY * samples
    yield "messages, 4-SAT, N = 2000", messages, bp.RandomFormulas([9.4, 9.6], 2000, 4, samples)
    yield "climbing, 4-SAT, N = 1000", "entropic-monte-carlo", bp.RandomFormulas([9.0, 9.2, 9.4], 1000, 4, samples)
    yield "large, 4-SAT, N = 100 000", "reinforced-bp", bp.RandomFormulas(9.4, 100_000, 4, 1)
    rivals = {name: name for name in [*messages, "entropic-monte-carlo", "focused-metropolis", "walksat"]}
    rivals |= {
        "decimation, surveys": Decimation(method="survey"),
        "simulated-annealing": SimulatedAnnealing(max_iter=60_000_000),
    }
    yield "rivals, 4-SAT, N = 1000", rivals, bp.RandomFormulas([9.0, 9.2, 9.4, 9.6, 9.8], 1000, 4, samples), SECONDS
    squared = 256**2
    walks = {
        "simulated-annealing": SimulatedAnnealing(max_iter=1000 * squared),
        "focused-metropolis": FocusedMetropolis(max_iter=100 * squared),
    }
    ratios = [9.3984375, 9.5, 9.6015625]
    yield "published, 4-SAT, N = 256", walks, bp.RandomFormulas([*ratios, 9.80078125], 256, 4, many)
    yield "published, 3-SAT, N = 256", walks, bp.RandomFormulas([4.1015625, 4.19921875, 4.30078125], 256, 3, many)
