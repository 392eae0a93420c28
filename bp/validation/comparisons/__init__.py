"""Comparisons of theory and simulation, one file each; `bp.crosscheck` runs them."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator, Mapping
from operator import attrgetter
from types import MappingProxyType, ModuleType
from typing import Any

from bp.validation.comparison import Comparison


def comparisons_in(package: ModuleType) -> Mapping[str, Comparison[Any]]:
    """The comparisons that the modules of a package define, by name, in the order of the table.

    Raises
    ------
    ValueError
        If two have the same name.
    """
    found: dict[str, Comparison[Any]] = {}
    for comparison in sorted(_defined_in(package), key=attrgetter("order", "name")):
        if comparison.name in found:
            raise ValueError(f"{package.__name__} has two comparisons with the name {comparison.name!r}")
        found[comparison.name] = comparison
    return MappingProxyType(found)


def _defined_in(package: ModuleType) -> Iterator[Comparison[Any]]:
    for entry in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{entry.name}")
        for kind in vars(module).values():
            own = inspect.isclass(kind) and kind.__module__ == module.__name__
            if own and issubclass(kind, Comparison) and not inspect.isabstract(kind):
                yield kind()


COMPARISONS = comparisons_in(sys.modules[__name__])
"""All of this package."""
