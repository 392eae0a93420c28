"""Walks and surveys on random formulas, beside the numbers that others published (RandCSPBench, MIT licence, 2025)."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import bp
from bp.algorithms.annealing import SimulatedAnnealing
from bp.algorithms.decimation import Decimation
from bp.algorithms.focused_metropolis import FocusedMetropolis
from bp.ensembles.solver_comparison import SolverComparison
from bp.plots import solver_success

MANY, SOME = 5, 1
"""Formulas of a published number of walks, and of surveys, which take longer; in units of those of the other parts."""


def parts(samples: int) -> Iterator[tuple[str, Any, bp.RandomFormulas]]:
    """Title, solvers and problems."""
    many, some, squared = MANY * samples, SOME * samples, 256**2
    walks = {
        "simulated-annealing": SimulatedAnnealing(max_iter=1000 * squared),
        "focused-metropolis": FocusedMetropolis(max_iter=100 * squared),
    }
    surveys = {"survey-propagation": Decimation(method="survey", fraction=0.00125, backtracking=0.0, passes=1)}
    yield "4-SAT, N = 256", walks, bp.RandomFormulas(_ratios(256, 2406, 2432, 2458, 2509), 256, 4, many)
    yield "3-SAT, N = 256", walks, bp.RandomFormulas(_ratios(256, 1050, 1075), 256, 3, many)
    yield "4-SAT, N = 1024", surveys, bp.RandomFormulas(_ratios(1024, 9626, 9728, 9830), 1024, 4, some)
    yield "3-SAT, N = 1024", surveys, bp.RandomFormulas(_ratios(1024, 4198, 4301), 1024, 3, some)


def _ratios(n: int, *clauses: int) -> list[float]:
    return [m / n for m in clauses]


def after(comparisons: Mapping[str, SolverComparison]) -> Iterator[str]:
    """Ours beside the numbers published, and their difference in standard errors of the pooled proportion."""
    others = list(_beside(comparisons))
    if others:
        yield "| problem | clauses | solver | ours | published | difference / its error |"
        yield "| --- | --: | --- | --: | --: | --: |"
    for title, row, other in others:
        ours, theirs = row["solved"] / row["runs"], other["solved"] / other["instances"]
        pooled = (row["solved"] + other["solved"]) / (row["runs"] + other["instances"])
        error = np.sqrt(pooled * (1 - pooled) * (1 / row["runs"] + 1 / other["instances"]))
        found, known = f"{row['solved']} of {row['runs']}", f"{other['solved']} of {other['instances']}"
        apart = f"{(ours - theirs) / error if error else 0.0:+.1f}"
        cells = [title, str(other["clauses"]), row["solver"], found, known, apart]
        yield f"| {' | '.join(cells)} |"


def picture(comparisons: Mapping[str, SolverComparison], path: Path) -> None:
    """Success against the ratio, ours in bars and theirs in open markers: a panel for every published problem."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1 + 4.5 * len(comparisons), 4), layout="constrained")
    axes = figure.subplots(1, len(comparisons), sharey=True, squeeze=False)[0]
    for ax, (title, found) in zip(axes, comparisons.items(), strict=True):
        solver_success(found, ax, published=_curves(title, found))
        ax.set(title=title, xlabel=r"ratio $\alpha = M/N$")
    figure.savefig(path, dpi=150)


def published() -> list[dict[str, Any]]:
    """Formulas and solved ones that others published (RandCSPBench, MIT licence, 2025; a point is a row).

    Annealing made 1000 N^2 proposals and focused Metropolis search 100 N^2; survey propagation fixed a part of 0.00125
    of the variables at a time, and went on with WalkSAT.
    """
    with open(Path(__file__).with_suffix(".csv"), encoding="utf-8") as file:
        return [{name: word if name == "solver" else int(word) for name, word in row.items()}
                for row in csv.DictReader(file)]  # fmt: skip


def _of(title: str, found: SolverComparison) -> list[dict[str, Any]]:
    """Those on the problems of a part, by its solvers."""
    k, sizes = int(title[0]), set(found.n.tolist())
    return [row for row in published() if row["k"] == k and row["n"] in sizes and row["solver"] in found.solvers]


def _beside(comparisons: Mapping[str, SolverComparison]) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Title, row of ours, and the published one on formulas like it."""
    for title, found in comparisons.items():
        others = _of(title, found)
        for row, other in product(found.summary, others):
            clauses = round(row["alpha"] * row["n"])
            if (row["solver"], row["n"], clauses) == (other["solver"], other["n"], other["clauses"]):
                yield title, row, other


def _curves(title: str, found: SolverComparison) -> dict[str, NDArray[np.float64]]:
    """Ratios, fractions solved and their errors by solver, as `bp.plots.solver_success` draws them."""
    curves = {}
    for label in found.solvers:
        rows = [row for row in _of(title, found) if row["solver"] == label]
        m, n, runs, solved = (np.array([row[x] for row in rows]) for x in ("clauses", "n", "instances", "solved"))
        curves[label] = np.array([m / n, solved / runs, np.sqrt(solved * (runs - solved) / runs**3)])
    return curves
