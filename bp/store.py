"""Results of finished points on disk: one file a point, so that interrupted work goes on where it was."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Point = dict[str, NDArray[Any]]

FORMAT = 1


class PointStore:
    """A folder with one ``.npz`` for each finished point, and the settings they belong to.

    Parameters
    ----------
    folder : path
        Created if it does not exist.
    settings : mapping
        What the points depend on (JSON values). A folder with other settings is refused.

    Raises
    ------
    OSError
        If the folder cannot be created or written.
    ValueError
        If the folder holds points of other settings (the message names them), or its settings are unreadable.
    """

    def __init__(self, folder: str | os.PathLike[str], settings: Mapping[str, Any]) -> None:
        self.folder = Path(folder) / "points"
        self.folder.mkdir(parents=True, exist_ok=True)
        ours = {"format": FORMAT} | json.loads(json.dumps(dict(settings)))
        path = self.folder / "settings.json"
        if not path.exists():
            _write(path, json.dumps(ours, indent=1).encode())
            return
        try:
            theirs = json.loads(path.read_text())
        except ValueError:
            raise ValueError(f"{path} is damaged; remove the folder {self.folder} to start afresh") from None
        differ = [key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)]
        if differ:
            changes = ", ".join(f"{key}: {theirs.get(key)} there, {ours.get(key)} now" for key in sorted(differ))
            raise ValueError(f"{self.folder} holds points of another run ({changes}); choose another folder")

    def get(self, name: str) -> Point | None:
        """The point, or None if it is not there; a damaged file is set aside (``.damaged``) and counts as not there."""
        path = self.folder / f"{name}.npz"
        try:
            with np.load(path, allow_pickle=False) as data:
                return dict(data)
        except FileNotFoundError:
            return None
        except (ValueError, OSError, EOFError, zipfile.BadZipFile):
            path.rename(path.with_suffix(".damaged"))
            return None

    def put(self, name: str, point: Point) -> None:
        """Write a finished point, atomically."""
        save_npz(self.folder / f"{name}.npz", point)


def save_npz(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write arrays as ``.npz``: to a temporary name in the same folder first, then renamed."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
