"""Instances: what they accept, what they refuse, and what their numbers mean."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bp import Instance, random_instance
from replica_theory.models.intervals import SymmetricBinaryPerceptron
from replica_theory.models.perceptron import BinaryPerceptron, TeacherStudent


def test_sizes():
    inst = Instance(np.ones((2, 5)))
    assert (inst.n, inst.n_patterns, inst.alpha) == (5, 2, 0.4)


def test_model_and_interval():
    assert Instance([[1]], kappa=0.5).model == BinaryPerceptron(0.5)
    assert Instance([[1]], kappa=0.5).allowed.stabilities.tolist() == [[0.5, np.inf]]
    symmetric = Instance([[1]], kappa=0.5, constraint="symmetric")
    assert symmetric.model == SymmetricBinaryPerceptron(0.5)
    assert symmetric.allowed.stabilities.tolist() == [[-0.5, 0.5]]


def test_immutable():
    inst = Instance(np.ones((2, 3)), teacher=np.ones(3))
    for array in (inst.xi, inst.teacher):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = -1
    for name in ("xi", "kappa", "constraint", "teacher"):
        with pytest.raises(AttributeError):
            setattr(inst, name, None)


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ({"patterns": [1, -1]}, ValueError, r"patterns must have shape \(P, N\); got shape \(2,\)"),
        ({"patterns": np.ones((1, 2, 3))}, ValueError, r"got shape \(1, 2, 3\)"),
        ({"patterns": np.ones((0, 3))}, ValueError, r"at least one pattern on one weight; got shape \(0, 3\)"),
        ({"patterns": np.ones((3, 0))}, ValueError, r"at least one pattern on one weight; got shape \(3, 0\)"),
        ({"patterns": [[1, 0]]}, ValueError, r"integer patterns must be ±1; entry \(0, 1\) is 0 \(2\*x - 1 makes"),
        ({"patterns": [[1, 2]]}, ValueError, r"entry \(0, 1\) is 2 \(use floats for real patterns"),
        ({"patterns": np.array([[1, 255]], dtype=np.uint8)}, ValueError, r"entry \(0, 1\) is 255"),
        ({"patterns": np.array([[-128, 1]], dtype=np.int8)}, ValueError, r"entry \(0, 0\) is -128"),
        ({"patterns": [[True, False]]}, ValueError, r"integer patterns must be ±1; entry \(0, 1\) is False"),
        ({"patterns": [[0.5, np.nan]]}, ValueError, r"patterns must be finite; entry \(0, 1\) is nan"),
        ({"patterns": [[0.5, 1.0], [-np.inf, 1.0]]}, ValueError, r"entry \(1, 0\) is -inf"),
        ({"patterns": [[0.5, 1.0], [1e300, 1.0]]}, ValueError, r"between 1e-15 and 1e\+15; in row 1 it is 1e\+300"),
        ({"patterns": [[1e-300, 0.0]]}, ValueError, r"in row 0 it is 1e-300"),
        ({"patterns": [[1.0, 0.5], [5e-324, 0.0]]}, ValueError, r"in row 1 it is 5e-324"),
        (
            {"patterns": [[1.0, 0.5], [0.0, -0.0]]},
            ValueError,
            "must not have a row of zeros, .*; row 1 is one .leave it out",
        ),
        ({"patterns": np.zeros((2, 3))}, ValueError, "must not have a row of zeros, .*; row 0 is"),
        ({"patterns": [[1.0, 0.0]]}, ValueError, r"of 0 and 1 are refused, .*; entry \(0, 1\) is 0.0 \(2\*x - 1 makes"),
        ({"patterns": [[True, True]]}, ValueError, r"entry \(0, 0\) is True \(2\*x - 1 makes"),
        ({"patterns": np.ma.masked_array(np.ones((1, 2)))}, TypeError, "patterns must not be masked: .*filled"),
        ({"patterns": [np.ma.masked_array([1.0, -1.0], [0, 1])]}, TypeError, "patterns must not be masked"),
        ({"patterns": [[1, 1], [1]]}, ValueError, r"patterns must have rows of one length; got \[\[1, 1\], \[1\]\]"),
        ({"patterns": None}, TypeError, "patterns must be real numbers; got None"),
        ({"patterns": iter([[1]])}, TypeError, "patterns must be real numbers; got <list_iterator"),
        ({"patterns": [[None, 1]]}, TypeError, "patterns must be real numbers; got dtype object"),
        (
            {"patterns": np.array([["2020", "2021"]], "M8")},
            TypeError,
            "patterns must be real numbers; got dtype datetime",
        ),
        ({"patterns": [[1], [1]], "labels": [0, 1]}, ValueError, r"labels must be ±1; entry 0 is 0 \(2\*x - 1 makes"),
        ({"patterns": [[1], [1]], "labels": [1.0, 0.0]}, ValueError, r"labels must be ±1; entry 1 is 0.0 \(2\*x - 1"),
        ({"patterns": [[1]], "labels": [True]}, ValueError, r"labels must be ±1; entry 0 is True \(2\*x - 1"),
        (
            {"patterns": [[1]], "labels": np.ma.masked_array([1], [True])},
            TypeError,
            "labels must be an array of ±1; got .* fill the",
        ),
        ({"patterns": [[1], [1]], "labels": [[1], [1, 1]]}, TypeError, "labels must be an array of ±1; got"),
        ({"patterns": [[1], [1]], "labels": ["a", "b"]}, ValueError, "labels must be ±1; entry 0 is a"),
        ({"patterns": [[1, 1]], "teacher": [0, 1]}, ValueError, r"teacher must be ±1; entry 0 is 0 \(2\*x - 1"),
        ({"patterns": [["1", "-1"]]}, TypeError, "patterns must be real numbers; got dtype <U2"),
        ({"patterns": [[1j]]}, TypeError, "patterns must be real numbers; got dtype complex128"),
        ({"patterns": [[1]], "labels": [1, 1]}, ValueError, r"labels must have shape \(1,\); got shape \(2,\)"),
        ({"patterns": [[1]], "labels": 1}, ValueError, r"labels must have shape \(1,\); got shape \(\)"),
        ({"patterns": [[1]], "labels": [0]}, ValueError, "labels must be ±1; entry 0 is 0"),
        ({"patterns": [[1]], "labels": [np.nan]}, ValueError, "labels must be ±1; entry 0 is nan"),
        ({"patterns": [[1]], "kappa": np.inf}, ValueError, "kappa must be finite; got inf"),
        ({"patterns": [[1]], "kappa": np.nan}, ValueError, "kappa must be finite; got nan"),
        ({"patterns": [[1]], "kappa": "a"}, TypeError, "kappa must be a real number"),
        ({"patterns": [[1]], "kappa": [0.0, 1.0]}, ValueError, r"must be a single number; got shape \(2,\)"),
        ({"patterns": [[1]], "constraint": "round"}, ValueError, "one of 'margin', 'symmetric', .*; got 'round'"),
        ({"patterns": [[1]], "constraint": "symmetric"}, ValueError, "kappa must be positive"),
        ({"patterns": [[1, 1]], "teacher": [1]}, ValueError, r"teacher must have shape \(2,\)"),
        ({"patterns": [[1, 1]], "teacher": [1, 2]}, ValueError, "teacher must be ±1; entry 1 is 2"),
    ],
)
def test_refusals(arguments, error, sentence):
    with pytest.raises(error, match=sentence):
        Instance(**arguments)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans(), st.sampled_from(["binary", "gaussian"]))
def test_errors_count_stabilities_outside(seed, symmetric, patterns):
    rng = np.random.default_rng(seed)
    model = SymmetricBinaryPerceptron(0.7) if symmetric else BinaryPerceptron(-0.2)
    inst = random_instance(model, n=30, alpha=0.9, rng=rng, patterns=patterns)
    weights = 2 * rng.integers(0, 2, 30) - 1
    h = inst.stabilities(weights)
    assert np.allclose(h, inst.xi.astype(float) @ weights / np.sqrt(30), rtol=1e-14, atol=1e-14)
    outside = np.abs(h) > 0.7 if symmetric else h < -0.2
    assert inst.errors(weights) == outside.sum()


def test_margin_met_exactly_is_no_error():
    """A sum k with kappa = k / sqrt(N) meets the margin although sqrt(N) * kappa rounds to either side of k."""
    for n in range(2, 300):
        weights = np.ones(n, dtype=int)
        xi = np.ones((1, n), dtype=int)
        xi[0, : n // 3] = -1
        k = int(xi.sum())
        assert Instance(xi, kappa=k / np.sqrt(n)).errors(weights) == 0
        assert Instance(xi, kappa=(k + 1) / np.sqrt(n)).errors(weights) == 1
        if k:
            assert Instance(xi, kappa=k / np.sqrt(n), constraint="symmetric").errors(weights) == 0
            assert Instance(-xi, kappa=k / np.sqrt(n), constraint="symmetric").errors(weights) == 0


@pytest.mark.parametrize("weights", [np.ones(2), np.zeros(3), [1, 1, 0.5], np.ones((1, 3))])
def test_weights_are_checked(weights):
    with pytest.raises(ValueError, match="weights must"):
        Instance(np.ones((2, 3))).errors(weights)


def test_random_instance_follows_the_seed():
    a, b, c = (random_instance(BinaryPerceptron(), n=31, alpha=0.5, rng=s).xi for s in (1, 1, 2))
    assert np.array_equal(a, b) and not np.array_equal(a, c)
    sequence = np.random.SeedSequence(1)
    assert np.array_equal(a, random_instance(BinaryPerceptron(), n=31, alpha=0.5, rng=sequence).xi)
    rng = np.random.default_rng(1)
    first, second = (random_instance(BinaryPerceptron(), n=31, alpha=0.5, rng=rng).xi for _ in range(2))
    assert np.array_equal(a, first) and not np.array_equal(first, second)


def test_random_patterns_have_the_right_moments():
    binary = random_instance(BinaryPerceptron(), n=400, alpha=1.0, rng=1)
    gaussian = random_instance(BinaryPerceptron(), n=400, alpha=1.0, rng=1, patterns="gaussian")
    assert binary.is_binary and not gaussian.is_binary
    for inst in (binary, gaussian):
        assert abs(inst.xi.mean()) < 4 / 400  # four standard errors of the mean of 160000 entries
    assert abs(gaussian.xi.var() - 1) < 4 * np.sqrt(2) / 400


@pytest.mark.parametrize("patterns", ["binary", "gaussian"])
@pytest.mark.parametrize("n", [10, 31])
def test_teacher_gives_the_labels(n, patterns):
    inst = random_instance(TeacherStudent(), n=n, alpha=5.0, rng=1, patterns=patterns)
    assert inst.errors(inst.teacher) == 0
    assert set(inst.teacher.tolist()) == {-1, 1}
    assert random_instance(BinaryPerceptron(), n=n, alpha=5.0, rng=1).teacher is None


def test_random_instance_takes_the_constraint():
    inst = random_instance(SymmetricBinaryPerceptron(0.8), n=11, alpha=1.0, rng=1)
    assert (inst.constraint, inst.kappa) == ("symmetric", 0.8)
    assert random_instance(BinaryPerceptron(0.2), n=11, alpha=1.0, rng=1).kappa == 0.2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"n": 0}, "n must be a positive integer; got 0"),
        ({"alpha": 0.0}, "alpha must be positive and finite; got 0.0"),
        ({"alpha": np.nan}, "alpha must be positive and finite; got nan"),
        ({"alpha": [0.5, 0.6]}, "alpha must be a single number"),
        ({"rng": -1}, "rng must be a non-negative integer, a SeedSequence, a Generator or None; got -1"),
        ({"alpha": 0.01}, "alpha=0.01 at n=11 gives no patterns; alpha must be at least 0.0455"),
        ({"patterns": "uniform"}, "patterns must be one of 'binary', 'gaussian'; got 'uniform'"),
        ({"model": BinaryPerceptron([0.0, 0.1])}, "model must have a single kappa and beta"),
    ],
)
def test_random_instance_refusals(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        random_instance(**({"model": BinaryPerceptron(), "n": 11, "alpha": 0.5, "rng": 1} | arguments))


@pytest.mark.parametrize("name, value", [("alpha", "much"), ("n", 10.0), ("n", True), ("rng", "seed"), ("rng", 1.5)])
def test_random_instance_names_what_is_of_another_type(name, value):
    with pytest.raises(TypeError, match=f"{name} must be a.*; got {value!r}"):
        random_instance(**({"model": BinaryPerceptron(), "n": 11, "alpha": 0.5} | {name: value}))
