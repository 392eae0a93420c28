r"""Dense regions of a teacher-student problem: references surrounded by students, and what they know of the teacher.

The references :math:`\tilde W` are free; replicas at overlap `t` from them satisfy the patterns that the teacher
:math:`W^T` labels. With :math:`R = W\cdot W^T/N` and conjugate :math:`\hat R`, the functional of the free reference
gains :math:`-yR\hat R`, its entropic field becomes :math:`h + \hat R`, and its outer energetic measure

.. math:: \int Dz\,\big[2H\big(-Rz/\sqrt{q_0-R^2}\big)\big], \qquad h = \sqrt{q_0}z,

the probability that the teacher agrees with the label, given the part of the field that all replicas share. The
reference enters no pattern, so its overlap with the teacher is read off, :math:`\tilde R = E\langle\tilde W\rangle`.
The equation for :math:`\hat R` integrates over the fields on the teacher's boundary,
:math:`\hat R = \alpha\sqrt{2/\pi}\,E\langle\ell'\rangle` with :math:`h\sim\mathcal N(0, q_0 - R^2)`.

At :math:`y = \infty`, with :math:`a = \sqrt{\hat q}z + \hat R`, :math:`h = |a| + \hat t + \delta\hat q\tanh h`,

.. math:: S_\infty = \mathrm{extr}\Big\{&-\tfrac12\hat q(1-q) - \tfrac12(\delta q\,\hat q + q\,\delta\hat q) - t\hat t
   - R\hat R \\ &+ E\max_x\big[-\tfrac{x^2}2 + \log2\cosh(|a| + \sqrt{\delta\hat q}\,x + \hat t)\big] \\
   &+ \alpha\,E_T\max_x\big[-\tfrac{x^2}2 + \ell(h + \sqrt{\delta q}\,x, \sqrt{1-q})\big]\Big\},

:math:`\tilde W = \mathrm{sign}\,a`, and :math:`dS_\infty/dd = 2\hat t`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy import special

from replica_theory.arguments import checked_alpha, checked_distance, checked_real
from replica_theory.models.perceptron import TeacherStudent
from replica_theory.models.proximal import maxima, maximal_field
from replica_theory.numerics.binary import log2cosh
from replica_theory.numerics.branches import follow_branch
from replica_theory.numerics.gaussian import Rule, multi_rule, rule
from replica_theory.numerics.inner_grid import inner_grid
from replica_theory.replicas.finite_y import Resolution
from replica_theory.results.curve import FAILED, EntropyCurve, Row, assemble
from replica_theory.status import ConvergenceError, Status, report
from replica_theory.typical.replica_symmetric import ReplicaSymmetric, replica_symmetric
from replica_theory.typing import Array, ArrayLike

_OVERLAPS = (
    "q0", "q1", "q0_hat", "q1_hat", "t_hat", "gamma", "teacher_overlap", "teacher_overlap_hat",
    "teacher_overlap_ref", "generalization_error", "generalization_error_ref", "energy", "phi", "free_entropy",
    "residual",
)  # fmt: skip
_STEP = 0.1
_RESOLVED = 5e-4
_SMALLEST_DISTANCE = 1e-4
_DEPARTURE = 0.05
_LARGEST_Y = 40.0
_EASY_Y = 5.0
_MEETING = 0.1
"""Distance at which y is raised beyond the easy ones."""


class Teaching(NamedTuple):
    """Orders of a saddle point and what is read off there (gaps times y at y = inf)."""

    q0: float
    gap: float
    r: float
    q0_hat: float
    gap_hat: float
    r_hat: float
    t_hat: float
    r_ref: float
    entropy: float
    phi: float
    energy: float


class _Energetic(NamedTuple):
    """Value, mean log-kernel, violation, and alpha times the derivatives."""

    value: float
    log: float
    energy: float
    q0_hat: float
    gap_hat: float
    r_hat: float


class _Entropic(NamedTuple):
    value: float
    log: float
    q0: float
    gap: float
    r: float
    t: float
    r_ref: float


def dense_teacher(
    model: TeacherStudent, alpha: ArrayLike, distance: ArrayLike, *, y: ArrayLike = np.inf
) -> EntropyCurve:
    r"""Local entropy of the students around the densest references, and what both know of the teacher.

    Parameters
    ----------
    model : TeacherStudent
        Margin and inverse temperature of the students (arrays broadcast); at finite `beta` ``free_entropy`` of the
        overlaps is that of the thermal students, :math:`S - \beta\alpha e`.
    alpha, distance : float or array
        Load, and distances between reference and student, in [0, 1/2].
    y : float or array
        Number of replicas, in (0, 40], or ``inf``: the largest local entropy. At ``y = 1`` references are typical
        students with independent flips: :math:`\varphi` is their entropy plus :math:`H_2(d)`.

    Returns
    -------
    EntropyCurve
        `overlaps` holds, next to the order parameters of the free reference, ``teacher_overlap`` R of the students and
        ``teacher_overlap_ref`` of the reference, and ``generalization_error`` and ``generalization_error_ref``,
        :math:`\arccos(R)/\pi` of either: probabilities to disagree with the teacher on a new pattern. `slope` is
        :math:`dS/dd`, `complexity` is :math:`\Sigma` (NaN at y = inf), `error` the change
        of the entropy under doubled quadrature.

    Raises
    ------
    TypeError, ValueError
        If the model is not a `TeacherStudent`, or alpha, distance or y are out of range.
    ConvergenceError
        In a scalar call whose point has no saddle; in array calls such points are NaN and warned of once.

    Notes
    -----
    The branch is that of students with R < 1. At y = inf it starts at the distance
    :math:`(1 - E|\tanh a|)/2` of the typical students from the signs of their mean (the clipped Bayes-optimal
    student), is flat from there to 1/2, and is continued downwards in log d; at finite y it starts at d = 1/2.

    Examples
    --------
    >>> from replica_theory import TeacherStudent
    >>> curve = dense_teacher(TeacherStudent(), 0.6, 0.1)
    >>> print(f"{curve.entropy:.6f} {curve.overlaps['generalization_error_ref']:.6f}")
    0.240265 0.335095
    """
    if not isinstance(model, TeacherStudent):
        raise TypeError(f"model must be a TeacherStudent; got {model!r}")
    alpha, distance, count = checked_alpha(alpha), checked_distance(distance), _checked_y(y)
    grid = np.broadcast_arrays(alpha, distance, model.kappa, model.beta, count)
    shape = grid[0].shape
    columns = np.stack([np.asarray(g, dtype=float).ravel() for g in grid])
    settings, group = np.unique(columns[[0, 2, 3, 4]], axis=1, return_inverse=True)
    rows: list[Row] = [FAILED] * columns.shape[1]
    for g, (a, kappa, beta, replicas) in enumerate(settings.T):
        members = np.flatnonzero(np.ravel(group) == g)
        problem = Problem(model.at(kappa=float(kappa), beta=float(beta)), float(a), float(replicas))
        for member, row in zip(members, _curve(problem, columns[1, members]), strict=True):
            rows[member] = row._replace(y=float(replicas))
    label = f"dense region around a teacher's students, alpha = {alpha}, y = {y}"
    asked = {"function": "dense_teacher", "y": np.asarray(y).tolist()}
    curve = assemble(rows, columns[1].reshape(shape), label, names=_OVERLAPS, model=model, alpha=grid[0],
                     settings=asked)  # fmt: skip
    call = f"dense_teacher at distance {distance}" if shape == () else "dense_teacher"
    report(np.ravel(curve.status), curve, call, scalar=shape == ())
    return curve


@dataclass(frozen=True)
class Problem:
    """Saddle-point equations in ``(q0, R, gap or log(1 + gap), squeezed t_hat)`` at given overlap t."""

    model: TeacherStudent
    alpha: float
    y: float
    nodes: int = 161
    resolution: Resolution = Resolution(outer=121)  # noqa: RUF009

    def residual(self, x: Array, t: float) -> Array:
        """Saddle-point equations; NaN outside the domain."""
        return self.evaluate(x, t)[0]

    def finer(self) -> Problem:
        """The same with doubled quadrature."""
        return replace(self, nodes=2 * self.nodes - 1, resolution=self.resolution.doubled())

    def evaluate(self, x: Array, t: float) -> tuple[Array, Teaching | None]:
        """Residual and read-out at coordinates x."""
        q, r, gap, t_hat = self.decode(x)
        failed = np.full(4, np.nan), None
        limit = np.isinf(self.y)
        if not (0 < q < 1 - 1e-9 and r**2 < q and gap > (-1e-12 if limit else 0.0) and np.isfinite(t_hat)):
            return failed
        if not limit and not q + gap < 1 - 1e-9:
            return failed
        forces = _limit_energetic(self, q, r, max(gap, 0.0)) if limit else _energetic(self, q, r, gap)
        if not (forces.q0_hat > 0 and forces.gap_hat >= 0):
            return failed
        spins = (_limit_entropic if limit else _entropic)(self, forces, t_hat)
        if spins is None or not spins.gap > -1:
            return failed
        width = np.log1p(spins.gap) if limit else spins.gap
        residual = np.array([spins.q0 - q, spins.r - r, width - x[2], spins.t - t])
        return residual, self._read(q, r, gap, t_hat, t, forces, spins)

    def decode(self, x: Array) -> tuple[float, float, float, float]:
        """Overlaps q0 and R, gap, coupling field."""
        q, r, width, squeezed = (float(v) for v in x)
        gap = float(np.expm1(min(width, 40.0))) if np.isinf(self.y) else width
        return q, r, gap, squeezed / (1 - abs(squeezed)) if abs(squeezed) < 1 else np.inf

    def _read(
        self, q: float, r: float, gap: float, t_hat: float, t: float, forces: _Energetic, spins: _Entropic
    ) -> Teaching:
        y, q_hat, gap_hat = self.y, forces.q0_hat, forces.gap_hat
        linear = -t * t_hat - r * forces.r_hat
        if np.isinf(y):
            linear += -0.5 * q_hat * (1 - q) - 0.5 * (gap * q_hat + q * gap_hat)
            phi, entropy = np.nan, linear + spins.value + self.alpha * forces.value
        else:
            q1, q1_hat = q + gap, q_hat + gap_hat
            phi = y * linear - 0.5 * y * q1_hat - 0.5 * y * (y - 1) * q1 * q1_hat + 0.5 * y**2 * q * q_hat
            phi += spins.value + self.alpha * forces.value
            entropy = linear - 0.5 * q1_hat - 0.5 * (2 * y - 1) * q1 * q1_hat + y * q * q_hat
            entropy += spins.log + self.alpha * forces.log
        return Teaching(q, gap, r, q_hat, gap_hat, forces.r_hat, t_hat, spins.r_ref, entropy, phi, forces.energy)


def _limit_energetic(problem: Problem, q: float, r: float, gap: float) -> _Energetic:
    """Energetic term at y = inf with the teacher's weight."""
    model, std, alpha = problem.model, float(np.sqrt(1 - q)), problem.alpha
    spread2 = q - r**2
    kinks = 0.0

    def teacher(h: Array) -> Array:
        return np.asarray(2 * special.ndtr(r * h / (np.sqrt(q) * np.sqrt(spread2))))

    if model.is_concave or gap == 0:
        outer = _outer(model, q, spread2, std, problem.nodes)
        boundary = _rule(model, spread2, std, problem.nodes)
        h = np.sqrt(q) * outer.nodes
        weights, f = outer.weights * teacher(h), maximal_field(model, h, gap, std)
        on_boundary = maximal_field(model, np.sqrt(spread2) * boundary.nodes, gap, std)
        boundary_weights = boundary.weights
    else:
        best = maxima(model, q, gap, std, problem.nodes // 16)
        weights, f = best.weights * teacher(best.h), best.fields
        density = [float(teacher(np.array(jump.field))) * best._replace(jumps=[jump]).kinks(q, gap)
                   for jump in best.jumps]  # fmt: skip
        kinks = float(sum(density))
        edge = maxima(model, spread2, gap, std, problem.nodes // 16)
        on_boundary, boundary_weights = edge.fields, edge.weights
    kernel = model.log_kernel(f, std)
    response = gap * kernel.d2**2 / (1 - gap * kernel.d2)
    slope = float(boundary_weights @ model.log_kernel(on_boundary, std).d1)
    log = float(weights @ (kernel.log - 0.5 * gap * kernel.d1**2))
    energy = float(weights @ model.violation(f, std)) if np.isfinite(model.beta) else 0.0
    q_hat, gap_hat = float(weights @ kernel.d1**2), float(weights @ response) + kinks
    return _Energetic(log, log, energy, alpha * q_hat, alpha * gap_hat, alpha * np.sqrt(2 / np.pi) * slope)


def _limit_entropic(problem: Problem, forces: _Energetic, t_hat: float) -> _Entropic:
    """Entropic term at y = inf: the reference takes the sign of the common field a."""
    root, shift = float(np.sqrt(forces.q0_hat)), forces.r_hat
    z, weights = _halves(-shift / root, 1 / root, problem.nodes)
    a = root * z + shift
    sign, size = np.sign(a), np.abs(a) + t_hat
    h = size + forces.gap_hat
    for _ in range(100):
        m = np.tanh(h)
        step = (h - size - forces.gap_hat * m) / np.maximum(1 - forces.gap_hat * (1 - m**2), 1e-3)
        h = h - step
        if np.max(np.abs(step)) < 1e-12 * (1 + np.max(np.abs(h))):
            break
    m = np.tanh(h)
    q = float(weights @ m**2)
    value = float(weights @ (log2cosh(h) - 0.5 * forces.gap_hat * m**2))
    gap = float(weights @ (z * sign * m)) / root - (1 - q)
    return _Entropic(
        value, value, q, gap, float(weights @ (sign * m)), float(weights @ m), float(weights @ sign)
    )  # fmt: skip


def _halves(center: float, width: float, n: int) -> tuple[Array, Array]:
    """Gauss-Legendre nodes and weights of Dz on both sides of a kink at `center`, graded towards it."""
    center = float(np.clip(center, -9.0, 9.0))
    x, w = np.polynomial.legendre.leggauss(n)
    scale = min(2 * width, 1.0)
    nodes, weights = [], []
    for end in (-10.0, 10.0):
        top = np.arcsinh((end - center) / scale)
        u = 0.5 * top * (x + 1)
        z = center + scale * np.sinh(u)
        nodes.append(z)
        weights.append(0.5 * abs(top) * w * scale * np.cosh(u) * np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi))
    return np.concatenate(nodes), np.concatenate(weights)


def _energetic(problem: Problem, q: float, r: float, gap: float) -> _Energetic:
    """Energetic term at finite y with the teacher's weight."""
    model, y, alpha = problem.model, problem.y, problem.alpha
    spread2, rest = q - r**2, 1 - q - gap
    blur = float(np.sqrt(gap + rest / max(y, 1.0)))
    outer = _outer(model, q, spread2, blur, problem.resolution.outer)
    value, averages = _tilted(problem, np.sqrt(q) * outer.nodes, gap, rest)
    weights = outer.weights * 2 * special.ndtr(r * outer.nodes / np.sqrt(spread2))
    q0_hat, q1_hat = float(weights @ averages[:, 0] ** 2), float(weights @ averages[:, 1])
    boundary = _rule(model, spread2, blur, problem.resolution.outer)
    slope = float(boundary.weights @ _tilted(problem, np.sqrt(spread2) * boundary.nodes, gap, rest)[1][:, 0])
    return _Energetic(
        float(weights @ value),
        float(weights @ averages[:, 2]),
        float(weights @ averages[:, 3]),
        alpha * q0_hat,
        alpha * (q1_hat - q0_hat),
        alpha * np.sqrt(2 / np.pi) * slope,
    )


def _tilted(problem: Problem, h: Array, gap: float, rest: float) -> tuple[Array, Array]:
    r""":math:`\log\int Df\,e^{y\ell(f)}` at outer fields h, and tilted averages of l', l'^2, l and the violation."""
    model, y, std = problem.model, problem.y, float(np.sqrt(rest))
    steps = [(float(np.asarray(edge)), float(np.sqrt(rest / max(y, 1.0)))) for edge in model.edges]
    f, log_df = inner_grid(steps, h, float(np.sqrt(gap)), problem.resolution.spacing)
    kernel = model.log_kernel(f, std)
    violation = model.violation(f, std) if np.isfinite(model.beta) else np.zeros_like(f)
    log_weight = -((f - h[:, None]) ** 2) / (2 * gap) + y * kernel.log + log_df
    top = log_weight.max(axis=1)
    columns = np.stack([np.ones_like(f), kernel.d1, kernel.d1**2, kernel.log, violation], axis=1)
    sums = np.exp(log_weight - top[:, None]) @ columns
    return top + np.log(sums[:, 0]) - 0.5 * np.log(2 * np.pi * gap), sums[:, 1:] / sums[:, :1]


def _entropic(problem: Problem, forces: _Energetic, t_hat: float) -> _Entropic | None:
    """Entropic term at finite y: fields a + t_hat W~ around a ~ N(R_hat, q0_hat)."""
    y, root, gap_hat = problem.y, float(np.sqrt(forces.q0_hat)), forces.gap_hat
    if not gap_hat > 0:
        return None
    outer = rule(np.clip(-forces.r_hat / root, -8.0, 8.0), 1 / (max(y, 1.0) * root), problem.resolution.outer)
    a, width = root * outer.nodes + forces.r_hat, float(np.sqrt(gap_hat))
    reach = float(np.abs(a).max()) + abs(t_hat) + y * gap_hat + 9 * width
    spacing = min(width, 0.6) * problem.resolution.spacing
    f = spacing * np.arange(-np.ceil(reach / spacing), np.ceil(reach / spacing) + 1)
    log_f, m = log2cosh(f), np.tanh(f)
    columns = np.stack([np.ones_like(f), m, m**2, log_f], axis=1)
    logs, means = [], []
    for side in (1.0, -1.0):
        log_weight = -((f - a[:, None] - side * t_hat) ** 2) / (2 * gap_hat) + y * log_f
        top = log_weight.max(axis=1)
        sums = np.exp(log_weight - top[:, None]) @ columns
        logs.append(top + np.log(sums[:, 0] * spacing) - 0.5 * np.log(2 * np.pi * gap_hat))
        means.append(sums[:, 1:] / sums[:, :1])
    total = np.logaddexp(*logs)
    up, down = (np.exp(log - total)[:, None] for log in logs)
    mixed = up * means[0] + down * means[1]
    q0 = float(outer.integrate(mixed[:, 0] ** 2))
    odd = (up * means[0] - down * means[1])[:, 0]
    return _Entropic(
        float(outer.integrate(total)),
        float(outer.integrate(mixed[:, 2])),
        q0,
        float(outer.integrate(mixed[:, 1])) - q0,
        float(outer.integrate(mixed[:, 0])),
        float(outer.integrate(odd)),
        float(outer.integrate((up - down)[:, 0])),
    )


def _outer(model: TeacherStudent, q: float, spread2: float, blur: float, n: int) -> Rule:
    """Rule in z, h = sqrt(q) z, resolved at the edge and where the teacher's weight changes (at 0)."""
    root, edge = float(np.sqrt(q)), float(np.asarray(model.kappa))
    width = float(np.sqrt(spread2)) / root
    if edge == 0:
        return multi_rule([np.zeros(())], [np.asarray(min(blur / root, width))], n)
    steps = sorted([(float(np.clip(edge / root, -8, 8)), blur / root), (0.0, width)])
    return multi_rule([np.asarray(c) for c, _ in steps], [np.asarray(w) for _, w in steps], n)


def _rule(model: TeacherStudent, variance: float, blur: float, n: int) -> Rule:
    root = float(np.sqrt(variance))
    return rule(np.clip(float(np.asarray(model.kappa)) / root, -8.0, 8.0), blur / root, n)


def _curve(problem: Problem, distances: Array) -> list[Row]:
    """The points of one curve."""
    try:
        alone = replica_symmetric(problem.model, problem.alpha)
    except ConvergenceError:
        return [FAILED] * len(distances)
    typical = np.array([float(alone.q), float(alone.teacher_overlap), 0.0, 0.0])
    limit = np.isinf(problem.y)
    flat = 0.5 * (1 - _aligned(problem, alone)[0]) if limit else 0.5
    inside = np.unique(distances[(distances >= _SMALLEST_DISTANCE) & (distances < flat)])
    logs = [float(p) for p in np.log(inside[::-1])]
    start: tuple[Array, float] | None = (typical, float(np.log(flat)))
    if not limit:
        start = _departure(replace(problem, y=min(problem.y, _EASY_Y)), typical)
        if problem.y > _EASY_Y and start is not None:
            start = _raised(problem, *start)
    solved: dict[float, Array] = {}
    if start is not None and logs:
        solved = _follow(problem, *start, logs)
    rows = []
    for d in distances:
        if d >= flat:
            rows.append(_flat_row(problem, alone))
        elif d == 0 and limit:
            rows.append(Row(Status.CONVERGED, 0.0, np.inf, error=0.0))
        else:
            x = solved.get(float(np.log(d))) if d >= _SMALLEST_DISTANCE else None
            rows.append(FAILED if x is None else _read_out(problem, x, float(d)))
    return rows


def _follow(problem: Problem, x: Array, origin: float, logs: list[float]) -> dict[float, Array]:
    """Solutions at given log distances (in falling order), continued from one."""
    solved: dict[float, Array] = {}
    back = [p for p in reversed(logs) if p > origin]
    for branch in ([p for p in logs if p <= origin], back):
        points = follow_branch(
            lambda x, p: problem.residual(x, 1 - 2 * float(np.exp(p))), x, origin, branch,
            max_step=_STEP, min_step=_RESOLVED,
        )  # fmt: skip
        solved |= {point.parameter: point.x for point in points if point.status.ok}
    return solved


def _departure(problem: Problem, typical: Array) -> tuple[Array, float] | None:
    """Solution a little below d = 1/2 at finite y, where the students hardly feel the reference."""
    log_distance = float(np.log(0.5)) - _DEPARTURE
    t, y = 1 - 2 * float(np.exp(log_distance)), problem.y
    field = t / (1 + 0.3 * y)
    x = typical + np.array([0.0, 0.0, 0.5 / (1 + y) * t**2, field / (1 + field)])
    for _ in range(200):
        step = problem.residual(x, t)
        if not np.isfinite(step).all() or np.abs(step).max() < 1e-6:
            break
        following = x + np.array([0.4, 0.4, 0.4, -0.6]) * step
        following[2] = max(following[2], 0.5 * x[2])
        x = following
    point = follow_branch(problem.residual, x, t + 1e-9, [t], max_step=1.0)[0]
    return (point.x, log_distance) if point.status.ok else None


def _raised(problem: Problem, x: Array, log_distance: float) -> tuple[Array, float] | None:
    """Solution at the problem's y, raised from an easy one at a middle distance."""
    meeting = float(np.log(_MEETING))
    t = 1 - 2 * _MEETING
    found = _follow(replace(problem, y=_EASY_Y), x, log_distance, [meeting]).get(meeting)
    if found is None:
        return None
    point = follow_branch(
        lambda x, v: replace(problem, y=float(np.exp(v))).residual(x, t), found, np.log(_EASY_Y),
        [float(np.log(problem.y))], max_step=0.25, min_step=0.01,
    )[0]  # fmt: skip
    return (point.x, meeting) if point.status.ok else None


def _aligned(problem: Problem, alone: ReplicaSymmetric) -> tuple[float, float]:
    """Overlap t of the typical students with the signs of their mean, and the overlap of these with the teacher."""
    forces = _Energetic(0.0, 0.0, 0.0, float(alone.q_hat), 0.0, float(alone.teacher_overlap_hat))
    spins = _limit_entropic(problem, forces, 0.0)
    return spins.t, spins.r_ref


def _flat_row(problem: Problem, alone: ReplicaSymmetric) -> Row:
    """Typical students: at y = inf around the signs of their mean, at finite y and d = 1/2 around anything."""
    limit = np.isinf(problem.y)
    q, r, free = float(alone.q), float(alone.teacher_overlap), float(alone.free_entropy)
    entropy = float(alone.entropy)
    r_ref = _aligned(problem, alone)[1] if limit else 0.0
    hats = (float(alone.q_hat), float(alone.teacher_overlap_hat))
    phi = np.nan if limit else problem.y * free + np.log(2)
    values = (q, q, hats[0], hats[0], 0.0, 0.0, r, hats[1], r_ref, _error(r), _error(r_ref), float(alone.energy), phi,
              free, float(alone.residual))  # fmt: skip
    status = Status.CONVERGED if entropy >= 0 else Status.NEGATIVE_ENTROPY
    complexity = np.nan if limit else float(np.log(2))
    overlaps = dict(zip(_OVERLAPS, values, strict=True))
    return Row(status, entropy, 0.0, complexity, error=float(alone.error), overlaps=overlaps)


def _read_out(problem: Problem, x: Array, distance: float) -> Row:
    residual, point = problem.evaluate(x, 1 - 2 * distance)
    finer = problem.finer().evaluate(x, 1 - 2 * distance)[1]
    if point is None or finer is None:
        return FAILED
    limit = np.isinf(problem.y)
    q1, q1_hat = (point.q0, point.q0_hat) if limit else (point.q0 + point.gap, point.q0_hat + point.gap_hat)
    values = (point.q0, q1, point.q0_hat, q1_hat, point.t_hat, point.t_hat, point.r, point.r_hat, point.r_ref,
              _error(point.r), _error(point.r_ref), point.energy, finer.phi,
              finer.entropy, float(np.abs(residual).max()))  # fmt: skip
    complexity = np.nan if limit else finer.phi - problem.y * finer.entropy
    entropy = finer.entropy + problem.model.heat(problem.alpha, finer.energy)
    status = Status.CONVERGED
    if entropy < 0:
        status = Status.NEGATIVE_ENTROPY
    elif complexity < -1e-9:
        status = Status.NEGATIVE_COMPLEXITY
    simple = limit and np.isposinf(problem.model.beta)
    slope = 2 * point.t_hat if simple else _slope(problem, x, distance)
    error = abs(finer.entropy - point.entropy)
    overlaps = dict(zip(_OVERLAPS, values, strict=True))
    return Row(status, entropy, slope, complexity, error=error, overlaps=overlaps)


def _slope(problem: Problem, x: Array, distance: float) -> float:
    """Slope of the entropy, by solving on both sides."""
    values, h = [], 1e-3 * distance
    for d in (distance - h, distance + h):
        t = 1 - 2 * d
        beside = follow_branch(problem.residual, x, 1 - 2 * distance, [t], max_step=3 * h)[0]
        point = problem.evaluate(beside.x, t)[1] if beside.status.ok else None
        values.append(np.nan if point is None else point.entropy + problem.model.heat(problem.alpha, point.energy))
    return float(values[1] - values[0]) / (2 * h)


def _error(overlap: float) -> float:
    return float(np.arccos(np.clip(overlap, -1.0, 1.0)) / np.pi)


def _checked_y(y: ArrayLike) -> Array:
    count = np.asarray(checked_real("y", y))
    if not ((count > 0) & ((count <= _LARGEST_Y) | np.isposinf(count))).all():  # NaN included
        raise ValueError(f"y must lie in (0, {_LARGEST_Y:g}] or be inf; got {y}")
    return count


def _checked_scalar(model: TeacherStudent) -> None:
    if not isinstance(model, TeacherStudent):
        raise TypeError(f"model must be a TeacherStudent; got {model!r}")
    if np.ndim(model.kappa) or np.ndim(model.beta):
        raise ValueError("kappa and beta must be single numbers here")
