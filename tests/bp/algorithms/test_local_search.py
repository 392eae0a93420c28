"""Local search: the sums that are allowed, and what it repairs."""

import numpy as np
import pytest

import bp
from bp.algorithms.local_search import local_search
from bp.problems import _bits, _walks
from bp.problems.walkers import differences, lattice_tables
from replica_theory.models.intervals import IntervalModel, SymmetricBinaryPerceptron, UShapePerceptron
from replica_theory.models.perceptron import BinaryPerceptron

MODELS = [BinaryPerceptron(), BinaryPerceptron(0.4), SymmetricBinaryPerceptron(1.0), SymmetricBinaryPerceptron(0.3)]
MODELS += [UShapePerceptron(0.5), IntervalModel([(-1.6, -0.7), (0.1, 0.3), (1.2, np.inf)])]


def energy(inst, weights):
    """Flips by which the patterns miss their sums."""
    sums = inst.xi.astype(int) @ weights.astype(int)
    missed = [np.maximum(np.maximum(lower - sums, sums - upper), 0) for lower, upper in inst.allowed.lattice]
    return int(np.sum(np.min(missed, axis=0)) // 2)


@pytest.mark.parametrize("n", [20, 21])
@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_edges_are_the_outermost_allowed_sums(model, n):
    inst = bp.random_instance(model, n, 1.0, rng=1)
    sums = np.arange(-n, n + 1, 2)
    allowed = [np.any([(sums >= low) & (sums <= high) for low, high in ends], axis=0)
               for ends in (inst.allowed.lattice, inst.allowed.sums)]  # fmt: skip
    assert np.array_equal(*allowed)
    assert np.all((inst.allowed.lattice - n) % 2 == 0)


@pytest.mark.parametrize("temperature", [0.3, 1.0])
@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_first_flip_is_drawn_from_the_heat_bath(model, temperature):
    """The weight that a uniform number selects is that of the cumulative Boltzmann factors of all flips."""
    inst = bp.random_instance(model, 71, 0.9, rng=2)
    start = np.random.default_rng(3).choice(np.array([-1, 1], dtype=np.int8), 71)
    energies = np.array([energy(inst, np.where(np.arange(71) == i, -start, start)) for i in range(71)])
    cumulative = np.cumsum(np.exp(-(energies - energies.min()) / temperature))
    sums, words = inst.xi.astype(np.int64) @ start, _bits.pack(start[None])[0]
    rows, g = np.empty((len(sums), len(words)), np.uint64), np.zeros((1, len(sums)), np.float32)
    violated, table = lattice_tables(71, inst.allowed.lattice)
    places, (down, up) = (sums + 73) // 2, differences(table)
    near, errors, met = _walks.collect(inst.bits, places, down, up, violated, rows, g)
    assert near == np.count_nonzero((down[places] != 0) | (up[places] != 0))
    assert errors == inst.errors(start)
    boltzmann = np.exp(-np.arange(_walks._RANGE) / temperature)
    for uniform in (0.01, 0.3, 0.77, 0.99):
        expected = int(np.searchsorted(cumulative, uniform * cumulative[-1], side="right"))
        space = np.empty((1, 64 * len(words))), np.empty(71)
        assert _walks.choose(rows[:near], g, met, words, boltzmann, uniform, *space) == expected


@pytest.mark.parametrize(("model", "alpha"), [(MODELS[0], 0.3), (MODELS[1], 0.2), (MODELS[2], 0.5)], ids=repr)
def test_repairs_random_weights_at_small_loads(model, alpha):
    inst = bp.random_instance(model, 301, alpha, rng=4)
    start = np.ones(301, dtype=np.int8)
    assert inst.errors(start) > 10
    assert inst.errors(local_search(inst, start, rng=1, steps=20_000)) == 0
    assert np.all(start == 1)


def test_gives_the_best_configuration_on_the_way():
    inst = bp.random_instance(BinaryPerceptron(), 101, 1.5, rng=5)
    start = np.random.default_rng(6).choice([-1, 1], 101)
    fewest = [inst.errors(local_search(inst, start, rng=1, steps=steps)) for steps in (0, 10, 100, 1000)]
    assert fewest[0] == inst.errors(start) and np.all(np.diff(fewest) <= 0) and fewest[-1] < fewest[0]
    assert np.array_equal(local_search(inst, start, rng=1, steps=0), start)
    a, b = (local_search(inst, start, rng=2) for _ in range(2))
    assert np.array_equal(a, b)


def test_repairs_what_messages_leave():
    errors = np.zeros((8, 2), dtype=int)
    for seed, pair in enumerate(errors):
        inst = bp.random_instance(BinaryPerceptron(), 501, 0.77, rng=seed)
        found = bp.solve(inst, schedule="pseudo", rng=seed)
        pair[:] = found.errors, inst.errors(local_search(inst, found.weights, rng=seed))
    assert np.all(errors[:, 1] <= errors[:, 0]) and errors[:, 1].sum() < 0.9 * errors[:, 0].sum()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"steps": -1}, "steps must be a non-negative integer; got -1"),
        ({"temperature": 0.0}, "temperature must be positive and finite; got 0.0"),
        ({"temperature": np.inf}, "temperature must be positive and finite; got inf"),
    ],
)
def test_bad_options(options, sentence):
    inst = bp.random_instance(BinaryPerceptron(), 21, 0.5, rng=1)
    with pytest.raises(ValueError, match=sentence):
        local_search(inst, np.ones(21), **options)


def test_bad_patterns_and_weights():
    with pytest.raises(ValueError, match="needs patterns of ±1; this instance has real ones"):
        local_search(bp.Instance([[0.5, 1.0]]), [1, 1])
    with pytest.raises(ValueError, match="weights must be ±1"):
        local_search(bp.Instance([[1, 1]]), [1, 0])
