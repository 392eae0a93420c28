r"""One step of replica-symmetry breaking inside the neighbourhood of a free reference.

The `y` replicas of one reference fall into groups of `m` (overlaps :math:`q_2` inside a group, :math:`q_1` between
groups, :math:`q_0` between references):

.. math:: \varphi = \mathrm{extr}\Big\{-\tfrac y2\hat q_2 - \tfrac{y(m-1)}2 q_2\hat q_2 - \tfrac{y(y-m)}2 q_1\hat q_1
   + \tfrac{y^2}2 q_0\hat q_0 - y\,t\,\hat t + G_S + \alpha G_E\Big\}

with the integrals of `clusters`; at :math:`y\to\infty` with :math:`q_1 = q + \delta q/y` and `m` fixed

.. math:: S = \mathrm{extr}\Big\{-\tfrac12\hat q_2 - \tfrac{m-1}2 q_2\hat q_2 + \tfrac m2 q\hat q
   - \tfrac12(\delta q\,\hat q + q\,\delta\hat q) - t\hat t + G_S + \alpha G_E\Big\}.

For m = 1, for m = y and for :math:`q_2 = q_1` these are the replica-symmetric functionals of `local_entropy`. A group
is a cluster of solutions near the reference, and :math:`\Sigma_c = -\tfrac{m^2}y\partial_m\varphi` is the logarithm of
the number of clusters in one neighbourhood, per weight.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from replica_theory.arguments import COUNT, POSITIVE, Allowed, checked_alpha, checked_model, checked_real, shown
from replica_theory.models.model import Model, heat
from replica_theory.numerics.fixed_points import solve_fixed_points
from replica_theory.numerics.squeezing import squeezed, unsqueezed
from replica_theory.replicas.curve_rows import curve_rows
from replica_theory.replicas.equations import OVERLAPS
from replica_theory.replicas.one_step import Breaking, Orders, Term, energetic, entropic
from replica_theory.results.curve import INACCURATE, EntropyCurve, Row, assemble
from replica_theory.results.grid import broadcast
from replica_theory.status import Status, report
from replica_theory.typing import Array, ArrayLike

_STARTS = (0.5, 0.95)
"""Values of (q2 - q1)/(1 - q1) from which broken solutions are looked for."""
_TYPICAL_M = 2.0
"""Parisi parameter at which they are looked for first if y = inf."""
_UNBROKEN = 1e-3
"""(q2 - q1)/(1 - q1) below which the iteration has closed the gap."""
_FROZEN = 1e-5
"""(1 - q2)/(1 - q1) below which the groups have shrunk to single solutions."""
_SWEEPS = 200
_TOLERANCE = 1e-9
"""Residual at which a solution counts (rounding in the cluster complexity limits it)."""
_SETTLED = 1e-4
_INSIDE = Allowed("lie strictly between 0 and 1/2", lambda d: (d > 0) & (d < 0.5))
_NAMES = ("q0", "q1", "q2", "q0_hat", "q1_hat", "q2_hat", "t_hat", "gamma", "m", "cluster_complexity", "phi", "energy")


class Point(NamedTuple):
    r"""What the functional gives: :math:`\varphi` (at y = inf: :math:`\varphi/y`), S, cluster complexity, energy."""

    phi: float
    entropy: float
    clusters: float
    energy: float


def functional(system: Breaking, q: Orders, hats: Orders, t_hat: float, t: float) -> Point:
    r"""The functional at any order parameters, its derivatives in `y` and `m`; NaN outside the domain.

    Parameters
    ----------
    system : Breaking
    q, hats : Orders
        Overlaps and their conjugates.
    t_hat, t : float
        Coupling to the reference and overlap with it.

    Returns
    -------
    Point
    """
    forces, spins = energetic(system, q), entropic(system, hats, t_hat)
    if forces is None or spins is None:
        return Point(np.nan, np.nan, np.nan, np.nan)
    return _point(system, q, hats, t_hat, t, forces, spins)


def _point(system: Breaking, q: Orders, hats: Orders, t_hat: float, t: float, forces: Term, spins: Term) -> Point:
    y, m, alpha, infinite = system.y, system.m, system.alpha, system.infinite
    inner, between = q.q2(infinite) * hats.q2(infinite), q.q1(infinite) * hats.q1(infinite)
    outer = q.q0 * hats.q0
    common = -0.5 * hats.q2(infinite) - 0.5 * (m - 1) * inner - t * t_hat
    slope = -0.5 * inner + 0.5 * between + spins.slope + alpha * forces.slope
    value, log = spins.value + alpha * forces.value, spins.log + alpha * forces.log
    if infinite:
        phi = entropy = common + 0.5 * m * outer - 0.5 * (q.gap * hats.q0 + q.q0 * hats.gap) + value
    else:
        phi = y * common - 0.5 * y * (y - m) * between + 0.5 * y**2 * outer + value
        entropy = common - 0.5 * (2 * y - m) * between + y * outer + log
    return Point(float(phi), float(entropy), float(-(m**2) * slope), forces.energy)


@dataclass(frozen=True)
class BrokenEquations:
    r"""Saddle-point equations at overlap `t` in the unknowns :math:`(q_0, q_1 - q_0, q_2 - q_1)` and squeezed t_hat.

    With ``optimal`` the Parisi parameter is one more unknown (its logarithm) and :math:`\Sigma_c = 0` one more
    equation. In the sector of even constraints (``even``) :math:`q_0 = 0`.
    """

    system: Breaking
    t: float
    optimal: bool = False
    even: bool = False

    def at(self, x: Array) -> tuple[Breaking, Orders, float]:
        """System, overlaps and coupling field of coordinates x."""
        system = replace(self.system, m=float(np.exp(np.clip(x[4], -20, 20)))) if self.optimal else self.system
        q = Orders(0.0 if self.even else float(x[0]), float(x[1]), float(x[2]))
        return system, q, unsqueezed(float(x[3]))

    def image(self, x: Array, _: NDArray[np.intp] | None = None) -> Array:
        """One step of the iteration x → G(x), rows of coordinates; NaN outside the domain."""
        return np.stack([self._image(row) for row in np.atleast_2d(x)])

    def _image(self, x: Array) -> Array:
        system, q, t_hat = self.at(x)
        forces = energetic(system, q)
        if forces is None:
            return np.full(len(x), np.nan)
        hats = _times(system.alpha, forces.orders)
        spins = entropic(system, hats, t_hat)
        if spins is None:
            return np.full(len(x), np.nan)
        image = np.array([*spins.orders, x[3] - (spins.t - self.t)])
        if self.even:
            image[0] = 0.0
        if not self.optimal:
            return image
        # Near the transition the cluster complexity is of third order in q2 - q1.
        clusters = _point(system, q, hats, t_hat, self.t, forces, spins).clusters
        return np.append(image, x[4] + clusters / q.step**3)

    def read(self, x: Array) -> tuple[Point, dict[str, float]]:
        """The point at coordinates x and its order parameters by name."""
        system, q, t_hat = self.at(x)
        infinite = system.infinite
        forces = energetic(system, q)
        assert forces is not None
        hats = _times(system.alpha, forces.orders)
        point = functional(system, q, hats, t_hat, self.t)
        values = (q.q0, q.q1(infinite), q.q2(infinite), hats.q0, hats.q1(infinite), hats.q2(infinite), t_hat, t_hat,
                  system.m, point.clusters, point.phi, point.energy)  # fmt: skip
        return point, dict(zip(_NAMES, values, strict=True))


def _times(factor: float, orders: Orders) -> Orders:
    return Orders(*(factor * value for value in orders))


def local_entropy_1rsb(
    model: Model, alpha: ArrayLike, distance: ArrayLike, y: ArrayLike = np.inf, m: ArrayLike | None = None
) -> EntropyCurve:
    r"""Local entropy around free references with one step of symmetry breaking inside each neighbourhood.

    Parameters
    ----------
    model : Model
        Constraint on the replicas (log-concave if y = inf).
    alpha, distance : float or array
        Load, and distances in (0, 1/2).
    y : float, array or ``inf``
        Number of replicas, conjugate to the local entropy.
    m : float or array, optional
        Parisi parameter, between 1 and y; by default the one that extremises (:math:`\Sigma_c = 0`).

    Returns
    -------
    EntropyCurve
        As from `local_entropy`. `overlaps` holds ``q0, q1, q2``, their conjugates, ``t_hat, gamma, m,
        cluster_complexity, phi, energy`` and ``replicon``, the stability of the replica-symmetric point (NaN if that
        does not exist). Where no broken saddle exists the replica-symmetric point is returned, with q2 = q1; where the
        clusters are single solutions, the frozen one, with q2 = 1.

    Raises
    ------
    ValueError
        For alpha, distance, y or m out of range, or y = inf with a kernel that is not log-concave.
    ConvergenceError
        In a scalar call whose point has no saddle; in array calls such points are NaN and warned of once.

    Notes
    -----
    Broken saddles are looked for by damped iteration from :math:`q_2 - q_1 = 0.5(1-q_1)` and :math:`0.95(1-q_1)`, then
    polished by Newton's method: solutions on which the iteration is unstable (barriers) are not found. Frozen saddles
    are exact: with :math:`q_2 = 1` the functional is :math:`\varphi_{RS}(y/m)`, whose extremum in `m` is where the
    replica-symmetric entropy vanishes, and S = 0 there.

    For y < 1 there is breaking in the ordinary sense, :math:`y \le m \le 1`, where ``replicon`` is negative or the
    entropy would be. For y > 1, :math:`1 \le m \le y` and both ends are the replica-symmetric theory: references
    are chosen by the solutions around them, and a cluster above its share attracts a reference of its own. No
    broken saddle was found there: ``replicon`` was positive at every point looked at with y >= 1 (binary perceptron
    at kappa = -1, 0, 1/2 and symmetric one at kappa = 1, up to 0.92 of capacity), and the slope threshold at y =
    inf is that of the symmetric theory, alpha = 0.7553 with ``replicon`` 0.92 at d = 0.02. What breaks there is the
    symmetry among references (``replicon_ref`` of `local_entropy`): at zero complexity and kappa = 0 for distances
    above 0.03 to 0.05, depending on the load.

    Examples
    --------
    >>> from replica_theory import UShapePerceptron
    >>> curve = local_entropy_1rsb(UShapePerceptron(1.5), 0.25, 0.45, y=0.05, m=0.5)
    >>> print(f"{curve.entropy:.4f} {curve.overlaps['q1']:.3f} {curve.overlaps['q2']:.3f}")
    0.1818 0.103 0.265
    """
    checked_model(model, Model, "local_entropy_1rsb", random_labels=True)
    alpha, distance = checked_alpha(alpha), checked_real("distance", distance, _INSIDE)
    count, parisi = _checked(model, y, m)
    points = broadcast(alpha=alpha, distance=distance, kappa=model.kappa, beta=model.beta, y=count, m=parisi)
    rows = [
        _row(model.at(kappa=at["kappa"], beta=at["beta"]), at["alpha"], at["distance"], at["y"], at["m"])._replace(
            y=at["y"]
        )
        for at in points
    ]
    label = f"1RSB, free reference, y = {shown(np.asarray(y))}, alpha = {shown(alpha)}"
    asked = {"function": "local_entropy_1rsb", "y": np.asarray(y).tolist(), "m": np.asarray(m).tolist()}
    names = (*_NAMES, "free_entropy", "replicon")
    curve = assemble(rows, points, label, names=names, model=model, settings=asked)
    report(curve, "local_entropy_1rsb", f"at distance {distance}")
    return curve


def _row(model: Model, alpha: float, d: float, y: float, m: float) -> Row:
    """One point: broken if it can be, otherwise as the iteration ends from the nearest start."""
    symmetric = _symmetric(model, alpha, d, y)
    optimal = bool(np.isnan(m))
    if optimal and symmetric is not None and symmetric.entropy < 0 and np.isposinf(float(model.beta)):
        condensed = _condensed(model, alpha, d, y, symmetric)
        if condensed.status.ok:
            return condensed
    kinds = []
    for guess in _guesses(y) if optimal else [m]:
        equations = BrokenEquations(Breaking(model, alpha, y, guess), 1 - 2 * d, even=model.is_even)
        for kind, x in (_settle(equations, start) for start in _starts(equations, symmetric)):
            kinds.append(kind)
            found, final = _solve(equations, x) if kind == "broken" else None, equations
            if found is not None and optimal:
                final = replace(equations, optimal=True)
                found = _solve(final, np.append(found, np.log(guess)))
            if found is not None and _within(final.at(found)[0].m, y):
                return _broken(final, found, d, symmetric)
    if not optimal and kinds[0] == "frozen" and np.isposinf(float(model.beta)):
        return _frozen(model, alpha, d, y, m, symmetric)
    return Row(Status.SADDLE_LOST) if symmetric is None else _unbroken(symmetric, m)


def _guesses(y: float) -> list[float]:
    """Parisi parameters to start from."""
    if np.isinf(y):
        return [_TYPICAL_M]
    return [float(max(y, 1e-3) ** power) for power in (0.1, 0.4, 0.75)] if y > 0 else [0.8, 0.4]


def _within(m: float, y: float) -> bool:
    return min(1.0, y) - 1e-9 <= m <= max(1.0, y) + 1e-9


def _starts(equations: BrokenEquations, symmetric: Row | None) -> Iterator[Array]:
    """Coordinates to iterate from: the symmetric point with clusters of several sizes."""
    q0, gap, field = 0.3, 0.1, 0.3
    if symmetric is not None:
        of = symmetric.overlaps
        q0, field = of["q0"], squeezed(of["t_hat"])
        gap = of["gap"] if equations.system.infinite else of["q1"] - of["q0"]
    q0 = 0.0 if equations.even else q0
    rest = 1 - q0 - (0.0 if equations.system.infinite else gap)
    for share in _STARTS:
        yield np.array([q0, gap, share * rest, field])


def _settle(equations: BrokenEquations, x: Array) -> tuple[str, Array]:
    """Damped iteration; how it ends: broken, unbroken (q2 = q1), frozen (q2 = 1) or lost."""
    for _ in range(_SWEEPS):
        system, q, t_hat = equations.at(x)
        rest = 1 - q.q1(system.infinite)
        if rest - q.step < _FROZEN * rest:
            return "frozen", x
        if q.step < _UNBROKEN * rest:
            return "unbroken", x
        forces = energetic(system, q)
        hats = None if forces is None else _times(system.alpha, forces.orders)
        spins = None if hats is None else entropic(system, hats, t_hat)
        ahead = None if hats is None else entropic(system, hats, t_hat + _SETTLED)
        if spins is None or ahead is None:
            # The conjugate of an overlap near 1 is beyond any grid.
            return ("frozen" if q.step > 0.9 * rest else "lost"), x
        response = max((ahead.t - spins.t) / _SETTLED, 1e-6)
        t_hat += float(np.clip((equations.t - spins.t) / response, -0.3, 0.3)) * (1 + abs(t_hat))
        orders = 0.5 * (np.array(q) + np.array(spins.orders))
        orders[1] = max(orders[1], 0.0 if system.infinite else 1e-9)
        moved = np.append(orders, squeezed(t_hat))
        if equations.even:
            moved[0] = 0.0
        if np.abs(moved - x).max() < _SETTLED * min(rest - q.step, q.step):
            return "broken", moved
        x = moved
    return "broken", x


def _solve(equations: BrokenEquations, x: Array) -> Array | None:
    """Newton's method from x; None if it fails or the breaking closes."""
    found = solve_fixed_points(equations.image, x[None], tol=1e-11, sweeps=0)
    x = found.x[0]
    rest = 1 - equations.at(x)[1].q1(equations.system.infinite)
    return x if found.residual[0] < _TOLERANCE and x[2] > _UNBROKEN * rest else None


def _broken(equations: BrokenEquations, x: Array, d: float, symmetric: Row | None) -> Row:
    """Row of a broken saddle; at finite y its slope by solving again on both sides."""
    point, overlaps = equations.read(x)
    system = equations.system
    finer = replace(equations, system=replace(system, resolution=system.resolution.doubled())).read(x)[0]
    if system.infinite:
        slope = 2 * overlaps["t_hat"]
    else:
        h = 1e-4 * d
        sides = [replace(equations, t=1 - 2 * (d + sign * h)) for sign in (1, -1)]
        solved = [(side, _solve(side, x)) for side in sides]
        right, left = (np.nan if at is None else _entropy(side, side.read(at)[0]) for side, at in solved)
        slope = (right - left) / (2 * h)
    overlaps["replicon"] = np.nan if symmetric is None else symmetric.overlaps["replicon"]
    complexity = np.nan if system.infinite else point.phi - system.y * point.entropy
    entropy = _entropy(equations, point)
    overlaps["free_entropy"] = point.entropy
    error = abs(finer.entropy - point.entropy)
    status = Status.of(entropy, complexity, error=error, tolerance=INACCURATE)
    return Row(status, entropy, slope, complexity, error=error, overlaps=overlaps)


def _entropy(equations: BrokenEquations, point: Point) -> float:
    """Entropy: at finite beta the functional gives the free entropy."""
    return point.entropy + heat(equations.system.model, equations.system.alpha, point.energy)


def _symmetric(model: Model, alpha: float, d: float, y: float) -> Row | None:
    """The replica-symmetric point, None where it does not exist."""
    row = curve_rows(model, None, alpha, y, np.array([d]))[0]
    return row._replace(overlaps=dict.fromkeys(OVERLAPS, np.nan) | row.overlaps) if row.status.ok else None


def _unbroken(symmetric: Row, m: float) -> Row:
    """Row of the replica-symmetric saddle: m is free and there is one cluster."""
    of = dict(symmetric.overlaps)
    of |= {"q2": of["q1"], "q2_hat": of["q1_hat"], "m": m, "cluster_complexity": 0.0}
    return symmetric._replace(overlaps=of)


def _condensed(model: Model, alpha: float, d: float, y: float, symmetric: Row) -> Row:
    """Row where the symmetric entropy is negative: single solutions, m such that it vanishes at y/m (or m = y)."""

    def entropy(replicas: float) -> float:
        point = _symmetric(model, alpha, d, replicas)
        return np.nan if point is None else point.entropy

    # At m = y all replicas of a reference are one solution, which there is at no cost: then y does not matter.
    crosses = y < 1 and entropy(1.0) > 0
    crisis = float(scipy.optimize.brentq(entropy, y, 1.0, xtol=1e-10)) if crosses else 1.0
    row = _frozen(model, alpha, d, y, y / crisis, symmetric)
    if not row.status.ok:
        return row
    overlaps = row.overlaps | {"cluster_complexity": 0.0}
    return Row(Status.CONVERGED, 0.0, 0.0, row.overlaps["phi"], error=row.error, overlaps=overlaps)


def _frozen(model: Model, alpha: float, d: float, y: float, m: float, symmetric: Row | None) -> Row:
    """Row with q2 = 1: the symmetric theory of y/m replicas, one a cluster."""
    point = _symmetric(model, alpha, d, y / m)
    if point is None:
        return Row(Status.SADDLE_LOST)
    row = _unbroken(point, m)
    of = row.overlaps | {"q2": 1.0, "q2_hat": np.inf, "cluster_complexity": row.entropy}
    of["replicon"] = np.nan if symmetric is None else symmetric.overlaps["replicon"]
    for name in ("q0_hat", "q1_hat", "t_hat", "gamma"):
        of[name] = of[name] / (m if name in ("t_hat", "gamma") else m**2)
    if np.isinf(y):
        of["phi"] = row.entropy / m
    return row._replace(entropy=row.entropy / m, slope=row.slope / m, error=row.error / m, overlaps=of)


def _checked(model: Model, y: ArrayLike, m: ArrayLike | None) -> tuple[Array, Array]:
    """Numbers of replicas and Parisi parameters (NaN: the optimal one)."""
    count = np.asarray(checked_real("y", y, COUNT))
    if np.isinf(count).any() and not model.is_concave:
        raise ValueError(f"y = inf needs a log-concave kernel here; got {model!r}")
    if m is None:
        return count, np.full((), np.nan)
    parisi = np.asarray(checked_real("m", m, POSITIVE))
    broadcast(y=count, m=parisi)
    if not ((parisi >= np.minimum(count, 1.0)) & (parisi <= np.maximum(count, 1.0))).all():
        raise ValueError(f"m must be positive and between 1 and y = {shown(y)}; got {shown(m)}")
    return count, parisi
