"""Products with packed and real patterns against plain matrix products, batches included."""

import numpy as np
import pytest

from bp import Instance
from bp.problems.products import PackedPatterns, RealPatterns

P, N = 37, 83


def packed(rng):
    xi = rng.choice([-1, 1], (P, N))
    return PackedPatterns(Instance(xi).bits, N), xi


def real(rng):
    xi = rng.normal(size=(P, N))
    return RealPatterns(xi), xi


@pytest.mark.parametrize("make", [packed, real])
@pytest.mark.parametrize("batch", [(), (3,), (2, 2)])
def test_products_are_those_of_the_matrix(make, batch):
    rng = np.random.default_rng(1)
    patterns, xi = make(rng)
    m, g = rng.normal(size=(*batch, N)), rng.normal(size=(*batch, P))
    # sums of fewer than 100 terms of order one
    np.testing.assert_allclose(patterns.times(m), m @ xi.T, atol=1e-12)
    np.testing.assert_allclose(patterns.back(g), g @ xi, atol=1e-12)
    squares = xi.astype(float) ** 2
    along, across = patterns.times_squared(m), patterns.back_squared(g)
    np.testing.assert_allclose(np.broadcast_to(along, (*batch, P)), m @ squares.T, atol=1e-12)
    np.testing.assert_allclose(np.broadcast_to(across, (*batch, N)), g @ squares, atol=1e-12)


def test_single_precision_products_come_in_double():
    rng = np.random.default_rng(2)
    xi, m = rng.normal(size=(P, N)), rng.normal(size=N)
    product = RealPatterns(xi, np.float32).times(m)
    assert product.dtype == np.float64
    np.testing.assert_allclose(product, xi @ m, atol=1e-4)  # rounding of single precision, 83 terms
