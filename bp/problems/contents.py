"""What a file holds, as far as there is memory to read it."""

from __future__ import annotations

import gzip
import io
import os
import stat
from pathlib import Path

from bp.memory import available_memory, require_memory

_PARSING = 12
"""Bytes that a byte of text takes while it is read, itself included."""
_CHUNK = 1 << 24
_INSTEAD = "write the patterns as .npz, which keeps them as bits"


def contents(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a file, or of a stream such as a FIFO.

    Raises
    ------
    OSError
        If it cannot be read.
    MemoryError
        If there is not enough memory to hold it and to read it as text.
    """
    with open(path, "rb") as file:
        status = os.fstat(file.fileno())
        if stat.S_ISREG(status.st_mode):
            require_memory(_PARSING * status.st_size, f"the patterns in {Path(path)}", _INSTEAD)
            return file.read()
        return _all_of(file, f"the patterns in {Path(path)}")


def unzipped(data: bytes) -> bytes:
    """The text that was gzipped.

    Raises
    ------
    OSError, EOFError, zlib.error
        If the data are damaged or truncated.
    MemoryError
        If there is not enough memory to hold it and to read it.
    """
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        return _all_of(file, "the patterns in the gzipped text")


def _all_of(file: io.BufferedIOBase, what: str) -> bytes:
    """Everything, in pieces, since its size is known at the end only."""
    limit, pieces, size = available_memory(), list[bytes](), 0
    while piece := file.read(_CHUNK):
        size += len(piece)
        if size * _PARSING > _CHUNK:
            require_memory(size * _PARSING, f"{what} (more than {size / 1e6:.0f} MB)", _INSTEAD, limit=limit)
        pieces.append(piece)
    return b"".join(pieces)
