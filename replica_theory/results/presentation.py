"""How results are shown, short whatever their size, and when two are equal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from html import escape
from typing import Any

import numpy as np

from replica_theory.results.quantities import Quantity


def in_a_line(kind: str, about: Sequence[str], name: str, values: Any, outcome: str) -> str:
    """A result in a line: class, what else there is to say, main quantity and outcome.

    Examples
    --------
    >>> in_a_line("Capacity", [], "alpha", 0.8330785997, "converged")
    'Capacity(alpha = 0.833079, converged)'
    >>> in_a_line("Capacity", [], "alpha", [0.8, 0.9], "2 of 2 converged")
    'Capacity(shape (2,), alpha = 0.8 to 0.9, 2 of 2 converged)'
    """
    shape = np.shape(values)
    size = [f"shape {shape}"] if shape else []
    return f"{kind}({', '.join([*about, *size, f'{name} = {ranged(values)}', outcome])})"


def as_html(title: str, message: str, rows: Mapping[str, tuple[Any, Quantity]]) -> str:
    """A result as a table for notebooks: the range of every quantity, its meaning and units."""
    lines = [
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(ranged(values))}</td>"
        f"<td>{escape(quantity.long_name)}{escape(f' ({quantity.units})') if quantity.units != '1' else ''}</td></tr>"
        for name, (values, quantity) in rows.items()
    ]
    return f"<table><caption>{escape(title)}: {escape(message)}</caption><tbody>{''.join(lines)}</tbody></table>"


def ranged(values: Any) -> str:
    """A number, or the range of an array's (NaN left out)."""
    array = np.asarray(values)
    numbers = array[~np.isnan(array)] if array.dtype.kind == "f" else array
    if not numbers.size:
        return "nan" if array.size else "nothing"
    low, high = numbers.min(), numbers.max()
    return f"{low:.6g}" if low == high else f"{low:.6g} to {high:.6g}"


def equal(one: Any, other: Any) -> bool:
    """Whether two contents of results are equal, NaN being equal to itself."""
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        a, b = np.asarray(one), np.asarray(other)
        if a.shape != b.shape or type(one) is not type(other):
            return False
        if "O" in a.dtype.kind + b.dtype.kind:
            return all(equal(x, y) for x, y in zip(a.ravel().tolist(), b.ravel().tolist(), strict=True))
        return a.dtype.kind == b.dtype.kind and np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(equal(one[name], other[name]) for name in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(equal, one, other))
    if type(one) is type(other) and is_dataclass(one) and type(one).__eq__ is object.__eq__:
        return all(equal(getattr(one, field.name), getattr(other, field.name)) for field in fields(one))
    return bool(one == other) or bool(one != one and other != other)
