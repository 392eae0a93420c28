"""The tree committee machine: a hidden layer between the weights and the constraint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from replica_theory.arguments import checked_number, checked_weights, shown
from replica_theory.models.model import BETA, KAPPA, WEIGHTS, Option
from replica_theory.models.overlap_map import MAPS, OverlapMap, overlap_map
from replica_theory.models.perceptron import BinaryPerceptron
from replica_theory.typing import Array

COUNTS = (1, 3, 5, 7)
"""Finite numbers of units whose integrals are done."""


@dataclass(frozen=True, eq=False, repr=False)
class TreeCommittee(BinaryPerceptron):
    r"""Committee machine of `units` hidden units with inputs of their own (a tree): satisfied when its output is.

    Of `N` binary weights in all each of `K` units has :math:`N/K`, and there are :math:`P = \alpha N` patterns. A
    pattern is satisfied when

    .. math:: \frac1{\sqrt K}\sum_{l=1}^K \frac{\varphi(u_l) - E\varphi}{\sqrt{\mathrm{Var}\,\varphi}} \ge \kappa,
       \qquad u_l = y\,\xi_l\cdot W_l\sqrt{K/N}.

    For :math:`K \to \infty` (after `N`) the output is Gaussian and the theory is that of the perceptron with overlaps
    seen through :math:`f(q) = \mathrm{Cov}[\varphi(u), \varphi(v)]/\mathrm{Var}\,\varphi` (see
    `replica_theory.models.overlap_map`). At finite odd `K` units are signs, and at kappa = 0 their majority decides.

    Parameters
    ----------
    kappa : float or array
        Margin of the output.
    beta : float or array, default inf
        Inverse temperature of the number of violated patterns; ``inf`` counts solutions.
    weights : Weights, default BinaryWeights()
        Binary only.
    activation : {"sign", "relu", "linear"}, OverlapMap or callable, default "sign"
        The activation :math:`\varphi`, by name, by its map of overlaps, or as a smooth function. ``"linear"`` is the
        perceptron.
    units : float, default inf
        Number of hidden units: inf, or (with ``"sign"``) 1, 3, 5 or 7.

    Raises
    ------
    TypeError, ValueError
        If the activation is unknown, units are not such a number, or weights are not binary.

    Notes
    -----
    Known to `replica_symmetric`, `capacity`, `annealed_entropy` and `state_evolution`; with 1, 3 or infinitely many
    units also to `franz_parisi` and `minimum_distance`; with infinitely many to `local_entropy`, its thresholds and
    `robust_ensemble`. All of it is replica symmetric, and the limits are taken one after the other, first `N`, then
    `K`. What does not know a hidden layer refuses it.

    References
    ----------
    Barkai, Hansel and Sompolinsky, Phys. Rev. A 45, 4146 (1992), on the capacity.

    Examples
    --------
    >>> from replica_theory import capacity
    >>> print(f"{capacity(TreeCommittee(activation='sign')).alpha:.9f}")
    0.946952427
    """

    name: ClassVar[str] = "committee"
    title: ClassVar[str] = "tree committee"
    condition: ClassVar[str] = "output of a hidden layer >= kappa"
    options: ClassVar[tuple[Option, ...]] = (
        KAPPA,
        BETA,
        WEIGHTS,
        Option("activation", f"activation of the hidden units: {', '.join(MAPS)}", "word"),
        Option("units", f"number of hidden units: inf, or one of {', '.join(map(str, COUNTS))} of signs"),
    )

    activation: str | OverlapMap | Callable[[Array], Array] = field(default="sign", kw_only=True)
    units: float = field(default=np.inf, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        checked_weights(self, ("binary",))
        known = overlap_map(self.activation)
        if not isinstance(self.activation, str):
            object.__setattr__(self, "activation", known)
        object.__setattr__(self, "units", checked_number("units", self.units))
        if self.units != np.inf and (known.name != "sign" or self.units not in COUNTS):
            allowed = f"inf, or one of {', '.join(map(str, COUNTS))} for sign units"
            raise ValueError(f"units must be {allowed}; got {shown(self.units)} with activation {known.name}")

    @property
    def overlap_map(self) -> OverlapMap:
        """What an infinite hidden layer makes of an overlap."""
        return overlap_map(self.activation)

    @property
    def hidden(self) -> str:
        """Whether units are infinitely many."""
        return "infinite" if np.isinf(self.units) else "finite"
