"""Entropy-SGD: descent on the local entropy of a network's loss."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.optim import Optimizer

from replica_theory.arguments import (
    FRACTION,
    NON_NEGATIVE,
    POSITIVE,
    checked_callable,
    checked_flag,
    checked_integer,
    checked_number,
    shown,
)


class EntropySGD(Optimizer):
    r"""Gradient descent on the local entropy instead of the loss (Chaudhari et al. 2016, algorithm 1).

    For a loss :math:`f` of weights :math:`w`, at temperature :math:`T = \epsilon^2`,

    .. math::

        F(w) = T \log\!\int\! dw'\, e^{-[f(w') + \frac{\gamma}{2}|w - w'|^2]/T}, \qquad
        -\nabla F = \gamma\,(w - \langle w'\rangle).

    A step begins at :math:`w' = \mu = w` and makes `steps` times, with `g` the gradient at :math:`w'` on a fresh
    minibatch,

    .. math::

        w' &\leftarrow \frac{w' - h\,(g + \lambda w') + h\gamma\,w}{1 + h\gamma} + \sqrt{2h}\,\epsilon\,\xi, \\
        \mu &\leftarrow a\mu + (1 - a)\,w',

    the elastic force taken implicitly, so that any `gamma` is stable. Then :math:`w` moves by :math:`w - \mu`, with
    momentum as in `torch.optim.SGD`. With ``steps=1, averaging=0, noise=0, gamma=0`` this is SGD of learning rate
    ``lr * step_size``.

    Parameters
    ----------
    params : iterable
        Parameters, or groups of them with options of their own; real and floating.
    lr : float
        Learning rate of the outer step; 1 moves :math:`w` to :math:`\mu`.
    momentum, dampening, nesterov
        Of the outer step, as in `torch.optim.SGD`.
    weight_decay : float
        :math:`\lambda`, of the inner steps.
    maximize : bool
        Whether the closure's value is to grow.
    steps : int
        Gradients for one outer step, the same in all groups.
    step_size : float
        Inner step `h`.
    gamma : float or "auto"
        Coupling :math:`\gamma`; "auto" makes a first step without it and takes
        :math:`\gamma = f/(\frac12|w - w'|^2)` from its end, one number for all groups that say so.
    growth : float
        Scoping: :math:`\gamma`, which stands in ``param_groups``, is multiplied by ``1 + growth`` after every step.
    noise : float
        :math:`\epsilon`; 0 makes the inner steps deterministic.
    averaging : float
        `a`, in [0, 1).
    seed : int
        Of the noise, which is that of the seed and the number of the step: a run that goes on from ``state_dict()`` is
        the run that was not stopped, bit for bit.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed, or a parameter is complex or no floating-point tensor.

    Notes
    -----
    Batch norm keeps running means of nets at :math:`w'`, not of the one at :math:`w`: `torch.optim.swa_utils.update_bn`
    makes them anew over the data. If the closure raises, the weights are as before the step.

    Examples
    --------
    >>> weights = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
    >>> optimizer = EntropySGD([weights], gamma=0.5, growth=0.01, noise=0.0)
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = 0.5 * weights.square().sum()
    ...     loss.backward()
    ...     return loss
    >>> [round(optimizer.step(closure).item(), 3) for _ in range(3)]
    [2.5, 1.568, 0.984]
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1.0,
        *,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        maximize: bool = False,
        steps: int = 5,
        step_size: float = 0.1,
        gamma: float | str = 1e-2,
        growth: float = 0.0,
        noise: float = 1e-4,
        averaging: float = 0.75,
        seed: int = 0,
    ) -> None:
        outer = {"lr": lr, "momentum": momentum, "dampening": dampening, "nesterov": nesterov, "maximize": maximize}
        inner = {"steps": steps, "step_size": step_size, "weight_decay": weight_decay, "averaging": averaging}
        entropic = {"gamma": gamma, "growth": growth, "noise": noise, "seed": seed, "steps_done": 0}
        options = {**outer, **inner, **entropic}
        _check(options)
        super().__init__(params, options)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters with options of their own; those not given are as in the constructor.

        Raises
        ------
        TypeError, ValueError
            As the constructor, or if `steps` differs from that of the other groups.
        """
        options = {**self.defaults, **param_group}
        _check(options)
        known = self.param_groups[0]["steps"] if self.param_groups else options["steps"]
        if options["steps"] != known:
            raise ValueError(f"steps must be {known} as in the first group of parameters; got {options['steps']}")
        super().add_param_group(param_group)
        self.param_groups[-1]["steps_done"] = self.param_groups[0]["steps_done"]
        _require_floats(self.param_groups)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One outer step.

        Parameters
        ----------
        closure : callable
            Clears the gradients, evaluates the loss on a fresh minibatch, calls ``backward()`` and returns the loss. It
            is called `steps` times.

        Returns
        -------
        object
            What the closure returned first: the loss at the weights as they were.

        Raises
        ------
        TypeError, ValueError
            If there is no closure, a gradient is sparse, or an option in ``param_groups`` is not allowed any more.
        """
        checked_callable("closure", closure, "closure() -> loss")
        for group in self.param_groups:
            _check(group)
        with torch.no_grad():
            walks = [_Walk.from_weights(group) for group in self.param_groups]
            try:
                losses = [_inner_step(walks, closure, k) for k in range(self.param_groups[0]["steps"])]
            except BaseException:
                for walk in walks:
                    walk.back()
                raise
            _set_gamma(walks, losses[0])
            for walk in walks:
                walk.finish(self.state)
        return losses[0]


@dataclass
class _Walk:
    """The inner loop of one group: the parameters hold :math:`w'` while it lasts."""

    group: dict[str, Any]
    params: list[Tensor]
    start: list[Tensor]
    mean: list[Tensor]
    moved: set[int] = field(default_factory=set)

    @classmethod
    def from_weights(cls, group: dict[str, Any]) -> _Walk:
        params = group["params"]
        return cls(group, params, [p.detach().clone() for p in params], [p.detach().clone() for p in params])

    def back(self) -> None:
        for parameter, before in zip(self.params, self.start, strict=True):
            parameter.copy_(before)

    def check(self) -> None:
        for parameter in self.params:
            if parameter.grad is not None and parameter.grad.layout != torch.strided:
                shape = tuple(parameter.shape)
                raise TypeError(f"params must have dense gradients; that of shape {shape} is sparse")

    def advance(self, noises: dict[torch.device, torch.Generator], first: bool) -> None:
        """One inner step along the gradients; parameters without one stay."""
        live = [k for k, parameter in enumerate(self.params) if parameter.grad is not None]
        if not live:
            return
        self.moved.update(live)
        params, start, mean = ([held[k] for k in live] for held in (self.params, self.start, self.mean))
        gradients = [parameter.grad for parameter in params if parameter.grad is not None]
        group, h = self.group, self.group["step_size"]
        gamma = 0.0 if group["gamma"] == "auto" else group["gamma"]
        shrink = 1 / (1 + h * gamma)
        if group["weight_decay"]:
            torch._foreach_mul_(params, 1 - h * group["weight_decay"])
        if gamma and not (first and not group["weight_decay"]):
            torch._foreach_lerp_(params, start, h * gamma * shrink)
        torch._foreach_add_(params, gradients, alpha=h * shrink if group["maximize"] else -h * shrink)
        if group["noise"]:
            for parameter in params:
                kicks = torch.empty_like(parameter).normal_(generator=noises[parameter.device])
                parameter.add_(kicks, alpha=math.sqrt(2 * h) * group["noise"])
        if group["averaging"]:
            torch._foreach_lerp_(mean, params, 1 - group["averaging"])
        else:
            torch._foreach_copy_(mean, params)

    def squared_length(self) -> float:
        r""":math:`|w - w'|^2` at the end of the loop."""
        pairs = zip(self.params, self.start, strict=True)
        return sum(float((parameter - before).float().square().sum()) for parameter, before in pairs)

    def finish(self, state: Any) -> None:
        """The outer step, along the start less the mean."""
        self.back()
        live = sorted(self.moved)
        if not live:
            return
        params, start, mean = ([held[k] for k in live] for held in (self.params, self.start, self.mean))
        momentum = self.group["momentum"]
        step = list(torch._foreach_sub(start, mean))
        if momentum:
            self._remember(params, step, state)
            buffers = [state[parameter]["momentum_buffer"] for parameter in params]
            step = list(torch._foreach_add(step, buffers, alpha=momentum)) if self.group["nesterov"] else buffers
        torch._foreach_add_(params, step, alpha=-self.group["lr"])

    def _remember(self, params: list[Tensor], step: list[Tensor], state: Any) -> None:
        """Add the step to the momenta, which begin with the first one."""
        old = [k for k, parameter in enumerate(params) if "momentum_buffer" in state[parameter]]
        if old:
            buffers = [state[params[k]]["momentum_buffer"] for k in old]
            torch._foreach_mul_(buffers, self.group["momentum"])
            torch._foreach_add_(buffers, [step[k] for k in old], alpha=1 - self.group["dampening"])
        for k in set(range(len(params))) - set(old):
            state[params[k]]["momentum_buffer"] = step[k].clone()


def _inner_step(walks: list[_Walk], closure: Any, k: int) -> Any:
    """The `k`-th gradient and the inner step along it; returns the closure's value."""
    with torch.enable_grad():
        loss = closure()
    for walk in walks:
        walk.check()
    noises = _generators(walks, k)
    for walk in walks:
        walk.advance(noises, k == 0)
    return loss


def _set_gamma(walks: list[_Walk], loss: Any) -> None:
    """Couplings of the next step: those that wait for the end of the first loop, and the growth of all others."""
    waiting = [walk for walk in walks if walk.group["gamma"] == "auto"]
    squares = sum(walk.squared_length() for walk in waiting)
    value = float(torch.as_tensor(loss).detach()) if waiting else 0.0
    for walk in walks:
        group = walk.group
        if group["gamma"] == "auto":
            if squares > 0 and 0 <= value < math.inf:
                group["gamma"] = 2 * value / squares
        else:
            group["gamma"] *= 1 + group["growth"]
        group["steps_done"] += 1


def _generators(walks: list[_Walk], k: int) -> dict[torch.device, torch.Generator]:
    """A source of noise for every device, of the seed, the number of the outer step and that of the inner one."""
    group = walks[0].group
    entropy = np.random.SeedSequence([group["seed"], group["steps_done"], k])
    number = int(entropy.generate_state(1, np.uint64)[0] >> np.uint64(1))
    devices = {parameter.device for walk in walks if walk.group["noise"] for parameter in walk.params}
    return {device: torch.Generator(device).manual_seed(number) for device in devices}


def _require_floats(groups: list[dict[str, Any]]) -> None:
    """Drop the last group and refuse it if one of its parameters is no real floating-point tensor."""
    for parameter in groups[-1]["params"]:
        if not parameter.is_floating_point():
            del groups[-1]
            raise TypeError(f"params must be real floating-point tensors; got one of {parameter.dtype}")


def _check(options: dict[str, Any]) -> None:
    """Refuse options that are not allowed."""
    for name, allowed in _NUMBERS:
        checked_number(name, options[name], allowed)
    for name in ("nesterov", "maximize"):
        checked_flag(name, options[name])
    checked_integer("steps", options["steps"])
    checked_integer("seed", options["seed"], 0)
    if options["gamma"] != "auto":
        checked_number("gamma", options["gamma"], NON_NEGATIVE, kind="a real number or 'auto'")
    if options["nesterov"] and (not options["momentum"] or options["dampening"]):
        given = f"momentum={shown(options['momentum'])}, dampening={shown(options['dampening'])}"
        raise ValueError(f"nesterov needs a positive momentum and no dampening; got {given}")


_NUMBERS = (
    ("lr", NON_NEGATIVE),
    ("momentum", NON_NEGATIVE),
    ("dampening", None),
    ("weight_decay", NON_NEGATIVE),
    ("step_size", POSITIVE),
    ("growth", NON_NEGATIVE),
    ("noise", NON_NEGATIVE),
    ("averaging", FRACTION),
)
