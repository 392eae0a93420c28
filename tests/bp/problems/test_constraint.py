"""Constraints of instances: every model of the registry, its sums, and what an instance gives back."""

import math

import numpy as np
import pytest
from scipy import special

import bp
from bp.problems.constraint import Allowed, checked_constraint, satisfied
from bp.problems.perceptron import Instance, random_instance, sphere_instance
from replica_theory import (
    BinaryPerceptron,
    CustomModel,
    IntervalModel,
    SymmetricBinaryPerceptron,
    TeacherStudent,
    UShapePerceptron,
)

INF = np.inf
BANDS = IntervalModel([(-2.0, -0.8), (-0.1, 0.4), (1.0, INF)], 0.1)
MODELS = [BinaryPerceptron(-0.2), SymmetricBinaryPerceptron(0.7), UShapePerceptron(0.6), BANDS, TeacherStudent(0.1)]
NOISY = CustomModel(lambda mean, std: 0.1 + 0.8 * special.ndtr(mean / std))


@pytest.mark.parametrize("patterns", ["binary", "gaussian"])
@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_errors_are_the_patterns_that_the_model_forbids(model, patterns):
    inst = random_instance(model, 31, 2.0, rng=1, patterns=patterns)
    for seed in range(5):
        weights = np.random.default_rng(seed).choice([-1, 1], 31)
        forbidden = ~model.allows(inst.stabilities(weights))
        assert np.array_equal(inst.violated(weights), forbidden) and inst.errors(weights) == forbidden.sum()


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_an_instance_gives_its_model_back(model):
    drawn = random_instance(model.at(beta=2.0), 31, 1.0, rng=1)
    assert drawn.model == model and drawn.kappa == model.kappa
    given = Instance(drawn.patterns, drawn.labels, constraint=model)
    assert given.model == model and np.array_equal(given.xi, drawn.xi)
    words = {BinaryPerceptron: "margin", TeacherStudent: "margin", SymmetricBinaryPerceptron: "symmetric"}
    assert given.constraint == words.get(type(model), type(model).__name__)
    sphere = sphere_instance(model, 31, 1.0, np.random.default_rng(1))
    assert sphere.model == model and (sphere.teacher is not None) == model.has_teacher
    np.testing.assert_allclose(np.sum(sphere.xi**2, axis=1), 31)


def test_words_and_class_names():
    assert Instance([[1]], kappa=0.5, constraint="UShapePerceptron").model == UShapePerceptron(0.5)
    assert Instance([[1]], kappa=0.5, constraint="SymmetricBinaryPerceptron").constraint == "symmetric"
    assert "IntervalModel" in repr(Instance([[1]], constraint=BANDS))
    assert repr(Instance([[1]], kappa=0.5)) == "Instance(1 ±1 patterns on 1 weights, margin, kappa=0.5)"


def test_same_seed_same_patterns_for_every_constraint():
    drawn = [random_instance(model, 65, 0.7, rng=5).patterns for model in MODELS]
    assert all(np.array_equal(drawn[0], other) for other in drawn)


def test_labels_of_a_teacher():
    inst = random_instance(TeacherStudent(), 65, 3.0, rng=1)
    assert set(inst.labels.tolist()) == {-1, 1}
    assert np.array_equal(inst.labels, np.where(inst.patterns.astype(int) @ inst.teacher < 0, -1, 1))


@pytest.mark.parametrize("n", [12, 13])
@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_acceptance_of_sums(model, n):
    sums = np.arange(-n, n + 1)
    assert np.array_equal(Allowed(model, n).acceptance, model.allows(sums / np.sqrt(n)))


def test_acceptance_of_a_soft_constraint():
    assert Allowed(NOISY, 3).acceptance.tolist() == pytest.approx([0.1, 0.1, 0.1, 0.5, 0.9, 0.9, 0.9], rel=1e-12)
    assert not Instance([[1]], constraint=NOISY).allowed.is_hard


def test_sums_that_meet_an_end_exactly_are_allowed():
    for n in range(2, 200):
        model = IntervalModel([(-INF, -4 / np.sqrt(n)), (1 / np.sqrt(n), 3 / np.sqrt(n))])
        sums = np.arange(-6.0, 7.0)
        expected = (sums <= -4) | ((sums >= 1) & (sums <= 3))
        assert np.array_equal(satisfied(sums, Allowed(model, n).sums), expected)


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ({"constraint": "IntervalModel"}, ValueError, "or a model of replica_theory; got 'IntervalModel'"),
        ({"constraint": 7}, ValueError, "or a model of replica_theory; got 7"),
        ({"constraint": BinaryPerceptron(beta=1.0)}, ValueError, "constraint must be at beta = inf"),
        ({"constraint": BANDS, "kappa": 0.3}, ValueError, r"kappa must be left to the constraint, .*; got kappa=0\.3"),
        ({"constraint": BinaryPerceptron([0.0, 1.0])}, ValueError, "kappa of an instance must be a single number"),
        ({"constraint": "UShapePerceptron"}, ValueError, "kappa must be positive"),
    ],
)
def test_refusals(arguments, error, sentence):
    with pytest.raises(error, match=sentence):
        checked_constraint(**arguments)
    with pytest.raises(error, match=sentence):
        Instance([[1, 1]], **arguments)


@pytest.mark.parametrize(
    "use",
    [
        lambda inst: inst.errors(np.ones(9)),
        lambda inst: inst.allowed.stabilities,
        lambda inst: bp.enumerate_solutions(inst),
        lambda inst: bp.monte_carlo(inst, 1.0),
        lambda inst: bp.solve(inst, rng=1),
        lambda inst: bp.belief_propagation(inst, "gaussian"),
    ],
)
def test_what_needs_a_hard_constraint_says_so(use):
    with pytest.raises(TypeError, match=r"needs a hard constraint, .*; CustomModel may be soft: belief"):
        use(random_instance(NOISY, 9, 0.5, rng=1))


@pytest.mark.parametrize("use", [bp.crosscheck, bp.ensemble])
def test_averages_need_a_hard_constraint(use):
    arguments = ["entropy"] if use is bp.ensemble else []
    with pytest.raises(TypeError, match="model must be a hard constraint"):
        use(NOISY, 0.5, 51, 2, *arguments)


def test_what_is_no_model_is_refused():
    with pytest.raises(TypeError, match="model must be a Model"):
        random_instance("binary", 11, 0.5)


def exactly_violated(x, weights, kappa):
    """Patterns of a margin that are violated, sums without rounding."""
    return np.array([math.fsum(row) < kappa * math.sqrt(len(row)) for row in x * weights])


@pytest.mark.parametrize("scale", [1e-14, 1e-13, 1e-6, 1.0, 1e6, 1e14])
def test_patterns_of_any_scale_are_judged_alike(scale):
    """An issue's example: at 1e-13 all patterns were satisfied, by all 2048 configurations."""
    x = np.random.default_rng(0).standard_normal((30, 11))
    few = Instance(scale * x[:3], kappa=0.2 * scale)
    assert bp.enumerate_solutions(Instance(scale * x)).count == 0
    energies = bp.enumerate_solutions(few, energies=True).energy_counts
    configurations = 2 * ((np.arange(2**11)[:, None] >> np.arange(11)) & 1) - 1
    violated = np.array([exactly_violated(x[:3], w, 0.2) for w in configurations])
    assert np.array_equal(energies, np.bincount(violated.sum(axis=1), minlength=4)) and 0 < energies[0] < 2048
    walker = few.walker(configurations[5])
    for w, expected in zip(configurations[5::100], violated[5::100], strict=True):
        assert np.array_equal(few.violated(w), expected)
        for i in np.flatnonzero(walker.weights != w):
            change = walker.cost(int(i))
            before = walker.errors
            walker.flip(int(i))
            assert walker.errors - before == change
        assert walker.errors == expected.sum()
    found = bp.solve(Instance(scale * x), rng=1, max_iter=50)
    assert found.errors == exactly_violated(x, found.weights, 0.0).sum() and not found.solved


@pytest.mark.parametrize("scale", [1e-10, 1.0, 1e10])
@pytest.mark.parametrize(
    "model", [BinaryPerceptron(), IntervalModel([(-1, 0)]), IntervalModel([(-1, -0.5), (0, 0.01)])]
)
def test_sums_that_are_zero_but_for_rounding_meet_an_edge_at_zero(model, scale):
    """0.1 + 0.2 - 0.3 is 6e-17 in double precision, and its mirror image -6e-17."""
    row = scale * np.array([0.1, 0.2, 0.3])
    for x in (row, -row):
        inst, tie = Instance([x], constraint=model), [1, 1, -1]
        assert inst.errors(tie) == 0 and inst.walker(tie).errors == 0
        assert tie in bp.enumerate_solutions(inst).solutions().tolist()


@pytest.mark.parametrize("scale", [1e-10, 1.0, 1e10])
def test_an_edge_that_is_met_but_for_rounding(scale):
    """Of 0.1, 0.2, 0.3 with kappa = 0.6 / sqrt(3), only the sum of all."""
    for kappa, count in ((0.6, 1), (0.6 * (1 + 1e-14), 1), (0.6 * (1 + 1e-11), 0)):
        inst = Instance([scale * np.array([0.1, 0.2, 0.3])], kappa=scale * kappa / np.sqrt(3))
        assert bp.enumerate_solutions(inst).count == count == 1 - inst.errors([1, 1, 1])
        assert inst.walker([1, 1, 1]).errors == 1 - count


def test_one_row_far_smaller_than_the_others():
    x = np.vstack([1e14 * np.ones(3), 1e-14 * np.array([1.0, -0.5, 0.25])])
    inst = Instance(x)
    assert inst.violated([-1, 1, 1]).tolist() == [False, True]
    assert inst.violated([1, 1, 1]).tolist() == [False, False]
