"""Pieces of a row: the Bethe term of many edges from one logarithm."""

import numpy as np
import pytest
from messages_referee import free_entropy

from bp import Instance
from bp.messages.edges import EdgeState

SINGLE = 1e-5  # the same in single precision


@pytest.mark.parametrize("dtype, tolerance", [(np.float64, 1e-13), (np.float32, 1e-7)])
@pytest.mark.parametrize("spread, scale", [(0.39, 1.0), (0.02, 40.0), (3.0, 20.0)])
def test_free_entropy_without_a_logarithm_per_edge(spread, scale, dtype, tolerance):
    rng = np.random.default_rng(4)
    instance = Instance(rng.choice([-1, 1], (20, 2500)), kappa=-0.5)
    eta, field = rng.uniform(-spread, spread, (20, 2500)).astype(dtype), scale * rng.normal(size=2500)
    state = EdgeState(instance, eta.copy(), beta=1.0)
    _, phi, log_p = state.measure(field)
    np.testing.assert_array_equal(state.eta, eta)
    weights = np.logaddexp(-1, np.log(-np.expm1(-1)) + log_p)
    assert phi == pytest.approx(free_entropy(eta.astype(float), field, weights), rel=tolerance)
    log_p = log_p.copy()
    state.sweep(field, 0.0)
    # the sweep may have summed cavities in double where the measurement did not need to
    np.testing.assert_allclose(log_p, state.log_p, rtol=tolerance if dtype is np.float64 else SINGLE)
