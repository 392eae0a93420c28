"""Functionals of y replicas around a reference, free or constrained, against a slow referee."""

import numpy as np
import pytest
from local_entropy_referee import Constrained, Free, Problem, functional, gradient, replica_derivative, solve

from replica_theory import BinaryPerceptron, local_entropy

BINARY = BinaryPerceptron()


def orders(curve, kind):
    return kind(*(float(curve.overlaps[name]) for name in kind._fields))


def drawn(seed, size):
    """Random parameters in the region where both references have a saddle with positive entropy."""
    rng = np.random.default_rng(seed)
    return [
        (rng.uniform(0.2, 0.5), rng.uniform(0.03, 0.25), float(np.exp(rng.uniform(-1, 2.5))), rng.uniform(-0.3, 0.2))
        for _ in range(size)
    ]


@pytest.mark.parametrize(("alpha", "distance", "y", "kappa", "beta"), [
    *[(*case, np.inf) for case in drawn(1, 4)],
    (0.6, 0.1, 5.0, 0.0, np.inf), (0.5, 0.05, 20.0, 0.2, np.inf), (0.5, 0.05, 3.0, 0.2, 1.7),
])  # fmt: skip
def test_free_reference_against_the_referee(alpha, distance, y, kappa, beta):
    curve = local_entropy(BinaryPerceptron(kappa, beta), alpha, distance, y=y)
    p, s = Problem(alpha, y, 1 - 2 * distance, kappa, beta=beta), orders(curve, Free)
    # Both quadratures are near rounding; the differences of the functional, with step 1e-3, are good to 1e-9.
    assert functional(p, s) == pytest.approx(float(curve.overlaps["phi"]), abs=1e-10)
    np.testing.assert_allclose(gradient(p, s), 0, atol=1e-8)
    if np.isinf(beta):
        assert replica_derivative(p, s) == pytest.approx(float(curve.entropy), abs=1e-9 + float(curve.error))


@pytest.mark.slow
@pytest.mark.parametrize(("alpha", "distance", "y", "kappa", "excess", "beta"), [
    *[(*case, excess, np.inf) for case, excess in zip(drawn(2, 3), (0.0, 0.1, 0.25), strict=True)],
    (0.4, 0.1, 1.0, 0.0, 0.0, np.inf), (0.3, 0.05, 2.5, 0.1, 0.2, np.inf), (0.4, 0.1, 1.5, 0.0, 0.0, 2.0),
])  # fmt: skip
def test_constrained_reference_against_the_referee(alpha, distance, y, kappa, excess, beta):
    model = BinaryPerceptron(kappa, beta)
    curve = local_entropy(model, alpha, distance, reference="solution", y=y, kappa_ref=kappa + excess)
    p, s = Problem(alpha, y, 1 - 2 * distance, kappa, kappa + excess, beta), orders(curve, Constrained)
    assert functional(p, s) == pytest.approx(float(curve.overlaps["phi"]), abs=1e-10)
    np.testing.assert_allclose(gradient(p, s), 0, atol=1e-8)
    if np.isinf(beta):
        assert replica_derivative(p, s) == pytest.approx(float(curve.entropy), abs=1e-9 + float(curve.error))


@pytest.mark.slow
def test_generic_root_finder_arrives_at_the_same_saddle():
    """From afar for a free reference, from a few per cent away for a constrained one."""
    found = solve(Problem(0.5, 3.0, 0.8), Free(0.4, 0.6, 0.3, 0.4, 0.6))
    np.testing.assert_allclose(found, orders(local_entropy(BINARY, 0.5, 0.1, y=3.0), Free), atol=1e-7)
    saddle = orders(local_entropy(BINARY, 0.4, 0.1, reference="solution", y=3.0, kappa_ref=0.2), Constrained)
    nudge = 1 + 0.02 * np.array([-1, 1, 1, -1, 1, 1, 1, -1, 1])
    p = Problem(0.4, 3.0, 0.8, 0.0, 0.2)
    found = solve(p, Constrained(*(nudge * saddle)), n=33)
    # 33 nodes along each field are good to 1e-4 in the derivatives, so 1e-8 in the functional.
    np.testing.assert_allclose(found, saddle, atol=1e-3)
    assert functional(p, found) == pytest.approx(functional(p, saddle), abs=1e-7)
