"""Fields as coordinates between -1 and 1: there and back, with the ends at infinity."""

import numpy as np
import pytest

from replica_theory.numerics.squeezing import squeezed, unsqueezed


@pytest.mark.parametrize("x", [-1e6, -2.0, -1e-9, 0.0, 0.5, 3.0, 1e6])
def test_there_and_back(x):
    assert -1 < squeezed(x) < 1 and squeezed(-x) == -squeezed(x)
    # Near the ends 1 - |s| = 1/(1 + |x|) keeps an absolute rounding, so the way back loses |x| eps.
    assert unsqueezed(squeezed(x)) == pytest.approx(x, rel=4 * np.finfo(float).eps * (1 + abs(x)))


@pytest.mark.parametrize("s", [-1.5, -1.0, 1.0, 2.0])
def test_outside_there_is_no_field(s):
    assert unsqueezed(s) == np.inf
