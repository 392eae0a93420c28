r"""Saddle points of a reference and its y replicas: equations in regular coordinates, and what is read off there.

The functional is the sum of the terms of `replicated` and of the products of overlaps and conjugates (see
`local_entropy`); its unknowns are chosen so that they stay regular on whole curves in the distance.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple, cast

import numpy as np

from replica_theory.models.model import heat
from replica_theory.numerics.squeezing import unsqueezed
from replica_theory.replicas.finite_y import Energetic, Entropic, Overlaps, Resolution, System, energetic, entropic
from replica_theory.results.curve import FAILED, INACCURATE, Row
from replica_theory.status import Status
from replica_theory.typing import Array

OVERLAPS = (
    "q0", "q1", "t0", "q_ref", "q0_hat", "q1_hat", "t0_hat", "q_ref_hat", "t_hat", "gamma", "phi", "free_entropy",
    "energy", "residual", "replicon", "replicon_ref",
)  # fmt: skip
TAUGHT = ("teacher_overlap", "teacher_overlap_hat", "teacher_overlap_ref")
"""What a teacher adds."""
_ROUGH_Y = 20.0
"""Up to this y lower resolution finds the solutions; far above, it makes folds where there are none."""
_STEP = 1e-5
"""Relative step of central differences."""
_POLISHED = 1e-8
"""Step of Newton's method after which its derivatives need not be taken again."""


class Saddle(NamedTuple):
    """A saddle point and what is read off there."""

    overlaps: Overlaps
    hats: Overlaps
    t_hat: float
    phi: float
    free_entropy: float
    entropy: float
    gamma: float
    energy: float
    replicon: float
    replicon_ref: float
    r_ref: float

    @property
    def stability(self) -> float:
        """The smaller of the two eigenvalues, of those that are known."""
        return float(np.fmin(self.replicon, self.replicon_ref))

    def complexity(self, y: float) -> float:
        """Logarithm of the number of references per weight."""
        return self.phi - y * self.free_entropy


@dataclass(frozen=True)
class Equations:
    """Saddle-point equations of one system, in coordinates that stay regular on the whole curve.

    Free reference: ``(q0, q1 - q0, squeezed t_hat)``, with a teacher ``(q0, R, q1 - q0, squeezed t_hat)``. Constrained:
    ``(q0, c2, t0/q0, q_ref - t0^2/q0, squeezed tau)`` with ``q1 - q0 = (t - t0)^2/(1 - q_ref) + c2``;
    ``squeezed(x) = x/(1 + |x|)``. Overlaps that a step makes negative count as zero, where the equations are
    continuous. ``even`` is the sector in which the overlaps between different references vanish by symmetry: then only
    ``(q1 or c2, squeezed field)`` remain. It serves other constraints too where these overlaps are so small that they
    do not count (`neglected`).
    Where the mean squared weight is no constant, those of replicas and reference stand before the field, and `t` of the
    methods is the cosine 1 - 2d, the overlap over their geometric mean.
    ``rough`` equations do the two-dimensional energetic integral of constrained references at lower resolution.
    """

    system: System
    even: bool = False
    rough: bool = False

    def residual(self, x: Array, t: float) -> Array:
        """Saddle-point equations at overlap t, to the accuracy of a starting point; NaN outside the domain."""
        return self.approximate().evaluate(x, t)[0]

    def approximate(self) -> Equations:
        """The equations by which solutions are looked for."""
        easy = self.system.reference is not None and self.system.y <= _ROUGH_Y
        return replace(self, rough=True) if easy else self

    def at_resolution(self, resolution: Resolution) -> Equations:
        """The same equations by other quadratures."""
        return replace(self, system=replace(self.system, resolution=resolution))

    def evaluate(self, x: Array, t: float) -> tuple[Array, Saddle | None]:
        """Saddle-point equations (NaN outside the domain) and what is read off at coordinates x."""
        solved = self.terms(x, t)
        if solved is None:
            return np.full(len(x), np.nan), None
        spins = solved[2]
        # By their own overlap with the reference: what it lacks of t must not pass for a variance, far smaller.
        residual = np.append(self.coordinates(spins.overlaps, spins.t) - x[:-1], spins.t - _overlap(solved[0], t))
        return residual, self._read(x, t, *solved)

    def terms(self, x: Array, t: float) -> tuple[Overlaps, Energetic, Entropic] | None:
        """Overlaps, energetic and entropic terms at coordinates x."""
        q, tau = self.decode(x, t)
        if q is None or not np.isfinite(tau):
            return None
        system = self.system
        if self.rough:
            system = replace(system, resolution=system.resolution.coarse())
        overlap = _overlap(q, t)
        forces = energetic(system, q, overlap)
        if self.even and forces is not None:
            forces = forces._replace(hats=Overlaps(0.0, forces.hats.q1))
        spins = None
        if forces is not None:
            spins = entropic(self.system, forces.hats, tau, _norms(self.system, q, forces, overlap, tau))
        return None if forces is None or spins is None else (q, forces, spins)

    @property
    def free_squares(self) -> bool:
        """Whether the mean squared weights are unknowns."""
        return self.system.model.weights.square is None

    def neglected(self, x: Array, t: float) -> float:
        """Size of what the `even` sector leaves out of the entropy of another constraint: the overlaps squared."""
        if not self.even or self.system.model.is_even:
            return 0.0
        q = cast(Overlaps, self.decode(x, t)[0])
        forces = energetic(self.system, q, _overlap(q, t))
        return np.inf if forces is None else float((1 + self.system.y) ** 2 * forces.hats.q0 + forces.hats.q_ref) ** 2

    def coordinates(self, q: Overlaps, t: float) -> Array:
        """Coordinates of given overlaps (without the field)."""
        own = self._overlaps(q, t)
        return np.append(own, [q.square, q.square_ref]) if self.free_squares else own

    def _overlaps(self, q: Overlaps, t: float) -> Array:
        if self.system.reference is None:
            if self.system.model.has_teacher:
                return np.array([q.q0, q.r, q.gap])
            return np.array([q.gap]) if self.even else np.array([q.q0, q.gap])
        lag = t - q.t0
        c2 = q.gap - lag**2 / (q.square_ref - q.q_ref)
        return np.array([c2]) if self.even else np.array([q.q0, c2, q.slope, q.rest])

    def decode(self, x: Array, t: float) -> tuple[Overlaps | None, float]:
        """Overlaps and coupling field of coordinates x."""
        tau = unsqueezed(float(x[-1]))
        own, square, square_ref = x[:-1], 1.0, 1.0
        if self.free_squares:
            own, square, square_ref = x[:-3], float(x[-3]), float(x[-2])
            if not (square > 0 and square_ref > 0):
                return None, tau
            t = t * float(np.sqrt(square * square_ref))
        if self.system.reference is None:
            r = float(x[1]) if self.system.model.has_teacher else 0.0
            q0 = 0.0 if self.even else max(float(x[0]), 0.0)
            return Overlaps(q0, float(own[-1]), r=r, square=square, square_ref=square_ref), tau
        if self.even:
            gap = t**2 / square_ref + max(float(x[0]), 0.0)
            return Overlaps(0.0, gap, square=square, square_ref=square_ref), tau
        q0, c2, slope, rest = (float(v) for v in own)
        q0, rest = max(q0, 0.0), max(rest, 0.0)
        q_ref = rest + slope**2 * q0
        if q_ref >= square_ref:
            return None, tau
        gap = (t - slope * q0) ** 2 / (square_ref - q_ref) + max(c2, 0.0)
        return Overlaps(q0, gap, slope, rest, 0.0, square, square_ref), tau

    def _read(self, x: Array, t: float, q: Overlaps, forces: Energetic, spins: Entropic) -> Saddle:
        y, alpha, hats = self.system.y, self.system.alpha, forces.hats
        tau = self.decode(x, t)[1]
        t_hat, t = tau + hats.t0, _overlap(q, t)
        c, c_ref = _norms(self.system, q, forces, t, tau)
        phi = (
            -0.5 * hats.q_ref * (q.square_ref - q.q_ref)
            - 0.5 * y * hats.q1 * q.square
            - 0.5 * y * (y - 1) * q.q1 * hats.q1
            + 0.5 * y**2 * q.q0 * hats.q0
            - y * t * t_hat
            + y * q.t0 * hats.t0
            - y * q.r * hats.r
            + spins.value
            + alpha * forces.value
            + 0.5 * (y * c * q.square + c_ref * q.square_ref)
        )
        free = (
            -0.5 * hats.q1 * q.square
            - 0.5 * (2 * y - 1) * q.q1 * hats.q1
            + y * q.q0 * hats.q0
            - t * t_hat
            + q.t0 * hats.t0
            - q.r * hats.r
            + spins.log
            + alpha * forces.log
            + 0.5 * c * q.square
        )
        gamma = float(t_hat - forces.force)
        replicon = 1 - alpha * forces.curvature * spins.curvature
        product = spins.response @ forces.response
        replicon_ref = 1 - alpha * np.linalg.eigvals(product).real.max() if np.isfinite(product).all() else np.nan
        entropy = float(free) + heat(self.system.model, alpha, forces.energy)
        values = (float(phi), float(free), entropy, gamma, forces.energy, replicon, float(replicon_ref), spins.r_ref)
        return Saddle(q, hats, t_hat, *values)


def _norms(system: System, q: Overlaps, forces: Energetic, t: float, tau: float) -> tuple[float, float]:
    r"""Conjugates of the mean squared weights of replicas and reference, at a given distance (0 where these are fixed).

    As :math:`t = (1-2d)\sqrt{Q\tilde Q}`, they are :math:`-\alpha E\langle\ell''\rangle + \gamma t/Q` and that of the
    reference's own constraint :math:`+\,y\gamma t/\tilde Q`.
    """
    if system.model.weights.square is not None:
        return 0.0, 0.0
    pull = (tau + forces.hats.t0 - forces.force) * t
    return pull / q.square - forces.bend, system.y * pull / q.square_ref - forces.bend_ref


def _overlap(q: Overlaps, cosine: float) -> float:
    """The overlap of replicas and reference at a cosine 1 - 2d."""
    return cosine * float(np.sqrt(q.square * q.square_ref))


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
            y = equations.system.y  # of many replicas, the complexity is a small difference of large numbers
            residual = np.append(residual, np.nan if saddle is None else saddle.complexity(y) / max(y, 1.0))
        return residual, saddle

    def residual(self, x: Array, log_distance: float) -> Array:
        """Residual alone, to the accuracy of a starting point (unless y is an unknown, and may be large)."""
        equations = self.equations if self.zero else self.equations.approximate()
        return replace(self, equations=equations).evaluate(x, log_distance)[0]

    def finer(self) -> Problem:
        """The same at higher resolution: doubled, or by a half where that makes two-dimensional integrals."""
        free, resolution = self.equations.system.reference is None, self.equations.system.resolution
        finer = resolution.doubled() if free else resolution.refined()
        return replace(self, equations=self.equations.at_resolution(finer))


def read_out(problem: Problem, x: Array, distance: float) -> Row:
    """Row near an approximate solution: solved, moved to higher resolution, slope by implicit differentiation."""
    p = float(np.log(distance))
    solved = _solved(problem, x, p)
    if solved is None:
        return FAILED
    x, base, jacobian, gradient, along = solved
    finer = problem.finer()
    moved = x - np.linalg.solve(jacobian, finer.evaluate(x, p)[0])
    residual, saddle = finer.evaluate(moved, p)
    if saddle is None:
        return FAILED
    entropy = saddle.entropy
    tangent = -np.linalg.solve(jacobian, along[:-1])
    slope = (float(gradient @ tangent) + along[-1]) / distance
    if problem.zero and np.isposinf(problem.equations.system.model.beta):
        # phi = y S along the curve, so dphi = S dy + y dS there
        slope = 2 * saddle.gamma * float(np.sqrt(saddle.overlaps.square * saddle.overlaps.square_ref))
    y = problem.at(moved)[0].system.y
    complexity = 0.0 if problem.zero else saddle.complexity(y)
    q, hats = saddle.overlaps, saddle.hats
    values = (q.q0, q.q1, q.t0, q.q_ref, hats.q0, hats.q1, hats.t0, hats.q_ref, saddle.t_hat, saddle.gamma,
              saddle.phi, saddle.free_entropy, saddle.energy, float(np.abs(residual).max()),
              saddle.replicon, saddle.replicon_ref)  # fmt: skip
    overlaps = dict(zip(OVERLAPS, values, strict=True))
    if problem.equations.system.model.has_teacher:
        overlaps |= dict(zip(TAUGHT, (q.r, hats.r, saddle.r_ref), strict=True))
    if problem.equations.free_squares:
        overlaps |= {"mean_square": q.square, "mean_square_ref": q.square_ref}
    error = abs(entropy - base) + problem.equations.neglected(moved, 1 - 2 * distance)
    counted = (entropy, complexity) if problem.equations.system.model.weights.counts else (0.0, 0.0)
    status = Status.of(*counted, stability=saddle.stability, error=error, tolerance=INACCURATE)
    return Row(status, entropy, slope, complexity, y, error, overlaps)


def _solved(problem: Problem, x: Array, p: float, tries: int = 3) -> tuple[Array, float, Array, Array, Array] | None:
    """Solution next to x by Newton's method, the entropy there, and `_derivatives`."""
    residual, saddle = problem.evaluate(x, p)
    jacobian, gradient, along = _derivatives(problem, x, p)
    if saddle is None or jacobian is None:
        return None
    step = -np.linalg.solve(jacobian, residual)
    if np.abs(step).max() > _POLISHED and tries > 1:
        return _solved(problem, x + step, p, tries - 1)
    return x + step, saddle.entropy + float(gradient @ step), jacobian, gradient, along


def _derivatives(problem: Problem, x: Array, p: float) -> tuple[Array | None, Array, Array]:
    """Central differences: Jacobian of the residual, gradient of the entropy, and both along log d."""
    columns, gradient = [], []
    for k, size in enumerate(_sizes(problem, x, p)):
        h = _STEP * size
        unit = np.zeros(len(x) + 1)
        unit[k] = h
        right = problem.evaluate(x + unit[:-1], p + unit[-1])
        left = problem.evaluate(x - unit[:-1], p - unit[-1])
        if right[1] is None or left[1] is None:
            return None, np.zeros(len(x)), np.zeros(len(x) + 1)
        columns.append((right[0] - left[0]) / (2 * h))
        gradient.append((right[1].entropy - left[1].entropy) / (2 * h))
    return np.stack(columns[:-1], axis=1), np.array(gradient[:-1]), np.append(columns[-1], gradient[-1])


def _sizes(problem: Problem, x: Array, p: float) -> list[float]:
    """Over what the equations change in each coordinate and along log d: no more than it is from its bound."""
    equations, inner = problem.at(x)
    q = equations.decode(inner, 1 - 2 * float(np.exp(p)))[0]
    room = 1.0 if q is None else max(q.square - q.q1, 1e-6)
    sizes = [min(max(abs(float(v)), 1e-3), room) for v in inner[:-1]]
    sizes.append(min(max(abs(float(inner[-1])), 1e-3), 1 - abs(float(inner[-1]))))
    return [*sizes, *(abs(float(v)) for v in x[len(inner) :]), 1.0]
