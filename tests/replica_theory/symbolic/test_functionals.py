"""The hand-written theories against what is derived from their functionals."""

import numpy as np
import pytest

import replica_theory as rt
from replica_theory import symbolic

EXACT = 1e-10
"""To which the saddle points of the package are solved, and more."""
MODEL = rt.BinaryPerceptron(0.1)
NAMES = {"q_ref": "q_ref", "q_ref_hat": "q_ref_hat", "q_1": "q1", "q_0": "q0", "q_1_hat": "q1_hat", "q_0_hat": "q0_hat",
         "q": "q", "q_hat": "q_hat", "t_0": "t0", "t_0_hat": "t0_hat", "t_hat": "t_hat"}  # fmt: skip


def overlaps(curve):
    found = {name: float(np.asarray(value)) for name, value in curve.overlaps.items()}
    return {name: found[own] for name, own in NAMES.items() if own in found}


def typical(alpha, distance, y):
    point = rt.replica_symmetric(MODEL, alpha)
    return {"q": point.q, "q_hat": point.q_hat}, MODEL, point.entropy


def student(alpha, distance, y):
    point = rt.replica_symmetric(rt.TeacherStudent(0.1), alpha)
    values = {"q": point.q, "q_hat": point.q_hat, "R": point.teacher_overlap, "R_hat": point.teacher_overlap_hat}
    return values, {r"\ell": MODEL, r"\ell_T": rt.BinaryPerceptron()}, point.entropy


def around_typical(alpha, distance, y):
    curve, alone = rt.franz_parisi(MODEL, alpha, distance), rt.replica_symmetric(MODEL, alpha)
    values = overlaps(curve) | {"q_ref": alone.q, "q_ref_hat": alone.q_hat}
    return values, {r"\ell": MODEL, r"\ell_R": MODEL}, curve.entropy


def free(alpha, distance, y):
    curve = rt.local_entropy(MODEL, alpha, distance, y=y)
    return overlaps(curve) | {"y": y}, MODEL, float(curve.overlaps["phi"])


def solutions(alpha, distance, y):
    curve = rt.local_entropy(MODEL, alpha, distance, y=y, reference="solution")
    return overlaps(curve) | {"y": y}, {r"\ell": MODEL, r"\ell_R": MODEL}, float(curve.overlaps["phi"])


def coupled(alpha, distance, y):
    point = rt.robust_ensemble(MODEL, alpha, 0.5, y)
    names = {name: own for name, own in NAMES.items() if hasattr(point, own) and name[:3] in ("q_1", "q_0")}
    return (
        {name: getattr(point, own) for name, own in names.items()} | {"y": y, "gamma": 0.5},
        MODEL,
        point.free_entropy,
    )


def limit(alpha, distance, y):
    curve = rt.local_entropy(MODEL, alpha, distance)
    of = {name: float(np.asarray(value)) for name, value in curve.overlaps.items()}
    values = {"q": of["q0"], "q_hat": of["q0_hat"], "dq": of["gap"], "dq_hat": of["gap_hat"], "t_hat": of["t_hat"]}
    return values, MODEL, curve.entropy


THEORIES = {
    "replica symmetric": typical, "teacher-student": student, "Franz-Parisi": around_typical, "local entropy": free,
    "around solutions": solutions, "robust ensemble": coupled, "largest local entropy": limit,
}  # fmt: skip


@pytest.mark.parametrize("name", THEORIES)
def test_the_theories_of_the_package_solve_their_equations(name):
    rng = np.random.default_rng(len(name))
    alpha, distance, y = rng.uniform(0.2, 0.5), rng.uniform(0.06, 0.15), rng.uniform(1.5, 3.0)
    values, models, value = THEORIES[name](alpha, distance, y)
    values |= {"alpha": alpha, "t": 1 - 2 * distance}
    equations = symbolic.saddle_equations(symbolic.FUNCTIONALS[name]())
    assert max(map(abs, equations.residual(values, models))) < EXACT
    assert equations.value(values, models) == pytest.approx(float(value), abs=EXACT)


def test_one_step_without_breaking_is_the_theory_without_it():
    values, models, value = free(0.4, 0.1, 2.0)
    values |= {"alpha": 0.4, "t": 0.8, "m": 1.0, "q_2": values["q_1"] + 1e-12, "q_2_hat": values["q_1_hat"] + 1e-12}
    equations = symbolic.saddle_equations(symbolic.broken_local_entropy())
    assert equations.value(values, models) == pytest.approx(value, abs=1e-10)
    # With groups of one, q_2 is that of a replica with itself: its equations say nothing new.
    assert max(abs(r) for r in equations.residual(values, models)) < 1e-10
