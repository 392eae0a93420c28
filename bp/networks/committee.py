"""A committee of tanh units and random patterns for it: a small problem in which minima are hard to find."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from bp.randomness import Rng, generator
from replica_theory.arguments import POSITIVE, checked_integer, checked_integers, checked_number


class TanhCommittee(torch.nn.Module):
    r"""The vote of `K` tanh units that all see the `N` inputs; the weights of the second layer are fixed to 1.

    .. math:: o(x) = \sum_{k=1}^{K} \tanh\frac{w_k\cdot x}{\sqrt N}.

    Parameters
    ----------
    n_inputs : int
        `N`.
    units : int
        `K`.
    stack : tuple of int
        Shape of a stack of committees in one module, such as (y, samples): weights have the shape ``(*stack, K, N)``.
        Inputs of shape (P, N) are shown to all of them, and of shape (samples, P, N) to those of the same place in the
        last axis.
    rng : int, SeedSequence, Generator or None
        Weights are drawn normal, of variance 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed.

    Examples
    --------
    >>> committee = TanhCommittee(4, units=3, rng=1)
    >>> committee(torch.ones(2, 4)).shape
    torch.Size([2])
    >>> TanhCommittee(4, units=3, stack=(3, 10), rng=1)(torch.ones(10, 2, 4)).shape
    torch.Size([3, 10, 2])
    """

    def __init__(self, n_inputs: int, units: int = 5, stack: tuple[int, ...] = (), rng: Rng = None) -> None:
        super().__init__()
        checked_integer("n_inputs", n_inputs)
        checked_integer("units", units)
        for size in stack:
            checked_integer("stack", size)
        start = generator(rng).standard_normal((*stack, units, n_inputs))
        self.weight = torch.nn.Parameter(torch.as_tensor(start, dtype=torch.get_default_dtype()))

    def forward(self, inputs: Tensor) -> Tensor:
        """Votes, of shape ``(*stack, P)``."""
        scale = self.weight.shape[-1] ** -0.5
        if inputs.dim() == 2 or self.weight.dim() < 4:
            return torch.tanh(inputs @ self.weight.mT * scale).sum(-1)
        fields = torch.einsum("spn,yskn->yspk", inputs, self.weight * scale)
        return torch.tanh(fields).sum(-1)


@dataclass(frozen=True)
class CommitteePatterns(torch.utils.data.Dataset):  # type: ignore[type-arg,unused-ignore]
    """Random patterns of ±1 with random labels, for several committees at once.

    Attributes
    ----------
    inputs : Tensor
        Shape (P, N), or (samples, P, N).
    labels : Tensor
        ±1, shape (P,) or (samples, P).
    """

    inputs: Tensor
    labels: Tensor

    @classmethod
    def random(
        cls, n_inputs: int, units: int, alpha: float, rng: Rng = None, samples: int | None = None
    ) -> CommitteePatterns:
        r"""Draw :math:`P = \alpha N K` patterns, or as many for each of some samples.

        Raises
        ------
        TypeError, ValueError
            If an argument is not allowed.

        Examples
        --------
        >>> CommitteePatterns.random(20, units=5, alpha=0.5, rng=1).inputs.shape
        torch.Size([50, 20])
        """
        checked_integers("n_inputs", [n_inputs])
        checked_integer("units", units)
        checked_number("alpha", alpha, POSITIVE)
        shape = () if samples is None else (checked_integer("samples", samples),)
        count = max(1, round(alpha * n_inputs * units))
        source = generator(rng)
        bits = source.integers(0, 2, size=(*shape, count, n_inputs + 1), dtype=np.int8)
        signs = torch.as_tensor(2 * bits - 1).to(torch.get_default_dtype())
        return cls(signs[..., :-1].contiguous(), signs[..., -1].contiguous())

    def __len__(self) -> int:
        return self.inputs.shape[-2]

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return self.inputs[..., index, :], self.labels[..., index]

    def loss(self, votes: Tensor, gain: float = 3.0) -> Tensor:
        r"""The logistic loss :math:`\frac1P\sum_\mu \log(1 + e^{-g y_\mu o_\mu})`, of the shape of the stack.

        At gain 1 descent sticks at patterns that are slightly wrong; the gain `g` is part of what is reported.
        """
        return torch.nn.functional.softplus(-gain * self.labels * votes).mean(-1)

    def errors(self, votes: Tensor) -> Tensor:
        """Patterns with the wrong label, of the shape of the stack; a vote of zero is wrong."""
        return (self.labels * votes <= 0).sum(-1)
