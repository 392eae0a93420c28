"""What a weight may be: its tilted measure, averages over fields, and the words for it."""

import json
import pickle

import numpy as np
import pytest

import replica_theory as rt
from replica_theory.models.registry import describe, particulars, restore
from replica_theory.models.weights import BINARY, weights_of

TERNARY, UNEVEN = rt.DiscreteWeights([-1, 0, 1]), rt.DiscreteWeights([-0.5, 0.3, 2.0], [0.4, 1.0, 0.2])
SPHERE = rt.SphericalWeights()
KINDS = [BINARY, TERNARY, UNEVEN, SPHERE]
Z = np.linspace(-10, 10, 8001)
DZ = np.exp(-0.5 * Z**2) / np.sqrt(2 * np.pi) * (Z[1] - Z[0])


@pytest.mark.parametrize("weights", KINDS, ids=lambda w: w.text)
def test_derivatives_against_differences(weights):
    """g' and g'' in h, and <w^2> = -2 dg/dc, to the truncation and rounding of differences of step 1e-4 (some 1e-8)."""
    h, step = np.linspace(-3, 3, 13), 1e-4
    at = {(a, b): weights.tilt(h + a * step, 0.7 + b * step) for a in (-1, 0, 1) for b in (-1, 0, 1)}
    tilt = at[0, 0]
    np.testing.assert_allclose(tilt.mean, (at[1, 0].log - at[-1, 0].log) / (2 * step), atol=1e-7)
    np.testing.assert_allclose(tilt.variance, (at[1, 0].mean - at[-1, 0].mean) / (2 * step), atol=1e-7)
    np.testing.assert_allclose(weights.mean(h, 0.7), tilt.mean, rtol=1e-14)
    np.testing.assert_allclose(weights.variance(h, 0.7), tilt.variance, rtol=1e-12, atol=1e-15)
    if weights is not BINARY:
        square = -(at[0, 1].log - at[0, -1].log) / step
        np.testing.assert_allclose(tilt.variance + tilt.mean**2, square, atol=1e-7)


def test_levels_against_their_sum():
    w, rho = np.array(UNEVEN.levels), np.array(UNEVEN.prior)
    terms = rho * np.exp(1.3 * w - 0.5 * 0.8 * w**2)
    tilt = UNEVEN.tilt(np.array(1.3), 0.8)
    mean = terms @ w / terms.sum()
    expected = [np.log(terms.sum()), mean, terms @ (w - mean) ** 2 / terms.sum()]
    np.testing.assert_allclose([float(x) for x in tilt], expected, rtol=1e-14)


def test_variance_of_a_saturated_weight():
    """Relative accuracy where one level dominates: 1 - tanh^2 would be 0."""
    exact = 4 * np.exp(-60.0)
    assert float(rt.DiscreteWeights([-1, 1]).variance(np.array(30.0))) == pytest.approx(exact, rel=1e-12)
    assert float(BINARY.variance(np.array(30.0))) == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("weights", [TERNARY, UNEVEN, rt.DiscreteWeights(np.linspace(-1, 1, 7))], ids=lambda w: w.text)
def test_averages_against_a_dense_grid(weights):
    """Quadrature that resolves the steps, against 8001 equal steps, at steep and at smooth fields."""
    law = np.array(weights.prior) / sum(weights.prior)
    for q_hat, r_hat, c in ((0.3, 0.2, 0.1), (40.0, 3.0, 25.0)):
        tilts = [weights.tilt(np.sqrt(q_hat) * Z + r_hat * w, c) for w in weights.levels]
        at = np.array([q_hat]), np.array([r_hat]), np.array([c])
        found, orders, rests = weights.entropic(*at), weights.means(*at), weights.rests(*at)
        q = sum(p * (DZ @ t.mean**2) for p, t in zip(law, tilts, strict=True))
        r = sum(p * w * (DZ @ t.mean) for p, w, t in zip(law, weights.levels, tilts, strict=True))
        rest = sum(p * (DZ @ t.variance) for p, t in zip(law, tilts, strict=True))
        value = sum(p * (DZ @ t.log) for p, t in zip(law, tilts, strict=True))
        response = sum(p * (DZ @ t.variance**2) for p, t in zip(law, tilts, strict=True))
        got = [found.value, found.q, found.r, found.square, found.response, rests.rest, rests.r, orders.q, orders.r]
        expected = [value, q, r, q + rest, response, rest, r, q, r]
        np.testing.assert_allclose(np.ravel(got), expected, rtol=1e-10, atol=1e-12)
        assert orders.square == pytest.approx(q + rest, rel=1e-10)


def test_sphere_is_its_own_extremum():
    """The multiplier makes Q = 1, and the value is that of the grid (whose ends are 1e-12 wrong)."""
    q_hat, r_hat = np.array([0.7]), np.array([0.4])
    lam = SPHERE.multiplier(q_hat, r_hat)
    tilt = SPHERE.tilt(np.sqrt(q_hat) * Z + r_hat * 1.0, lam)
    assert DZ @ (tilt.variance + tilt.mean**2) == pytest.approx(1, abs=1e-11)
    assert DZ @ tilt.log == pytest.approx(SPHERE.entropic(q_hat, r_hat).value[0], abs=1e-11)
    assert DZ @ tilt.mean**2 == pytest.approx(SPHERE.means(q_hat, r_hat).q[0], abs=1e-11)
    assert 0.5 * 1 + SPHERE.entropic(np.zeros(1), np.zeros(1)).value[0] == 0  # all of the sphere


def test_moments_symmetry_and_measures():
    assert BINARY.moments == SPHERE.moments == (0.0, 1.0)
    assert TERNARY.moments == (0.0, pytest.approx(2 / 3)) and TERNARY.is_even and not UNEVEN.is_even
    assert rt.DiscreteWeights([0, 1]).moments == (0.5, 0.5)
    assert TERNARY.log_measure == pytest.approx(np.log(3)) and TERNARY.log_teacher == 0 and SPHERE.log_measure == 0
    assert not rt.DiscreteWeights([-1, 0, 1], [1, 1, 2]).is_even
    assert [w.counts for w in KINDS] == [True, True, True, False]
    assert [w.square for w in KINDS] == [1.0, None, None, 1.0]


@pytest.mark.parametrize("weights", [*KINDS, rt.DiscreteWeights([-1 / 3, 0.1])], ids=lambda w: w.text)
def test_words_files_and_copies(weights):
    assert weights_of(weights.text) == weights == pickle.loads(pickle.dumps(weights))
    model = rt.UShapePerceptron(0.3, weights=weights)
    assert restore(json.loads(json.dumps(describe(model)))) == model == model.at(kappa=0.3)
    assert (model == rt.UShapePerceptron(0.3)) == (weights == BINARY) == (particulars(model) == {})
    assert ("weights" in repr(model)) == (weights != BINARY)
    custom = rt.IntervalModel([(0, 1)], weights=weights)
    assert custom.at(kappa=0.2).weights == weights and hash(custom) == hash(custom.at(kappa=0.0))


def test_levels_are_kept_in_order():
    assert rt.DiscreteWeights([1, -1, 0], [3, 1, 2]) == rt.DiscreteWeights([-1, 0, 1], [1, 2, 3])


@pytest.mark.parametrize(
    ("levels", "prior", "sentence"),
    [
        ([1.0], None, "levels must be at least two different numbers"),
        ([1, 1], None, "levels must be at least two different numbers"),
        ([[0, 1]], None, "levels must be numbers in a row"),
        ([0, np.inf], None, "levels must be finite"),
        ([0, 1], [1, 0], "prior must be positive and finite"),
        ([0, 1], [1, 1, 1], "prior must have one number for each of 2 levels"),
    ],
)
def test_levels_that_are_none(levels, prior, sentence):
    with pytest.raises(ValueError, match=sentence):
        rt.DiscreteWeights(levels, prior)


@pytest.mark.parametrize("text", ["ising", "1", "-1,a", "1:1,0", "", "1:2:3,4:5:6"])
def test_words_that_are_none(text):
    with pytest.raises(ValueError, match=r"(weights must be binary, spherical or levels|levels must be at least two)"):
        weights_of(text)


def test_weights_of_a_model_are_weights():
    with pytest.raises(TypeError, match=r"weights must be a Weights such as SphericalWeights\(\); got 'spherical'"):
        rt.BinaryPerceptron(weights="spherical")


@pytest.mark.parametrize(
    "call",
    [
        lambda m: rt.planted_bound(m, 0.3, 0.1),
        lambda m: rt.local_entropy_1rsb(m, 0.3, 0.1),
        lambda m: rt.focusing_fixed_point(m, 0.3, 0.2, 2),
        lambda m: rt.local_entropy_threshold(m),
    ],
)
def test_doors_that_know_binary_weights_only(call):
    with pytest.raises(ValueError, match=r"^weights of the model must be binary here; got weights=SphericalWeights"):
        call(rt.BinaryPerceptron(weights=SPHERE))
