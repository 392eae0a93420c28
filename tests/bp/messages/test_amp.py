"""AMP steps and fixed points against the referee on unpacked patterns."""

import numpy as np
import pytest
from messages_referee import amp_fields

from bp import random_instance
from bp.messages.amp import Amp
from bp.messages.propagation import belief_propagation
from replica_theory import BinaryPerceptron, SymmetricBinaryPerceptron

MODELS = [BinaryPerceptron(0.1), SymmetricBinaryPerceptron(1.2)]


def vectors(instance, batch, seed=3):
    rng = np.random.default_rng(seed)
    return np.tanh(rng.normal(size=(*batch, instance.n))), rng.normal(size=(*batch, instance.n_patterns))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("patterns", ["binary", "gaussian"])
@pytest.mark.parametrize("beta", [1.5, np.inf])
@pytest.mark.parametrize(("dtype", "tol"), [(np.float64, 1e-12), (np.float32, 1e-4)])
def test_step(model, patterns, beta, dtype, tol):
    instance = random_instance(model, n=301, alpha=0.5, rng=1, patterns=patterns)
    m, g = vectors(instance, ())
    step = Amp(instance, beta, dtype).step(m, g)
    fields, new_g = amp_fields(instance, m, g, beta)
    assert np.max(np.abs(step.fields - fields)) < tol * np.max(np.abs(fields))
    assert np.max(np.abs(step.g - new_g)) < tol * np.max(np.abs(new_g))


@pytest.mark.parametrize("patterns", ["binary", "gaussian"])
def test_batch_equals_one_by_one(patterns):
    """Exactly from bits; to rounding where the BLAS orders its sums by shape."""
    instance = random_instance(BinaryPerceptron(), n=301, alpha=0.5, rng=1, patterns=patterns)
    m, g = vectors(instance, (2, 3))
    amp = Amp(instance)
    together = amp.step(m, g)
    for index in np.ndindex(2, 3):
        for batch, single in zip(together[:-1], amp.step(m[index], g[index])[:-1], strict=True):
            assert np.allclose(batch[index], single, rtol=1e-12, atol=1e-12)
            assert patterns == "gaussian" or np.allclose(batch[index], single, rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("patterns", ["binary", "gaussian"])
@pytest.mark.parametrize(("dtype", "tol"), [(np.float64, 1e-10), (np.float32, 1e-4)])
def test_fixed_point(patterns, dtype, tol):
    """A run stops at a residual well below `tol`, the referee when rounding stops it."""
    instance = random_instance(BinaryPerceptron(), n=301, alpha=0.4, rng=1, patterns=patterns)
    fields, g = np.zeros(instance.n), np.zeros(instance.n_patterns)
    for _ in range(300):
        new, g = amp_fields(instance, np.tanh(fields), g, np.inf)
        fields += 0.8 * (new - fields)
    options = {"tol": 1e-12} if dtype is np.float64 else {}
    result = belief_propagation(instance, "amp", dtype=dtype, **options)
    assert result.converged
    assert np.max(np.abs(result.magnetizations - np.tanh(fields))) < tol
