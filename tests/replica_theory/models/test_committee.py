"""Tree committees through every door that knows them, by published and independent values, limits and identities."""

import json

import numpy as np
import pytest

import bp
import replica_theory as rt
from replica_theory.models.registry import describe, restore

SIGN, RELU, LINEAR = (rt.TreeCommittee(activation=name) for name in ("sign", "relu", "linear"))


def test_capacity_and_entropy():
    # Independent scripts, to the digits given.
    sign = rt.capacity(SIGN)
    np.testing.assert_allclose([sign.alpha, sign.q], [0.946952426874, 0.308769325], atol=5e-10)
    np.testing.assert_allclose(rt.capacity(RELU).alpha, 0.903986281292, atol=1e-12)
    np.testing.assert_allclose(rt.replica_symmetric(SIGN, 0.5).entropy, 0.336397847, atol=5e-10)
    np.testing.assert_allclose(rt.replica_symmetric(RELU, 0.5).entropy, 0.330068654, atol=5e-10)


def test_local_entropy():
    for model, entropy, slope in ((SIGN, 0.252450744, 1.352586), (RELU, 0.276826434, 1.372003)):
        point = rt.local_entropy(model, 0.4, 0.1)
        np.testing.assert_allclose(point.entropy, entropy, atol=5e-10)
        np.testing.assert_allclose(point.slope, slope, atol=5e-7)


@pytest.mark.slow
def test_threshold():
    threshold = rt.local_entropy_threshold(SIGN)
    np.testing.assert_allclose(threshold.alpha, 0.71511600, atol=5e-9)
    np.testing.assert_allclose(threshold.distance, 0.0314, atol=5e-5)


def values(result):
    return [np.asarray(v) for k, v in vars(result).items() if k not in ("model", "settings", "label", "overlaps")]


def test_linear_units_are_the_perceptron_bit_for_bit():
    plain = rt.BinaryPerceptron()
    for door in (
        lambda model: rt.replica_symmetric(model, np.array([0.2, 0.7])),
        lambda model: rt.capacity(model),
        lambda model: rt.franz_parisi(model, 0.4, np.array([0.3, 0.1])),
        lambda model: rt.local_entropy(model, 0.4, np.array([0.1])),
        lambda model: rt.local_entropy(model, 0.4, np.array([0.1]), y=2.0, reference="solution"),
        lambda model: rt.state_evolution(model, 0.5, 3),
    ):
        for one, other in zip(values(door(plain)), values(door(LINEAR)), strict=True):
            np.testing.assert_array_equal(one, other)
    assert rt.annealed_entropy(LINEAR, 0.3) == rt.annealed_entropy(plain, 0.3) == rt.annealed_entropy(SIGN, 0.3)


@pytest.mark.parametrize("model", [SIGN, RELU], ids=["sign", "relu"])
def test_identities_of_a_curve(model):
    typical = rt.replica_symmetric(model, 0.4)
    own, d = 0.5 * (1 - typical.q), 0.1
    curve = rt.franz_parisi(model, 0.4, np.array([d, own]))
    # At the typical distance it is the replica-symmetric entropy, and y = 0 around a solution is the curve.
    np.testing.assert_allclose(curve.entropy[1], typical.entropy, atol=1e-12)
    np.testing.assert_allclose(
        rt.local_entropy(model, 0.4, d, reference="solution", y=0.0).entropy, curve.entropy[0], atol=1e-10
    )


def test_many_replicas():
    # The largest local entropy is their limit: 1/y corrections of 2e-3/y here.
    most, many = (rt.local_entropy(SIGN, 0.4, 0.1, y=y).entropy for y in (np.inf, 1000.0))
    assert many < most < many + 1e-5


def test_derivatives_of_the_functional():
    def at(y, d):
        return rt.local_entropy(SIGN, 0.4, d, y=y, reference="solution")

    point, h = at(2.0, 0.1), 1e-3
    by_d = (at(2.0, 0.1 + h).overlaps["phi"] - at(2.0, 0.1 - h).overlaps["phi"]) / (2 * h)
    # Central differences: h^2 phi'''/6, with a third derivative of order 200 in d.
    np.testing.assert_allclose(by_d, 4 * point.overlaps["gamma"], atol=1e-4)


def test_temperature():
    warm, h = SIGN.at(beta=2.0), 1e-3
    free = [rt.replica_symmetric(SIGN.at(beta=2.0 + s * h), 0.5).free_entropy for s in (-1, 1)]
    # Truncated at h^2 times a third derivative below 0.1.
    np.testing.assert_allclose(rt.replica_symmetric(warm, 0.5).energy, -(free[1] - free[0]) / h, atol=1e-7)


def test_density_of_the_output():
    h = np.linspace(0, 8, 4001)
    p = rt.replica_symmetric(SIGN, 0.5).stability_distribution(h)
    assert np.trapezoid(p, h) == pytest.approx(1.0, abs=1e-6)  # trapezoid of spacing 2e-3, a step at one end


def test_state_evolution_ends_in_the_saddle_point():
    for model, steps in ((SIGN, 30), (RELU, 30), (rt.TreeCommittee(units=3), 6)):
        overlap = rt.state_evolution(model, 0.5, steps).q[-1]
        # It comes nearer by a factor of 0.3 a step, from about 0.2.
        np.testing.assert_allclose(overlap, rt.replica_symmetric(model, 0.5).q, atol=0.3 ** (steps - 1))


def test_a_smooth_activation_between_linear_and_sign():
    gains = [rt.capacity(rt.TreeCommittee(activation=lambda u, g=g: np.tanh(g * u))).alpha for g in (0.1, 1.0)]
    assert rt.capacity(LINEAR).alpha < gains[0] < gains[1] < rt.capacity(SIGN).alpha


def test_few_units():
    # More units are nearer to the limit, with corrections of 1/K.
    entropies = [rt.replica_symmetric(rt.TreeCommittee(units=k), 0.5).entropy for k in (1, 3, 5)]
    assert entropies[0] == pytest.approx(rt.replica_symmetric(rt.BinaryPerceptron(), 0.5).entropy, abs=1e-12)
    missing = 0.336397847 - np.array(entropies)
    assert 0 < missing[2] < missing[1] < missing[0]
    np.testing.assert_allclose(missing[1:] * np.array([3, 5]), 0.0138, atol=8e-4)  # 0.012 + 0.007/K
    assert rt.capacity(rt.TreeCommittee(units=1)).alpha == pytest.approx(0.833078599740, abs=1e-12)
    assert rt.annealed_entropy(rt.TreeCommittee(units=3), 0.5) == pytest.approx(0.5 * np.log(2), abs=1e-14)


REFUSING = [
    lambda model: rt.local_entropy_1rsb(model, 0.5, 0.1),
    lambda model: rt.planted_bound(model, 0.5, 0.1),
    lambda model: rt.local_energy(model, 0.5, 0.1),
    lambda model: rt.largest_margin(model, 0.5),
    lambda model: rt.stability_limit(model),
    lambda model: rt.focusing_fixed_point(model, 0.5, gamma=0.5, y=3),
    lambda model: bp.Instance([[1, -1, 1]], constraint=model),
    lambda model: bp.random_instance(model, n=5, alpha=0.4, rng=1),
    lambda model: bp.random_committee(model, n=15, units=3, alpha=0.4, rng=1),
    lambda model: bp.ensemble(model, alpha=0.4, n=15, samples=2, rng=1),
]


@pytest.mark.parametrize("door", REFUSING)
def test_who_does_not_know_a_hidden_layer_says_so(door):
    with pytest.raises(ValueError, match=r"^model must have no hidden layer here; got TreeCommittee\("):
        door(SIGN)


def test_curves_of_a_few_units():
    one, plain = (rt.franz_parisi(model, 0.4, 0.1) for model in (rt.TreeCommittee(units=1), rt.BinaryPerceptron()))
    np.testing.assert_allclose([one.entropy, one.slope], [plain.entropy, plain.slope], rtol=1e-10)
    three = rt.TreeCommittee(units=3)
    typical = rt.replica_symmetric(three, 0.4)
    curve = rt.franz_parisi(three, 0.4, [0.3, 0.5 * (1 - typical.q)])
    assert curve.entropy[1] == pytest.approx(typical.entropy, abs=1e-12)
    assert rt.franz_parisi(SIGN, 0.4, 0.3).entropy < curve.entropy[0] < typical.entropy
    assert np.all(curve.error < 1e-10)


def test_local_entropies_are_for_infinitely_many_units():
    sentence = r"^model must have no hidden layer, or one of infinitely many units here; got TreeCommittee\("
    with pytest.raises(ValueError, match=sentence):
        rt.local_entropy(rt.TreeCommittee(units=3), 0.5, 0.1)
    with pytest.raises(ValueError, match=r"^units of the model must be inf, 1 or 3 here; got 5$"):
        rt.franz_parisi(rt.TreeCommittee(units=5), 0.5, 0.1)
    with pytest.raises(ValueError, match=sentence):
        rt.replica_symmetric(rt.TreeCommittee(units=3), 0.5).stability_distribution(0.5)


def test_references_have_the_same_layer():
    with pytest.raises(ValueError, match=r"^reference must have the hidden layer of the model"):
        rt.franz_parisi(SIGN, 0.4, 0.1, reference=RELU)
    with pytest.raises(ValueError, match=r"^reference must have the hidden layer of the model"):
        rt.franz_parisi(rt.TreeCommittee(units=3), 0.4, 0.1, reference=SIGN)


def test_files_keep_words():
    for model in (SIGN, RELU.at(kappa=0.5), rt.TreeCommittee(units=3)):
        assert restore(json.loads(json.dumps(describe(model)))) == model
    assert "is" in describe(rt.TreeCommittee(activation=np.tanh))


def test_what_is_no_committee():
    for wrong, sentence in (
        ({"units": 4}, r"units must be inf, or one of 1, 3, 5, 7 for sign units; got 4\.0 with activation sign"),
        ({"units": 3, "activation": "relu"}, r"units must be inf, or .* got 3\.0 with activation relu"),
        ({"activation": "step"}, "activation must be one of 'linear', 'relu', 'sign'; got 'step'"),
        ({"weights": rt.SphericalWeights()}, "weights of the model must be binary here"),
    ):
        with pytest.raises(ValueError, match=f"^{sentence}"):
            rt.TreeCommittee(**wrong)
