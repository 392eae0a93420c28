"""What came of a crosscheck: its table as text, HTML and CSV, its files, its picture."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bp.ensembles.draw import System
from bp.execution.store import Point, require_writable, save_npz
from bp.messages.state import Form
from bp.validation.picture import picture
from bp.validation.table import Row
from bp.validation.verdict import Verdict, verdict
from replica_theory.arguments import checked_path
from replica_theory.models.model import Model
from replica_theory.models.registry import particulars
from replica_theory.models.satisfiability import RandomSatisfiability
from replica_theory.results.files import replace_file
from replica_theory.results.labelled import Labelled, Variable, make_dataset
from replica_theory.results.presentation import ranged
from replica_theory.results.quantities import Quantity
from replica_theory.status import Status

if TYPE_CHECKING:  # pragma: no cover
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, repr=False)
class Crosscheck(Labelled):
    """Outcome of `crosscheck`: the table and everything it was made of.

    Attributes
    ----------
    model : Model or RandomSatisfiability
    n : tuple of int
        Sizes.
    samples : int
        Instances at each load and size.
    seed : int
    method : str
        Messages of the Bethe entropy.
    comparisons : tuple of str
    rows : tuple of Row
        Comparison by comparison, load by load.
    points : mapping of str to mapping of int to list of dict
        The measurements of every comparison at every size, as dicts of arrays: load by load, sample by sample.
    """

    model: Model | RandomSatisfiability
    n: tuple[int, ...]
    samples: int
    seed: int
    method: Form
    comparisons: tuple[str, ...]
    rows: tuple[Row, ...]
    points: Mapping[str, Mapping[int, list[Point]]]

    @property
    def status(self) -> Status:
        """``CONVERGED`` if all rows have their numbers; else what is missing, as `Row.status` says.

        ``MAX_ITERATIONS`` if any simulation is missing, ``OUT_OF_RANGE`` if theory alone is. Whether the numbers agree
        is another question, which `z` answers row by row and `verdict` for all.
        """
        ends = {row.status for row in self.rows}
        return next((end for end in (Status.MAX_ITERATIONS, Status.OUT_OF_RANGE) if end in ends), Status.CONVERGED)

    @property
    def message(self) -> str:
        """How many rows have their numbers, and what the others lack, in a sentence."""
        return _message(self.rows)

    @property
    def verdict(self) -> Verdict:
        """One p-value for all rows together: see `bp.validation.verdict.verdict`."""
        return verdict(self.rows)

    @property
    def error(self) -> float:
        """The largest standard error of the rows marked ``"equal"``; NaN if none has one."""
        errors = [row.standard_error for row in self.rows if row.expected == "equal"]
        return max((error for error in errors if np.isfinite(error)), default=np.nan)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join([*self._about(), str(self.status)])})"

    def __str__(self) -> str:
        """The table as aligned text."""
        return "\n".join(map(_aligned, [_HEAD, *map(_cells, self.rows)]))

    def _repr_html_(self) -> str:
        return _html(f"{type(self).__name__}, {', '.join(self._about())}: {self.message}", self.rows)

    def _about(self) -> list[str]:
        loads, sizes = ranged([row.alpha for row in self.rows]), ", ".join(map(str, self.n))
        return [repr(self.model), f"alpha = {loads}", f"N = {sizes}", f"{len(self.rows)} rows"]

    def to_csv(self) -> str:
        """The table as CSV with a header line; the last column is the discrepancy."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([*(field.name for field in fields(Row)), "discrepancy"])
        writer.writerows([[*asdict(row).values(), row.discrepancy] for row in self.rows])
        return text.getvalue()

    def to_xarray(self) -> Any:
        """The table and the measurements as an `xarray.Dataset`.

        The columns of the table have their names and the dimension ``row``. The measurements are named
        ``comparison.column.N``, as in the ``.npz`` of `save` but with dots (netCDF allows no slash), and have the
        dimensions ``load`` and ``sample``; further axes are named by place and length, as ``axis_1_4``.

        Raises
        ------
        ModuleNotFoundError
            If xarray is not installed (extra ``data``).
        ValueError
            If a comparison or a column of your own has a slash in its name.
        """
        return _dataset(self)

    @classmethod
    def _fields(cls, dataset: Any, attributes: dict[str, Any]) -> dict[str, Any]:
        return _read(dataset, attributes)

    def save(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write the results to a folder: ``crosscheck.csv``, ``crosscheck.npz`` (everything) and ``crosscheck.png``.

        In the ``.npz`` the measurements are named ``comparison/column/N`` and have the shape (loads, samples, ...), the
        columns of the table ``table/name``.

        Parameters
        ----------
        folder : path
            Created if it does not exist. Each file is written completely or not at all.

        Returns
        -------
        list of Path
            Paths of the three files.

        Raises
        ------
        OSError
            If the folder cannot be written.
        """
        folder = Path(checked_path("folder", folder))
        require_writable(folder)
        paths = [folder / f"crosscheck.{kind}" for kind in ("csv", "npz", "png")]
        replace_file(paths[0], self.to_csv().encode())
        save_npz(paths[1], _arrays(self))
        image = io.BytesIO()
        self.plot().savefig(image, format="png", dpi=150)
        replace_file(paths[2], image.getvalue())
        return paths

    def plot(self) -> Figure:
        """What was compared, theory as lines and simulation as points, and the z-scores of rows that should agree.

        Returns
        -------
        matplotlib Figure
        """
        return picture(self.model, self.rows)


def _message(rows: Sequence[Row]) -> str:
    ends = Counter(row.status for row in rows)
    found = f"{ends[Status.CONVERGED]} of {len(rows)} rows have theory, simulation and standard error"
    lost = {
        Status.OUT_OF_RANGE: "theory has no value",
        Status.MAX_ITERATIONS: "the measurement converged on too few instances",
    }
    return "; ".join([found, *(f"in {ends[end]} {what}" for end, what in lost.items() if ends[end])]) + "."


_HEAD = ["quantity", "alpha", "N", "where", "theory", "simulation", "std.err.", "z", "n", "expected",
         "theory ↔ simulation"]  # fmt: skip
_WIDTHS = ("<20", ">7", ">6", ">16", ">11", ">12", ">10", ">8", ">6")


def _cells(row: Row) -> list[str]:
    """A row as texts, one for each column of `_HEAD`."""
    size = "∞" if np.isinf(row.n) else f"{row.n:.0f}"
    numbers = [f"{x:.6f}" for x in (row.theory, row.simulation, row.standard_error)]
    z = f"{row.z:.2f}" if np.isfinite(row.z) else ""
    gap = f" ({row.discrepancy:+.4f})" if np.isfinite(row.discrepancy) else ""
    fails = f"; fails: {row.assumption}{gap}" if row.assumption else ""
    own = f" ± {row.theory_error:.6f}" if row.theory_error else ""
    sources = f"{row.theory_source}{own} ↔ {row.simulation_source}{fails}"
    return [row.quantity, f"{row.alpha:.3g}", size, row.where, *numbers, z, str(row.samples), row.expected, sources]


def _aligned(cells: Sequence[str]) -> str:
    *short, expected, sources = cells
    text = "".join(f"{cell:{width}}" for cell, width in zip(short, _WIDTHS, strict=True))
    return f"{text}  {expected:<8}  {sources}"


def _html(caption: str, rows: Sequence[Row]) -> str:
    """The table for notebooks."""
    head = "".join(f"<th>{escape(name)}</th>" for name in _HEAD)
    body = ["".join(f"<td>{escape(cell)}</td>" for cell in _cells(row)) for row in rows]
    lines = "".join(f"<tr>{cells}</tr>" for cells in body)
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"


_COLUMNS = {
    "quantity": Quantity("what is compared"),
    "alpha": Quantity("load of the instances, patterns per weight or clauses per variable"),
    "n": Quantity("number of weights N; inf: extrapolated in 1/N"),
    "theory_source": Quantity("what gave the value of theory"),
    "simulation_source": Quantity("what gave the value of the simulation"),
    "expected": Quantity("where the simulation should lie"),
    "distance": Quantity("distance from the reference, differing weights over weights"),
    "gamma": Quantity("coupling to the reference"),
    "y": Quantity("number of replicas"),
    "beta": Quantity("inverse temperature"),
    "iteration": Quantity("number of the iteration"),
    "assumption": Quantity("assumption that fails, or what was left out"),
    "theory": Quantity("value of theory"),
    "simulation": Quantity("mean of the simulation over the instances"),
    "standard_error": Quantity("standard error of the simulation"),
    "theory_error": Quantity("standard error of theory"),
    "z": Quantity("simulation minus theory in standard errors"),
    "samples": Quantity("instances that contributed"),
    "missing": Quantity("instances without a value"),
    "dof": Quantity("degrees of freedom of the standard error"),
}
_DTYPES = {"float": np.float64, "int": np.int64}


def _table(rows: Sequence[Row]) -> dict[str, NDArray[Any]]:
    """The table, column by column."""
    return {
        field.name: np.array([getattr(row, field.name) for row in rows], dtype=_DTYPES.get(str(field.type), np.str_))
        for field in fields(Row)
    }


def _measurements(check: Crosscheck) -> dict[tuple[str, str, int], NDArray[Any]]:
    """By comparison, column and size, as arrays of shape (loads, samples, ...)."""
    arrays = {}
    for name, sizes in check.points.items():
        for n, points in sizes.items():
            shape = (len(points) // check.samples, check.samples)
            for column, first in points[0].items():
                stacked = np.stack([point[column] for point in points])
                arrays[name, column, n] = stacked.reshape(*shape, *first.shape)
    return arrays


def _arrays(check: Crosscheck) -> dict[str, Any]:
    """What the ``.npz`` holds."""
    arrays: dict[str, Any] = {f"table/{name}": column for name, column in _table(check.rows).items()}
    arrays |= {f"{name}/{column}/{n}": values for (name, column, n), values in _measurements(check).items()}
    return arrays | named(check.model) | {"n": check.n, "seed": str(check.seed), "method": check.method}


def named(model: System) -> dict[str, Any]:
    """Class and options of a model, in files and JSON."""
    kappa = {"kappa": float(np.asarray(model.kappa))} if isinstance(model, Model) else {}
    return {"model": type(model).__name__} | kappa | particulars(model)


def _dataset(check: Crosscheck) -> Any:
    measured = _measurements(check)
    variables = {name: Variable(("row",), column, _COLUMNS[name]) for name, column in _table(check.rows).items()}
    variables |= {_name(*key): _variable(*key, values) for key, values in measured.items()}
    description = f"Theory against simulation on {check.samples} random instances of each load and size"
    return make_dataset(check, description, variables, {}, _attributes(check) | {"measurements": list(measured)})


def _name(comparison: str, column: str, n: int) -> str:
    name = f"{comparison}.{column}.{n}"
    if "/" in name:
        raise ValueError(f"names of comparisons and columns must hold no slash; got {comparison!r}, {column!r}")
    return name


def _variable(comparison: str, column: str, n: int, values: NDArray[Any]) -> Variable:
    axes = (f"axis_{k}_{length}" for k, length in enumerate(values.shape[2:], 1))
    meaning = f"{column.replace('_', ' ')} at N = {n}, comparison {comparison}"
    return Variable(("load", "sample", *axes), values, Quantity(meaning))


def _attributes(check: Crosscheck) -> dict[str, Any]:
    """What else the crosscheck consists of."""
    return {
        "model": check.model,
        "n": check.n,
        "samples": check.samples,
        "seed": check.seed if check.seed < 2**63 else str(check.seed),
        "method": check.method,
        "comparisons": check.comparisons,
    }


def _read(dataset: Any, known: dict[str, Any]) -> dict[str, Any]:
    columns = {name: dataset[name].values.tolist() for name in _COLUMNS}
    columns["iteration"] = [t if np.isnan(t) else int(t) for t in columns["iteration"]]  # as comparisons count
    rows = tuple(Row(**dict(zip(columns, row, strict=True))) for row in zip(*columns.values(), strict=True))
    comparisons = tuple(known["comparisons"])
    points: dict[str, dict[int, list[Point]]] = {name: {} for name in comparisons}
    for name, column, n in known["measurements"]:
        values = dataset[_name(name, column, n)].values
        flat = values.reshape(-1, *values.shape[2:])
        mine = points[name].setdefault(n, [{} for _ in flat])
        for k, point in enumerate(mine):
            point[column] = flat[k, ...]
    integers = {"n": tuple(known["n"]), "samples": int(known["samples"]), "seed": int(known["seed"])}
    kept = {"model": known["model"], "method": known["method"]}
    return integers | kept | {"comparisons": comparisons, "rows": rows, "points": points}
