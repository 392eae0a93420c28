"""Enumeration against the definition, written as plainly as possible."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bp import Instance, SolutionSet, enumerate_solutions, random_instance
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
        assert found.count == sum(module.comb(n, k) for k in range(excess + 1))


def test_large_known_count():
    """One pattern of 23 ones: half of the 2**23 configurations have a positive sum."""
    found = enumerate_solutions(Instance(np.ones((1, 23))))
    assert found.count == 2**22
    mean = module.comb(22, 11) / 2**22  # mean of one weight given the sign of the sum
    assert np.allclose(found.magnetizations, mean, rtol=1e-15)
    assert found.distance_counts(np.ones(23))[:12].tolist() == [module.comb(23, k) for k in range(12)]


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


def test_local_entropy_around_any_configuration(example):
    _, found = example
    for center in (found.solutions()[0], -found.solutions()[0], np.ones(13)):
        hamming = np.count_nonzero(found.solutions() != center, axis=1)
        counts = np.bincount(hamming, minlength=14)
        assert np.array_equal(found.distance_counts(center), counts)
        with np.errstate(divide="ignore"):
            expected = np.log(counts) / 13
        assert np.array_equal(found.local_entropy(center, np.arange(14) / 13), expected)
        assert found.local_entropy(center, 4.4 / 13) == expected[4]
        assert found.local_entropy(center, [[0.0, 1.0]]).shape == (1, 2)


def test_pair_distances_by_both_methods(example):
    _, found = example
    w = found.solutions().astype(int)
    hamming = (13 - w @ w.T) // 2
    expected = np.bincount(hamming[np.triu_indices(found.count, 1)], minlength=14)
    assert np.array_equal(found.pair_distances, expected)
    direct = module._ordered_pairs(found.packed, 13)
    transformed = module._ordered_pairs_by_transform(found.packed, 13)
    assert np.array_equal(direct, transformed)
    assert np.array_equal(direct, np.bincount(hamming.ravel(), minlength=14))


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 10).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(0, 2**n - 1)))))
def test_transform_is_exact_for_any_set(case):
    n, chosen = case
    solutions = np.array(sorted(chosen), dtype=np.uint32)
    expected = np.zeros(n + 1, dtype=np.int64)
    for a, b in product(chosen, repeat=2):
        expected[(a ^ b).bit_count()] += 1
    assert np.array_equal(module._ordered_pairs(solutions, n), expected)
    assert np.array_equal(module._ordered_pairs_by_transform(solutions, n), expected)


def test_dense_pairs_use_exact_integers():
    """All 2**20 configurations: 2**19 * C(20, k) pairs at distance k, beyond what direct comparison could do."""
    everything = SolutionSet(20, 2**20, np.zeros(20), packed=np.arange(2**20, dtype=np.uint32))
    assert everything.pair_distances.tolist() == [0] + [2**19 * module.comb(20, k) for k in range(1, 21)]


def test_around_solutions_averages_log_counts(example):
    _, found = example
    around = found.around_solutions()
    counts = np.array([found.distance_counts(w) for w in found.solutions()])
    assert around.n_references == found.count
    assert np.allclose(around.isolated, (counts == 0).mean(axis=0), rtol=0, atol=1e-15)
    for k in range(14):
        present = counts[counts[:, k] > 0, k]
        if len(present):
            assert around.entropy[k] == pytest.approx(np.log(present).mean() / 13, rel=1e-13)
        else:
            assert np.isnan(around.entropy[k])
    assert np.array_equal(counts.sum(axis=0)[1:], 2 * found.pair_distances[1:])


def test_drawn_references_follow_the_seed(example):
    _, found = example
    a, b, c = (found.around_solutions(20, rng=seed) for seed in (1, 1, 2))
    assert a.n_references == 20
    assert np.array_equal(a.entropy, b.entropy, equal_nan=True)
    assert not np.array_equal(a.entropy, c.entropy, equal_nan=True)
    everything = found.around_solutions(found.count)
    assert np.array_equal(everything.entropy, found.around_solutions().entropy, equal_nan=True)


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


def test_result_does_not_depend_on_threads(monkeypatch):
    inst = random_instance(SymmetricBinaryPerceptron(1.0), n=20, alpha=0.5, rng=1)
    several = enumerate_solutions(inst)
    monkeypatch.setattr(module.numba_config, "NUMBA_NUM_THREADS", 1)
    one = enumerate_solutions(inst)
    assert np.array_equal(several.packed, one.packed)
    assert np.array_equal(several.magnetizations, one.magnetizations)
    assert np.array_equal(several.around_solutions(50, rng=1).entropy, one.around_solutions(50, rng=1).entropy)


def test_results_are_read_only(example):
    _, found = example
    for array in (found.packed, found.magnetizations, found.pair_distances):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    with pytest.raises(AttributeError):
        found.count = 3


def test_small_memory_keeps_the_counts(example):
    inst, found = example
    lean = enumerate_solutions(inst, max_memory=4 * found.count - 1)
    assert lean.packed is None
    assert lean.count == found.count and np.array_equal(lean.magnetizations, found.magnetizations)
    for ask in (lean.solutions, lambda: lean.pair_distances, lambda: lean.local_entropy(np.ones(13), 0.1)):
        with pytest.raises(ValueError, match=rf"the {found.count} solutions were not kept.*larger max_memory"):
            ask()
    middle = enumerate_solutions(inst, max_memory=4 * found.count)
    with pytest.raises(ValueError, match="use the attribute packed, or call enumerate_solutions with a larger"):
        middle.solutions()
    crowded = SolutionSet(10, 1024, np.zeros(10), packed=np.arange(1024, dtype=np.uint32), max_memory=4095)
    with pytest.raises(ValueError, match=r"the distances between 1024 solutions take.*larger max_memory"):
        _ = crowded.pair_distances


def test_refusals(example):
    inst, found = example
    with pytest.raises(ValueError, match=r"stops at N = 30; this instance has N = 31: use belief_propagation"):
        enumerate_solutions(Instance(np.ones((1, 31))))
    with pytest.raises(TypeError, match=r"instance must be a bp\.Instance; got list"):
        enumerate_solutions([[1, -1]])
    for center in (np.ones(12), np.zeros(13)):
        with pytest.raises(ValueError, match=r"center must be ±1 of shape \(13,\)"):
            found.local_entropy(center, 0.1)
    for distance in (-0.1, 1.1, np.nan):
        with pytest.raises(ValueError, match=r"distance must lie in \[0, 1\]"):
            found.local_entropy(np.ones(13), distance)
    for references in (0, found.count + 1):
        with pytest.raises(ValueError, match=rf"references must be in \[1, {found.count}\]"):
            found.around_solutions(references)
    with pytest.raises(ValueError, match=r"call enumerate_solutions\(instance, energies=True\)"):
        found.free_entropy(1.0)
    for beta in (-1.0, np.nan):
        with pytest.raises(ValueError, match="beta must be non-negative"):
            enumerate_solutions(inst, energies=True).free_entropy(beta)
