"""What a pattern shows: by how many flips it is inside, found by making the flips, and which way leads further in."""

import numpy as np
import pytest

import bp
from replica_theory import BinaryPerceptron, IntervalModel, SymmetricBinaryPerceptron, UShapePerceptron

MODELS = [BinaryPerceptron(), BinaryPerceptron(0.4), SymmetricBinaryPerceptron(1.0), UShapePerceptron(0.5),
          IntervalModel([(-2.0, -0.4), (0.1, 0.7)])]  # fmt: skip


def flips_to_leave(inst, a, weights, direction):
    """Flips against the direction until the pattern is violated, less one; minus those along it until it is not."""
    violated, made = bool(inst.violated(weights)[a]), 0
    weights, way = weights.copy(), direction if violated else -direction
    while inst.violated(weights)[a] == violated:
        wrong = np.flatnonzero(weights * way < 0)
        if not len(wrong):
            return None  # no sum on that side is forbidden
        weights[wrong[0]] *= -1
        made += 1
    return -made if violated else made - 1


@pytest.mark.parametrize("model", MODELS, ids=repr)
@pytest.mark.parametrize("n", [32, 33])
def test_gaps_of_binary_patterns_are_numbers_of_flips(model, n):
    inst, rng = bp.random_instance(model, n, 0.9, rng=1), np.random.default_rng(2)
    weights = rng.choice(np.array([-1, 1], dtype=np.int8), n)
    gaps = []
    for a in range(inst.n_patterns):
        gap, direction = inst.present(a, weights)
        assert gap == int(gap) and np.array_equal(np.abs(direction), np.ones(n))
        assert (gap < 0) == inst.violated(weights)[a]
        assert flips_to_leave(inst, a, weights, direction) in (gap, None)
        gaps.append(gap)
    assert min(gaps) < 0 < max(gaps) or 0 in gaps


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_real_patterns_are_shown_by_their_distance_to_the_edge(model):
    inst = bp.random_instance(model, 33, 0.9, rng=1, patterns="gaussian")
    weights = np.random.default_rng(3).choice(np.array([-1, 1], dtype=np.int8), 33)
    ends = np.array(model.allowed_intervals)
    for a, stability in enumerate(inst.stabilities(weights)):
        gap, direction = inst.present(a, weights)
        inside = np.minimum(stability - ends[:, 0], ends[:, 1] - stability).max()
        size = 2 * np.linalg.norm(inst.xi[a]) / 33  # stability of a flip of the root mean square entry
        assert gap == pytest.approx(inside / size, rel=1e-9, abs=1e-9)
        assert np.array_equal(np.abs(direction), np.abs(inst.xi[a]))
        moved = stability + 1e-6 * np.sign(direction @ inst.xi[a])
        assert np.minimum(moved - ends[:, 0], ends[:, 1] - moved).max() > inside


def test_walkers_and_learners_set_out_from_the_configuration():
    for patterns in ("binary", "gaussian"):
        inst = bp.random_instance(BinaryPerceptron(), 33, 0.9, rng=1, patterns=patterns)
        weights = inst.start(4)
        assert np.array_equal(inst.walker(weights).weights, weights)
        assert np.array_equal(inst.learner(weights).weights, weights)


@pytest.mark.parametrize("call", ["walker", "learner"])
def test_what_is_no_configuration_is_refused(call):
    inst = bp.random_instance(BinaryPerceptron(), 5, 0.9, rng=1)
    with pytest.raises(ValueError, match="weights must be ±1"):
        getattr(inst, call)([1, 1, 0, 1, 1])
    with pytest.raises(ValueError, match=r"weights must have shape \(5,\)"):
        getattr(inst, call)([1, 1, 1])
