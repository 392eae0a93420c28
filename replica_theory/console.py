"""What the command lines share: how their output comes out, and how they are stopped."""

from __future__ import annotations

import codecs
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from replica_theory.terminable import terminable

_WORDS = {"∞": "inf", "↔": "<->", "±": "+-", "²": "^2", "ξ": "xi", "·": ".", "≥": ">=", "≤": "<=", "→": "->",
          "−": "-", "–": "-", "α": "alpha", "κ": "kappa", "β": "beta", "γ": "gamma"}  # fmt: skip


@contextmanager
def console() -> Iterator[None]:
    """Carry out a command in the block.

    Characters that standard output cannot encode (``PYTHONIOENCODING=ascii``, cp1252) are spelled out, ``inf`` for the
    sign of infinity, instead of losing a table after the work. When the reader has had enough (``head``, ``less``) the
    rest is dropped, and BrokenPipeError tells so. SIGTERM is Ctrl-C (`replica_theory.terminable.terminable`). Where
    standard error is no terminal, on which bars are shown, it gets the lines of the log instead.
    """
    stream: Any = sys.stdout
    before = getattr(stream, "errors", None)
    if before is not None and hasattr(stream, "reconfigure"):
        codecs.register_error("spelled-out", _spelled)
        stream.reconfigure(errors="spelled-out")
    try:
        with terminable(), _log():
            yield
            stream.flush()
    except OSError:
        _drop_what_cannot_be_written(stream)
        raise
    finally:
        if before is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=before)


def _drop_what_cannot_be_written(stream: Any) -> None:
    """Standard output whose reader is gone or whose disk is full would fail once more when the process ends."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextmanager
def _log() -> Iterator[None]:
    """The lines of both packages on standard error, unless it is a terminal."""
    if sys.stderr.isatty():
        yield
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    before = {name: logging.getLogger(name).level for name in ("bp", "replica_theory")}
    for name in before:
        logging.getLogger(name).addHandler(handler)
        logging.getLogger(name).setLevel(logging.INFO)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).removeHandler(handler)
            logging.getLogger(name).setLevel(level)


def _spelled(error: UnicodeError) -> tuple[str | bytes, int]:
    """What stands for the characters that cannot be encoded; names of files keep their bytes."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    first = error.object[error.start]
    if "\udc80" <= first <= "\udcff":
        return bytes([ord(first) - 0xDC00]), error.start + 1
    return _WORDS.get(first, first.encode("ascii", "backslashreplace").decode("ascii")), error.start + 1
