"""Groups of infinitely many solutions: finite sizes tend to them, and small margins to a closed form."""

import numpy as np
import pytest
from scipy import optimize
from scipy.special import erf, erfc

from replica_theory import IntervalModel, SymmetricBinaryPerceptron, UShapePerceptron
from replica_theory.replicas.many_solutions import below_limit, many_solutions
from replica_theory.replicas.tuple_saddle import TupleLoad, find_saddle


def test_the_formula():
    def load(t):
        d = 0.5 * (1 - t)
        return -(d * np.log(d) + (1 - d) * np.log1p(-d)) / -np.log(erf(0.2 / np.sqrt(2 * (1 - t * t))))

    best = optimize.minimize_scalar(load, bounds=(0.9, 0.999), method="bounded", options={"xatol": 1e-10})
    found = many_solutions(SymmetricBinaryPerceptron(0.2))
    assert found.alpha == pytest.approx(best.fun, rel=1e-12) and found.q == pytest.approx(best.x**2, abs=1e-6)


def test_what_finite_sizes_gain():
    """At 0.2 the best size, 2544, can be computed: below the limit by what is predicted from larger ones."""
    model = SymmetricBinaryPerceptron(0.2)
    limit = many_solutions(model)
    saddle = find_saddle(TupleLoad(model, 1, True), np.array([-3.0042, -7.035, 7.8415]))
    assert saddle.overlaps.sizes[0] == pytest.approx(2544.2, abs=0.1)
    assert limit.alpha - saddle.alpha == pytest.approx(below_limit(model, limit), rel=1e-3)
    assert saddle.stability == pytest.approx(1 - saddle.alpha, abs=1e-5)


def test_small_margins():
    """kappa/sqrt(alpha/-log alpha) tends to 1.238518 (published: 1.239), with corrections in log log/log."""
    best = optimize.minimize_scalar(lambda x: x * x * np.log1p(-erfc(x)), bounds=(0.1, 2), method="bounded")
    constant = np.sqrt(-8 * best.fun)
    assert constant == pytest.approx(1.238518, abs=1e-6)
    ratios = []
    for kappa in (1e-10, 1e-40, 1e-140):
        alpha = many_solutions(SymmetricBinaryPerceptron(kappa)).alpha
        ratios.append(kappa / np.sqrt(alpha / -np.log(alpha)))
    assert np.all(np.diff(ratios) > 0) and 0.99 < ratios[-1] / constant < 1


def test_small_margins_of_the_slope():
    """The bound S_inf stops growing at kappa/sqrt(alpha/-log alpha) -> 1.428782 (published: 1.429)."""
    best = optimize.minimize_scalar(lambda x: -(x**3) * 2 * np.exp(-x * x) / np.sqrt(np.pi) / erf(x), bounds=(0.5, 2),
                                    method="bounded")  # fmt: skip
    constant, kappa = np.sqrt(-4 * best.fun), 1e-140
    assert constant == pytest.approx(1.428782, abs=1e-6)
    # Of H_2 + alpha log erf(u), u = kappa/sqrt(2s), s = 1 - t^2, the slope in t vanishes at this load.
    u = np.linspace(0.5, 2, 20_001)
    s = kappa**2 / (2 * u**2)
    alpha = np.min(0.5 * np.log(4 / s) * s / (u * 2 * np.exp(-u * u) / np.sqrt(np.pi) / erf(u)))
    assert kappa / np.sqrt(alpha / -np.log(alpha)) == pytest.approx(constant, rel=0.01)


def test_where_there_is_none():
    assert many_solutions(UShapePerceptron(0.5)) is None
    assert many_solutions(SymmetricBinaryPerceptron(3.0)) is None
    assert many_solutions(IntervalModel([(-2, -1), (1, 2)])) is not None
