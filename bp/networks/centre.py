"""The network at the centre of replicas."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

import torch

from bp.networks.replicas import Replicas
from replica_theory.arguments import checked_kind, shown


def centre_network(replicas: Replicas, network: torch.nn.Module, data: Iterable[Any] | None = None) -> torch.nn.Module:
    """A copy of the first replica's network with the weights of the centre.

    Parameters
    ----------
    replicas : Replicas
        Not stacked.
    network : torch.nn.Module
        The one whose parameters the first optimiser has.
    data : iterable of batches, optional
        Over it running means and variances of batch norm are made anew (`torch.optim.swa_utils.update_bn`): those of
        the replicas, or their averages, are not those of the net at the centre. Inputs, or tuples that begin with them.

    Returns
    -------
    torch.nn.Module

    Raises
    ------
    TypeError, ValueError
        If the replicas are stacked, the network is not the first replica, or it has running statistics and there are no
        data to make them of.

    Examples
    --------
    >>> nets = [torch.nn.Linear(2, 1) for _ in range(3)]
    >>> replicas = Replicas([torch.optim.SGD(net.parameters(), lr=0.1) for net in nets], gamma=1.0)
    >>> middle = centre_network(replicas, nets[0])
    >>> torch.allclose(middle.weight, sum(net.weight for net in nets) / 3)
    True
    """
    checked_kind("replicas", replicas, Replicas)
    if replicas.stacked:
        raise ValueError("replicas must not be stacked; put centre() into a network by torch.func.functional_call")
    checked_kind("network", network, torch.nn.Module)
    if data is not None and not isinstance(data, Iterable):
        raise TypeError(f"data must be an iterable of batches or None; got {shown(data)}")
    held = [parameter for group in replicas.optimizers[0].param_groups for parameter in group["params"]]
    places = {id(parameter): k for k, parameter in enumerate(held)}
    if not places.keys() <= {id(parameter) for parameter in network.parameters()}:
        raise ValueError("network must have the parameters of the first optimiser")
    if data is None and any(getattr(part, "running_mean", None) is not None for part in network.modules()):
        raise ValueError("data must be given for a network with batch norm: its statistics are made anew over them")
    centre, copied = replicas.centre(), copy.deepcopy(network)
    with torch.no_grad():
        for old, new in zip(network.parameters(), copied.parameters(), strict=True):
            if id(old) in places:
                new.copy_(centre[places[id(old)]])
    if data is not None:
        torch.optim.swa_utils.update_bn(data, copied, device=next(copied.parameters()).device)
    return copied
