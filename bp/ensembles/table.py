"""The table of an ensemble: measurements on random instances, their means, and what they tend to as N grows."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from bp.ensembles.bench import Job
from bp.ensembles.measurements import MEASUREMENTS, measure
from bp.ensembles.statistics import Estimate, Extrapolation, averaged, extrapolated
from bp.execution.store import Point
from bp.messages.state import Method
from replica_theory.arguments import checked_choice
from replica_theory.models.model import Model
from replica_theory.results.labelled import Labelled, Variable, make_dataset, read_attributes
from replica_theory.results.quantities import Quantity
from replica_theory.typing import Array


@dataclass(frozen=True, eq=False)
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
        place = _checked_place(self, alpha_index, n_index, sample)
        alpha, n, distance = float(self.alpha[alpha_index]), int(self.n[n_index]), tuple(self.distance.tolist())
        how = (self.solver, self.solver_options, self.solver_runs, self.method)
        return measure(Job(self.model, alpha, n, self.root, place, tuple(self.values), *how, distance))

    def mean(self, name: str, *, width: float = 1.0) -> Estimate:
        r"""Mean of a measurement over the instances, with its standard error.

        Parameters
        ----------
        name : str
            One of the measurements.
        width : float
            Half width of the interval in standard deviations. For ``"solved"`` it is Wilson's,
            :math:`(p + \frac{z^2}{2n} \pm z\sqrt{p(1-p)/n + z^2/4n^2})/(1 + z^2/n)`.

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
        r"""The value for :math:`N\to\infty`, by a fit of the means in powers of 1/N weighted with their errors.

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
        return extrapolated(self.alpha, self.n, self.mean(name), order)

    @property
    def rows(self) -> list[dict[str, float]]:
        """The table: a mapping for each instance, with ``alpha``, ``load``, ``n``, ``sample`` and the measurements.

        Local entropies are named by their distance, ``local_entropy_0.1``.
        """
        return [_row(self, *place) for place in np.ndindex(len(self.alpha), len(self.n), self.samples)]

    def to_csv(self) -> str:
        """The table of instances as CSV with a header line, all digits."""
        return _csv(self.rows)

    def to_xarray(self) -> Any:
        """The measurements as an `xarray.Dataset` over ``alpha``, ``n``, ``sample`` (and ``distance``).

        Loads, sizes, samples and distances are coordinates, as is the `load` P/N that instances have. Variables carry
        ``long_name`` and ``units``, the dataset the model, the seed, the version of this package and all settings.

        Raises
        ------
        ModuleNotFoundError
            If xarray is not installed (extra ``data``).
        """
        description = f"Measurements on {self.samples} random instances of each load and size"
        return make_dataset(self, description, _variables(self), _coordinates(self), _attributes(self))

    @classmethod
    def from_xarray(cls, dataset: Any) -> Self:
        """The ensemble that a dataset of `to_xarray` was made of.

        Raises
        ------
        ValueError
            If the dataset lacks something.
        """
        known = read_attributes(dataset)
        try:
            alpha, n, distance = (dataset[name].values for name in ("alpha", "n", "distance"))
            values = MappingProxyType({name: dataset[name].values for name in known.pop("measurements")})
            return cls(known.pop("model"), alpha, n, distance, values, int(known.pop("seed")), dataset.sizes["sample"],
                       **known)  # fmt: skip
        except (KeyError, TypeError) as error:
            raise ValueError(f"it is no {cls.__name__}: {error}") from None


def _checked_place(table: Ensemble, alpha_index: int, n_index: int, sample: int) -> tuple[int, int, int]:
    place, shape = (alpha_index, n_index, sample), (len(table.alpha), len(table.n), table.samples)
    for name, index, length in zip(("alpha_index", "n_index", "sample"), place, shape, strict=True):
        if not isinstance(index, int | np.integer) or not 0 <= index < length:
            raise ValueError(f"{name} must be at least 0 and below {length}; got {index!r}")
    return place


def _measured(table: Ensemble, name: str) -> Array:
    checked_choice("name", name, table.values)
    return table.values[name]


def _is_proportion(name: str) -> bool:
    return name in MEASUREMENTS and MEASUREMENTS[name].proportion


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


def _variables(table: Ensemble) -> dict[str, Variable]:
    """The measurements, with their axes."""
    axes = ("alpha", "n", "sample", "distance")
    known = {name: measurement.quantity for name, measurement in MEASUREMENTS.items()}
    return {
        name: Variable(axes[: values.ndim], values, known.get(name, Quantity(name)))
        for name, values in table.values.items()
    }


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
