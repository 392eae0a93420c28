"""Errors counted on bits against the sums of the patterns."""

import numpy as np
import pytest

import replica_theory as rt
from bp.problems.perceptron import Instance, random_instance

MODELS = [
    rt.BinaryPerceptron(0.2),
    rt.SymmetricBinaryPerceptron(0.7),
    rt.UShapePerceptron(0.4),
    rt.IntervalModel([(-1.0, -0.5), (0.1, 0.3), (1.0, np.inf)]),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
@pytest.mark.parametrize("n", [1, 63, 64, 301])
def test_errors_are_those_of_the_sums(model, n):
    rng = np.random.default_rng(n)
    xi = 2 * rng.integers(0, 2, (90, n)) - 1
    instance = Instance(xi, constraint=model)
    for _ in range(5):
        weights = (2 * rng.integers(0, 2, n) - 1).astype(np.int8)
        expected = int(np.count_nonzero(~model.allows(xi @ weights.astype(int) / np.sqrt(n))))
        assert instance.errors(weights) == expected == int(np.count_nonzero(instance.violated(weights)))
        assert instance.errors(weights.tolist()) == expected  # of any type that is checked


def test_weights_that_are_none_are_refused_whatever_their_type():
    instance = random_instance(rt.BinaryPerceptron(), n=65, alpha=1.0, rng=1)
    for kind in (np.int8, np.int64, float):
        weights = np.ones(65, kind)
        weights[64] = 0
        with pytest.raises(ValueError, match="weights must be ±1; entry 64 is 0"):
            instance.errors(weights)
    with pytest.raises(ValueError, match="weights"):
        instance.errors(np.ones(64, np.int8))


def test_read_only_and_strided_weights():
    instance = random_instance(rt.BinaryPerceptron(), n=65, alpha=1.0, rng=1)
    weights = instance.start(1)
    expected = instance.errors(weights)
    weights.flags.writeable = False
    assert instance.errors(weights) == expected
    assert instance.errors(np.repeat(weights, 2)[::2]) == expected
