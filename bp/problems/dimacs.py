"""Formulas in files of the DIMACS format."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from bp.memory import require_memory
from bp.problems.reading import BLOCK, opened, text_blocks
from bp.problems.satisfiability import MAX_VARIABLES, Satisfiability
from replica_theory.arguments import checked_kind, checked_path
from replica_theory.results.files import replace_file

_BLOCK = 1 << 20
"""Numbers that are written at a time."""


def read_dimacs(path: str | os.PathLike[str]) -> Satisfiability:
    r"""Read a formula in conjunctive normal form from a file in the DIMACS format.

    Parameters
    ----------
    path : path-like, or "-"
        Where, or standard input; it may be gzipped. Lines that begin with ``c`` are comments, one ``p cnf N M`` gives
        the numbers of variables and clauses, and the clauses follow, numbers that end with 0, over any lines. A line
        ``%`` ends them (as in the files of SATLIB).

    Returns
    -------
    Satisfiability
        Literals that come twice in a clause count once, and clauses that are always satisfied are left out.

    Raises
    ------
    OSError
        If the file does not exist or cannot be read.
    ValueError
        If it is something else, damaged or cut short; the message names the line.
    MemoryError
        If the clauses do not fit in memory.

    See Also
    --------
    write_dimacs

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "formula.cnf")
    ...     _ = path.write_text("c an example\np cnf 3 2\n1 -3 0\n2 3\n-1 0\n")
    ...     read_dimacs(path).clauses
    [[1, -3], [2, 3, -1]]
    """
    with opened(checked_path("path", path)) as (file, name):
        return formula_in(file.read(BLOCK), file, name)


def formula_in(head: bytes, file: IO[bytes], name: str) -> Satisfiability:
    """The formula in an open file of which `head` is read already, `name` being what to call it."""
    try:
        n, starts, literals = parse_dimacs(text_blocks(head, file))
        return Satisfiability.of(starts, literals, n)
    except (ValueError, TypeError) as error:
        raise ValueError(f"cannot read a formula from {name}: {error}") from error


def write_dimacs(formula: Satisfiability, path: str | os.PathLike[str]) -> None:
    r"""Write a formula to a file in the DIMACS format, completely or not at all.

    Parameters
    ----------
    formula : Satisfiability
    path : path-like
        Where; a file whose name ends in ``.gz`` is gzipped.

    Raises
    ------
    OSError
        If the file cannot be written.
    TypeError, ValueError
        If `formula` is none, or has a planted configuration, which the format would lose.

    See Also
    --------
    read_dimacs

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "formula.cnf")
    ...     write_dimacs(Satisfiability([[1, -3], [2, 3]]), path)
    ...     path.read_text()
    'p cnf 3 2\n1 -3 0\n2 3 0\n'
    """
    checked_kind("formula", formula, Satisfiability)
    path = Path(checked_path("path", path))
    if formula.planted is not None:
        raise ValueError(
            "the format would lose the planted configuration; write Satisfiability.of(starts, literals, n)"
        )
    data = b"".join(_written(formula))
    replace_file(path, gzip.compress(data, compresslevel=4, mtime=0) if path.suffix == ".gz" else data)


def _written(formula: Satisfiability) -> Iterator[bytes]:
    yield b"p cnf %d %d\n" % (formula.n, formula.n_constraints)
    step = max(1, _BLOCK // max(1, int(np.max(formula.sizes))))
    for first in range(0, formula.n_constraints, step):
        parts = formula.starts[first : first + step + 1]
        lines = (formula.literals[a:b].tolist() for a, b in pairwise(parts))
        yield "".join(" ".join(map(str, [*line, 0])) + "\n" for line in lines).encode()


def parse_dimacs(blocks: Iterable[bytes]) -> tuple[int, NDArray[np.int64], NDArray[np.int32]]:
    """Number of variables, and the clauses as arrays, of text in the DIMACS format.

    Raises
    ------
    ValueError
        If it is something else; the message names the line.
    MemoryError
        If the clauses do not fit in memory.
    """
    header: tuple[int, int] | None = None
    parts: list[NDArray[np.int64]] = []
    size = 0
    for number, line in enumerate(_lines(blocks), 1):
        if line.startswith(b"%"):
            break
        if not line or line.startswith(b"c"):
            continue
        if line.startswith(b"p"):
            if header is not None:
                raise ValueError(f"line {number} is a second header, {_shown(line)}")
            header = _header(line, number)
            require_memory(32.0 * header[1], f"{header[1]} clauses", "take a smaller formula")
        elif header is None:
            raise ValueError(f"line {number} must be the header, 'p cnf N M', or a comment; got {_shown(line)}")
        else:
            parts.append(_numbers(line, number, header[0]))
            size += len(parts[-1])
    if header is None:
        raise ValueError("there is no header, 'p cnf N M'")
    every = np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
    if size and every[-1] != 0:
        raise ValueError("the last clause does not end with 0: the file is cut short")
    ends = np.flatnonzero(every == 0)
    if len(ends) != header[1]:
        raise ValueError(f"the header says {header[1]} clauses; the file has {len(ends)}")
    starts = np.concatenate([[0], ends - np.arange(len(ends))])
    return header[0], starts, every[every != 0].astype(np.int32)


def _lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines without the blanks around them, whatever ends them."""
    rest = b""
    for block in blocks:
        if b"\0" in block:
            raise ValueError("it is no text")
        text = (rest + block).replace(b"\r\n", b"\n") if b"\r" in block else rest + block
        *whole, rest = text.split(b"\n")
        yield from (line.strip() for line in whole)
    yield rest.strip()


def _header(line: bytes, number: int) -> tuple[int, int]:
    words = line.split()
    if len(words) != 4 or words[0] != b"p" or words[1] != b"cnf" or not (words[2].isdigit() and words[3].isdigit()):
        raise ValueError(f"line {number} must be the header, 'p cnf N M'; got {_shown(line)}")
    n, m = int(words[2]), int(words[3])
    if not 0 < n <= MAX_VARIABLES or m < 1:
        raise ValueError(
            f"line {number}: a formula has 1 to {MAX_VARIABLES} variables and some clauses; got {_shown(line)}"
        )
    return n, m


def _numbers(line: bytes, number: int, n: int) -> NDArray[np.int64]:
    """The literals of a line."""
    try:
        values = np.array(line.split(), dtype=np.int64)
    except (ValueError, OverflowError):
        raise ValueError(f"line {number} must hold integers; got {_shown(line)}") from None
    if np.any(np.abs(values) > n):
        worst: Any = values[np.argmax(np.abs(values))]
        raise ValueError(f"line {number} holds the literal {worst}, but the header says {n} variables")
    return values


def _shown(line: bytes) -> str:
    text = line.decode("utf-8", "replace")
    return repr(text if len(text) <= 60 else text[:57] + "...")
