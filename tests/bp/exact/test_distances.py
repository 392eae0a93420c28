"""Histograms of distances between sets of integers, against the definition."""

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bp.exact.distances import (
    averages,
    configurations,
    distance_counts,
    integers,
    ordered_pairs,
    ordered_pairs_by_transform,
)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 10).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(0, 2**n - 1)))))
def test_transform_is_exact_for_any_set(case):
    n, chosen = case
    solutions = np.array(sorted(chosen), dtype=np.uint32)
    expected = np.zeros(n + 1, dtype=np.int64)
    for a, b in product(chosen, repeat=2):
        expected[(a ^ b).bit_count()] += 1
    assert np.array_equal(ordered_pairs(solutions, n), expected)
    assert np.array_equal(ordered_pairs_by_transform(solutions, n), expected)


def test_averages_leave_out_centers_without_a_solution():
    solutions, centers = np.array([0b000, 0b001], dtype=np.uint32), np.array([0b000, 0b001, 0b111], dtype=np.uint32)
    entropy, isolated = averages(solutions, centers, 3)
    counts = distance_counts(solutions, centers, 3)
    assert counts.tolist() == [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1]]
    assert np.allclose(isolated, [1 / 3, 1 / 3, 2 / 3, 2 / 3]) and entropy.tolist() == [0.0, 0.0, 0.0, 0.0]


def test_integers_and_configurations():
    rows = np.array([[1, -1, 1], [-1, -1, -1], [1, 1, 1]], dtype=np.int8)
    assert integers(rows).tolist() == [0b101, 0, 0b111]
    assert np.array_equal(configurations(integers(rows), 3), rows)
