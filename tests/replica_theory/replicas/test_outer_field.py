"""The outer field with a teacher, and that a teacher who knows nothing changes nothing."""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy import special

from replica_theory import BinaryPerceptron, TeacherStudent
from replica_theory.replicas.finite_y import Overlaps, System, energetic, entropic
from replica_theory.replicas.infinite_y import LimitEquations
from replica_theory.replicas.outer_field import tilted_rule

Q = Overlaps(0.5, 0.2, r=0.0)


@dataclass(frozen=True, eq=False)
class Taught(BinaryPerceptron):
    """The perceptron with a teacher by another way than `TeacherStudent`."""

    @property
    def has_teacher(self):
        return True


@pytest.mark.parametrize("r", [-0.6, 0.0, 0.3, 0.69])
@pytest.mark.parametrize("edge", [0.0, 0.4])
def test_measure(r, edge):
    """The weight is odd about one half: the mass is 1, and E h = 2 E[h H(-...)] = 2 R G(0)."""
    rule = tilted_rule([(edge, 0.2)], 121, 0.5, r)
    assert rule.integrate(np.ones_like(rule.nodes)) == pytest.approx(1, abs=1e-13)
    assert np.sqrt(0.5) * rule.integrate(rule.nodes) == pytest.approx(np.sqrt(2 / np.pi) * r, abs=1e-13)


@pytest.mark.parametrize("y", [0.5, 3.0, 30.0])
def test_a_teacher_without_overlap_is_none(y):
    """R = 0: the same terms as without one, from another rule."""
    plain, taught = (System(m, None, 0.6, y) for m in (BinaryPerceptron(), TeacherStudent()))
    one, other = energetic(plain, Q, 0.0), energetic(taught, Q, 0.0)
    np.testing.assert_allclose(other[:2], one[:2], rtol=0, atol=1e-10)
    np.testing.assert_allclose(other.hats[:2], one.hats[:2], rtol=1e-9)
    assert other.hats.r != 0 and one.hats.r == 0
    spins, same = (entropic(system, one.hats, 0.3) for system in (plain, taught))
    np.testing.assert_allclose(same.overlaps, spins.overlaps, rtol=0, atol=1e-15)
    assert same.value == spins.value and same.r_ref == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize("model", [TeacherStudent(), TeacherStudent(0.2, 3.0), Taught(-0.1)], ids=str)
@pytest.mark.parametrize("y", [0.7, 4.0])
def test_forces_are_derivatives(model, y):
    """alpha dG_E/dR = y R_hat, and dG_S/dR_hat = y R: both terms by differences of their own values."""
    system, q, step = System(model, None, 0.6, y), Q._replace(r=0.4), 1e-4
    values = [energetic(system, q._replace(r=q.r + side), 0.0).value for side in (-step, step)]
    forces = energetic(system, q, 0.0)
    assert 0.6 * (values[1] - values[0]) / (2 * step) == pytest.approx(y * forces.hats.r, rel=1e-6)
    hats = forces.hats
    values = [entropic(system, hats._replace(r=hats.r + side), 0.5).value for side in (-step, step)]
    spins = entropic(system, hats, 0.5)
    assert (values[1] - values[0]) / (2 * step) == pytest.approx(y * spins.overlaps.r, rel=1e-6)


@pytest.mark.parametrize("model", [TeacherStudent(0.1), TeacherStudent(0.2, 3.0)], ids=str)
def test_the_limit_is_stationary_in_the_overlap(model):
    """R_hat of the limit is the derivative of its energetic term, jumps included."""
    equations, q, r, gap, step = LimitEquations(model, 0.6), 0.5, 0.4, 2.0, 1e-4
    values = [equations.forces(q, r + side, gap).value for side in (-step, step)]
    assert 0.6 * (values[1] - values[0]) / (2 * step) == pytest.approx(equations.forces(q, r, gap).r_hat, rel=1e-6)


def test_shift_of_the_entropic_field():
    """At y = 1, without coupling, the entropic term is E log 2cosh(h + R_hat), plus half the gap, plus log 2."""
    hats = Overlaps(0.8, 0.3, r=0.5)
    spins = entropic(System(TeacherStudent(), None, 0.6, 1.0), hats, 0.0)
    z, w = special.roots_hermitenorm(120)
    w = w / w.sum()
    value = np.log(2) + w @ np.logaddexp(u := np.sqrt(hats.q0) * z + hats.r, -u) + 0.5 * hats.gap
    assert spins.value == pytest.approx(value, abs=1e-12)
    assert spins.overlaps.r == pytest.approx(w @ np.tanh(u), abs=1e-12) and spins.r_ref == pytest.approx(0, abs=1e-14)


def test_a_teacher_goes_with_free_references():
    with pytest.raises(ValueError, match=r"with a teacher the reference must be free \(None\); got TeacherStudent"):
        System(TeacherStudent(), TeacherStudent(), 0.6, 1.0)
