"""Exact messages against the convolution over the other weights."""

import numpy as np
import pytest
from messages_referee import exact_messages

from bp import Instance
from bp.messages.edges import EdgeState

ROUNDING = 1e-12  # sums of up to a few thousand terms of order one


@pytest.mark.parametrize("constraint", ["margin", "symmetric"])
@pytest.mark.parametrize("beta", [np.inf, 0.7])
def test_exact_sweep_equals_convolution_of_all_other_weights(beta, constraint):
    rng = np.random.default_rng(3)
    patterns = rng.choice([-1.0, 0.0, 1.0], (17, 12))
    instance = Instance(patterns, kappa=0.3, constraint=constraint)
    eta, field = rng.normal(size=(17, 12)), rng.normal(size=12)
    state = EdgeState(instance, eta.copy(), beta=beta, method="exact")
    state.sweep(field, 0.0)
    # a message at a weight the pattern forbids is infinite for the referee, and saturated here
    with np.errstate(divide="ignore"):
        expected = np.tanh(exact_messages(instance, eta, field, beta))
    np.testing.assert_allclose(np.tanh(state.eta), expected, atol=ROUNDING)
