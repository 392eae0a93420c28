"""What an argument may be: kinds with an oracle of what is allowed, written apart from the checks; and odd values."""

from __future__ import annotations

import datetime
import math
import numbers
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import bp
import replica_theory as rt


@dataclass(frozen=True)
class Kind:
    """What an argument may be: a value to call with, whether another one is allowed, and odd values of its own."""

    usual: Any
    allows: Callable[[Any], bool]
    odd: tuple[Any, ...] = ()

    def __or__(self, other: Kind) -> Kind:
        """Either of two kinds, by default called with the first."""
        both = (self.allows, other.allows)
        return Kind(self.usual, lambda value: any(allows(value) for allows in both), self.odd + other.odd)

    def to(self, usual: Any) -> Kind:
        """The same, called with another value."""
        return Kind(usual, self.allows, self.odd)


class Unprintable:
    """A value that cannot be shown, nor made an array of."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("no array")


def recursive() -> list[Any]:
    """A list that holds itself."""
    value: list[Any] = []
    value.append(value)
    return value


ODD: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "True": lambda: True,
    "np.True_": lambda: np.True_,
    "text": lambda: "0.5",
    "word": lambda: "nonsense",
    "no text": lambda: "",
    "text with a null": lambda: "a\0b",
    "bytes": lambda: b"0.5",
    "bytearray": lambda: bytearray(b"1"),
    "memoryview": lambda: memoryview(b"12"),
    "complex": lambda: 0.5 + 0j,
    "np.complex128": lambda: np.complex128(0.5),
    "Decimal": lambda: Decimal("0.5"),
    "Fraction": lambda: Fraction(1, 2),
    "nan": lambda: math.nan,
    "np.nan of float32": lambda: np.float32("nan"),
    "inf": lambda: math.inf,
    "-inf": lambda: -math.inf,
    "-1": lambda: -1,
    "-0.1": lambda: -0.1,
    "0": lambda: 0,
    "-0.0": lambda: -0.0,
    "2.5": lambda: 2.5,
    "3.0": lambda: 3.0,
    "2**63": lambda: 2**63,
    "-2**63 - 1": lambda: -(2**63) - 1,
    "10**400": lambda: 10**400,
    "10**5000": lambda: 10**5000,
    "subnormal": lambda: -5e-324,
    "-1e308": lambda: -1e308,
    "longdouble": lambda: np.longdouble("-1e4000"),
    "np.float16": lambda: np.float16(-1),
    "np.int8": lambda: np.int8(-1),
    "np.uint64": lambda: np.uint64(2**64 - 1),
    "0-d text": lambda: np.array("0.5"),
    "0-d nan": lambda: np.array(np.nan),
    "empty list": list,
    "empty tuple": tuple,
    "empty dict": dict,
    "empty set": set,
    "set": lambda: {0.5},
    "dict": lambda: {"a": 0.5},
    "empty array": lambda: np.zeros(0),
    "empty matrix": lambda: np.zeros((0, 3)),
    "list": lambda: [0.5, 0.5],
    "list of one": lambda: [0.5],
    "list with nan": lambda: [0.3, math.nan],
    "list with None": lambda: [0.3, None],
    "list with True": lambda: [0.3, True],
    "list with text": lambda: [0.3, "0.4"],
    "list of texts": lambda: ["entropy", "entropy"],
    "list of complex": lambda: [0.3 + 0j],
    "ragged list": lambda: [[1], [1, 2]],
    "list of lists": lambda: [[1, -1], [1, 1]],
    "deep list": lambda: [[[[[-1.0]]]]],
    "recursive list": recursive,
    "object array": lambda: np.array([0.5, None], dtype=object),
    "array of texts": lambda: np.array(["0.5"]),
    "array of booleans": lambda: np.array([True, False]),
    "array of complex": lambda: np.array([0.5 + 0j]),
    "array with nan": lambda: np.array([0.5, np.nan]),
    "array of negative": lambda: np.array([-0.5, -1.0]),
    "array with -inf": lambda: np.array([[0.5, -np.inf]]),
    "long array": lambda: np.full(1000, -1.0),
    "float16 overflow": lambda: np.full(3, -np.inf, dtype=np.float16),
    "masked array": lambda: np.ma.masked_array([0.3, 0.4], mask=[False, True]),
    "masked": lambda: np.ma.masked,
    "structured array": lambda: np.zeros(2, dtype=[("a", float)]),
    "datetime64": lambda: np.datetime64("2020-01-01"),
    "array of datetime64": lambda: np.array(["2020-01-01"], dtype="datetime64[D]"),
    "timedelta64": lambda: np.timedelta64(1, "s"),
    "date": lambda: datetime.date(2020, 1, 1),
    "NotImplemented": lambda: NotImplemented,
    "Ellipsis": lambda: ...,
    "slice": lambda: slice(3),
    "object": object,
    "unprintable": Unprintable,
    "lambda": lambda: lambda *_: None,
    "class": lambda: rt.BinaryPerceptron,
    "class of floats": lambda: float,
    "module": lambda: math,
    "generator": lambda: (x for x in (0.5, 0.6)),
    "iterator": lambda: iter([0.5]),
    "model": rt.BinaryPerceptron,
    "model of many": lambda: rt.BinaryPerceptron([0.0, 0.1]),
    "soft model": lambda: rt.BinaryPerceptron(0.0, 1.0),
    "model with a teacher": rt.TeacherStudent,
    "instance": lambda: bp.Instance([[1, -1, 1]]),
    "namespace": lambda: SimpleNamespace(kappa=0.0, beta=1.0),
    "RandomState": lambda: np.random.RandomState(1),
    "dtype": lambda: np.dtype(float),
    "status": lambda: rt.Status.CONVERGED,
    "error": lambda: ValueError("nonsense"),
}
"""Values that users pass by mistake, each made afresh."""


def values() -> st.SearchStrategy[Any]:
    """Odd values, and any numbers, words and arrays."""
    return st.one_of(
        st.sampled_from(list(ODD)).map(lambda name: ODD[name]()),
        st.floats(),
        st.integers(-(2**70), 2**70),
        st.text(max_size=5),
        hnp.arrays(st.sampled_from([np.float64, np.float32, np.int8, np.bool_]), hnp.array_shapes(max_side=3)),
    )


def numbers_in(value: Any) -> np.ndarray | None:
    """The real numbers that a value holds, None where it holds something else."""
    if isinstance(value, np.ma.MaskedArray):
        return None
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "O":
            return numbers_in(value.tolist())
        with np.errstate(over="ignore"):
            return value.astype(float) if value.dtype.kind in "iuf" else None
    if isinstance(value, list | tuple):
        parts = None if any(part is value for part in value) else [numbers_in(part) for part in value]
        if parts is None or any(part is None for part in parts) or len({np.shape(part) for part in parts}) > 1:
            return None
        return np.array(parts, dtype=float)
    if not isinstance(value, numbers.Real) or isinstance(value, bool | np.bool_ | np.timedelta64):
        return None
    try:
        with np.errstate(over="ignore"):
            return np.asarray(float(value))
    except OverflowError:
        return None


def reals(test: Callable[[np.ndarray], Any], usual: Any) -> Kind:
    """A number or an array of any shape."""
    return Kind(usual, lambda value: (held := numbers_in(value)) is not None and bool(np.all(test(held))))


def number(test: Callable[[Any], Any], usual: Any) -> Kind:
    """A single number."""
    return Kind(
        usual, lambda value: (held := numbers_in(value)) is not None and held.ndim == 0 and bool(test(float(held)))
    )


def several(test: Callable[[np.ndarray], Any], usual: Any) -> Kind:
    """One or several different numbers."""
    return Kind(
        usual,
        lambda value: (
            (held := numbers_in(value)) is not None
            and 0 < held.size == len(set(held.ravel().tolist()))
            and bool(np.all(test(held)))
        ),
    )


def integer(least: int, usual: int, most: float = math.inf) -> Kind:
    """An integer in a range."""
    return Kind(usual, lambda value: is_integer(value) and least <= value <= most)


def integers(least: int, usual: Any, most: float = math.inf) -> Kind:
    """One or several different integers."""

    def allows(value: Any) -> bool:
        held = value.ravel().tolist() if isinstance(value, np.ndarray) else value
        held = list(held) if isinstance(held, list | tuple | set) else [held]
        good = held and all(is_integer(entry) and least <= entry <= most for entry in held)
        return bool(good) and len(set(held)) == len(held)

    return Kind(usual, allows)


def is_integer(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool | np.timedelta64)


def word(usual: str, *others: str) -> Kind:
    """One of some words."""
    return Kind(usual, lambda value: isinstance(value, str) and value in (usual, *others))


def words(usual: Any, *known: str) -> Kind:
    """One or several different words."""

    def allows(value: Any) -> bool:
        held = [value] if isinstance(value, str) else value
        if not isinstance(held, list | tuple | set | dict) or not held:
            return False
        return all(isinstance(entry, str) and entry in known for entry in held) and len(set(held)) == len(held)

    return Kind(usual, allows)


def flag(usual: bool = False) -> Kind:
    """True or False."""
    return Kind(usual, lambda value: isinstance(value, bool | np.bool_))


def of(*kinds: type[Any], usual: Any, test: Callable[[Any], Any] = lambda value: True) -> Kind:
    """An object of a class."""
    return Kind(usual, lambda value: isinstance(value, kinds) and bool(test(value)))


def array(shape: tuple[int, ...], test: Callable[[np.ndarray], Any], usual: Any) -> Kind:
    """Real numbers of a given shape."""

    def allows(value: Any) -> bool:
        if isinstance(value, np.ndarray) and value.dtype.kind == "O":
            return False
        held = numbers_in(value)
        return held is not None and held.shape == shape and bool(np.all(test(held)))

    return Kind(usual, allows)


def signs(size: int, usual: Any = None) -> Kind:
    """A configuration of ±1."""
    return array((size,), lambda x: np.abs(x) == 1, np.ones(size) if usual is None else usual)


NOTHING = Kind(None, lambda value: value is None)
ANYTHING = Kind(None, lambda value: True)
RNG = Kind(
    1,
    lambda value: (
        value is None
        or (is_integer(value) and value >= 0)
        or isinstance(value, np.random.Generator | np.random.SeedSequence)
    ),
)
MAPPING = Kind({}, lambda value: isinstance(value, Mapping) and all(isinstance(key, str) for key in value))


def path(usual: Any) -> Kind:
    """A path, whether or not anything is there (that is a matter of OSError)."""
    return Kind(
        usual, lambda value: isinstance(value, str | os.PathLike) and "\0" not in os.fspath(value) and value != ""
    )
