r"""Where replica symmetry fails: the load at which the de Almeida-Thouless stability vanishes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from replica_theory.arguments import checked_model
from replica_theory.models.model import Model
from replica_theory.results.grid import GridResult, broadcast
from replica_theory.results.quantities import STABILITY_LIMIT
from replica_theory.status import Status, report, statuses
from replica_theory.thresholds.first_load import first_load
from replica_theory.typing import ArrayLike

_LITTLE = 0.1
"""Part of the load at which the annealed entropy has lost one nat, from which the branch is searched upwards."""


@dataclass(frozen=True, eq=False, repr=False)
class StabilityLimit(GridResult):
    """Load from which on the replica-symmetric saddle point is unstable; every field has the shape of the margin.

    Attributes
    ----------
    model : Model
    alpha : float or array
    q : float or array
        Overlap between two solutions there.
    entropy : float or array
        Entropy of the solutions there, nats per weight.
    error : float or array
        Estimated error of alpha.
    status : Status or array of Status
        ``"negative-entropy"`` where there are no more solutions at that load.
    """

    _coordinates: ClassVar = ("kappa", "beta")
    _quantities: ClassVar = STABILITY_LIMIT
    _main: ClassVar = "alpha"

    model: Model
    alpha: ArrayLike
    q: ArrayLike
    entropy: ArrayLike
    error: ArrayLike
    status: Any


def stability_limit(model: Model) -> StabilityLimit:
    r"""The load at which :math:`1 - \alpha E(\ell'')^2\,E(g'')^2` vanishes along the branch that starts at alpha = 0.

    Beyond, entropies and capacities of the replica-symmetric theory are approximations. It is so for the spherical
    perceptron at negative margins, where solutions at large loads fall apart into clusters.

    Parameters
    ----------
    model : Model
        At ``beta = inf`` with random labels; an array of margins gives an array of loads.

    Returns
    -------
    StabilityLimit

    Raises
    ------
    TypeError, ValueError
        If the model is none, its beta finite, or its labels a teacher's.
    ConvergenceError
        If the saddle point is stable as far as it goes, as that of the spherical perceptron is for kappa >= 0.

    Examples
    --------
    >>> from replica_theory import BinaryPerceptron, SphericalWeights
    >>> print(f"{stability_limit(BinaryPerceptron(-0.5, weights=SphericalWeights())).alpha:.8f}")
    3.95070131
    """
    checked_model(model, Model, "stability_limit", hard=True, random_labels=True, any_weights=True)
    points = broadcast(kappa=model.kappa, beta=model.beta)
    kappa = points.columns["kappa"]
    one = np.ones((len(kappa), 1))
    kernel = model.at(kappa=kappa[:, None], beta=np.inf).log_kernel(0 * one, np.sqrt(model.weights.moments[1]) * one)
    found = first_load(model.at(beta=np.inf), kappa, "stability", _LITTLE / np.maximum(-kernel.log[:, 0], _LITTLE))
    columns = {"alpha": found.alpha, "q": np.array(found.saddle.q), "entropy": np.array(found.saddle.entropy)}
    columns["error"] = np.asarray(found.saddle.residual) / np.abs(found.slope) + 1e-14 * found.alpha
    entropy = columns["entropy"] if model.weights.counts else np.zeros_like(kappa)
    status = statuses(Status.of(value) for value in entropy.tolist())
    status[~found.found] = Status.OUT_OF_RANGE
    for values in columns.values():
        values[~found.found] = np.nan
    result = StabilityLimit(model=model, **points.shaped_all(columns | {"status": status}))
    report(result, "stability_limit", f"of {model}")
    return result
