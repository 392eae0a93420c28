"""Solvers side by side: what each found on the same problems, and what it took."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from bp.algorithms.solution import SolverStatus
from bp.ensembles.statistics import Estimate, averaged
from bp.messages.state import Method
from replica_theory.arguments import checked_choice
from replica_theory.results.contents import checked_contents
from replica_theory.results.labelled import Labelled, Variable, make_dataset
from replica_theory.results.presentation import as_html, in_a_line
from replica_theory.results.quantities import NATS, STATUS, Quantity
from replica_theory.typing import Array

Over = Literal["all", "solved", "shared"]

QUANTITIES = {
    "solved": Quantity("whether a solution was found"),
    "errors": Quantity("constraints that the best configuration violates"),
    "iterations": Quantity("iterations, in the unit of the solver"),
    "proposals": Quantity("proposals of a Monte Carlo"),
    "accepted": Quantity("accepted proposals, where the solver tells"),
    "flips": Quantity("single flips made, where the solver tells"),
    "cpu_seconds": Quantity("CPU time of the run on one thread, without compilation", "s"),
    "local_entropy": Quantity("entropy of the solutions at the distance from the solution found", NATS),
}
_SETTINGS = ("root", "method", "seconds")


@dataclass(frozen=True, eq=False, repr=False)
class SolverComparison(Labelled):
    """Runs of several solvers on the same problems, labelled by solver and problem: what `bp.compare` returns.

    Attributes
    ----------
    solvers : mapping of str to mapping
        Name (``"solver"``) and options of each solver, by its label.
    units : mapping of str to str
        What its iterations count, by label.
    problems : tuple of str
        The kinds of problems, each a system, a size and a load.
    kind : array of int, shape (n_problems,)
        Kind of each problem, a place in `problems`.
    n : array of int, shape (n_problems,)
        Weights of each problem.
    load : array, shape (n_problems,)
        Constraints per weight.
    distance : array, shape (n_d,)
        Distances of ``"local_entropy"``; empty where it was not measured.
    values : mapping of str to array, shape (n_solvers, n_problems) or (n_solvers, n_problems, n_d)
        ``"solved"``, ``"errors"``, ``"iterations"``, ``"proposals"``, ``"accepted"``, ``"flips"``, ``"cpu_seconds"``
        and ``"local_entropy"``; NaN where there is none. Errors of a run that was out of time are those of its
        best configuration at the last boundary.
    status : array of SolverStatus, shape (n_solvers, n_problems)
        How each run ended; ``"inapplicable"`` where the solver cannot run on the problem.
    reasons : mapping of str to mapping
        Why not, by label and kind of problem.
    root : int
        The seed of all.
    method : str
        Messages of the local entropy.
    seconds : float
        CPU seconds that each run was allowed.
    """

    solvers: Mapping[str, Mapping[str, Any]]
    units: Mapping[str, str]
    problems: tuple[str, ...]
    kind: NDArray[np.int64]
    n: NDArray[np.int64]
    load: Array
    distance: Array
    values: Mapping[str, Array]
    status: NDArray[np.object_]
    reasons: Mapping[str, Mapping[str, str]]
    root: int
    method: Method
    seconds: float

    def __post_init__(self) -> None:
        checked_contents(self)
        object.__setattr__(self, "status", _members(self.status))

    @property
    def error(self) -> Array:
        """Half of the Wilson interval of the fraction solved, shape (n_solvers, n_kinds)."""
        return self.mean("solved").error

    def __repr__(self) -> str:
        about = [", ".join(self.solvers)]
        return in_a_line(type(self).__name__, about, "solved", self.values["solved"], self._outcome())

    def _repr_html_(self) -> str:
        return as_html(type(self).__name__, self.message, {x: (self.values[x], QUANTITIES[x]) for x in self.values})

    def _outcome(self) -> str:
        return f"{int(np.sum(self.converged))} of {self.status.size} runs solved"

    def mean(self, name: str, *, width: float = 1.0, over: Over = "all") -> Estimate:
        """Mean over the problems of a kind where there is a value, shape (n_solvers, n_kinds), with its error.

        Parameters
        ----------
        name : str
            One of the `values`.
        width : float
            How sure the interval is, in Gaussian deviations: it is Student's, or for ``"solved"`` Wilson's.
        over : {"all", "solved", "shared"}
            Which runs count: all, those that found a solution, or those on problems that every solver solved which
            applies to them. (Near its limit a solver solves the easy ones, so that means over its own do not compare.)

        Returns
        -------
        Estimate

        Raises
        ------
        ValueError
            If `name` was not measured, or `width` or `over` is not allowed.
        """
        checked_choice("name", name, self.values)
        checked_choice("over", over, get_args(Over))
        held = np.where(_counted(self.values["solved"], over), 1.0, np.nan)
        values = self.values[name] * held.reshape(held.shape + (1,) * (self.values[name].ndim - 2))
        return averaged(_by_kind(self, values), width=width, proportion=name == "solved")

    @property
    def summary(self) -> list[dict[str, Any]]:
        """A row for each kind of problem and solver: see `table`; ``reason`` says why a solver does not apply.

        Where they were measured, ``local_entropy`` and ``local_entropy_error`` are lists, a number for each `distance`.
        """
        return [_summed(self, j, label) for j in range(len(self.problems)) for label in self.solvers]

    def table(self) -> str:
        """The comparison as text, a line for each kind of problem and solver.

        Solved of all runs, with Wilson's interval at one standard deviation; median of the iterations to a solution;
        proposals of them; mean CPU seconds of a run, and of all runs for each solution; mean errors left by the runs
        that did not solve; how the runs ended. Where local entropies were measured, their means with standard errors
        over the problems that a solver solved follow.
        """
        return _table(self)

    __str__ = table

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The runs, one a row; local entropies are named by their distance, ``local_entropy_0.1``."""
        return [_row(self, s, k) for s, k in np.ndindex(self.status.shape)]

    def to_csv(self) -> str:
        """The table of runs as CSV with a header line, all digits."""
        return _csv(self.rows)

    def to_xarray(self) -> Any:
        """The runs as an `xarray.Dataset` over ``solver``, ``problem`` (and ``distance``).

        Raises
        ------
        ModuleNotFoundError
            If xarray is not installed (extra ``data``).
        """
        return _dataset(self)

    @classmethod
    def _fields(cls, dataset: Any, attributes: dict[str, Any]) -> dict[str, Any]:
        return _read(dataset, attributes)


def _members(status: NDArray[Any]) -> NDArray[np.object_]:
    """Members of `SolverStatus`, of which numpy may have made plain text."""
    array = np.empty(status.shape, dtype=object)
    for place, one in np.ndenumerate(status):
        try:
            array[place] = SolverStatus(str(one))
        except ValueError:
            raise ValueError(f"status must hold members of SolverStatus or their names; got {one!r}") from None
    return array


def _counted(solved: Array, over: Over) -> NDArray[np.bool_]:
    """Which runs count, shape (n_solvers, n_problems)."""
    if over == "shared":
        return np.broadcast_to(np.all(solved != 0, axis=0), solved.shape)
    return solved == 1 if over == "solved" else np.ones(solved.shape, dtype=bool)


def _by_kind(comparison: SolverComparison, values: Array) -> Array:
    """Values with axes (solver, kind, sample, ...), NaN where a kind has fewer problems than another."""
    count = np.bincount(comparison.kind, minlength=len(comparison.problems))
    array = np.full((len(values), len(count), max(count.max(initial=0), 1), *values.shape[2:]), np.nan)
    for j in range(len(count)):
        array[:, j, : count[j]] = values[:, comparison.kind == j]
    return array


def _summed(comparison: SolverComparison, j: int, label: str) -> dict[str, Any]:
    """What a solver made of a kind of problem."""
    s = list(comparison.solvers).index(label)
    of_kind = comparison.kind == j
    held = {name: values[s, of_kind] for name, values in comparison.values.items()}
    solved, seconds = held["solved"] == 1, held["cpu_seconds"]
    chance = averaged(held["solved"][None, None], proportion=True)
    around = {}
    if "local_entropy" in held:
        entropy = averaged(held["local_entropy"][None, None])
        around = {"local_entropy": entropy.mean[0, 0].tolist(), "local_entropy_error": entropy.error[0, 0].tolist()}
    ended = comparison.status[s, of_kind].tolist()
    return {
        "problem": comparison.problems[j],
        "alpha": float(comparison.load[of_kind][0]),
        "n": int(comparison.n[of_kind][0]),
        "solver": label,
        "runs": int(chance.count[0, 0]),
        "solved": int(solved.sum()),
        "success": float(chance.mean[0, 0]),
        "low": float(chance.low[0, 0]),
        "high": float(chance.high[0, 0]),
        "iterations": _median(held["iterations"][solved]),
        "unit": comparison.units[label],
        "proposals": _median(held["proposals"][solved]),
        "accepted": _median(held["accepted"][solved]),
        "flips": _median(held["flips"][solved]),
        "cpu_seconds": _mean(seconds),
        "cpu_seconds_per_solution": float(seconds.sum() / solved.sum()) if solved.any() else np.nan,
        "errors_left": _mean(held["errors"][~solved]),
        "ended": {str(end): ended.count(end) for end in dict.fromkeys(ended)},
        "reason": comparison.reasons.get(label, {}).get(comparison.problems[j], ""),
    } | around


def _mean(values: Array) -> float:
    """Of what is known."""
    known = values[np.isfinite(values)]
    return float(np.mean(known)) if len(known) else np.nan


def _median(values: Array) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else np.nan


def _table(comparison: SolverComparison) -> str:
    titles = ["solver", "solved", "success", "iterations", "proposals", "CPU s a run", "CPU s a solution",
              "errors left", "ended"]  # fmt: skip
    lines = _aligned(comparison, titles, _cells)
    if "local_entropy" in comparison.values:
        titles = ["solver", *(f"d = {distance:g}" for distance in comparison.distance)]
        lines += ["", "entropy of the solutions at distance d from those found (nats per weight)"]
        lines += _aligned(comparison, titles, _entropies)
    return "\n".join(lines)


def _aligned(
    comparison: SolverComparison, titles: list[str], cells_of: Callable[[Mapping[str, Any]], list[str]]
) -> list[str]:
    """Lines for every kind of problem under its name and load, in columns; words of two cells are not aligned."""
    blocks = [[titles]]
    for problem in comparison.problems:
        rows = [row for row in comparison.summary if row["problem"] == problem]
        blocks.append([[f"{problem}, alpha = {rows[0]['alpha']:.4g}"], *map(cells_of, rows)])
    full = [cells for block in blocks for cells in block if len(cells) == len(titles)]
    widths = [max(len(cells[k]) for cells in full) for k in range(len(titles))]
    text = []
    for block in blocks:
        for cells in block:
            aligned = [cell.ljust(width) for cell, width in zip(cells, widths, strict=False)]
            text.append("  ".join(aligned).rstrip() if len(cells) == len(titles) else ": ".join(cells))
    return text


def _entropies(row: Mapping[str, Any]) -> list[str]:
    """Local entropies of a row of the summary in words."""
    values = zip(row["local_entropy"], row["local_entropy_error"], strict=True)
    return [row["solver"], *("-" if np.isnan(mean) else _with_error(mean, error) for mean, error in values)]


def _with_error(mean: float, error: float) -> str:
    return f"{mean:.4f}" if np.isnan(error) else f"{mean:.4f} ± {error:.4f}"


def _cells(row: Mapping[str, Any]) -> list[str]:
    """A row of the summary in words; a solver that does not apply says why."""
    if row["reason"]:
        return [row["solver"], row["reason"]]
    return [
        row["solver"],
        f"{row['solved']}/{row['runs']}",
        f"{row['success']:.2f} [{row['low']:.2f}, {row['high']:.2f}]",
        "-" if np.isnan(row["iterations"]) else f"{row['iterations']:.4g} {row['unit']}",
        *(_short(row[name]) for name in ("proposals", "cpu_seconds", "cpu_seconds_per_solution", "errors_left")),
        ", ".join(f"{count} {end}" for end, count in row["ended"].items()),
    ]


def _short(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.3g}"


def _row(comparison: SolverComparison, s: int, k: int) -> dict[str, Any]:
    """One run."""
    kind = comparison.problems[comparison.kind[k]]
    place = {"alpha": float(comparison.load[k]), "n": int(comparison.n[k]), "problem": k, "kind": kind}
    row = {"solver": list(comparison.solvers)[s]} | place
    for name, values in comparison.values.items():
        if values.ndim > 2:
            row |= {f"{name}_{d:g}": float(x) for d, x in zip(comparison.distance, values[s, k], strict=True)}
        else:
            row[name] = float(values[s, k])
    return row | {"status": str(comparison.status[s, k])}


def _csv(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _dataset(comparison: SolverComparison) -> Any:
    axes = ("solver", "problem", "distance")
    variables = {x: Variable(axes[: v.ndim], v, QUANTITIES[x]) for x, v in comparison.values.items()}
    variables["status"] = Variable(axes[:2], comparison.status.astype(str), STATUS)
    of_problems = {"n": Quantity("number of weights N"), "load": Quantity("load, constraints per weight"),
                   "kind": Quantity("kind of the problem, a place among the attribute problems")}  # fmt: skip
    coordinates = {
        name: Variable(("problem",), getattr(comparison, name), about) for name, about in of_problems.items()
    }
    coordinates["solver"] = Variable(("solver",), np.array(list(comparison.solvers)), Quantity("label of the solver"))
    coordinates["distance"] = Variable(("distance",), comparison.distance, Quantity("distance from the solution found"))
    attributes = {name: getattr(comparison, name) for name in _SETTINGS} | {
        "root": comparison.root if comparison.root < 2**63 else str(comparison.root),
        "solvers": {label: dict(options) for label, options in comparison.solvers.items()},
        "units": dict(comparison.units),
        "problems": list(comparison.problems),
        "reasons": {label: dict(reasons) for label, reasons in comparison.reasons.items()},
        "measured": list(comparison.values),
    }
    return make_dataset(comparison, "Runs of several solvers on the same problems", variables, coordinates, attributes)


def _read(dataset: Any, known: dict[str, Any]) -> dict[str, Any]:
    values = {name: dataset[name].values for name in known.pop("measured")}
    arrays = {name: dataset[name].values for name in ("kind", "n", "load", "distance", "status")}
    known |= {"problems": tuple(known["problems"]), "root": int(known["root"])}
    return known | arrays | {"values": values}
