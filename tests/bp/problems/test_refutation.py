"""Proofs that there are no solutions: sound against enumeration, and found where they are short."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bp
from replica_theory.models.custom import CustomModel
from replica_theory.models.intervals import IntervalModel, SymmetricBinaryPerceptron
from replica_theory.models.perceptron import BinaryPerceptron

PATTERN = np.array([[1, 1, -1, 1, -1]])


@pytest.mark.parametrize(
    ("patterns", "kappa", "words"),
    [
        ([[1, 1, 1]], 1.8, "no weights satisfy pattern 0, even alone"),
        ([[1.0, 0.2, 0.1]], 0.8, "no weights satisfy pattern 0, even alone"),
        (np.vstack([PATTERN, -PATTERN]), 0.1, "patterns 0 and 1 are each other's negative"),
        ([[1.0, 0.3, 0.2], [0.5, 0.4, 0.3], [-0.5, -0.4, -0.3]], 0.1, "patterns 1 and 2 are each other's negative"),
        ([[1.0, 0.2, 0.1], [-1.0, 0.3, 0.1]], 0.5, "the patterns force weight 0 to be +1 and to be -1"),
        ([[1.0, 0.1, 0.1], [0.1, 1.0, 0.1], [-0.5, -0.5, 0.6]], 0.3, "the other patterns force weights"),
    ],
)
def test_what_is_proved(patterns, kappa, words):
    instance = bp.Instance(patterns, kappa=kappa)
    assert words in instance.refutation()
    assert bp.enumerate_solutions(instance).count == 0


@pytest.mark.parametrize(
    "instance",
    [
        bp.Instance([[1, 1, 1, 1], [-1, -1, -1, -1]]),  # of even N: the sum 0 satisfies both
        bp.Instance([[1, 1, 1], [-1, -1, -1]], kappa=1.0, constraint="symmetric"),
        bp.Instance([[1, -1, 1, 1], [1, -1, 1, 1]], kappa=2.0),  # every weight is forced, and fits
        bp.Instance([[1, 1, 1]], constraint=CustomModel(lambda mean, std: 0.5 + 0.0 * mean * std)),
        bp.random_instance(BinaryPerceptron(), 101, 0.5, rng=1),
    ],
    ids=str,
)
def test_nothing_is_claimed_of_solvable_instances(instance):
    assert instance.refutation() == ""


MODELS = [
    BinaryPerceptron(0.0),
    BinaryPerceptron(1.2),
    BinaryPerceptron(2.0),
    SymmetricBinaryPerceptron(0.3),
    IntervalModel([(-2.0, -1.4), (0.9, 1.1)]),
]


@given(seed=st.integers(0, 2**32 - 1), model=st.sampled_from(MODELS), kind=st.sampled_from(["±1", "real", "skewed"]))
@settings(max_examples=60, deadline=None)
def test_a_proof_is_never_wrong(seed, model, kind):
    rng = np.random.default_rng(seed)
    n, p = int(rng.integers(1, 8)), int(rng.integers(1, 6))
    x = rng.choice([-1, 1], (p, n)) if kind == "±1" else rng.normal(size=(p, n))
    if kind == "skewed":
        x = np.sign(x) * np.exp(2.0 * np.abs(x))
    x = np.vstack([x, -x[:1]]) if rng.random() < 0.3 else x
    instance = bp.Instance(x, constraint=model)
    if instance.refutation():
        assert bp.enumerate_solutions(instance).count == 0


def test_opposites_do_not_depend_on_the_words_of_a_row():
    rng = np.random.default_rng(1)
    for n in (63, 65, 129):
        x = rng.choice([-1, 1], (20, n))
        x[13] = -x[4]
        assert "patterns 4 and 13" in bp.Instance(x).refutation()
        assert "patterns 4 and 13" in bp.Instance(x * 1.5, kappa=0.1).refutation()
