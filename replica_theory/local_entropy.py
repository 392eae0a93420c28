r"""Local-entropy large deviations: references weighted by how many solutions surround them (PRL 115, 128101).

With :math:`\mathcal N_{\tilde W}(t)` the number of solutions at overlap `t` from :math:`\tilde W`,

.. math:: \varphi(y, t) = \lim\tfrac1N E\log\sum_{\tilde W}\tilde X(\tilde W)\,\mathcal N_{\tilde W}(t)^y, \qquad
   S = \partial_y\varphi, \qquad \Sigma = \varphi - yS, \qquad \partial_d\varphi = 2y\gamma.

`S` is the local entropy of the references that dominate at `y`, :math:`\Sigma` the logarithm of their number.
References are free (any :math:`\tilde W`) or solutions themselves (:math:`\tilde X` is then their constraint).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from replica_theory.curves import EntropyCurve
from replica_theory.franz_parisi import checked_distance, typical_overlap
from replica_theory.infinite_y import LimitEquations, aligned_distance
from replica_theory.models import ArrayLike, Model
from replica_theory.replica_symmetric import checked_alpha, replica_symmetric
from replica_theory.replicated import Energetic, Entropic, Overlaps, System, energetic, entropic
from replica_theory.saddle_point import follow_branch
from replica_theory.sectors import Satiated, broken_start, broken_zero, descend, limit_branch, satiated
from replica_theory.status import ConvergenceError, Status, report

Array = NDArray[np.float64]
Reference = Literal["free", "solution"]
Sector = Literal["symmetric", "broken"]

ZERO_COMPLEXITY = "zero-complexity"
_OVERLAPS = (
    "q0", "q1", "t0", "q_ref", "q0_hat", "q1_hat", "t0_hat", "q_ref_hat", "t_hat", "gamma", "phi", "energy", "residual",
    "replicon", "replicon_ref",
)  # fmt: skip
_DEPARTURE = 0.1
"""First step in log d away from the distance where the replicas do not feel the reference."""
_STEP = 0.25
_RESOLVED = 0.02
_SMALLEST_DISTANCE = 1e-6
_EASY_Y = 2.0
"""Up to this y a curve can be continued from its origin; larger ones are raised from here at one distance."""
_LARGEST_Y = 1000.0
_SYMMETRIC = 1e-7
"""Overlap below which a solution belongs to the symmetric sector."""
_NEAR_HALF = np.array([0.49, 0.48, 0.47, 0.46])
"""Distances from which everything between the first of them and 1/2 is extrapolated, in even powers of t; the others
are stepping stones of the continuation too."""
_ODD = ("t0", "t0_hat", "t_hat", "gamma")
_CROSSING_DISTANCE = 0.1
"""Where the y of zero complexity is looked for first."""


def local_entropy(
    model: Model,
    alpha: ArrayLike,
    distance: ArrayLike,
    *,
    reference: Reference = "free",
    y: ArrayLike | str = np.inf,
    kappa_ref: float | None = None,
    sector: Sector | None = None,
) -> EntropyCurve:
    r"""Local entropy, complexity and everything that goes with them, at given distances.

    Parameters
    ----------
    model : Model
        Constraint on the replicas (scalar or array parameters); finite `beta` makes the inner measure thermal.
    alpha, distance : float or array
        Load, and distances in [0, 1/2].
    reference : {"free", "solution"}
        Any configuration as reference, or one that satisfies the constraint itself.
    y : float, array, ``inf`` or ``"zero-complexity"``
        Number of replicas, conjugate to the local entropy: 0 weights all references alike (with ``"solution"``: the
        Franz-Parisi entropy), 1 counts pairs, ``inf`` (free reference) is the largest local entropy that the
        replica-symmetric theory allows, ``"zero-complexity"`` is the largest one that references really have,
        :math:`\Sigma(y, d) = 0`. Arrays broadcast.
    kappa_ref : float, optional
        Margin of the constrained reference, at least the model's; the model's own by default.
    sector : {"symmetric", "broken"}, optional
        For an even constraint (:math:`|h|\le\kappa`, :math:`|h|\ge\kappa`, ...): different references have overlap 0
        by symmetry, or they have not (:math:`q_0 > 0`). By default the symmetric sector wherever it is stable
        (``replicon_ref`` > 0), the broken one elsewhere and at y = inf.

    Returns
    -------
    EntropyCurve
        `slope` is :math:`dS/dd` along the curve (at fixed y, or at zero complexity), `complexity` is :math:`\Sigma`
        (NaN at y = inf), `y` the one used, `error` an estimate from quadrature doubling, already corrected for in
        `entropy`. `overlaps` holds ``q0, q1, t0, q_ref`` and their conjugates, ``t_hat, gamma, phi, energy,
        residual``, and the eigenvalues ``replicon`` and ``replicon_ref`` of `Notes`.

    Raises
    ------
    ValueError
        For alpha, distance or y out of range, ``y=inf`` with a constrained reference, a reference margin below the
        model's, the symmetric sector where there is none (not even, or y = inf), or an unknown word.
    ConvergenceError
        In a scalar call whose point has no saddle; in array calls such points are NaN and warned of once.

    Notes
    -----
    Every curve starts where the replicas do not feel the reference (d = 1/2 if it is free, the typical distance
    between solutions if it is one) and is continued in log d; for zero complexity y is raised at d = 0.1 until
    :math:`\Sigma` vanishes and then followed along with the distance. A saddle that ceases to exist ends the curve.

    The replica-symmetric saddle is stable against breaking among the replicas of one reference where

    .. math:: 1 - \alpha\,E\langle\ell''^2\rangle\,E\langle\mathrm{sech}^4\rangle > 0

    (``replicon``; averages of this theory, with their weight :math:`e^{y\ell}`, :math:`(2\cosh)^y`), and against
    breaking among the references where
    :math:`1 - \alpha\,E(\partial_h\langle\ell'\rangle)^2\,E(\partial_h\langle\tanh\rangle)^2 > 0`
    (``replicon_ref``; for constrained references the largest eigenvalue of :math:`\alpha\,E[J\otimes J]\,
    E[\hat J\otimes\hat J]` with the Jacobians of both forces and of both magnetizations; it falls to
    :math:`-\infty` as y → inf). For free references at d = 1/2 both are the de Almeida-Thouless stability of
    `replica_symmetric`; at y = 1 the second one is, at every distance.

    Examples
    --------
    >>> from replica_theory import BinaryPerceptron
    >>> curve = local_entropy(BinaryPerceptron(), 0.4, 0.1, reference="solution", y=3.0)
    >>> print(f"{curve.entropy:.6f} {curve.complexity:.6f}")
    0.237435 0.352681
    """
    alpha, distance = checked_alpha(alpha), checked_distance(distance)
    _checked(model, reference, kappa_ref)
    count, zero = _checked_y(y, reference)
    _checked_sector(sector, model, count)
    grid = np.broadcast_arrays(alpha, distance, model.kappa, model.beta, count)
    shape = grid[0].shape
    columns = np.stack([np.asarray(g, dtype=float).ravel() for g in grid])
    settings, group = np.unique(columns[[0, 2, 3, 4]], axis=1, return_inverse=True)
    rows: list[Row] = [FAILED] * columns.shape[1]
    for g, (a, kappa, beta, replicas) in enumerate(settings.T):
        members = np.flatnonzero(np.ravel(group) == g)
        probe = model.at(kappa=float(kappa), beta=float(beta))
        center = None if reference == "free" else probe.at(kappa=float(kappa) if kappa_ref is None else kappa_ref)
        points = _curve(probe, center, a, replicas, zero, columns[1, members], sector)
        for member, row in zip(members, points, strict=True):
            rows[member] = row
    curve = _assemble(rows, columns[1], shape, f"{reference} reference, y = {y}, alpha = {alpha}")
    call = f"local_entropy at distance {distance}" if shape == () else "local_entropy"
    report(np.ravel(curve.status), curve, call, scalar=shape == ())
    return curve


class Row(NamedTuple):
    """Everything that one point of a curve reports."""

    status: Status
    entropy: float = np.nan
    slope: float = np.nan
    complexity: float = np.nan
    y: float = np.nan
    error: float = np.nan
    overlaps: dict[str, float] = {}  # noqa: RUF012


FAILED = Row(Status.SADDLE_LOST)


class Saddle(NamedTuple):
    """A saddle point and what is read off there."""

    overlaps: Overlaps
    hats: Overlaps
    t_hat: float
    phi: float
    entropy: float
    gamma: float
    energy: float
    replicon: float
    replicon_ref: float

    def complexity(self, y: float) -> float:
        """Logarithm of the number of references per weight."""
        return self.phi - y * self.entropy


@dataclass(frozen=True)
class Equations:
    """Saddle-point equations of one system, in coordinates that stay regular on the whole curve.

    Free reference: ``(q0, q1 - q0, squeezed t_hat)``. Constrained: ``(q0, c2, t - t0, q_ref - t0^2/q0, squeezed tau)``
    with ``q1 - q0 = (t - t0)^2/(1 - q_ref) + c2``; ``squeezed(x) = x/(1 + |x|)``. ``even`` is the sector in which the
    overlaps between different references vanish by symmetry: then only ``(q1 or c2, squeezed field)`` remain.
    """

    system: System
    even: bool = False

    def residual(self, x: Array, t: float) -> Array:
        """Saddle-point equations at overlap t; NaN outside the domain."""
        return self.evaluate(x, t)[0]

    def evaluate(self, x: Array, t: float) -> tuple[Array, Saddle | None]:
        """Saddle-point equations (NaN outside the domain) and what is read off at coordinates x."""
        solved = self.terms(x, t)
        if solved is None:
            return np.full(len(x), np.nan), None
        spins = solved[2]
        residual = np.append(self.coordinates(spins.overlaps, t) - x[:-1], spins.t - t)
        return residual, self._read(x, t, *solved)

    def terms(self, x: Array, t: float) -> tuple[Overlaps, Energetic, Entropic] | None:
        """Overlaps, energetic and entropic terms at coordinates x."""
        q, tau = self.decode(x, t)
        if q is None or not np.isfinite(tau):
            return None
        forces = energetic(self.system, q, t)
        spins = None if forces is None else entropic(self.system, forces.hats, tau)
        return None if forces is None or spins is None else (q, forces, spins)

    def coordinates(self, q: Overlaps, t: float) -> Array:
        """Coordinates of given overlaps (without the field)."""
        if self.system.reference is None:
            return np.array([q.gap]) if self.even else np.array([q.q0, q.gap])
        lag = t - q.t0
        c2 = q.gap - lag**2 / (1 - q.q_ref)
        return np.array([c2]) if self.even else np.array([q.q0, c2, lag, q.rest])

    def decode(self, x: Array, t: float) -> tuple[Overlaps | None, float]:
        """Overlaps and coupling field of coordinates x."""
        squeezed = float(x[-1])
        tau = squeezed / (1 - abs(squeezed)) if abs(squeezed) < 1 else np.inf
        if self.system.reference is None:
            q0, gap = (0.0, float(x[0])) if self.even else (float(x[0]), float(x[1]))
            return Overlaps(q0, gap), tau
        if self.even:
            return Overlaps(0.0, t**2 + max(float(x[0]), 0.0)), tau
        q0, c2, lag, rest = (float(v) for v in x[:-1])
        if q0 <= 0:
            return None, tau
        t0, rest = t - lag, max(rest, 0.0)
        q_ref = rest + t0**2 / q0
        if q_ref >= 1:
            return None, tau
        return Overlaps(q0, lag**2 / (1 - q_ref) + max(c2, 0.0), t0 / q0, rest), tau

    def _read(self, x: Array, t: float, q: Overlaps, forces: Energetic, spins: Entropic) -> Saddle:
        y, alpha, hats = self.system.y, self.system.alpha, forces.hats
        t_hat = self.decode(x, t)[1] + hats.t0
        phi = (
            -0.5 * hats.q_ref * (1 - q.q_ref)
            - 0.5 * y * hats.q1
            - 0.5 * y * (y - 1) * q.q1 * hats.q1
            + 0.5 * y**2 * q.q0 * hats.q0
            - y * t * t_hat
            + y * q.t0 * hats.t0
            + spins.value
            + alpha * forces.value
        )
        entropy = (
            -0.5 * hats.q1
            - 0.5 * (2 * y - 1) * q.q1 * hats.q1
            + y * q.q0 * hats.q0
            - t * t_hat
            + q.t0 * hats.t0
            + spins.log
            + alpha * forces.log
        )
        gamma = float(t_hat - forces.force)
        replicon = 1 - alpha * forces.curvature * spins.curvature
        product = spins.response @ forces.response
        replicon_ref = 1 - alpha * np.linalg.eigvals(product).real.max() if np.isfinite(product).all() else np.nan
        return Saddle(q, hats, t_hat, float(phi), float(entropy), gamma, forces.energy, replicon, float(replicon_ref))


@dataclass(frozen=True)
class Problem:
    """Equations along a curve in log d: at fixed y, or with log y as one more unknown and zero complexity."""

    equations: Equations
    zero: bool = False

    def at(self, x: Array) -> tuple[Equations, Array]:
        """The equations at the y of x, and the coordinates without it."""
        if not self.zero:
            return self.equations, x
        y = float(np.exp(min(x[-1], 20.0)))
        return replace(self.equations, system=replace(self.equations.system, y=y)), x[:-1]

    def evaluate(self, x: Array, log_distance: float) -> tuple[Array, Saddle | None]:
        """Residual and read-out."""
        t = 1 - 2 * float(np.exp(log_distance))
        equations, inner = self.at(x)
        residual, saddle = equations.evaluate(inner, t)
        if self.zero:
            residual = np.append(residual, np.nan if saddle is None else saddle.complexity(equations.system.y))
        return residual, saddle

    def residual(self, x: Array, log_distance: float) -> Array:
        """Residual alone."""
        return self.evaluate(x, log_distance)[0]

    def finer(self) -> Problem:
        """The same at twice the resolution."""
        system = self.equations.system
        return replace(
            self, equations=replace(self.equations, system=replace(system, resolution=system.resolution.doubled()))
        )


def _curve(
    probe: Model, center: Model | None, alpha: float, y: float, zero: bool, distances: Array, sector: Sector | None
) -> list[Row]:
    """The points of one curve, each in its sector."""
    if np.isinf(y):
        return _broken_limit(probe, alpha, distances) if probe.is_even else limit_curve(probe, alpha, distances)
    problem = Problem(Equations(System(probe, center, alpha, 1.0 if zero else y), even=probe.is_even), zero)
    if sector == "broken" and probe.is_even:
        return _broken_points(problem, distances)
    rows = (
        _whole(problem, y, distances)
        if not zero and (center is None or probe.is_even)
        else _points(problem, y, distances)
    )
    if sector is None and probe.is_even:
        unstable = [k for k, row in enumerate(rows) if row.overlaps.get("replicon_ref", 1.0) < 0]
        if unstable:
            for k, row in zip(unstable, _broken_points(problem, distances[unstable]), strict=True):
                rows[k] = row
    return rows


def _whole(problem: Problem, y: float, distances: Array) -> list[Row]:
    """The points of a curve with its origin at d = 1/2; near it q1 - q0 is lost in rounding, but all is even in t."""
    near = distances > float(_NEAR_HALF[0])
    if not (distances > float(_NEAR_HALF[-1])).any():
        return _points(problem, y, distances)
    rows = _points(problem, y, np.append(distances[~near], _NEAR_HALF))
    regular, nodes = iter(rows[: -len(_NEAR_HALF)]), rows[-len(_NEAR_HALF) :]
    return [
        _extrapolated(nodes, float(d)) if close else next(regular) for d, close in zip(distances, near, strict=True)
    ]


def _extrapolated(nodes: list[Row], distance: float) -> Row:
    """Row at a distance near 1/2 from those at `_NEAR_HALF`, by polynomials in the square of the overlap."""
    if not all(row.status.ok for row in nodes):
        return FAILED
    t, overlap = 1 - 2 * distance, 1 - 2 * _NEAR_HALF

    def polynomial(knots: Array) -> Array:
        return np.array([np.prod([(t**2 - b**2) / (a**2 - b**2) for b in knots if b != a]) for a in knots])

    weights = polynomial(overlap)

    def even(values: list[float]) -> float:
        return float(weights @ np.array(values))

    def odd(values: list[float]) -> float:
        return float(weights @ (np.array(values) / overlap)) * t

    overlaps = {
        name: (odd if name in _ODD else even)([row.overlaps[name] for row in nodes]) for name in nodes[0].overlaps
    }
    overlaps["residual"] = max(row.overlaps["residual"] for row in nodes)
    entropies = [row.entropy for row in nodes]
    entropy, complexity = even(entropies), even([row.complexity for row in nodes])
    shorter = float(polynomial(overlap[:-1]) @ np.array(entropies[:-1]))
    error = max(row.error for row in nodes) + abs(entropy - shorter)
    slope = odd([row.slope for row in nodes])
    return Row(nodes[0].status, entropy, slope, complexity, nodes[0].y, error, overlaps)


def _points(problem: Problem, y: float, distances: Array) -> list[Row]:
    """The points of a curve that is continued from its origin."""
    equations, zero = problem.equations, problem.zero
    try:
        alone = replica_symmetric(equations.system.model, equations.system.alpha)
    except ConvergenceError:
        return [FAILED] * len(distances)
    logs = _logs(distances)
    q, missing = float(alone.q), Status.SADDLE_LOST
    solved: dict[float, Array | None] = {}
    if zero:
        raised = raise_replicas(equations, q, _meeting(logs), _LARGEST_Y, until_zero=True)
        missing = Status.NO_ZERO_COMPLEXITY if raised is None else missing
        if raised is not None:
            start = np.append(raised[1], np.log(raised[0].system.y))
            solved = _outwards(problem, start, _meeting(logs), logs)
    elif y <= _EASY_Y:
        solved = follow_from_origin(problem, q, logs)
    elif (raised := raise_replicas(equations, q, _meeting(logs), y)) is not None:
        solved = _outwards(problem, raised[1], _meeting(logs), logs)
    return _rows(problem, solved, distances, missing)


def _logs(distances: Array) -> list[float]:
    return [float(p) for p in np.log(np.unique(distances[distances >= _SMALLEST_DISTANCE]))]


def _rows(problem: Problem, solved: dict[float, Array | None], distances: Array, missing: Status) -> list[Row]:
    rows = []
    for d in distances:
        x = solved.get(float(np.log(d))) if d >= _SMALLEST_DISTANCE else None
        rows.append(Row(missing) if x is None else read_out(problem, x, float(d)))
    return rows


def _broken_points(problem: Problem, distances: Array) -> list[Row]:
    """The points of a curve of an even constraint with q0 > 0 at finite y."""
    logs, missing = _logs(distances), Status.SADDLE_LOST
    if not logs:
        return [FAILED] * len(distances)
    meeting = _meeting(logs)
    start: Array | None
    if problem.zero:
        raised = broken_zero(problem.equations, meeting)
        missing = Status.NO_ZERO_COMPLEXITY if raised is None else missing
        start = None if raised is None else np.append(raised[1], np.log(raised[0].system.y))
    else:
        start = broken_start(problem.equations, meeting)
    problem = replace(problem, equations=replace(problem.equations, even=False))
    solved = {} if start is None else _outwards(problem, start, meeting, logs)
    apart = {p: x for p, x in solved.items() if x is not None and x[0] > _SYMMETRIC}
    return _rows(problem, {**apart}, distances, missing)


def _broken_limit(model: Model, alpha: float, distances: Array) -> list[Row]:
    """The points of a curve of an even constraint at y = inf."""
    inside = distances[(distances >= _SMALLEST_DISTANCE) & (distances < 0.5)]
    solved = limit_branch(model, alpha, _logs(inside))
    rows = []
    for d in distances:
        found = solved.get(float(np.log(d))) if d >= _SMALLEST_DISTANCE else None
        if d == 0:
            rows.append(Row(Status.CONVERGED, 0.0, np.inf, np.nan, np.inf, 0.0, {}))
        elif d == 0.5:
            rows.append(_typical_row(model, alpha))
        else:
            rows.append(_limit_row(LimitEquations(model, alpha), found, float(d)))
    return rows


def _typical_row(model: Model, alpha: float) -> Row:
    """The limit d = 1/2 at y = inf: some reference has the typical solutions there."""
    alone = replica_symmetric(model, alpha)
    entropy = float(alone.free_entropy)
    overlaps = {"q0": float(alone.q), "q1": float(alone.q), "gamma": 0.0, "t_hat": 0.0}
    overlaps["replicon"] = float(alone.stability)
    status = Status.CONVERGED if entropy >= 0 else Status.NEGATIVE_ENTROPY
    return Row(status, entropy, 0.0, np.nan, np.inf, 0.0, overlaps)


def follow_from_origin(problem: Problem, q: float, logs: list[float]) -> dict[float, Array | None]:
    """Solutions at given log d, continued from where the replicas do not feel the reference."""
    t_origin = _origin(problem.equations, q)[1]
    if not np.isfinite(t_origin):
        return {}
    typical = float(np.log(0.5 * (1 - t_origin)))
    below = [p for p in sorted(logs, reverse=True) if p < typical]
    above = [p for p in sorted(logs) if p >= typical]
    solved: dict[float, Array | None] = {}
    for side, branch in ((-1.0, below), (1.0, above)):
        if not branch:
            continue
        if typical + _DEPARTURE > np.log(0.5):
            side = -1.0  # nothing beyond: come from below
        # A wider step where the overlap between solutions is nearly zero (an almost even constraint).
        wide = _DEPARTURE if side > 0 else 4 * _DEPARTURE
        for leave in (typical + side * _DEPARTURE, typical + side * wide):
            x = _depart_by_load(problem.equations, leave - typical)
            if x is not None:
                break
        else:
            continue
        back = [p for p in reversed(branch) if side * (p - leave) < 0]
        for part in ([p for p in branch if side * (p - leave) >= 0], back):
            for point in follow_branch(problem.residual, x, leave, part, max_step=_STEP, min_step=_RESOLVED):
                solved[point.parameter] = point.x if point.status.ok else None
    return solved


def _depart_by_load(equations: Equations, departure: float) -> Array | None:
    """Solution a departure in log d away from the origin; at high loads continued from a lower one."""
    load = equations.system.alpha

    def at_load(alpha: float) -> tuple[Equations, Array, float, float]:
        system = replace(equations.system, alpha=alpha)
        here = replace(equations, system=system)
        start, t_origin = _origin(here, float(replica_symmetric(system.model, alpha).q))
        return here, start, t_origin, 1 - (1 - t_origin) * float(np.exp(departure))

    def residual(x: Array, alpha: float) -> Array:
        here, _, _, t = at_load(alpha)
        return here.residual(x, t)

    for fraction in (1.0, 0.6, 0.3, 0.1):
        here, start, t_origin, t = at_load(fraction * load)
        x = _depart(here, start, t_origin, t)
        if not np.abs(here.residual(x, t)).max() <= 1e-4:
            continue
        point = follow_branch(residual, x, fraction * load, [load], max_step=0.15 * load, min_step=0.01 * load)[0]
        if fraction == 1.0 or point.status.ok:
            return x if fraction == 1.0 else point.x
    return None


def _origin(equations: Equations, q: float) -> tuple[Array, float]:
    """Coordinates and overlap where the replicas do not feel the reference."""
    system = equations.system
    if system.reference is None:
        return (np.zeros(2), 0.0) if equations.even else (np.array([q, 0.0, 0.0]), 0.0)
    if equations.even:
        return np.zeros(2), 0.0
    t = typical_overlap(system.model, system.reference, system.alpha)
    q_ref = float(replica_symmetric(system.reference, system.alpha).q)
    return np.array([q, 0.0, 0.0, q_ref - t**2 / q, 0.0]), t


def _depart(equations: Equations, start: Array, t_origin: float, t: float) -> Array:
    """Approximate solution a little off the origin, by damped iteration (at the origin the equations are singular)."""
    shift = t - t_origin
    x: Array = start.copy()
    if equations.system.reference is None:
        field = shift / (1 + 0.3 * equations.system.y)
        x[-2] = (1.0 if equations.even else 0.5 / (1 + equations.system.y)) * shift**2
    else:
        field = 1.6 * shift / (1 + 0.05 * equations.system.y)
        if equations.even:
            x[0] = 0.2 * shift**2
        else:
            x[1], x[2] = 0.25 * shift**2, 0.88 * shift
    x[-1] = field / (1 + abs(field))
    weights = np.append(np.full(len(x) - 1, 0.4), -0.6)
    # The coordinate that vanishes at the origin (a variance) must stay positive on the way.
    variance = len(x) - 2 if equations.system.reference is None or equations.even else 1
    weights = np.append(np.full(len(x) - 1, 0.4), -0.6)
    for _ in range(60):
        step = equations.residual(x, t)
        if not np.isfinite(step).all() or np.abs(step).max() < 1e-6:
            break
        following = x + weights * step
        following[variance] = max(following[variance], 0.5 * x[variance])
        x = following
    return x


def raise_replicas(
    equations: Equations, q: float, log_distance: float, y: float, *, until_zero: bool = False
) -> tuple[Equations, Array] | None:
    """Solution at one distance, continued in log y from y = 1 up to `y` or to the first negative complexity."""
    origin = Problem(_with_y(equations, min(y, _EASY_Y)))
    x = follow_from_origin(origin, q, [log_distance]).get(log_distance)
    if x is None:
        return None
    t, log_y, step = 1 - 2 * float(np.exp(log_distance)), float(np.log(min(y, _EASY_Y))), 0.25
    while log_y < np.log(y):
        following = min(log_y + step, float(np.log(y)))
        point = follow_branch(
            lambda x, v: _with_y(equations, float(np.exp(v))).residual(x, t), x, log_y, [following],
            max_step=step, min_step=0.01,
        )[0]  # fmt: skip
        if not point.status.ok:
            return None
        x, log_y = point.x, following
        saddle = _with_y(equations, float(np.exp(log_y))).evaluate(x, t)[1]
        if until_zero and saddle is not None and saddle.complexity(float(np.exp(log_y))) < 0:
            return _with_y(equations, float(np.exp(log_y))), x
    return None if until_zero else (_with_y(equations, y), x)


def _with_y(equations: Equations, y: float) -> Equations:
    return replace(equations, system=replace(equations.system, y=y))


def _meeting(logs: list[float]) -> float:
    """The log distance at which y is raised: the requested one nearest to a distance that is easy at any y."""
    return min(logs, key=lambda p: abs(p - np.log(_CROSSING_DISTANCE)), default=float(np.log(_CROSSING_DISTANCE)))


def _outwards(problem: Problem, x: Array, meeting: float, logs: list[float]) -> dict[float, Array | None]:
    """Solutions at given log d, continued from one of them in both directions."""
    # Solve the meeting point itself first, from a hair off: what was raised may only be near it.
    here = follow_branch(problem.residual, x, meeting + 1e-7, [meeting], max_step=_STEP)[0]
    if not here.status.ok:
        return {}
    solved: dict[float, Array | None] = {meeting: here.x}
    for branch in ([p for p in sorted(logs, reverse=True) if p < meeting], [p for p in sorted(logs) if p > meeting]):
        for point in follow_branch(problem.residual, here.x, meeting, branch, max_step=_STEP, min_step=_RESOLVED):
            solved[point.parameter] = point.x if point.status.ok else None
    return solved


def read_out(problem: Problem, x: Array, distance: float) -> Row:
    """Row at a solution: corrected by one Newton step at doubled resolution, slope by implicit differentiation."""
    p = float(np.log(distance))
    jacobian, gradient, along = _derivatives(problem, x, p)
    base = problem.evaluate(x, p)[1]
    residual, saddle = problem.finer().evaluate(x, p)
    if base is None or saddle is None or jacobian is None:
        return FAILED
    shift = -np.linalg.solve(jacobian, residual)
    entropy = saddle.entropy + float(gradient @ shift)
    tangent = -np.linalg.solve(jacobian, along[:-1])
    slope = (float(gradient @ tangent) + along[-1]) / distance
    y = problem.at(x)[0].system.y
    # phi is stationary: the shift of the saddle enters the complexity through y S alone.
    complexity = 0.0 if problem.zero else saddle.phi - y * entropy
    status = Status.CONVERGED
    if entropy < 0:
        status = Status.NEGATIVE_ENTROPY
    elif complexity < -1e-9:
        status = Status.NEGATIVE_COMPLEXITY
    q, hats = saddle.overlaps, saddle.hats
    values = (q.q0, q.q1, q.t0, q.q_ref, hats.q0, hats.q1, hats.t0, hats.q_ref, saddle.t_hat, saddle.gamma,
              saddle.phi, saddle.energy, float(np.abs(residual).max()),
              saddle.replicon, saddle.replicon_ref)  # fmt: skip
    error = abs(entropy - base.entropy)
    return Row(status, entropy, slope, complexity, y, error, dict(zip(_OVERLAPS, values, strict=True)))


def _derivatives(problem: Problem, x: Array, p: float) -> tuple[Array | None, Array, Array]:
    """Central differences: Jacobian of the residual, gradient of the entropy, and both along log d."""
    columns, gradient = [], []
    for k in range(len(x) + 1):
        h = 1e-5 * (max(abs(float(x[k])), 1e-3) if k < len(x) else 1.0)
        unit = np.zeros(len(x) + 1)
        unit[k] = h
        right = problem.evaluate(x + unit[:-1], p + unit[-1])
        left = problem.evaluate(x - unit[:-1], p - unit[-1])
        if right[1] is None or left[1] is None:
            return None, np.zeros(len(x)), np.zeros(len(x) + 1)
        columns.append((right[0] - left[0]) / (2 * h))
        gradient.append((right[1].entropy - left[1].entropy) / (2 * h))
    return np.stack(columns[:-1], axis=1), np.array(gradient[:-1]), np.append(columns[-1], gradient[-1])


def limit_curve(model: Model, alpha: float, distances: Array) -> list[Row]:
    """The points of the curve at y = inf."""
    try:
        alone = replica_symmetric(model, alpha)
    except ConvergenceError:
        return [FAILED] * len(distances)
    equations = LimitEquations(model, alpha)
    flat = aligned_distance(float(alone.q_hat))
    origin = float(np.log(flat))
    solved: dict[float, Array | Satiated | None] = {
        p: satiated(model, alpha, 1 - 2 * float(np.exp(p))) for p in _logs(distances[distances < flat])
    }
    start = np.array([float(alone.q), 0.0, 0.0])
    solved |= descend(equations, start, origin, [p for p, found in solved.items() if found is None])
    rows = []
    for d in distances:
        if d >= flat:
            rows.append(_typical_row(model, alpha))
        elif d == 0:
            rows.append(Row(Status.CONVERGED, 0.0, np.inf, np.nan, np.inf, 0.0, {}))
        else:
            found = solved.get(float(np.log(d))) if d >= _SMALLEST_DISTANCE else None
            rows.append(_limit_row(equations, found, float(d)))
    return rows


def _limit_row(equations: LimitEquations, x: Array | Satiated | None, distance: float) -> Row:
    if x is None:
        return FAILED
    if isinstance(x, Satiated):
        overlaps = {"q0": x.q, "q1": x.q, "q0_hat": 0.0, "q1_hat": 0.0, "t_hat": 0.5 * x.slope,
                    "gamma": 0.5 * x.slope, "gap": np.inf, "gap_hat": 0.0}  # fmt: skip
        status = Status.CONVERGED if x.entropy >= 0 else Status.NEGATIVE_ENTROPY
        return Row(status, x.entropy, x.slope, np.nan, np.inf, 0.0, overlaps)
    t = 1 - 2 * distance
    point = equations.read(x, t)
    finer = replace(equations, nodes=2 * equations.nodes - 1).read(x, t)
    assert point is not None and finer is not None
    overlaps = {"q0": point.q, "q1": point.q, "q0_hat": point.q_hat, "q1_hat": point.q_hat, "t_hat": point.t_hat,
                "gamma": point.t_hat, "energy": point.energy, "gap": point.gap, "gap_hat": point.gap_hat}  # fmt: skip
    overlaps["replicon"] = point.replicon
    status = Status.CONVERGED if finer.entropy >= 0 else Status.NEGATIVE_ENTROPY
    error = abs(finer.entropy - point.entropy)
    return Row(status, finer.entropy, 2 * point.t_hat, np.nan, np.inf, error, overlaps)


def _assemble(rows: list[Row], distance: Array, shape: tuple[int, ...], label: str) -> EntropyCurve:
    def column(values: list[float]) -> Array:
        return np.array(values, dtype=float).reshape(shape)

    status = np.empty(len(rows), dtype=object)
    status[:] = [row.status for row in rows]
    names = sorted({name for row in rows for name in row.overlaps})
    return EntropyCurve(
        distance=distance.reshape(shape),
        entropy=column([row.entropy for row in rows]),
        slope=column([row.slope for row in rows]),
        status=status.reshape(shape),
        complexity=column([row.complexity for row in rows]),
        y=column([row.y for row in rows]),
        overlaps={name: column([row.overlaps.get(name, np.nan) for row in rows]) for name in names},
        error=column([row.error for row in rows]),
        label=label,
    )


def _checked(model: Model, reference: str, kappa_ref: float | None) -> None:
    if model.has_teacher:
        raise ValueError("local_entropy takes random labels (BinaryPerceptron, SymmetricBinaryPerceptron)")
    if reference not in ("free", "solution"):
        raise ValueError(f"reference must be 'free' or 'solution'; got {reference!r}")
    if kappa_ref is None:
        return
    if reference == "free":
        raise ValueError(
            f"kappa_ref is the margin of a constrained reference; got kappa_ref={kappa_ref} with a free one"
        )
    if not (np.ndim(kappa_ref) == 0 and np.isfinite(kappa_ref)):
        raise ValueError(f"kappa_ref must be a finite number; got {kappa_ref!r}")
    if not np.all(model.contains(model.at(kappa=kappa_ref))):
        raise ValueError(
            f"the reference must satisfy the model's own constraint: kappa_ref={kappa_ref}, kappa={model.kappa}"
        )


def _checked_sector(sector: Any, model: Model, count: Array) -> None:
    if sector not in (None, "symmetric", "broken"):
        raise ValueError(f"sector must be 'symmetric' or 'broken'; got {sector!r}")
    if sector == "symmetric" and not model.is_even:
        raise ValueError("the symmetric sector belongs to even constraints (|h| <= kappa, |h| >= kappa, ...)")
    if sector == "symmetric" and np.isinf(count).any():
        raise ValueError("at y = inf only the broken sector exists; take a finite y for the symmetric one")


def _checked_y(y: Any, reference: str) -> tuple[Array, bool]:
    """The numbers of replicas, and whether they are to be found from zero complexity."""
    if isinstance(y, str):
        if y != ZERO_COMPLEXITY:
            raise ValueError(f"y must be a number, inf or {ZERO_COMPLEXITY!r}; got {y!r}")
        return np.zeros(()), True
    count = np.asarray(y, dtype=float)
    if np.isnan(count).any() or (count < 0).any():
        raise ValueError(f"y must be non-negative; got {y}")
    if np.isinf(count).any() and reference == "solution":
        raise ValueError("y = inf is a theory of the free reference; for solutions take y = 'zero-complexity'")
    return count, False
