r"""Robust ensemble: `y` replicas attracted to a common reference by a soft coupling (PNAS 113, E7655).

.. math:: Z = \sum_{\tilde W}\Big[\sum_W e^{-\beta E(W) + \gamma W\cdot\tilde W}\Big]^y, \qquad
   \varphi_{\rm RE}(\gamma) = \lim\tfrac1N E\log Z = \max_t\,[\varphi(y, t) + y\gamma t],

the Legendre transform of the theory of a free reference at fixed distance: the same functional with the conjugate of
the overlap given, :math:`\hat t = \gamma`, and without its linear term :math:`-yt\hat t`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, NamedTuple

import numpy as np

from replica_theory.arguments import NON_NEGATIVE, checked_alpha, checked_model, checked_real
from replica_theory.models.model import Model, heat
from replica_theory.numerics.branches import BranchPoint, follow_branch
from replica_theory.numerics.interpolation import polynomial_weights
from replica_theory.replicas.finite_y import Energetic, Entropic, Overlaps, System, energetic, entropic
from replica_theory.results.curve import INACCURATE
from replica_theory.results.grid import GridResult, broadcast, by_setting
from replica_theory.results.quantities import ROBUST
from replica_theory.status import ConvergenceError, Status, report, statuses
from replica_theory.typical.replica_symmetric import ReplicaSymmetric, replica_symmetric
from replica_theory.typing import Array, ArrayLike

_FIRST, _FIRST_FIELD = 0.02, 0.1
"""Smallest coupling, and field y gamma on the reference, at which the integrals are done: closer to zero q1 - q0 is
lost in rounding, and everything is a polynomial in gamma squared."""
_EASY_Y = 2.0
"""Up to this y the coupling can be raised from zero; larger ones are raised from here at one coupling."""
_STEP = 0.25
"""In log gamma."""
_RESOLVED = 0.002
_HAIR = 1e-3
"""A branch is entered this far before its first target, so that the target itself is solved for."""
_COLUMNS = (
    "free_entropy", "overlap", "energy", "local_entropy", "complexity", "q0", "q1", "q0_hat", "q1_hat",
    "mean_square", "mean_square_ref", "error", "residual", "stability",
)  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class RobustEnsemble(GridResult):
    r"""Replica-symmetric saddle point of `y` replicas coupled to a free reference.

    All values have the broadcast shape of `alpha`, `gamma`, `y` and the model's parameters (floats for scalars);
    points without a saddle are NaN and their `status` says why.

    Attributes
    ----------
    model : Model
        With the `beta` that was asked for.
    alpha, gamma, y : float or array
        Load, coupling and number of replicas.
    free_entropy : float or array
        :math:`\varphi_{\rm RE}`, nats per weight (of the reference and all its replicas together).
    overlap : float or array
        Overlap of a replica with the reference, :math:`t = \frac1y\partial_\gamma\varphi_{\rm RE}`.
    energy : float or array
        Fraction of patterns that a replica violates,
        :math:`e = -\frac1{y\alpha}\partial_\beta\varphi_{\rm RE}`; 0 at beta = inf.
    local_entropy : float or array
        :math:`S = \partial_y\varphi_{\rm RE} - \gamma t + \beta\alpha e`: entropy of the configurations of energy `e`
        at overlap `t` from the reference, nats per weight. At beta = inf the one of `local_entropy` at distance
        :math:`(1-t)/2`.
    complexity : float or array
        :math:`\Sigma = \varphi_{\rm RE} - y\,\partial_y\varphi_{\rm RE}`, logarithm of the number of references.
    q0, q1, q0_hat, q1_hat : float or array
        Overlap of replicas of different references and of the same one, and their conjugates.
    mean_square, mean_square_ref : float or array
        Mean squared weights of replicas and reference (1 where they are fixed).
    error : float or array
        Largest change of free entropy, local entropy and overlap when the quadrature is doubled; what is reported is
        the value after doubling.
    residual : float or array
        Residual of the saddle-point equations.
    stability : float or array
        The smaller of the eigenvalues ``replicon`` and ``replicon_ref`` of `local_entropy`; where it is negative the
        saddle point is unstable against breaking among replicas or references (status ``"unstable"``).
    status : Status or array of Status
    """

    _coordinates: ClassVar = ("gamma", "alpha", "y", "kappa", "beta")
    _quantities: ClassVar = ROBUST
    _main: ClassVar = "free_entropy"

    model: Model
    alpha: ArrayLike
    gamma: ArrayLike
    y: ArrayLike
    free_entropy: ArrayLike
    overlap: ArrayLike
    energy: ArrayLike
    local_entropy: ArrayLike
    complexity: ArrayLike
    q0: ArrayLike
    q1: ArrayLike
    q0_hat: ArrayLike
    q1_hat: ArrayLike
    mean_square: ArrayLike
    mean_square_ref: ArrayLike
    error: ArrayLike
    residual: ArrayLike
    stability: ArrayLike
    status: Any

    @property
    def distance(self) -> ArrayLike:
        r"""Distance :math:`(1-t/\sqrt{Q\tilde Q})/2` of a replica from the reference."""
        value = 0.5 * (1 - self.overlap / np.sqrt(self.mean_square * np.asarray(self.mean_square_ref)))
        return float(value) if np.ndim(value) == 0 else value

    @property
    def free_entropy_per_replica(self) -> ArrayLike:
        r""":math:`-\beta F = \varphi_{\rm RE}/y`, as in the traces of focusing belief propagation (inf at y = 0)."""
        with np.errstate(divide="ignore"):
            value = np.asarray(self.free_entropy) / self.y
        return float(value) if np.ndim(value) == 0 else value

    @property
    def internal_entropy(self) -> ArrayLike:
        r""":math:`-\beta F - \gamma t + \beta\alpha e = S + \Sigma/y`.

        The internal entropy in the traces of focusing belief propagation: it contains the share :math:`\Sigma/y` of the
        reference's own entropy and tends to `local_entropy` as y grows.
        """
        with np.errstate(divide="ignore"):
            value = np.asarray(self.local_entropy) + self.complexity / np.asarray(self.y)
        return float(value) if np.ndim(value) == 0 else value


def robust_ensemble(
    model: Model, alpha: ArrayLike, gamma: ArrayLike, y: ArrayLike, beta: ArrayLike | None = None
) -> RobustEnsemble:
    r"""Replicas attracted to a common reference: free entropy, overlap, energy and local entropy.

    .. math:: \varphi_{\rm RE} &= \mathrm{extr}\Big\{-\tfrac y2\hat q_1 - \tfrac{y(y-1)}2 q_1\hat q_1
       + \tfrac{y^2}2 q_0\hat q_0 + G_S + \alpha G_E\Big\}, \\
       G_E &= \int\!Dz\log\int\!Dw\,e^{y\,\ell(\sqrt{q_0}z + \sqrt{q_1-q_0}w,\ \sqrt{1-q_1})},

    .. math:: G_S = \int\!Dz\log\sum_{\tilde W=\pm1}\int\!Dw\,
       \big[2\cosh(\sqrt{\hat q_0}z + \sqrt{\hat q_1-\hat q_0}w + \gamma\tilde W)\big]^y.

    Parameters
    ----------
    model : Model
        Constraint, for random labels (scalar or array parameters), of binary or spherical weights, or of levels
        symmetric about 0 without a prior.
    alpha : float or array
        Load, positive.
    gamma : float or array
        Coupling to the reference, finite and non-negative.
    y : float or array
        Number of replicas, finite and non-negative.
    beta : float or array, optional
        Inverse temperature of the number of violated patterns (``inf`` counts solutions); the model's own by default.

    Returns
    -------
    RobustEnsemble

    Raises
    ------
    TypeError, ValueError
        For arguments of the wrong type or out of range, or a model with a teacher.
    ConvergenceError
        In a scalar call without a saddle point; in array calls such points are NaN and warned of once.

    Notes
    -----
    The saddle is continued from :math:`\gamma = 0`, where the replicas ignore each other (y above 2: raised from there
    at a small coupling). Where :math:`\varphi(y, t)` is not concave in t the branch folds and the status is
    ``"fold"``; past the fold use `local_entropy`, at given distance. For an even constraint the sector of
    vanishing :math:`q_0` is taken as long as the replicas alone are stable there.
    At y = 1 the reference decouples, :math:`\varphi_{\rm RE} = \Phi_{\rm RS} + \log2\cosh\gamma`.

    Examples
    --------
    >>> from replica_theory import BinaryPerceptron
    >>> found = robust_ensemble(BinaryPerceptron(), alpha=0.6, gamma=0.5, y=3)
    >>> print(f"{found.free_entropy:.6f} {found.overlap:.6f} {found.local_entropy:.6f}")
    1.957263 0.688687 0.161485
    """
    checked_model(model, Model, "robust_ensemble", random_labels=True, weights=("binary", "spherical", "symmetric"),
                  units=("infinite",))  # fmt: skip
    alpha, gamma = checked_alpha(alpha), checked_real("gamma", gamma, NON_NEGATIVE)
    y = checked_real("y", y, NON_NEGATIVE)
    probe = model if beta is None else model.at(beta=beta)
    points = broadcast(alpha=alpha, gamma=gamma, y=y, kappa=probe.kappa, beta=probe.beta)

    def solve(at: Mapping[str, float], gammas: Array) -> list[_Point]:
        return _branch(System(probe.at(kappa=at["kappa"], beta=at["beta"]), None, at["alpha"], at["y"]), gammas)

    rows = by_setting(points, "gamma", solve)
    table = np.array([row.values for row in rows]).reshape(len(rows), len(_COLUMNS))
    columns = {name: points.columns[name] for name in ("alpha", "gamma", "y")}
    columns |= dict(zip(_COLUMNS, table.T, strict=True))
    status = statuses(row.status for row in rows)
    failed = np.array([not one.ok for one in status], dtype=bool)
    for name in set(_COLUMNS) - {"error"}:
        columns[name] = np.where(failed, np.nan, columns[name])
    result = RobustEnsemble(model=probe, **points.shaped_all(columns | {"status": status}))
    report(result, "robust_ensemble", f"at gamma={gamma}, y={y}")
    return result


class _Point(NamedTuple):
    """What one point reports: status and the values of `_COLUMNS`."""

    status: Status
    values: Array


_LOST = _Point(Status.SADDLE_LOST, np.full(len(_COLUMNS), np.nan))


def _branch(system: System, gammas: Array) -> list[_Point]:
    """The points of one system, all couplings at once."""
    try:
        alone = replica_symmetric(system.model, system.alpha)
    except ConvergenceError:
        return [_LOST] * len(gammas)
    first = _first(system.y)
    small = [first, 2 * first, 3 * first]
    wanted = np.append(gammas[gammas >= first], small if np.any((gammas > 0) & (gammas < first)) else [])
    solved = _follow(system, alone, [float(g) for g in np.unique(wanted)]) if len(wanted) else {}
    ended = {g: _Point(point.status, _LOST.values) for g, point in solved.items() if not point.status.ok}
    found = ended | {g: _read_out(system, point.x, g) for g, point in solved.items() if point.status.ok}
    origin = _uncoupled(system, alone)
    near = [found.get(g, _LOST) for g in small]
    points = []
    for g in gammas:
        if g == 0:
            points.append(origin)
        else:
            points.append(_between(system, float(g) / first, origin, near) if g < first else found.get(float(g), _LOST))
    return points


def _first(y: float) -> float:
    return min(_FIRST, _FIRST_FIELD / max(y, 1.0))


def _follow(system: System, alone: ReplicaSymmetric, gammas: list[float]) -> dict[float, BranchPoint]:
    """Coordinates (q0, Q, log(q1 - q0)) at increasing couplings, as far as the branch goes.

    Without q0 if even, without `Q` where the mean squared weight is fixed.
    """
    easy = min(system.y, _EASY_Y)
    first = float(np.log(_first(system.y)))
    x = _depart(_with_y(system, easy), alone, first)
    if system.y > _EASY_Y:

        def at_first(x: Array, log_y: float) -> Array:
            return _residual(_with_y(system, float(np.exp(log_y))), x, first)

        targets = [float(np.log(system.y))]
        raised = follow_branch(at_first, x, float(np.log(easy)), targets, max_step=0.5, min_step=0.01)[0]
        if not raised.status.ok:
            return {}
        x = raised.x
    targets = [float(np.log(g)) for g in gammas]
    points = follow_branch(partial(_residual, system), x, first - _HAIR, targets, max_step=_STEP, min_step=_RESOLVED)
    return dict(zip(gammas, points, strict=True))


def _depart(system: System, alone: ReplicaSymmetric, log_gamma: float) -> Array:
    """Approximate solution at a small coupling, by iteration (the gap contracts where the solution is stable)."""
    q, square = float(alone.q), float(alone.mean_square)
    gap = 2 * (log_gamma + float(np.log(square - q)))
    x = np.array([gap]) if q == 0 else np.array([q, gap])
    if system.model.weights.square is None:
        x = np.insert(x, -1, square)
    for _ in range(30):
        step = _residual(system, x, log_gamma)
        if not np.isfinite(step).all() or np.abs(step).max() < 1e-9:
            break
        step[-1] = np.log1p(step[-1] * np.exp(-x[-1]))
        x = x + step
    return x


def _with_y(system: System, y: float) -> System:
    return System(system.model, system.reference, system.alpha, y, system.resolution)


def _terms(system: System, x: Array, log_gamma: float) -> tuple[Overlaps, Energetic, Entropic] | None:
    own, square = (np.delete(x, -2), float(x[-2])) if system.model.weights.square is None else (x, 1.0)
    q = Overlaps(float(own[0]) if len(own) == 2 else 0.0, float(np.exp(min(x[-1], 1.0))), square=square)
    forces = energetic(system, q, 0.0)  # the overlap with a free reference does not enter
    spins = None if forces is None else entropic(system, forces.hats, float(np.exp(log_gamma)), _norms(system, forces))
    return None if forces is None or spins is None else (q, forces, spins)


def _residual(system: System, x: Array, log_gamma: float) -> Array:
    """Saddle-point equations; NaN outside the domain."""
    solved = _terms(system, x, log_gamma)
    if solved is None or not solved[2].overlaps.gap > 0:
        return np.full(len(x), np.nan)
    before, after = solved[0], solved[2].overlaps
    free = system.model.weights.square is None
    square = [after.square - before.square] if free else []
    return np.array([after.q0 - before.q0, *square, after.gap - before.gap])[-len(x) :]


def _norms(system: System, forces: Energetic) -> tuple[float, float]:
    """Conjugates of the mean squared weights; the coupling is to the reference as it is, not to its direction."""
    return (-forces.bend if system.model.weights.square is None else 0.0), 0.0


def _read_out(system: System, x: Array, gamma: float) -> _Point:
    """Everything reported at a solution, which is refined at doubled resolution."""
    finer = System(system.model, None, system.alpha, system.y, system.resolution.doubled())
    p = float(np.log(gamma))
    refined = follow_branch(partial(_residual, finer), x, p - _HAIR, [p], max_step=1.0)[0]
    coarse, fine = _values(system, x, gamma), _values(finer, refined.x, gamma)
    if not refined.status.ok or coarse is None or fine is None:
        return _LOST
    error = float(np.abs(fine - coarse)[[0, 1, 3]].max())
    residual = float(np.abs(_residual(finer, refined.x, p)).max())
    values = np.append(fine, [error, residual, _stability(finer, refined.x, gamma)])
    return _Point(_status(system, values), values)


def _values(system: System, x: Array, gamma: float) -> Array | None:
    """The values of `_COLUMNS` without the last three."""
    solved = _terms(system, x, float(np.log(gamma)))
    if solved is None:
        return None
    q, forces, spins = solved
    y, alpha, hats = system.y, system.alpha, forces.hats
    pairs, norm = q.q1 * hats.q1, 0.5 * _norms(system, forces)[0] * q.square
    phi = (
        -0.5 * y * hats.q1 * q.square
        - 0.5 * y * (y - 1) * pairs
        + 0.5 * y**2 * q.q0 * hats.q0
        + spins.value
        + alpha * forces.value
        + y * norm
    )
    by_y = -0.5 * hats.q1 * q.square - 0.5 * (2 * y - 1) * pairs + y * q.q0 * hats.q0 + spins.log + alpha * forces.log
    by_y += norm
    entropy = by_y - gamma * spins.t + heat(system.model, alpha, forces.energy)
    return np.array([phi, spins.t, forces.energy, entropy, phi - y * by_y, q.q0, q.q1, hats.q0, hats.q1,
                     q.square, spins.overlaps.square_ref])  # fmt: skip


def _status(system: System, values: Array) -> Status:
    entropies = values[3:5] if system.model.weights.counts else np.zeros(2)
    return Status.of(*entropies, stability=values[-1], error=values[-3], tolerance=INACCURATE)


def _stability(system: System, x: Array, gamma: float) -> float:
    """The smaller eigenvalue at a solution."""
    solved = _terms(system, x, float(np.log(gamma)))
    if solved is None:
        return np.nan
    _, forces, spins = solved
    product = spins.response @ forces.response
    among = 1 - system.alpha * np.linalg.eigvals(product).real.max() if np.isfinite(product).all() else np.nan
    return float(np.fmin(1 - system.alpha * forces.curvature * spins.curvature, among))


def _uncoupled(system: System, alone: ReplicaSymmetric) -> _Point:
    """The point at gamma = 0: typical configurations that ignore the reference."""
    references = system.model.weights.log_measure
    phi = references + system.y * float(alone.free_entropy)
    q, q_hat = float(alone.q), float(alone.q_hat)
    values = [phi, 0.0, float(alone.energy), float(alone.entropy), references, q, q, q_hat, q_hat]
    values += [float(alone.mean_square), system.model.weights.moments[1]]
    values += [float(alone.error), float(alone.residual), float(alone.stability)]
    return _Point(_status(system, np.array(values)), np.array(values))


def _between(system: System, position: float, origin: _Point, near: list[_Point]) -> _Point:
    """Values at a coupling below the first, in units of it: polynomials in its square (times it, for the overlap)."""
    if not all(point.status.ok for point in near):
        return _LOST
    u = position**2
    nodes = np.array([0.0, 1.0, 4.0, 9.0])
    values = polynomial_weights(nodes, u) @ np.stack([origin.values, *(p.values for p in near)])
    ratios = np.array([p.values[1] / k for k, p in enumerate(near, start=1)])
    values[1] = position * float(polynomial_weights(nodes[1:], u) @ ratios)
    values[-3] = max(p.values[-3] for p in near)
    return _Point(_status(system, values), values)
