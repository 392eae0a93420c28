"""Surveys: no clusters below their onset, the published complexity above it."""

import numpy as np
import pytest

from bp import Satisfiability, belief_propagation, random_satisfiability
from bp.messages import _surveys


def test_below_the_onset_nothing_is_held():
    """3-SAT has clusters from a ratio of 3.92 on."""
    found = belief_propagation(random_satisfiability(500, 3.5, 3, rng=1), "survey", damping=0.0, tol=1e-6)
    assert abs(found.entropy) < 1e-9 and np.max(np.abs(found.magnetizations)) < 1e-4


def test_the_complexity_between_onset_and_threshold():
    """4-SAT: .0228 at 9.5 for N = 20 000, falling to zero at 9.931; a tenth of that scatter at N = 2000 is .004."""
    sat = random_satisfiability(2000, 9.5, 4, rng=2)
    found = belief_propagation(sat, "survey", damping=0.0, tol=1e-6)
    assert 0.012 < found.entropy < 0.034
    assert found.messages.method == "survey" and np.all(np.isfinite(found.messages.fields))


def test_trees_warn_only_through_unit_clauses():
    tree = Satisfiability([[1], [-1, 2], [3, 4, 5]])
    found = belief_propagation(tree, "survey", damping=0.0)
    np.testing.assert_allclose(found.magnetizations, [1, 1, 0, 0, 0], atol=1e-9)
    assert abs(found.entropy) < 1e-9


def test_surveys_are_of_zero_temperature():
    sat = random_satisfiability(30, 3.0, 3, rng=1)
    for options, name in (({"beta": 1.0}, "beta"), ({"schedule": "parallel"}, "schedule")):
        with pytest.raises(ValueError, match=name):
            belief_propagation(sat, "survey", **options)


def test_probabilities_that_grow_beyond_one_count_as_one():
    """The least probability is a floor: divided out again and again, one from there ends above one."""
    against, weight = _surveys.cavity(0, 0.5, np.array([0.25, 1.7]))
    assert against == 0.0 and weight == 1.0


def test_complexities_fall_with_the_ratio():
    """Positive below the threshold, 4.267 of 3-SAT; steps of .004 between ratios, a scatter of .0015 at N = 8000."""
    ratios = (4.1, 4.15, 4.2, 4.25)
    formulas = [random_satisfiability(8000, ratio, 3, rng=1) for ratio in ratios]
    found = [belief_propagation(one, "survey", damping=0.0, tol=1e-4, init=0.5, rng=1).entropy for one in formulas]
    assert np.all(np.diff(found) < 0) and found[2] > 0
