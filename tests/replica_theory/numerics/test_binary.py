"""Functions of a binary variable, at the ends of their range."""

import numpy as np
import pytest

from replica_theory import binary_entropy
from replica_theory.numerics.binary import log2cosh


def test_log2cosh():
    np.testing.assert_allclose(log2cosh(np.array([-800.0, 0.0, 1.0])), [800.0, np.log(2), np.log(2 * np.cosh(1))])


def test_binary_entropy():
    np.testing.assert_allclose(binary_entropy([0.0, 0.5, 1.0]), [0, np.log(2), 0], atol=1e-16)
    # Near 0: d log(1/d) + d, without cancellation.
    assert float(binary_entropy(1e-12)) == pytest.approx(1e-12 * (12 * np.log(10) + 1), rel=1e-10)
