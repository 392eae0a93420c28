"""What the fields of a result may hold, read off their annotations: a result made by hand is one, too."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from replica_theory.arguments import is_integer, shown

_KINDS = {float: "a real number", int: "an integer", bool: "True or False", str: "text", type(None): "None"}
_NUMBERS = "biuf"
_LARGEST = 2**1023
"""Integers from here on are no doubles."""
_Test = Callable[[Any], bool]


def checked_contents(result: Any) -> None:
    """Refuse a dataclass whose fields are not what they are annotated as; arrays of numbers may be of any precision.

    Raises
    ------
    TypeError
        That names the field, what it must be and what it is.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass
    ... class Count:
    ...     number: int
    ...     def __post_init__(self) -> None:
    ...         checked_contents(self)
    >>> Count("three")
    Traceback (most recent call last):
        ...
    TypeError: number must be an integer (a field of Count); got 'three'
    """
    kind: Any = type(result)
    for name, hint, fits in _hints(kind):
        value = getattr(result, name)
        if not fits(value):
            raise TypeError(f"{name} must be {_said(hint)} (a field of {kind.__name__}); got {shown(value)}")


@cache
def _hints(kind: Any) -> tuple[tuple[str, Any, _Test], ...]:
    """Names of the fields, what they are annotated as, and the tests of that."""
    known = get_type_hints(kind)
    return tuple((field.name, known[field.name], _test(known[field.name])) for field in fields(kind))


def _test(hint: Any) -> _Test:
    """Whether a value is of a kind."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return lambda value: True
    if origin in (Union, types.UnionType):
        tests = [_test(one) for one in inner]
        return lambda value: any(fits(value) for fits in tests)
    if origin is Literal:
        return lambda value: isinstance(value, str) and value in inner
    if origin is np.ndarray:
        scalar = get_args(inner[1])[0]
        of_numbers = isinstance(scalar, type) and issubclass(scalar, np.number | np.bool_)
        return _holds_numbers if of_numbers else _is_array
    if hint is float:
        return _is_number
    if hint is int:
        return is_integer
    if origin is Mapping:
        held = _test(inner[1])
        return lambda value: isinstance(value, Mapping) and all(map(held, value.values()))
    if origin is tuple:
        held = _test(inner[0])
        return lambda value: isinstance(value, tuple) and all(map(held, value))
    return lambda value: isinstance(value, origin or hint)


def _holds_numbers(value: Any) -> bool:
    """Arrays, and the scalars that numpy makes of arrays without dimensions."""
    if isinstance(value, np.ma.MaskedArray | np.bool_ | np.timedelta64) or not isinstance(
        value, np.ndarray | np.number
    ):
        return False
    return value.dtype.kind in _NUMBERS


def _is_number(value: Any) -> bool:
    return isinstance(value, float | np.floating) or (is_integer(value) and abs(value) < _LARGEST)


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray)


def _said(hint: Any) -> str:
    """A kind of contents in words."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(_said(one) for one in get_args(hint)))
    if origin is Literal:
        return f"one of {', '.join(map(repr, get_args(hint)))}"
    if origin is np.ndarray:
        return "an array of numbers" if get_args(get_args(hint)[1])[0] is not np.object_ else "an array"
    if origin in (Mapping, tuple):
        return f"a {origin.__name__.lower()} of {_said(get_args(hint)[1 if origin is Mapping else 0])}"
    return _KINDS.get(hint) or f"a {(origin or hint).__name__}"
