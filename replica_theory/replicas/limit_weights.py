r"""The weights at y = inf: the entropic term of the largest local entropy, on the sphere in closed form.

With :math:`H = \hat q+\hat R^2` and :math:`s = \sqrt H+\hat t` the best reference is :math:`\tilde W = h/\sqrt H`; the
multiplier :math:`c = \delta\hat q + c'` is the root of :math:`s^2/c'^2 + 1/c = 1`, and

.. math:: q = t^2 = \frac{s^2}{c'^2}, \qquad \delta q = \frac{\hat t}{c'\sqrt H} + \frac{\delta\hat q}{cc'}, \qquad
   \mathrm{value} = \frac{s^2}{2c'} + \tfrac12(c - 1 - \log c),

with the norms of replicas and reference in it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class LimitWeights(NamedTuple):
    r"""Value and overlaps: q, y (q1 - q), t, curvature, with the teacher, and of reference and teacher.

    `square` and `square_ref` are the mean squared weights, `log_prior` is :math:`E\langle\log\rho(w)\rangle`.
    """

    value: float
    q: float
    gap: float
    t: float
    curvature: float
    r: float = 0.0
    r_ref: float = 0.0
    square: float = 1.0
    square_ref: float = 1.0
    log_prior: float = 0.0


def spherical_limit_weights(q_hat: float, gap_hat: float, t_hat: float, r_hat: float) -> LimitWeights | None:
    """The term on the sphere, None where nothing is aligned with the reference."""
    root = float(np.sqrt(q_hat + r_hat**2))
    s = root + t_hat
    if not s > 0:
        return None
    narrow = max(s, 1 - gap_hat)  # the equation is convex, and this lies on its left: Newton's method is monotonous
    for _ in range(100):
        wide = narrow + gap_hat
        excess = s**2 / narrow**2 + 1 / wide - 1
        move = excess / (2 * s**2 / narrow**3 + 1 / wide**2)
        narrow += move
        if not abs(move) > 1e-15 * narrow:
            break
    c, t = narrow + gap_hat, s / narrow
    value = 0.5 * s * t + 0.5 * (c - 1 - float(np.log(c)))
    gap = t_hat / (narrow * root) + gap_hat / (c * narrow)
    return LimitWeights(value, t**2, gap, t, c**-2, r_hat * t / root, r_hat / root)
