"""A number that is quoted: what it is, the call that computes it, and what others have published."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from enum import Enum
from types import MappingProxyType
from typing import Any

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Published:
    """A published value, or the bracket in which it is said to lie.

    Attributes
    ----------
    text : str
        As published: ``"1.245"``, which stands for all that rounds to it, or a bracket ``"0.77 to 0.78"``.
    citation : str
    exact : bool
        That a single number is all of it (a closed form), not the digits of it that were printed.
    units : float
        How far from it the number may lie, in units of its last digit: half a unit if it was rounded, one if it may
        have been rounded up, as bounds are.
    same : bool
        False where the published number is of another definition, or has no counterpart here: shown and not judged.
    remark : str
        What is to be said of it.

    Examples
    --------
    >>> [round(end, 6) for end in Published("1.245", "Györgyi 1990").bracket]
    [1.2445, 1.2455]
    >>> Published("0.77 to 0.78", "Stojnic 2025").bracket
    (0.77, 0.78)
    """

    text: str
    citation: str
    exact: bool = False
    units: float = 0.5
    same: bool = True
    remark: str = ""

    @property
    def bracket(self) -> tuple[float, float]:
        """Smallest and largest number that agree with what was published."""
        low, between, high = self.text.partition(" to ")
        width = 0.0 if between or self.exact else self.units * 10.0 ** -len(low.partition(".")[2])
        return float(low) - width, float(high or low) + width


@dataclass(frozen=True)
class Entry:
    """A quoted number.

    Attributes
    ----------
    name : str
    door : callable or None
        The function that gives it; None where only the literature does.
    arguments : tuple
    options : mapping of str
        Keyword arguments.
    quantity : str
        Attribute of what the function returns, that of a curve's overlaps as ``"overlaps.q"``; empty: the number
        itself.
    published : Published or None
    slow : bool
        That it takes seconds.

    Examples
    --------
    >>> from replica_theory import BinaryPerceptron, franz_parisi
    >>> Entry("Franz-Parisi entropy", franz_parisi, (BinaryPerceptron(), 0.5, 0.1), quantity="entropy").call
    'franz_parisi(BinaryPerceptron(), 0.5, 0.1).entropy'
    """

    name: str
    door: Callable[..., Any] | None = None
    arguments: tuple[Any, ...] = ()
    options: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    quantity: str = "alpha"
    published: Published | None = None
    slow: bool = False

    @property
    def point(self) -> str:
        """The call without what is read off its result, as Python has it; empty where there is none."""
        if self.door is None:
            return ""
        given = [_said(value) for value in self.arguments]
        given += [f"{name}={_said(value)}" for name, value in self.options.items()]
        return f"{self.door.__name__}({', '.join(given)})"

    @property
    def call(self) -> str:
        """The call, as Python has it."""
        kind, _, name = self.quantity.rpartition(".")
        read = f".{kind}[{name!r}]" if kind else f".{name}" if name else ""
        return f"{self.point}{read}" if self.door else ""


def _said(value: Any) -> str:
    """An argument in Python, without what is so by default."""
    if isinstance(value, float) and math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if isinstance(value, tuple):
        return f"({', '.join(map(_said, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    if not is_dataclass(value) or isinstance(value, Enum):
        return repr(value)
    given = [f"{one.name}={_said(getattr(value, one.name))}" for one in fields(value) if not _usual(value, one)]
    return f"{type(value).__name__}({', '.join(given)})"


def _usual(value: Any, one: Any) -> bool:
    """Whether a field of a model has its default; the measure of the levels of a weight is uniform by default."""
    held = getattr(value, one.name)
    if one.name == "prior":
        return set(held) == {1.0}
    default = (
        one.default
        if one.default is not MISSING
        else one.default_factory()
        if callable(one.default_factory)
        else MISSING
    )
    return default is not MISSING and bool(held == default)
