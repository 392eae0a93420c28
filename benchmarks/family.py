"""What the solvers find on the same fresh random problems: the tables of the family in ``benchmarks/README.md``.

``python benchmarks/family.py sbpi`` runs the study in ``benchmarks/studies/sbpi.py``: parts with a title, solvers by
label, random problems and, where all runs have the same CPU time, its seconds. It prints a row for each kind of
problem and solver: problems solved and the 95 % Wilson interval of the probability, median iterations to a solution
(and accepted moves, where the solver counts them), mean CPU seconds of the runs that solved and of all, mean errors
of those that did not; then, where the loads bracket it, the load at which a logistic fit to all rows crosses one
half, with its error. A study may name what is measured around the solutions of a part, ``measurements(title)``, and
print more in the end, ``after(comparisons by title)``. ``--root`` is the seed of all (2026; solvers were developed on
others), ``--samples`` the problems of each kind, ``--folder`` keeps finished runs, so that the same command goes on;
``--picture`` writes what the study draws, ``picture(comparisons by title, path)``.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from success import half_load, wilson

import bp
from bp.ensembles.solver_comparison import SolverComparison
from bp.execution.workers import worker_processes

HEAD = (
    "problem",
    "α",
    "solver",
    "solved",
    "95 %",
    "iterations",
    "accepted",
    "CPU s, solved",
    "CPU s, all",
    "errors left",
)


def table(found: SolverComparison) -> Iterator[str]:
    """Lines of Markdown, a row for each kind of problem and solver that applies to it."""
    yield f"| {' | '.join(HEAD)} |"
    yield "| --: | --: | --- | --: | --- | --: | --: | --: | --: | --: |"
    for row in found.summary:
        if row["reason"]:
            continue
        low, high = wilson(row["solved"], row["runs"])
        seconds = of_kind(found, row, "cpu_seconds")
        solved = of_kind(found, row, "solved") == 1
        cells = [str(row["n"]), f"{row['alpha']:g}", row["solver"], f"{row['solved']} of {row['runs']}"]
        cells += [f"{low:.2f} to {high:.2f}", short(row["iterations"]), short(row["accepted"])]
        cells += [
            short(seconds[solved].mean()) if solved.any() else "",
            short(seconds.mean()),
            short(row["errors_left"]),
        ]
        yield f"| {' | '.join(cells)} |"


def halves(found: SolverComparison) -> Iterator[str]:
    """Loads of one half by solver and size."""
    for label in found.solvers:
        for n in dict.fromkeys(row["n"] for row in found.summary):
            rows = [row for row in found.summary if row["solver"] == label and row["n"] == n and not row["reason"]]
            if len(rows) < 2:
                continue
            alpha, solved, runs = (np.array([row[name] for row in rows], float) for name in ("alpha", "solved", "runs"))
            half, error = half_load(alpha, solved, runs)
            if np.isfinite(half):
                yield f"half of the problems of N = {n}, {label}: {half:.4f} ± {error:.4f}"


def of_kind(found: SolverComparison, row: dict[str, Any], name: str) -> Any:
    """Values of a row's runs."""
    kind = found.problems.index(row["problem"])
    return found.values[name][list(found.solvers).index(row["solver"]), found.kind == kind]


def short(value: float) -> str:
    """Three digits, nothing where there is none."""
    return "" if np.isnan(value) else f"{value:.3g}"


def main() -> None:
    """Run a study and print its tables."""
    here = Path(__file__).parent
    names = sorted(path.stem for path in (here / "studies").glob("*.py"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", choices=names)
    parser.add_argument("--part", nargs="+", help="only the parts whose title contains one of these")
    parser.add_argument("--samples", type=int, default=20, help="problems of each kind (default %(default)s)")
    parser.add_argument("--root", type=int, default=2026, help="seed of all (default %(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="processes, one thread each (default %(default)s)")
    parser.add_argument("--picture", type=Path, help="where the study's own picture is written, if it draws one")
    parser.add_argument("--folder", type=Path, help="where finished runs are kept, a folder for every part")
    arguments = parser.parse_args()
    sys.path.insert(0, str(here / "studies"))
    study, comparisons = importlib.import_module(arguments.study), {}
    for number, (title, solvers, problems, *seconds) in enumerate(study.parts(arguments.samples)):
        if arguments.part and not any(word in title for word in arguments.part):
            continue
        folder = arguments.folder and arguments.folder / f"{arguments.study}-{number}"
        with worker_processes(arguments.workers) as executor:
            measured = study.measurements(title) if hasattr(study, "measurements") else ()
            limit = {"seconds": seconds[0]} if seconds else {}
            found = bp.compare(solvers, problems, arguments.root, executor, measured, folder, **limit)
        comparisons[title] = found
        print(f"\n{title}\n", *table(found), *halves(found), sep="\n", flush=True)
    if hasattr(study, "after"):
        print("", *study.after(comparisons), sep="\n")
    if arguments.picture:
        study.picture(comparisons, arguments.picture)


if __name__ == "__main__":
    main()
