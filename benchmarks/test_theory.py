"""Speed of the theory: ``pytest benchmarks/test_theory.py`` (not part of a plain pytest run).

The yardstick is the code that one writes first: scipy's adaptive quadrature inside a scalar root finder.
"""

import time

import numpy as np
import pytest
from scipy import integrate, optimize, special

from replica_theory import BinaryPerceptron, SymmetricBinaryPerceptron, capacity, franz_parisi, replica_symmetric
from replica_theory.replicas.ultrametric import Tree, energetic
from replica_theory.thresholds import tuples

pytest.importorskip("pytest_benchmark")


def gaussian_average(f):
    density = 1 / np.sqrt(2 * np.pi)
    return integrate.quad(lambda z: density * np.exp(-0.5 * z * z) * f(z), -10, 10, epsabs=1e-12, limit=200)[0]


def scalar_entropy(alpha, kappa):
    """Replica-symmetric entropy of one point, straight from the equations."""

    def conjugate(q):
        def hazard2(z):
            a = (kappa - np.sqrt(q) * z) / np.sqrt(1 - q)
            return np.exp(-a * a - 2 * special.log_ndtr(-a)) / (2 * np.pi)

        return alpha / (1 - q) * gaussian_average(hazard2)

    def mismatch(q):
        root = np.sqrt(conjugate(q))
        return gaussian_average(lambda z: np.tanh(root * z) ** 2) - q

    q = optimize.brentq(mismatch, 1e-6, 0.95, xtol=1e-12)
    q_hat = conjugate(q)
    entropic = gaussian_average(lambda z: np.logaddexp(np.sqrt(q_hat) * z, -np.sqrt(q_hat) * z))
    energetic = gaussian_average(lambda z: special.log_ndtr((np.sqrt(q) * z - kappa) / np.sqrt(1 - q)))
    return -0.5 * q_hat * (1 - q) + entropic + alpha * energetic


def phase_diagram(n):
    """An n x n map of the entropy over the load (as a fraction of capacity) and the margin."""
    kappa = np.linspace(-1, 1.5, n)[:, None]
    load = np.linspace(0.02, 1.02, n) * np.atleast_1d(capacity(BinaryPerceptron(kappa)).alpha)
    return kappa, load


def test_entropy_map(benchmark):
    """10 000 points; target 5 s."""
    kappa, alpha = phase_diagram(100)
    result = benchmark.pedantic(lambda: replica_symmetric(BinaryPerceptron(kappa), alpha), rounds=2)
    assert result.converged.all() and benchmark.stats["min"] < 5


def test_franz_parisi_curve(benchmark):
    """100 distances; target 2 s."""
    distance = np.linspace(0.005, 0.5, 100)
    curve = benchmark.pedantic(lambda: franz_parisi(BinaryPerceptron(), 0.5, distance), rounds=3)
    assert curve.converged.all() and benchmark.stats["min"] < 2


def test_capacity_of_many_margins(benchmark):
    kappa = np.linspace(-2, 3, 100)
    result = benchmark.pedantic(lambda: capacity(BinaryPerceptron(kappa)), rounds=5)
    assert (np.diff(result.alpha) < 0).all()


def test_single_point(benchmark):
    """What a notebook cell waits for."""
    benchmark(lambda: replica_symmetric(BinaryPerceptron(), 0.5))


def test_against_scalar_code(benchmark):
    """A point of a large map against the straightforward code, in the same run (25 times faster when written)."""
    kappa, alpha = phase_diagram(40)
    rows, columns = [5, 20, 33], [10, 20, 35]
    start = time.perf_counter()
    expected = [scalar_entropy(alpha[i, j], kappa[i, 0]) for i, j in zip(rows, columns, strict=True)]
    slow = (time.perf_counter() - start) / len(rows)
    result = benchmark.pedantic(lambda: replica_symmetric(BinaryPerceptron(kappa), alpha), rounds=3)
    ratio = slow / (benchmark.stats["min"] / alpha.size)
    benchmark.extra_info["times faster than scalar code"] = round(ratio)
    print(f"\nscalar code: {1e3 * slow:.0f} ms a point; {ratio:.0f} times slower than the map")
    np.testing.assert_allclose(result.entropy[rows, columns], expected, atol=1e-10)
    assert ratio > 8


@pytest.mark.parametrize(("digits", "most"), [(25, 4.0), (50, 15.0)])
@pytest.mark.parametrize("kappa", [0.0, 3.0])
def test_certified_capacity(benchmark, kappa, digits, most):
    """25 digits in a proven ball; target 4 s (50 digits: 15 s)."""
    pytest.importorskip("flint", reason="python-flint is not installed (extra [certified])")
    point = benchmark.pedantic(
        lambda: capacity(BinaryPerceptron(kappa), certified=True, digits=digits), rounds=3, warmup_rounds=1
    )
    assert float(point.ball.radius) < 10.0**-digits and benchmark.stats["min"] < most


@pytest.mark.parametrize(("level", "target"), [(3, 0.1), (4, 0.5), (5, 3.0), (6, 20.0)])
@pytest.mark.parametrize("model", [BinaryPerceptron(), SymmetricBinaryPerceptron()], ids=["kappa = 0", "|h| <= 1"])
def test_levels_of_tuples(benchmark, model, level, target):
    """Cold, with all the levels below; CPU seconds."""

    def cold():
        tuples._climbed.cache_clear()
        start = time.process_time()
        found = tuples.tuple_threshold(model, level)
        return found, time.process_time() - start

    runs = [cold() for _ in range(3)]
    benchmark.pedantic(cold, rounds=1)
    spent = min(seconds for _, seconds in runs)
    benchmark.extra_info["CPU seconds"] = round(spent, 3)
    assert runs[0][0].error < 1e-9 and spent < target


def test_tree_against_plain_quadrature(benchmark):
    """The integral over two nested groups against products of Gauss-Legendre panels (400 times faster when written)."""
    nodes, weights = np.polynomial.legendre.leggauss(144)
    x, dx = 9 * nodes, 9 * weights * np.exp(-0.5 * (9 * nodes) ** 2) / np.sqrt(2 * np.pi)

    def plain():
        fields = np.sqrt(0.3) * x[:, None, None] + 0.5 * x[:, None] + 0.5 * x
        inner = np.log(np.exp(2.5 * special.log_ndtr(fields / np.sqrt(0.2))) @ dx) / 2.5
        return float(np.log(np.exp(6 * inner) @ dx) @ dx) / 6

    start = time.process_time()
    expected = plain()
    slow = time.process_time() - start
    tree = Tree(np.array([6.0, 2.5]), np.array([0.3, 0.55, 0.8]))
    found = benchmark(lambda: energetic(BinaryPerceptron(), tree).value)
    assert abs(found - expected) < 1e-9
    ratio = slow / benchmark.stats["min"]
    benchmark.extra_info["times faster than plain quadrature"] = round(ratio)
    assert ratio > 50
