r"""The shift of a mixture of pattern classes at its stationary point, and means over the classes there.

A free shift `M` makes :math:`J(M) = \sum_cp_c\,E\,\ell_c(y_c(\sqrt qz+M), \sqrt{Q-q})` stationary. Kernels of single
intervals are log-concave, so `J` is strictly concave, and Newton's method with bounded steps finds the maximum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from replica_theory.models.mixture import Mixture, class_constraints
from replica_theory.models.model import Model
from replica_theory.numerics.inner_newton import inner_newton
from replica_theory.typical.stepped import stepped_rule
from replica_theory.typing import Array, ArrayLike

_LONGEST = 1.0
"""Largest step in the shift."""
_MOST = 200
_TOLERANCE = 1e-13


def best_shift(model: Mixture, q: Array, square: ArrayLike = 1.0, n: int = 121) -> Array:
    """The shift at overlaps `q` of a mixture whose parameters have shape (m, 1), one entry a point.

    Parameters
    ----------
    model : Mixture
    q, square : array, shape (m,)
        Overlaps and mean squared weights.
    n : int
        Nodes for a steep field.

    Returns
    -------
    array, shape (m,)
        The given shift, or the one that maximises the energetic term; NaN where it is not found.
    """
    if not model.is_free:
        return np.full(np.shape(q), model.given_shift)
    root, width = np.sqrt(q), np.sqrt(square - q)

    def derivatives(shift: Array) -> tuple[Array, Array]:
        def of(one: Model) -> tuple[Array, Array]:
            measure = stepped_rule(one, root, width, n)
            kernel = one.log_kernel(root[..., None] * measure.nodes, width[..., None])
            return measure.integrate(kernel.d1), measure.integrate(kernel.d2)

        first, second = mean_over(model, shift, of)
        return first, second

    return maximal_shift(derivatives, np.zeros(np.shape(q)))


def maximal_shift(derivatives: Callable[[Array], tuple[Array, Array]], start: Array) -> Array:
    """The maximum of a concave function of the shift by its first two derivatives; NaN where it is not found."""

    def step(shift: Array) -> Array:
        first, second = derivatives(shift)
        return np.asarray(np.clip(-first / np.minimum(second, -1e-300), -_LONGEST, _LONGEST))

    return inner_newton(step, start, most=_MOST, tol=_TOLERANCE).each_or_nan


def mean_over(model: Mixture, shift: Array, of: Callable[[Model], Iterable[ArrayLike]]) -> list[Array]:
    """Means over the classes of what a function gives for each, at shifts with one entry a point."""
    parts = [
        [probability * np.asarray(value) for value in of(one)]
        for probability, one in class_constraints(model, shift[..., None])
    ]
    return [np.asarray(sum(column)) for column in zip(*parts, strict=True)]
