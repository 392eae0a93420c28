"""Labels of new patterns: against sums by hand, all solutions of small instances, and the theory of the vote."""

import numpy as np
import pytest

import bp
from replica_theory import BinaryPerceptron, TeacherStudent, teacher_student

RNG = np.random.default_rng(17)


def signs(*shape):
    return RNG.choice(np.array([-1, 1], dtype=np.int8), shape)


def test_labels_of_a_configuration_are_those_of_its_instance():
    """Weights and patterns are int8, whose own product overflows at N = 200."""
    instance = bp.random_instance(TeacherStudent(), 400, 0.5, rng=1)
    assert instance.teacher.dtype == instance.patterns.dtype == np.int8
    labels = bp.predict(instance.teacher, instance.patterns)
    assert labels.dtype == np.int8 and np.array_equal(labels, instance.labels)  # even N: sums that vanish get +1
    assert np.array_equal(
        bp.predict(-instance.teacher, instance.patterns) == -1,
        instance.xi @ instance.teacher.astype(int) * instance.labels > 0,
    )
    found = bp.solve(bp.random_instance(BinaryPerceptron(), 101, 0.4, rng=1), rng=1)
    assert np.all(bp.predict(found.weights, bp.random_instance(BinaryPerceptron(), 101, 0.4, rng=1).xi) == 1)


def test_several_students_vote():
    students, patterns = signs(5, 31), signs(200, 31)
    by_hand = np.sign(np.sign(patterns.astype(int) @ students.T.astype(int)).sum(axis=1))
    assert np.array_equal(bp.predict(students, patterns), by_hand)
    assert np.array_equal(bp.predict(students[:1], patterns), bp.predict(students[0], patterns))
    assert bp.predict(students, patterns[0]).shape == () and bp.predict(students, patterns[:1]).shape == (1,)
    assert bp.predict([[1, 1], [-1, -1]], [1.0, 0.5]) == 1  # undecided


def test_blocks_do_not_show(monkeypatch):
    students, patterns = signs(7, 21), RNG.standard_normal((50, 21))
    whole = bp.predict(students, patterns)
    monkeypatch.setattr("bp.problems.prediction._BLOCK", 20)
    assert np.array_equal(bp.predict(students, patterns), whole)


def test_the_vote_by_magnetizations_becomes_that_of_all_solutions():
    """On instances small enough to hold them all; the two differ where the vote is nearly even, less and less."""
    differ, wide, shares = {}, {}, {}
    for n in (11, 21):
        rows = []
        for seed in range(8):
            instance = bp.random_instance(TeacherStudent(), n, 0.6, rng=seed, patterns="gaussian")
            exact = bp.enumerate_solutions(instance)
            new = np.random.default_rng(seed).standard_normal((500, n))
            share = (new @ exact.solutions().astype(float).T > 0).mean(axis=1)
            other = bp.predict(exact.magnetizations, new) != bp.predict(exact.solutions(), new)
            gap = np.abs(bp.predict_probability(exact.magnetizations, new) - share)
            rows.append([other.mean(), other[np.abs(share - 0.5) > 0.1].mean(), gap.mean()])
        differ[n], wide[n], shares[n] = np.mean(rows, axis=0)
    assert differ[21] < 0.7 * differ[11] and differ[21] < 0.05  # seen: 0.063 and 0.02
    assert wide[21] < 1e-3 and shares[21] < 0.7 * shares[11]  # sums of independent weights: Gaussian up to O(1/N)


@pytest.mark.parametrize("alpha", [0.4, 0.8, 1.1])
def test_the_vote_errs_as_the_theory_says(alpha):
    """Errors on new patterns, on instances; the scatter of both instances and patterns is in the standard error."""
    n = 701
    theory = teacher_student(TeacherStudent(), round(alpha * n) / n)
    vote, single = [], []
    for seed in range(12):
        rng = np.random.default_rng([seed, 5])
        instance = bp.random_instance(TeacherStudent(), n, alpha, rng)
        m = bp.belief_propagation(instance, "amp", damping=0.3).magnetizations
        new = rng.choice([-1.0, 1.0], (1000, n))
        right = bp.predict(instance.teacher, new)
        student = np.where(rng.random(n) < 0.5 * (1 + m), 1, -1)  # its overlaps are those of a solution
        vote.append(np.mean(bp.predict(m, new) != right))
        single.append(np.mean(bp.predict(student, new) != right))
    for errors, expected in ((vote, theory.vote_error), (single, theory.generalization_error)):
        # Student's t with 11 degrees of freedom: beyond 4 in 2e-3 of the cases
        assert abs(np.mean(errors) - expected) < 4 * np.std(errors, ddof=1) / np.sqrt(len(errors))
    assert np.mean(vote) + 0.04 < np.mean(single)


@pytest.mark.slow
def test_no_prediction_is_better_than_the_vote_of_all_solutions():
    """Exact Bayes at N = 21: the vote has fewer errors than single solutions, and as many as its shares say."""
    wrong, alone, expected = [], [], []
    for seed in range(24):
        rng = np.random.default_rng([seed, 6])
        instance = bp.random_instance(TeacherStudent(), 21, 0.6, rng)
        solutions = bp.enumerate_solutions(instance).solutions()
        new = rng.choice([-1, 1], (400, 21))
        right = bp.predict(instance.teacher, new)
        share = (new @ solutions.astype(float).T > 0).mean(axis=1)
        wrong.append(np.mean(bp.predict(solutions, new) != right))
        alone.append(np.mean(np.where(right > 0, 1 - share, share)))
        expected.append(np.mean(np.minimum(share, 1 - share)))
    gap = np.array(wrong) - expected  # the teacher is one of the solutions, each as likely: calibrated without a fit
    assert abs(gap.mean()) < 4 * gap.std(ddof=1) / np.sqrt(len(gap))
    assert np.mean(wrong) < np.mean(alone)


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        (
            ([1, -1], [[1, 1, 1]]),
            ValueError,
            r"patterns must have shape \(N,\) or \(P, N\) with N=2, as weights; got shape \(1, 3\)",
        ),
        (([1, np.nan], [[1, 1]]), ValueError, "weights must be finite"),
        ((["1"], [[1]]), TypeError, "weights must be a real number or an array of them"),
        (([], [[1]]), ValueError, r"weights must have shape \(N,\) or \(K, N\); got shape \(0,\)"),
        ((1.0, [[1]]), ValueError, r"weights must have shape \(N,\) or \(K, N\); got shape \(\)"),
        (([1, 1], [1, np.inf]), ValueError, "patterns must be finite"),
        ((np.ones((1, 1, 2)), [1, 1]), ValueError, "weights must have shape"),
    ],
)
def test_refused(arguments, error, sentence):
    with pytest.raises(error, match=sentence):
        bp.predict(*arguments)
