"""Results whose arrays all have one shape, that of the grid of points they were computed on."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from replica_theory.results.labelled import Labelled, Variable, make_dataset
from replica_theory.results.quantities import PARAMETERS, STATUS, Quantity
from replica_theory.status import statuses

_Row = TypeVar("_Row")


@dataclass(frozen=True, eq=False)
class Points:
    """The points of a call: its arguments, broadcast against each other.

    Attributes
    ----------
    columns : mapping of str to array
        Every argument as a flat array of doubles, one entry a point.
    shape : tuple of int
        The broadcast shape, ``()`` for a scalar call.
    """

    columns: dict[str, NDArray[np.float64]]
    shape: tuple[int, ...]

    @property
    def scalar(self) -> bool:
        """Whether the call is for a single point."""
        return self.shape == ()

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def __iter__(self) -> Iterator[dict[str, float]]:
        """The arguments of every point, one after the other."""
        for k in range(len(self)):
            yield {name: float(column[k]) for name, column in self.columns.items()}

    def array(self, name: str) -> NDArray[np.float64]:
        """An argument as an array of the broadcast shape."""
        return self.columns[name].reshape(self.shape)

    def shaped(self, column: Any) -> Any:
        """One entry a point as a result holds it: of the broadcast shape, or the entry itself in a scalar call."""
        return np.asarray(column).reshape(self.shape) if self.shape else np.asarray(column).item()

    def shaped_all(self, columns: Mapping[str, Any]) -> dict[str, Any]:
        """The same for several columns by name."""
        return {name: self.shaped(column) for name, column in columns.items()}


def broadcast(**arguments: Any) -> Points:
    """The points that arguments stand for together.

    Raises
    ------
    ValueError
        If their shapes do not fit.
    """
    try:
        grid = np.broadcast_arrays(*arguments.values())
    except ValueError:
        *names, last = arguments
        shapes = ", ".join(str(np.shape(value)) for value in arguments.values())
        raise ValueError(f"{', '.join(names)} and {last} must broadcast; got shapes {shapes}") from None
    columns = {name: np.array(column, dtype=float).ravel() for name, column in zip(arguments, grid, strict=True)}
    return Points(columns, grid[0].shape)


def by_setting(
    points: Points,
    swept: str,
    solve: Callable[[Mapping[str, float], NDArray[np.float64]], Sequence[_Row]],
) -> list[_Row]:
    """One row a point, computed curve by curve: all points that differ in one argument only are solved together.

    Parameters
    ----------
    points : Points
    swept : str
        The argument along the curves.
    solve : callable
        ``solve(setting, values)`` with the other arguments by name and the values of the swept one gives a row for each
        value. Settings come in increasing order.

    Returns
    -------
    list
        The rows in the order of the points.

    Examples
    --------
    >>> points = broadcast(alpha=[[0.5], [0.6]], distance=[0.1, 0.2])
    >>> by_setting(points, "distance", lambda setting, d: [f"{setting['alpha']} {x}" for x in d])
    ['0.5 0.1', '0.5 0.2', '0.6 0.1', '0.6 0.2']
    """
    names = [name for name in points.columns if name != swept]
    values = points.columns[swept]
    settings, group = np.unique(np.stack([points.columns[name] for name in names]), axis=1, return_inverse=True)
    rows: dict[int, _Row] = {}
    for g, setting in enumerate(settings.T):
        members = np.flatnonzero(np.ravel(group) == g)
        solved = solve(dict(zip(names, map(float, setting), strict=True)), values[members])
        rows |= dict(zip(members.tolist(), solved, strict=True))
    return [rows[k] for k in range(len(values))]


class GridResult(Labelled):
    """A dataclass of arrays of one shape, that is labelled by what varies along its axes.

    A subclass says which of its fields are arrays and what they are (`_quantities`), and which of these, and of the
    model's ``kappa`` and ``beta``, tell the points apart (`_coordinates`, in the order in which they name an axis). A
    field ``overlaps`` is a mapping of further arrays, a field ``status`` holds one `Status` for each point; whatever
    else there is becomes an attribute.
    """

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
    def _fields(cls, dataset: Any, attributes: dict[str, Any]) -> dict[str, Any]:
        main = next((name for name in cls._quantities if name not in cls._coordinates), "")
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
            words = dataset["status"].values
            known["status"] = statuses(words.ravel().tolist(), words.shape)
        if cls._floats and not dims:
            known = {name: value.item() for name, value in known.items()}
        names = {field.name for field in fields(cls)}  # type: ignore[arg-type]
        held = {name: value for name, value in cls._unfolded(known | {"overlaps": overlaps}).items() if name in names}
        return held | attributes

    def to_csv(self) -> str:
        """The points as CSV with a header line, a line for each, all digits."""
        columns = {name: column.values.ravel().tolist() for name, column in self._columns().items()}
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
        return text.getvalue()

    @classmethod
    def _unfolded(cls, columns: dict[str, Any]) -> dict[str, Any]:
        """The fields that columns of the full shape were made of, where they are not these."""
        return columns

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
        found = {} if model is None else {name: getattr(model, name) for name in PARAMETERS}
        found |= {name: getattr(self, name) for name in self._quantities if getattr(self, name) is not None}
        first = {name: found[name] for name in self._coordinates if name in found}
        return first | found

    def _columns(self) -> dict[str, Variable]:
        """The same as variables of the full shape, with the overlaps and the status."""
        shape, overlaps = self._shape(), getattr(self, "overlaps", {})
        values = self._values()
        if clash := sorted({*values, "status"} & overlaps.keys()):
            raise ValueError(f"overlaps must not have the names of other arrays of the result; got {', '.join(clash)}")
        known = {**PARAMETERS, **self._quantities}
        columns = {name: Variable((), _full(x, shape), known[name]) for name, x in values.items()}
        for name, x in overlaps.items():
            quantity = self._overlaps.get(name, Quantity(f"order parameter {name}"))
            columns[name] = Variable((), _full(x, shape), quantity, "overlaps")
        if hasattr(self, "status"):
            words = np.array([str(end) for end in self._ends()], dtype=str).reshape(np.shape(self.status))
            columns["status"] = Variable((), np.array(np.broadcast_to(words, shape)), STATUS)
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
