"""Curves at finite y: their ends, and rows that are interpolated beside those that are continued."""

import numpy as np
import pytest

from replica_theory import BinaryPerceptron, Status, replica_symmetric
from replica_theory.replicas.equations import Equations, Problem
from replica_theory.replicas.finite_curve import SMALLEST_DISTANCE, finite_curve
from replica_theory.replicas.finite_y import System

BINARY = BinaryPerceptron()


def problem(reference=None, y=3.0, zero=False):
    return Problem(Equations(System(BINARY, reference, 0.4, y), even=False), zero)


def test_the_ends_of_the_range():
    here, unresolved, half = finite_curve(problem(), np.array([0.0, 0.1 * SMALLEST_DISTANCE, 0.5]))
    typical = replica_symmetric(BINARY, 0.4)
    assert here.status is Status.CONVERGED and here.entropy == 0 and here.complexity == typical.entropy
    assert unresolved.status is Status.OUT_OF_RANGE
    assert half.entropy == pytest.approx(typical.entropy, abs=1e-9)
    assert half.slope == pytest.approx(0, abs=1e-12)


def test_extrapolated_rows_meet_those_that_are_continued():
    """Both sides of d = 0.49, from where rows are extrapolated: the entropy is smooth and even in t there."""
    d = np.array([0.485, 0.4899, 0.4901, 0.495])
    rows = finite_curve(problem(), d)
    typical = float(replica_symmetric(BINARY, 0.4).entropy)
    ratio = [(typical - row.entropy) / (1 - 2 * x) ** 2 for row, x in zip(rows, d, strict=True)]
    # S = s - c t^2 + O(t^4), t up to 0.03; entropies are good to 1e-10, and t^2 is 1e-4 at the smallest
    assert ratio == pytest.approx([ratio[0]] * 4, rel=2e-3)
    assert max(row.error for row in rows) < 1e-8


def test_zero_complexity_at_no_distance():
    """The limit d = 0 of every curve: one configuration, whatever y tends to."""
    (row,) = finite_curve(problem(reference=BINARY, y=1.0, zero=True), np.array([0.0]))
    assert row.status is Status.CONVERGED and row.entropy == row.complexity == 0 and np.isnan(row.y)
