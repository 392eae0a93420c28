"""Text files and standard input, plain or gzipped, in blocks."""

from __future__ import annotations

import gzip
import io
import os
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

GZIP = b"\x1f\x8b"
"""What gzipped data begin with."""
_FOREIGN = {
    b"\x93NUMPY": "a single .npy array; an instance is an .npz with patterns, labels and kappa",
    b"\x80": "a pickle, which is never loaded",
    b"\x89HDF": "an HDF5 file",
    b"BZh": "compressed by bzip2; text may be compressed by gzip",
    b"\xfd7zXZ": "compressed by xz; text may be compressed by gzip",
    b"\x28\xb5\x2f\xfd": "compressed by zstd; text may be compressed by gzip",
}
BLOCK = 1 << 20
"""Bytes of text that are held at a time."""


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[tuple[IO[bytes], str]]:
    """A file or standard input, and what to call it."""
    if isinstance(path, str) and path == "-":
        yield sys.stdin.buffer, "standard input"
        return
    with Path(path).open("rb") as file:
        yield file, repr(os.fspath(path))


def text_blocks(head: bytes, file: IO[bytes]) -> Iterator[bytes]:
    """The text that begins with `head` in blocks, decompressed."""
    if not head:
        raise ValueError("the file is empty")
    for start, what in _FOREIGN.items():
        if head.startswith(start):
            raise ValueError(f"it is {what}")
    if not head.startswith(GZIP):
        yield head
        yield from iter(lambda: file.read(BLOCK), b"")
        return
    file.seek(0) if file.seekable() else (file := io.BytesIO(head + file.read()))
    some = False
    try:
        with gzip.GzipFile(fileobj=file) as text:
            for block in iter(lambda: text.read(BLOCK), b""):
                some = True
                yield block
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"the gzipped data are damaged or truncated ({error})") from None
    if not some:
        raise ValueError("the gzipped file is empty")
