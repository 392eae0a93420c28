"""Replicas of a few levels at finite y: binary as a special case, differences, a plain sum."""

import numpy as np
import pytest
from scipy import special

import replica_theory as rt
from replica_theory.numerics.gaussian import POINT
from replica_theory.replicas.discrete_y import DiscreteFields, discrete_y

TERNARY = rt.DiscreteWeights([-1, 0, 1])
AT = {"q0": 0.8, "gap": 0.5, "slope": 0.0, "rest": 0.0, "tau": 0.4, "c": 0.6, "c_ref": 0.3}
Y = 3.0


def term(y=Y, **changes):
    return discrete_y(TERNARY, DiscreteFields(**(AT | changes)), y, 61, POINT, 0.6)


def slope(name, step=1e-5):
    """A central difference: truncation 1e-10, rounding 1e-11."""
    return (term(**{name: AT[name] + step}).value - term(**{name: AT[name] - step}).value) / (2 * step)


def test_derivatives_are_the_overlaps():
    found = term()
    assert slope("tau") == pytest.approx(Y * found.t, rel=1e-7)
    assert slope("c") == pytest.approx(-0.5 * Y * found.square, rel=1e-7)
    assert slope("c_ref") == pytest.approx(-0.5 * found.square_ref, rel=1e-7)
    assert slope("gap") == pytest.approx(0.5 * Y * (found.square + (Y - 1) * found.q1), rel=1e-7)
    step = 1e-5
    by_y = (term(y=Y + step).value - term(y=Y - step).value) / (2 * step)
    assert by_y == pytest.approx(found.log, rel=1e-7)


@pytest.mark.parametrize("y", [3.0, 30.0])
def test_against_a_plain_sum(y):
    """Trapezoidal sums over both fields: few replicas, and so many that their levels switch at once."""
    z = np.linspace(-9, 9, 1201)
    dz = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
    gap = 1.5 / y
    f = np.sqrt(gap) * z[None, ::3] * (1 + np.sqrt(y) / 4)  # wide enough for the tilt by y g
    log_df = -0.5 * f**2 / gap - 0.5 * np.log(2 * np.pi * gap) + np.log(f[0, 1] - f[0, 0])
    h = np.sqrt(0.8) * z[:, None]
    exponents = [
        log_df + y * np.logaddexp(0, np.log(2 * np.cosh(h + f + 0.4 * w)) - 0.3) - 0.15 * w**2 for w in (-1, 0, 1)
    ]
    expected = float(dz @ special.logsumexp(np.concatenate(exponents, axis=1), axis=1))
    assert term(y=y, gap=gap).value == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("reference", ["free", "solution"])
def test_two_levels_are_binary_weights(reference):
    """Levels ±1/2 at half the margin: the same to rounding."""
    distance = np.array([0.1])
    one = rt.local_entropy(rt.BinaryPerceptron(0.1), 0.4, distance, y=2.0, reference=reference)
    half = rt.BinaryPerceptron(0.05, weights=rt.DiscreteWeights([-0.5, 0.5]))
    other = rt.local_entropy(half, 0.4, distance, y=2.0, reference=reference)
    np.testing.assert_allclose(other.entropy, one.entropy, atol=1e-12)
    np.testing.assert_allclose(other.complexity, one.complexity, atol=1e-12)
    np.testing.assert_allclose(other.overlaps["replicon_ref"], one.overlaps["replicon_ref"], atol=1e-10)


def test_pairs_of_solutions_look_alike():
    """At y = 1 the reference is one of the solutions: the mean squares agree, to the solver's 1e-9."""
    model = rt.BinaryPerceptron(weights=TERNARY)
    curve = rt.local_entropy(model, 0.6, np.array([0.0995, 0.1, 0.1005]), y=1.0, reference="solution")
    np.testing.assert_allclose(curve.overlaps["mean_square"], curve.overlaps["mean_square_ref"], atol=1e-9)
    # dphi/dd = 2 y gamma sqrt(Q Q_ref), to the truncation of the difference
    phi, q = curve.overlaps["phi"], curve.overlaps["mean_square"][1]
    assert (phi[2] - phi[0]) / 0.001 == pytest.approx(2 * curve.overlaps["gamma"][1] * q, rel=1e-4)


def test_levels_with_a_mean():
    """Derivatives of phi along the curve, and the distance at which nothing feels the reference any more."""
    model = rt.BinaryPerceptron(weights=rt.DiscreteWeights([0, 1]))
    # The curve is singular at d = 0.2819 and interpolated about there.
    near = rt.local_entropy(model, 0.4, [0.1 - 1e-4, 0.1, 0.1 + 1e-4, 0.2819], y=2.0)
    phi, q, q_ref = (near.overlaps[name] for name in ("phi", "mean_square", "mean_square_ref"))
    by_distance = (phi[2] - phi[0]) / 2e-4
    assert by_distance == pytest.approx(4 * near.overlaps["gamma"][1] * np.sqrt(q * q_ref)[1], rel=1e-6)
    assert near.slope[1] == pytest.approx((near.entropy[2] - near.entropy[0]) / 2e-4, rel=1e-5)
    assert near.entropy[3] == pytest.approx(float(rt.replica_symmetric(model, 0.4).entropy), abs=1e-7)
    assert near.complexity[3] == pytest.approx(np.log(2), abs=1e-6)
    more = rt.local_entropy(model, 0.4, 0.1, y=[2 - 1e-3, 2])
    by_y = (more.overlaps["phi"][1] - more.overlaps["phi"][0]) / 1e-3
    assert by_y == pytest.approx(more.entropy.mean(), abs=1e-8)
