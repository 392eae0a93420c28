"""Sweeps as magnetisations saturate: rows in polynomials, for either sign, or by the formula are the same rows."""

import mpmath
import numpy as np
import pytest
from messages_referee import gaussian_messages

from bp import Instance, random_instance
from bp.algorithms.focusing import reference_field
from bp.messages._rows import FIELD_MAX
from bp.messages.edges import EdgeState
from replica_theory import BinaryPerceptron

N, P = 401, 16
VARIANCES = (1e-6, 1e-3, 0.1, 1.0, 5.0, 15.0, 23.0, 25.0, 60.0, 120.0)  # all ways of a row, and where they meet


def saturated(variance, constraint, rng):
    """Patterns, small messages and a field whose rows have that variance and means from violated to far satisfied."""
    size, sign = rng.exponential(size=N), rng.choice([-1, 1], N)
    low, high = 1e-3, 1e3
    for _ in range(60):
        scale = np.sqrt(low * high)
        wide = np.sum(np.cosh(np.minimum(scale * size, 300.0)) ** -2.0) > variance
        low, high = (scale, high) if wide else (low, scale)
    field = scale * size * sign
    m, patterns = np.tanh(field), rng.choice([-1, 1], (P, N))
    for pattern, target in zip(patterns, np.linspace(-3, 12, P) * np.sqrt(variance) + 1, strict=True):
        for i in rng.permutation(N):
            off = pattern @ m - target
            if abs(off) > 2 and off * pattern[i] * m[i] > 0:
                pattern[i] *= -1
    eta = rng.uniform(-0.02, 0.02, (P, N)) * rng.random((P, 1))
    margin = 0.0 if constraint == "margin" else 0.5
    return Instance(patterns, kappa=margin, constraint=constraint), eta, field - eta.sum(axis=0)


@pytest.mark.parametrize("constraint, beta", [("margin", np.inf), ("margin", 2.0), ("symmetric", np.inf)])
@pytest.mark.parametrize("variance", VARIANCES)
def test_every_row_equals_the_formula(variance, constraint, beta):
    instance, eta, field = saturated(variance, constraint, np.random.default_rng(1))
    # the mean is a sum of N terms: its rounding moves u^2/2 = -log P by some sqrt(N) 1e-16 |u| / sqrt(V), and u^2/2 is
    # of the order of the message where the pattern is violated
    for dtype, tolerance in ((np.float64, 1e-12), (np.float32, 1e-5)):
        start = eta.astype(dtype)
        fast = EdgeState(instance, start.copy(), beta=beta)
        slow = EdgeState(instance, start.astype(float), beta=beta, fast=False)
        fast.sweep(field, 0.0)
        slow.sweep(field, 0.0)
        np.testing.assert_allclose(fast.eta, slow.eta, rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(fast.log_p, slow.log_p, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("variance", VARIANCES)
def test_messages_match_high_precision(variance):
    instance, eta, field = saturated(variance, "margin", np.random.default_rng(2))
    state = EdgeState(instance, eta.copy())
    state.sweep(field, 0.0)
    edges = [0, int(np.argmin(np.abs(field))), int(np.argmax(np.abs(field)))]
    for a in (0, P // 3, P - 1):
        with mpmath.workdps(60):
            h = [mpmath.tanh(mpmath.mpf(x)) for x in field + eta.sum(axis=0) - eta[a]]
            omega, rest = mpmath.fdot(map(int, instance.xi[a]), h), sum(1 - x * x for x in h)
            for i in edges:
                xi = int(instance.xi[a, i])
                std = mpmath.sqrt(2 * (rest - 1 + h[i] ** 2))
                plus, minus = (mpmath.erfc(-(omega - xi * h[i] + s * xi) / std) for s in (1, -1))
                exact = float(mpmath.log(plus / minus) / 2)
                exact = min(max(exact, -FIELD_MAX), FIELD_MAX)
                assert abs(state.eta[a, i] - exact) < 1e-12 * max(1.0, abs(exact))


@pytest.mark.parametrize(
    "gamma, y, strength, variances", [(1.0, 3.0, 1.0, (90, 201)), (1.5, 6.0, 1.0, (24, 90)), (1.5, 6.0, 2.5, (0.1, 24))]
)
def test_fixed_points_in_a_focusing_field_are_those_of_the_referee(gamma, y, strength, variances):
    # the field of the references is held where a focusing run took it, or raised: the messages then contract quickly
    instance = random_instance(BinaryPerceptron(), 201, 0.4, rng=3)
    start = instance.messages("gaussian", init=0.1, rng=3)
    for step in range(600):
        field = reference_field(start.fields, min(gamma, gamma * step / 200), y)
        start.sweep(field, 0.5)
    field = strength * field
    eta, change = np.zeros((instance.n_patterns, instance.n)), np.inf
    for _ in range(150):
        new = gaussian_messages(instance, eta, field, np.inf)
        change = np.max(np.abs(new - eta))
        eta += 0.8 * (new - eta)
    assert change < 1e-11  # the referee loses digits of 1 - h^2
    assert variances[0] < np.sum(np.cosh(eta.sum(axis=0) + field) ** -2.0) < variances[1]
    for dtype, tolerance in ((np.float64, 1e-10), (np.float32, 1e-4)):
        state = instance.messages("gaussian", dtype=dtype)
        for _ in range(150):
            state.sweep(field, 0.2)
        np.testing.assert_allclose(state.eta, eta, atol=tolerance)
