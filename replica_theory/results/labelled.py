"""Results as labelled data: `xarray` datasets in memory, netCDF files on disk, and the same results read back."""

from __future__ import annotations

import hashlib
import importlib
import io
import json
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from replica_theory.arguments import checked_path, shown
from replica_theory.models.model import Model
from replica_theory.models.registry import describe, is_description, restore
from replica_theory.models.satisfiability import RandomSatisfiability
from replica_theory.results.contents import checked_contents
from replica_theory.results.files import replace_file
from replica_theory.results.presentation import as_html, equal, in_a_line
from replica_theory.results.quantities import Quantity
from replica_theory.status import statuses

FORMAT = 1
_HDF5 = b"\x89HDF\r\n\x1a\n"

_PACKAGE = "binary-perceptron"
_OWN = ("class", "description", "package", "version", "format")


class Variable(NamedTuple):
    """An array, its axes and what it is; `group` names the mapping of the result that it belongs to."""

    dims: tuple[str, ...]
    values: NDArray[Any]
    quantity: Quantity
    group: str = ""


class Labelled(ABC):
    """A result of either package: a frozen dataclass that says how it ended, shows itself and can be kept.

    A subclass has a `status`, one `Status` or an array of them, and an `error`, as fields or properties. Two results
    are equal if they are of one class with equal contents, NaN being equal to itself.
    """

    _quantities: ClassVar[Mapping[str, Quantity]] = {}
    """What its numbers are, by the names of fields."""
    _main: ClassVar[str] = "entropy"
    """The quantity that it is about, quoted where it is shown."""

    def __post_init__(self) -> None:
        checked_contents(self)
        status = getattr(self, "status", None)
        if isinstance(status, np.ndarray):  # numpy may have made plain text of the members
            try:
                object.__setattr__(self, "status", statuses(status.ravel().tolist(), status.shape))
            except ValueError:
                raise ValueError(f"status must hold members of Status or their names; got {shown(status)}") from None
        elif not isinstance(status, StrEnum):
            raise TypeError(f"status must be a Status, or an array of them; got {shown(status)}")

    @property
    def converged(self) -> Any:
        """Whether the numbers are those of a converged solution, for each point."""
        status = self.status  # type: ignore[attr-defined]
        if not isinstance(status, np.ndarray):
            return bool(status.ok)
        flags = np.array([one.ok for one in status.ravel()], dtype=bool)
        return flags.reshape(status.shape)

    @property
    def message(self) -> str:
        """How it ended, in a sentence; of several points one for each outcome, with their number."""
        ends = self._ends()
        if not ends:
            return "There are no points."
        if len(ends) == 1:
            return str(ends[0].sentence)
        return " ".join(f"{ends.count(one)} of {len(ends)} points: {one.sentence}" for one in dict.fromkeys(ends))

    def __repr__(self) -> str:
        return in_a_line(type(self).__name__, self._about(), self._main, getattr(self, self._main), self._outcome())

    def _repr_html_(self) -> str:
        held = {name: getattr(self, name) for name in self._quantities}
        rows = {name: (values, self._quantities[name]) for name, values in held.items() if values is not None}
        return as_html(", ".join([type(self).__name__, *self._about()]), self.message, rows)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        names = [field.name for field in fields(self)]  # type: ignore[arg-type]
        return all(equal(getattr(self, name), getattr(other, name)) for name in names)

    __hash__ = None  # type: ignore[assignment]

    def _ends(self) -> list[Any]:
        """The outcomes, one a point."""
        status: Any = self.status  # type: ignore[attr-defined]
        return status.ravel().tolist() if isinstance(status, np.ndarray) else [status]

    def _about(self) -> list[str]:
        """What else to say where it is shown."""
        return []

    def _outcome(self) -> str:
        flags = np.asarray(self.converged)
        if flags.size == 1:
            return str(self._ends()[0])
        return f"{int(flags.sum())} of {flags.size} converged"

    @abstractmethod
    def to_xarray(self) -> Any:
        """The result as an `xarray.Dataset`."""

    @abstractmethod
    def to_csv(self) -> str:
        """The numbers as CSV with a header line, all digits."""

    @classmethod
    def from_xarray(cls, dataset: Any) -> Self:
        """The result that a dataset of `to_xarray` was made of.

        Raises
        ------
        TypeError, ValueError
            If it is no dataset, the dataset lacks something, or its model holds code.
        """
        attributes = read_attributes(dataset)
        try:
            return cls(**cls._fields(dataset, attributes))
        except (KeyError, TypeError) as error:
            raise ValueError(f"it is no {cls.__name__}: {error}") from None

    @classmethod
    @abstractmethod
    def _fields(cls, dataset: Any, attributes: dict[str, Any]) -> dict[str, Any]:
        """The fields by name, from a dataset of `to_xarray`; KeyError or TypeError if it lacks something."""

    def to_netcdf(self, path: str | os.PathLike[str]) -> None:
        """Write the dataset of `to_xarray` to a netCDF-4 file, completely or not at all.

        `replica_theory.read_netcdf` gives the same result back: every array bit for bit, every status, model and
        setting. Any program that reads netCDF or HDF5 reads the numbers.

        Parameters
        ----------
        path : path-like
            Where; a file that is there is replaced.

        Raises
        ------
        ModuleNotFoundError
            If xarray, h5netcdf or h5py is not installed (extra ``data``).
        OSError
            If the file cannot be written.
        ValueError
            If the model holds code (a `CustomModel` or a class of your own), which no file keeps;
            ``to_xarray().to_netcdf(path)`` writes the numbers all the same, and `to_csv` does.
        """
        path = checked_path("path", path)
        dataset = self.to_xarray()
        try:
            type(self).from_xarray(dataset)
        except ValueError as error:
            raise ValueError(f"cannot write what cannot be read back: {error}") from None
        data = _to_bytes(dataset)
        try:
            replace_file(Path(path), data)
        except OSError as error:  # names the file, not its temporary name
            raise OSError(error.errno, error.strerror, os.fspath(path)) from None


def read_netcdf(path: str | os.PathLike[str]) -> Any:
    """Read the result that its `to_netcdf` wrote.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    EntropyCurve, ReplicaSymmetric, Capacity or another result
        Of the class that was written, with equal contents. The file may come from another version of this package, as
        long as the format has the same number.

    Raises
    ------
    ModuleNotFoundError
        If xarray, h5netcdf or h5py is not installed (extra ``data``).
    OSError
        If the file does not exist or cannot be read.
    ValueError
        If it is no netCDF-4 file, is damaged, was changed, or holds something else. The file is left as it is.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import replica_theory as rt
    >>> curve = rt.franz_parisi(rt.BinaryPerceptron(), 0.5, [0.1, 0.2])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     curve.to_netcdf(pathlib.Path(folder, "curve.nc"))
    ...     again = read_netcdf(pathlib.Path(folder, "curve.nc"))
    >>> again.label, again.model == curve.model, bool((again.entropy == curve.entropy).all())
    ('Franz-Parisi, alpha = 0.5', True, True)
    """
    path = checked_path("path", path)
    data = Path(path).read_bytes()
    _require("xarray", "h5netcdf", "h5py", call="read_netcdf")
    try:
        dataset = _from_bytes(data)
        return _kind_of(dataset).from_xarray(dataset)
    except (ValueError, TypeError, RecursionError) as error:  # of contents whose hash nobody made but by this package
        raise ValueError(f"cannot read a result from {os.fspath(path)!r}: {error}") from None


def make_dataset(
    result: object, description: str, variables: Mapping[str, Variable], coordinates: Mapping[str, Variable],
    attributes: Mapping[str, Any],
) -> Any:  # fmt: skip
    """The `xarray.Dataset` of a result.

    Parameters
    ----------
    result : object
        Its class is noted.
    description : str
    variables, coordinates : mapping of str to Variable
    attributes : mapping
        What else the result consists of. Texts and numbers are kept as they are, models, lists and mappings as JSON;
        None is left out.

    Raises
    ------
    ModuleNotFoundError
        If xarray is not installed.
    """
    from replica_theory._version import __version__

    (xarray,) = _require("xarray", call="to_xarray")
    own = (type(result).__name__, description, _PACKAGE, __version__, FORMAT)
    kept = {name: _attribute(value) for name, value in attributes.items() if value is not None}
    return xarray.Dataset(
        {name: _labelled(variable) for name, variable in variables.items()},
        coords={name: _labelled(variable) for name, variable in coordinates.items()},
        attrs=dict(zip(_OWN, own, strict=True)) | kept,
    )


def read_attributes(dataset: Any) -> dict[str, Any]:
    """The `attributes` that a dataset was made with; TypeError if it is no dataset."""
    xarray = sys.modules.get("xarray")
    if xarray is None or not isinstance(dataset, xarray.Dataset):
        raise TypeError(f"dataset must be an xarray.Dataset that to_xarray made; got {shown(dataset)}")
    kept = {name: value for name, value in dataset.attrs.items() if name not in (*_OWN, "checksum")}
    return {name: _attribute_value(value) for name, value in kept.items()}


def _labelled(variable: Variable) -> tuple[Any, ...]:
    attributes = {"long_name": variable.quantity.long_name, "units": variable.quantity.units}
    if variable.values.dtype.kind == "U":
        del attributes["units"]
    return variable.dims, variable.values, attributes | ({"group": variable.group} if variable.group else {})


_JSON = ("{", "[", '"')


def _attribute(value: Any) -> str | int | float:
    """An attribute as netCDF holds it; JSON is what begins like JSON."""
    if isinstance(value, int | float) or (isinstance(value, str) and not value.startswith(_JSON)):
        return value
    return json.dumps(value, default=_described)


def _attribute_value(value: Any) -> Any:
    if not isinstance(value, str):
        return np.asarray(value).item()
    try:
        return json.loads(value, object_hook=_undescribed) if value.startswith(_JSON) else value
    except (json.JSONDecodeError, RecursionError):
        raise ValueError(f"an attribute is no JSON: {value[:80]!r}") from None


def _described(value: Any) -> Any:
    """A model as a mapping; json calls this for what it does not know."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if not isinstance(value, Model | RandomSatisfiability):
        raise TypeError(f"{value!r} cannot be kept as JSON")
    return describe(value)


def _undescribed(mapping: dict[str, Any]) -> Any:
    """The model that `_described` made a mapping of; other mappings as they are."""
    return restore(mapping) if is_description(mapping) else mapping


def _kind_of(dataset: Any) -> Any:
    """The class of result that a dataset holds."""
    attributes = {name: value for name, value in dataset.attrs.items() if np.ndim(value) == 0}
    if attributes.get("package") != _PACKAGE:
        raise ValueError(f"it holds no result of {_PACKAGE}")
    if attributes.get("format") != FORMAT:
        raise ValueError(
            f"its format has the number {shown(attributes.get('format'))} (version {shown(attributes.get('version'))} "
            f"of this package); this version reads format {FORMAT}"
        )
    if "checksum" not in attributes:
        raise ValueError("it was not written by to_netcdf, which notes a checksum of the contents")
    if attributes.get("checksum") != _checksum(dataset):
        raise ValueError("it is damaged or was changed: the contents do not have the checksum they were written with")
    kinds: dict[str, Any] = {kind.__name__: kind for kind in _subclasses() if is_dataclass(kind)}
    if (name := attributes.get("class")) not in kinds:
        raise ValueError(f"it holds a result of class {shown(name)}; known here: {', '.join(sorted(kinds))}")
    return kinds[name]


def _subclasses(kind: type[Any] = Labelled) -> Iterator[type[Any]]:
    for sub in kind.__subclasses__():
        yield sub
        yield from _subclasses(sub)


def _to_bytes(dataset: Any) -> bytes:
    """A netCDF-4 file in memory, NaN written as it is."""
    _require("h5netcdf", "h5py", call="to_netcdf")
    dataset = dataset.assign_attrs(checksum=_checksum(dataset))
    encoding = {name: {"_FillValue": None} for name, x in dataset.variables.items() if x.dtype.kind == "f"}
    return bytes(dataset.to_netcdf(engine="h5netcdf", encoding=encoding))


def _from_bytes(data: bytes) -> Any:
    (xarray,) = _require("xarray", call="read_netcdf")
    if not data.startswith(_HDF5):  # h5netcdf would complain once more when its half-made object is collected
        raise ValueError("it is no netCDF-4 file, or a damaged one (it does not start as HDF5 files do)")
    try:
        return xarray.load_dataset(io.BytesIO(data), engine="h5netcdf", decode_times=False)
    except Exception as error:  # h5py, h5netcdf and xarray raise a dozen kinds on foreign bytes
        what = " ".join(str(error).split())[:200]
        raise ValueError(f"it is no netCDF-4 file, or a damaged one ({what})") from None


def _checksum(dataset: Any) -> str:
    """Of all that a dataset holds, whatever the order; HDF5 itself notices no flipped byte."""
    digest = hashlib.sha256()
    attributes = {name: str(value) for name, value in dataset.attrs.items() if name != "checksum"}
    digest.update(json.dumps(attributes, sort_keys=True).encode())
    for name, variable in sorted(dataset.variables.items()):
        values = variable.values
        content = values.tobytes() if values.dtype.kind in "fiu" else json.dumps(values.tolist()).encode()
        about = {key: str(value) for key, value in variable.attrs.items()}
        digest.update(json.dumps([name, variable.dims, values.shape, about], sort_keys=True).encode() + content)
    return digest.hexdigest()


def _require(*names: str, call: str) -> list[Any]:
    """Import optional packages.

    Raises
    ------
    ModuleNotFoundError
        That names the extra to install.
    """
    try:
        return [importlib.import_module(name) for name in names]
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{call} needs {error.name}: pip install '{_PACKAGE}[data]'", name=error.name
        ) from None
