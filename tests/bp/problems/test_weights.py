"""Configurations of weights: what is one, random ones, and instances that have them."""

import numpy as np
import pytest

import bp
from bp.problems.weights import checked_weights, domain_of, random_weights
from replica_theory import (
    BinaryPerceptron,
    BinaryWeights,
    DiscreteWeights,
    SphericalWeights,
    TeacherStudent,
)

SPHERE, TERNARY = SphericalWeights(), DiscreteWeights([-1, 0, 1], [1, 2, 1])
ALL = BinaryWeights(), TERNARY, SPHERE


def test_domains_and_draws():
    assert [domain_of(weights) for weights in ALL] == ["spins", "levels", "reals"]
    rng = np.random.default_rng(1)
    for weights in ALL:
        drawn = random_weights(weights, 4000, rng)
        np.testing.assert_array_equal(checked_weights("w", drawn, 4000, weights), drawn)
        mean, square = weights.moments
        assert abs(drawn.mean() - mean) < 0.08 and abs(np.mean(drawn**2.0) - square) < 0.05  # five and four errors
    assert random_weights(SPHERE, 4000, rng) @ random_weights(SPHERE, 4000, rng) / 4000 == pytest.approx(0, abs=0.08)


@pytest.mark.parametrize(
    ("weights", "values", "sentence"),
    [
        (ALL[0], [1, 0, 1], "w must be ±1"),
        (TERNARY, [1, 0.5, 1], r"w must be levels, -1, 0, 1; entry 1 is 0.5"),
        (SPHERE, [1, 1, 2], r"w must lie on the sphere |W|\*\*2 = N; got a mean square of 2"),
        (SPHERE, [1, 1], r"w must have shape \(3,\)"),
        (TERNARY, [1, np.nan, 0], "w must be finite"),
    ],
)
def test_what_is_no_configuration_is_refused(weights, values, sentence):
    with pytest.raises(ValueError, match=sentence):
        checked_weights("w", values, 3, weights)


@pytest.mark.parametrize("patterns", ["binary", "gaussian"])
@pytest.mark.parametrize("weights", [TERNARY, SPHERE])
def test_instances_count_errors_and_keep_their_teacher(weights, patterns, tmp_path):
    instance = bp.random_instance(TeacherStudent(weights=weights), 65, 0.7, rng=1, patterns=patterns)
    assert instance.errors(instance.teacher) == 0 and instance.overlap(instance.teacher, instance.teacher) > 0.3
    w = instance.start(2)
    stabilities = instance.xi.astype(float) @ w / np.sqrt(65)
    assert np.allclose(instance.stabilities(w), stabilities, atol=1e-13)
    np.testing.assert_array_equal(instance.violated(w), stabilities < 0)
    assert instance.errors(w) == np.sum(stabilities < 0) and repr(weights) in repr(instance)
    path = tmp_path / "instance.npz"
    bp.write_instance(instance, path)
    again = bp.read_instance(path)
    assert again.fingerprint == instance.fingerprint and again.model == instance.model
    np.testing.assert_array_equal(again.teacher, instance.teacher)
    assert instance.fingerprint != bp.Instance(instance.xi).fingerprint
    with pytest.raises(ValueError, match="would lose weights=" if patterns == "binary" else "would lose"):
        bp.write_instance(bp.Instance(instance.xi, constraint=BinaryPerceptron(weights=weights)), tmp_path / "x.txt")


@pytest.mark.parametrize("weights", [TERNARY, SPHERE])
def test_what_knows_only_signs_says_so(weights):
    instance = bp.random_instance(BinaryPerceptron(weights=weights), 21, 0.5, rng=1)
    ones = np.ones(21, dtype=int)
    for call in (lambda: instance.walker(ones), lambda: instance.learner(ones), lambda: bp.monte_carlo(instance, 1.0),
                 lambda: bp.parallel_tempering(instance, [0.0, 1.0]), lambda: bp.enumerate_solutions(instance),
                 lambda: bp.solve(instance, "focusing-bp"), lambda: bp.solve(instance, "max-sum"),
                 lambda: bp.solve(instance, "sbpi"), lambda: bp.solve(instance, "simulated-annealing")):  # fmt: skip
        with pytest.raises(ValueError, match="needs weights ±1; those of the problem are"):
            call()
    assert instance.refutation() == "" and instance.tightened is instance and instance.forms == ("amp",)
    with pytest.raises(ValueError, match="weights of the model must be binary"):
        bp.random_committee(instance.model, 21, 3, 0.5)
    with pytest.raises(ValueError, match="weights of the model must be binary"):
        bp.ensemble(instance.model, 0.5, 21, 2)
