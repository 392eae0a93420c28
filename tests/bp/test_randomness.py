"""What stands for a source of randomness."""

import numpy as np
import pytest

from bp.randomness import generator


def test_a_seed_a_sequence_and_a_generator_are_sources():
    expected = np.random.default_rng(7).random(3)
    for rng in (7, np.random.SeedSequence(7), np.random.default_rng(7)):
        np.testing.assert_array_equal(generator(rng).random(3), expected)
    own = np.random.default_rng(7)
    assert generator(own) is own
    assert generator(None).random() != generator(None).random()


@pytest.mark.parametrize(("rng", "error"), [(-1, ValueError), ("seed", TypeError), (1.5, TypeError)])
def test_anything_else_is_refused(rng, error):
    with pytest.raises(error, match=f"rng must be a non-negative integer, a SeedSequence, .*; got {rng!r}"):
        generator(rng)
