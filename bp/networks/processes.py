"""Replicas of a network in processes of their own, pulled towards their centre."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.optim import Optimizer

from bp.networks.attraction import Attraction, Centre, pull
from bp.networks.coupled import Coupled
from bp.networks.scoping import Scoping
from replica_theory.arguments import checked_flag, checked_kind


def couple(
    optimizer: Optimizer,
    *,
    gamma: float | Scoping | None = None,
    strength: float | None = None,
    period: int = 1,
    centre: Centre = "traced",
    centre_strength: float | None = None,
    group: Any = None,
    hook: bool = True,
) -> Coupling:
    r"""Couple the replicas that the processes of `torch.distributed` train, one each.

    Every `period` steps of its optimiser each process adds its weights, as one flat vector, to those of the others (one
    ``all_reduce``, over gloo, nccl or whatever the group uses) and is pulled towards their mean or towards an explicit
    centre: `Attraction` has the formula. Gradients are not averaged. It is what `Replicas` does in one process.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        Of this process's replica.
    gamma, strength, period, centre, centre_strength
        As in `Attraction`, the same in all processes.
    group : torch.distributed.ProcessGroup, optional
        The processes of the replicas; all by default.
    hook : bool
        Whether the steps of the optimiser are followed by its own post-step hook. If not, `Coupling.step` is to be
        called after each: so with a `torch.amp.GradScaler`, which leaves out a step in one process alone.

    Returns
    -------
    Coupling

    Raises
    ------
    RuntimeError
        If `torch.distributed` is not initialised.
    TypeError, ValueError
        If an argument is not allowed, or the processes have different numbers of weights or periods.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     meeting = (Path(folder) / "meeting").as_uri()
    ...     torch.distributed.init_process_group("gloo", init_method=meeting, rank=0, world_size=1)
    ...     weights = torch.nn.Parameter(torch.ones(3))
    ...     optimizer = torch.optim.SGD([weights], lr=0.1)
    ...     coupling = couple(optimizer, gamma=1.0)
    ...     for _ in range(2):
    ...         weights.grad = torch.ones(3)
    ...         optimizer.step()
    ...     torch.distributed.destroy_process_group()
    >>> coupling.steps, coupling.y
    (2, 1)
    """
    attraction = Attraction(gamma, strength, period, centre, centre_strength)
    checked_kind("optimizer", optimizer, Optimizer, such="torch.optim.SGD(...)")
    checked_flag("hook", hook)
    if not (dist.is_available() and dist.is_initialized()):
        raise RuntimeError("couple needs a group of processes: call torch.distributed.init_process_group first")
    return Coupling(optimizer, attraction, group, hook)


class Coupling(Coupled):
    """The pull on this process's replica; `couple` makes it.

    Attributes
    ----------
    attraction : Attraction
    steps : int
        Steps done.
    y : int
        Number of replicas: of processes in the group.
    """

    def __init__(self, optimizer: Optimizer, attraction: Attraction, group: Any, hook: bool) -> None:
        self.attraction, self.steps, self.y = attraction, 0, dist.get_world_size(group)
        self._optimizer, self._group = optimizer, group
        self._require_equals()
        self._centre = self._means() if attraction.centre == "explicit" else None
        self._handle = optimizer.register_step_post_hook(lambda *_: self.step()) if hook else None

    def step(self) -> None:
        """Count a step of the optimiser and pull if it is time; all processes must come here equally often."""
        self.steps += 1
        if not self.attraction.due(self.steps):
            return
        means = self._means()
        targets = means if self._centre is None else self._centre
        with torch.no_grad():
            for group, mean, target in zip(self._optimizer.param_groups, means, targets, strict=True):
                strength = self.attraction.strength_at(self.steps, float(group["lr"]))
                pull([p.detach() for p in group["params"]], target, strength)
                if self._centre is not None:
                    pull(target, mean, self.attraction.centre_strength_at(strength, self.y))

    def centre(self) -> list[Tensor]:
        """The centre, as `Replicas.centre`; with a traced centre all processes must ask for it together."""
        held = self._means() if self._centre is None else self._centre
        return [tensor.clone() for group in held for tensor in group]

    def remove(self) -> None:
        """End the coupling: the optimiser's steps are no longer followed."""
        if self._handle is not None:
            self._handle.remove()
            self._handle = None

    def _means(self) -> list[list[Tensor]]:
        """Mean weights of all processes, group by group: one sum over the processes for each kind of tensor."""
        groups = [[p.detach() for p in group["params"]] for group in self._optimizer.param_groups]
        means = [[torch.empty_like(tensor) for tensor in group] for group in groups]
        for kind in dict.fromkeys((tensor.dtype, tensor.device) for group in groups for tensor in group):
            flat = torch.cat([tensor.reshape(-1) for tensor, _ in _of_kind(groups, means, kind)])
            dist.all_reduce(flat, group=self._group)
            flat /= self.y
            place = 0
            for tensor, mean in _of_kind(groups, means, kind):
                mean.copy_(flat[place : place + tensor.numel()].view_as(mean))
                place += tensor.numel()
        return means

    def _require_equals(self) -> None:
        """Refuse replicas of different sizes, which would wait for one another for ever."""
        tensors = [p for group in self._optimizer.param_groups for p in group["params"]]
        mine = [sum(p.numel() for p in tensors), len(tensors), self.attraction.period]
        ends = torch.tensor([*mine, *(-value for value in mine)], device=tensors[0].device)
        dist.all_reduce(ends, dist.ReduceOp.MAX, group=self._group)
        if (ends[:3] != -ends[3:]).any():
            raise ValueError(
                f"optimizer, period: all processes must have the same; here {mine[0]} weights in {mine[1]} tensors, "
                f"period={mine[2]}, elsewhere others"
            )


def _of_kind(groups: Any, means: Any, kind: Any) -> Iterator[tuple[Tensor, Tensor]]:
    """Tensors of a dtype and device, each with the one for its mean."""
    for group, mean in zip(groups, means, strict=True):
        for tensor, middle in zip(group, mean, strict=True):
            if (tensor.dtype, tensor.device) == kind:
                yield tensor, middle
