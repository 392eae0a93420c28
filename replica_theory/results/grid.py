"""Results whose arrays all have one shape, that of the grid of points they were computed on."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from replica_theory.results.labelled import Labelled, Quantity, Variable, make_dataset, read_attributes
from replica_theory.status import Status

NATS = "nats per weight"
LOAD = Quantity("load, patterns per weight")
DISTANCE = Quantity("distance from the reference, differing weights over weights")

_PARAMETERS = {"kappa": Quantity("margin of the model"), "beta": Quantity("inverse temperature of the model")}
_STATUS = Quantity("outcome of the point")


class GridResult(Labelled):
    """A dataclass of arrays of one shape, that is labelled by what varies along its axes.

    A subclass says which of its fields are arrays and what they are (`_quantities`), and which of these, and of the
    model's ``kappa`` and ``beta``, tell the points apart (`_coordinates`, in the order in which they name an axis). A
    field ``overlaps`` is a mapping of further arrays, a field ``status`` holds one `Status` for each point; whatever
    else there is becomes an attribute.
    """

    _quantities: ClassVar[Mapping[str, Quantity]]
    _coordinates: ClassVar[tuple[str, ...]]
    _overlaps: ClassVar[Mapping[str, Quantity]] = {}
    _floats: ClassVar[bool] = True
    """Whether a single point is held as floats (and a Status), not as arrays without dimensions."""

    def to_xarray(self) -> Any:
        """The result as an `xarray.Dataset`.

        Every axis is a dimension named by what varies along it (``distance``, ``alpha``, ``kappa``, ...; ``dim_0`` if
        nothing does alone); what does not vary is a coordinate without dimensions. Variables carry ``long_name`` and
        ``units``, the dataset a description, the version of this package, the model with its parameters, and the
        settings.

        Raises
        ------
        ModuleNotFoundError
            If xarray is not installed (extra ``data``).
        """
        columns = self._columns()
        dims = _named_axes(self._shape(), {n: columns[n].values for n in (*self._coordinates, "y") if n in columns})
        names = [name for name in columns if name in self._coordinates or name in dims]
        coordinates = {name: _reduced(name, columns[name], dims) for name in names}
        variables = {name: x._replace(dims=dims) for name, x in columns.items() if name not in names}
        return make_dataset(self, self._description(), variables, coordinates, self._attributes())

    @classmethod
    def from_xarray(cls, dataset: Any) -> Self:
        """The result that a dataset of `to_xarray` was made of.

        Raises
        ------
        ValueError
            If the dataset lacks something, or its model holds code.
        """
        attributes = read_attributes(dataset)
        main = next((name for name in cls._quantities if name not in cls._coordinates), "")
        try:
            dims = dataset[main].dims
            known: dict[str, Any] = {
                name: _restored(dataset[name], dims, dataset.sizes) for name in cls._quantities if name in dataset
            }
            overlaps = {
                str(name): _restored(variable, dims, dataset.sizes)
                for name, variable in dataset.variables.items()
                if variable.attrs.get("group") == "overlaps"
            }
            if "status" in dataset:
                known["status"] = _statuses(dataset["status"].values)
            if cls._floats and not dims:
                known = {name: value.item() for name, value in known.items()}
            names = {field.name for field in fields(cls)}  # type: ignore[arg-type]
            return cls(**known, **({"overlaps": overlaps} if "overlaps" in names else {}), **attributes)
        except (KeyError, TypeError) as error:
            raise ValueError(f"it is no {cls.__name__}: {error}") from None

    def to_csv(self) -> str:
        """The points as CSV with a header line, a line for each, all digits."""
        columns = {name: column.values.ravel().tolist() for name, column in self._columns().items()}
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
        return text.getvalue()

    def _description(self) -> str:
        return str(type(self).__doc__).partition("\n")[0]

    def _attributes(self) -> dict[str, Any]:
        held = {*self._quantities, "overlaps", "status"}
        names = [field.name for field in fields(self)]  # type: ignore[arg-type]
        return {name: getattr(self, name) for name in names if name not in held}

    def _shape(self) -> tuple[int, ...]:
        return np.broadcast_shapes(*(np.shape(values) for values in self._values().values()))

    def _values(self) -> dict[str, Any]:
        """All numbers by name, coordinates first."""
        model = getattr(self, "model", None)
        found = {} if model is None else {name: getattr(model, name) for name in _PARAMETERS}
        found |= {name: getattr(self, name) for name in self._quantities if getattr(self, name) is not None}
        first = {name: found[name] for name in self._coordinates if name in found}
        return first | found

    def _columns(self) -> dict[str, Variable]:
        """The same as variables of the full shape, with the overlaps and the status."""
        shape, overlaps = self._shape(), getattr(self, "overlaps", {})
        values = self._values()
        if clash := sorted({*values, "status"} & overlaps.keys()):
            raise ValueError(f"overlaps must not have the names of other arrays of the result; got {', '.join(clash)}")
        known = {**_PARAMETERS, **self._quantities}
        columns = {name: Variable((), _full(x, shape), known[name]) for name, x in values.items()}
        for name, x in overlaps.items():
            quantity = self._overlaps.get(name, Quantity(f"order parameter {name}"))
            columns[name] = Variable((), _full(x, shape), quantity, "overlaps")
        if hasattr(self, "status"):
            words = np.array([str(s) for s in np.ravel(np.asarray(self.status, dtype=object))], dtype=str)
            columns["status"] = Variable((), words.reshape(shape), _STATUS)
        return columns


def _full(values: Any, shape: tuple[int, ...]) -> NDArray[np.float64]:
    return np.array(np.broadcast_to(np.asarray(values, dtype=np.float64), shape))


def _named_axes(shape: tuple[int, ...], labels: Mapping[str, NDArray[np.float64]]) -> tuple[str, ...]:
    """A name for every axis: the first label that varies along it alone; of a single point, one that does not vary."""
    varying = {name: _varying_axes(values) for name, values in labels.items()}
    free = [name for name, axes in varying.items() if not axes and name != "y"]
    names = []
    for axis, size in enumerate(shape):
        alone = next((name for name, axes in varying.items() if axes == [axis]), None)
        names.append(alone or (free.pop(0) if free and size < 2 else f"dim_{axis}"))
    return tuple(names)


def _varying_axes(values: NDArray[np.float64]) -> list[int]:
    """Along which axes an array is not constant (bit for bit)."""
    firsts = (np.take(values, [0], axis) for axis in range(values.ndim) if values.size)
    return [axis for axis, first in enumerate(firsts) if values.tobytes() != _full(first, values.shape).tobytes()]


def _reduced(name: str, column: Variable, dims: tuple[str, ...]) -> Variable:
    """A coordinate along the axes that it needs: its own, none, or all."""
    values = column.values
    if name in dims:
        others = tuple(0 if dim != name else slice(None) for dim in dims)
        return column._replace(dims=(name,), values=values[others])
    if values.size and not _varying_axes(values):
        return column._replace(dims=(), values=values.reshape(-1)[0].reshape(()))
    return column._replace(dims=dims)


def _restored(variable: Any, dims: tuple[str, ...], sizes: Mapping[str, int]) -> NDArray[np.float64]:
    """The values of a variable on the whole grid."""
    shape = tuple(sizes[dim] if dim in variable.dims else 1 for dim in dims)
    return _full(variable.values.reshape(shape), tuple(sizes[dim] for dim in dims))


def _statuses(words: NDArray[Any]) -> NDArray[np.object_]:
    status = np.empty(words.shape, dtype=object)
    status.ravel()[:] = [Status(str(word)) for word in words.ravel()]
    return status
