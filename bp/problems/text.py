"""Patterns of ±1 in text, parsed block by block: what is kept is bits."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bp.memory import require_memory
from bp.problems import _bits
from replica_theory.arguments import shown

_MARKS = {  # longest first: UTF-32 starts as UTF-16 does
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_DIGIT, _MINUS, _PLUS, _NEWLINE, _TAB, _COMMA = b"1-+\n\t,"
_BLANKS = b" \t\n,"
_COMMENT = re.compile(rb"#[^\n]*")
_CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_SPACED = re.compile(rb"[^ \t\n,] +[^ \t\n,]")
_LONG = 100  # characters that no entry has
_FOREWORD = 1 << 16  # characters of comments before the first pattern that may speak of a committee machine
_LEADING = re.compile(rb"(?:[ \t]*(?:#[^\n]*)?\n)*")
_COMMITTEE = re.compile(rb"^[ \t]*#[ \t]*committee\b([^\n]*)\n", re.MULTILINE)
_NUMBER = re.compile("[0-9]{1,9}")
_FLAGS = {"true": True, "false": False}
_SEPARATORS = {b"\t": "tabs", b",": "commas"}


class SignText(NamedTuple):
    """Patterns of ±1 that a text holds.

    Attributes
    ----------
    n : int
        Entries of a pattern.
    bits : array of uint64, shape (P, words)
    labels : array of int8, shape (P,), or None
    committee : Architecture or None
        Units and shape of the committee machine that a comment speaks of.
    """

    n: int
    bits: _bits.Words
    labels: NDArray[np.int8] | None
    committee: Architecture | None


class Architecture(NamedTuple):
    """A committee machine without its patterns: how many units, and whether each has inputs of its own."""

    units: int
    tree: bool

    @property
    def comment(self) -> str:
        """The line of text that says it."""
        return f"# committee units={self.units} tree={str(self.tree).lower()}"


def parse_signs(blocks: Iterable[bytes]) -> SignText:
    r"""Read patterns of ±1 from text, one a line; with tabs, the first line is that of the labels.

    Lines end in ``\n``, ``\r\n`` or ``\r``; entries (1, +1, -1, or such as 1.0) are separated by blanks, by commas or
    by tabs; empty lines and what follows ``#`` are left out, as is a byte order mark (UTF-8, -16 or -32).

    Parameters
    ----------
    blocks : iterable of bytes
        The text in pieces of any size.

    Returns
    -------
    SignText

    Raises
    ------
    ValueError
        If it is something else; the message names the line.
    MemoryError
        If the patterns do not fit in memory.

    Examples
    --------
    >>> parse_signs([b"1 -1 1 # a comment\n-1", b" 1 1\n"]).n
    3
    """
    foreword, lines = _foreword(_lines(_decoded(blocks)))
    committee, table = _architecture(foreword), _Table()
    for piece in _pieces(lines):
        table.add(piece)
    return table.whole()._replace(committee=committee)


def _decoded(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The text without a byte order mark, in ASCII (or whatever it is in, without a mark)."""
    blocks, head = iter(blocks), b""
    while len(head) < max(map(len, _MARKS)) and (block := next(blocks, b"")):
        head += block
    for mark, encoding in _MARKS.items():
        if head.startswith(mark):
            decoder = codecs.getincrementaldecoder(encoding)()
            try:
                for block in chain([head[len(mark) :]], blocks):
                    yield decoder.decode(block).encode("ascii", "backslashreplace")
                decoder.decode(b"", final=True)
            except UnicodeDecodeError as error:
                raise ValueError(f"it begins as {encoding.upper()} but is not ({error.reason})") from None
            return
    yield head
    yield from blocks


def _lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    r"""The text with line ends ``\n``."""
    held = b""
    for block in blocks:
        whole = held + block
        held = b"\r" if whole.endswith(b"\r") else b""
        yield whole[: len(whole) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    yield held.replace(b"\r", b"\n")


def _foreword(blocks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Comments and empty lines before the first pattern, and the text with them."""
    head = b""
    for block in blocks:
        head += block
        rest = head[len(_leading(head)) :].lstrip(b" \t")
        if (rest and not rest.startswith(b"#")) or len(head) > _FOREWORD:
            break
    return _leading(head), chain([head], blocks)


def _leading(text: bytes) -> bytes:
    found = _LEADING.match(text[:_FOREWORD])
    return found[0] if found else b""


def _architecture(foreword: bytes) -> Architecture | None:
    """What a comment says of a committee machine; ValueError with its line if it says it in other words."""
    said: Architecture | None = None
    for found in _COMMITTEE.finditer(foreword):
        line, words = foreword.count(b"\n", 0, found.start()) + 1, found[1].decode("ascii", "backslashreplace")
        pairs = [word.partition("=")[::2] for word in words.split()]
        held = dict(pairs)
        units, tree = held.get("units", ""), _FLAGS.get(held.get("tree", "false").lower())
        known = (
            _NUMBER.fullmatch(units)
            and tree is not None
            and held.keys() <= {"units", "tree"}
            and len(held) == len(pairs)
        )
        if not known or said is not None:
            what = "a second time" if known else f"as {shown(words.strip())}"
            example = Architecture(5, False).comment
            raise ValueError(f"line {line} speaks of a committee machine {what}; say it once, as in {example!r}")
        said = Architecture(int(units), bool(tree))
    return said


def _pieces(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The text without comments, in pieces that end between two entries."""
    carry, in_comment = b"", False
    for block in blocks:
        if in_comment:
            end = block.find(b"\n")
            block = block[end:] if end >= 0 else b""
            in_comment = end < 0
        if b"#" in block:
            in_comment = b"#" in block[block.rfind(b"\n") + 1 :]
            block = _COMMENT.sub(b"", block)
        text = carry + block
        cut = text.rfind(b"\n") + 1 or max(text.rfind(blank) for blank in (b"\t", b",")) + 1 or text.rfind(b" ") + 1
        if not cut and len(text) > _LONG:
            cut = len(text)  # no entry is that long: it will be refused
        carry = text[cut:]
        yield text[:cut]
    yield carry + b"\n"


class _Table:
    """Rows of ±1 as they come in."""

    def __init__(self) -> None:
        self._line = 1  # of the beginning of the next piece
        self._separator = self._tail = b""  # and the last entry of the line that goes on, with what follows it
        self._entries = self._marks = 0  # of the line that the next piece goes on with
        self._first: tuple[int, int] | None = None  # line and entries of the first line
        self._width: tuple[int, int] | None = None  # the same of the first pattern
        self._labels: NDArray[np.int8] | None = None
        self._values: list[NDArray[np.int8]] = []
        self._rows: list[_bits.Words] = []
        self._complete = self._held = 0  # patterns whose lines have ended, and bytes of those that are packed

    def add(self, piece: bytes) -> None:
        """Take in a piece of text."""
        if not piece:
            return
        values, entries, marks = _parsed_quickly(piece) or _parsed_carefully(piece, self._line)
        self._separate(self._tail + piece)
        self._values.append(values)
        entries[0] += self._entries
        marks[0] += self._marks
        self._entries, self._marks = int(entries[-1]), int(marks[-1])
        self._check_cells(entries[:-1], marks[:-1])
        self._count(entries[:-1])
        self._line += len(entries) - 1
        self._pack()

    def whole(self) -> SignText:
        """What came in."""
        if self._first is not None and self._width is None and self._separator != b"\t":
            self._width = self._first
            self._complete += 1
            self._pack()
        if self._width is None:
            if self._first is None:
                raise ValueError("the file holds no patterns")
            raise ValueError(_unlabelled(self._first[1], 0))
        if self._labels is not None and len(self._labels) != (found := sum(map(len, self._rows))):
            raise ValueError(_unlabelled(len(self._labels), found))
        return SignText(self._width[1], np.concatenate(self._rows), self._labels, None)

    def _separate(self, text: bytes) -> None:
        """Note what separates the entries, and refuse two kinds of it."""
        line = text[text.rfind(b"\n") + 1 :]
        self._tail = line[max(len(line.rstrip(b" \t,")) - 1, 0) :]
        found = [mark for mark in _SEPARATORS if mark in text]
        spaced = [b" "] if b" " in text and _SPACED.search(text) else []
        kinds = {*found, *spaced, self._separator} - {b""}
        if len(kinds) > 1:
            named = " and ".join(_SEPARATORS.get(kind, "spaces") for kind in sorted(kinds))
            raise ValueError(
                f"entries are separated by {named}, in or after line {self._line}: use one of them, tabs only after a "
                "first line of labels"
            )
        self._separator = next(iter(kinds), b"")

    def _check_cells(self, entries: NDArray[np.intp], marks: NDArray[np.intp]) -> None:
        """Refuse a line with an empty cell: between n entries are n - 1 tabs or commas."""
        if self._separator in _SEPARATORS:
            odd = np.flatnonzero(marks != np.maximum(entries - 1, 0))
            if len(odd):
                raise ValueError(
                    f"line {self._line + int(odd[0])} has an empty cell (two separators, or one at its end)"
                )

    def _count(self, entries: NDArray[np.intp]) -> None:
        """Take note of lines that have ended, by their numbers of entries."""
        filled = np.flatnonzero(entries)
        counts, lines = entries[filled], self._line + filled
        if len(counts) and self._first is None:
            self._first, counts, lines = (int(lines[0]), int(counts[0])), counts[1:], lines[1:]
        if not len(counts) or self._first is None:
            return
        if self._width is None:
            labelled = self._separator == b"\t"
            self._width = (int(lines[0]), int(counts[0])) if labelled else self._first
            self._complete += not labelled
            if labelled:
                self._labels = self._take(self._first[1])
        first, n = self._width
        odd = np.flatnonzero(counts != n)
        if len(odd):
            raise ValueError(f"line {lines[odd[0]]} holds {counts[odd[0]]} entries where line {first} holds {n}")
        self._complete += len(counts)

    def _pack(self) -> None:
        """Make bits of the patterns that are complete."""
        pending = sum(map(len, self._values))
        require_memory(2 * pending + self._held, "patterns of ±1 in text", "take fewer patterns")
        if self._width is None or not self._complete:
            return
        n, rows = self._width[1], self._complete
        require_memory(8 * _bits.words(n) * rows + self._held, f"patterns of ±1 on {n} weights", "take fewer patterns")
        self._rows.append(_bits.pack(self._take(rows * n).reshape(rows, n)))
        self._held += self._rows[-1].nbytes
        self._complete = 0

    def _take(self, size: int) -> NDArray[np.int8]:
        """The first entries that wait."""
        waiting = np.concatenate(self._values)
        self._values = [waiting[size:]]
        return waiting[:size]


def _unlabelled(labels: int, patterns: int) -> str:
    return (
        f"tab-separated text starts with a line of labels: the first line holds {labels} entries but {patterns} "
        "patterns follow"
    )


Parsed = tuple[NDArray[np.int8], NDArray[np.intp], NDArray[np.intp]]


def _parsed_quickly(piece: bytes) -> Parsed | None:
    """Entries, and how many of them and of tabs and commas each line has; None unless all tokens are 1, +1 or -1."""
    raw = np.frombuffer(b" " + piece + b" ", dtype=np.uint8)
    ones = np.flatnonzero(raw == _DIGIT)
    signs = np.count_nonzero((raw == _MINUS) | (raw == _PLUS))
    is_blank = np.zeros(256, dtype=bool)
    is_blank[list(_BLANKS)] = True
    before = raw[ones - 1]
    signed = ones[(before == _MINUS) | (before == _PLUS)]
    canonical = (
        len(signed) == signs
        and is_blank[raw[signed - 2]].all()
        and is_blank[raw[ones + 1]].all()
        and len(ones) + signs + np.count_nonzero(is_blank[raw]) == len(raw)
    )
    if not canonical:
        return None
    ends = np.flatnonzero(raw == _NEWLINE)
    marks = np.flatnonzero((raw == _TAB) | (raw == _COMMA))
    values = np.where(before == _MINUS, -1, 1).astype(np.int8)
    return values, _between(ones, ends), _between(marks, ends)


def _between(places: NDArray[np.intp], ends: NDArray[np.intp]) -> NDArray[np.intp]:
    """How many places lie before the first end, between two of them, and after the last."""
    return np.diff(np.searchsorted(places, ends), prepend=0, append=len(places))


def _parsed_carefully(piece: bytes, line: int) -> Parsed:
    """The same for tokens such as 1.0; ValueError with the line of the first one that is not ±1."""
    if odd := _CONTROL.search(piece):
        where = line + piece.count(b"\n", 0, odd.start())
        hint = "UTF-16 without a byte order mark? save it as UTF-8" if odd[0] == b"\0" else "it may end a line or not"
        raise ValueError(f"line {where} holds the character {odd[0]!r} where text files hold entries ±1 ({hint})")
    signs: list[int] = []
    entries, marks = [], []
    for number, row in enumerate(piece.split(b"\n"), start=line):
        tokens = row.replace(b",", b" ").split()
        signs.extend(_sign(token, number) for token in tokens)
        entries.append(len(tokens))
        marks.append(row.count(b"\t") + row.count(b","))
    return np.array(signs, dtype=np.int8), np.array(entries, dtype=np.intp), np.array(marks, dtype=np.intp)


def _sign(token: bytes, line: int) -> int:
    try:
        value = float(token) if b"_" not in token else np.nan
    except ValueError:
        value = np.nan
    if value in (1.0, -1.0):
        return int(value)
    shown = token[:20].decode("ascii", "backslashreplace")
    remedy = " (2*x - 1 makes ±1 of 0 and 1)" if value == 0 else "" if np.isnan(value) else " (others go in an .npz)"
    raise ValueError(f"line {line} holds '{shown}' where text files hold entries ±1{remedy}")
