r"""Replicas and reference on the sphere: the entropic term of finite `y` in closed form.

Given the outer fields :math:`(\tilde h, h)` of covariance :math:`\hat C`, the weight of the reference and those of its
replicas are Gaussian, of multipliers :math:`\tilde c` and `c`. With :math:`\Delta = \hat q_1-\hat q_0`,
:math:`c' = c - y\Delta` and :math:`\tilde c' = \tilde c - y\tau^2/c'`,

.. math:: G_S + \tfrac y2c + \tfrac12\tilde c = \tfrac y2(c-1-\log c) + \tfrac12\log\frac c{c'} + \frac{y\,E h^2}{2c'}
   + \tfrac12(\tilde c-1-\log\tilde c') + \frac{E\tilde h'^2}{2\tilde c'}, \qquad
   \tilde h' = \tilde h + \frac{y\tau}{c'}h,

and the means are :math:`\langle\tilde W\rangle = \tilde h'/\tilde c'` and
:math:`\langle w\rangle = (h + \tau\langle\tilde W\rangle)/c'`. The norms,
:math:`E\langle\tilde W\rangle^2 + 1/\tilde c' = 1` and :math:`q_1 + 1/c = 1`, give the multipliers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import optimize

_MOST = 1e12
"""Multiplier beyond which nothing is looked for."""


class SphericalWeightsAround(NamedTuple):
    r"""What the entropic term says: `log` is the mean of :math:`g + c/2`, `jacobian` that of the means."""

    value: float
    log: float
    q0: float
    gap: float
    t: float
    t0: float
    q_ref: float
    c: float
    jacobian: tuple[float, float, float]
    r: float
    r_ref: float


class OuterFields(NamedTuple):
    r"""Variances and covariance of :math:`(\tilde h, h)`, and the mean :math:`\hat R` of the second per teacher."""

    reference: float
    cross: float
    replica: float
    r: float


def spherical_y(fields: OuterFields, gap_hat: float, tau: float, y: float) -> SphericalWeightsAround | None:
    """The term at given conjugates; None where its multipliers are not found."""
    square = fields.replica + fields.r**2

    def reference(narrow: float) -> tuple[float, float]:
        """Mean square of the reference's field, and its multiplier."""
        pull = y * tau / narrow
        field = fields.reference + 2 * pull * fields.cross + pull**2 * square
        return field, 0.5 * (1 + float(np.sqrt(1 + 4 * max(field, 0.0))))

    def overlap(narrow: float) -> float:
        inner = reference(narrow)[1]
        k, lean = 1 + y * tau**2 / (narrow * inner), tau / inner
        return (k**2 * square + 2 * k * lean * fields.cross + lean**2 * fields.reference) / narrow**2

    def excess(log_narrow: float) -> float:
        narrow = float(np.exp(log_narrow))
        c = narrow + y * gap_hat
        q1 = overlap(narrow) + tau**2 / (reference(narrow)[1] * narrow**2) + gap_hat / (c * narrow)
        return q1 + 1 / c - 1

    low, high = np.log(1e-12), np.log(_MOST)
    if not excess(low) > 0 > excess(high):
        return None
    narrow = float(np.exp(optimize.brentq(excess, low, high, xtol=1e-15, rtol=1e-15)))
    c, (field, inner) = narrow + y * gap_hat, reference(narrow)
    outer = inner + y * tau**2 / narrow
    k, q_ref = 1 + y * tau**2 / (narrow * inner), field / inner**2
    q0, gap = overlap(narrow), tau**2 / (inner * narrow**2) + gap_hat / (c * narrow)
    pull = y * tau / narrow
    # <W><w> with <W> = (h_ref + pull h)/inner and <w> = (k h + tau h_ref / inner)/narrow
    crossed = k * fields.cross + tau / inner * fields.reference + pull * (k * square + tau / inner * fields.cross)
    t0 = crossed / (inner * narrow)
    value = 0.5 * y * (c - 1 - float(np.log(c))) + 0.5 * float(np.log(c / narrow)) + 0.5 * y * square / narrow
    value += 0.5 * (outer - 1 - float(np.log(inner))) + 0.5 * field / inner
    log = 0.5 * (c * (q0 + gap) + c - 1 - float(np.log(c)))
    jacobian = (1 / inner, tau / (narrow * inner), k / narrow)
    t = t0 + tau / (narrow * inner)
    r, r_ref = k * fields.r / narrow, pull * fields.r / inner
    return SphericalWeightsAround(value, log, q0, gap, t, t0, q_ref, c, jacobian, r, r_ref)
