"""Decimation: what is fixed, what is freed, and where a pass ends."""

import numpy as np
import pytest

import bp
from bp.algorithms.decimation import _FIXED, Decimation, _Decimator
from replica_theory import BinaryPerceptron


@pytest.fixture
def problem():
    return bp.random_instance(BinaryPerceptron(), 101, 0.9, rng=2)


def test_the_most_magnetised_free_weights_are_fixed_to_their_signs(problem):
    run = _Decimator(Decimation(fraction=0.1, backtracking=0.0), problem, np.random.default_rng(1), None)
    free = np.ones(101, dtype=bool)
    for number in (10, 9, 8):
        fields = np.random.default_rng(number).normal(size=101)
        run.state.fields = fields
        run._fix()
        fixed = free & (run.field != 0)
        assert np.count_nonzero(fixed) == number
        assert np.array_equal(run.field[fixed], _FIXED * np.sign(fields[fixed]))
        assert np.min(np.abs(fields[fixed])) > np.max(np.abs(fields[free & ~fixed]))
        free &= ~fixed


def test_the_weakest_fixed_weights_are_freed(problem):
    """Those whose patterns pull the other way, and of them no more than the part allows."""
    run = _Decimator(Decimation(fraction=0.2, backtracking=0.3), problem, np.random.default_rng(1), None)
    run.state.fields = np.random.default_rng(2).normal(size=101)
    run._fix()
    held = run.field.copy()
    support = run.state.fields = np.random.default_rng(3).normal(size=101)
    run._fix()
    freed = (held != 0) & (run.field == 0)
    support = np.where(held != 0, support * np.sign(held), np.inf)
    assert np.count_nonzero(freed) == 4  # 0.3 of the 16 that are fixed
    assert set(np.flatnonzero(freed)) == set(np.argsort(support)[:4])


def test_small_problems_go_back_too(problem):
    """A fifth of the one weight that is fixed at a time: one is freed every fifth time."""
    run = _Decimator(Decimation(fraction=0.001, backtracking=0.2), problem, np.random.default_rng(1), None)
    freed = 0
    for k in range(40):
        held, run.state.fields = run.field != 0, np.random.default_rng(k).normal(size=101)
        run._fix()
        freed += np.count_nonzero(held & (run.field == 0))
    assert 6 <= freed <= 8  # the first time there is nothing to free yet; at most 0.2 of 40


def test_a_pass_without_backtracking_fixes_more_and_more(problem):
    found = Decimation(backtracking=0.0, fraction=0.2, max_iter=4000)(problem, rng=1)
    for restart in range(found.trace["restart"][-1]):
        fixed = found.trace["fixed"][found.trace["restart"] == restart]
        assert np.all(np.diff(fixed) > 0) and fixed[-1] == 101
    assert found.errors == problem.errors(found.weights)


def test_a_run_ends_after_its_passes():
    """The first of them is that of a run with no limit, sweep for sweep."""
    formula = bp.random_satisfiability(60, 7.0, 3, rng=2)
    options = {"method": "survey", "fraction": 0.2, "max_iter": 800}
    free = Decimation(**options)(formula, rng=1)
    found = Decimation(passes=2, **options)(formula, rng=1)
    assert free.status == "max-iterations" and free.trace["restart"][-1] > 1
    assert found.status == "schedule-ended" and found.trace["restart"][-1] == 1
    assert np.array_equal(found.trace, free.trace[: len(found.trace)])


def test_real_patterns_pass_without_a_local_search():
    problem = bp.random_instance(BinaryPerceptron(), 51, 1.3, rng=2, patterns="gaussian")
    found = Decimation(fraction=0.2, max_iter=1500)(problem, rng=1)
    assert found.errors == problem.errors(found.weights) and found.trace["restart"][-1] >= 1


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"fraction": 0.0}, ValueError, "fraction must be"),
        ({"fraction": 1.0}, ValueError, "fraction must be"),
        ({"backtracking": 1.0}, ValueError, "backtracking must be"),
        ({"tol": 0.0}, ValueError, "tol must be"),
        ({"damping": 1.0}, ValueError, "damping must be"),
        ({"max_iter": 0}, ValueError, "max_iter must be"),
        ({"method": 1}, TypeError, "method must be"),
    ],
)
def test_what_is_refused(options, error, sentence):
    with pytest.raises(error, match=sentence):
        Decimation(**options)
