"""Local energy of a network: what its errors become when its weights are disturbed."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bp.randomness import Rng, generator
from replica_theory.arguments import (
    DISTANCE,
    NON_NEGATIVE,
    checked_flag,
    checked_integer,
    checked_kind,
    checked_real,
    shown,
)
from replica_theory.typing import Array

Measure = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class LocalEnergy:
    """Errors around a network.

    Attributes
    ----------
    scale : (S,) array
        Strengths of the disturbance: `sigma`, or distances.
    undisturbed : float
        Mean of the measure at the weights themselves.
    mean : (S,) array
        Mean over data and draws.
    error : (S,) array
        Its standard error over the draws; NaN for a single draw.
    """

    scale: Array
    undisturbed: float
    mean: Array
    error: Array

    @property
    def rise(self) -> Array:
        """Mean less what it is at the weights themselves: compare it between networks of equal training error only."""
        return self.mean - self.undisturbed


def local_energy(
    network: torch.nn.Module,
    data: Iterable[Any],
    *,
    sigma: Any = None,
    distance: Any = None,
    samples: int = 10,
    measure: Measure | None = None,
    recompute: bool = True,
    rng: Rng = None,
) -> LocalEnergy:
    r"""Mean error of a network whose weights are disturbed (Pittorino et al. 2021, eq. 6).

    With `sigma` every weight is multiplied by noise, :math:`w' = w\,(1 + \sigma\xi)`. With `distance` every parameter
    moves on the sphere of its own norm to an overlap :math:`t = 1 - 2d`,

    .. math:: w' = t\,w + \sqrt{1 - t^2}\;|w|\,\frac{\xi_\perp}{|\xi_\perp|},

    :math:`\xi_\perp` the part of a normal vector at right angles to :math:`w`, so that the distance means the same for
    all scales of weights. Parameters with fewer than two entries stay there.

    Parameters
    ----------
    network : torch.nn.Module
        Evaluated as in use (``eval()``); it is left as it is.
    data : iterable of (inputs, targets)
        Batches, the same at every pass: a list or a DataLoader that does not shuffle. A single pair of tensors is one.
    sigma : float or array
    distance : float or array
        In [0, 1/2]; exactly one of the two is given.
    samples : int
        Draws of the noise, the same for every strength.
    measure : callable, optional
        ``measure(outputs, targets)`` gives a number for each example; by default 1 where the label is wrong: that of
        the largest output, or, for one output an example, the sign (targets ±1).
    recompute : bool
        Whether running means and variances of batch norm are made anew over the data for every disturbed network.
    rng : int, SeedSequence, Generator or None

    Returns
    -------
    LocalEnergy

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed, or the data hold no batch.

    Examples
    --------
    >>> network = torch.nn.Linear(2, 1, bias=False)
    >>> _ = torch.nn.init.constant_(network.weight, 1.0)
    >>> data = torch.tensor([[1.0, 1.0], [-1.0, -2.0]]), torch.tensor([1.0, -1.0])
    >>> local_energy(network, data, sigma=[0.0, 0.1], rng=1).mean.tolist()
    [0.0, 0.0]
    """
    checked_kind("network", network, torch.nn.Module)
    if (sigma is None) == (distance is None):
        raise ValueError(f"exactly one of sigma and distance must be given; got {shown(sigma)}, {shown(distance)}")
    name, given, allowed = ("distance", distance, DISTANCE) if sigma is None else ("sigma", sigma, NON_NEGATIVE)
    scale = np.atleast_1d(np.asarray(checked_real(name, given, allowed)))
    checked_integer("samples", samples)
    checked_flag("recompute", recompute)
    batches = _batches(data)
    source = torch.Generator().manual_seed(int(generator(rng).integers(2**62)))
    disturbed, values = copy.deepcopy(network), np.empty((samples, len(scale)))
    weights = [parameter.detach() for parameter in network.parameters()]
    with torch.no_grad():
        for row in values:
            noise = [torch.randn(w.shape, generator=source, dtype=torch.float64).to(w) for w in weights]
            for k, strength in enumerate(scale):
                for target, w, xi in zip(disturbed.parameters(), weights, noise, strict=True):
                    target.copy_(w * (1 + strength * xi) if distance is None else _turned(w, xi, 1 - 2 * strength))
                if recompute:
                    torch.optim.swa_utils.update_bn((inputs for inputs, _ in batches), disturbed)
                row[k] = _mean(disturbed, batches, measure or _wrong)
        undisturbed = _mean(copy.deepcopy(network), batches, measure or _wrong)
    error = values.std(axis=0, ddof=1) / math.sqrt(samples) if samples > 1 else np.full(len(scale), np.nan)
    return LocalEnergy(scale, undisturbed, values.mean(axis=0), error)


def _batches(data: Any) -> list[tuple[Tensor, Tensor]]:
    """The data as a list of pairs."""
    if isinstance(data, tuple) and len(data) == 2 and all(isinstance(part, Tensor) for part in data):
        return [(data[0], data[1])]
    if not isinstance(data, Iterable):
        raise TypeError(f"data must be an iterable of (inputs, targets) or one such pair; got {shown(data)}")
    batches = [(batch[0], batch[1]) for batch in data]
    if not batches:
        raise ValueError("data must hold at least one batch; got none")
    return batches


def _turned(w: Tensor, noise: Tensor, overlap: float) -> Tensor:
    """The tensor turned to an overlap with itself, its norm kept."""
    square = (w * w).sum()
    if w.numel() < 2 or square == 0:
        return w
    across = noise - (noise * w).sum() / square * w
    return overlap * w + math.sqrt(max(0.0, 1 - overlap**2)) * square.sqrt() / across.norm() * across


def _mean(network: torch.nn.Module, batches: list[tuple[Tensor, Tensor]], measure: Measure) -> float:
    network.eval()
    values = [measure(network(inputs), targets).double() for inputs, targets in batches]
    return float(torch.cat([value.reshape(-1) for value in values]).mean())


def _wrong(outputs: Tensor, targets: Tensor) -> Tensor:
    """1 for every example with the wrong label."""
    if outputs.dim() > 1 and outputs.shape[-1] > 1:
        return outputs.argmax(-1) != targets
    return outputs.reshape(-1) * targets.reshape(-1) <= 0
