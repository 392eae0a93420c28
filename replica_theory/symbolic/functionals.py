r"""The functionals of the theory as they are printed, and what a functional is.

All are replica symmetric but `broken_local_entropy` and `tuples`. Symbols: `t` is the overlap with the reference,
``q_ref`` the overlap of references, ``t_0`` that of a replica with another reference than its own, `Q` the mean squared
weight and `c` its conjugate, `R` the overlap with a teacher. Kernels have the name :math:`\ell`, that of a reference
:math:`\ell_R`, that of a teacher :math:`\ell_T`, the tilt of weights `g`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import sympy
from sympy import Abs, acos, asin, exp, log, pi, sqrt, tanh

from replica_theory.arguments import checked_choice, checked_integer, checked_kind, checked_text, shown
from replica_theory.models.weights import BINARY, DiscreteWeights, SphericalWeights, Weights
from replica_theory.symbolic.nodes import JointMean, Log2Cosh, Max, Mean, kernel, tilt

_Z, _W, _X, _U, _V = sympy.symbols("z w x u v", real=True)
_MAPS: dict[str, Callable[[Any], Any]] = {
    "linear": lambda q: q,
    "sign": lambda q: 2 / pi * asin(q),
    "relu": lambda q: (sqrt(1 - q**2) + q * (pi - acos(q)) - 1) / (pi - 1),
}


@dataclass(frozen=True)
class Functional:
    """A functional, stationary in some of its symbols.

    Parameters
    ----------
    expression : sympy expression
        Of symbols, `Mean`, `Max`, `kernel` and elementary functions; nats per weight.
    unknowns : tuple of sympy.Symbol
        In which it is stationary.
    name : str, optional

    Raises
    ------
    TypeError, ValueError
        If there are no unknowns, they are no symbols of the expression, or one stands twice.
    """

    expression: Any
    unknowns: tuple[Any, ...]
    name: str = ""

    def __post_init__(self) -> None:
        checked_kind("expression", self.expression, sympy.Expr, such="q**2")
        checked_text("name", self.name, "what the functional is called")
        unknowns, free = self.unknowns, self.expression.free_symbols
        symbols = isinstance(unknowns, tuple) and all(isinstance(one, sympy.Symbol) for one in unknowns)
        if not symbols or not unknowns or len(set(unknowns)) < len(unknowns) or not set(unknowns) <= free:
            raise ValueError(f"unknowns must be a tuple of different symbols of the expression; got {shown(unknowns)}")


def replica_symmetric(weights: Weights = BINARY, activation: str = "linear") -> Functional:
    r"""The replica-symmetric free entropy (see `replica_theory.replica_symmetric`).

    Parameters
    ----------
    weights : Weights, default BinaryWeights()
        What a weight may be. Of any but binary ones the functional has the tilt :math:`g(h, c)` of the model that it is
        evaluated with, and of discrete ones the mean square `Q` as one more unknown.
    activation : {"linear", "sign", "relu"}
        Of infinitely many hidden units: what constraints see of overlaps (see `OverlapMap`).

    Returns
    -------
    Functional

    Raises
    ------
    TypeError, ValueError
        If these are no weights, or the word is unknown.
    """
    q, q_hat, alpha = sympy.symbols("q q_hat alpha", positive=True)
    site, image = _Site.of(weights), _image(activation)
    value = -q_hat * (site.square - q) / 2 + site.norm + Mean(site.tilt(_Z), _Z, 0, q_hat)
    value += alpha * Mean(kernel(_Z, image(site.square) - image(q)), _Z, 0, image(q))
    return Functional(value, (q, q_hat, *site.unknowns), "replica symmetric")


def teacher_student() -> Functional:
    """The free entropy of the students of a teacher (see `replica_theory.teacher_student`)."""
    q, q_hat, r, r_hat, alpha = sympy.symbols("q q_hat R R_hat alpha", positive=True)
    value = -q_hat * (1 - q) / 2 - r * r_hat + Mean(Log2Cosh(_Z), _Z, r_hat, q_hat)
    value += alpha * _taught(kernel(_Z, 1 - q), r, q)
    return Functional(value, (q, q_hat, r, r_hat), "teacher-student")


def around_teacher() -> Functional:
    """The entropy of students at overlap `R` with their teacher (see `replica_theory.around_teacher`)."""
    students = teacher_student()
    q, q_hat, _, r_hat = students.unknowns
    return Functional(students.expression, (q, q_hat, r_hat), "around the teacher")


def franz_parisi(weights: Weights = BINARY, activation: str = "linear") -> Functional:
    """The Franz-Parisi entropy at cosine `t` with a typical reference (see `replica_theory.franz_parisi`)."""
    q, q_hat, t0, t0_hat, t_hat = sympy.symbols("q q_hat t_0 t_0_hat t_hat", positive=True)
    alpha, t, own, own_hat = sympy.symbols("alpha t q_ref q_ref_hat", positive=True)
    site, reference = _Site.of(weights), _Site.of(weights, "_ref")
    t = t * sqrt(site.square * reference.square)
    value = -q_hat * (site.square - q) / 2 + site.norm - t * t_hat + t0 * t0_hat
    rest = q_hat - t0_hat**2 / own_hat
    spins = reference.mean(lambda w: Mean(site.tilt(_U), _U, _X + w * (t_hat - t0_hat), rest), _Z)
    value += JointMean(spins, (_X, _Z), (0, 0), (t0_hat**2 / own_hat, t0_hat, own_hat))
    square, own_square, seen, with_other, among, with_own = map(
        _image(activation), (site.square, reference.square, own, t0, q, t)
    )
    around = _around(kernel(_U, square - among), with_own - with_other, among - with_other**2 / seen, own_square - seen)
    value += alpha * JointMean(
        exp(-kernel(_Z, own_square - seen, r"\ell_R")) * around,
        (_X, _Z),
        (0, 0),
        (with_other**2 / seen, with_other, seen),
    )
    return Functional(value, (q, q_hat, t0, t0_hat, t_hat, *site.unknowns), "Franz-Parisi")


def local_entropy(weights: Weights = BINARY, activation: str = "linear") -> Functional:
    """The large deviations of the local entropy around free references (see `replica_theory.local_entropy`)."""
    q1, q0, h1, h0, t_hat = sympy.symbols("q_1 q_0 q_1_hat q_0_hat t_hat", positive=True)
    alpha, y, t = sympy.symbols("alpha y t", positive=True)
    site, reference = _Site.of(weights), _Site.of(weights, "_ref")
    t = t * sqrt(site.square * reference.square)
    spins = reference.total(lambda w: Mean(exp(y * site.tilt(_U)), _U, _Z + w * t_hat, h1 - h0))
    linear = _coupled(y, q1, q0, h1, h0, site.square) + y * site.norm + reference.norm - y * t * t_hat
    square, f1, f0 = map(_image(activation), (site.square, q1, q0))
    energetic = Mean(log(Mean(exp(y * kernel(_U, square - f1)), _U, _Z, f1 - f0)), _Z, 0, f0)
    value = linear + Mean(log(spins), _Z, 0, h0) + alpha * energetic
    return Functional(value, (q1, q0, h1, h0, t_hat, *site.unknowns, *reference.unknowns), "local entropy")


def dense_teacher() -> Functional:
    """The same among the students of a teacher (see `replica_theory.dense_teacher`)."""
    q1, q0, h1, h0, t_hat, r, r_hat = sympy.symbols("q_1 q_0 q_1_hat q_0_hat t_hat R R_hat", positive=True)
    alpha, y, t = sympy.symbols("alpha y t", positive=True)
    linear = _coupled(y, q1, q0, h1, h0) - y * t * t_hat - y * r * r_hat
    total = _Site.of(BINARY).total(lambda w: Mean(exp(y * Log2Cosh(_U)), _U, _Z + w * t_hat, h1 - h0))
    spins = Mean(log(total), _Z, r_hat, h0)
    energetic = _taught(log(Mean(exp(y * kernel(_U, 1 - q1)), _U, _Z, q1 - q0)), r, q0)
    return Functional(linear + spins + alpha * energetic, (q1, q0, h1, h0, t_hat, r, r_hat), "local entropy, taught")


def around_solutions(activation: str = "linear") -> Functional:
    """The large deviations around references that are solutions (see `replica_theory.local_entropy`)."""
    q1, q0, h1, h0, t_hat = sympy.symbols("q_1 q_0 q_1_hat q_0_hat t_hat", positive=True)
    own, own_hat, t0, t0_hat = sympy.symbols("q_ref q_ref_hat t_0 t_0_hat", positive=True)
    alpha, y, t = sympy.symbols("alpha y t", positive=True)
    linear = -own_hat * (1 - own) / 2 + _coupled(y, q1, q0, h1, h0) - y * t * t_hat + y * t0 * t0_hat
    spins = log(_Site.of(BINARY).total(
        lambda w: exp(w * _Z) * Mean(exp(y * Log2Cosh(_U)), _U, _X + w * (t_hat - t0_hat), h1 - h0)
    ))  # fmt: skip
    seen, f1, f0, with_own, with_other = map(_image(activation), (own, q1, q0, t, t0))
    inner = log(_around(exp(y * kernel(_U, 1 - f1)), with_own - with_other, f1 - f0, 1 - seen))
    value = linear + JointMean(spins, (_X, _Z), (0, 0), (h0, t0_hat, own_hat))
    value += alpha * JointMean(inner, (_X, _Z), (0, 0), (f0, with_other, seen))
    return Functional(value, (own, own_hat, q1, q0, h1, h0, t0, t0_hat, t_hat), "around solutions")


def robust_ensemble() -> Functional:
    """The replicas coupled by a strength `gamma` to a centre (see `replica_theory.robust_ensemble`)."""
    gamma, t, t_hat = sympy.symbols("gamma t t_hat", positive=True)
    free = local_entropy()
    value = free.expression.subs(t, 0).subs(t_hat, gamma)
    return Functional(value, free.unknowns[:-1], "robust ensemble")


def broken_local_entropy() -> Functional:
    """One step of symmetry breaking around free references (see `replica_theory.local_entropy_1rsb`)."""
    q2, q1, q0, h2, h1, h0, t_hat = sympy.symbols("q_2 q_1 q_0 q_2_hat q_1_hat q_0_hat t_hat", positive=True)
    alpha, y, t, m = sympy.symbols("alpha y t m", positive=True)
    linear = -y * h2 / 2 - y * (m - 1) / 2 * q2 * h2 - y * (y - m) / 2 * q1 * h1 + y**2 / 2 * q0 * h0 - y * t * t_hat

    def groups(inside: Any, centre: Any, wide: Any, narrow: Any) -> Any:
        return Mean(Mean(exp(m * inside), _U, _W, narrow) ** (y / m), _W, centre, wide)

    spins = log(sum(groups(Log2Cosh(_U), _Z + s * t_hat, h1 - h0, h2 - h1) for s in (1, -1)))
    energetic = log(groups(kernel(_U, 1 - q2), _Z, q1 - q0, q2 - q1))
    value = linear + Mean(spins, _Z, 0, h0) + alpha * Mean(energetic, _Z, 0, q0)
    return Functional(value, (q2, q1, q0, h2, h1, h0, t_hat, m), "broken local entropy")


def largest_local_entropy(activation: str = "linear") -> Functional:
    """The limit of infinitely many replicas (see `replica_theory.local_entropy` at y = inf)."""
    q, q_hat, gap, gap_hat, t_hat = sympy.symbols("q q_hat dq dq_hat t_hat", positive=True)
    alpha, t = sympy.symbols("alpha t", positive=True)
    image = _image(activation)
    linear = -q_hat * (1 - q) / 2 - (gap * q_hat + q * gap_hat) / 2 - t * t_hat
    field = sqrt(q_hat) * Abs(_Z) + sqrt(gap_hat) * _X + t_hat
    spins = Mean(Max(-(_X**2) / 2 + Log2Cosh(field), _X), _Z)
    energetic = _largest(image(q), image(q).diff(q) * gap)
    return Functional(linear + spins + alpha * energetic, (q, q_hat, gap, gap_hat, t_hat), "largest local entropy")


def largest_spherical() -> Functional:
    """The same on the sphere: one unknown."""
    gap, alpha, t = sympy.symbols("dq alpha t", positive=True)
    value = log(1 - t**2) / 2 + t**2 / (1 - t**2 + gap) / 2 + alpha * _largest(t**2, gap)
    return Functional(value, (gap,), "largest local entropy, spherical weights")


def mixture(outputs: tuple[int, ...] = (1, -1)) -> Functional:
    r"""The free entropy of patterns of several classes at a free shift `M` (see `replica_theory.Mixture`).

    Classes have shares :math:`p_1, p_2, \dots`, kernels :math:`\ell_1, \ell_2, \dots` and these outputs, each +1 or -1.
    """
    if not isinstance(outputs, tuple) or not outputs or any(output not in (1, -1) for output in outputs):
        raise ValueError(f"outputs must be a tuple of 1 and -1; got {shown(outputs)}")
    q, q_hat, alpha, shift = sympy.symbols("q q_hat alpha M", positive=True)
    terms = (
        sympy.Symbol(f"p_{k}", positive=True) * kernel(output * (_Z + shift), 1 - q, rf"\ell_{k}")
        for k, output in enumerate(outputs, 1)
    )
    value = -q_hat * (1 - q) / 2 + Mean(Log2Cosh(_Z), _Z, 0, q_hat) + alpha * Mean(sympy.Add(*terms), _Z, 0, q)
    return Functional(value, (q, q_hat, shift), "mixture")


def tuples(levels: int = 1) -> Functional:
    r"""Tuples of solutions in `levels` nested groups of sizes :math:`m_1 > m_2 > \dots`, real ones.

    At the load where this vanishes with all its derivatives, sizes included, tuples of this kind cease to exist.
    """
    levels = checked_integer("levels", levels, most=6)
    alpha = sympy.Symbol("alpha", positive=True)
    q, hats = (sympy.symbols([f"q_{j}{end}" for j in range(levels + 1)], positive=True) for end in ("", "_hat"))
    sizes = [*sympy.symbols([f"m_{j}" for j in range(1, levels + 1)], positive=True), sympy.Integer(1)]
    pairs = [(sizes[j - 1] - sizes[j]) * q[j] * hats[j] for j in range(1, levels + 1)]
    linear = -sizes[0] / 2 * (hats[-1] + sympy.Add(*pairs) - sizes[0] * q[0] * hats[0])
    value = linear + _tree(Log2Cosh, hats, sizes) + alpha * _tree(lambda h: kernel(h, 1 - q[-1]), q, sizes)
    return Functional(value, (*q, *hats, *sizes[:-1]), f"tuples in {levels} levels")


def localization() -> Functional:
    r"""The free entropy of a probe where typical solutions are observed through noise, :math:`\tau W^* + \sqrt\tau g`.

    Stochastic localisation samples solutions at a load where the point reached from ``q = q_ref`` at ``tau = 0`` is the
    only one at every `tau`. Probe and hidden solution are exchangeable: `q` is the overlap of either two.
    """
    q, q_hat, alpha, tau, own, own_hat = sympy.symbols("q q_hat alpha tau q_ref q_ref_hat", positive=True)
    drift = q_hat - own_hat + tau
    spins = sum((1 + s * tanh(_Z)) / 2 * Mean(Log2Cosh(_U), _U, _Z + s * drift, drift) for s in (1, -1))
    value = -q_hat * (1 + q) / 2 + own * own_hat + Mean(spins, _Z, 0, own_hat)
    constraint = kernel(_U, 1 - q)
    around = Mean(exp(constraint) * constraint, _U, _Z, q - own)
    return Functional(value + alpha * Mean(exp(-kernel(_Z, 1 - own)) * around, _Z, 0, own), (q, q_hat), "localization")


FUNCTIONALS: dict[str, Callable[[], Functional]] = {
    "replica symmetric": replica_symmetric,
    "discrete weights": partial(replica_symmetric, DiscreteWeights([-1, 0, 1])),
    "spherical weights": partial(replica_symmetric, SphericalWeights()),
    "committee": partial(replica_symmetric, activation="sign"),
    "teacher-student": teacher_student,
    "Franz-Parisi": franz_parisi,
    "around the teacher": around_teacher,
    "local entropy": local_entropy,
    "local entropy, taught": dense_teacher,
    "around solutions": around_solutions,
    "robust ensemble": robust_ensemble,
    "broken local entropy": broken_local_entropy,
    "largest local entropy": largest_local_entropy,
    "largest local entropy, committee": partial(largest_local_entropy, "sign"),
    "largest local entropy, spherical": largest_spherical,
    "mixture": mixture,
    "tuples": tuples,
    "localization": localization,
}
"""Those of the package, by name."""


def _image(activation: str) -> Callable[[Any], Any]:
    """What constraints see of an overlap."""
    checked_choice("activation", activation, _MAPS)
    return _MAPS[activation]


@dataclass(frozen=True)
class _Site:
    """One weight: its mean square `Q`, the conjugate `c`, and the sums over it."""

    weights: Weights
    square: Any
    c: Any

    @classmethod
    def of(cls, weights: Weights, name: str = "") -> _Site:
        """Of given weights; the symbols end in `name`."""
        checked_kind("weights", weights, Weights, such="SphericalWeights()")
        square, c = sympy.symbols([f"Q{name}", f"c{name}"], positive=True)
        return cls(weights, square if weights.square is None else sympy.Integer(1), c)

    @property
    def unknowns(self) -> tuple[Any, ...]:
        """Those of mean square and conjugate that are free."""
        return () if self.weights == BINARY else (self.c,) if self.square == 1 else (self.square, self.c)

    @property
    def norm(self) -> Any:
        """The product of both."""
        return sympy.Integer(0) if self.weights == BINARY else self.c * self.square / 2

    def tilt(self, h: Any) -> Any:
        """The weight in a field."""
        return Log2Cosh(h) if self.weights == BINARY else tilt(h, self.c)

    def total(self, term: Callable[[Any], Any]) -> Any:
        """A sum over the weight in its measure."""
        if isinstance(self.weights, SphericalWeights):
            return Mean(term(_W), _W, 0, 1 / self.c) * exp(-sympy.Rational(1, 2)) / sqrt(self.c)
        if isinstance(self.weights, DiscreteWeights):
            levels, prior = (map(sympy.nsimplify, row) for row in (self.weights.levels, self.weights.prior))
            return sympy.Add(*(rho * exp(-self.c * w**2 / 2) * term(w) for w, rho in zip(levels, prior, strict=True)))
        return term(1) + term(-1)

    def mean(self, term: Callable[[Any], Any], h: Any) -> Any:
        """A mean over the weight in a field."""
        if isinstance(self.weights, SphericalWeights):
            return Mean(term(_W), _W, h / self.c, 1 / self.c)
        if self.weights == BINARY:
            return (1 + tanh(h)) / 2 * term(1) + (1 - tanh(h)) / 2 * term(-1)
        return self.total(lambda w: exp(w * h - self.tilt(h)) * term(w))


def _coupled(y: Any, q1: Any, q0: Any, h1: Any, h0: Any, square: Any = 1) -> Any:
    """What `y` replicas of each reference add in overlaps times conjugates."""
    return -y * h1 * square / 2 - y * (y - 1) / 2 * q1 * h1 + y**2 / 2 * q0 * h0


def _tree(leaf: Callable[[Any], Any], overlaps: Sequence[Any], sizes: Sequence[Any]) -> Any:
    """Mean over fields of nested groups, those nearest to the leaf first."""
    fields = sympy.symbols([f"z_{j}" for j in range(len(overlaps))], real=True)
    inside = leaf(fields[-1])
    for j in reversed(range(1, len(overlaps))):
        grown = exp(sizes[j - 1] / sizes[j] * inside)
        inside = log(Mean(grown, fields[j], fields[j - 1], overlaps[j] - overlaps[j - 1]))
    return Mean(inside, fields[0], 0, overlaps[0])


def _taught(value: Any, r: Any, q: Any) -> Any:
    """Mean over a field `z` of variance `q` that students share, by their teacher's sign, of overlap `r` with them."""
    agreed = 2 * exp(kernel(_V, 1 - r**2 / q, r"\ell_T"))
    return JointMean(agreed * value, (_V, _Z), (0, 0), (r**2 / q, r, q))


def _around(value: Any, cross: Any, variance: Any, rest: Any) -> Any:
    """Mean over the fields `v` of a reference about `z` and `u` of its replicas about `x`, of some covariance."""
    own = cross**2 / variance
    reference = exp(kernel(_V, rest - own, r"\ell_R"))
    return JointMean(reference * value, (_V, _U), (_Z, _X), (own, cross, variance))


def _largest(q: Any, gap: Any) -> Any:
    """The energetic term of infinitely many replicas."""
    return Mean(Max(-(_X**2) / (2 * gap) + kernel(_Z + _X, 1 - q), _X), _Z, 0, q)
