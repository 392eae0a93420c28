"""Walkers: what they track equals what is recomputed, costs are differences, generic walks equal compiled ones."""

import numpy as np
import pytest

import bp
from bp.problems import _bits
from bp.problems._walks import FRESH
from bp.problems.walkers import BitWalker, RealWalker, Walker
from replica_theory import BinaryPerceptron, IntervalModel, SymmetricBinaryPerceptron, UShapePerceptron

MODELS = [BinaryPerceptron(), BinaryPerceptron(0.4), SymmetricBinaryPerceptron(1.0), SymmetricBinaryPerceptron(0.3)]
MODELS += [UShapePerceptron(0.5), IntervalModel([(-2.0, -0.4), (0.1, 0.7)])]


def configuration(n, seed=3):
    return np.random.default_rng(seed).choice(np.array([-1, 1], dtype=np.int8), n)


def energy_of(inst, weights, energy):
    if energy == "errors":
        return inst.errors(weights)
    sums = inst.xi.astype(int) @ weights.astype(int)
    missed = [np.maximum(np.maximum(lower - sums, sums - upper), 0) for lower, upper in inst.allowed.lattice]
    return int(np.sum(np.min(missed, axis=0)) // 2)


@pytest.mark.parametrize("energy", ["errors", "flips"])
@pytest.mark.parametrize("model", MODELS, ids=repr)
@pytest.mark.parametrize("n", [64, 71])
def test_costs_are_differences_after_every_flip(model, n, energy):
    inst = bp.random_instance(model, n, 0.9, rng=2)
    walker, weights = inst.walker(configuration(n), energy), configuration(n)
    for i in np.random.default_rng(5).integers(0, n, 30):
        energies = [energy_of(inst, np.where(np.arange(n) == k, -weights, weights), energy) for k in range(n)]
        assert np.array_equal(walker.costs(), np.array(energies) - energy_of(inst, weights, energy))
        assert walker.cost(int(i)) == walker.costs()[i]
        walker.flip(int(i))
        weights[i] *= -1
        assert np.array_equal(walker.weights, weights) and walker.errors == inst.errors(weights)
    assert np.array_equal(walker.sums, inst.xi.astype(int) @ weights.astype(int))


def test_real_patterns():
    inst = bp.random_instance(BinaryPerceptron(0.1), 31, 0.8, rng=2, patterns="gaussian")
    walker, weights = inst.walker(configuration(31)), configuration(31)
    assert isinstance(walker, RealWalker)
    for i in range(31):
        turned = np.where(np.arange(31) == i, -weights, weights)
        assert walker.cost(i) == inst.errors(turned) - inst.errors(weights)
        walker.flip(i)
        weights = turned
        assert walker.errors == inst.errors(weights)
    with pytest.raises(ValueError, match="energy must be one of 'errors'; got 'flips'"):
        inst.walker(weights, "flips")


@pytest.mark.parametrize("energy", ["errors", "flips"])
@pytest.mark.parametrize("model", MODELS, ids=repr)
@pytest.mark.parametrize("patterns", ["binary", "gaussian"])
def test_compiled_sweeps_are_the_generic_ones(model, energy, patterns):
    """The readable walk of the base class, move for move."""
    inst = bp.random_instance(model, 65, 0.7, rng=4, patterns=patterns)
    if energy not in inst.energies:
        pytest.skip("real patterns have no number of flips")
    fast, slow = (inst.walker(configuration(65), energy) for _ in range(2))
    rng = np.random.default_rng(6)
    for _ in range(5):
        uniforms = rng.random(65)
        assert fast.sweep(uniforms, 1.3) == Walker.sweep(slow, uniforms, 1.3)
        assert np.array_equal(fast.weights, slow.weights)


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_compiled_descent_is_the_generic_one(model):
    inst = bp.random_instance(model, 65, 0.9, rng=4)
    fast, slow = (inst.walker(configuration(65), "flips") for _ in range(2))
    uniforms = np.random.default_rng(7).random(200)
    assert np.array_equal(fast.descend(uniforms, 0.5), Walker.descend(slow, uniforms, 0.5))
    assert np.array_equal(fast.weights, slow.weights)
    assert np.array_equal(fast.costs(), slow.costs())


@pytest.mark.parametrize(("p", "n"), [(1, 1), (63, 65), (64, 64), (1500, 130)])
def test_transposed_bits(p, n):
    signs = np.random.default_rng(1).choice(np.array([-1, 1], dtype=np.int8), (p, n))
    assert np.array_equal(_bits.unpack(_bits.transposed(_bits.pack(signs), n), p), signs.T)


def test_unsatisfiable_sums():
    """Of two equal and opposite patterns no sum of an odd number of weights is within 1/2 of zero."""
    inst = bp.Instance([[1, 1, 1]], kappa=0.2, constraint="symmetric")
    walker = inst.walker([1, 1, -1], "flips")
    assert isinstance(walker, BitWalker) and walker.errors == 1
    assert inst.walker([1, 1, 1], "flips").costs().tolist() == [-1, -1, -1]


def fresh(walker):
    """Sums added up weight by weight, as the compiled turn does: equal bit for bit."""
    sums = np.zeros(walker._walk.sums.shape[1])
    for weight, column in zip(walker.weights, walker._walk.columns, strict=True):
        sums += weight * column
    return sums


def test_sums_of_real_patterns_are_fresh_again_before_rounding_tells():
    inst = bp.random_instance(BinaryPerceptron(), 31, 0.8, rng=2, patterns="gaussian")
    walker, rng = inst.walker(configuration(31)), np.random.default_rng(8)
    flips = [int(i) for i in rng.integers(0, 31, FRESH)]
    for i in flips[:-1]:
        walker.flip(i)
    assert not np.array_equal(walker._walk.sums[0], fresh(walker))
    walker.flip(flips[-1])
    assert walker._walk.flips[0] == FRESH and np.array_equal(walker._walk.sums[0], fresh(walker))
    while walker._walk.flips[0] < 2 * FRESH - 31:
        walker.sweep(rng.random(31), 0.1)
    for i in range(int(2 * FRESH - walker._walk.flips[0])):
        walker.flip(i)
    assert np.array_equal(walker._walk.sums[0], fresh(walker))
