"""U-shaped, interval and user-defined constraints: their kernels, what they refuse, and the whole theory on them."""

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


def gentle(mean, std):
    """Satisfied with probability 0.9 where h > 0, 0.1 elsewhere: binary at e^-beta = 1/9, times 0.9."""
    return 0.1 + 0.8 * special.ndtr(mean / std)


LIKE_BINARY = [
    IntervalModel([(0.0, INF)]),
    CustomModel(log_step, log=True, concave=True),
    CustomModel(step, concave=True),
]


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


def test_custom_derivatives():
    """Differences of order 12 with spacing std/10: 1e-13 |log P|/std, a hundred times more in the second."""
    h = np.linspace(-3, 3, 121)
    for std in (0.05, 0.5, 1.0):
        exact = BinaryPerceptron(0.3).log_kernel(h, std)
        size = 1 + np.abs(exact.log)
        for model in (CustomModel(log_step, log=True, kappa=0.3), CustomModel(step, kappa=0.3)):
            kernel = model.log_kernel(h, std)
            assert (np.abs(kernel.log - exact.log) <= 1e-14 * size).all()
            assert (np.abs(kernel.d1 - exact.d1) * std <= 1e-12 * size).all()
            assert (np.abs(kernel.d2 - exact.d2) * std**2 <= 1e-11 * size).all()


def test_probability_that_underflows_is_continued():
    kernel, exact = CustomModel(step).log_kernel(np.array([-4.0]), 0.05), BinaryPerceptron().log_kernel(-4.0, 0.05)
    assert kernel.log[0] == pytest.approx(exact.log, rel=1e-13) and kernel.d1[0] == pytest.approx(exact.d1, rel=1e-9)


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


@pytest.mark.parametrize("model", LIKE_BINARY, ids=["intervals", "log", "probability"])
def test_whole_theory_as_for_the_binary_perceptron(model):
    """Intervals: rounding. Own functions: differences of 1e-12 in the derivatives, and saddles solved to 1e-12."""
    binary, d = BinaryPerceptron(), np.array([0.05, 0.2])
    same = {"rtol": 0, "atol": 1e-10}
    for alpha in (0.3, 0.75):
        one, other = rt.replica_symmetric(model, alpha), rt.replica_symmetric(binary, alpha)
        for name in ("entropy", "q", "q_hat", "stability"):
            assert abs(getattr(one, name) - getattr(other, name)) < 1e-10
    h = np.array([-0.5, 0.3, 1.0])
    np.testing.assert_allclose(
        one.stability_distribution(h), other.stability_distribution(h), **same
    )  # fmt: skip
    assert abs(rt.capacity(model).alpha - rt.capacity(binary).alpha) < 1e-10
    np.testing.assert_allclose(rt.franz_parisi(model, 0.4, d).entropy, rt.franz_parisi(binary, 0.4, d).entropy, **same)
    np.testing.assert_allclose(rt.planted_bound(model, 0.4, d), rt.planted_bound(binary, 0.4, d), **same)
    around_solutions = [{"y": 2.0, "reference": "solution", "kappa_ref": 0.1}]
    if model != CustomModel(step, concave=True):
        around_solutions = []  # slow, and once is enough
    for options in [{"y": 3.0}, {"y": INF}, *around_solutions]:
        one, other = (rt.local_entropy(m, 0.4, d, **options) for m in (model, binary))
        np.testing.assert_allclose(one.entropy, other.entropy, **same)
        np.testing.assert_allclose(one.slope, other.slope, rtol=0, atol=2e-7)


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


def test_soft_constraint_is_a_temperature():
    """0.1 + 0.8 P = 0.9 [e^-beta + (1 - e^-beta) P] at e^-beta = 1/9: each pattern adds log 0.9."""
    soft, thermal, alpha, d = CustomModel(gentle), BinaryPerceptron(0.0, np.log(9.0)), 0.8, np.array([0.1, 0.25])
    shift = alpha * np.log(0.9)
    one, other = rt.replica_symmetric(soft, alpha), rt.replica_symmetric(thermal, alpha)
    assert abs(one.free_entropy - other.free_entropy - shift) < 1e-12 and abs(one.q - other.q) < 1e-10
    h = np.linspace(-6, 6, 1201)
    assert abs(np.trapezoid(one.stability_distribution(h), h) - 1) < 0.01  # the jump at 0: half a spacing of 0.01
    one, other = rt.franz_parisi(soft, alpha, d), rt.franz_parisi(thermal, alpha, d)
    np.testing.assert_allclose(one.entropy, other.overlaps["free_entropy"] + shift, rtol=0, atol=1e-10)
    for y in (2.0, INF):
        one, other = rt.local_entropy(soft, alpha, d, y=y), rt.local_entropy(thermal, alpha, d, y=y)
        np.testing.assert_allclose(one.entropy, other.overlaps["free_entropy"] + shift, rtol=0, atol=1e-9)
    # A planted pair: P(both satisfied) = 0.01 + 0.16 H + 0.64 P(two positive) with H = 1/2.
    t = 1 - 2 * d
    pair = 0.01 + 0.08 + 0.64 * (0.25 + np.arcsin(t) / (2 * np.pi))
    expected = rt.binary_entropy(d) + alpha * np.log(pair / 0.5)
    np.testing.assert_allclose(rt.planted_bound(soft, alpha, d), expected, rtol=0, atol=1e-9)


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


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: UShapePerceptron(0.0), ValueError, "kappa must be positive for |h| >= kappa"),
        (lambda: IntervalModel([]), ValueError, "intervals must be a list of pairs (a, b), at least one"),
        (lambda: IntervalModel([(1, 0)]), ValueError, "every interval (a, b) needs a < b"),
        (lambda: IntervalModel([(0, np.nan)]), ValueError, "every interval (a, b) needs a < b"),
        (lambda: IntervalModel([(-INF, 1), (0, INF)]), ValueError, "intervals must forbid something"),
        (lambda: IntervalModel(["ab"]), TypeError, "intervals must be a real number or an array"),
        (lambda: IntervalModel(3), TypeError, "intervals must be a list of pairs (a, b); got 3"),
        (lambda: IntervalModel((0, 1)), ValueError, "intervals must be a list of pairs (a, b), at least one"),
        (lambda: IntervalModel.from_indicator(bool, []), ValueError, "edges must name the places"),
        (lambda: CustomModel(0.5), TypeError, "function must be callable as function(mean, std); got 0.5"),
        (lambda: CustomModel(step, edges=[]), ValueError, "edges must be finite, in increasing order"),
        (lambda: CustomModel(step, edges=[1, 0]), ValueError, "edges must be finite, in increasing order"),
        (lambda: CustomModel(lambda m, s: 1.5 * step(m, s)), ValueError, "function must return P in [0, 1]; got 1.49"),
        (lambda: CustomModel(lambda m, s: step(m, s) - 0.5), ValueError, "function must return P in [0, 1]; got -0."),
        (lambda: CustomModel(lambda m, s: np.nan * (m + s)), ValueError, "function must return P in [0, 1]; got nan"),
        (lambda: CustomModel(step, log=True), ValueError, "function must return log P with P in [0, 1]"),
        (lambda: CustomModel(lambda m, s: 0.5), ValueError, "function must return real values of shape"),
        (lambda: CustomModel(lambda m, s: step(m, s).sum()), ValueError, "function must return real values of shape"),
        (lambda: CustomModel(lambda m: m), ValueError, "function(mean, std) must take arrays that broadcast"),
        (lambda: CustomModel(lambda m, s: 0 * (m + s)), ValueError, "function must allow something"),
        (lambda: CustomModel(lambda m, s: special.expit(m / s)), ValueError, "no probability of a Gaussian field"),
        (lambda: CustomModel(step, even=True), ValueError, "declared even, but P(-h) differs"),
        (lambda: CustomModel(gentle, concave=True), ValueError, "declared concave, but log P is not"),
        (lambda: CustomModel(step, beta=-1.0), ValueError, "beta must be non-negative"),
        (lambda: rt.local_entropy(UShapePerceptron(0.5), 0.3, 0.1, reference="solution", kappa_ref=0.4), ValueError,
         "the reference must satisfy the model's own constraint: kappa_ref=0.4, kappa=0.5"),
    ],
)  # fmt: skip
def test_refusals(build, error, message):
    with pytest.raises(error) as caught:
        build()
    assert message in str(caught.value)
