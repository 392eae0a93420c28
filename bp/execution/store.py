"""Results of finished points on disk: one file a point, so that interrupted work goes on where it was."""

from __future__ import annotations

import hashlib
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
from replica_theory.results.files import read_npz, remove_leftovers, replace_file

try:
    import fcntl
except ImportError:  # pragma: no cover (Windows: folders are not locked there)
    fcntl = None  # type: ignore[assignment]

Point = dict[str, NDArray[Any]]

FORMAT = 2
_SEAL = "seal"


class DamagedPointWarning(UserWarning):
    """A point file could not be read: it was set aside and the point is worked on again."""


class PointStore:
    """A folder with one ``.npz`` for each finished point, and the settings they belong to.

    Finished points are read whoever owns the folder; everything is written under its lock (`locked`).

    Parameters
    ----------
    folder : path
        The points go to its subfolder ``points``, which `locked` creates.
    settings : mapping
        What the points depend on (JSON values). A folder with other settings is refused, as is one of another format
        or version of this package.

    Raises
    ------
    OSError
        If the folder may not be read.
    ValueError
        If the folder holds points of other settings (the message names them), or its settings are unreadable.
    """

    def __init__(self, folder: str | os.PathLike[str], settings: Mapping[str, Any]) -> None:
        self.folder = Path(folder) / "points"
        self._settings = {"format": FORMAT, "version": __version__} | json.loads(json.dumps(dict(settings)))
        _require_same(self.folder, self._settings, stored_settings(folder))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other runs off the folder, and make it ours: its settings written, temporary files of the dead removed.

        The lock of a process that has ended, however it did, does not count.

        Raises
        ------
        OSError
            If the folder cannot be created or written.
        BlockingIOError
            If another run holds the lock; the message names its process.
        ValueError
            If another run has put other settings there meanwhile.
        """
        require_writable(self.folder)
        with _lock(self.folder.with_name("points.lock")):
            theirs = stored_settings(self.folder.parent)
            _require_same(self.folder, self._settings, theirs)
            remove_leftovers(self.folder)
            if theirs is None:
                replace_file(self._settings_path(self.folder.parent), json.dumps(self._settings, indent=1).encode())
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
            None if the point is not there. A damaged file, or one of another run, counts as not there: it is renamed to
            ``.damaged``, with a `DamagedPointWarning`.

        Raises
        ------
        OSError
            If the file is there but may not be read.
        """
        try:
            return self._read(name, columns)
        except ValueError as error:
            path = self.folder / f"{name}.npz"
            aside = path.with_suffix(".damaged")
            os.replace(path, aside)
            message = f"{path} is damaged ({error}); it is now {aside.name} and its point is worked on again"
            warnings.warn(message, DamagedPointWarning, stacklevel=3)
            return None

    def peek(self, name: str, columns: Collection[str]) -> Point | None:
        """As `get`, without a lock: a damaged file counts as not there, and stays as it is."""
        try:
            return self._read(name, columns)
        except ValueError:
            return None

    def _read(self, name: str, columns: Collection[str]) -> Point | None:
        """A point, None if there is none, ValueError if it is not sound."""
        try:
            data = (self.folder / f"{name}.npz").read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        arrays = unsealed(data, self._about(name))
        if missing := [column for column in columns if column not in arrays]:
            raise ValueError(f"it holds no {', '.join(missing)}")
        return {column: arrays[column] for column in columns}

    def _about(self, name: str) -> str:
        """What a point is sealed with: it belongs to this run and has this name."""
        return json.dumps([name, self._settings], sort_keys=True)

    def put(self, name: str, point: Point) -> None:
        """Write a finished point, completely or not at all.

        Raises
        ------
        OSError
            If it cannot be written; the message says how many points are there.
        """
        try:
            save_npz(self.folder / f"{name}.npz", point, self._about(name))
        except OSError as error:
            kept = f"{len(self)} finished points are kept there, and the same call goes on from them"
            raise OSError(f"cannot write {name}.npz to {self.folder}: {error.strerror or error}; {kept}") from error

    def __len__(self) -> int:
        """Number of finished points."""
        return sum(1 for _ in self.folder.glob("*.npz"))


class OtherRun(ValueError):
    """A folder holds points of another run, which would be lost."""


def clear_points(folder: str | os.PathLike[str]) -> None:
    """Remove the points in a folder with what tells what they are; other files stay.

    Raises
    ------
    BlockingIOError
        If a run is working on them.
    OSError
        If they cannot be removed.
    """
    points = Path(folder) / "points"
    with _lock(points.with_name("points.lock")):
        for path in (*points.glob("*.npz"), *points.glob("*.json")):
            path.unlink()


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
    except (ValueError, RecursionError):
        settings = None
    if not isinstance(settings, dict):
        raise ValueError(f"{path} is damaged: it does not tell what the points beside it are; choose another folder")
    return settings


def root_seed(rng: Rng, folder: str | os.PathLike[str] | None) -> int:
    """An integer that fixes every seed of a run: from `rng`, or that of the points in the folder, or a fresh one."""
    if rng is None and folder is not None and (settings := stored_settings(folder)) is not None:
        seed = settings.get("seed")
        if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
            path = PointStore._settings_path(folder)
            raise ValueError(f"{path} is damaged: it holds no seed of the points beside it; choose another folder")
        return seed
    fresh = generator(rng)
    return int(rng) if is_integer(rng) else int(fresh.integers(2**63))


def _require_same(folder: Path, ours: Mapping[str, Any], theirs: Mapping[str, Any] | None) -> None:
    """Refuse a folder whose points depend on something else."""
    if theirs is None or theirs == ours:
        return
    for key, name in (("format", "format"), ("version", "version of this package")):
        if theirs.get(key) != ours[key]:
            raise OtherRun(
                f"{folder} holds points of another {name} ({key} was {theirs.get(key)} and is {ours[key]} now); "
                "choose another folder"
            )
    differ = sorted(key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key))
    changes = ", ".join(f"{key} was {theirs.get(key)} and is {ours.get(key)} now" for key in differ)
    raise OtherRun(f"{folder} holds points of another run ({changes}); choose another folder")


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


def save_npz(path: Path, arrays: Mapping[str, Any], about: str | None = None) -> None:
    """Write arrays as ``.npz`` that is read without pickle, completely or not at all.

    With `about`, a text that says what they belong to, a hash of it and of the arrays is written too: see `unsealed`.

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
    seal = {} if about is None else {_SEAL: np.str_(_seal(plain, about))}
    np.savez_compressed(buffer, **plain | seal)
    replace_file(path, buffer.getvalue())


def unsealed(data: bytes, about: str) -> dict[str, NDArray[Any]]:
    """The arrays that `save_npz` wrote.

    Raises
    ------
    ValueError
        If it is no ``.npz``, a damaged one, or not what `save_npz` wrote with this `about`.
    """
    arrays = read_npz(data)
    if str(arrays.pop(_SEAL, "")) != _seal(arrays, about):
        raise ValueError("it is of another run or was changed: the arrays do not have the hash they were written with")
    return arrays


def _seal(arrays: Mapping[str, NDArray[Any]], about: str) -> str:
    digest = hashlib.sha256(about.encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"\n{name} {array.dtype.str} {array.dtype.descr} {array.shape}\n".encode())
        digest.update(
            np.ascontiguousarray(array).data if array.ndim and array.dtype.kind in "biuf" else array.tobytes()
        )
    return digest.hexdigest()
