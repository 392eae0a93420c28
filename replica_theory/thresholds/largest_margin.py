"""The largest margin that all patterns can have at a load: the inverse of the capacity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from replica_theory.arguments import checked_alpha, checked_model
from replica_theory.models.model import Model
from replica_theory.models.perceptron import BinaryPerceptron
from replica_theory.results.grid import GridResult, broadcast
from replica_theory.results.quantities import MARGIN
from replica_theory.status import Status, report, statuses
from replica_theory.thresholds.capacity import capacity_columns
from replica_theory.typing import Array, ArrayLike

_LOWEST, _HIGHEST = -4.0, 12.0
"""Margins between which it is searched: loads from some 1e-2 to 1e4 on the sphere."""


@dataclass(frozen=True, eq=False, repr=False)
class LargestMargin(GridResult):
    """The largest margin at a load; every field has the shape of alpha.

    Attributes
    ----------
    model : Model
        At this margin.
    alpha : float or array
        Load.
    q : float or array
        Overlap between solutions there (1 on the sphere, where one is left).
    stability : float or array
        De Almeida-Thouless stability there: the margin is only the replica-symmetric estimate where it is negative.
    error : float or array
        Estimated error of the margin.
    status : Status or array of Status
    """

    _coordinates: ClassVar = ("alpha",)
    _quantities: ClassVar = MARGIN
    _main: ClassVar = "kappa"

    model: Model
    alpha: ArrayLike
    q: ArrayLike
    stability: ArrayLike
    error: ArrayLike
    status: Any

    @property
    def kappa(self) -> ArrayLike:
        """The margin, that of `model`."""
        return self.model.kappa


def largest_margin(model: BinaryPerceptron, alpha: ArrayLike) -> LargestMargin:
    r"""Largest margin :math:`\kappa` with solutions at load alpha, where :math:`\alpha_c(\kappa) = \alpha`.

    Parameters
    ----------
    model : BinaryPerceptron
        Its weights count; its own margin does not.
    alpha : float or array
        Load.

    Returns
    -------
    LargestMargin
        With the status ``"unstable"`` where replica symmetry fails there (negative margins on the sphere).

    Raises
    ------
    TypeError, ValueError
        If the model is none, or labels are a teacher's, or alpha is not positive and finite.
    ConvergenceError
        If the margin lies outside [-4, 12].

    Examples
    --------
    >>> from replica_theory import SphericalWeights
    >>> print(f"{largest_margin(BinaryPerceptron(weights=SphericalWeights()), 1.0).kappa:.10f}")
    0.4706553526
    """
    from scipy.optimize import elementwise  # imported here: it doubles the package's import time

    checked_model(model, BinaryPerceptron, "largest_margin", hard=True, random_labels=True, any_weights=True)
    points = broadcast(alpha=checked_alpha(alpha))
    loads = points.columns["alpha"]

    def excess(kappa: Array, load: Array) -> Array:
        found = capacity_columns(model.at(kappa=kappa[:, None], beta=np.inf))["alpha"]
        # Margins so low that a configuration satisfies any number of patterns have no capacity.
        return np.where(np.isnan(found), -np.sign(kappa - 1), np.log(found) - np.log(load))

    ends = np.full_like(loads, _LOWEST), np.full_like(loads, _HIGHEST)
    root = elementwise.find_root(excess, ends, args=(loads,), tolerances={"xatol": 1e-15, "fatol": 0.0})
    good = root.success & (np.abs(root.f_x) < 1e-9)
    kappa = np.where(good, root.x, 0.0)
    columns = capacity_columns(model.at(kappa=kappa[:, None], beta=np.inf))
    step = 1e-5
    fall = np.abs(excess(kappa + step, loads) - excess(kappa - step, loads)) / (2 * step)
    error = columns["error"] / loads / fall + 1e-15
    status = statuses(Status.of(0.0, stability=value) for value in columns["stability"].tolist())
    status[~good] = Status.OUT_OF_RANGE
    held = {"alpha": loads, "q": columns["q"], "stability": columns["stability"], "error": error}
    for name in ("q", "stability", "error"):
        held[name] = np.where(good, held[name], np.nan)
    at = model.at(kappa=points.shaped(kappa), beta=np.inf)
    result = LargestMargin(model=at, **points.shaped_all(held | {"status": status}))
    report(result, "largest_margin", f"at alpha={alpha}")
    return result
