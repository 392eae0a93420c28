"""How the coupling grows while a network is trained."""

from __future__ import annotations

import math
from dataclasses import dataclass

from replica_theory.arguments import NON_NEGATIVE, POSITIVE, checked_flag, checked_integer, checked_number, shown


@dataclass(frozen=True)
class Scoping:
    r"""A coupling that grows from step to step, up to a largest one.

    .. math:: \gamma_t = \min\{\gamma_0 (1+g)^t,\; \gamma_{\max}\}, \qquad t = 0, 1, \ldots,

    as Chaudhari et al. (2016, section 4.3) scope the local entropy: a weak coupling explores, a strong one settles.
    With `linear`, :math:`\gamma_t = \min\{\gamma_0 + g t,\; \gamma_{\max}\}`, which may begin at zero.

    Parameters
    ----------
    gamma : float
        Coupling :math:`\gamma_0` of the first step, not negative.
    growth : float
        :math:`g`, not negative; 0 keeps the coupling as it is.
    most : float
        Largest coupling :math:`\gamma_{\max}`, positive; inf by default.
    linear : bool
        Whether `growth` is added at every step instead of multiplied.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed, or the first coupling is above the largest.

    Examples
    --------
    >>> rising = Scoping(0.0, 0.1, most=0.25, linear=True)
    >>> [rising(t) for t in range(4)]
    [0.0, 0.1, 0.2, 0.25]
    >>> [Scoping(1.0, 1.0)(t) for t in range(4)]
    [1.0, 2.0, 4.0, 8.0]
    """

    gamma: float
    growth: float = 0.0
    most: float = math.inf
    linear: bool = False

    def __post_init__(self) -> None:
        first = checked_number("gamma", self.gamma, NON_NEGATIVE)
        checked_number("growth", self.growth, NON_NEGATIVE)
        if self.most != math.inf:
            checked_number("most", self.most, POSITIVE)
        if first > self.most:
            raise ValueError(f"most must be at least gamma = {shown(self.gamma)}; got {shown(self.most)}")
        checked_flag("linear", self.linear)

    def __call__(self, step: int) -> float:
        """The coupling of a step, counted from 0; inf where it is beyond what a double holds.

        Raises
        ------
        TypeError, ValueError
            If the step is no integer, or negative.
        """
        checked_integer("step", step, 0)
        if self.linear:
            return min(self.gamma + self.growth * step, self.most)
        if not self.gamma:
            return 0.0
        try:
            return min(self.gamma * (1 + self.growth) ** step, self.most)
        except OverflowError:
            return self.most
