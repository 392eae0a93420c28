"""Distances between solutions and from any configuration, against the definition."""

from math import comb

import numpy as np
import pytest

from bp import SolutionSet, enumerate_solutions, random_instance
from bp.exact.distances import ordered_pairs, ordered_pairs_by_transform
from replica_theory import BinaryPerceptron, read_netcdf


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
    direct = ordered_pairs(found.packed, 13)
    transformed = ordered_pairs_by_transform(found.packed, 13)
    assert np.array_equal(direct, transformed)
    assert np.array_equal(direct, np.bincount(hamming.ravel(), minlength=14))


def test_dense_pairs_use_exact_integers():
    """All 2**20 configurations: 2**19 * C(20, k) pairs at distance k, beyond what direct comparison could do."""
    everything = SolutionSet(20, 2**20, np.zeros(20), packed=np.arange(2**20, dtype=np.uint32))
    assert everything.pair_distances.tolist() == [0] + [2**19 * comb(20, k) for k in range(1, 21)]


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
    for center in (np.ones(12), np.zeros(13)):
        with pytest.raises(ValueError, match="center must "):
            found.local_entropy(center, 0.1)
    for distance in (-0.1, 1.1, np.nan):
        with pytest.raises(ValueError, match=r"distance must lie in \[0, 1\]"):
            found.local_entropy(np.ones(13), distance)
    for references in (0, found.count + 1):
        with pytest.raises(ValueError, match=f"references must be an integer from 1 to {found.count}"):
            found.around_solutions(references)
    with pytest.raises(ValueError, match=r"call enumerate_solutions\(instance, energies=True\)"):
        found.free_entropy(1.0)
    for beta in (-1.0, np.nan):
        with pytest.raises(ValueError, match="beta must be non-negative"):
            enumerate_solutions(inst, energies=True).free_entropy(beta)


def test_what_is_exact_says_so(example):
    _, found = example
    around = found.around_solutions()
    for result in (found, around):
        assert result.converged is True and result.status == "converged" and result.error == 0.0
        assert result.message == "exact: every configuration was visited." and len(repr(result)) < 150


@pytest.mark.parametrize("energies", [False, True])
def test_files_give_the_same_back(tmp_path, energies):
    pytest.importorskip("h5netcdf")
    found = enumerate_solutions(random_instance(BinaryPerceptron(), n=9, alpha=0.5, rng=1), energies=energies)
    for result in (found, found.around_solutions(3, rng=1)):
        result.to_netcdf(tmp_path / "result.nc")
        assert read_netcdf(tmp_path / "result.nc") == result
    assert found.to_csv().startswith("weight,magnetizations,status\n0,")
    assert found.around_solutions().to_csv().count("\n") == 11
