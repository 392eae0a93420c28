"""A folder for compiled code where neither the installation nor the home folder can be written."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

import numba


def ensure_kernel_cache() -> None:
    """Give numba a folder in which it can keep compiled code, if it has none, before anything is compiled.

    It looks at ``NUMBA_CACHE_DIR``, beside the source, and in the home folder; where none can be written (a read-only
    installation run by a service or in a container) it would not even import. Then a folder of this user among the
    temporary files is taken, one that nobody else can write, for compiled code is trusted; child processes take it,
    too.

    Raises
    ------
    RuntimeError
        If there is no place for temporary files either.
    """
    if _has_folder():
        return
    try:
        folder = _private_folder()
    except OSError as error:
        raise RuntimeError(f"compiled code can be kept nowhere ({error}): set NUMBA_CACHE_DIR to a folder") from None
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    numba.config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]


def _has_folder() -> bool:
    """Whether numba finds one; it looks as it decorates."""
    try:
        numba.njit(cache=True)(_nothing)
    except RuntimeError:
        return False
    return True


def _nothing() -> None:
    """Something to compile."""


def _private_folder() -> Path:
    """The folder of this user, the same one every time, or a fresh one where another has taken its name."""
    user = os.getuid() if hasattr(os, "getuid") else "user"
    folder = Path(tempfile.gettempdir(), f"binary-perceptron-{user}")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
        if stat.S_ISDIR(status.st_mode) and status.st_uid == user and not status.st_mode & 0o077:
            return folder
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="binary-perceptron-"))


ensure_kernel_cache()
