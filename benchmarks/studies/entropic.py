"""Entropic Monte Carlo: growth of the accepted moves from random starts, kinds of moves, and success against load."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import bp
from bp.algorithms.entropic_monte_carlo import EntropicMonteCarlo
from replica_theory import BinaryPerceptron

SIZES = 201, 401, 801, 1601
GROWTH = "from random starts, α = 0.3"


def parts(samples: int) -> Iterator[tuple[str, Any, bp.RandomProblems]]:
    """Title, solvers and problems."""
    model = BinaryPerceptron()
    started = {moves: EntropicMonteCarlo(moves=moves, start="random") for moves in ("cavity", "block", "random")}
    growing = {label: started[label] for label in ("cavity", "block")}
    yield GROWTH, growing, bp.RandomProblems(model, 0.3, SIZES, samples)
    yield "kinds of moves, from random starts, α = 0.3", started, bp.RandomProblems(model, 0.3, 401, samples)
    yield "N = 1001, α = 0.7", {"entropic": EntropicMonteCarlo()}, bp.RandomProblems(model, 0.7, 1001, samples)
    loads = bp.RandomProblems(model, [0.7, 0.72, 0.74, 0.76], 1001, samples)
    yield "half success, N = 1001", {"entropic": EntropicMonteCarlo(), "focusing": "focusing-bp"}, loads


def after(found: Mapping[str, Any]) -> Iterator[str]:
    """Exponents of the accepted moves to a solution, with errors from resampled problems."""
    if GROWTH not in found:
        return
    comparison, rng = found[GROWTH], np.random.default_rng(0)
    for s, label in enumerate(comparison.solvers):
        solved = comparison.values["solved"][s] == 1
        moves = [comparison.values["accepted"][s, solved & (comparison.n == n)] for n in SIZES]
        drawn = [exponent([rng.choice(one, len(one)) for one in moves]) for _ in range(1000)]
        medians = ", ".join(f"{np.median(one):g}" for one in moves)
        yield f"accepted moves, {label}: {medians}; ~ N^{exponent(moves):.3f} ± {np.std(drawn):.3f}"


def exponent(moves: list[Any]) -> float:
    """Slope of the logarithm of the medians against that of the size (signs of the messages may solve with no move)."""
    return float(np.polyfit(np.log(SIZES), np.log([np.median(one) for one in moves]), 1)[0])
