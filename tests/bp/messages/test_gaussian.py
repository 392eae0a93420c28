"""Sweeps as magnetisations saturate: rows in polynomials, for either sign, or by the formula are the same rows."""

import mpmath
import numpy as np
import pytest
from messages_referee import gaussian_messages, sequential_messages

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


ROUNDING = 1e-12  # sums of up to a few thousand terms of order one
SINGLE = 1e-5  # the same in single precision


@pytest.mark.parametrize("constraint", ["margin", "symmetric"])
@pytest.mark.parametrize("beta", [np.inf, 0.7])
@pytest.mark.parametrize("n, spread", [(301, 0.05), (300, 0.3), (1001, 0.02), (21, 0.5)])
def test_fast_gaussian_sweep_equals_direct_sweep_and_referee(n, spread, beta, constraint):
    rng = np.random.default_rng(n)
    patterns = rng.choice([-1, 1], (23, n))
    instance = Instance(patterns, kappa=0.4, constraint=constraint)
    eta, field = rng.uniform(-spread, spread, (23, n)), rng.normal(size=n)
    fast = EdgeState(instance, eta.copy(), beta=beta)
    slow = EdgeState(instance, eta.copy(), beta=beta, fast=False)
    assert fast.sweep(field, 0.0) == pytest.approx(slow.sweep(field, 0.0), abs=ROUNDING)
    np.testing.assert_allclose(fast.eta, slow.eta, atol=ROUNDING)
    np.testing.assert_allclose(fast.log_p, slow.log_p, atol=1e-11)  # log P itself is a sum over N = 1000
    np.testing.assert_allclose(slow.eta, gaussian_messages(instance, eta, field, beta), atol=1e-11)
    np.testing.assert_allclose(fast.fields, fast.eta.sum(axis=0), atol=ROUNDING)


@pytest.mark.parametrize("constraint", ["margin", "symmetric"])
@pytest.mark.parametrize("n, spread", [(301, 0.05), (300, 0.3), (1001, 0.02), (21, 0.5)])
def test_single_precision_sweep_equals_the_double_referee(n, spread, constraint):
    rng = np.random.default_rng(n)
    instance = Instance(rng.choice([-1, 1], (23, n)), kappa=0.4, constraint=constraint)
    eta, field = rng.uniform(-spread, spread, (23, n)).astype(np.float32), rng.normal(size=n)
    state = EdgeState(instance, eta.copy(), beta=0.7)
    state.sweep(field, 0.0)
    assert state.eta.dtype == np.float32
    np.testing.assert_allclose(state.eta, gaussian_messages(instance, eta.astype(float), field, 0.7), atol=SINGLE)
    np.testing.assert_allclose(state.fields, state.eta.astype(float).sum(axis=0), atol=SINGLE)


@pytest.mark.parametrize("spread", [0.03, 0.6])
@pytest.mark.parametrize("dtype, tolerance", [(np.float64, ROUNDING), (np.float32, 5 * SINGLE)])
def test_sequential_sweep_equals_the_referee(dtype, tolerance, spread):
    # fields of up to 20 that the first patterns of the sweep bring down again: rounding of m must not survive
    rng = np.random.default_rng(1)
    instance = Instance(rng.choice([-1, 1], (40, 101)), kappa=0.5)
    eta, field = rng.uniform(-spread, spread, (40, 101)).astype(dtype), rng.normal(size=101)
    eta[:5] *= 5 / spread
    state = EdgeState(instance, eta.copy(), beta=2.0, schedule="sequential", rng=np.random.default_rng(7))
    state.sweep(field, 0.0)
    order = np.random.default_rng(7).permutation(40)
    expected = sequential_messages(instance, eta, field, 2.0, order)
    np.testing.assert_allclose(state.eta, expected, atol=tolerance)
    np.testing.assert_allclose(state.fields, expected.sum(axis=0), atol=40 * tolerance)


@pytest.mark.parametrize("strength", [float(np.arctanh(1 - 1e-6)), float(np.arctanh(1 - 1e-12)), 40.0])
@pytest.mark.parametrize("hard", [0.0, 0.8, 1.0])
def test_addition_law_near_saturation(hard, strength):
    # a fraction of the weights at |m| = 1 - 1e-6, 1 - 1e-12 or 1; in the third row all of them against the pattern
    rng = np.random.default_rng(2)
    instance = Instance(rng.choice([-1, 1], (3, 201)), kappa=0.2)
    field = np.where(rng.random(201) < hard, strength * instance.xi[2] * -1, rng.normal(size=201) / 2)
    eta = rng.uniform(-0.05, 0.05, (3, 201))
    field = field - eta.sum(axis=0)
    state = EdgeState(instance, eta.copy())
    state.sweep(field, 0.0)
    if strength < 20:  # 1 - h^2 of the referee has lost some digits where all weights are saturated
        expected = np.clip(gaussian_messages(instance, eta, field, np.inf), -FIELD_MAX, FIELD_MAX)
        np.testing.assert_allclose(state.eta, expected, rtol=1e-11, atol=ROUNDING)
    for a in range(3):
        for i in (0, 100):
            exact = max(
                min(precise_message(instance.xi[a], field + eta.sum(axis=0) - eta[a], i, 0.2), FIELD_MAX),
                -FIELD_MAX,
            )
            assert abs(state.eta[a, i] - exact) < ROUNDING * max(1, abs(exact))


def test_fast_path_steps_aside_near_saturation():
    instance = Instance(np.ones((1, 51)))
    state = EdgeState(instance, np.zeros((1, 51)))
    field = np.full(51, -14.0)  # 1 - m^2 = 3e-12: the pattern is violated and almost certain
    state.sweep(field, 0.0)
    direct = EdgeState(instance, np.zeros((1, 51)), fast=False)
    direct.sweep(field, 0.0)
    np.testing.assert_array_equal(state.eta, direct.eta)
    assert np.all(state.eta > 100)


def test_real_patterns_follow_the_referee():
    instance = random_instance(BinaryPerceptron(0.2), 60, 0.5, rng=1, patterns="gaussian")
    rng = np.random.default_rng(0)
    eta, field = rng.normal(size=(30, 60)) / 10, rng.normal(size=60)
    state = EdgeState(instance, eta.copy(), beta=2.0)
    state.sweep(field, 0.25)
    expected = 0.25 * eta + 0.75 * gaussian_messages(instance, eta, field, 2.0)
    np.testing.assert_allclose(state.eta, expected, atol=ROUNDING)


def precise_message(xi, cavity, i, kappa):
    """A Gaussian message of one pattern in 60 digits."""
    with mpmath.workdps(60):
        h = [mpmath.tanh(mpmath.mpf(float(x))) for x in cavity]
        omega = sum(int(x) * y for j, (x, y) in enumerate(zip(xi, h, strict=True)) if j != i)
        std = mpmath.sqrt(sum(1 - y * y for j, y in enumerate(h) if j != i))
        tail = [
            mpmath.erfc((kappa * mpmath.sqrt(len(h)) - omega - s * int(xi[i])) / std / mpmath.sqrt(2)) for s in (1, -1)
        ]
        return float(mpmath.log(tail[0] / tail[1]) / 2)
