"""Which patterns are satisfied: the same by bits, by sums and by the definition, with and without thresholds."""

import numpy as np

from bp import Instance

RNG = np.random.default_rng(1)
PATTERNS = RNG.choice([-1, 1], (30, 21))
WEIGHTS = RNG.choice([-1, 1], 21).astype(np.int8)


def test_errors_by_bits_and_by_sums():
    inst = Instance(PATTERNS, kappa=0.2)
    violated = PATTERNS @ WEIGHTS / np.sqrt(21) < 0.2
    np.testing.assert_array_equal(inst.violated(WEIGHTS), violated)
    assert inst.errors(WEIGHTS) == inst.errors(WEIGHTS.astype(float)) == violated.sum()
    assert inst.log_acceptance(WEIGHTS) is None


def test_thresholds_move_the_intervals():
    above = RNG.normal(size=30)
    inst = Instance(PATTERNS, constraint="symmetric", kappa=1.0, thresholds=above)
    violated = np.abs(PATTERNS @ WEIGHTS / np.sqrt(21) - above) > 1.0
    np.testing.assert_array_equal(inst.violated(WEIGHTS), violated)
    np.testing.assert_allclose(inst.intervals[:, 0], np.sqrt(21) * (above[:, None] + [-1, 1]), atol=1e-9)  # rounding
    assert inst.errors(WEIGHTS) == violated.sum()
    assert not inst.is_even
    assert Instance(PATTERNS, constraint="symmetric", kappa=1.0).is_even
