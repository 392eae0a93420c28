"""Places of output that are no files: terminals, pipes, ``/dev/null``. What is written to them cannot be replaced."""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path

_REFUSED = {stat.S_IFBLK: "is a block device, not a file", stat.S_IFSOCK: "is a socket, not a file"}
_FOLDERS = ("/dev/fd", "/proc/self/fd")


def is_stream(path: str | os.PathLike[str]) -> bool:
    """Whether output to a path goes to what is there, a character device, a FIFO or an open descriptor of this process.

    Otherwise there is a regular file, or nothing. Symbolic links are followed, ``/dev/stdout`` to the output of this
    process, whatever that is.

    Raises
    ------
    OSError
        If output cannot go there: it is a folder, a block device, a socket or may not be written.

    Examples
    --------
    >>> is_stream("/dev/null"), is_stream("weights.txt")
    (True, False)
    """
    descriptor = _descriptor(path)
    try:
        mode = os.fstat(descriptor).st_mode if descriptor is not None else os.stat(path).st_mode
    except FileNotFoundError:
        return False
    kind = stat.S_IFMT(mode)
    if kind == stat.S_IFDIR:
        raise IsADirectoryError(errno.EISDIR, "is a folder, not a file", os.fspath(path))
    if kind in _REFUSED:
        raise OSError(errno.EINVAL, _REFUSED[kind], os.fspath(path))
    if descriptor is None and kind != stat.S_IFREG and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(path))
    return descriptor is not None or kind != stat.S_IFREG


def write_stream(path: str | os.PathLike[str], data: bytes) -> None:
    """Write to what is at a path, as far as it goes; a FIFO waits for its reader.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    for stream in (sys.stdout, sys.stderr):  # what was printed before comes before
        stream.flush()
    descriptor = _descriptor(path)
    opened = os.open(path, os.O_WRONLY) if descriptor is None else os.dup(descriptor)
    with open(opened, "wb", buffering=0) as file:
        view = memoryview(data)
        while view:
            view = view[file.write(view) or 0 :]


def _descriptor(path: str | os.PathLike[str]) -> int | None:
    """The open descriptor of this process that a path means, by whatever links."""
    here = Path(os.path.abspath(path))
    folders = {os.path.realpath(folder) for folder in _FOLDERS} | {*_FOLDERS}
    for _ in range(40):  # as the system follows links
        if here.name.isdecimal() and os.path.realpath(here.parent) in folders:
            return int(here.name)
        if not here.is_symlink():
            return None
        here = Path(os.path.abspath(here.parent / os.readlink(here)))
    return None
