"""The functionals of the theory as they are printed, and what a functional is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Abs, cosh, exp, log, sqrt

from replica_theory.symbolic.nodes import Max, Mean, kernel

_Z, _W, _X, _U = sympy.symbols("z w x u", real=True)


@dataclass(frozen=True)
class Functional:
    """A functional, stationary in some of its symbols.

    Attributes
    ----------
    expression : sympy expression
        Of symbols, `Mean`, `Max` and `kernel`; nats per weight.
    unknowns : tuple of sympy.Symbol
        In which it is stationary.
    name : str
    """

    expression: Any
    unknowns: tuple[Any, ...]
    name: str = ""


def replica_symmetric() -> Functional:
    """The replica-symmetric free entropy (see `replica_theory.replica_symmetric`)."""
    q, q_hat, alpha = sympy.symbols("q q_hat alpha", positive=True)
    value = -q_hat * (1 - q) / 2 + Mean(_log2cosh(_Z), _Z, 0, q_hat) + alpha * Mean(kernel(_Z, 1 - q), _Z, 0, q)
    return Functional(value, (q, q_hat), "replica symmetric")


def teacher_student() -> Functional:
    """The free entropy of the students of a teacher (see `replica_theory.teacher_student`)."""
    q, q_hat, r, r_hat, alpha = sympy.symbols("q q_hat R R_hat alpha", positive=True)
    taught = exp(kernel(r * _Z / q, 1 - r**2 / q, r"\ell_T"))
    value = -q_hat * (1 - q) / 2 - r * r_hat + Mean(_log2cosh(_Z), _Z, r_hat, q_hat)
    value += 2 * alpha * Mean(taught * kernel(_Z, 1 - q), _Z, 0, q)
    return Functional(value, (q, q_hat, r, r_hat), "teacher-student")


def franz_parisi() -> Functional:
    """The Franz-Parisi entropy at overlap `t` with a reference (see `replica_theory.franz_parisi`)."""
    q, q_hat, t0, t0_hat, t_hat = sympy.symbols("q q_hat t_0 t_0_hat t_hat", positive=True)
    alpha, t, own, own_hat = sympy.symbols("alpha t q_ref q_ref_hat", positive=True)
    a, b, spread = t0 / sqrt(own), t - t0, sqrt(q - t0**2 / own)
    field, around = a * _Z + spread * _W, sqrt(own) * _Z
    weight = exp(
        kernel(around + b * _W / spread, 1 - own - b**2 / spread**2, r"\ell_R") - kernel(around, 1 - own, r"\ell_R")
    )
    energetic = Mean(Mean(weight * kernel(field, 1 - q), _W), _Z)
    bias, sigma = sqrt(own_hat) * _Z, sqrt(q_hat - t0_hat**2 / own_hat)
    entropic = sum(
        exp(s * bias) / (2 * cosh(bias)) * _log2cosh(t0_hat / sqrt(own_hat) * _Z + sigma * _W + (t_hat - t0_hat) * s)
        for s in (1, -1)
    )
    value = -q_hat * (1 - q) / 2 - t * t_hat + t0 * t0_hat + Mean(Mean(entropic, _W), _Z) + alpha * energetic
    return Functional(value, (q, q_hat, t0, t0_hat, t_hat), "Franz-Parisi")


def local_entropy() -> Functional:
    """The large deviations of the local entropy around free references (see `replica_theory.local_entropy`)."""
    q1, q0, h1, h0, t_hat = sympy.symbols("q_1 q_0 q_1_hat q_0_hat t_hat", positive=True)
    alpha, y, t = sympy.symbols("alpha y t", positive=True)
    linear = -y * h1 / 2 - y * (y - 1) / 2 * q1 * h1 + y**2 / 2 * q0 * h0 - y * t * t_hat
    spins = Mean(log(sum(Mean(exp(y * _log2cosh(_U)), _U, _Z + s * t_hat, h1 - h0) for s in (1, -1))), _Z, 0, h0)
    energetic = Mean(log(Mean(exp(y * kernel(_U, 1 - q1)), _U, _Z, q1 - q0)), _Z, 0, q0)
    return Functional(linear + spins + alpha * energetic, (q1, q0, h1, h0, t_hat), "local entropy")


def around_solutions() -> Functional:
    """The large deviations around references that are solutions (see `replica_theory.local_entropy`)."""
    q1, q0, h1, h0, t_hat = sympy.symbols("q_1 q_0 q_1_hat q_0_hat t_hat", positive=True)
    own, own_hat, t0, t0_hat = sympy.symbols("q_ref q_ref_hat t_0 t_0_hat", positive=True)
    alpha, y, t = sympy.symbols("alpha y t", positive=True)
    linear = -own_hat * (1 - own) / 2 - y * h1 / 2 - y * (y - 1) / 2 * q1 * h1 + y**2 / 2 * q0 * h0
    linear += -y * t * t_hat + y * t0 * t0_hat
    field, rest = t0_hat / own_hat * _Z, h0 - t0_hat**2 / own_hat
    spins = log(sum(exp(s * _Z) * Mean(exp(y * _log2cosh(_U)), _U, _X + s * (t_hat - t0_hat), h1 - h0)
                    for s in (1, -1)))  # fmt: skip
    share = (t - t0) / (q1 - q0)
    reference = kernel(_Z + share * (_U - _X), 1 - own - share * (t - t0), r"\ell_R")
    inner = log(Mean(exp(reference + y * kernel(_U, 1 - q1)), _U, _X, q1 - q0))
    energetic = Mean(Mean(inner, _X, t0 / own * _Z, q0 - t0**2 / own), _Z, 0, own)
    value = linear + Mean(Mean(spins, _X, field, rest), _Z, 0, own_hat) + alpha * energetic
    return Functional(value, (own, own_hat, q1, q0, h1, h0, t0, t0_hat, t_hat), "around solutions")


def robust_ensemble() -> Functional:
    """The replicas coupled by a strength `gamma` to a centre (see `replica_theory.robust_ensemble`)."""
    gamma, t_hat = sympy.symbols("gamma t_hat", positive=True)
    free = local_entropy()
    value = free.expression.subs(sympy.Symbol("t", positive=True), 0).subs(t_hat, gamma)
    return Functional(value, free.unknowns[:-1], "robust ensemble")


def broken_local_entropy() -> Functional:
    """One step of symmetry breaking around free references (see `replica_theory.local_entropy_1rsb`)."""
    q2, q1, q0, h2, h1, h0, t_hat = sympy.symbols("q_2 q_1 q_0 q_2_hat q_1_hat q_0_hat t_hat", positive=True)
    alpha, y, t, m = sympy.symbols("alpha y t m", positive=True)
    linear = -y * h2 / 2 - y * (m - 1) / 2 * q2 * h2 - y * (y - m) / 2 * q1 * h1 + y**2 / 2 * q0 * h0 - y * t * t_hat

    def groups(inside: Any, centre: Any, wide: Any, narrow: Any) -> Any:
        return Mean(Mean(exp(m * inside), _U, _W, narrow) ** (y / m), _W, centre, wide)

    spins = log(sum(groups(_log2cosh(_U), _Z + s * t_hat, h1 - h0, h2 - h1) for s in (1, -1)))
    energetic = log(groups(kernel(_U, 1 - q2), _Z, q1 - q0, q2 - q1))
    value = linear + Mean(spins, _Z, 0, h0) + alpha * Mean(energetic, _Z, 0, q0)
    return Functional(value, (q2, q1, q0, h2, h1, h0, t_hat), "broken local entropy")


def largest_local_entropy() -> Functional:
    """Its limit of infinitely many replicas (see `replica_theory.local_entropy` at y = inf)."""
    q, q_hat, gap, gap_hat, t_hat = sympy.symbols("q q_hat dq dq_hat t_hat", positive=True)
    alpha, t = sympy.symbols("alpha t", positive=True)
    linear = -q_hat * (1 - q) / 2 - (gap * q_hat + q * gap_hat) / 2 - t * t_hat
    field = sqrt(q_hat) * Abs(_Z) + sqrt(gap_hat) * _X + t_hat
    spins = Mean(Max(-(_X**2) / 2 + _log2cosh(field), _X), _Z)
    energetic = Mean(Max(-(_X**2) / 2 + kernel(sqrt(q) * _Z + sqrt(gap) * _X, 1 - q), _X), _Z)
    return Functional(linear + spins + alpha * energetic, (q, q_hat, gap, gap_hat, t_hat), "largest local entropy")


FUNCTIONALS: dict[str, Callable[[], Functional]] = {
    "replica symmetric": replica_symmetric,
    "teacher-student": teacher_student,
    "Franz-Parisi": franz_parisi,
    "local entropy": local_entropy,
    "around solutions": around_solutions,
    "robust ensemble": robust_ensemble,
    "broken local entropy": broken_local_entropy,
    "largest local entropy": largest_local_entropy,
}
"""Those of the package, by name."""


def _log2cosh(x: Any) -> Any:
    return log(2 * cosh(x))
