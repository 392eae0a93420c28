"""What a run was asked for, kept beside its points."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from bp.execution.store import PointStore
from replica_theory.results.files import replace_file

_CALL = "call.json"


def stored_call(folder: str | os.PathLike[str], command: str, keys: Collection[str]) -> dict[str, Any]:
    """What the last run in a folder was asked for, as JSON values by argument.

    Parameters
    ----------
    folder : path
    command : str
        What it was a run of, for the message.
    keys : collection of str
        What such a run is asked for, at least.

    Raises
    ------
    ValueError
        If there is no run to go on with, or the file that tells is damaged.
    OSError
        If it may not be read.
    """
    path = Path(folder) / "points" / _CALL
    try:
        call = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise ValueError(f"there is nothing to resume in {folder}: no run of {command} was begun there") from None
    except (ValueError, RecursionError):
        call = None
    if not isinstance(call, dict) or not call.keys() >= set(keys) or not isinstance(call.get("model", ""), str):
        raise ValueError(f"{path} is damaged: it does not tell what was asked for; give the settings instead")
    return call


def store_call(store: PointStore, call: Mapping[str, Any]) -> None:
    """Write down what was asked for (JSON values), for `stored_call`; the caller holds the lock of the store."""
    replace_file(store.folder / _CALL, json.dumps(dict(call), indent=1).encode())
