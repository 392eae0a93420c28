"""Speed of the local-entropy theory: ``pytest -n0 benchmarks/test_local_entropy.py`` (not part of a plain pytest run).

The yardstick is the code that one writes first: a double loop over the outer fields with a trapezoidal sum inside.
"""

import time

import numpy as np
import pytest
from scipy import special

from replica_theory import BinaryPerceptron, local_entropy, robust_ensemble

pytest.importorskip("pytest_benchmark")

BINARY = BinaryPerceptron()


def plain_sweep(alpha, y, t, q, tau, n=61, inner=301):
    """One sweep (overlaps → conjugates → overlaps and t) around a solution, kappa = 0; q = (q_ref, q0, q1, t0)."""
    q_ref, q0, q1, t0 = q
    z, w = np.linspace(-7, 7, n), np.linspace(-12, 12, inner)
    dz, dw = (np.exp(-0.5 * x**2) / np.sqrt(2 * np.pi) * (x[1] - x[0]) for x in (z, w))
    width, std = np.sqrt(q1 - q0), np.sqrt(1 - q1)
    rho = (t - t0) / np.sqrt((1 - q_ref) * (q1 - q0))
    std_ref = np.sqrt((1 - q_ref) * (1 - rho**2))
    q_ref_hat = q0_hat = q1_hat = t0_hat = 0.0
    for i, u in enumerate(z):
        for j, v in enumerate(z):
            h_ref, h = np.sqrt(q_ref) * u, t0 / np.sqrt(q_ref) * u + np.sqrt(max(q0 - t0**2 / q_ref, 0.0)) * v
            a, a_ref = -(h + width * w) / std, -(h_ref + rho * np.sqrt(1 - q_ref) * w) / std_ref
            weight = dw * special.ndtr(-a_ref) * special.ndtr(-a) ** y
            g = np.exp(-0.5 * a**2 - special.log_ndtr(-a)) / np.sqrt(2 * np.pi) / std
            g_ref = np.exp(-0.5 * a_ref**2 - special.log_ndtr(-a_ref)) / np.sqrt(2 * np.pi) / std_ref
            total = weight.sum()
            mean, mean_ref = (weight @ g) / total, (weight @ g_ref) / total
            share = alpha * dz[i] * dz[j]
            q1_hat += share * (weight @ g**2) / total
            q0_hat, q_ref_hat = q0_hat + share * mean**2, q_ref_hat + share * mean_ref**2
            t0_hat += share * mean * mean_ref
    return plain_spins(y, (q_ref_hat, q0_hat, q1_hat, t0_hat), tau, z, dz)


def plain_spins(y, hats, tau, z, dz, inner=301):
    """The entropic half of a sweep."""
    q_ref_hat, q0_hat, q1_hat, t0_hat = hats
    width = np.sqrt(q1_hat - q0_hat)
    w = np.linspace(-9 - y * width, 9 + y * width, inner)
    dw = np.exp(-0.5 * w**2) / np.sqrt(2 * np.pi) * (w[1] - w[0])
    q_ref = q0 = q1 = t0 = t = 0.0
    for i, u in enumerate(z):
        for j, v in enumerate(z):
            h_ref = np.sqrt(q_ref_hat) * u
            h = t0_hat / np.sqrt(q_ref_hat) * u + np.sqrt(max(q0_hat - t0_hat**2 / q_ref_hat, 0.0)) * v
            weights = [dw * np.exp(s * h_ref) * (2 * np.cosh(h + width * w + s * tau)) ** y for s in (1, -1)]
            tanhs = [np.tanh(h + width * w + s * tau) for s in (1, -1)]
            totals = [weight.sum() for weight in weights]
            sums = [weight @ m for weight, m in zip(weights, tanhs, strict=True)]
            total = totals[0] + totals[1]
            spin, mean = (totals[0] - totals[1]) / total, (sums[0] + sums[1]) / total
            share = dz[i] * dz[j]
            q1 += share * sum(weight @ m**2 for weight, m in zip(weights, tanhs, strict=True)) / total
            q0, q_ref, t0 = q0 + share * mean**2, q_ref + share * spin**2, t0 + share * spin * mean
            t += share * (sums[0] - sums[1]) / total
    return np.array([q_ref, q0, q1, t0]), t


EVALUATIONS = 203
"""Of the equations, for one point from nothing: counted here, and a plain code with this continuation needs as many."""


def test_largest_local_entropy(benchmark):
    """y = inf, 100 distances; target 1 s."""
    distance = np.linspace(0.005, 0.5, 100)
    curve = benchmark.pedantic(lambda: local_entropy(BINARY, 0.6, distance), rounds=3)
    assert curve.converged.all() and benchmark.stats["min"] < 1


def test_free_reference(benchmark):
    """y = 5, 100 distances; target 5 s."""
    distance = np.linspace(0.005, 0.5, 100)
    curve = benchmark.pedantic(lambda: local_entropy(BINARY, 0.6, distance, y=5.0), rounds=2)
    assert curve.converged.all() and benchmark.stats["min"] < 5


def test_zero_complexity_around_solutions(benchmark):
    """50 distances; target 60 s."""
    distance = np.linspace(0.005, 0.2, 50)

    def compute():
        return local_entropy(BINARY, 0.6, distance, reference="solution", y="zero-complexity")

    curve = benchmark.pedantic(compute, rounds=1)
    assert curve.converged.all() and benchmark.stats["min"] < 60


def test_robust_ensemble(benchmark):
    """50 couplings at y = 5."""
    found = benchmark.pedantic(lambda: robust_ensemble(BINARY, 0.6, np.linspace(0, 1, 50), 5), rounds=2)
    assert found.converged.all()


def test_against_plain_code(benchmark):
    """Points of a constrained curve against the plain double loop of equal accuracy, in the same run."""
    distance = np.linspace(0.05, 0.15, 21)

    def compute():
        return local_entropy(BINARY, 0.4, distance, reference="solution", y=3.0)

    curve = benchmark.pedantic(compute, rounds=2)
    q = tuple(float(curve.overlaps[name][10]) for name in ("q_ref", "q0", "q1", "t0"))
    tau = float(curve.overlaps["t_hat"][10] - curve.overlaps["t0_hat"][10])
    start = time.perf_counter()
    again, t = plain_sweep(0.4, 3.0, 0.8, q, tau)
    plain = EVALUATIONS * (time.perf_counter() - start)
    np.testing.assert_allclose([*again, t], [*q, 0.8], atol=1e-9)
    start = time.perf_counter()
    local_entropy(BINARY, 0.4, 0.1, reference="solution", y=3.0)
    alone, member = time.perf_counter() - start, benchmark.stats["min"] / len(distance)
    print(f"\na plain point {plain:.0f} s; here alone {alone:.2f} s ({plain / alone:.0f} times faster)")
    print(f"as one of a curve {member:.3f} s ({plain / member:.0f} times faster)")
    assert plain / alone > 100 and plain / member > 400
