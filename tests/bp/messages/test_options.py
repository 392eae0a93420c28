"""Options of messages: what one form has not is refused by it, in the same words on every kind of problem."""

import numpy as np
import pytest

import bp
from bp.messages.options import Options
from replica_theory import BinaryPerceptron

PROBLEMS = [
    bp.random_instance(BinaryPerceptron(), 9, 0.5, rng=1),
    bp.random_committee(BinaryPerceptron(), 9, 3, 0.5, rng=1),
]


def test_precisions_are_those_of_numpy():
    assert Options().dtype == np.float64 and Options(dtype="float32").dtype == np.dtype(np.float32)


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: type(problem).__name__)
@pytest.mark.parametrize(
    ("method", "options", "sentence"),
    [
        ("gaussian", {"schedule": "random"}, "schedule must be one of 'parallel', 'sequential'; got 'random'"),
        ("gaussian", {"dtype": "int8"}, "dtype must be float64 or float32; got int8"),
        ("exact", {"device": "cuda"}, "device='cuda' is for .*on the host"),
        ("amp", {"schedule": "sequential"}, "orders messages on edges, which method='amp' has not"),
    ],
)
def test_refusals(problem, method, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        problem.messages(method, **options)


def test_exact_messages_need_sums_that_can_be_enumerated():
    real = np.random.default_rng(1).normal(size=(4, 3))
    for problem in (bp.Instance(real), bp.Committee(real, units=3)):
        with pytest.raises(ValueError, match="method='exact' needs patterns with entries -1, 0 or 1"):
            problem.messages("exact")
