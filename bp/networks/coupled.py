"""What a run of coupled replicas goes on from: the steps done, and the centre where it is explicit."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from replica_theory.arguments import checked_mapping


class Coupled:
    """Replicas with a centre, which is their mean or has weights of its own.

    Attributes
    ----------
    steps : int
        Steps done.
    """

    steps: int
    _centre: list[list[Tensor]] | None
    """Weights of an explicit centre, group by group."""

    def state_dict(self) -> dict[str, Any]:
        """What a run goes on from, beside the states of networks and optimisers."""
        centre = None if self._centre is None else [tensor.clone() for group in self._centre for tensor in group]
        return {"steps": self.steps, "centre": centre}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave.

        Raises
        ------
        TypeError, ValueError
            If it is of another kind of centre or other parameters.
        """
        state = checked_mapping("state_dict", state_dict)
        held = [] if self._centre is None else [tensor for group in self._centre for tensor in group]
        given = state.get("centre") or []
        if [tensor.shape for tensor in given] != [tensor.shape for tensor in held]:
            raise ValueError(f"state_dict must have a centre of {len(held)} tensors as here; got {len(given)}")
        self.steps = int(state["steps"])
        for tensor, value in zip(held, given, strict=True):
            tensor.copy_(value)
