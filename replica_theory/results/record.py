"""Results whose arrays have axes of their own: one entry a weight, a sweep, a distance."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import fields
from enum import Enum, StrEnum
from typing import Any, ClassVar

import numpy as np

from replica_theory.results.labelled import Labelled, Variable, make_dataset
from replica_theory.status import Status


class Record(Labelled):
    """A dataclass about one thing, of numbers and of arrays whose axes have names.

    Fields that are named in `_quantities` are variables of the dataset, all others attributes of it.
    """

    _axes: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Names of the axes of the fields that are arrays."""
    _table: ClassVar[str] = ""
    """The axis along which the lines of the CSV run."""
    _outcomes: ClassVar[type[StrEnum]] = Status
    """What its status is one of."""
    _sentence: ClassVar[str] = ""
    """What to say of how it ended, where there is one way only."""

    @property
    def message(self) -> str:
        """How it ended, in a sentence."""
        return self._sentence or super().message

    def to_xarray(self) -> Any:
        """The result as an `xarray.Dataset`, with a dimension for every axis, long names and units.

        Raises
        ------
        ModuleNotFoundError
            If xarray is not installed (extra ``data``).
        """
        description = str(type(self).__doc__).partition("\n")[0]
        return make_dataset(self, description, self._variables(), {}, self._attributes())

    def to_csv(self) -> str:
        """The numbers as CSV with a header line and all digits: a line for each place along the main axis."""
        variables, along = self._variables(), (self._table,) if self._table else ()
        held = {name: variable.values for name, variable in variables.items() if variable.dims in ((), along)}
        held |= {"status": np.asarray(str(self.status))}  # type: ignore[attr-defined]
        if self._table and self._table not in held:
            held = {self._table: np.arange(max(map(np.size, held.values()))), **held}
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(held)
        writer.writerows(zip(*(column.ravel().tolist() for column in np.broadcast_arrays(*held.values())), strict=True))
        return text.getvalue()

    def _variables(self) -> dict[str, Variable]:
        held = {name: getattr(self, name) for name in self._quantities}
        return {
            name: Variable(self._axes.get(name, ()), np.asarray(values), self._quantities[name])
            for name, values in held.items()
            if values is not None
        }

    def _attributes(self) -> dict[str, Any]:
        names = [field.name for field in fields(self)]  # type: ignore[arg-type]
        values = {name: getattr(self, name) for name in names if name not in self._quantities}
        return {name: str(value) if isinstance(value, Enum) else value for name, value in values.items()}

    @classmethod
    def _fields(cls, dataset: Any, attributes: dict[str, Any]) -> dict[str, Any]:
        """The fields by name; what is not there is left out."""
        names = {field.name for field in fields(cls)}  # type: ignore[arg-type]
        known = {name: value for name, value in attributes.items() if name in names}
        if "status" in known:
            known["status"] = cls._outcomes(known["status"])
        for name in cls._quantities.keys() & names & set(dataset.variables):
            values = np.array(dataset[name].values)
            values.flags.writeable = False
            known[name] = values if values.ndim else values.item()
        return known
