r"""Replica-symmetric entropy of the solutions (Gardner and Derrida 1988; Krauth and Mézard 1989).

The free entropy per weight is

.. math:: \Phi = \mathrm{extr}\Big\{-\tfrac12\hat q(1-q) - R\hat R + \int\!Dz\,\log2\cosh(\sqrt{\hat q}z+\hat R)
   + \alpha\int\!D\mu(z)\,\ell\big(\sqrt q z, \sqrt{1-q}\big)\Big\}

with :math:`\ell` the model's kernel. Random labels: :math:`R=\hat R=0` and :math:`D\mu = Dz`. Teacher:
:math:`D\mu = 2Dz\,H(-Rz/\sqrt{q-R^2})`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from replica_theory.arguments import FINITE, checked_alpha, checked_model, checked_real
from replica_theory.models.model import Model
from replica_theory.numerics.fixed_points import solve_fixed_points
from replica_theory.numerics.gaussian import rule
from replica_theory.results.grid import GridResult
from replica_theory.results.quantities import SADDLE
from replica_theory.status import Status, report, silenced, statuses
from replica_theory.typical.even_saddle import sign_broken
from replica_theory.typical.functional import (
    Orders,
    at_loads,
    conjugates,
    flat_model,
    flat_slice,
    overlaps,
    read,
    rest_and_overlap,
    teacher_weight,
)
from replica_theory.typing import Array, ArrayLike

_CHUNK = 512
_LOST = 1e-6
"""A solution at beta = inf with 1 - q below this has run into q = 1: the branch is lost."""
_CLOSEST = 1e-10
"""Smallest 1 - q at which the integrals are done."""
_COLD = 0.01
"""At finite beta, 1 - q below which its logarithm is the unknown."""
_DOUBLED, _POOR = 1e-11, 1e-7
"""Error at which a point is solved again with more nodes, and (in units of an entropy above 1) counts as inaccurate."""


_STEEPEST, _ROUNDING = 10.0, 1e-14
"""The energy changes by at most this times what q does, over 1 - q; and a change of the entropy that does not count."""


@dataclass(frozen=True, eq=False, repr=False)
class ReplicaSymmetric(GridResult):
    r"""Replica-symmetric saddle point. Every field has the broadcast shape of alpha, kappa and beta.

    Attributes
    ----------
    model : Model
    alpha : float or array
        Load P/N.
    entropy : float or array
        Entropy :math:`s = \Phi + \beta\alpha e` of the configurations at energy `e`, nats per weight.
    free_entropy : float or array
        :math:`\Phi = \lim \frac1N E\log Z`; equals `entropy` at beta = inf.
    energy : float or array
        Fraction of violated patterns, :math:`e = -\frac1\alpha\partial_\beta\Phi`.
    q, q_hat : float or array
        Overlap between two solutions and its conjugate.
    teacher_overlap, teacher_overlap_hat : float or array
        Overlap `R` with the teacher and its conjugate (0 for random labels).
    stability : float or array
        De Almeida-Thouless stability
        :math:`1 - \alpha\int D\mu\,(\ell'')^2\int Dz\,\mathrm{sech}^4(\sqrt{\hat q}z+\hat R)`; the
        replica-symmetric saddle is locally stable where this is positive.
    error : float or array
        Bound on the numerical error of `entropy` and `free_entropy`: quadrature, rounding, and (at finite beta, where
        the entropy is not stationary) what the error of the overlaps changes.
    residual : float or array
        Residual of the saddle-point equations.
    status : Status or array of Status
    """

    _coordinates: ClassVar = ("alpha", "kappa", "beta")
    _quantities: ClassVar = SADDLE

    model: Model
    alpha: ArrayLike
    entropy: ArrayLike
    free_entropy: ArrayLike
    energy: ArrayLike
    q: ArrayLike
    q_hat: ArrayLike
    teacher_overlap: ArrayLike
    teacher_overlap_hat: ArrayLike
    stability: ArrayLike
    error: ArrayLike
    residual: ArrayLike
    status: Any

    def stability_distribution(self, h: ArrayLike) -> Array:
        r"""Probability density of the stabilities over typical solutions, at one (scalar) point.

        .. math:: p(h) = w(h)\int D\mu(z)\, e^{-\ell(\sqrt q z, \sqrt{1-q})}\, G_{1-q}(h - \sqrt q z)

        with :math:`w = 1` on the allowed set and :math:`e^{-\beta}` elsewhere.

        Parameters
        ----------
        h : float or array
            Stabilities.

        Returns
        -------
        array, shape of `h`

        Raises
        ------
        ValueError
            If the result holds more than one point.

        Examples
        --------
        >>> import numpy as np
        >>> from replica_theory import BinaryPerceptron
        >>> h = np.linspace(0, 8, 8001)
        >>> p = replica_symmetric(BinaryPerceptron(), alpha=0.5).stability_distribution(h)
        >>> round(float(np.trapezoid(p, h)), 6)
        1.0
        """
        if np.ndim(self.q):
            raise ValueError(f"stability_distribution needs a single point; this result has shape {np.shape(self.q)}")
        h = np.asarray(checked_real("h", h, FINITE))
        q, std = float(self.q), float(np.sqrt(1 - float(self.q)))
        # G_{1-q}(h - sqrt(q) z) Dz = G(h) Dv with z = sqrt(q) h + sqrt(1-q) v: nothing is steep in v.
        v = rule()
        z = np.sqrt(q) * h[..., None] + std * v.nodes
        values = np.exp(-self.model.log_kernel(np.sqrt(q) * z, std).log)
        if self.model.has_teacher:
            values *= teacher_weight(z, q, np.asarray(self.teacher_overlap))
        boltzmann = np.exp(-np.asarray(self.model.beta))
        allowed = boltzmann + (1 - boltzmann) * self.model.acceptance(h)
        density: Array = allowed * np.exp(-0.5 * h**2) / np.sqrt(2 * np.pi) * v.integrate(values)
        return density


def replica_symmetric(model: Model, alpha: ArrayLike) -> ReplicaSymmetric:
    r"""Replica-symmetric saddle point of a model at load alpha (on the branch that starts at alpha = 0).

    At ``beta = inf`` the entropy is that of the solutions; at finite beta that of the configurations with the energy
    `e` (violated patterns per pattern). Fixed-point iteration, then Newton.

    Parameters
    ----------
    model : Model
        Its `kappa` and `beta` may be arrays; they broadcast with alpha.
    alpha : float or array
        Load, positive.

    Returns
    -------
    ReplicaSymmetric
        Floats for a scalar call, arrays of the broadcast shape otherwise. Above capacity the saddle point still exists
        but its entropy is negative: `status` is then ``"negative-entropy"``.

    Raises
    ------
    TypeError, ValueError
        If the model is none, alpha is not positive and finite, or the shapes do not fit.
    ConvergenceError
        In a scalar call without a saddle point (for random labels the branch ends at q = 1). In an array call such
        points are NaN with their status, and a ConvergenceWarning is issued once.

    Notes
    -----
    For an even constraint (`SymmetricBinaryPerceptron`) the saddle is q = 0, where the annealed entropy is exact, as
    long as that is stable; beyond (`UShapePerceptron`) it is the solution q > 0. A negative `stability` has the status
    ``"unstable"``, an error above 1e-7 (relative, for entropies above 1) ``"inaccurate-quadrature"``: so end low
    temperatures at loads where energy is left, at beta of some 1e4, as 1 - q falls like 1/beta.
    Quadrature: 241 nodes, doubled where the error estimate asks for it; about 0.1 ms a point in large arrays.

    Examples
    --------
    >>> from replica_theory import BinaryPerceptron
    >>> point = replica_symmetric(BinaryPerceptron(kappa=0.0), alpha=0.5)
    >>> print(f"{point.entropy:.9f} {point.q:.9f}")
    0.314390067 0.322385363
    """
    checked_model(model, Model)
    alpha = checked_alpha(alpha)
    scalar = all(np.ndim(v) == 0 for v in (alpha, model.kappa, model.beta))
    result = _remembered(model, float(alpha)) if scalar else _computed(model, alpha)
    report(result, "replica_symmetric", f"at alpha={alpha}")
    return result


def entropy_of(model: Model, alpha: float) -> float:
    """The replica-symmetric entropy of a model of single parameters; NaN where there is no saddle point."""
    with silenced():
        return float(np.ravel(replica_symmetric(model, np.array([alpha])).entropy)[0])


def _computed(model: Model, alpha: ArrayLike) -> ReplicaSymmetric:
    points = at_loads(model, alpha)
    flat, loads = flat_model(model, points), points.columns["alpha"]
    parts = [
        _solve(flat_slice(flat, part), loads[part])
        for part in (slice(k, k + _CHUNK) for k in range(0, max(len(points), 1), _CHUNK))
    ]
    columns = {name: np.concatenate([p[name] for p in parts]) for name in parts[0]} | {"alpha": loads}
    return ReplicaSymmetric(model=model, **points.shaped_all(columns))


_remembered = lru_cache(maxsize=64)(_computed)
"""Continuations ask for the same few points again and again."""


def annealed_entropy(model: Model, alpha: ArrayLike) -> ArrayLike:
    r"""Annealed bound on the free entropy, :math:`\log 2 + \alpha\,\ell(0, 1)`, nats per weight.

    By Jensen's inequality the quenched free entropy is never above it; for an even constraint they agree. At
    ``beta = inf`` this is :math:`\log 2 + \alpha\log P(h\ \mathrm{allowed})`.

    Parameters
    ----------
    model : Model
    alpha : float or array

    Returns
    -------
    float or array

    Raises
    ------
    TypeError, ValueError
        If the model is none, or alpha not positive and finite.

    Examples
    --------
    >>> from replica_theory import BinaryPerceptron
    >>> round(annealed_entropy(BinaryPerceptron(), alpha=0.5), 12) == round(0.5 * 0.6931471805599453, 12)
    True
    """
    checked_model(model, Model)
    alpha = checked_alpha(alpha)
    at_loads(model, alpha)
    value = np.log(2) + alpha * model.log_kernel(np.zeros(()), 1.0).log
    return float(value) if np.ndim(value) == 0 else np.asarray(value)


def _solve(model: Model, alpha: Array) -> dict[str, Any]:
    """Saddle points of one chunk of flattened points, by field name; the rule is doubled where it must be."""
    columns = _solve_with(model, alpha, n=121)
    poor = np.flatnonzero((columns["error"] > _DOUBLED) & (columns["status"] != Status.SADDLE_LOST))
    if len(poor):
        better = _solve_with(flat_slice(model, poor), alpha[poor], n=481)
        for name, values in better.items():
            columns[name][poor] = values
    return columns


def _solve_with(model: Model, alpha: Array, n: int) -> dict[str, Any]:
    unknowns = 2 if model.has_teacher else 1
    start = np.full((len(alpha), unknowns), 0.0 if model.is_even else 0.1)
    found = solve_fixed_points(partial(_image, model, alpha, n), start)
    x, converged = found.x, found.converged
    if model.is_even:
        broken = sign_broken(lambda q, index: _image(model, alpha, n, q[:, None], index)[:, 0], _growth(model, alpha))
        x = np.where(np.isnan(broken), x[:, 0], broken)[:, None]
    cold = np.isfinite(np.ravel(model.beta)) & (~converged | (1 - x[:, 0] < _COLD))
    if cold.any():
        x[cold], converged[cold] = _at_low_temperature(model, alpha, n, x, np.flatnonzero(cold))
    lost = ~converged | (np.isposinf(np.ravel(model.beta)) & (1 - x[:, 0] < _LOST))
    x = np.where(lost[:, None], 0.25, x)
    columns = _read_out(model, alpha, x, 2 * n - 1) | {"residual": found.residual}
    columns["status"] = statuses(map(_status, *(columns[name] for name in ("entropy", "stability", "error"))))
    columns["status"][lost] = Status.SADDLE_LOST
    columns["status"][lost & cold] = Status.MAX_ITERATIONS
    failed = np.array([not status.ok for status in columns["status"]], dtype=bool)
    for name in columns.keys() - {"status", "residual", "error"}:
        columns[name][failed] = np.nan
    columns["error"][lost] = np.nan
    return columns


def _at_low_temperature(
    model: Model, alpha: Array, n: int, x: Array, index: NDArray[np.intp]
) -> tuple[Array, NDArray[np.bool_]]:
    """The same in log(1 - q), which tends to 0 like the temperature where energy is left."""

    def image(y: Array, rows: NDArray[np.intp]) -> Array:
        found, here = np.full_like(y, np.nan), index[rows]
        at = np.column_stack([-np.expm1(y[:, 0]), y[:, 1:]])
        inside = np.flatnonzero((at[:, 0] < 1) & (at[:, 0] >= (at[:, 1:] ** 2).sum(axis=1)) & (at[:, -1] >= 0))
        part = flat_slice(model, here[inside])
        rest, r = rest_and_overlap(*_hats(part, alpha[here[inside]], at[inside], n), n)
        # 1 - q that underflows is no solution.
        found[inside] = np.column_stack([np.log(np.where(rest > 0, rest, np.nan)), r])[:, : y.shape[1]]
        return found

    near = x[index, 0]
    guess = np.where((near > 0) & (near < 1), 1 - near, 1 / (1 + np.ravel(model.beta)[index]))
    found = solve_fixed_points(image, np.column_stack([np.log(guess), x[index, 1:]]), tol=1e-12)
    return np.column_stack([-np.expm1(found.x[:, 0]), found.x[:, 1:]]), found.converged


def _status(entropy: float, stability: float, error: float) -> Status:
    return Status.of(entropy, stability=stability, error=error, tolerance=_POOR * max(1.0, abs(entropy)))


def _image(model: Model, alpha: Array, n: int, x: Array, index: NDArray[np.intp]) -> Array:
    """One step of the iteration, rows of (q, R); NaN outside the domain."""
    image = np.full_like(x, np.nan)
    q, r = x[:, 0], (x[:, 1] if model.has_teacher else np.zeros(len(x)))
    inside = np.flatnonzero((q >= 0) & (1 - q > _CLOSEST) & (r >= 0) & (q >= r**2))
    hats = conjugates(flat_slice(model, index[inside]), q[inside], r[inside], n)
    fresh = overlaps(alpha[index[inside]] * hats.q, alpha[index[inside]] * hats.r, n)
    image[inside, 0] = fresh.q
    if model.has_teacher:
        image[inside, 1] = fresh.r
    return image


def _read_out(model: Model, alpha: Array, x: Array, n: int) -> dict[str, Any]:
    orders, hats = _orders(model, x), _hats(model, alpha, x, n)
    reading = read(model, alpha, orders, hats, n)
    entropy = reading.free_entropy + reading.heat
    error = reading.error + reading.heat_error
    beta = np.ravel(model.beta)
    # Unlike free entropy, entropy is not stationary in the overlaps: their errors count.
    moved = np.abs(np.stack(reading.image, axis=1)[:, : x.shape[1]] - x).max(axis=1) / (1 - x[:, 0])
    slack = np.where(np.isfinite(beta), beta, 0.0) * alpha * moved
    error += _STEEPEST * slack
    rough = np.flatnonzero((slack > _ROUNDING) & (x[:, 0] > 0))
    if len(rough):
        error[rough] += _heat_shift(flat_slice(model, rough), alpha[rough], x[rough], n) - _STEEPEST * slack[rough]
    return {
        "entropy": entropy,
        "free_entropy": reading.free_entropy,
        "energy": reading.energy,
        "q": orders.q.copy(),
        "q_hat": hats.q.copy(),
        "teacher_overlap": orders.r.copy(),
        "teacher_overlap_hat": hats.r.copy(),
        "stability": reading.stability,
        "error": error,
    }


def _heat_shift(model: Model, alpha: Array, x: Array, n: int) -> Array:
    """What the entropy would change if this rule found the overlaps."""

    def at(y: Array) -> tuple[Array, Array]:
        reading = read(model, alpha, _orders(model, y), _hats(model, alpha, y, n), n)
        return reading.heat, np.stack(reading.image[: x.shape[1]], axis=1)

    heat, image = at(x)
    steps = 1e-5 * np.stack([x[:, 0] * (1 - x[:, 0]), -x[:, -1]][: x.shape[1]], axis=1)
    beside = [at(x + steps * unit) for unit in np.eye(x.shape[1])]
    gradient = np.stack([shifted - heat for shifted, _ in beside], axis=1) / steps
    jacobian = np.stack([moved - image for _, moved in beside], axis=2) / steps[:, None, :]
    change = np.linalg.solve(np.eye(x.shape[1]) - jacobian, (image - x)[:, :, None])[:, :, 0]
    return np.asarray(np.abs(gradient * change).sum(axis=1))


def _growth(model: Model, alpha: Array) -> Array:
    r"""Factor :math:`\alpha\ell''(0, 1)^2` by which a small overlap of an even constraint grows in an iteration."""
    curvature = model.log_kernel(np.zeros((len(alpha), 1)), np.ones((len(alpha), 1))).d2[:, 0]
    return np.asarray(alpha * curvature**2)


def _orders(model: Model, x: Array) -> Orders:
    return Orders(x[:, 0], x[:, 1] if model.has_teacher else np.zeros(len(x)))


def _hats(model: Model, alpha: Array, x: Array, n: int) -> Orders:
    return Orders(*(alpha * h for h in conjugates(model, *_orders(model, x), n=n)))


__all__ = ["ReplicaSymmetric", "annealed_entropy", "replica_symmetric"]
