r"""What focusing belief propagation reports as N → ∞: the state evolution of its fixed points at given (gamma, y).

Focusing BP passes messages between a reference and `y` replicas, each with its own copy of every pattern. Its messages
treat the copies of a pattern as independent of each other. They are not: the field of one copy moves the weights of its
replica, these the reference, this the weights of the other replicas. Followed to the end, this feedback gives each
pattern the field :math:`\omega` and each weight the field `B` that solve

.. math:: \omega &= \sqrt q z + \chi\,\ell'(\omega, \sqrt{1-q}), \qquad B = \sqrt{\hat q} z + \nu m, \\
   m &= \tanh(B + u(B)), \quad u(B) = f((y-1)f(B)),\ f(x) = \mathrm{atanh}(\tanh x\tanh\gamma),

.. math:: \hat q = \alpha E\,\ell'^2, \quad \nu = \alpha E\frac{\chi\,\ell''^2}{1-\chi\,\ell''}, \qquad
   q = E\,m^2, \quad \chi = \frac{E[zm]}{\sqrt{\hat q}} - (1-q).

:math:`\chi` is what the response of `m` to a field exceeds :math:`1-m^2` by, through the reference; :math:`\nu` is its
counterpart on the weights. Without feedback (y = 1 or gamma = 0) these are the replica-symmetric equations. In the
true robust ensemble (`robust_ensemble`) the replicas' fields at a pattern differ, with variance :math:`q_1 - q_0`; here
the largest term stands for the integral over them, with :math:`\chi` in the place of :math:`y(q_1-q_0)`, as at
:math:`y=\infty`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

import numpy as np

from replica_theory.arguments import NON_NEGATIVE, Allowed, checked_alpha, checked_model, checked_real
from replica_theory.models.model import Kernel, Model
from replica_theory.models.proximal import maximal_field
from replica_theory.numerics.binary import log2cosh
from replica_theory.numerics.branches import follow_branch
from replica_theory.numerics.gaussian import Rule, multi_rule, rule
from replica_theory.numerics.inner_newton import inner_newton
from replica_theory.results.grid import GridResult, broadcast, by_setting
from replica_theory.results.quantities import FOCUSING
from replica_theory.status import ConvergenceError, Status, report, statuses
from replica_theory.typical.replica_symmetric import replica_symmetric
from replica_theory.typing import Array, ArrayLike

_NODES = 241
_AT_LEAST_ONE = Allowed("be finite and at least 1", lambda y: (y >= 1) & (y < np.inf))
_LARGEST = 1 - 1e-9
"""Largest overlap at which the integrals are done."""
_STEP, _SHORTEST, _HAIR = 0.2, 1e-3, 1e-3
"""Largest and smallest step along a branch, and from where a point is entered at doubled quadrature, in its variable
p = log(1 + (y gamma)^2)/2: the unknowns are analytic in gamma squared, and y replicas feel a coupling of order 1/y."""
_COLUMNS = ("q", "overlap", "q_tilde", "free_entropy", "internal_entropy", "response", "stability", "error", "residual")


_Point = tuple[Status, Array]
"""Status and the values of `_COLUMNS`."""


@dataclass(frozen=True, eq=False, repr=False)
class FocusingFixedPoint(GridResult):
    r"""Fixed point of focusing BP for N → ∞; values have the broadcast shape of alpha, gamma and y.

    Attributes
    ----------
    model : Model
    alpha, gamma, y : float or array
        Load, coupling and number of replicas.
    q, overlap, q_tilde : float or array
        :math:`\frac1N\sum m_i^2`, overlap of a replica with the reference, and :math:`\frac1N\sum\tilde m_i^2` with the
        reference's magnetisations, as in the trace of a solver.
    free_entropy, internal_entropy : float or array
        :math:`-\beta F` and :math:`-\beta F - \gamma\cdot\mathrm{overlap}`, nats per weight and replica, as there. The
        second one is no local entropy: like `RobustEnsemble.internal_entropy` it stands for :math:`S + \Sigma/y` and
        contains the share of the reference's own entropy, :math:`(\log 2)/y` at gamma = 0, less as the coupling grows
        and nothing as y → ∞.
    response : float or array
        The feedback :math:`\chi`.
    stability : float or array
        Positive where the messages of an instance settle at this point, see `focusing_fixed_point`.
    error : float or array
        Largest change of the overlaps, entropies and the response when the quadrature is doubled.
    residual : float or array
        Residual of the equations.
    status : Status or array of Status
    """

    _coordinates: ClassVar = ("gamma", "alpha", "y", "kappa", "beta")
    _quantities: ClassVar = FOCUSING
    _main: ClassVar = "internal_entropy"

    model: Model
    alpha: ArrayLike
    gamma: ArrayLike
    y: ArrayLike
    q: ArrayLike
    overlap: ArrayLike
    q_tilde: ArrayLike
    free_entropy: ArrayLike
    internal_entropy: ArrayLike
    response: ArrayLike
    stability: ArrayLike
    error: ArrayLike
    residual: ArrayLike
    status: Any


def focusing_fixed_point(model: Model, alpha: ArrayLike, gamma: ArrayLike, y: ArrayLike) -> FocusingFixedPoint:
    r"""Predict what focusing BP measures on large instances, once its messages have settled at (gamma, y).

    Parameters
    ----------
    model : Model
        Log-concave constraint on random labels at beta = inf, such as `BinaryPerceptron`; scalar parameters.
    alpha : float or array
        Load, positive.
    gamma : float or array
        Coupling, finite and non-negative.
    y : float or array
        Number of replicas, at least 1.

    Returns
    -------
    FocusingFixedPoint

    Raises
    ------
    TypeError, ValueError
        For arguments of the wrong type or out of range, or another kind of model.
    ConvergenceError
        In a scalar call without a fixed point on the branch that starts at gamma = 0; in array calls such points are
        NaN and warned of once.

    Notes
    -----
    At each y the fixed point is followed from gamma = 0, where the replicas are alone. Where the branch turns back
    (at kappa = 0 from loads of about 0.65 on) the status is ``fold``: the messages of an instance then condense
    abruptly onto another branch, of larger `q`, which is not reported. The messages are stable against small changes
    where

    .. math:: 1 - \alpha\,E\Big[\Big(\frac{\ell''}{1-\chi\ell''}\Big)^2\Big]\,
       E\Big[\Big(\frac{m'}{1-\nu m'}\Big)^2\Big] > 0, \qquad m' = \frac{dm}{dB}

    (`stability`, that of de Almeida and Thouless at gamma = 0). Where it is negative (:math:`-\infty` where
    :math:`\nu m' \ge 1` for some field, whose equation then has several solutions) the status is ``unstable``, and the
    messages of an instance go elsewhere: at load 0.6 along the pseudo schedule from :math:`\tanh^2\gamma = 0.502` on,
    where `q` is about to rise steeply in theory and rises slowly on instances of any size.

    The algorithm is known to be exact at y = 1 only; compare with `robust_ensemble` to see by how much the
    independence of a pattern's copies fails.

    Examples
    --------
    >>> from replica_theory import BinaryPerceptron
    >>> point = focusing_fixed_point(BinaryPerceptron(), alpha=0.6, gamma=0.4, y=3)
    >>> print(f"{point.overlap:.6f} {point.q:.6f} {point.internal_entropy:.6f}")
    0.578353 0.459841 0.355003
    """
    _checked_constraint(model)
    load, coupling = checked_alpha(alpha), checked_real("gamma", gamma, NON_NEGATIVE)
    replicas = checked_real("y", y, _AT_LEAST_ONE)
    points = broadcast(alpha=load, gamma=coupling, y=replicas)

    def solve(at: Mapping[str, float], gammas: Array) -> list[_Point]:
        return _branch(FocusingEquations(model, at["alpha"], 0.0, at["y"]), gammas)

    rows = by_setting(points, "gamma", solve)
    table = np.array([values for _, values in rows]).reshape(len(rows), len(_COLUMNS))
    columns = points.columns | dict(zip(_COLUMNS, table.T, strict=True))
    status = statuses(outcome for outcome, _ in rows)
    result = FocusingFixedPoint(model, **points.shaped_all(columns | {"status": status}))
    report(result, "focusing_fixed_point", f"at gamma={gamma}, y={y}")
    return result


@dataclass(frozen=True)
class FocusingEquations:
    """The equations at one point, in the unknowns (q, chi)."""

    model: Model
    alpha: float
    gamma: float
    y: float
    nodes: int = _NODES

    def update(self, x: Array) -> Array:
        """The right-hand sides."""
        q_hat, nu, _ = self.patterns(*map(float, x))
        z, weights, fields = self.weights(q_hat, nu)
        if np.isnan(fields).any():
            return np.full(2, np.nan)
        m = np.tanh(fields + self.reference(fields))
        q = float(weights @ m**2)
        return np.array([q, float(weights @ (z * m)) / np.sqrt(q_hat) - (1 - q)])

    def patterns(self, q: float, chi: float) -> tuple[float, float, float]:
        r"""The conjugates, and the patterns' part :math:`\alpha E[\ell + \frac{1-q}2\ell'^2]` of the free entropy."""
        measure, kernel = self._kernel(q, chi)
        squares = self.alpha * float(measure.weights @ kernel.d1**2)
        nu = self.alpha * float(measure.weights @ (chi * kernel.d2**2 / (1 - chi * kernel.d2)))
        return squares, nu, self.alpha * float(measure.weights @ kernel.log) + 0.5 * (1 - q) * squares

    def _kernel(self, q: float, chi: float) -> tuple[Rule, Kernel]:
        """The Gaussian measure of the bare fields of patterns, and the kernel at their fields."""
        root, std = np.sqrt(q), np.sqrt(1 - q)
        edges = [np.clip(np.asarray(edge, dtype=float) / root, -8, 8) for edge in self.model.edges]
        measure = multi_rule(edges, [np.asarray(std / root)] * len(edges), self.nodes)
        omega = maximal_field(self.model, root * measure.nodes, chi, float(std))
        return measure, self.model.log_kernel(omega, float(std))

    def weights(self, q_hat: float, nu: float) -> tuple[Array, Array, Array]:
        """Nodes, weights and the fields B there (NaN where Newton's method does not find them)."""
        measure = rule(0.0, 0.5 / np.sqrt(q_hat), 2 * self.nodes - 1)
        bare = np.sqrt(q_hat) * measure.nodes

        def step(fields: Array) -> Array:
            m = np.tanh(fields + self.reference(fields))
            slope = (1 - m**2) * (1 + self.slope(fields))
            return np.asarray((bare + nu * m - fields) / np.maximum(1 - nu * slope, 0.1))

        return measure.nodes, measure.weights, inner_newton(step, bare, most=100, tol=1e-13).or_nan

    def reference(self, fields: Array) -> Array:
        """The field of the reference on a weight."""
        return _coupled((self.y - 1) * _coupled(fields, self.gamma), self.gamma)

    def slope(self, fields: Array) -> Array:
        """Its derivative."""
        inner = (self.y - 1) * _coupled(fields, self.gamma)
        return (self.y - 1) * _coupled_slope(inner, self.gamma) * _coupled_slope(fields, self.gamma)

    def stability(self, x: Array) -> float:
        """That of the messages against small changes; -inf where a weight's field is not the only one."""
        q, chi = float(x[0]), max(float(x[1]), 0.0)
        measure, kernel = self._kernel(q, chi)
        patterns = self.alpha * float(measure.weights @ (kernel.d2 / (1 - chi * kernel.d2)) ** 2)
        q_hat, nu, _ = self.patterns(q, chi)
        _, weights, fields = self.weights(q_hat, nu)
        slope = (1 - np.tanh(fields + self.reference(fields)) ** 2) * (1 + self.slope(fields))
        if not nu * slope.max() < 1:
            return -np.inf
        return 1 - patterns * float(weights @ (slope / (1 - nu * slope)) ** 2)

    def read(self, x: Array) -> Array:
        """What is reported, in the order of `_COLUMNS`, without stability, error and residual."""
        q, chi = map(float, x)
        q_hat, nu, patterns = self.patterns(q, chi)
        _, weights, fields = self.weights(q_hat, nu)
        f = _coupled(fields, self.gamma)
        toward = np.tanh((self.y - 1) * f)
        h = np.tanh(fields)
        overlap = float(weights @ ((h * toward + np.tanh(self.gamma)) / (1 + h * toward * np.tanh(self.gamma))))
        q_tilde = float(weights @ np.tanh(self.y * f) ** 2)
        m = np.tanh(fields + self.reference(fields))
        sites = log2cosh(fields) - fields * m - log2cosh(f) + log2cosh(self.y * f) / self.y
        free = patterns + float(weights @ sites) + float(log2cosh(np.asarray(self.gamma)))
        return np.array([q, overlap, q_tilde, free, free - self.gamma * overlap, chi])


def _branch(equations: FocusingEquations, gammas: Array) -> list[_Point]:
    """The points of one branch, all couplings at once, from the uncoupled solution."""
    try:
        q = float(replica_symmetric(equations.model, equations.alpha).q)
    except ConvergenceError:
        return [_lost(Status.SADDLE_LOST)] * len(gammas)
    targets = np.unique(gammas).tolist()
    places = [_place(equations.y, gamma) for gamma in targets]
    followed = follow_branch(
        partial(_residual, equations), np.array([q, 0.0]), 0.0, places, max_step=_STEP, min_step=_SHORTEST
    )
    found = {
        gamma: _read_out(replace(equations, gamma=gamma), point.x) if point.status.ok else _lost(point.status)
        for gamma, point in zip(targets, followed, strict=True)
    }
    return [found[gamma] for gamma in gammas.tolist()]


def _read_out(equations: FocusingEquations, x: Array) -> _Point:
    """What is reported at a solution, with what doubled quadrature changes of it as error."""
    finer, p = replace(equations, nodes=2 * equations.nodes - 1), _place(equations.y, equations.gamma)
    refined = follow_branch(partial(_residual, finer), x, p - _HAIR, [p], max_step=1.0)[0]
    if not refined.status.ok:
        return _lost(Status.INACCURATE_QUADRATURE)
    values = equations.read(x)
    error = np.abs(finer.read(refined.x) - values).max()
    stability = finer.stability(refined.x)
    residual = np.abs(_residual(equations, x, p)).max()
    # the internal entropy is no number of solutions: its sign says nothing
    return Status.of(np.nan, stability=stability), np.append(values, [stability, error, residual])


def _residual(equations: FocusingEquations, x: Array, p: float) -> Array:
    """The equations' defect at the coupling of a place on the branch; NaN outside their domain."""
    q, chi = map(float, x)
    if not (0 < q < _LARGEST and chi > -1e-9):
        return np.full(2, np.nan)
    gamma = float(np.sqrt(np.expm1(2 * max(p, 0.0)))) / equations.y
    return replace(equations, gamma=gamma).update(np.array([q, max(chi, 0.0)])) - x


def _place(y: float, gamma: float) -> float:
    """Where a coupling lies along the branch."""
    return 0.5 * float(np.log1p((y * gamma) ** 2))


def _lost(status: Status) -> _Point:
    return status, np.full(len(_COLUMNS), np.nan)


def _coupled(x: Array, gamma: float) -> Array:
    """Field of a spin through a coupling."""
    return np.asarray(0.5 * (log2cosh(x + gamma) - log2cosh(x - gamma)))


def _coupled_slope(x: Array, gamma: float) -> Array:
    return np.asarray(0.5 * (np.tanh(x + gamma) - np.tanh(x - gamma)))


def _checked_constraint(model: Model) -> None:
    checked_model(model, Model, single=True)
    if model.has_teacher or model.is_even or not model.is_concave:
        raise ValueError(f"model must be a log-concave constraint on random labels at beta = inf; got {model}")
