"""Unions of intervals, symmetric and U-shaped constraints: their kernels and their thresholds."""

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

import replica_theory as rt
from replica_theory import BinaryPerceptron, CustomModel, IntervalModel, SymmetricBinaryPerceptron, UShapePerceptron

INF = np.inf
BANDS = IntervalModel([(-2.0, -1.0), (-0.2, 0.3), (1.0, 1.5)])
HOLE = IntervalModel([(-2.0, -1.0), (0.5, INF)])


def log_step(mean, std):
    return special.log_ndtr(mean / std)


def step(mean, std):
    return special.ndtr(mean / std)


def exact_kernel(intervals, h, std):
    """With tails on the side where they are small, so that 60 digits are digits of the result."""
    tail = lambda x: mp.mpf(0) if mp.isinf(x) else mp.erfc(x / mp.sqrt(2)) / 2  # noqa: E731
    moment = lambda x: mp.mpf(0) if mp.isinf(x) else x * mp.npdf(x)  # noqa: E731
    with mp.workdps(60):
        mean, sigma = mp.mpf(float(h)), mp.mpf(std)
        p = d1 = d2 = mp.mpf(0)
        for low, high in intervals:
            a, b = (mp.mpf(float(low)) - mean) / sigma, (mp.mpf(float(high)) - mean) / sigma
            p += tail(-b) - tail(-a) if b < 0 else tail(a) - tail(b) if a > 0 else 1 - tail(-a) - tail(b)
            d1 += (mp.npdf(a) - mp.npdf(b)) / sigma
            d2 += (moment(a) - moment(b)) / sigma**2
        return [float(v) for v in (mp.log(p), d1 / p, d2 / p - (d1 / p) ** 2)]


@pytest.mark.parametrize(
    "intervals", [[(-INF, -0.5), (0.5, INF)], [(-2, -1), (-0.2, 0.3), (1, 1.5)], [(-1, 1)], [(-INF, 0.3)]], ids=str
)
@pytest.mark.parametrize("std", [0.03, 1.0])
def test_interval_kernel_against_mpmath(intervals, std):
    h = np.array([-9.0, -2.3, -1.0, -0.6, -0.1, 0.0, 0.25, 0.4, 0.75, 1.2, 1.7, 8.0])
    kernel = IntervalModel(intervals).log_kernel(h, std)
    exact = np.array([exact_kernel(intervals, x, std) for x in h]).T
    # log P -> 0 is absolute; l'' = -g(g - x)/s^2 loses x^2 eps (|x| <= 300), the rest is rounding.
    np.testing.assert_allclose(kernel.log, exact[0], rtol=5e-15, atol=1e-15)
    # In the middle of a hole the slopes of both sides (x/s each) cancel.
    np.testing.assert_allclose(kernel.d1, exact[1], rtol=1e-11, atol=1e-12 / std)
    np.testing.assert_allclose(kernel.d2, exact[2], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("beta", [0.7, INF])
def test_other_models_are_special_cases(beta):
    h, std = np.linspace(-4, 4, 81), 0.3
    pairs = [
        (BinaryPerceptron(0.2, beta), IntervalModel([(0, INF)], 0.2, beta)),
        (SymmetricBinaryPerceptron(0.8, beta), IntervalModel([(-0.8, 0.8)], 0.0, beta)),
        (UShapePerceptron(0.8, beta), IntervalModel([(0.8, INF), (-INF, -0.8)], 0.0, beta)),
    ]
    for named, intervals in pairs:
        for one, other in zip(named.log_kernel(h, std), intervals.log_kernel(h, std), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-13)
        assert (named.allows(h) == intervals.allows(h)).all()
        assert named.is_even == intervals.is_even and named.is_concave == intervals.is_concave
        np.testing.assert_allclose(named.violation(h, std), intervals.violation(h, std), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("beta", [0.7, INF])
@pytest.mark.parametrize("model", [BANDS, UShapePerceptron(0.5), SymmetricBinaryPerceptron(0.5)], ids=str)
def test_cheap_probability(model, beta):
    h, model = np.linspace(-5, 5, 101), model.at(beta=beta)
    value, slope = model.probability(h, 0.3)
    kernel = model.log_kernel(h, 0.3)
    np.testing.assert_allclose(value, np.exp(kernel.log), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(slope, np.exp(kernel.log) * kernel.d1, rtol=1e-10, atol=1e-15)


@given(h=st.floats(-6, 6), std=st.floats(0.05, 2), kappa=st.floats(0.1, 2))
def test_u_shape_is_the_complement(h, std, kappa):
    total = np.exp(UShapePerceptron(kappa).log_probability(np.array(h), std).log)
    total += np.exp(SymmetricBinaryPerceptron(kappa).log_probability(np.array(h), std).log)
    assert abs(total - 1) < 1e-14


def test_sets_and_shifts():
    assert IntervalModel([(1, 2), (0, 1), (1.5, 3)]).intervals == ((0.0, 3.0),)
    assert BANDS.at(kappa=0.5).edges == (-1.5, -0.5, 0.3, 0.8, 1.5, 2.0)
    assert IntervalModel([(-1, 1)]).is_even and not IntervalModel([(-1, 1)], 0.1).is_even and not BANDS.is_even
    assert IntervalModel([(0, INF)], [0.0, 0.1]).log_kernel(np.zeros(2), 1.0).log.shape == (2,)
    assert IntervalModel.from_indicator(lambda h: h > 0.5, [0.5]) == IntervalModel([(0.5, INF)])
    assert len({BANDS, BANDS.at(kappa=0.0), BANDS.at(kappa=0.1), CustomModel(step), CustomModel(step)}) == 3
    assert CustomModel(step).at(beta=2.0) == CustomModel(step, beta=2.0) != CustomModel(log_step, log=True)
    assert BANDS.allows(np.array([-1.5, -0.5, 0.0, 0.3, 1.6])).tolist() == [True, False, True, True, False]


def test_containment():
    assert UShapePerceptron(0.5).contains(UShapePerceptron(0.7)) and not UShapePerceptron(0.5).contains(BANDS)
    assert SymmetricBinaryPerceptron(2.0).contains(BANDS)
    assert BinaryPerceptron(0.0).contains(BinaryPerceptron([-0.1, 0.0, 0.1])).tolist() == [False, True, True]
    assert IntervalModel([(-3, 3)]).contains(UShapePerceptron(0.5)) == np.False_


@pytest.mark.slow
def test_thresholds_and_zero_complexity_of_intervals():
    intervals, binary = IntervalModel([(0.0, INF)]), BinaryPerceptron()
    one, other = (rt.local_entropy(m, 0.5, 0.1, y="zero-complexity") for m in (intervals, binary))
    assert abs(one.entropy - other.entropy) < 1e-10 and abs(one.y - other.y) < 1e-8
    one, other = (rt.local_entropy(m, 0.4, 0.1, reference="solution", y=2.0) for m in (intervals, binary))
    assert abs(one.entropy - other.entropy) < 1e-10
    one, other = (rt.local_entropy_threshold(m, "slope").alpha for m in (intervals, binary))
    assert abs(one - other) < 1e-9
    assert abs(rt.minimum_distance(intervals, 0.5) - rt.minimum_distance(binary, 0.5)) < 1e-9
    one, other = (rt.robust_ensemble(m, 0.4, gamma=0.5, y=3.0) for m in (intervals, binary))
    assert abs(one.free_entropy - other.free_entropy) < 1e-10


@pytest.mark.parametrize("kappa", [0.3, 0.5, 0.8])
def test_u_shape_typical(kappa):
    """First moment exact: log 2 + alpha log 2H(kappa); stable at capacity up to 0.817 (Aubin et al. 2019)."""
    model = UShapePerceptron(kappa)
    log_p = np.log(2 * special.ndtr(-kappa))
    assert abs(rt.replica_symmetric(model, 0.4).entropy - np.log(2) - 0.4 * log_p) < 1e-14
    critical = rt.capacity(model)
    assert abs(critical.alpha + np.log(2) / log_p) < 1e-13 and critical.stability > 0
    # Fields (z1, z2): both outside [-kappa, kappa] = 1 - both marginals inside + both inside.
    inside, inner = 1 - np.exp(log_p), SymmetricBinaryPerceptron(kappa)
    both = np.exp(rt.planted_bound(inner, 1.0, 0.1) - rt.binary_entropy(0.1)) * inside
    expected = rt.binary_entropy(0.1) + 0.4 * (np.log(1 - 2 * inside + both) - log_p)
    assert abs(rt.planted_bound(model, 0.4, 0.1) - expected) < 1e-11


def test_u_shape_stability_limit():
    stability = rt.capacity(UShapePerceptron([0.817, 0.818])).stability
    assert stability[0] > 0 > stability[1]


@pytest.mark.slow
def test_band_and_half_line():
    """Replica-symmetric values from a plain fixed point; the other functions through their identities."""
    alpha, d = 0.3, np.array([0.05, 0.15])
    z, w = np.polynomial.hermite_e.hermegauss(120)
    w, q = w / w.sum(), 0.01
    for _ in range(200):
        q_hat = alpha * w @ HOLE.log_kernel(np.sqrt(q) * z, np.sqrt(1 - q)).d1 ** 2
        q = w @ np.tanh(np.sqrt(q_hat) * z) ** 2
    typical = rt.replica_symmetric(HOLE, alpha)
    assert abs(typical.q - q) < 1e-9  # Gauss-Hermite is exact to rounding at q = 0.04
    pairs = rt.local_entropy(HOLE, alpha, d, y=1.0)
    np.testing.assert_allclose(pairs.overlaps["phi"], typical.entropy + rt.binary_entropy(d), rtol=0, atol=1e-10)
    alone = rt.local_entropy(HOLE, alpha, d, reference="solution", y=0.0)
    np.testing.assert_allclose(alone.entropy, rt.franz_parisi(HOLE, alpha, d).entropy, rtol=0, atol=1e-9)
    assert (rt.local_entropy(HOLE, alpha, d).entropy > alone.entropy).all()


THIN = [(-3.5e-227, 2.3e-189), (5e-324, 1.5e-127), (-2e-289, 1.4e-123), (0.3, 0.3 + 1e-15)]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("thin", THIN)
def test_sets_of_no_width_beside_the_field(thin):
    """Ends that are one number beside h: the kernel is that of a point, without a word of numpy."""
    h, std, width = np.linspace(-6, 6, 13), 0.7, thin[1] - thin[0]
    alone, beside = IntervalModel([thin]), IntervalModel([thin, (1.0, 2.0)])
    point = np.log(width / std) - 0.5 * ((h - thin[0]) / std) ** 2 - 0.5 * np.log(2 * np.pi)
    kernel = alone.log_kernel(h, std)
    np.testing.assert_allclose(kernel.log, point, rtol=1e-12)  # rounding of the square
    np.testing.assert_allclose(kernel.d1, (thin[0] - h) / std**2, rtol=1e-12, atol=1e-12)
    # Beside an interval of some width it weighs nothing.
    for found, expected in zip(beside.log_kernel(h, std), IntervalModel([(1.0, 2.0)]).log_kernel(h, std), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)  # 1e-15 of width, tails against tails


@pytest.mark.parametrize("thin", [*THIN, (-1e-10, 1e-10)])
def test_thin_sets_allow_what_lies_in_them(thin):
    """The edges included, the middle, and nothing beside."""
    model, width = IntervalModel([thin]), thin[1] - thin[0]
    assert model.allows([*thin, 0.5 * (thin[0] + thin[1])]).all()
    assert not model.allows([thin[0] - 9 * width, thin[1] + 9 * width]).any()
    assert not model.contains(BANDS) and model.contains(model)
    assert IntervalModel([(thin[0] - 1, thin[1] + 1)]).contains(model)
