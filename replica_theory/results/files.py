"""Files written whole or not at all, and archives of arrays read without trust."""

from __future__ import annotations

import glob
import io
import math
import os
import secrets
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from replica_theory.results.streams import is_stream, write_stream

try:
    import fcntl
except ImportError:  # pragma: no cover (Windows: what a killed process left stays there)
    fcntl = None  # type: ignore[assignment]

_KEY = "[0-9a-f]" * 8
"""What makes temporary names different, for `glob`."""


def replace_file(path: Path, data: bytes) -> None:
    """Put `data` in the file at `path`: first under a temporary name in the same folder, then renamed.

    What is no regular file, or a link to it, such as a FIFO or ``/dev/stdout``, is not replaced but written to.

    Raises
    ------
    OSError
        If it cannot be written, or is a folder, a block device or a socket.
    """
    if is_stream(path):
        write_stream(path, data)
        return
    path = Path(os.path.realpath(path))
    temporary, file = _temporary(path)
    try:
        with file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def remove_leftovers(folder: Path, name: str | None = None) -> None:
    """Remove the temporary files that killed processes left in a folder, all or those for the file `name`.

    A file that a living process is writing is locked, and stays.
    """
    stem = "*" if name is None else glob.escape(name)
    for path in Path(folder).glob(f".{stem}.{_KEY}.tmp"):
        with suppress(OSError), open(path, "r+b") as file:
            _lock(file, wait=False)
            path.unlink()


def read_npz(data: bytes, check_size: Callable[[int], object] | None = None) -> dict[str, NDArray[Any]]:
    """The arrays of an ``.npz``, never from a pickle.

    Parameters
    ----------
    data : bytes
    check_size : callable, optional
        Called with the number of bytes that the arrays take, before they are read; it may refuse.

    Raises
    ------
    ValueError
        If it is no archive of arrays, or a damaged one.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            names = [member.filename for member in members]
            if len(set(names)) < len(names):
                raise ValueError("two arrays have one name")
            for member in members:
                _check_member(archive, member)
        if check_size is not None:
            check_size(sum(member.file_size for member in members))
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except MemoryError:
        raise
    except Exception as error:  # zipfile, zlib and the .npy reader raise a dozen kinds on foreign bytes
        what = "holds pickled objects, which are never loaded" if "Object arrays" in str(error) else "is damaged"
        raise ValueError(f"the .npz archive {what} ({error})") from None


def _check_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Refuse what is no array, or does not hold as many numbers as its header says (numpy would take their memory)."""
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = header(file)
        if dtype.hasobject:
            raise ValueError("Object arrays cannot be loaded")
        if math.prod(shape) * dtype.itemsize != member.file_size - file.tell():
            raise ValueError(f"{member.filename} does not hold what its header says")


def _temporary(path: Path) -> tuple[Path, IO[bytes]]:
    """A fresh file beside `path`, locked as long as it is open."""
    while True:
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
        file = open(temporary, "xb")
        try:
            with suppress(OSError):  # no locks on this file system: nobody takes the file for a leftover either
                _lock(file, wait=True)
            if os.fstat(file.fileno()).st_nlink:
                return temporary, file
        except BaseException:
            file.close()
            temporary.unlink(missing_ok=True)
            raise
        file.close()  # taken for a leftover before it was locked


def _lock(file: IO[bytes], *, wait: bool) -> None:
    """Lock an open file; OSError if another process has it, or there are no locks."""
    if fcntl is None:
        raise OSError("this system has no locks")
    fcntl.flock(file.fileno(), fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
