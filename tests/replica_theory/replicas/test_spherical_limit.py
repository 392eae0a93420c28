"""The largest local entropy on the sphere: published numbers, its one equation, what it tends to."""

import numpy as np
import pytest

import replica_theory as rt
from replica_theory.replicas.infinite_y import LimitEquations
from replica_theory.replicas.saturated import Saturated
from replica_theory.replicas.spherical_limit import spherical_limit

SPHERE = rt.SphericalWeights()
MODEL = rt.BinaryPerceptron(weights=SPHERE)


def test_values_computed_for_this_project():
    """Independent values at alpha = 1, quoted to 5e-10; replica symmetric beyond."""
    curve = rt.local_entropy(MODEL, 1.0, np.array([0.05, 0.1, 0.3]))
    np.testing.assert_allclose(curve.entropy, [-0.987170413, -0.861703389, -0.855820596715], atol=1e-9)
    assert (curve.status == "converged").all() and curve.slope[2] == 0


@pytest.mark.parametrize(
    ("model", "alpha"),
    [(MODEL, 1.0), (rt.SymmetricBinaryPerceptron(1.0, weights=SPHERE), 2.5)],
    ids=["step", "interval"],
)
def test_solves_the_equations_of_the_limit(model, alpha):
    x = spherical_limit(model, alpha, 0.85)
    assert (
        np.abs(LimitEquations(model, alpha).residual(x, 0.85)).max() < 1e-9
    )  # a root to 1e-14, derivatives of order 10


def test_slope_is_the_derivative():
    """Central differences with d = 1e-4: their truncation is of order 1e-7."""
    curve = rt.local_entropy(MODEL, 1.0, np.array([0.0999, 0.1, 0.1001]))
    assert (curve.entropy[2] - curve.entropy[0]) / 2e-4 == pytest.approx(curve.slope[1], rel=1e-5)


def test_all_constraints_can_be_met_at_once():
    model, t = rt.SymmetricBinaryPerceptron(1.0, weights=SPHERE), 0.8
    found = spherical_limit(model, 0.5, t)  # the field may move by all of itself as long as alpha < 1
    assert isinstance(found, Saturated)
    kernel = model.log_kernel(np.zeros(()), np.sqrt(1 - t**2))
    assert found.entropy == pytest.approx(0.5 * np.log(1 - t**2) + 0.5 * float(kernel.log), rel=1e-12)


def test_with_a_teacher_reference_and_students_see_it_alike():
    """W stands at t from the reference and shares no more with the teacher: R = t R_ref, to the solver's 1e-9."""
    curve = rt.dense_teacher(rt.TeacherStudent(weights=SPHERE), 1.0, np.array([0.001, 0.1, 0.4]))
    ratio = curve.overlaps["teacher_overlap"][:2] / curve.overlaps["teacher_overlap_ref"][:2]
    np.testing.assert_allclose(ratio, [0.998, 0.8], rtol=1e-8)
    typical = rt.replica_symmetric(rt.TeacherStudent(weights=SPHERE), 1.0)
    assert curve.entropy[2] == pytest.approx(typical.entropy, rel=1e-12)
