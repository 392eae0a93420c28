"""States of networks and optimisers as plain arrays, for files that are read without pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_TREE = "tree"


def arrays_of(state: Any) -> dict[str, NDArray[Any]]:
    """A state (mappings, lists and tuples of tensors, numbers, text and None) as arrays.

    Raises
    ------
    TypeError
        If it holds anything else, or a tensor of a type that numpy has not (bfloat16).

    Examples
    --------
    >>> arrays = arrays_of({"weight": torch.ones(2), "lr": 0.1})
    >>> sorted(arrays), state_of(arrays)["lr"]
    (['0', 'tree'], 0.1)
    """
    arrays: dict[str, Any] = {}
    tree = _plain(state, arrays)
    return arrays | {_TREE: np.str_(json.dumps(tree))}


def state_of(arrays: Mapping[str, NDArray[Any]]) -> Any:
    """The state of which `arrays_of` made the arrays; tensors are fresh, on the CPU."""
    return _state(json.loads(str(arrays[_TREE])), arrays)


def _plain(value: Any, arrays: dict[str, Any]) -> Any:
    """A value as JSON, its tensors put aside."""
    if isinstance(value, Tensor):
        name = str(len(arrays))
        arrays[name] = value.detach().cpu().numpy().copy()
        return {"tensor": name}
    if isinstance(value, Mapping):
        return {"dict": [[_plain(key, arrays), _plain(entry, arrays)] for key, entry in value.items()]}
    if isinstance(value, tuple):
        return {"tuple": [_plain(entry, arrays) for entry in value]}
    if isinstance(value, list):
        return [_plain(entry, arrays) for entry in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"state must hold tensors, numbers, text, mappings and lists; got {type(value).__name__}")


def _state(value: Any, arrays: Mapping[str, NDArray[Any]]) -> Any:
    if isinstance(value, list):
        return [_state(entry, arrays) for entry in value]
    if not isinstance(value, dict):
        return value
    kind, held = next(iter(value.items()))
    if kind == "tensor":
        return torch.from_numpy(np.array(arrays[held]))
    if kind == "tuple":
        return tuple(_state(entry, arrays) for entry in held)
    return {_state(key, arrays): _state(entry, arrays) for key, entry in held}
