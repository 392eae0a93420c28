r"""Replica-symmetric entropy of the solutions (Gardner and Derrida 1988; Krauth and Mézard 1989).

The free entropy per weight is

.. math:: \Phi = \mathrm{extr}\Big\{-\tfrac12\hat q(1-q) - R\hat R + \int\!Dz\,\log2\cosh(\sqrt{\hat q}z+\hat R)
   + \alpha\int\!D\mu(z)\,\ell\big(\sqrt q z, \sqrt{1-q}\big)\Big\}

with :math:`\ell` the model's kernel. Random labels: :math:`R=\hat R=0` and :math:`D\mu = Dz`. Teacher:
:math:`D\mu = 2Dz\,H(-Rz/\sqrt{q-R^2})`.

Of other weights, with the mean squared weight `Q` and its conjugate `c`, and a teacher :math:`w^*` of mean square `T`
drawn from the measure of the weights (:math:`D\mu = 2Dz\,H(-Rz/\sqrt{qT-R^2})`),

.. math:: \Phi = \mathrm{extr}\Big\{\tfrac12cQ - \tfrac12\hat q(Q-q) - R\hat R + E\,g(\sqrt{\hat q}z+\hat Rw^*, c)
   + \alpha\int\!D\mu(z)\,\ell\big(\sqrt q z, \sqrt{Q-q}\big)\Big\}, \qquad
   g(h, c) = \log\sum_w\rho(w)e^{hw-cw^2/2},

where :math:`q = E(g')^2`, :math:`Q = E\langle w^2\rangle`, :math:`\hat q = \alpha E\ell'^2` and
:math:`c = -\alpha E\ell''`. On the sphere :math:`Q = 1`, and
:math:`\Phi = \frac12\log(1-q) + q/2(1-q) + \alpha\int Dz\,\ell` for random labels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any, ClassVar, Literal, overload

import numpy as np
import scipy
from numpy.typing import NDArray

from replica_theory.arguments import (
    FINITE,
    POSITIVE,
    checked_alpha,
    checked_flag,
    checked_model,
    checked_number,
    checked_real,
    checked_units,
)
from replica_theory.certified.capacity import certified_entropy
from replica_theory.certified.certificate import DIGITS, Certificate
from replica_theory.certified.multiprecision import Digits, checked_digits, intervals_of
from replica_theory.certified.typical import replica_symmetric_to_digits
from replica_theory.models.mixture import Mixture, class_constraints
from replica_theory.models.model import SHARP, Model, cost_rate
from replica_theory.models.weights import Orders
from replica_theory.numerics.fixed_points import FixedPoints, solve_fixed_points
from replica_theory.numerics.gaussian import rule
from replica_theory.results.grid import GridResult
from replica_theory.results.quantities import SADDLE
from replica_theory.status import Status, report, silenced, statuses
from replica_theory.typical.class_shift import best_shift
from replica_theory.typical.even_saddle import sign_broken
from replica_theory.typical.functional import (
    Conjugates,
    at_load,
    at_loads,
    conjugates,
    flat_model,
    flat_slice,
    overlaps,
    read,
    teacher_square,
    teacher_weight,
    unfelt,
    unfelt_log,
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
        :math:`\Phi = \lim \frac1N E\log Z`; equals `entropy` at beta = inf, unless the weights have a prior or the
        patterns weights of their own (`PowerWeight`), :math:`Z = \sum_W\prod_\mu w(h^\mu)`: then `entropy` is
        :math:`\Phi - \alpha E\langle\log w\rangle`, that of the probabilities of configurations.
    energy : float or array
        Fraction of violated patterns, :math:`e = -\frac1\alpha\partial_\beta\Phi`; of weighted patterns their mean cost
        :math:`-E\langle\log w\rangle`.
    q, q_hat : float or array
        Overlap between two solutions and its conjugate.
    mean_square, mean_square_hat : float or array
        Mean squared weight `Q` (1 unless weights are discrete) and its conjugate `c` (of spherical weights the
        multiplier :math:`1/(1-q)`, of binary ones 0).
    teacher_overlap, teacher_overlap_hat : float or array
        Overlap `R` with the teacher and its conjugate (0 for random labels).
    stability : float or array
        De Almeida-Thouless stability
        :math:`1 - \alpha\int D\mu\,(\ell'')^2\int Dz\,\mathrm{sech}^4(\sqrt{\hat q}z+\hat R)`, of other weights
        with :math:`E(g'')^2` for the last integral; the replica-symmetric saddle is locally stable where this is
        positive.
    error : float or array
        Bound on the numerical error of `entropy` and `free_entropy`: quadrature, rounding, and (at finite beta, where
        the entropy is not stationary) what the error of the overlaps changes.
    residual : float or array
        Residual of the saddle-point equations.
    status : Status or array of Status
    shift : float, array or None
        Of a mixture the shift `M` of its fields, given or free; None of other models.
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
    mean_square: ArrayLike
    mean_square_hat: ArrayLike
    teacher_overlap: ArrayLike
    teacher_overlap_hat: ArrayLike
    stability: ArrayLike
    error: ArrayLike
    residual: ArrayLike
    status: Any
    shift: ArrayLike | None = None

    def stability_distribution(self, h: ArrayLike) -> Array:
        r"""Probability density of the stabilities over typical solutions, at one (scalar) point.

        .. math:: p(h) = w(h)\int D\mu(z)\, e^{-\ell(\sqrt q z, \sqrt{Q-q})}\, G_{Q-q}(h - \sqrt q z)

        with :math:`w = 1` on the allowed set and :math:`e^{-\beta}` elsewhere (`Q` is `mean_square`); of a mixture
        the mean over its classes, each with its own stabilities :math:`y(\sqrt qz + M)`.

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
            If the result holds more than one point, or is of a few hidden units. (Of infinitely many it is the density
            of their output.)

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
        checked_units(self.model, ("infinite",))
        h = np.asarray(checked_real("h", h, FINITE))
        if isinstance(self.model, Mixture):
            shift = float(np.asarray(self.shift))
            parts = zip(self.model, class_constraints(self.model, shift), strict=True)
            return np.asarray(sum(p * self._density(one, c.output * h - shift) for c, (p, one) in parts))
        return self._density(self.model, h)

    def _density(self, model: Model, h: Array) -> Array:
        """The density for one kernel."""
        q, square = float(model.overlap_map.at(self.q)), float(self.mean_square)
        std = float(np.sqrt(square - q))
        # G_{Q-q}(h - sqrt(q) z) Dz = G_Q(h) Dv with z = (sqrt(q) h/sqrt(Q) + sqrt(Q-q) v)/sqrt(Q): nothing is steep.
        v, scale = rule(), np.sqrt(square)
        h = np.asarray(h / scale)
        z = (np.sqrt(q) * np.asarray(h)[..., None] + std * v.nodes) / scale
        values = np.exp(-model.log_kernel(np.sqrt(q) * z, std).log)
        if model.has_teacher:
            values *= teacher_weight(z, q, np.asarray(self.teacher_overlap) / np.sqrt(teacher_square(model)))
        boltzmann = np.exp(-np.asarray(model.beta))
        allowed = boltzmann + (1 - boltzmann) * model.acceptance(h * scale)
        density: Array = allowed * np.exp(-0.5 * h**2) / np.sqrt(2 * np.pi) * v.integrate(values) / scale
        return density


@overload
def replica_symmetric(
    model: Model, alpha: ArrayLike, *, digits: None = None, certified: Literal[False] = False
) -> ReplicaSymmetric: ...
@overload
def replica_symmetric(model: Model, alpha: ArrayLike, *, digits: int, certified: Literal[False] = False) -> Digits: ...
@overload
def replica_symmetric(
    model: Model, alpha: ArrayLike, *, digits: int | None = None, certified: Literal[True]
) -> Certificate: ...
def replica_symmetric(
    model: Model, alpha: ArrayLike, *, digits: int | None = None, certified: bool = False
) -> ReplicaSymmetric | Digits | Certificate:
    r"""Replica-symmetric saddle point of a model at load alpha (on the branch that starts at alpha = 0).

    At ``beta = inf`` the entropy is that of the solutions; at finite beta that of the configurations with the energy
    `e` (violated patterns per pattern). Fixed-point iteration, then Newton.

    Parameters
    ----------
    model : Model
        Its `kappa` and `beta` may be arrays; they broadcast with alpha.
    alpha : float or array
        Load, positive.
    digits : int, optional
        So many significant digits (1 to 1000) of ``entropy, q, q_hat, stability`` at one point, each confirmed by a
        second run at another quadrature and precision; intervals, binary weights and random labels at beta = inf.
        Loads and margins are the exact values of the doubles that are given.
    certified : bool
        Whether the entropy comes in a ball that is proved to hold it, of radius :math:`10^{-d}` nats with `digits` `d`
        (25 where none are given); see `Certificate` and :doc:`/theory/certified`. For one point of the binary
        perceptron with a margin from -2 to 3, or of an even constraint with q = 0. Needs python-flint.

    Returns
    -------
    ReplicaSymmetric, Digits or Certificate
        Floats for a scalar call, arrays of the broadcast shape otherwise. Above capacity the saddle point still exists
        but its entropy is negative: `status` is then ``"negative-entropy"``.

    Raises
    ------
    TypeError, ValueError
        If the model is none, alpha is not positive and finite, or the shapes do not fit; with `digits` or `certified`,
        if the model is none of those named there.
    ImportError
        If `certified` is set and python-flint is not installed.
    ConvergenceError
        In a scalar call without a saddle point (for random labels the branch ends at q = 1). In an array call such
        points are NaN with their status, and a ConvergenceWarning is issued once.

    Notes
    -----
    For an even constraint (`SymmetricBinaryPerceptron`) the saddle is q = 0, where the annealed entropy is exact, as
    long as that is stable; beyond (`UShapePerceptron`) it is the solution q > 0. A negative `stability` has the status
    ``"unstable"``, an error above 1e-7 (relative, for entropies above 1) ``"inaccurate-quadrature"``: so end low
    temperatures at loads where energy is left, at beta of some 1e4, as 1 - q falls like 1/beta.
    On the sphere a negative entropy is none of a failure (it is always negative, and q = 1 at capacity), and
    ``"unstable"`` says where replica symmetry fails, as it does for kappa < 0 before capacity.
    Quadrature: 241 nodes, doubled where the error estimate asks for it; about 0.1 ms a point in large arrays.

    Examples
    --------
    >>> from replica_theory import BinaryPerceptron
    >>> point = replica_symmetric(BinaryPerceptron(kappa=0.0), alpha=0.5)
    >>> print(f"{point.entropy:.9f} {point.q:.9f}")
    0.314390067 0.322385363
    >>> print(replica_symmetric(BinaryPerceptron(kappa=0.0), alpha=0.5, digits=30).entropy)
    0.314390066855625118729105096452
    """
    checked_model(model, Model, any_weights=True, units=("infinite", "finite"), weighted=True, mixtures=True)
    digits = None if digits is None else checked_digits(digits)
    if checked_flag("certified", certified):
        load = checked_number("alpha", alpha, POSITIVE)
        return certified_entropy(model, load, lambda: _start_of(model, load), digits or DIGITS)
    if digits is not None:
        return _to_digits(model, checked_number("alpha", alpha, POSITIVE), digits)
    alpha = checked_alpha(alpha)
    scalar = all(np.ndim(v) == 0 for v in (alpha, model.kappa, model.beta))
    result = _remembered(model, float(alpha)) if scalar else _computed(model, alpha)
    report(result, "replica_symmetric", f"at alpha={alpha}")
    return result


def _to_digits(model: Model, alpha: float, digits: int) -> Digits:
    intervals_of(model, "replica_symmetric")
    return replica_symmetric_to_digits(model, alpha, _start_of(model, alpha), digits)


def _start_of(model: Model, alpha: float) -> float:
    """The conjugate overlap in double precision."""
    return float(np.asarray(replica_symmetric(model, alpha).q_hat))


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
    ``beta = inf`` this is :math:`\log 2 + \alpha\log P(h\ \mathrm{allowed})`. On the sphere 0 stands in the place of
    log 2, and for discrete weights it is the maximum of
    :math:`\frac12cQ + g(0, c) + \alpha\,\ell(0, \sqrt Q)` over :math:`c`, with :math:`Q = \langle w^2\rangle`.

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
    checked_model(model, Model, any_weights=True, units=("infinite", "finite"), weighted=True, mixtures=True)
    alpha = checked_alpha(alpha)
    points = at_loads(model, alpha)
    if model.weights.square is None:
        found = [_annealed_discrete(model.at(kappa=at["kappa"], beta=at["beta"]), at["alpha"]) for at in points]
        shaped: ArrayLike = points.shaped(np.array(found))
        return shaped
    if model.hidden == "finite" or model.is_mixture:
        log = points.shaped(unfelt(flat_model(model, points)).log)
    else:
        log = model.log_kernel(np.zeros(()), 1.0).log
    value = model.weights.log_measure + alpha * log
    return float(value) if np.ndim(value) == 0 else np.asarray(value)


def _annealed_discrete(model: Model, alpha: float) -> float:
    """The maximum over the mean squared weight, first on a grid of its conjugate."""
    rates = np.sinh(np.linspace(-6.0, 6.0, 241)) / model.weights.most_square

    def value(c: ArrayLike) -> Array:
        tilt = model.weights.tilt(np.zeros_like(np.asarray(c)), c)
        square = tilt.variance + tilt.mean**2
        std = np.sqrt(np.maximum(square, SHARP**2))
        return np.asarray(0.5 * c * square + tilt.log + alpha * unfelt_log(model, std))

    values = value(rates)
    k = int(np.clip(np.argmax(values), 1, len(rates) - 2))
    best = scipy.optimize.minimize_scalar(
        lambda c: -float(value(c)), bounds=(rates[k - 1], rates[k + 1]), method="bounded", options={"xatol": 1e-10}
    )
    return max(float(values.max()), -float(best.fun))


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
    even = model.is_even and model.weights.is_even
    start = np.tile(_start(model, even), (len(alpha), 1))
    if even and model.weights.square is None:
        found = _with_square(model, alpha, n, np.zeros(len(alpha)), np.arange(len(alpha)))
    else:
        found = solve_fixed_points(partial(_image, model, alpha, n), start)
    x, converged = found.x, found.converged
    if even:
        x, converged = _sign_broken(model, alpha, n, x, converged)
    cold = np.isfinite(np.ravel(model.beta)) & (~converged | (_width(model, x) < _COLD))
    if cold.any():
        x[cold], converged[cold] = _at_low_temperature(model, alpha, n, x, np.flatnonzero(cold))
    lost = ~converged | (np.isposinf(np.ravel(model.beta)) & (_width(model, x) < _LOST))
    x = np.where(lost[:, None], start, x)
    columns = _read_out(model, alpha, x, 2 * n - 1) | {"residual": found.residual}
    entropy = columns["entropy"] if model.weights.counts else np.zeros_like(alpha)
    columns["status"] = statuses(map(_status, entropy, columns["stability"], columns["error"]))
    columns["status"][lost] = Status.SADDLE_LOST
    columns["status"][lost & cold] = Status.MAX_ITERATIONS
    failed = np.array([not status.ok for status in columns["status"]], dtype=bool)
    for name in columns.keys() - {"status", "residual", "error"}:
        columns[name][failed] = np.nan
    columns["error"][lost] = np.nan
    return columns


def _start(model: Model, even: bool) -> list[float]:
    """Unknowns near those without patterns: (q, R, Q), without R for random labels, without Q where it is fixed."""
    mean, square = model.weights.moments
    overlap = 0.0 if even else mean**2 + 0.1 * (square - mean**2)
    return [overlap, *[overlap] * model.has_teacher, *[square] * (model.weights.square is None)]


def _sign_broken(
    model: Model, alpha: Array, n: int, x: Array, converged: NDArray[np.bool_]
) -> tuple[Array, NDArray[np.bool_]]:
    """Of an even constraint and even weights: the solution q > 0 where that of q = 0 is unstable."""

    def image(q: Array, index: NDArray[np.intp]) -> Array:
        if model.weights.square is not None:
            return _image(model, alpha, n, q[:, None], index)[:, 0]
        found = _with_square(model, alpha, n, q, index)
        moved = _image(model, alpha, n, found.x, index)[:, 0]
        return np.where(found.converged, moved, np.nan)

    most = model.weights.most_square
    scaled = sign_broken(lambda u, index: image(most * u, index) / most, _growth(model, alpha, x))
    broken = most * scaled
    grown = np.flatnonzero(~np.isnan(broken))
    x[grown, 0] = broken[grown]
    if model.weights.square is None and len(inside := grown[scaled[grown] < 1]):
        found = _with_square(model, alpha, n, broken[inside], inside)
        x[inside], converged[inside] = found.x, found.converged
    return x, converged & ~(scaled == 1.0) if model.weights.square is None else converged


def _with_square(model: Model, alpha: Array, n: int, q: Array, index: NDArray[np.intp]) -> FixedPoints:
    """Rows (q, Q) with the mean squared weight that belongs to a given overlap, random labels."""

    def image(square: Array, rows: NDArray[np.intp]) -> Array:
        return _image(model, alpha, n, np.column_stack([q[rows], square]), index[rows])[:, 1:]

    square = model.weights.moments[1]
    found = solve_fixed_points(image, np.maximum(square, q + 0.1 * square)[:, None])
    return replace(found, x=np.column_stack([q, found.x]))


def _at_low_temperature(
    model: Model, alpha: Array, n: int, x: Array, index: NDArray[np.intp]
) -> tuple[Array, NDArray[np.bool_]]:
    """The same in log(Q - q), which tends to 0 like the temperature where energy is left."""
    free = model.weights.square is None

    def unfolded(y: Array) -> Array:
        q = y[:, -1] - np.exp(y[:, 0]) if free else -np.expm1(y[:, 0])
        return np.column_stack([q, y[:, 1:]])

    def image(y: Array, rows: NDArray[np.intp]) -> Array:
        found, here, at = np.full_like(y, np.nan), index[rows], unfolded(y)
        inside = np.flatnonzero((_width(model, at) > 0) & _allowed(model, at))
        part = flat_slice(model, here[inside])
        rests = model.weights.rests(*_hats(part, alpha[here[inside]], at[inside], n), n=n)
        # 1 - q that underflows is no solution.
        log = np.log(np.where(rests.rest > 0, rests.rest, np.nan))
        found[inside] = _unknowns(model, Orders(log, rests.r, rests.square))
        return found

    near = _width(model, x[index])
    most = 1.0 if model.weights.square is not None else x[index, -1]
    guess = np.where((near > 0) & (near < most), near, most / (1 + np.ravel(model.beta)[index]))
    found = solve_fixed_points(image, np.column_stack([np.log(guess), x[index, 1:]]), tol=1e-12)
    return unfolded(found.x), found.converged


def _status(entropy: float, stability: float, error: float) -> Status:
    return Status.of(entropy, stability=stability, error=error, tolerance=_POOR * max(1.0, abs(entropy)))


def _image(model: Model, alpha: Array, n: int, x: Array, index: NDArray[np.intp]) -> Array:
    """One step of the iteration, rows of unknowns; NaN outside the domain."""
    image = np.full_like(x, np.nan)
    inside = np.flatnonzero((_width(model, x) > _CLOSEST) & _allowed(model, x))
    rows = index[inside]
    hats = _hats(flat_slice(model, rows), alpha[rows], x[inside], n)
    fresh = overlaps(*hats, n=n, weights=model.weights)
    image[inside, 0] = fresh.q
    if model.has_teacher:
        image[inside, 1] = fresh.r
    if model.weights.square is None:
        image[inside, -1] = fresh.square
    return image


def _read_out(model: Model, alpha: Array, x: Array, n: int) -> dict[str, Any]:
    orders, hats = _orders(model, x), _hats(model, alpha, x, n)
    reading = read(model, alpha, orders, hats, n)
    entropy = reading.free_entropy + reading.heat - reading.log_prior
    error = reading.error + reading.heat_error
    # Unlike free entropy, entropy is not stationary in the overlaps: their errors count.
    moved = np.abs(_unknowns(model, reading.image) - x).max(axis=1) / _width(model, x)
    slack = np.ravel(cost_rate(model)) * alpha * moved
    error += _STEEPEST * slack
    rough = np.flatnonzero((slack > _ROUNDING) & (x[:, 0] > 0))
    if len(rough):
        error[rough] += _heat_shift(flat_slice(model, rough), alpha[rough], x[rough], n) - _STEEPEST * slack[rough]
    ones = np.ones_like(alpha)
    shift = {"shift": best_shift(model, orders.q, orders.square, n)} if isinstance(model, Mixture) else {}
    return shift | {
        "entropy": entropy,
        "free_entropy": reading.free_entropy,
        "energy": reading.energy,
        "q": orders.q.copy(),
        "q_hat": hats.q.copy(),
        "mean_square": orders.square * ones,
        "mean_square_hat": hats.c * ones,
        "teacher_overlap": orders.r.copy(),
        "teacher_overlap_hat": hats.r.copy(),
        "stability": reading.stability,
        "error": error,
    }


def _heat_shift(model: Model, alpha: Array, x: Array, n: int) -> Array:
    """What the entropy would change if this rule found the overlaps."""

    def at(y: Array) -> tuple[Array, Array]:
        reading = read(model, alpha, _orders(model, y), _hats(model, alpha, y, n), n)
        return reading.heat, _unknowns(model, reading.image)

    heat, image = at(x)
    # Into the domain: q towards the middle, R down, Q up.
    sizes = Orders(x[:, 0] * _width(model, x), -x[:, -1 if model.weights.square is not None else 1], x[:, -1])
    steps = 1e-5 * _unknowns(model, sizes)
    beside = [at(x + steps * unit) for unit in np.eye(x.shape[1])]
    gradient = np.stack([shifted - heat for shifted, _ in beside], axis=1) / steps
    jacobian = np.stack([moved - image for _, moved in beside], axis=2) / steps[:, None, :]
    change = np.linalg.solve(np.eye(x.shape[1]) - jacobian, (image - x)[:, :, None])[:, :, 0]
    return np.asarray(np.abs(gradient * change).sum(axis=1))


def _growth(model: Model, alpha: Array, x: Array) -> Array:
    r"""Factor :math:`\alpha[\ell''(0, \sqrt Q)Q]^2` by which a small overlap of an even constraint grows."""
    square = np.broadcast_to(_orders(model, x).square, alpha.shape)
    at = np.zeros((len(alpha), 1)), np.sqrt(square)[:, None]
    parts = class_constraints(model) if isinstance(model, Mixture) else ((1.0, model),)
    curvature = sum(p * one.log_kernel(*at).d2[:, 0] ** 2 for p, one in parts)
    return np.asarray(alpha * curvature * square**2)


def _orders(model: Model, x: Array) -> Orders:
    """Unknowns by name."""
    r = x[:, 1] if model.has_teacher else np.zeros(len(x))
    return Orders(x[:, 0], r, 1.0 if model.weights.square is not None else x[:, -1])


def _unknowns(model: Model, orders: Orders) -> Array:
    """Rows of unknowns."""
    kept = [orders.q]
    if model.has_teacher:
        kept.append(orders.r)
    if model.weights.square is None:
        kept.append(np.asarray(orders.square))
    return np.stack(kept, axis=1)


def _width(model: Model, x: Array) -> Array:
    """The variance Q - q of a field inside one cluster of solutions."""
    most = 1.0 if model.weights.square is not None else x[:, -1]
    return most - x[:, 0]


def _allowed(model: Model, x: Array) -> NDArray[np.bool_]:
    """Whether overlaps can be what they are."""
    if not model.has_teacher:
        return np.asarray(x[:, 0] >= 0)
    # Students disagree with a teacher most of whose labels are inverted.
    return np.asarray(((x[:, 1] >= 0) | model.is_mixture) & (x[:, 0] >= x[:, 1] ** 2 / teacher_square(model)))


def _hats(model: Model, alpha: Array, x: Array, n: int) -> Conjugates:
    return at_load(model, alpha, conjugates(model, *_orders(model, x), n=n))


__all__ = ["ReplicaSymmetric", "annealed_entropy", "replica_symmetric"]
