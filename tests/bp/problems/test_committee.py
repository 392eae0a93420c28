"""Committee machines: drawing, teachers, one unit is a perceptron, and what is refused."""

import numpy as np
import pytest

import bp
from bp.problems.patterns import LabelledPatterns
from replica_theory import BinaryPerceptron, SymmetricBinaryPerceptron, TeacherStudent


@pytest.mark.parametrize("tree", [False, True])
def test_random_patterns(tree):
    com = bp.random_committee(BinaryPerceptron(0.2), 105, 5, 0.4, rng=1, tree=tree)
    assert (com.n, com.units, com.inputs, com.n_constraints, com.kappa) == (105, 5, 21, 42, 0.2)
    assert com.data.n == (105 if tree else 21) and com.alpha == 0.4 and com.teacher is None
    assert com.fingerprint == bp.random_committee(BinaryPerceptron(0.2), 105, 5, 0.4, rng=1, tree=tree).fingerprint
    assert com.fingerprint != bp.random_committee(BinaryPerceptron(0.2), 105, 5, 0.4, rng=2, tree=tree).fingerprint
    assert repr(com) == f"Committee(42 ±1 patterns on 5 x 21 weights, {'tree' if tree else 'fully connected'})"


@pytest.mark.parametrize("tree", [False, True])
@pytest.mark.parametrize("n", [105, 100])
def test_a_teacher_of_the_same_architecture_gives_the_labels(tree, n):
    com = bp.random_committee(TeacherStudent(), n, 5, 0.5, rng=3, tree=tree)
    assert com.errors(com.teacher) == 0 and set(com.data.labels) == {-1, 1}
    votes = np.sign(com.sums(com.teacher) * com.data.labels + 0.5)  # of even sums that vanish the teacher says +1
    assert np.array_equal(np.sign(votes.sum(axis=0)), com.data.labels)


def test_one_unit_is_the_perceptron():
    inst = bp.random_instance(TeacherStudent(0.0), 41, 0.9, rng=1)
    com = bp.Committee(inst.patterns, inst.labels, units=1, teacher=inst.teacher)
    weights = com.start(1)
    assert np.array_equal(com.violated(weights), inst.violated(weights))
    assert np.array_equal(com.walker(weights).costs(), inst.walker(weights).costs())
    for a in range(com.n_constraints):
        gap, direction = com.present(a, weights)
        assert gap == inst.present(a, weights)[0] or com.violated(weights)[a] == inst.violated(weights)[a] == (gap < 0)
        assert np.array_equal(direction, inst.present(a, weights)[1])
    assert com.tightened.kappa == inst.tightened.kappa and com.tightened.tightened.kappa == com.tightened.kappa


def test_the_gain_of_a_lesson():
    """The units of least distance to being right move, as many as votes are missing."""
    com = bp.Committee([[1, 1, 1, 1, 1]], units=5)
    sums = np.array([-1, -5, 3, -3, -1])
    weights = np.concatenate([np.where(np.arange(5) < (5 + s) // 2, 1, -1) for s in sums])
    gap, direction = com.present(0, weights)
    assert gap == pytest.approx(-1.0) and direction.reshape(5, 5).any(axis=1).tolist() == [
        True,
        False,
        False,
        False,
        True,
    ]
    right = np.concatenate([np.where(np.arange(5) < (5 + s) // 2, 1, -1) for s in [1, 3, 3, -3, -1]])
    gap, direction = com.present(0, right)
    assert gap == pytest.approx(0.5) and direction.reshape(5, 5).any(axis=1).tolist() == [
        True,
        False,
        False,
        False,
        False,
    ]
    assert com.present(0, np.ones(25))[0] == np.inf  # votes to spare


def test_tightening_keeps_every_solution():
    for n in (15, 18):
        com = bp.random_committee(BinaryPerceptron(0.1), n, 3, 0.3, rng=2)
        found, tight = bp.enumerate_solutions(com), bp.enumerate_solutions(com.tightened)
        assert found.count == tight.count > 0 and com.tightened.kappa >= com.kappa
    real = bp.Committee([[0.5, 1.0]], units=3)
    assert real.tightened is real


PATTERNS = [[1, -1, 1], [1, 1, -1]]


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: bp.Committee(PATTERNS, units=2), ValueError, "units must be an odd number, for a majority; got 2"),
        (lambda: bp.Committee(PATTERNS, units=1.5), TypeError, "units"),
        (lambda: bp.Committee(PATTERNS, units=5, tree=True), ValueError, "units must divide the 3 entries"),
        (lambda: bp.Committee(PATTERNS, units=3, tree="yes"), TypeError, "tree must be"),
        (lambda: bp.Committee([[1, 0]], units=1), ValueError, "patterns must be ±1"),
        (lambda: bp.Committee(PATTERNS, [1, 2], units=3), ValueError, "labels"),
        (lambda: bp.Committee(PATTERNS, units=3, kappa=np.nan), ValueError, "kappa"),
        (lambda: bp.Committee(PATTERNS, units=3, teacher=[1, 1, 1]), ValueError, "teacher"),
        (lambda: bp.Committee.of(PATTERNS, 3), TypeError, "data must be a LabelledPatterns"),
        (lambda: bp.random_committee(BinaryPerceptron(), 10, 3, 0.5), ValueError, "n must be a multiple of 3"),
        (lambda: bp.random_committee(BinaryPerceptron(), 9, 3, 0.01), ValueError, "alpha must be at least 0.0556"),
        (lambda: bp.random_committee(SymmetricBinaryPerceptron(1.0), 9, 3, 0.5), ValueError, "model must be a margin"),
        (lambda: bp.random_committee(BinaryPerceptron(), 9, 3, 0.5, tree=1.5), TypeError, "tree"),
        (lambda: bp.Committee(PATTERNS, units=3).errors([1, 1]), ValueError, "weights"),
        (
            lambda: bp.Committee([[0.5]], units=3).walker([1] * 3, "flips"),
            ValueError,
            "energy must be one of 'errors'",
        ),
    ],
)
def test_refusals_name_the_argument(call, error, match):
    with pytest.raises(error, match=match):
        call()


def test_what_is_checked_already_is_taken_over():
    com = bp.random_committee(BinaryPerceptron(), 15, 3, 1.0, rng=1)
    again = bp.Committee.of(LabelledPatterns.of(5, com.data.bits, None), 3)
    assert again.data.bits is com.data.bits and not again.data.bits.flags.writeable


@pytest.mark.parametrize("tree", [False, True])
def test_what_no_machine_satisfies_is_refuted(tree):
    """By a margin out of reach, or by two opposite patterns, of which a unit has one right; as enumeration finds."""
    pattern = np.random.default_rng(1).choice([-1, 1], 9 if tree else 3)
    both = np.array([pattern, -pattern])
    clash = bp.Committee(both, units=3, tree=tree)
    assert "patterns 0 and 1 are each other's negative" in clash.refutation()
    assert bp.enumerate_solutions(clash).count == 0
    assert bp.solve(clash, rng=1).status == "unsatisfiable"
    high = bp.Committee([pattern], units=3, tree=tree, kappa=2.0)  # sums up to 3 < 2 sqrt(3)
    assert "3 inputs do not reach it" in high.refutation() and bp.solve(high, rng=1).status == "unsatisfiable"
    for possible in (
        bp.Committee(both, [1, -1], units=3, tree=tree),
        bp.Committee(both, units=3, tree=tree, kappa=-1.0),
        bp.Committee(both[:, [0, 1] * (3 if tree else 1)], units=3, tree=tree),  # even units: a sum of zero is right
    ):
        assert possible.refutation() == "" and bp.enumerate_solutions(possible).count > 0
    assert bp.Committee([pattern * 1.5], units=3, tree=tree, kappa=2.0).refutation() == ""  # real: no proof is tried
