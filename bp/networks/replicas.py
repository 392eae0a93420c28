"""Replicas of a network in one process, pulled towards their centre."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor
from torch.optim import Optimizer

from bp.networks.attraction import Attraction, Centre, mean_of, pull
from bp.networks.coupled import Coupled
from bp.networks.scoping import Scoping
from replica_theory.arguments import checked_kind, shown


class Replicas(Coupled):
    r"""Replicas of a network that are trained by any optimisers and pulled towards their centre (Baldassi et al. 2016).

    Every `period` steps, :math:`w_a \leftarrow w_a - s\,(w_a - c)` with
    :math:`s = \min(1, K\,\mathrm{lr}\,\gamma_t)`: see `Attraction`, also for the explicit centre and the fixed strength
    of EASGD. With SGD as the optimiser this is replicated SGD. Each replica has its own minibatches and, if they
    are to settle in a wide region together, its own start; `gamma` is small at first and grows until they merge.

    Parameters
    ----------
    optimizers : sequence of torch.optim.Optimizer, or a single one
        One for each of `y` replicas, all with the same groups of parameters. A single optimiser holds stacked replicas:
        parameters of shape (y, ...), as `torch.func.stack_module_state` makes them; it must act on every entry alone
        (SGD, Adam and the like).
    gamma, strength, period, centre, centre_strength
        As in `Attraction`; the learning rate of the strength is that of each group of the first optimiser.

    Attributes
    ----------
    attraction : Attraction
    steps : int
        Steps done.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed, optimisers differ in their parameters' shapes, share parameters, or stacked
        parameters have different numbers of replicas.

    Examples
    --------
    >>> nets = [torch.nn.Linear(1, 1, bias=False) for _ in range(2)]
    >>> for net, start in zip(nets, (1.0, 3.0)):
    ...     _ = torch.nn.init.constant_(net.weight, start)
    >>> replicas = Replicas([torch.optim.SGD(net.parameters(), lr=0.1) for net in nets], gamma=5.0)
    >>> replicas.step()
    >>> [net.weight.item() for net in nets]
    [1.5, 2.5]
    >>> replicas.spread(), replicas.centre()[0].item()
    (0.5, 2.0)
    """

    def __init__(
        self,
        optimizers: Optimizer | Sequence[Optimizer],
        *,
        gamma: float | Scoping | None = None,
        strength: float | None = None,
        period: int = 1,
        centre: Centre = "traced",
        centre_strength: float | None = None,
    ) -> None:
        self.attraction = Attraction(gamma, strength, period, centre, centre_strength)
        self.steps = 0
        if isinstance(optimizers, Optimizer):
            self._stacked, self._optimizers = True, [optimizers]
        else:
            if not isinstance(optimizers, Iterable):
                raise TypeError(f"optimizers must be torch optimisers, one a replica; got {shown(optimizers)}")
            self._stacked, self._optimizers = False, list(optimizers)
            for optimizer in self._optimizers:
                checked_kind("optimizers", optimizer, Optimizer, such="torch.optim.SGD(...)")
        _check(self._optimizers, self._stacked)
        self._centre = [mean_of(group) for group in self._groups()] if centre == "explicit" else None

    @property
    def y(self) -> int:
        """Number of replicas."""
        return len(self._groups()[0])

    @property
    def optimizers(self) -> list[Optimizer]:
        """Those of the replicas, or the single one of stacked replicas."""
        return list(self._optimizers)

    @property
    def stacked(self) -> bool:
        """Whether one optimiser holds all replicas, along the first axis of its parameters."""
        return self._stacked

    @property
    def gamma(self) -> float | None:
        """The coupling of the next step; None where the strength is given."""
        return self.attraction.gamma_at(self.steps + 1)

    def step(self) -> None:
        """Count a step of all optimisers, and pull if it is time: to be called once they all have made theirs."""
        self.steps += 1
        if not self.attraction.due(self.steps):
            return
        with torch.no_grad():
            for k, group in enumerate(self._groups()):
                lr = float(self._optimizers[0].param_groups[k]["lr"])
                strength = self.attraction.strength_at(self.steps, lr)
                mean = mean_of(group)
                target = mean if self._centre is None else self._centre[k]
                for replica in group:
                    pull(replica, target, strength)
                if self._centre is not None:
                    pull(self._centre[k], mean, self.attraction.centre_strength_at(strength, len(group)))

    def centre(self) -> list[Tensor]:
        """The centre: fresh tensors in the order of the optimisers' parameters, without an axis of replicas."""
        with torch.no_grad():
            held = [mean_of(group) for group in self._groups()] if self._centre is None else self._centre
            return [tensor.clone() for group in held for tensor in group]

    def spread(self) -> float:
        r"""Root mean square distance of a weight from the mean, :math:`\sqrt{\frac{1}{yN}\sum_a |w_a - \bar w|^2}`."""
        squares, count = 0.0, 0
        with torch.no_grad():
            for group in self._groups():
                mean = mean_of(group)
                for replica in group:
                    for tensor, middle in zip(replica, mean, strict=True):
                        squares += float((tensor - middle).double().square().sum())
                        count += tensor.numel()
        return float((squares / count) ** 0.5)

    def _groups(self) -> list[list[list[Tensor]]]:
        """Tensors by group of parameters and replica; of stacked replicas they are views."""
        if self._stacked:
            groups = self._optimizers[0].param_groups
            return [[list(replica) for replica in zip(*(p.detach().unbind(0) for p in group["params"]), strict=True)]
                    for group in groups]  # fmt: skip
        count = len(self._optimizers[0].param_groups)
        return [[[p.detach() for p in optimizer.param_groups[k]["params"]] for optimizer in self._optimizers]
                for k in range(count)]  # fmt: skip


def _check(optimizers: Sequence[Optimizer], stacked: bool) -> None:
    """Refuse optimisers that are not those of replicas."""
    if not optimizers:
        raise ValueError("optimizers must hold at least one torch optimiser; got none")
    if stacked:
        shapes = [tuple(p.shape) for p in _parameters(optimizers[0])]
        sizes = {shape[0] if shape else 0 for shape in shapes}
        if len(sizes) != 1 or 0 in sizes:
            raise ValueError(f"optimizers: stacked parameters must have the shape (y, ...); got {shown(shapes)}")
        return
    first, held = _shapes(optimizers[0]), [p for optimizer in optimizers for p in _parameters(optimizer)]
    if len({id(p) for p in held}) < len(held):
        raise ValueError("optimizers must have parameters of their own; a parameter is shared by two replicas")
    for k, optimizer in enumerate(optimizers):
        if _shapes(optimizer) != first:
            raise ValueError(f"optimizers must have parameters of the same shapes; those of replica {k} differ")


def _shapes(optimizer: Optimizer) -> list[list[tuple[int, ...]]]:
    return [[tuple(p.shape) for p in group["params"]] for group in optimizer.param_groups]


def _parameters(optimizer: Optimizer) -> list[Tensor]:
    return [p for group in optimizer.param_groups for p in group["params"]]
