"""Files written whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from replica_theory.results.streams import is_stream, write_stream


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
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
