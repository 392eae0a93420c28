"""The table of an ensemble: measurements on random instances, their means, and what they tend to as N grows."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bp.ensembles.bench import Job
from bp.ensembles.measurements import MEASUREMENTS, measure
from bp.ensembles.statistics import Estimate, Extrapolation, averaged, extrapolated
from bp.execution.store import Point
from bp.messages.state import Method
from replica_theory.arguments import checked_choice, checked_integer
from replica_theory.models.model import Model
from replica_theory.results.labelled import Labelled, Variable, make_dataset
from replica_theory.results.presentation import as_html, in_a_line
from replica_theory.results.quantities import Quantity
from replica_theory.status import Status, statuses
from replica_theory.typing import Array


@dataclass(frozen=True, eq=False, repr=False)
class Ensemble(Labelled):
    """Measurements on random instances, labelled by load, size and sample.

    Attributes
    ----------
    model : Model
    alpha : array, shape (n_alpha,)
        Loads asked for; see `load`.
    n : array of int, shape (n_n,)
        Sizes.
    distance : array, shape (n_d,)
        Distances of ``"local_entropy"``; empty where it was not measured.
    values : mapping of str to array, shape (n_alpha, n_n, samples) or (n_alpha, n_n, samples, n_d)
        The measurements by name; NaN where there is none.
    root : int
        The seed of all: ``rng=root`` gives the same ensemble.
    samples : int
        Instances of each load and size.
    solver, method, solver_runs, solver_options
        How it was measured, as in `bp.ensemble`.
    """

    model: Model
    alpha: Array
    n: NDArray[np.int64]
    distance: Array
    values: Mapping[str, Array]
    root: int
    samples: int
    solver: str
    method: Method
    solver_runs: int
    solver_options: Mapping[str, Any]

    @cached_property
    def load(self) -> Array:
        """Loads P/N that the instances have, shape (n_alpha, n_n)."""
        return np.array([[round(a * int(n)) / n for n in self.n] for a in self.alpha])

    @cached_property
    def status(self) -> NDArray[np.object_]:
        """Outcome of belief propagation on every instance, shape (n_alpha, n_n, samples)."""
        return _status(self)

    @property
    def error(self) -> dict[str, Array]:
        """Standard errors of the means, by measurement."""
        return {name: self.mean(name).error for name in self.values}

    def __repr__(self) -> str:
        name, values = next(iter(self.values.items()))
        return in_a_line(type(self).__name__, [repr(self.model)], name, values, self._outcome())

    def _repr_html_(self) -> str:
        rows = {name: (values, _quantity(name)) for name, values in self.values.items()}
        return as_html(f"{type(self).__name__}, {self.model}", self.message, rows)

    def rerun(self, alpha_index: int, n_index: int, sample: int) -> Point:
        """Measure a single instance once more, alone; it comes out as in `values`.

        Parameters
        ----------
        alpha_index, n_index, sample : int
            Its place, as in ``values[name][alpha_index, n_index, sample]``.

        Returns
        -------
        dict of arrays

        Raises
        ------
        ValueError
            If there is no such place.
        """
        return measure(_job(self, _checked_place(self, alpha_index, n_index, sample)))

    def mean(self, name: str, *, width: float = 1.0) -> Estimate:
        """Mean of a measurement over the instances, with its standard error.

        Parameters
        ----------
        name : str
            One of the measurements.
        width : float
            How sure the interval is, in Gaussian deviations: it is Student's, or for ``"solved"`` Wilson's.

        Returns
        -------
        Estimate

        Raises
        ------
        ValueError
            If `name` was not measured or `width` is not positive.
        """
        return averaged(_measured(self, name), width=width, proportion=_is_proportion(name))

    def extrapolate(self, name: str, *, order: int = 1) -> Extrapolation:
        r"""The value for :math:`N\to\infty`, by a fit of the means in powers of 1/N.

        Parameters
        ----------
        name : str
            One of the measurements.
        order : {1, 2}
            Highest power of 1/N.

        Returns
        -------
        Extrapolation

        Raises
        ------
        ValueError
            If `name` was not measured, or the ensemble has no more sizes than `order`.
        """
        checked_integer("order", order, 1, 2)
        return extrapolated(self.alpha, self.n, self.mean(name), order, 0.0 if _is_proportion(name) else 1.0)

    @property
    def rows(self) -> list[dict[str, float]]:
        """The table, an instance a row; local entropies are named by their distance, ``local_entropy_0.1``."""
        return [_row(self, *place) for place in np.ndindex(len(self.alpha), len(self.n), self.samples)]

    def to_csv(self) -> str:
        """The table of instances as CSV with a header line, all digits."""
        return _csv(self.rows)

    def to_xarray(self) -> Any:
        """The measurements as an `xarray.Dataset` over ``alpha``, ``n``, ``sample`` (and ``distance``), with `load`.

        Variables carry ``long_name`` and ``units``, the dataset model, seed, version of this package and all settings.

        Raises
        ------
        ModuleNotFoundError
            If xarray is not installed (extra ``data``).
        """
        return _dataset(self)

    @classmethod
    def _fields(cls, dataset: Any, attributes: dict[str, Any]) -> dict[str, Any]:
        return _read(dataset, attributes)


def _read(dataset: Any, known: dict[str, Any]) -> dict[str, Any]:
    axes = {name: dataset[name].values for name in ("alpha", "n", "distance")}
    values = MappingProxyType({name: dataset[name].values for name in known.pop("measurements")})
    root, samples = int(known.pop("seed")), dataset.sizes["sample"]
    return known | axes | {"values": values, "root": root, "samples": samples}


def _status(table: Ensemble) -> NDArray[np.object_]:
    shape = (len(table.alpha), len(table.n), table.samples)
    known = [name for name in table.values if name in MEASUREMENTS and MEASUREMENTS[name].of_messages]
    lost = np.any([np.isnan(table.values[name]) for name in known], axis=0) if known else np.zeros(shape, dtype=bool)
    return statuses(np.where(lost, Status.MAX_ITERATIONS, Status.CONVERGED).ravel().tolist(), shape)


def _checked_place(table: Ensemble, alpha_index: int, n_index: int, sample: int) -> tuple[int, int, int]:
    place, shape = (alpha_index, n_index, sample), (len(table.alpha), len(table.n), table.samples)
    for name, index, length in zip(("alpha_index", "n_index", "sample"), place, shape, strict=True):
        checked_integer(name, index, 0, length - 1)
    return place


def _job(table: Ensemble, place: tuple[int, int, int]) -> Job:
    """What was measured at a place."""
    alpha, n, distance = float(table.alpha[place[0]]), int(table.n[place[1]]), tuple(table.distance.tolist())
    how = (table.solver, table.solver_options, table.solver_runs, table.method)
    return Job(table.model, alpha, n, table.root, place, tuple(table.values), *how, distance)


def _measured(table: Ensemble, name: str) -> Array:
    checked_choice("name", name, table.values)
    return table.values[name]


def _is_proportion(name: str) -> bool:
    return name in MEASUREMENTS and MEASUREMENTS[name].proportion


def _quantity(name: str) -> Quantity:
    return MEASUREMENTS[name].quantity if name in MEASUREMENTS else Quantity(name)


def _row(table: Ensemble, i: int, j: int, k: int) -> dict[str, float]:
    """One instance."""
    row = {"alpha": float(table.alpha[i]), "load": float(table.load[i, j]), "n": int(table.n[j]), "sample": k}
    for name, values in table.values.items():
        if values.ndim > 3:
            row |= {f"{name}_{d:g}": float(x) for d, x in zip(table.distance, values[i, j, k], strict=True)}
        else:
            row[name] = float(values[i, j, k])
    return row


def _csv(rows: list[dict[str, float]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _dataset(table: Ensemble) -> Any:
    description = f"Measurements on {table.samples} random instances of each load and size"
    return make_dataset(table, description, _variables(table), _coordinates(table), _attributes(table))


def _variables(table: Ensemble) -> dict[str, Variable]:
    """The measurements, with their axes."""
    axes = ("alpha", "n", "sample", "distance")
    return {name: Variable(axes[: values.ndim], values, _quantity(name)) for name, values in table.values.items()}


def _coordinates(table: Ensemble) -> dict[str, Variable]:
    return {
        "alpha": Variable(("alpha",), table.alpha, Quantity("load asked for, patterns per weight")),
        "n": Variable(("n",), table.n, Quantity("number of weights N")),
        "sample": Variable(("sample",), np.arange(table.samples), Quantity("number of the instance")),
        "load": Variable(("alpha", "n"), table.load, Quantity("load of the instances, round(alpha N)/N")),
        "distance": Variable(("distance",), table.distance, Quantity("distance from the solution found")),
    }


def _attributes(table: Ensemble) -> dict[str, Any]:
    """What else the ensemble consists of."""
    return {
        "model": table.model,
        "seed": table.root if table.root < 2**63 else str(table.root),
        "measurements": list(table.values),
        "solver": table.solver,
        "method": table.method,
        "solver_runs": table.solver_runs,
        "solver_options": dict(table.solver_options),
    }
