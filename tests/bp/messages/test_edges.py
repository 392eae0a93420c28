"""Messages on edges as a state: kept, restored, and refused where they do not fit."""

import numpy as np
import pytest

from bp import random_instance
from bp.messages.edges import EdgeState, require_edges
from replica_theory.models.perceptron import BinaryPerceptron

PRECISIONS = (np.float64, np.float32)
ROUNDING = 1e-12  # sums of up to a few thousand terms of order one
SINGLE = 1e-5  # the same in single precision


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("method", ["gaussian", "exact"])
def test_restored_messages_go_on_as_before(method, dtype):
    instance = random_instance(BinaryPerceptron(), 31, 0.5, rng=1)
    state = EdgeState(instance, np.zeros((instance.n_patterns, 31), dtype), method=method)
    field = np.linspace(-1, 1, 31)
    state.sweep(field, 0.3)
    saved, before = state.snapshot(), state.measure(field)
    state.sweep(field, 0.0)
    state.restore(saved)
    after = state.measure(field)
    assert saved.fields.dtype == dtype
    np.testing.assert_allclose(after[0], before[0], atol=ROUNDING if dtype is np.float64 else SINGLE)
    assert after[1] == pytest.approx(before[1], abs=ROUNDING if dtype is np.float64 else SINGLE)


def test_full_damping_leaves_the_messages_unchanged():
    instance = random_instance(BinaryPerceptron(), 101, 0.5, rng=1)
    eta = np.random.default_rng(0).normal(size=(50, 101))
    state = EdgeState(instance, eta.copy())
    state.sweep(np.zeros(101), 1.0)
    np.testing.assert_array_equal(state.eta, eta)


def test_edges_of_a_large_instance_are_refused_from_its_shape():
    message = "37500 x 50000 edges; these take 32.8 GB, but 16 GB are available; method='amp' needs node variables"
    with pytest.raises(MemoryError, match=message.replace(".", r"\.")):
        require_edges("gaussian", 37500, 50000, limit=16e9)
    require_edges("gaussian", 37500, 50000, dtype=np.float32, limit=17.6e9)
