r"""The outer field that all references share: Gaussian, and tilted towards the teacher where there is one.

With random labels :math:`h\sim\mathcal N(0, q_0)`. A teacher :math:`W^T` agrees with its own labels: with overlap
:math:`R` between replicas and teacher

.. math:: h = \sqrt{q_0}z, \qquad d\mu(z) = 2H\big(-Rz/\sqrt{q_0-R^2}\big)\,Dz,

and the derivative of an average in `R` is one over the fields on the teacher's boundary,
:math:`\partial_R E F(h) = \sqrt{2/\pi}\,E F'(h_b)`, :math:`h_b\sim\mathcal N(0, q_0-R^2)`.
"""

from __future__ import annotations

import numpy as np

from replica_theory.numerics.gaussian import Rule, multi_rule
from replica_theory.typical.functional import teacher_weight

Step = tuple[float, float]
"""Position and width, in z, of a place where an integrand is steep."""


def outer_rule(steps: list[Step], n: int) -> Rule | None:
    """Rule for Dz that resolves the steps, None where its nodes are not found."""
    centers, widths = zip(*steps, strict=True)
    rule = multi_rule([np.asarray(c) for c in centers], [np.asarray(w) for w in widths], n)
    return None if np.isnan(rule.nodes[0]) else rule


def tilted_rule(steps: list[Step], n: int, q0: float, r: float) -> Rule | None:
    """The same with the teacher's weight, which is steep at 0."""
    width = float(np.sqrt((q0 - r**2) / q0))
    if any(center == 0 for center, _ in steps):
        steps = [(center, min(size, width) if center == 0 else size) for center, size in steps]
    else:
        steps = sorted([*steps, (0.0, width)])
    plain = outer_rule(steps, n)
    if plain is None:
        return None
    weight = teacher_weight(plain.nodes, q0, r)
    return Rule(plain.nodes, plain.weights * weight, plain.coarse * weight)
