"""Inner maxima of kernels with several: against a search, and the kinks between them."""

import numpy as np
import pytest

from replica_theory import BinaryPerceptron, IntervalModel, SymmetricBinaryPerceptron, UShapePerceptron
from replica_theory.models.proximal import maxima

SYMMETRIC, U_SHAPE = SymmetricBinaryPerceptron(1.0), UShapePerceptron(0.5)


@pytest.mark.parametrize(
    ("model", "gap"),
    [
        (U_SHAPE, 0.7),
        (UShapePerceptron(1.5), 3.0),
        (BinaryPerceptron(0.2, 3.0), 2.0),
        (IntervalModel([(-2, -1), (0.3, 0.5), (1, 9)]), 5.0),
    ],
    ids=str,
)
def test_inner_maxima_by_search(model, gap):
    q, std = 0.8, np.sqrt(0.2)
    best = maxima(model, q, gap, std, 10)
    f = np.linspace(-15, 15, 300001)
    value = model.log_kernel(f, std).log
    for k in range(0, len(best.h), 37):
        u = value - (f - best.h[k]) ** 2 / (2 * gap)
        found = model.log_kernel(best.fields[k], std).log - (best.fields[k] - best.h[k]) ** 2 / (2 * gap)
        # The grid of spacing 1e-4 misses the top by spacing^2 times the curvature.
        assert found >= u.max() - 1e-12 and abs(found - u.max()) < 1e-7
    assert abs(best.weights.sum() - 1) < 1e-13
    # E h M'(h) = q E M''(h): with the kinks.
    kernel = model.log_kernel(best.fields, std)
    curvature = best.weights @ (kernel.d2 / (1 - gap * kernel.d2)) + best.kinks(q, gap)
    assert abs(best.weights @ (best.h * kernel.d1) - q * curvature) < 1e-10
    assert len(best.jumps) >= 1
