"""Enumeration against the definition, written as plainly as possible."""

from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bp import Instance, enumerate_solutions, random_instance
from bp.exact import enumeration as module
from replica_theory.models.intervals import IntervalModel, SymmetricBinaryPerceptron, UShapePerceptron
from replica_theory.models.perceptron import BinaryPerceptron, TeacherStudent

MODELS = [BinaryPerceptron(0.0), BinaryPerceptron(0.3), BinaryPerceptron(-0.4), SymmetricBinaryPerceptron(0.8)]
MODELS += [UShapePerceptron(0.6), IntervalModel([(-2.0, -0.8), (-0.1, 0.4), (1.0, np.inf)])]


def configurations(n):
    return np.array(list(product((-1, 1), repeat=n)), dtype=np.int8)[:, ::-1]


def violations(inst):
    return np.array([inst.errors(w) for w in configurations(inst.n)])


@pytest.mark.parametrize("patterns", ["binary", "gaussian"])
@pytest.mark.parametrize("model", MODELS, ids=repr)
@pytest.mark.parametrize("n", [1, 2, 5, 6, 7, 11])
def test_visits_every_configuration(model, n, patterns):
    inst = random_instance(model, n=n, alpha=0.7, rng=n, patterns=patterns)
    found = enumerate_solutions(inst, energies=True)
    energies = violations(inst)
    expected = configurations(n)[energies == 0]
    assert np.array_equal(found.solutions(), expected)
    assert found.count == len(expected)
    assert np.array_equal(found.energy_counts, np.bincount(energies, minlength=inst.n_patterns + 1))
    if len(expected):
        assert np.allclose(found.magnetizations, expected.mean(axis=0), rtol=0, atol=1e-15)  # rounding of one division
        assert found.entropy == np.log(len(expected)) / n
    for beta in (0.0, 0.7, 30.0):
        direct = np.log(np.exp(-beta * energies).sum()) / n
        assert found.free_entropy(beta) == pytest.approx(direct, rel=1e-13)  # rounding of a sum of 2**11 terms
    assert found.free_entropy(np.inf) == found.entropy


def test_chunks_of_the_walk_join(monkeypatch):
    """Few walked bits make many chunks: same solutions, same order."""
    inst = random_instance(BinaryPerceptron(), n=15, alpha=0.4, rng=1, patterns="gaussian")
    whole = enumerate_solutions(inst, energies=True)
    monkeypatch.setattr(module, "_WALKED_BITS", 2)
    parts = enumerate_solutions(inst, energies=True)
    assert np.array_equal(whole.packed, parts.packed)
    assert np.all(np.diff(whole.packed.astype(np.int64)) > 0)
    assert np.array_equal(whole.magnetizations, parts.magnetizations)
    assert np.array_equal(whole.energy_counts, parts.energy_counts)


def test_margin_met_exactly_counts_as_satisfied():
    """Sums of +-1 that equal sqrt(N) * kappa up to its rounding, as in Instance.errors."""
    for n, excess in product(range(3, 12), (1, 3)):
        kappa = (n - 2 * excess) / np.sqrt(n)
        found = enumerate_solutions(Instance(np.ones((1, n), dtype=int), kappa=kappa))
        assert found.count == sum(comb(n, k) for k in range(excess + 1))


def test_large_known_count():
    """One pattern of 23 ones: half of the 2**23 configurations have a positive sum."""
    found = enumerate_solutions(Instance(np.ones((1, 23))))
    assert found.count == 2**22
    mean = comb(22, 11) / 2**22  # mean of one weight given the sign of the sum
    assert np.allclose(found.magnetizations, mean, rtol=1e-15)
    assert found.distance_counts(np.ones(23))[:12].tolist() == [comb(23, k) for k in range(12)]


def test_no_solution():
    found = enumerate_solutions(Instance([[1, 1, 1], [-1, -1, -1]]), energies=True)
    assert found.count == 0 and found.entropy == -np.inf
    assert np.all(np.isnan(found.magnetizations))
    assert found.solutions().shape == (0, 3)
    assert found.energy_counts.tolist() == [0, 8, 0]
    assert found.local_entropy([1, 1, 1], 0.0) == -np.inf
    assert found.pair_distances.tolist() == [0, 0, 0, 0]
    with pytest.raises(ValueError, match="there are no solutions"):
        found.around_solutions()


@pytest.fixture(scope="module")
def example():
    inst = random_instance(BinaryPerceptron(), n=13, alpha=0.4, rng=5)
    return inst, enumerate_solutions(inst)


def test_teacher_is_a_solution():
    inst = random_instance(TeacherStudent(), n=12, alpha=1.5, rng=3)
    found = enumerate_solutions(inst)
    assert found.distance_counts(inst.teacher)[0] == 1


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_gauge_and_permutation(seed):
    """Flipping columns flips the solutions; permuting patterns changes nothing."""
    rng = np.random.default_rng(seed)
    inst = random_instance(BinaryPerceptron(0.1), n=9, alpha=0.5, rng=rng)
    signs = 2 * rng.integers(0, 2, 9) - 1
    found = enumerate_solutions(inst)
    turned = enumerate_solutions(Instance(rng.permutation(inst.xi) * signs, kappa=0.1))
    assert turned.count == found.count
    assert np.array_equal(turned.magnetizations, signs * found.magnetizations, equal_nan=True)
    assert np.array_equal(turned.pair_distances, found.pair_distances)


def test_results_are_read_only(example):
    _, found = example
    for array in (found.packed, found.magnetizations, found.pair_distances):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    with pytest.raises(AttributeError):
        found.count = 3


def test_refusals():
    with pytest.raises(ValueError, match=r"stops at N = 30; this instance has N = 31: use belief_propagation"):
        enumerate_solutions(Instance(np.ones((1, 31))))
    with pytest.raises(TypeError, match=r"instance must be an Instance or a Committee or a Satisfiability; got list"):
        enumerate_solutions([[1, -1]])
    with pytest.raises(ValueError, match=r"max_memory must be a non-negative integer; got -1"):
        enumerate_solutions(Instance([[1, 1, 1]]), max_memory=-1)
