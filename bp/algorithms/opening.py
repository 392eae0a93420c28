r"""How the weight of a pattern opens at the edges of what it allows: as a jump, or as a power of the distance.

Near :math:`q = 1` the force of a pattern whose weight opens as :math:`(h-\kappa)^p` grows as
:math:`\langle\ell'^2\rangle \sim (1-q)^{(p-1)/2}`, while free weights give way as :math:`\log(1-q)`: for :math:`p < 1`
a single configuration is a state of its own at every load, and what is near it is not seen by messages.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from replica_theory.models.model import Model

_WIDTHS = (1e-3, 1e-4)
"""Standard deviations of the field between which the force is compared."""
_REACH = 8.0
"""Distance from an edge up to which the force is summed, in standard deviations."""


def opening(model: Model, beta: float = np.inf) -> float:
    r"""The least power `p` with which a weight opens at an edge; 0 is a jump, infinite that there is no edge.

    With :math:`\ell(h,\sigma)` the log-weight of a pattern in a Gaussian field, and `e` an edge,

    .. math:: \sigma\int_{-8}^8\!dx\;e^{\ell}\,\ell'^2\,(e+\sigma x, \sigma) \sim \sigma^{p-1}.

    Parameters
    ----------
    model : Model
        Of one margin.
    beta : float
        Inverse temperature; a jump to :math:`e^{-\beta}` is a jump.

    Examples
    --------
    >>> from replica_theory import BinaryPerceptron
    >>> round(opening(BinaryPerceptron()), 6), opening(BinaryPerceptron(), beta=0.0)
    (0.0, inf)
    """
    warm = model.at(beta=beta)
    return min((_power(warm, float(np.asarray(edge))) for edge in model.edges), default=math.inf)


def _power(model: Any, edge: float) -> float:
    """The power at one edge."""
    x, forces = np.linspace(-_REACH, _REACH, 257), []
    for width in _WIDTHS:
        kernel = model.log_kernel(edge + width * x, np.full(x.shape, width))
        with np.errstate(over="ignore", invalid="ignore"):
            force = np.exp(kernel.log) * kernel.d1**2
        forces.append(width * float(np.nansum(force)))
    if not min(forces) > 0:
        return math.inf
    return 1.0 + math.log(forces[0] / forces[1]) / math.log(_WIDTHS[0] / _WIDTHS[1])
