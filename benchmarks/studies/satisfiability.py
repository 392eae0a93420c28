"""Random formulas: messages, and the rivals on the same formulas with the same CPU time and numbers of flips."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import bp
from bp.algorithms.annealing import SimulatedAnnealing
from bp.algorithms.decimation import Decimation
from bp.algorithms.entropic_monte_carlo import EntropicMonteCarlo
from bp.algorithms.focused_metropolis import FocusedMetropolis
from bp.algorithms.walksat import WalkSAT
from bp.problems.clause_walker import ClauseWalker
from bp.problems.walkers import Energy, Moves

SECONDS = 2.0
"""CPU time of a run where rivals are compared."""
BUDGETS = 10_000, 100_000, 1_000_000, 10_000_000
"""Flips, and proposals of annealing."""
ACCEPTED = 600
"""Flips within which entropic Monte Carlo is to solve."""
CLIMBING, FLIPS = "climbing, 4-SAT, N = 1000", "flips, 4-SAT, N = 1000"


def parts(samples: int) -> Iterator[tuple[str, Any, bp.RandomFormulas] | tuple[str, Any, bp.RandomFormulas, float]]:
    """Title, solvers and problems, and seconds of a run."""
    messages = ["reinforced-bp", "focusing-bp"]
    yield "messages, 4-SAT, N = 2000", messages, bp.RandomFormulas([9.4, 9.6], 2000, 4, samples)
    climbs = {
        "blocks": EntropicMonteCarlo(),
        "single flips": EntropicMonteCarlo(moves="cavity"),
        "single flips, random start": EntropicMonteCarlo(moves="cavity", start="random"),
    }
    yield CLIMBING, climbs, bp.RandomFormulas([9.0, 9.2, 9.4], 1000, 4, samples)
    yield "large, 4-SAT, N = 100 000", "reinforced-bp", bp.RandomFormulas(9.4, 100_000, 4, 1)
    rivals = {name: name for name in [*messages, "entropic-monte-carlo", "focused-metropolis", "walksat"]}
    rivals |= {
        "decimation, surveys": Decimation(method="survey"),
        "simulated-annealing": SimulatedAnnealing(max_iter=120_000_000),
    }
    yield "rivals, 4-SAT, N = 1000", rivals, bp.RandomFormulas([9.0, 9.2, 9.4, 9.6], 1000, 4, samples), SECONDS
    flipping = {
        "focused-metropolis": FocusedMetropolis(max_iter=5 * BUDGETS[-1]),
        "walksat": WalkSAT(max_iter=BUDGETS[-1]),
    } | {f"annealing, {budget:g}": SimulatedAnnealing(max_iter=budget) for budget in BUDGETS}
    yield FLIPS, flipping, bp.RandomFormulas([9.0, 9.2, 9.4, 9.6], 1000, 4, samples)


def after(found: Mapping[str, Any]) -> Iterator[str]:
    """Success within numbers of single flips, and the flips that annealing makes."""
    for title, budgets in ((CLIMBING, (ACCEPTED,)), (FLIPS, BUDGETS)):
        if title not in found:
            continue
        yield f"\n{title}: solved within single flips\n"
        yield f"| ratio | solver | {' | '.join(f'{budget:g}' for budget in budgets)} | median of the solved |"
        yield f"| --: | --- | {'--: | ' * (len(budgets) + 1)}".rstrip()
        comparison = found[title]
        for row in comparison.summary:
            s, kind = list(comparison.solvers).index(row["solver"]), comparison.problems.index(row["problem"])
            of_kind = comparison.kind == kind
            solved, flips = (comparison.values[name][s, of_kind] for name in ("solved", "flips"))
            if np.all(np.isnan(flips)):
                continue
            cells = " | ".join(str(int(np.sum((solved == 1) & (flips <= budget)))) for budget in budgets)
            median = "" if np.isnan(row["flips"]) else f"{row['flips']:.3g}"
            yield f"| {row['alpha']:g} | {row['solver']} | {cells} | {median} |"
    if FLIPS in found:
        yield "\nflips that annealing makes, median of five formulas\n"
        for budget in BUDGETS:
            made = ", ".join(f"{annealed(ratio, budget):.3g} at {ratio}" for ratio in (9.0, 9.6))
            yield f"- {budget:g} proposals: {made}"


class Counting(ClauseWalker):
    """A walker whose annealing counts its flips."""

    made = 0

    @classmethod
    def anneal(cls, walkers: Any, moves: Moves) -> tuple[int, int]:
        """Metropolis moves, counted."""
        done, made = super().anneal(walkers, moves)
        cls.made += made
        return done, made


class Counted(bp.Satisfiability):
    """A formula whose walkers count."""

    def walker(self, weights: Any, energy: Energy | None = None) -> ClauseWalker:
        """A walker that counts; there is one energy."""
        return Counting(self.occurrences, weights)


def annealed(ratio: float, proposals: int) -> float:
    """Median number of flips of annealing."""
    numbers = []
    for seed in range(5):
        formula = bp.random_satisfiability(1000, ratio, 4, rng=seed)
        counted = Counted([formula.literals[a:b] for a, b in zip(formula.starts[:-1], formula.starts[1:], strict=True)])
        Counting.made = 0
        bp.solve(counted, SimulatedAnnealing(max_iter=proposals), rng=seed)
        numbers.append(Counting.made)
    return float(np.median(numbers))
