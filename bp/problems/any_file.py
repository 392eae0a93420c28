"""A problem of whatever kind a file holds."""

from __future__ import annotations

import os
import re
import zlib

from bp.problems.committee import Committee
from bp.problems.constraint import Constraint
from bp.problems.dimacs import formula_in
from bp.problems.files import instance_in
from bp.problems.perceptron import Instance
from bp.problems.reading import BLOCK, GZIP, opened
from bp.problems.satisfiability import Satisfiability
from replica_theory.arguments import checked_path

_DIMACS = re.compile(rb"\s*(c(\s|$)|p\s+cnf\b)")


def read_problem(
    path: str | os.PathLike[str], *, kappa: float | None = None, constraint: Constraint | None = None
) -> Instance | Committee | Satisfiability:
    r"""Read a formula in the DIMACS format, or whatever `bp.read_instance` reads; the content tells which.

    Parameters
    ----------
    path : path-like, or "-"
        Where, or standard input.
    kappa, constraint
        As for `bp.read_instance`; formulas have neither.

    Returns
    -------
    Instance, Committee or Satisfiability

    Raises
    ------
    OSError, ValueError, MemoryError
        As `bp.read_instance` and `bp.read_dimacs`.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "formula")
    ...     _ = path.write_text("p cnf 3 1\n1 -3 0\n")
    ...     read_problem(path)
    Satisfiability(1 clauses of 2 literals over 3 variables)
    """
    with opened(checked_path("path", path)) as (file, name):
        head = file.read(BLOCK)
        if not _DIMACS.match(_text(head)):
            return instance_in(head, file, name, kappa, constraint)
        if kappa is not None or constraint is not None:
            raise ValueError(f"kappa and constraint must be left out for a formula, which {name} holds")
        return formula_in(head, file, name)


def _text(head: bytes) -> bytes:
    """The beginning of the text, decompressed if it is compressed."""
    if not head.startswith(GZIP):
        return head
    try:
        return zlib.decompressobj(wbits=31).decompress(head, BLOCK)
    except zlib.error:
        return b""
