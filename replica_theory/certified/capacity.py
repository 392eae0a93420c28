"""Certified numbers: capacities, the entropy at a load, and the transition to a teacher, each in a proven ball."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import inf, isinf

from replica_theory.arguments import checked_model, shown
from replica_theory.certified.balls import Arb, loaded, precision
from replica_theory.certified.certificate import Ball, Certificate, ball_of
from replica_theory.certified.half_line import HalfLine, Point, Slopes
from replica_theory.certified.multiprecision import intervals_of
from replica_theory.certified.root import Root, unique_root
from replica_theory.models.model import Model
from replica_theory.numerics.progress import alive, tick
from replica_theory.status import ConvergenceError

LOWEST, HIGHEST = -2.0, 3.0
"""Margins of the binary perceptron that are certified."""

_GUARDS = (5, 12, 30)
"""Digits beyond those asked for, tried in turn."""
_SHORT = 12
"""Digits of what is known to a few only: the box and the stability."""
_BRANCH = (
    "the replica-symmetric formula itself; that no root outside the box comes first along the branch; that no other "
    "saddle point takes over"
)
_STUDENTS = (
    "that no root outside the box comes first along the branch; the formula of the free entropy is a theorem (Barbier, "
    "Krzakala, Macris, Miolane and Zdeborova 2019)"
)
_FIRST_MOMENT = (
    "that typical instances follow the annealed formula: they are never above it, and for |h| <= kappa they are equal "
    "(Aubin, Perkins and Zdeborova 2019; Abbe, Li and Sly 2021)"
)


@dataclass(frozen=True)
class _Found:
    """Balls of python-flint, and the box of the root."""

    balls: Mapping[str, Arb]
    box: Arb = None


def certified_capacity(model: Model, start: Callable[[], float], digits: int) -> Certificate:
    r"""The capacity in a ball; `start` gives :math:`\hat q` there in double precision.

    Raises
    ------
    ValueError
        If the model is none of those that are certified.
    ConvergenceError
        If the balls prove nothing.
    """
    checked_model(model, Model, "capacity", single=True, hard=True, random_labels=True, weights=("binary", "spherical"),
                  instead="teacher_student_transition")  # fmt: skip
    if not model.weights.counts:
        return _spherical(model, digits)
    intervals = intervals_of(model, "capacity")
    if _are_even(intervals):
        return _annealed(model, intervals, None, digits)
    line, place = HalfLine(_margin(model, intervals)), f"capacity of {model}"

    def compute(known: int) -> _Found:
        return _on_branch(line, _without_entropy(line, start(), known, place), known)

    proved = (
        "among the values of sqrt(q_hat) in the box exactly one has a vanishing replica-symmetric entropy, and the "
        "balls hold what goes with it"
    )
    return _certificate(model, digits, "alpha", compute, (proved, _BRANCH))


def certified_entropy(model: Model, alpha: float, start: Callable[[], float], digits: int) -> Certificate:
    r"""The replica-symmetric entropy at a load in a ball; `start` gives :math:`\hat q` there in double precision.

    Raises
    ------
    ValueError, ConvergenceError
        As for `certified_capacity`.
    """
    intervals = intervals_of(model, "replica_symmetric")
    if _are_even(intervals):
        return _annealed(model, intervals, alpha, digits)
    line, place = HalfLine(_margin(model, intervals)), f"replica_symmetric at alpha={alpha}"

    def compute(known: int) -> _Found:
        root = unique_root(
            lambda s, at: _point(line, s, at).alpha / alpha - 1,
            lambda box: _slopes(line, box).alpha / alpha,
            start() ** 0.5,
            known,
            place,
        )
        found, slopes = _on_branch(line, root, known), _slopes(line, root.near)
        with precision(known):
            entropy = _point(line, root.middle, known).entropy(loaded().arb(alpha))
            entropy += slopes.entropy_at(loaded().arb(alpha)) * (root.root - root.middle)
        balls = {name: value for name, value in found.balls.items() if name != "alpha"}
        return _Found({"entropy": entropy} | balls, found.box)

    proved = (
        "among the values of sqrt(q_hat) in the box exactly one belongs to alpha, and the balls hold what goes with it"
    )
    return _certificate(model, digits, "entropy", compute, (proved, _BRANCH))


def certified_transition(model: Model, start: Callable[[], float], digits: int) -> Certificate:
    r"""The transition to perfect learning in a ball; `start` gives :math:`\hat R=\hat q` of the students there.

    Raises
    ------
    ConvergenceError
        If the balls prove nothing.
    """
    line, place = HalfLine(0.0, teacher=True), f"transition of {model}"

    def compute(known: int) -> _Found:
        found = _on_branch(line, _without_entropy(line, start(), known, place), known)
        return _Found({**found.balls, "teacher_overlap": found.balls["q"]}, found.box)

    proved = (
        "among the values of sqrt(q_hat) in the box exactly one has students whose free entropy is the teacher's, 0, "
        "and the balls hold what goes with it"
    )
    return _certificate(model, digits, "alpha", compute, (proved, _STUDENTS))


def _without_entropy(line: HalfLine, q_hat: float, known: int, place: str) -> Root:
    """Where the entropy of the branch vanishes."""
    return unique_root(
        lambda s, at: _point(line, s, at).entropy(), lambda box: _slopes(line, box).entropy, q_hat**0.5, known, place
    )


def _point(line: HalfLine, s: Arb, known: int) -> Point:
    tick(f"{known} digits")
    with precision(known) as tolerance:
        return line.point(s, tolerance)


def _slopes(line: HalfLine, box: Arb) -> Slopes:
    with precision(_SHORT) as tolerance:
        return line.slopes(box, tolerance)


def _on_branch(line: HalfLine, root: Root, known: int) -> _Found:
    """What goes with a root: values at its middle, and slopes times the distance from there."""
    point, slopes = _point(line, root.middle, known), _slopes(line, root.near)
    with precision(known):
        away = root.root - root.middle
        balls = {
            "alpha": point.alpha + slopes.alpha * away,
            "q": point.q + slopes.q * away,
            "q_hat": root.root**2,
            "stability": slopes.stability,
        }
    return _Found(balls, root.box)


def _spherical(model: Model, digits: int) -> Certificate:
    """Gardner's formula."""
    intervals = model.allowed_intervals
    ends = () if intervals is None else tuple((float(a), float(b)) for a, b in intervals)
    if len(ends) != 1 or ends[0][1] != inf or not ends[0][0] >= 0:
        raise ValueError(
            "of spherical weights only h >= kappa with kappa >= 0 is certified, where replica symmetry is exact; "
            f"got {shown(model)}"
        )

    def compute(known: int) -> _Found:
        with precision(known):
            arb = loaded().arb
            kappa = arb(ends[0][0])
            density = (-kappa * kappa / 2).exp() / (2 * arb.pi()).sqrt()
            outside = (-kappa / arb(2).sqrt()).erfc() / 2
            alpha = 1 / ((1 + kappa * kappa) * outside + kappa * density)
            return _Found({"alpha": alpha, "stability": 1 - alpha * outside})

    proved = "the ball holds 1/E(z + kappa)_+^2 of a standard Gaussian z"
    assumed = "that the capacity is given by it, a theorem for kappa >= 0 (Shcherbina and Tirozzi 2003)"
    return _certificate(model, digits, "alpha", compute, (proved, assumed))


def _annealed(model: Model, intervals: tuple[tuple[float, float], ...], load: float | None, digits: int) -> Certificate:
    """An even constraint, as long as q = 0 is stable."""

    def compute(known: int) -> _Found:
        with precision(known):
            arb = loaded().arb
            p, bend = arb(0), arb(0)
            for end, sign in [(end, sign) for ends in intervals for end, sign in zip(ends, (-1, 1), strict=True)]:
                if isinf(end):
                    p += end > 0
                else:
                    p += sign * (arb(-end) / arb(2).sqrt()).erfc() / 2
                    bend -= sign * end * (-(arb(end) ** 2) / 2).exp() / (2 * arb.pi()).sqrt()
            alpha = -arb(2).log() / p.log() if load is None else arb(load)
            stability = 1 - alpha * (bend / p) ** 2
            if not stability > 0:
                at = "" if load is None else f" at alpha={load}"
                raise ConvergenceError(f"{shown(model)}{at}: only where q = 0 is stable are even constraints certified")
            main = {"alpha": alpha} if load is None else {"entropy": arb(2).log() + alpha * p.log()}
            return _Found(main | {"q": arb(0), "q_hat": arb(0), "stability": stability})

    if load is None:
        proved = "the ball holds -log 2/log P(h allowed), and q = 0 is locally stable there"
        return _certificate(model, digits, "alpha", compute, (proved, _FIRST_MOMENT))
    proved = "the ball holds log 2 + alpha log P(h allowed), and q = 0 is locally stable there"
    return _certificate(model, digits, "entropy", compute, (proved, _FIRST_MOMENT))


def _are_even(intervals: tuple[tuple[float, float], ...]) -> bool:
    return tuple((-b, -a) for a, b in reversed(intervals)) == tuple(intervals)


def _margin(model: Model, intervals: tuple[tuple[float, float], ...]) -> float:
    """The margin of a half-line that is certified."""
    if len(intervals) != 1 or intervals[0][1] != inf:
        raise ValueError(f"certified are h >= kappa and even constraints; got {shown(model)}")
    kappa = intervals[0][0]
    if not LOWEST <= kappa <= HIGHEST:
        raise ValueError(f"kappa must be from {LOWEST:g} to {HIGHEST:g} to be certified; got {kappa}")
    return kappa


def _certificate(
    model: Model, digits: int, main: str, compute: Callable[[int], _Found], said: tuple[str, str]
) -> Certificate:
    """Numbers in balls narrow enough, with some guard digits or more of them."""
    for guard in _GUARDS:
        known = max(digits, _SHORT) + guard
        with alive(f"{main} of {model}"):
            found = compute(known)
        with precision(known):
            # Decimals of the balls are wider than these; the box must not be.
            balls = {name: ball_of(value, known) for name, value in found.balls.items() if value.is_finite()}
            box = None if found.box is None else ball_of(_narrowed(found.box), known)
        if main in balls and balls[main].radius <= _allowed(balls[main], main, digits):
            return Certificate(model, digits, main, balls, box, *said)
    raise ConvergenceError(f"{main} of {model}: the balls are wider than 10^-{digits}")


def _allowed(ball: Ball, main: str, digits: int) -> Decimal:
    """The largest radius: relative for loads, absolute for entropies, which may vanish."""
    size = abs(ball.midpoint) if main == "alpha" else Decimal(1)
    return size.scaleb(-digits)


def _narrowed(box: Arb) -> Arb:
    return box.mid() + box.rad() * loaded().arb(0, 0.99)
