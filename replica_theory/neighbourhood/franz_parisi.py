r"""Franz-Parisi entropy: solutions at distance `d` from a typical reference (Huang and Kabashima 2014).

A reference :math:`\tilde W` is drawn from the equilibrium measure of its own model (margin :math:`\tilde\kappa`,
inverse temperature :math:`\tilde\beta`); its replica-symmetric overlap is :math:`\tilde q`, the conjugate
:math:`\hat{\tilde q}`. The probe at overlap `t` has probe-probe overlap `q` and overlap :math:`t_0` with other
references:

.. math:: \Phi = \mathrm{extr}\big\{-\tfrac12\hat q(1-q) - t\hat t + t_0\hat t_0 + G_S + \alpha G_E\big\}.

Gaussian fields: :math:`k` of the reference (variance :math:`\tilde q`), :math:`h` of the probe (variance `q`,
covariance :math:`t_0`), and the reference's stability `s` (variance 1, covariances :math:`\tilde q` with `k`, `t` with
`h`). Then :math:`G_E = E\,[\Omega\,\ell(h)]`, where :math:`\Omega = e^{\tilde\ell(E[s|k,h],\,\mathrm{std}[s|k,h]) -
\tilde\ell(k, \sqrt{1-\tilde q})}` reweights by the reference's constraint, and :math:`G_S =
E[(1 + \tanh\sqrt{\hat{\tilde q}}z_1)\log 2\cosh(\sqrt{\hat q}u + \hat t - \hat t_0)]` with correlation
:math:`\hat t_0/\sqrt{\hat q\hat{\tilde q}}` between `z_1` and `u`. Both integrals run over a coordinate in which the
kernel is steep as d → 0 and an orthogonal one in which nothing is.

Of weights of other kinds :math:`G_S = E\,g(\sqrt{\hat q}u + (\hat t-\hat t_0)\tilde W, c)` with the reference's
weight :math:`\tilde W` in its own field (in closed form on the sphere), the widths are :math:`\sqrt{Q-q}` and
:math:`\sqrt{\tilde Q-\tilde q}`, and :math:`+\frac12cQ` is added. Distances are those of the directions,
:math:`t = (1-2d)\sqrt{Q\tilde Q}`: where `Q` is free, its conjugate is
:math:`c = -\alpha E\ell'' + \gamma t/Q` at a given distance (the last term belongs to the norm in `t`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import overload

import numpy as np
import scipy

from replica_theory.arguments import (
    AWAY,
    POSITIVE,
    checked_alpha,
    checked_distance,
    checked_model,
    checked_number,
    checked_unweighted,
)
from replica_theory.certified.around_typical import franz_parisi_to_digits
from replica_theory.certified.multiprecision import Digits, checked_digits, intervals_of
from replica_theory.models.committee import TreeCommittee
from replica_theory.models.mixture import Mixture, same_classes
from replica_theory.models.model import LOG_SQRT_2PI, SHARP, Model, heat
from replica_theory.models.overlap_map import OverlapMap
from replica_theory.numerics.binary import binary_entropy
from replica_theory.numerics.branches import BranchPoint, follow_branch
from replica_theory.numerics.progress import alive
from replica_theory.numerics.squeezing import squeezed
from replica_theory.replicas.committee_probe import require_few
from replica_theory.replicas.probe import (
    RESOLUTIONS,
    Setting,
    decode,
    energetic,
    probe_at_typical,
    probe_overlap,
    ratio,
    residual,
    scale,
    weights_in,
)
from replica_theory.results.curve import AT_REFERENCE, EXCLUDED, FAILED, INACCURATE, EntropyCurve, Row, assemble
from replica_theory.results.grid import broadcast, by_setting
from replica_theory.status import ConvergenceError, Status, report, silenced
from replica_theory.typical.replica_symmetric import ReplicaSymmetric, replica_symmetric
from replica_theory.typing import Array, ArrayLike

_TOLERANCE = 1e-9
"""Estimated quadrature error above which a point is solved again with more nodes."""
_SMALLEST_DISTANCE = 1e-7
_NONE = 1e-100
"""Distance that counts as 0 in the planted bound: squares of what is measured in its root overflow."""
_BEYOND = 40.0
"""Where a Gaussian density underflows."""
_AT_TYPICAL = 1e-13
"""Distance in rapidity from the typical one below which a point counts as typical (an error of its square)."""
_RESOLVED = 0.002
"""Resolution in rapidity of the end of a branch."""
_DEPARTURE = 0.02
"""Size in rapidity of the first step away from the typical distance."""


@overload
def franz_parisi(
    model: Model, alpha: ArrayLike, distance: ArrayLike, *, reference: Model | None = None, digits: None = None
) -> EntropyCurve: ...
@overload
def franz_parisi(
    model: Model, alpha: ArrayLike, distance: ArrayLike, *, reference: Model | None = None, digits: int
) -> Digits: ...
def franz_parisi(
    model: Model,
    alpha: ArrayLike,
    distance: ArrayLike,
    *,
    reference: Model | None = None,
    digits: int | None = None,
) -> EntropyCurve | Digits:
    r"""Franz-Parisi entropy of the solutions at given distances from a typical solution.

    .. math:: S(d) = \lim_{N\to\infty}\frac1N E\log \mathcal N_{\tilde W}(d), \qquad d = (1 - t)/2,

    with :math:`\mathcal N_{\tilde W}(d)` the number of solutions at Hamming distance `dN` from a reference drawn
    uniformly from the solutions (or from the equilibrium measure of `reference`), replica symmetric.

    Parameters
    ----------
    model : Model
        Constraint on the probe, of any weights; at finite `beta` it is thermal and `entropy` is that of the
        configurations at the energy ``overlaps["energy"]``. A hidden layer has infinitely many units, or 1 or 3.
    alpha, distance : float or array
        Load, and distances in [0, 1/2]; they broadcast with each other and with the models' parameters.
    reference : Model, optional
        Model of the reference, of the same class and weights; the probe's own by default. One of a larger margin gives
        the solutions around solutions of that margin.
    digits : int, optional
        So many significant digits of ``entropy, slope, q, q_hat, t0, t0_hat, t_hat, q_ref`` at one point, each
        confirmed by a second run; intervals whose solutions overlap, binary weights and random labels at beta = inf.
        The integrals are of two dimensions: 16 digits take a quarter of a minute, much longer for references of a
        larger margin, close to which the integrands are steep.

    Returns
    -------
    EntropyCurve or Digits
        `slope` is :math:`dS/dd = 2\gamma + \beta\alpha\,de/dd` (:math:`2\gamma` is that of the free entropy), infinite
        at d = 0, where the entropy is 0, or -inf if the reference is not allowed. `overlaps` holds ``q, q_hat, t0,
        t0_hat, t_hat, gamma, q_ref, energy, free_entropy`` and ``replicon``, positive where the replica-symmetric
        saddle is stable (see `local_entropy`).
        Points with negative entropy (typical solutions are isolated there) have status ``"negative-entropy"``, those
        whose replicon, or that of the references, is negative ``"unstable"``, and all of them ``"no-reference"`` where
        the entropy of the references themselves is negative. On the sphere entropies are logarithms of volumes and say
        nothing of the kind: they are negative, and :math:`-\infty` at d = 0. Where the mean squared weight is free,
        `overlaps` has it and its conjugate as ``mean_square, mean_square_hat, mean_square_ref``, distances are
        :math:`d = (1 - t/\sqrt{Q\tilde Q})/2`, and `slope` is :math:`2\gamma\sqrt{Q\tilde Q}`. Of a `Mixture` it has
        the shifts of probe and reference, ``shift, shift_ref``, each free or given as its own model has it.

    Raises
    ------
    ValueError
        If alpha is not positive, a distance lies outside [0, 1/2], or model and reference are of different
        classes or weights.
    ConvergenceError
        In a scalar call that finds no saddle point; in array calls such points are NaN and warned of once.

    Notes
    -----
    The curve starts at the typical distance between solution and reference, where it equals the replica-symmetric
    entropy, and is continued from there in log(d/(1 - d)); about 10 ms a distance. Doubled quadrature agrees to 1e-8
    down to d = 1e-4. Overlaps between references below 1e-11 count as zero.

    For references of the same margin the replica-symmetric saddle ends at a distance :math:`d_*(\alpha) > 0`, inside
    the region of negative entropy, where the probes freeze (q → 1): :math:`d_* = 4.5\cdot10^{-4}` at alpha = 0.5,
    kappa = 0. Points below it have status ``"saddle-lost"``.

    Examples
    --------
    >>> from replica_theory import BinaryPerceptron
    >>> curve = franz_parisi(BinaryPerceptron(), alpha=0.5, distance=0.1)
    >>> print(f"{curve.entropy:.6f}")
    0.164659
    """
    checked_model(model, Model, "franz_parisi", random_labels=True, any_weights=True,
                  units=("infinite", "finite"), mixtures=True, instead="around_teacher")  # fmt: skip
    require_few(model)
    alpha, distance, center = checked_alpha(alpha), checked_distance(distance), _checked_reference(model, reference)
    if digits is not None:
        return _to_digits(model, center, alpha, distance, checked_digits(digits))
    points = broadcast(alpha=alpha, distance=distance, kappa=model.kappa, beta=model.beta,
                       kappa_ref=center.kappa, beta_ref=center.beta)  # fmt: skip

    def solve(at: Mapping[str, float], distances: Array) -> list[Row]:
        probe = model.at(kappa=at["kappa"], beta=at["beta"])
        return franz_parisi_rows(probe, center.at(kappa=at["kappa_ref"], beta=at["beta_ref"]), at["alpha"], distances)

    with alive("Franz-Parisi entropy"):
        rows = by_setting(points, "distance", solve)
    label = f"Franz-Parisi, alpha = {alpha}" if np.ndim(alpha) == 0 else ""
    asked = {"function": "franz_parisi", "reference": center}
    more = *(_SQUARES if model.weights.square is None else ()), *(_SHIFTS if model.is_mixture else ())
    names = (*_OVERLAPS, *more, "fold")
    curve = assemble(rows, points, label, names=names, replicas=False, model=model, settings=asked)
    report(curve, "franz_parisi", f"at distance {distance}")
    return curve


def _to_digits(model: Model, center: Model, alpha: ArrayLike, distance: ArrayLike, digits: int) -> Digits:
    """The numbers at one point, from those of double precision on."""
    load, near = checked_number("alpha", alpha), checked_number("distance", distance, AWAY)
    for one in (model, center):
        intervals_of(one, "franz_parisi")
    curve = franz_parisi(model, load, near, reference=center)
    start = {name: float(np.asarray(value)) for name, value in curve.overlaps.items()}
    start["q_ref_hat"] = float(np.asarray(replica_symmetric(center, load).q_hat))
    return franz_parisi_to_digits(model, center, load, near, start, digits)


def minimum_distance(model: Model, alpha: float, *, reference: Model | None = None) -> float:
    r"""Distance :math:`d_{\min}` below which the Franz-Parisi entropy is negative: no solution is typically closer.

    Parameters
    ----------
    model, reference : Model
        As in `franz_parisi`, scalar parameters.
    alpha : float
        Load.

    Returns
    -------
    float
        The largest root of :math:`S(d) = 0` below the typical distance; 0.0 if the entropy stays positive down to
        d = 1e-6 (e.g. a reference of larger margin).

    Raises
    ------
    TypeError, ValueError
        For a bad argument, or an array of parameters.
    ConvergenceError
        If the replica-symmetric entropy itself is negative (alpha above capacity), that of the references is (they do
        not exist), or a saddle point is lost.

    Examples
    --------
    >>> from replica_theory import BinaryPerceptron
    >>> round(minimum_distance(BinaryPerceptron(), 0.5), 5)
    0.007
    """
    checked_model(model, Model, "minimum_distance", single=True, random_labels=True, weights=("binary", "discrete"),
                  units=("infinite", "finite"), mixtures=True)  # fmt: skip
    require_few(model)
    alpha, center = checked_number("alpha", alpha, POSITIVE), _checked_reference(model, reference)
    typical = replica_symmetric(model, alpha)
    if float(typical.entropy) < 0:
        raise ConvergenceError(f"no minimum distance at alpha={alpha}: {Status.NEGATIVE_ENTROPY.sentence}", typical)
    around = typical if center == model else replica_symmetric(center, alpha)
    if float(around.entropy) < 0:
        raise ConvergenceError(f"no minimum distance at alpha={alpha}: {Status.NO_REFERENCE.sentence}", around)
    grid = np.geomspace(0.5 * (1 - float(typical.q)), 1e-6, 40)
    for _ in range(3):  # below the root the branch may end
        rows = franz_parisi_rows(model, center, alpha, grid, patient=False)
        entropy, slope = np.array([(row.entropy, row.slope) for row in rows]).T
        negative = np.flatnonzero(entropy < 0)
        if not len(negative) and all(row.status.ok for row in rows):
            return 0.0
        if not len(negative):
            with silenced():
                curve = franz_parisi(model, alpha, grid, reference=center)
            raise ConvergenceError(f"minimum distance at alpha={alpha}: {Status.SADDLE_LOST.sentence}", curve)
        k = int(negative[0])
        fit = scipy.interpolate.CubicHermiteSpline(grid[[k, k - 1]], entropy[[k, k - 1]], slope[[k, k - 1]])
        root = float(fit.roots(extrapolate=False)[-1])
        grid = np.unique(np.clip(root * np.array([1.001, 1.0, 0.999]), grid[k], grid[k - 1]))[::-1]
    return root


def planted_bound(model: Model, alpha: ArrayLike, distance: ArrayLike) -> Array:
    r"""First-moment bound :math:`H_2(d) + \alpha\log P(h\,\mathrm{allowed}\mid\tilde h\,\mathrm{allowed})`.

    The exponent of the mean number of solutions at distance `d` from a planted reference,
    :math:`\log E\,\mathcal N`; by Jensen's inequality it is never below the Franz-Parisi entropy
    :math:`E\log\mathcal N` of an even constraint (whose reference has :math:`\tilde q = 0`). It is also the `y = 1`
    point of the large-deviation theory there.

    Parameters
    ----------
    model : Model
        At beta = inf.
    alpha, distance : float or array

    Returns
    -------
    array
        Nats per weight.

    Raises
    ------
    ValueError
        If alpha is not positive, a distance lies outside [0, 1/2], or beta is finite.

    Examples
    --------
    >>> from replica_theory import SymmetricBinaryPerceptron
    >>> print(f"{planted_bound(SymmetricBinaryPerceptron(1.0), 1.0, 0.1):.6f}")
    0.128344
    """
    checked_model(model, Model, "planted_bound", hard=True)
    alpha, distance = checked_alpha(alpha), checked_distance(distance)
    broadcast(alpha=alpha, distance=distance, kappa=model.kappa)
    d, kappa = np.broadcast_arrays(np.asarray(distance, dtype=float), np.asarray(model.kappa))
    single = model.log_probability(np.zeros(()), 1.0).log
    pair = np.array(np.broadcast_to(single, d.shape))
    soft = model.at(kappa=float(kappa.flat[0])).allowed_intervals is None if d.size else False
    away = (d > _NONE) | soft  # at d = 0 both stabilities are one and the same: allowed, if the first is
    if away.any():
        pair[away] = _log_pair(model, soft, d[away], kappa[away])
    return np.asarray(binary_entropy(distance) + alpha * (pair - single))


def _log_pair(model: Model, soft: bool, d: Array, kappa: Array) -> Array:
    """Logarithm of the probability that both of two stabilities of correlation 1 - 2d are allowed (d > 0, or soft)."""
    std = np.maximum(2 * np.sqrt(d * (1 - d)), SHARP if soft else 0.0)

    def accepted(h: Array, kappa: Array) -> Array:
        return model.at(kappa=kappa).acceptance(h)

    def log_density(h: Array, d: Array, std: Array, kappa: Array) -> Array:
        conditional = model.at(kappa=kappa).log_probability((1 - 2 * d) * h, std).log
        return np.asarray(conditional - 0.5 * h**2 - LOG_SQRT_2PI)

    def density(u: Array, origin: Array, share: Array, top: Array, d: Array, std: Array, kappa: Array) -> Array:
        weight = accepted(origin + u, kappa) if soft else share
        return np.asarray(weight * np.exp(log_density(origin + u, d, std, kappa) - top))

    # It is largest at an edge or at 0, up to tails; there alone it may underflow.
    edges = [np.broadcast_to(np.asarray(edge, dtype=float), d.shape) for edge in model.at(kappa=kappa).edges]
    with np.errstate(divide="ignore"):
        heights = [log_density(h, d, std, kappa) + np.log(accepted(h, kappa)) for h in (*edges, np.zeros(d.shape))]
    top = np.max(heights, axis=0)
    top = np.where(np.isfinite(top), top, 0.0)
    # Piece by piece between the edges, from their ends on: those of a thin set are one number beside their distance
    # from 0. What is allowed in the middle of a piece is so in all of it, unless the constraint is soft.
    zero = np.zeros(d.shape)
    far = _BEYOND + np.abs(np.array([edges[0], edges[-1]]))
    pieces = [(-far[0], zero, edges[0], edges[0] - 1), (zero, far[1], edges[-1], edges[-1] + 1)]
    pieces += [(zero, b - a, a, 0.5 * (a + b)) for a, b in pairwise(edges)]
    total = zero
    for low, high, origin, middle in pieces:
        share = accepted(middle, kappa)
        if soft or share.any():
            args = (origin, share, top, d, std, kappa)
            total = total + scipy.integrate.tanhsinh(density, low, high, args=args, rtol=1e-12).integral
    return np.asarray(top + np.log(total))


def _checked_reference(model: Model, reference: Model | None) -> Model:
    """The model of the reference, the probe's own by default."""
    center = model if reference is None else reference
    if isinstance(center, Model):
        checked_unweighted(center, "reference")
    if type(center) is not type(model):
        raise ValueError(f"reference must be a {type(model).__name__} like the model; got {type(center).__name__}")
    if _layer(center) != _layer(model):
        raise ValueError(f"reference must have the hidden layer of the model, {model!r}; got {center!r}")
    if isinstance(center, Mixture) and isinstance(model, Mixture) and not same_classes(center, model):
        raise ValueError(f"reference must have the classes of the model, {model!r}, but for margins; got {center!r}")
    if center.weights != model.weights:
        raise ValueError(f"reference must have the weights of the model, {model.weights!r}; got {center.weights!r}")
    if model.has_teacher:
        raise ValueError("franz_parisi takes random labels (BinaryPerceptron, SymmetricBinaryPerceptron)")
    return center


def _layer(model: Model) -> tuple[OverlapMap, float]:
    """What stands between weights and constraint: how overlaps look to it, and how many units there are."""
    return model.overlap_map, model.units if isinstance(model, TreeCommittee) else np.inf


_OVERLAPS = ("q", "q_hat", "t0", "t0_hat", "t_hat", "gamma", "q_ref", "energy", "free_entropy", "replicon")
_SQUARES = ("mean_square", "mean_square_hat", "mean_square_ref")
"""Where the mean squared weight is free."""
_SHIFTS = ("shift", "shift_ref")
"""Of a mixture."""


def franz_parisi_rows(
    probe: Model, reference: Model, alpha: float, distances: Array, *, patient: bool = True
) -> list[Row]:
    """The points at one setting, each at the first resolution that meets the tolerance; nothing raised or warned of.

    With `patient` a point that the coarsest rule loses is tried once more.
    """
    try:
        typical = replica_symmetric(reference, alpha)
        alone = typical if reference == probe else replica_symmetric(probe, alpha)
    except ConvergenceError:
        return [FAILED] * len(distances)
    setting = Setting.around(probe, reference, alpha, typical)
    rows: list[Row] = [FAILED] * len(distances)
    todo = np.arange(len(distances))
    for nodes, finer in pairwise(RESOLUTIONS):
        setting = replace(setting, nodes=nodes)
        for k, row in zip(todo, _follow(setting, alone, distances[todo], finer), strict=True):
            rows[k] = row
        # Where the probes freeze, 1 - q is so small that the coarsest rule loses the branch before it ends.
        lost = {k for k in todo if not rows[k].status.ok and distances[k] >= _SMALLEST_DISTANCE}
        again = lost if patient and nodes == RESOLUTIONS[0] else set()
        todo = np.array([k for k in todo if rows[k].error > _TOLERANCE or k in again], dtype=int)
        if not len(todo):
            break
    return [_judged(row, typical, probe.weights.counts) if row.status.ok else row for row in rows]


def _judged(row: Row, typical: ReplicaSymmetric, counts: bool) -> Row:
    """The row with its status, by its numbers and those of the references (whose entropies count or do not)."""
    stability = float(np.fmin(row.overlaps.get("replicon", np.nan), float(typical.stability)))
    entropies = (row.entropy, float(typical.entropy)) if counts else (0.0, 0.0)
    status = Status.of(entropies[0], error=row.error, stability=stability, reference=entropies[1], tolerance=INACCURATE)
    return row._replace(status=status)


def _follow(setting: Setting, alone: ReplicaSymmetric, distances: Array, finer: tuple[int, int]) -> list[Row]:
    """Continue from the typical distance to every other one, in the rapidity log(d/(1 - d))."""
    t_typical = probe_at_typical(setting, alone)
    if not np.isfinite(t_typical):
        return [FAILED] * len(distances)
    unit, q, square = scale(setting), float(alone.q), float(alone.mean_square)
    at_typical = np.array([t_typical / unit, (q - ratio(t_typical**2, setting.q_ref)) / unit, 0.0])
    if setting.free_square:
        at_typical = np.append(at_typical, square)
    t_typical = t_typical / float(np.sqrt(square * setting.square_ref))
    typical = _rapidity(0.5 * (1 - t_typical))

    def along(x: Array, rapidity: float) -> Array:
        return residual(setting, x, -float(np.tanh(0.5 * rapidity)))

    wanted = [_rapidity(float(d)) for d in np.unique(distances[distances >= _SMALLEST_DISTANCE])]
    solved = {p: BranchPoint(p, at_typical, Status.CONVERGED) for p in wanted if abs(p - typical) < _AT_TYPICAL}
    below = [p for p in wanted[::-1] if p < typical and p not in solved]
    above = [p for p in wanted if p > typical and p not in solved]
    for branch, side in ((below, -1.0), (above, 1.0)):
        if branch:
            origin = branch[0] if abs(branch[0] - typical) < _DEPARTURE else typical + side * _DEPARTURE
            start = _depart(setting, at_typical, t_typical, -float(np.tanh(0.5 * origin)))
            for point in follow_branch(along, start, origin, branch, max_step=0.25, min_step=_RESOLVED):
                solved[point.parameter] = point
    return [_point(replace(setting, nodes=finer), d, solved) for d in distances]


def _point(setting: Setting, distance: float, solved: dict[float, BranchPoint]) -> Row:
    if distance < _SMALLEST_DISTANCE:
        return _at_reference(setting) if distance == 0 else Row(Status.OUT_OF_RANGE)
    point = solved[_rapidity(float(distance))]
    if not point.status.ok:
        return Row(point.status, overlaps={"fold": 0.5 * (1 + float(np.tanh(0.5 * point.fold)))})
    row = _read_out(setting, point.x, 1 - 2 * distance)
    if (np.isposinf(setting.probe.beta) and not setting.probe.weights.has_prior) or not row.status.ok:
        return row
    return row._replace(slope=row.slope + _heat_slope(setting, point))


def _heat_slope(setting: Setting, point: BranchPoint) -> float:
    """What the slope of the entropy exceeds that of the free entropy by, by solving on both sides."""
    typical = point.x[2] == 0  # where the equations are singular
    heats, distances, h = [], [], 0.5 * _DEPARTURE if typical else 1e-4
    for side in (point.parameter - h, point.parameter + h):
        t = -float(np.tanh(0.5 * side))
        start, origin = point.x, point.parameter
        if typical:
            start, origin = _depart(setting, point.x, -float(np.tanh(0.5 * origin)), t), side
        beside = follow_branch(lambda x, p: residual(setting, x, -float(np.tanh(0.5 * p))), start, origin,
                               [side], max_step=h)[0]  # fmt: skip
        row = _read_out(setting, beside.x, t) if beside.status.ok else FAILED
        heats.append(row.entropy - row.overlaps.get("free_entropy", np.nan))
        distances.append(0.5 * (1 - t))
    return float((heats[1] - heats[0]) / (distances[1] - distances[0]))


def _rapidity(distance: float) -> float:
    r"""log(d/(1 - d)) = -2 atanh t: log d near the reference, -2t near d = 1/2."""
    return float(np.log(distance) - np.log1p(-distance))


def _depart(setting: Setting, at_typical: Array, t_typical: float, t: float) -> Array:
    """Approximate solution a little off the typical distance, by damped iteration.

    At the typical distance itself the probe's field is the reference's (c = 0) and the Jacobian changes fast.
    """
    shift = t - t_typical
    unit = max(scale(setting), 0.3)  # t0 and the variance fall in proportion to it once overlaps are small
    rise, gain = _rise(setting, at_typical, t_typical)
    x: Array = at_typical.copy()
    x[:3] += np.array([0.1 * shift / unit, 0.25 * shift**2 / unit, 0.0])
    binary = setting.probe.weights.name == "binary"
    x[2] = rise * shift if binary else squeezed(rise * shift)
    if setting.q_ref == 0:
        x[0] = 0.0
    for _ in range(40):
        step = residual(setting, x, t)
        if not np.isfinite(step).all():
            break
        variance = x[1]
        x += np.array([0.3, 0.3, -gain * (1.0 if binary else (1 - abs(float(x[2]))) ** 2), 0.3])[: len(x)] * step
        x[1] = max(x[1], 0.5 * variance)
    return x


def _rise(setting: Setting, at_typical: Array, t_typical: float) -> tuple[float, float]:
    """How fast the coupling field grows with the overlap, and by what share of a lack of overlap to raise it."""
    if setting.probe.weights.name == "binary":
        return 1.6, 0.6
    at = decode(setting, at_typical, t_typical)
    rise = 1 / ((setting.square_ref - setting.q_ref) * (at.square - probe_overlap(setting, at)))
    return 0.8 * rise, 0.3 * rise


def _read_out(setting: Setting, x: Array, cosine: float) -> Row:
    at = decode(setting, x, cosine)
    q, t0 = probe_overlap(setting, at), at.t - at.gap
    forces = energetic(setting, at)
    spins = weights_in(setting, at, forces)
    t_hat = at.mu + forces.t0_hat
    linear = -0.5 * forces.q_hat * (at.square - q) - at.t * t_hat + t0 * forces.t0_hat + 0.5 * spins.c * at.square
    free = linear + spins.value + setting.alpha * forces.value
    entropy = free + heat(setting.probe, setting.alpha, forces.energy) - spins.log_prior
    gamma = t_hat - forces.slope
    replicon = 1 - setting.alpha * forces.curvature * spins.curvature
    values = (q, forces.q_hat, t0, forces.t0_hat, t_hat, gamma, setting.q_ref, forces.energy, free, replicon)
    overlaps = dict(zip(_OVERLAPS, values, strict=True))
    if setting.free_square:
        overlaps |= dict(zip(_SQUARES, (at.square, spins.c, setting.square_ref), strict=True))
    if setting.probe.is_mixture:
        overlaps |= dict(zip(_SHIFTS, (forces.shift, setting.shift_ref), strict=True))
    slope = 2 * gamma * float(np.sqrt(at.square * setting.square_ref))
    error = spins.error + setting.alpha * forces.error
    return Row(Status.CONVERGED, entropy, slope, error=error, overlaps=overlaps)


def _at_reference(setting: Setting) -> Row:
    """The limit d = 0: the reference alone."""
    overlaps = dict.fromkeys(_OVERLAPS, np.nan) | {"q": 1.0, "t0": setting.q_ref, "q_ref": setting.q_ref}
    thermal = np.isfinite(setting.probe.beta)
    allowed = thermal or (np.isposinf(setting.reference.beta) and bool(setting.probe.contains(setting.reference)))
    if allowed and not setting.probe.weights.counts:  # no volume is left
        return AT_REFERENCE._replace(entropy=-np.inf, overlaps=overlaps)
    return (AT_REFERENCE if allowed else EXCLUDED)._replace(overlaps=overlaps)
