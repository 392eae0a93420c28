"""What came of a crosscheck: its table as text and CSV, its files, its picture."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bp.execution.store import Point, require_writable, save_npz
from bp.messages.state import Method
from bp.validation.picture import picture
from bp.validation.table import Row
from replica_theory.models.model import Model
from replica_theory.models.registry import particulars
from replica_theory.results.files import replace_file

if TYPE_CHECKING:  # pragma: no cover
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Crosscheck:
    """Outcome of `crosscheck`: the table and everything it was made of.

    Attributes
    ----------
    model : Model
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

    model: Model
    n: tuple[int, ...]
    samples: int
    seed: int
    method: Method
    comparisons: tuple[str, ...]
    rows: tuple[Row, ...]
    points: Mapping[str, Mapping[int, list[Point]]]

    def __str__(self) -> str:
        """The table as aligned text."""
        return "\n".join([_HEAD, *map(_line, self.rows)])

    def to_csv(self) -> str:
        """The table as CSV with a header line; the last column is the discrepancy."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([*(field.name for field in fields(Row)), "discrepancy"])
        writer.writerows([[*asdict(row).values(), row.discrepancy] for row in self.rows])
        return text.getvalue()

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
        folder = Path(folder)
        require_writable(folder)
        paths = [folder / f"crosscheck.{kind}" for kind in ("csv", "npz", "png")]
        replace_file(paths[0], self.to_csv().encode())
        save_npz(paths[1], self._arrays())
        image = io.BytesIO()
        self.plot().savefig(image, format="png", dpi=150)
        replace_file(paths[2], image.getvalue())
        return paths

    def _arrays(self) -> dict[str, Any]:
        arrays: dict[str, Any] = {
            f"table/{field.name}": np.array([getattr(row, field.name) for row in self.rows]) for field in fields(Row)
        }
        for name, sizes in self.points.items():
            for n, points in sizes.items():
                shape = (len(points) // self.samples, self.samples)
                for column, first in points[0].items():
                    stacked = np.stack([point[column] for point in points])
                    arrays[f"{name}/{column}/{n}"] = stacked.reshape(*shape, *first.shape)
        settings = {"model": type(self.model).__name__, "kappa": self.model.kappa}
        settings |= particulars(self.model) | {"n": self.n, "seed": str(self.seed)}
        return arrays | settings | {"method": self.method}

    def plot(self) -> Figure:
        """What was compared, theory as lines and simulation as points, and the z-scores of rows that should agree.

        Returns
        -------
        matplotlib Figure
        """
        return picture(self.model, self.rows)


_HEAD = (
    f"{'quantity':<20}{'alpha':>7}{'N':>6}{'where':>16}{'theory':>11}{'simulation':>12}{'std.err.':>10}{'z':>8}"
    f"{'n':>6}  expected  theory ↔ simulation"
)


def _line(row: Row) -> str:
    size = "∞" if np.isinf(row.n) else f"{row.n:.0f}"
    z = f"{row.z:>8.2f}" if np.isfinite(row.z) else f"{'':>8}"
    numbers = f"{row.theory:>11.6f}{row.simulation:>12.6f}{row.standard_error:>10.6f}{z}{row.samples:>6}"
    gap = f" ({row.discrepancy:+.4f})" if np.isfinite(row.discrepancy) else ""
    fails = f"; fails: {row.assumption}{gap}" if row.assumption else ""
    labels = f"  {row.expected:<8}  {row.theory_source} ↔ {row.simulation_source}{fails}"
    return f"{row.quantity:<20}{row.alpha:>7.3g}{size:>6}{row.where:>16}{numbers}{labels}"
