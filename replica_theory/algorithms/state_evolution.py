r"""State evolution: what approximate message passing does iteration by iteration as N → ∞.

From magnetisations that know nothing of the patterns, AMP without damping keeps the fields of the patterns on the
weights Gaussian, with mean :math:`\hat R_t` along the teacher and variance :math:`\hat q_t`:

.. math:: \hat q_{t+1} = \alpha\int\!D\mu_t(z)\,\ell'\big(\sqrt{q_t}z,\sqrt{1-q_t}\big)^2, \qquad
   \hat R_{t+1} = \alpha\sqrt{\tfrac2\pi}\int\!Dz\,\ell'\big(\sqrt{q_t-R_t^2}\,z,\sqrt{1-q_t}\big),

.. math:: q_{t+1} = \int\!Dz\,\tanh^2\big(\sqrt{\hat q_{t+1}}z+\hat R_{t+1}\big), \qquad
   R_{t+1} = \int\!Dz\,\tanh\big(\sqrt{\hat q_{t+1}}z+\hat R_{t+1}\big):

the equations of the replica-symmetric saddle, iterated (:math:`\ell` and :math:`D\mu` as in `replica_symmetric`).
So it is for other weights, with the averages of their own channel, and with a precision
:math:`c_{t+1} = -\alpha\int D\mu_t\,\ell''` and a mean squared weight :math:`Q_{t+1}` where these are free.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from replica_theory.arguments import Allowed, checked_alpha, checked_integer, checked_model, checked_number, shown
from replica_theory.models.mixture import Mixture
from replica_theory.models.model import Model
from replica_theory.models.weights import Orders
from replica_theory.results.grid import GridResult
from replica_theory.results.quantities import EVOLUTION
from replica_theory.status import Status
from replica_theory.typical.functional import (
    Conjugates,
    at_load,
    at_loads,
    conjugates,
    flat_model,
    flat_slice,
    overlaps,
    teacher_square,
    unfelt,
)
from replica_theory.typing import Array, ArrayLike

_NODES = 481
_BELOW_ONE = Allowed("lie in [0, 1)", lambda q: (q >= 0) & (q < 1))
_CLOSEST = 1e-10
"""Smallest 1 - q at which the integrals are done; above capacity q runs into 1."""


@dataclass(frozen=True, eq=False, repr=False)
class StateEvolution(GridResult):
    r"""Overlaps of the iterates of AMP; the first axis counts iterations, 0 being the start.

    Attributes
    ----------
    model : Model
    alpha : float or array
        Load, of the broadcast shape of alpha, kappa and beta.
    q : array, shape (iterations + 1, ...)
        Self-overlap :math:`\frac1N\sum_i m_i^2` of the magnetisations; further axes are the broadcast shape of alpha,
        kappa and beta.
    teacher_overlap : array, shape (iterations + 1, ...)
        :math:`\frac1N\sum_i W^T_i m_i` (0 for random labels).
    mean_square : array, shape (iterations + 1, ...)
        Mean of the squared weights (1 unless weights are discrete).
    q_hat, teacher_overlap_hat : array, shape (iterations, ...)
        Variance and mean of the fields that each iteration makes.
    error : array, shape (iterations + 1, ...)
        Largest change of the overlaps up to this iteration when the quadrature is halved.
    """

    _coordinates: ClassVar = ("iteration", "alpha", "kappa", "beta")
    _quantities: ClassVar = EVOLUTION
    _main: ClassVar = "q"

    model: Model
    alpha: ArrayLike
    q: Array
    teacher_overlap: Array
    mean_square: Array
    q_hat: Array
    teacher_overlap_hat: Array
    error: Array

    @property
    def iteration(self) -> NDArray[np.int64]:
        """Number of the iteration along the first axis of `q`, the other axes being of length 1."""
        return np.arange(len(self.q)).reshape(-1, *[1] * (np.ndim(self.q) - 1))

    @property
    def status(self) -> Status:
        """Converged always: the equations are iterated, not solved."""
        return Status.CONVERGED

    def _values(self) -> dict[str, Any]:
        """All numbers by name; before the first iteration there are no fields (NaN)."""
        values, none = super()._values(), np.full_like(self.q[:1], np.nan)
        return values | {name: np.concatenate([none, values[name]]) for name in ("q_hat", "teacher_overlap_hat")}

    @classmethod
    def _unfolded(cls, columns: dict[str, Any]) -> dict[str, Any]:
        alpha = columns["alpha"][0]
        fields = {name: columns[name][1:] for name in ("q_hat", "teacher_overlap_hat")}
        return columns | fields | {"alpha": alpha if alpha.ndim else float(alpha)}


def state_evolution(
    model: Model, alpha: ArrayLike, iterations: int, *, q: float = 0.0, teacher_overlap: float = 0.0
) -> StateEvolution:
    r"""Predict the overlaps of AMP's magnetisations, iteration by iteration.

    Parameters
    ----------
    model : Model
        Any constraint, with or without a teacher, at any beta (scalar or array parameters).
    alpha : float or array
        Load, positive; broadcast with the model's parameters.
    iterations : int
        Number of iterations, at least 1.
    q, teacher_overlap : float
        Overlaps of the magnetisations at the start, which must not depend on the patterns otherwise:
        :math:`0 \le q < Q` and :math:`R^2 < qT` (or both 0, as zero fields have them), `Q` and `T` being the mean
        square of a weight without patterns, 1 for binary and spherical ones (weights of a mean `m` other than 0 start
        from :math:`q = m^2`, with a teacher :math:`R = m^2`, by default). Fields uniform in :math:`\pm a`
        have :math:`q = 1 - \tanh(a)/a`. An even constraint needs q > 0 to leave its fixed point q = 0.

    Returns
    -------
    StateEvolution

    Raises
    ------
    TypeError, ValueError
        For arguments of the wrong type or out of range.

    Notes
    -----
    Exact for i.i.d. patterns as N → ∞ at a fixed number of iterations, for ``belief_propagation(method="amp",
    damping=0)``; at finite N fluctuations are :math:`O(N^{-1/2})`. It is not exact for damped fields: these remember
    all iterations before, of which the reaction term :math:`-Vg` cancels one only, so that the fields are no longer
    Gaussian of known variance. Fixed points are those of the replica-symmetric theory in either case. That the overlaps
    settle does not say that the magnetisations do: that takes a positive ``replica_symmetric(...).stability``.
    Cost: one integral over each measure a point and iteration.

    References
    ----------
    Bolthausen, Commun. Math. Phys. 325, 333 (2014); Bayati and Montanari, IEEE Trans. Inf. Theory 57, 764 (2011);
    Javanmard and Montanari, Inf. Inference 2, 115 (2013).

    Examples
    --------
    >>> from replica_theory import BinaryPerceptron
    >>> state_evolution(BinaryPerceptron(), alpha=0.5, iterations=3).q.round(6)
    array([0.      , 0.205401, 0.271523, 0.298842])
    """
    checked_model(model, Model, any_weights=True, units=("infinite", "finite"), weighted=True, mixtures=True)
    if isinstance(model, Mixture) and model.is_free:
        raise ValueError(f"state_evolution needs a mixture of given shift, not 'free'; got {shown(model)}")
    alpha = checked_alpha(alpha)
    points = at_loads(model, alpha)
    flat, loads = flat_model(model, points), points.columns["alpha"]
    started = *_checked_start(flat, q, teacher_overlap), model.weights.moments[1]
    start = Orders(*(np.full(len(loads), value) for value in started))
    iterations = checked_integer("iterations", iterations)
    orders, hats = _evolved(flat, loads, start, iterations, _NODES)
    rough = _evolved(flat, loads, start, iterations, _NODES // 2 + 1)[0]
    error = np.maximum.accumulate(np.abs(np.array(orders) - np.array(rough)).max(axis=1))
    found = [np.asarray(column) for column in (*zip(*orders, strict=True), *list(zip(*hats, strict=True))[:2])]
    columns = [column.reshape((len(column), *points.shape)) for column in [*found, error]]
    return StateEvolution(model, points.shaped(loads), *columns)


def _evolved(
    model: Model, alpha: Array, start: Orders, iterations: int, n: int
) -> tuple[list[Orders], list[Conjugates]]:
    """Overlaps after every iteration, the start first, and the fields that each makes."""
    orders, hats = [start], []
    for _ in range(iterations):
        hats.append(_fields(model, alpha, orders[-1], n))
        q, r, square = overlaps(*hats[-1], n=n, weights=model.weights)
        taught = r if model.has_teacher or model.weights.is_even else np.zeros_like(q)
        orders.append(Orders(q, taught, np.broadcast_to(square, alpha.shape)))
    return orders, hats


def _fields(model: Model, alpha: Array, orders: Orders, n: int) -> Conjugates:
    """Variance, mean and precision of the fields made by magnetisations of given overlaps."""
    hats = Conjugates(np.empty_like(alpha), np.zeros_like(alpha), np.zeros_like(alpha))
    free, teacher = model.weights.square is None, teacher_square(model)
    blank = (orders.q == 0) & (not model.is_mixture)
    if model.hidden:
        hats.q[blank] = unfelt(flat_slice(model, np.flatnonzero(blank))).force if blank.any() else 0.0
    for index in np.flatnonzero(blank) if not model.hidden else ():
        std = np.sqrt(np.reshape(np.asarray(orders.square)[index], (1, 1)))
        kernel = flat_slice(model, [index]).log_kernel(np.zeros((1, 1)), std)
        slope = float(np.ravel(kernel.d1)[0])
        hats.q[index] = slope**2
        hats.r[index] = np.sqrt(2 / (np.pi * teacher)) * slope if model.has_teacher else 0.0
        np.asarray(hats.c)[index] = -float(np.ravel(kernel.d2)[0]) if free else 0.0
    rest = np.flatnonzero(~blank)
    if len(rest):
        square = np.asarray(orders.square)[rest]
        q = np.minimum(orders.q[rest], square * (1 - _CLOSEST))
        r = np.minimum(orders.r[rest], np.sqrt(q * teacher) * (1 - _CLOSEST))  # R^2 < qT also after rounding
        found = conjugates(flat_slice(model, rest), q, r, square, n=n)
        hats.q[rest], hats.r[rest], np.asarray(hats.c)[rest] = found
    return at_load(model, alpha, hats)


def _checked_start(model: Model, q: Any, teacher_overlap: Any) -> tuple[float, float]:
    mean, square = model.weights.moments
    q = checked_number("q", q, _BELOW_ONE if square == 1 else _below(square)) or mean**2
    teacher_overlap = checked_number("teacher_overlap", teacher_overlap) or mean**2 * model.has_teacher
    if teacher_overlap and not model.has_teacher:
        raise ValueError(f"teacher_overlap must be 0 for a model without a teacher; got {teacher_overlap!r}")
    if not (teacher_overlap == 0 or 0 < teacher_overlap < np.sqrt(q * square)):
        raise ValueError(f"teacher_overlap must lie in [0, sqrt(q)); got {teacher_overlap!r} at q={q!r}")
    return q, teacher_overlap


def _below(square: float) -> Allowed:
    return Allowed(f"lie in [0, {square:g})", lambda q: (q >= 0) & (q < square))
