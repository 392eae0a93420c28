"""Stochastic localisation, time by time."""

import numpy as np
import pytest

import replica_theory as rt

TIMES = np.array([0.1, 0.5, 1.0, 2.0, 4.0])
ONE = rt.PowerWeight(power=1.0)


@pytest.mark.parametrize(
    ("model", "rest"),
    [(rt.BinaryPerceptron(), [0.735167, 0.517058, 0.345150, 0.159870, 0.030887]),
     (ONE, [0.569586, 0.410273, 0.279437, 0.135410, 0.034291])],
)  # fmt: skip
def test_known_overlaps(model, rest):
    """Values computed apart, to six digits; p = 1 is the only fixed point, all solutions alike never."""
    found = rt.localization(model, 0.3, TIMES)
    np.testing.assert_allclose(found.rest, rest, atol=6e-7)
    np.testing.assert_allclose(found.q + found.rest, 1.0, rtol=1e-15)
    assert found.is_unique.tolist() == [model is ONE] * 5
    assert set(found.status) == {"converged" if model is ONE else "coexistence"}
    assert (found.error < 1e-12).all() and (found.q_hat_ref == rt.replica_symmetric(model, 0.3).q_hat).all()


def test_limits():
    """At time 0 the typical overlap; late the sample alone, also where the point followed has ended."""
    found = rt.localization(ONE, 0.3, [0.0, 300.0])
    point = rt.replica_symmetric(ONE, 0.3)
    np.testing.assert_allclose(found.q, [point.q, 1.0], atol=1e-12)
    np.testing.assert_allclose(found.free_entropy, [point.free_entropy, 300 - 0.3 * point.energy], atol=1e-9)
    assert 0 < found.rest[1] < 1e-60 and found.status[1] == "converged"
    ended = rt.localization(rt.BinaryPerceptron(beta=2.0), 2.0, [0.5, 50.0])
    energy = rt.replica_symmetric(rt.BinaryPerceptron(beta=2.0), 2.0).energy
    assert ended.q[1] == 1.0 and ended.free_entropy[1] == pytest.approx(50.0 - 2.0 * 2.0 * energy)
    assert ended.status.tolist() == ["coexistence"] * 2 and (ended.q_other == 1.0).all()


def test_another_fixed_point():
    """At alpha = 0.625 and time 2.5 another one at 1 - q = 1e-15, and f_tau falls and rises between them."""
    found = rt.localization(ONE, 0.625, [1.0, 2.5])
    assert found.is_unique.tolist() == [True, False] and [str(s) for s in found.status] == ["converged", "coexistence"]
    assert 1 - found.q_other[1] < 1e-12
    curves = found.landscape(1 - np.geomspace(0.3, 1e-14, 60))
    tops = [np.flatnonzero((c[1:-1] >= c[:-2]) & (c[1:-1] > c[2:])) + 1 for c in curves]
    for top, rest in zip(tops, found.rest, strict=True):
        assert abs(np.log(np.geomspace(0.3, 1e-14, 60)[top[0]] / rest)) < 0.6  # the spacing of the grid


def test_landscape():
    """Its maximum is the fixed point; at q_ref it is the untilted free entropy plus tau (1 + q)/2."""
    found = rt.localization(ONE, 0.3, 1.0)
    beside = found.landscape(found.q + np.array([-1e-3, 0.0, 1e-3]))
    assert beside[1] == pytest.approx(found.free_entropy, abs=1e-12) and beside[1] > max(beside[0], beside[2])
    start = rt.replica_symmetric(ONE, 0.3)
    assert found.landscape(found.q_ref) == pytest.approx(start.free_entropy + 0.5 * (1 + start.q), abs=1e-12)
    with pytest.raises(ValueError, match=r"q must lie in \[q_ref, 1\), q_ref = 0\.378777; got 0\.1"):
        found.landscape(0.1)


@pytest.mark.parametrize("model", [rt.SymmetricBinaryPerceptron(1.0), rt.UShapePerceptron(1.0)])
def test_even_constraints(model):
    """They start from q = 0, and are pinned."""
    found = rt.localization(model, 0.3, [0.0, 0.5])
    assert found.q[0] == pytest.approx(0.0, abs=1e-12) and not found.is_unique.any()
    assert 0 < found.q[1] < np.tanh(1.0)


def test_independent_weights():
    """exp(c h) factorises: q = E tanh^2 in the fields of patterns, alpha c^2, with time added; nothing coexists."""
    model = rt.CustomModel(lambda mean, std: 0.3 * mean + 0.045 * std**2, log=True, weighted=True)
    found = rt.localization(model, 0.8, [0.5, 3.0])
    z = np.linspace(-9, 9, 2001)
    w = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
    for k, time in enumerate((0.5, 3.0)):
        x = np.sqrt(0.8 * 0.09) * z[:, None]
        given = sum(np.exp(s * x) / (2 * np.cosh(x)) * np.tanh(x + np.sqrt(time) * z + s * time) ** 2 for s in (-1, 1))
        assert found.q[k] == pytest.approx(w @ given @ w, abs=1e-9)
    assert found.is_unique.all()


@pytest.mark.parametrize(
    ("model", "alpha", "times", "sentence"),
    [
        (rt.BinaryPerceptron(weights=rt.SphericalWeights()), 0.3, 1.0, "weights of the model must be binary here"),
        (rt.TeacherStudent(), 0.3, 1.0, "localization needs random labels"),
        (rt.TreeCommittee(), 0.3, 1.0, "model must have no hidden layer"),
        (rt.BinaryPerceptron([0.0, 0.1]), 0.3, 1.0, "model must have a single kappa and beta"),
        (ONE, 0.3, [-1.0], r"times must be at least 0 and finite; got \[-1\.0\]"),
        (ONE, 0.0, 1.0, "alpha must be positive"),
    ],
)
def test_bad_input(model, alpha, times, sentence):
    with pytest.raises(ValueError, match=sentence):
        rt.localization(model, alpha, times)


def test_no_reference():
    with pytest.raises(rt.ConvergenceError):
        rt.localization(rt.BinaryPerceptron(), 5.0, 1.0)
    assert rt.localization(rt.BinaryPerceptron(), 0.9, [0.0, 9.0]).status.tolist() == ["negative-entropy"] * 2
