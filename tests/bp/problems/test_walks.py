"""The compiled walk on bits: its moves against plain enumeration of all flips."""

import numpy as np
import pytest

import bp
from bp.problems import _bits, _walks
from bp.problems.walkers import differences, lattice_tables
from replica_theory.models.intervals import SymmetricBinaryPerceptron
from replica_theory.models.perceptron import BinaryPerceptron

MODELS = [BinaryPerceptron(), BinaryPerceptron(0.4), SymmetricBinaryPerceptron(1.0), SymmetricBinaryPerceptron(0.3)]


def energy(inst, weights):
    """Flips by which the patterns miss their sums."""
    sums = inst.xi.astype(int) @ weights.astype(int)
    missed = [np.maximum(np.maximum(lower - sums, sums - upper), 0) for lower, upper in inst.allowed.lattice]
    return int(np.sum(np.min(missed, axis=0)) // 2)


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
