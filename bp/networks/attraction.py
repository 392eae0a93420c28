"""How strongly replicas are pulled towards their centre, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from bp.networks.scoping import Scoping
from replica_theory.arguments import (
    NON_NEGATIVE,
    Allowed,
    checked_choice,
    checked_integer,
    checked_number,
    shown,
)

Centre = Literal["traced", "explicit"]
CENTRES = ("traced", "explicit")
UNIT = Allowed("be in [0, 1]", lambda x: (x >= 0) & (x <= 1))


@dataclass(frozen=True)
class Attraction:
    r"""The pull on `y` replicas towards their centre, every `period` steps of their optimisers.

    .. math:: w_a \leftarrow w_a - s\,(w_a - c), \qquad s = \min(1,\; K\,\mathrm{lr}\,\gamma_t).

    That is `K` gradient steps on :math:`\frac{\gamma}{2}\sum_a |w_a - c|^2` taken at once (Baldassi et al. 2016,
    replicated SGD). A *traced* centre is the mean of the replicas; an *explicit* one is a configuration of its own that
    follows the mean by :math:`c \leftarrow c + s_c\,(\bar w - c)`, both at once (Zhang, Choromanska and LeCun 2015,
    eqs. 5 and 6, with ``strength=0.9 / y``: EASGD).

    Parameters
    ----------
    gamma : float or Scoping, optional
        Coupling :math:`\gamma_t`, for the strength above; `t` counts the steps of the optimisers.
    strength : float, optional
        The strength `s` itself, in [0, 1]: one of the two is given.
    period : int
        Steps `K` from pull to pull.
    centre : {"traced", "explicit"}
    centre_strength : float, optional
        :math:`s_c` of an explicit centre, in [0, 1]; :math:`\min(1, ys)` by default, which moves it as far as the
        replicas together are moved.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed, not exactly one of `gamma` and `strength` is given, or `centre_strength` is given
        for a traced centre.

    Examples
    --------
    >>> pull = Attraction(gamma=Scoping(0.0, 0.5, most=10.0, linear=True), period=4)
    >>> [pull.due(steps) for steps in (3, 4, 8)]
    [False, True, True]
    >>> round(pull.strength_at(4, lr=0.1), 12)
    0.6
    """

    gamma: float | Scoping | None = None
    strength: float | None = None
    period: int = 1
    centre: Centre = "traced"
    centre_strength: float | None = None

    def __post_init__(self) -> None:
        if (self.gamma is None) == (self.strength is None):
            given = f"gamma={shown(self.gamma)}, strength={shown(self.strength)}"
            raise ValueError(f"exactly one of gamma and strength must be given; got {given}")
        if self.gamma is not None and not isinstance(self.gamma, Scoping):
            checked_number("gamma", self.gamma, NON_NEGATIVE, kind="a real number or a Scoping")
        if self.strength is not None:
            checked_number("strength", self.strength, UNIT)
        checked_integer("period", self.period)
        checked_choice("centre", self.centre, CENTRES)
        if self.centre_strength is not None:
            checked_number("centre_strength", self.centre_strength, UNIT)
            if self.centre == "traced":
                given = shown(self.centre_strength)
                raise ValueError(f"centre_strength={given} is for centre='explicit'; a traced centre is the mean")

    def due(self, steps: int) -> bool:
        """Whether there is a pull after so many steps."""
        return steps % self.period == 0

    def gamma_at(self, steps: int) -> float | None:
        """Coupling at the last of so many steps, at least one; None where the strength is given."""
        return self.gamma(steps - 1) if isinstance(self.gamma, Scoping) else self.gamma

    def strength_at(self, steps: int, lr: float) -> float:
        """Strength of the pull after so many steps, at a learning rate."""
        if self.strength is not None:
            return float(self.strength)
        gamma = self.gamma_at(steps) or 0.0
        return min(1.0, self.period * lr * gamma) if lr else 0.0

    def centre_strength_at(self, strength: float, y: int) -> float:
        """Strength by which an explicit centre follows."""
        return min(1.0, y * strength) if self.centre_strength is None else float(self.centre_strength)


def mean_of(replicas: Sequence[Sequence[Tensor]]) -> list[Tensor]:
    """Mean of the replicas, each a sequence of tensors; fresh tensors."""
    total = [tensor.detach().clone() for tensor in replicas[0]]
    for one in replicas[1:]:
        torch._foreach_add_(total, list(one))
    torch._foreach_div_(total, float(len(replicas)))
    return total


def pull(tensors: Sequence[Tensor], target: Sequence[Tensor], strength: float) -> None:
    """Move tensors in place towards others: ``w -= strength * (w - target)``; at strength 1 they are equal."""
    if strength == 1:
        torch._foreach_copy_(list(tensors), list(target))
    elif strength:
        torch._foreach_lerp_(list(tensors), list(target), strength)
