"""The table of all numbers that are quoted: value, error, the call that computes it, what has been published."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np

from replica_theory.arguments import checked_choices, checked_flag
from replica_theory.quoted.entries import ENTRIES
from replica_theory.quoted.entry import Entry
from replica_theory.results.contents import checked_contents
from replica_theory.results.presentation import equal
from replica_theory.status import ConvergenceError, Status

Verdict = Literal["inside", "outside", "not compared", "left out", ""]

_ROUNDING = 1e-12
_MOST_DECIMALS, _USUAL_DECIMALS = 12, 9


@dataclass(frozen=True)
class QuotedNumber:
    """A number, what computes it and what has been published of it.

    Attributes
    ----------
    topic, name : str
    value : float
        NaN where it is left out or only the literature has it.
    error : float
        Estimated error of the value; NaN where there is none of this quantity.
    call : str
        What computes it, in Python; empty where only the literature has it.
    published : str
        Published value or bracket; empty where there is none.
    low, high : float
        Smallest and largest number that agree with it.
    citation, remark : str
    verdict : {"inside", "outside", "not compared", "left out", ""}
        Whether the value lies, within its error, in the published bracket; ``"not compared"`` where only the literature
        has the number or that of the literature is of another definition, ``"left out"`` where it takes seconds and was
        not asked for, empty where nothing is published.
    slow : bool
        That the call takes seconds.
    status : Status
        How the call ended.
    """

    topic: str
    name: str
    value: float
    error: float
    call: str
    published: str
    low: float
    high: float
    citation: str
    remark: str
    verdict: Verdict
    slow: bool = False
    status: Status = Status.CONVERGED

    def __post_init__(self) -> None:
        checked_contents(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, QuotedNumber):
            return NotImplemented
        return all(equal(getattr(self, one.name), getattr(other, one.name)) for one in fields(self))

    def __hash__(self) -> int:
        return hash((self.topic, self.name))

    @property
    def digits(self) -> str:
        """The value, with the digits that its error leaves (9 decimals where no error is estimated, at most 12)."""
        if math.isnan(self.value):
            return ""
        if math.isnan(self.error):
            return f"{self.value:.{_USUAL_DECIMALS}f}"
        decimals = math.ceil(-math.log10(max(self.error, 10.0**-_MOST_DECIMALS)) - _ROUNDING)
        return f"{self.value:.{max(0, decimals)}f}"


@dataclass(frozen=True)
class NumberTable:
    """Numbers in the order of their topics.

    Attributes
    ----------
    rows : tuple of QuotedNumber

    Examples
    --------
    >>> from replica_theory import numbers
    >>> table = numbers(["teacher"])
    >>> print(f"{table['teacher', 'transition to perfect learning'].value:.9f}")
    1.244683990
    >>> table.outside, table.failed
    ((), ())
    """

    rows: tuple[QuotedNumber, ...]

    def __post_init__(self) -> None:
        checked_contents(self)

    def __iter__(self) -> Iterator[QuotedNumber]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, key: tuple[str, str]) -> QuotedNumber:
        """The number of a topic and a name."""
        for row in self.rows:
            if (row.topic, row.name) == key:
                return row
        raise KeyError(key)

    @property
    def outside(self) -> tuple[QuotedNumber, ...]:
        """Those that miss what has been published."""
        return tuple(row for row in self.rows if row.verdict == "outside")

    @property
    def failed(self) -> tuple[QuotedNumber, ...]:
        """Those whose call did not converge."""
        return tuple(row for row in self.rows if not row.status.ok)

    def to_csv(self) -> str:
        """The table as CSV with a header line and all digits."""
        names = [one.name for one in fields(QuotedNumber)]
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([getattr(row, name) for name in names] for row in self.rows)
        return text.getvalue()

    def to_markdown(self) -> str:
        """The table as Markdown, a section a topic; the digits are those that the errors leave."""
        lines: list[str] = []
        for topic in dict.fromkeys(row.topic for row in self.rows):
            lines += [f"## {topic[0].upper()}{topic[1:]}", "", *_HEAD]
            lines += [f"| {' | '.join(_cells(row))} |" for row in self.rows if row.topic == topic]
            lines += [""]
        return "\n".join(lines)

    def to_json(self) -> str:
        """The table as JSON: an object with the list ``numbers``, NaN as null."""
        rows = [{one.name: _plain(getattr(row, one.name)) for one in fields(row)} for row in self.rows]
        return json.dumps({"numbers": rows}, indent=1, ensure_ascii=False)

    def to_text(self) -> str:
        """The table in columns."""
        cells = [("topic", "number", "value", "error", "published", "verdict")]
        cells += [
            (row.topic, row.name, row.digits or "-", _error(row), row.published or "-", row.verdict)
            for row in self.rows
        ]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in cells)

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return f"NumberTable({len(self)} numbers, {len(self.outside)} outside what is published)"


_HEAD = ("| number | value | error | published | source |", "| --- | --: | --: | --- | --- |")


def _plain(value: Any) -> Any:
    """A JSON value."""
    return None if isinstance(value, float) and math.isnan(value) else value


def _cells(row: QuotedNumber) -> tuple[str, ...]:
    said = f"{row.published} ({'; '.join(filter(None, (row.citation, row.remark, row.verdict)))})"
    return row.name, row.digits, _error(row), said if row.published else "", f"`{row.call}`" if row.call else ""


def _error(row: QuotedNumber) -> str:
    if math.isnan(row.error):
        return ""
    return f"{max(row.error, 10.0**-_MOST_DECIMALS):.0e}"


def numbers(topics: Iterable[str] | None = None, *, slow: bool = False) -> NumberTable:
    """Every number that the documentation quotes, computed anew, beside what has been published.

    Replica symmetry is assumed where the call says so; the table compares numbers, it does not certify them.

    Parameters
    ----------
    topics : sequence of str, optional
        Those wanted of the topics ``"capacity"``, ``"entropy"``, ``"teacher"``, ``"around typical solutions"``,
        ``"local entropy"``, ``"end of the dense region"``, ``"tuples"``, ``"sampling"``, ``"weights"``,
        ``"committee"``, ``"committee of few units"``, ``"mixtures"``, ``"formulas"``; all by default.
    slow : bool
        Compute the numbers that take seconds, too (two or three minutes for all of them); else they have no value.

    Returns
    -------
    NumberTable

    Raises
    ------
    ValueError
        If a topic is not known.

    Examples
    --------
    >>> print(numbers(["entropy"]).rows[1].digits[:11])
    0.314390066
    """
    known = tuple(ENTRIES) if topics is None else checked_choices("topics", topics, ENTRIES)
    slow = checked_flag("slow", slow)
    results: dict[str, Any] = {}
    return NumberTable(tuple(_row(topic, entry, slow, results) for topic in known for entry in ENTRIES[topic]))


def _row(topic: str, entry: Entry, slow: bool, results: dict[str, Any]) -> QuotedNumber:
    """A line of the table; what several of them read their numbers off is computed once."""
    value, error, status = math.nan, math.nan, Status.CONVERGED
    if entry.door is not None and (slow or not entry.slow):
        if entry.point not in results:
            results[entry.point] = _outcome(entry)
        value, error, status = _read(results[entry.point], entry.quantity)
    published, low, high = entry.published, math.nan, math.nan
    verdict: Verdict = ""
    if published is not None:
        low, high = published.bracket
        verdict = "not compared"
        if published.same and not math.isnan(value):
            margin = max(_ROUNDING, 0.0 if math.isnan(error) else error)
            verdict = "inside" if low - margin <= value <= high + margin else "outside"
    if entry.slow and not slow:
        verdict = "left out"
    text, citation, remark = (published.text, published.citation, published.remark) if published else ("", "", "")
    return QuotedNumber(
        topic, entry.name, value, error, entry.call, text, low, high, citation, remark, verdict, entry.slow, status
    )


def _outcome(entry: Entry) -> Any:
    """What the call returns, or what it got to where it did not converge."""
    assert entry.door is not None
    try:
        return entry.door(*entry.arguments, **entry.options)
    except ConvergenceError as error:
        return error.result


def _read(result: Any, quantity: str) -> tuple[float, float, Status]:
    """Value, error and status of a result; the error is that of its main quantity."""
    if result is None:
        return math.nan, math.nan, Status.MAX_ITERATIONS
    if not quantity:
        return float(result), math.nan, Status.CONVERGED
    kind, _, name = quantity.rpartition(".")
    value = getattr(result, kind)[name] if kind else getattr(result, name)
    estimated = quantity == getattr(type(result), "_main", "entropy")
    error = float(np.asarray(result.error)) if estimated else math.nan
    return float(np.asarray(value)), error, Status(str(result.status))
