"""State of a long run in one file, so that a killed run goes on where it was."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bp.execution.store import require_writable, save_npz, unsealed
from replica_theory._version import __version__
from replica_theory.results.files import remove_leftovers
from replica_theory.results.streams import is_stream

FORMAT = 5
INTERVAL = 60.0
"""Seconds between two writes."""
_SETTINGS = "settings"
_ABOUT = "checkpoint"
"""What the file is sealed with: nothing but `Checkpoint.write` makes arrays and settings with the hash it asks for."""


class Checkpoint:
    """A file with the arrays that a run goes on from, and the settings they belong to.

    Parameters
    ----------
    path : path
        An ``.npz`` read without pickle. It need not exist.
    settings : mapping
        What the run depends on (JSON values).

    Attributes
    ----------
    path : Path
    stored : dict of arrays, or None
        What the file held when it was opened.

    Raises
    ------
    OSError
        If the file cannot be read or its folder cannot be written.
    ValueError
        If the file is no regular one (a device, a FIFO), damaged, was changed or is of a run with other settings or
        another version of this package (the message names them); it is left as it was.
    """

    def __init__(self, path: str | os.PathLike[str], settings: Mapping[str, Any]) -> None:
        self.path = Path(path)
        self._settings: dict[str, Any] = {"format": FORMAT, "version": __version__} | dict(settings)
        self._written = time.monotonic()
        if is_stream(self.path):
            raise ValueError(f"checkpoint must be a regular file that can be replaced; got {self.path}")
        require_writable(self.path.parent)
        remove_leftovers(self.path.parent, self.path.name)
        self.stored = self._read()

    @property
    def due(self) -> bool:
        """Whether the last write is `INTERVAL` seconds ago."""
        return time.monotonic() - self._written >= INTERVAL

    def write(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Write, completely or not at all."""
        save_npz(self.path, {_SETTINGS: np.str_(json.dumps(self._settings)), **arrays}, _ABOUT)
        self._written = time.monotonic()

    def remove(self) -> None:
        """Remove the file: the run has ended."""
        self.path.unlink(missing_ok=True)

    def _read(self) -> dict[str, NDArray[Any]] | None:
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            arrays = unsealed(data, _ABOUT)
            theirs = json.loads(str(arrays.pop(_SETTINGS)))
        except (ValueError, KeyError):
            raise ValueError(f"{self.path} is no checkpoint or is damaged; choose another file") from None
        ours = self._settings
        differ = sorted(key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key))
        if differ:
            changes = ", ".join(f"{key} was {theirs.get(key)} and is {ours.get(key)} now" for key in differ)
            raise ValueError(f"{self.path} is the checkpoint of another run ({changes}); choose another file")
        return arrays
