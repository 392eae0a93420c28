"""Random problems of a run, perceptrons or committees."""

import numpy as np
import pytest

from bp.ensembles.bench import Bench, Job
from bp.ensembles.random_problems import RandomProblems
from bp.problems.committee import random_committee
from replica_theory import BinaryPerceptron, CustomModel, SymmetricBinaryPerceptron, TeacherStudent


def test_perceptrons_are_those_of_an_ensemble():
    draws = RandomProblems(BinaryPerceptron(), [0.3, 0.5], [21, 41], 2).drawn(root=7)
    assert [draw.place for draw in draws] == [(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)]
    for draw in draws[:3]:
        theirs = Job(draw.model, draw.alpha, draw.n, 7, draw.place, (), "sbpi", {}, 2, "amp", ())
        np.testing.assert_array_equal(draw.problem().xi, Bench(theirs).instance.xi)


@pytest.mark.parametrize("tree", [False, True])
def test_committees(tree):
    problems = RandomProblems(TeacherStudent(), 0.4, 15, 3, units=3, tree=tree)
    draw = problems.drawn(1)[2]
    ours, theirs = draw.problem(), random_committee(TeacherStudent(), 15, 3, 0.4, draw.seeds(1)[0], tree=tree)
    np.testing.assert_array_equal(ours.data.xi, theirs.data.xi)
    assert len(problems) == 3 and ours.tree is tree and ours.n_constraints == 6


def test_settings_tell_kinds_apart_and_leave_out_samples():
    one, more, committees = (
        RandomProblems(BinaryPerceptron(), 0.4, 15, samples, units=units).settings(1)
        for samples, units in ((2, None), (3, None), (2, 3))
    )
    assert one == more != committees


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tree": True}, "tree is for committee machines"),
        ({"tree": 1}, "tree must be"),
        ({"units": 4}, "units must be an odd number"),
        ({"units": 7}, "n must be a multiple of the units, 7; got 15"),
        ({"units": 3, "model": SymmetricBinaryPerceptron()}, "model must be a margin"),
        ({"model": CustomModel(lambda mean, std: 0.5 + 0 * mean / std)}, "model must be a hard constraint"),
        ({"alpha": 0.01}, "gives no patterns"),
        ({"samples": 0}, "samples must be"),
    ],
)
def test_what_cannot_be_drawn(changes, words):
    with pytest.raises((TypeError, ValueError), match=words):
        RandomProblems(**{"model": BinaryPerceptron(), "alpha": 0.5, "n": 15, "samples": 2} | changes)


def test_memory_is_asked_for_before_any_work():
    with pytest.raises(MemoryError, match="choose a smaller n"):
        RandomProblems(BinaryPerceptron(), 1.0, 10**7 + 1, 1).require_memory()
