"""Results of finished points on disk: one file a point, so that interrupted work goes on where it was."""

from __future__ import annotations

import io
import json
import os
import socket
import warnings
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bp.randomness import Rng, generator
from replica_theory._version import __version__
from replica_theory.arguments import is_integer
from replica_theory.results.files import replace_file

try:
    import fcntl
except ImportError:  # pragma: no cover (Windows: folders are not locked there)
    fcntl = None  # type: ignore[assignment]

Point = dict[str, NDArray[Any]]

FORMAT = 1


class DamagedPointWarning(UserWarning):
    """A point file could not be read: it was set aside and the point is worked on again."""


class PointStore:
    """A folder with one ``.npz`` for each finished point, and the settings they belong to.

    Parameters
    ----------
    folder : path
        Created if it does not exist; the points go to its subfolder ``points``.
    settings : mapping
        What the points depend on (JSON values). A folder with other settings is refused, as is one of another format
        or version of this package.

    Raises
    ------
    OSError
        If the folder cannot be created or written.
    ValueError
        If the folder holds points of other settings (the message names them), or its settings are unreadable.
    """

    def __init__(self, folder: str | os.PathLike[str], settings: Mapping[str, Any]) -> None:
        self.folder = Path(folder) / "points"
        self._settings = {"format": FORMAT, "version": __version__} | json.loads(json.dumps(dict(settings)))
        theirs = stored_settings(folder)
        _require_same(self.folder, self._settings, theirs)
        require_writable(self.folder)
        if theirs is None:
            replace_file(self._settings_path(folder), json.dumps(self._settings, indent=1).encode())

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other runs off the folder; the lock of a process that has ended, however it did, does not count.

        Raises
        ------
        BlockingIOError
            If another run holds the lock; the message names its process.
        ValueError
            If another run has put other settings there meanwhile.
        """
        with _lock(self.folder.with_name("points.lock")):
            _require_same(self.folder, self._settings, stored_settings(self.folder.parent))
            yield

    @staticmethod
    def _settings_path(folder: str | os.PathLike[str]) -> Path:
        return Path(folder) / "points" / "settings.json"

    def get(self, name: str, columns: Collection[str]) -> Point | None:
        """A finished point.

        Parameters
        ----------
        name : str
        columns : collection of str
            The arrays that a point must have.

        Returns
        -------
        dict of arrays, or None
            None if the point is not there. A damaged file counts as not there: it is renamed to ``.damaged``, with a
            `DamagedPointWarning`.

        Raises
        ------
        OSError
            If the file is there but may not be read.
        """
        path = self.folder / f"{name}.npz"
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
                point = {column: arrays[column] for column in columns}
        except Exception as error:  # zipfile, zlib and the .npy reader raise a dozen kinds on foreign bytes
            aside = path.with_suffix(".damaged")
            os.replace(path, aside)
            message = f"{path} is damaged ({error}); it is now {aside.name} and its point is worked on again"
            warnings.warn(message, DamagedPointWarning, stacklevel=3)
            return None
        return point

    def put(self, name: str, point: Point) -> None:
        """Write a finished point, completely or not at all.

        Raises
        ------
        OSError
            If it cannot be written; the message says how many points are there.
        """
        try:
            save_npz(self.folder / f"{name}.npz", point)
        except OSError as error:
            kept = f"{len(self)} finished points are kept there, and the same call goes on from them"
            raise OSError(f"cannot write {name}.npz to {self.folder}: {error.strerror or error}; {kept}") from error

    def __len__(self) -> int:
        """Number of finished points."""
        return sum(1 for _ in self.folder.glob("*.npz"))


def stored_settings(folder: str | os.PathLike[str]) -> dict[str, Any] | None:
    """Settings of the points in a folder, None if it holds none.

    Raises
    ------
    OSError
        If the settings are there but may not be read.
    ValueError
        If they are damaged.
    """
    path = PointStore._settings_path(folder)
    try:
        settings = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError:
        settings = None
    if not isinstance(settings, dict):
        raise ValueError(f"{path} is damaged: it does not tell what the points beside it are; choose another folder")
    return settings


def root_seed(rng: Rng, folder: str | os.PathLike[str] | None) -> int:
    """An integer that fixes every seed of a run: from `rng`, or that of the points in the folder, or a fresh one."""
    if rng is None and folder is not None and (settings := stored_settings(folder)) is not None:
        return int(settings["seed"])
    fresh = generator(rng)
    return int(rng) if is_integer(rng) else int(fresh.integers(2**63))


def _require_same(folder: Path, ours: Mapping[str, Any], theirs: Mapping[str, Any] | None) -> None:
    """Refuse a folder whose points depend on something else."""
    if theirs is None or theirs == ours:
        return
    for key, name in (("format", "format"), ("version", "version of this package")):
        if theirs.get(key) != ours[key]:
            raise ValueError(
                f"{folder} holds points of another {name} ({key} was {theirs.get(key)} and is {ours[key]} now); "
                "choose another folder"
            )
    differ = sorted(key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key))
    changes = ", ".join(f"{key} was {theirs.get(key)} and is {ours.get(key)} now" for key in differ)
    raise ValueError(f"{folder} holds points of another run ({changes}); choose another folder")


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file that tells which process has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    _LOCKS.add(descriptor)
    try:
        _take(descriptor, path)
        yield
    finally:
        _LOCKS.discard(descriptor)
        os.close(descriptor)


def _take(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.pread(descriptor, 200, 0).decode(errors="replace").strip()
        message = f"another run ({owner or 'its process is unknown'}) is working on {path.parent}"
        raise BlockingIOError(f"{message}; wait for it or choose another folder") from None
    except (AttributeError, OSError) as error:  # no fcntl on Windows, no locks on some network file systems
        warnings.warn(f"{path} cannot be locked ({error}): start no second run there", stacklevel=2)
        return
    with suppress(OSError):  # a full disk: the lock holds without a name
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()} on {socket.gethostname()}\n".encode(), 0)


_LOCKS: set[int] = set()


def _drop_locks() -> None:
    """Close the locks that a forked child has got with its parent's files, lest it keeps them when the parent dies."""
    for descriptor in _LOCKS:
        os.close(descriptor)
    _LOCKS.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_drop_locks)


def require_writable(folder: Path) -> None:
    """Create a folder where it does not exist, and a file in it, which is removed again.

    Raises
    ------
    OSError
        If either fails, whatever the permission bits say; the message names the folder.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        replace_file(probe, b"")
        probe.unlink(missing_ok=True)
    except OSError as error:
        raise OSError(f"cannot write to the folder {folder}: {error.strerror or error}") from error


def save_npz(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write arrays as ``.npz`` that is read without pickle, completely or not at all.

    Raises
    ------
    TypeError
        If an array holds Python objects.
    """
    plain: dict[str, Any] = {name: np.asarray(array) for name, array in arrays.items()}
    for name, array in plain.items():
        if array.dtype.hasobject:
            raise TypeError(f"array {name!r} holds Python objects, which would need a pickle")
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **plain)
    replace_file(path, buffer.getvalue())
