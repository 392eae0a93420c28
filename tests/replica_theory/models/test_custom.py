"""U-shaped, interval and user-defined constraints: their kernels, what they refuse, and the whole theory on them."""

import numpy as np
import pytest
from scipy import special

import replica_theory as rt
from replica_theory import BinaryPerceptron, CustomModel, IntervalModel, UShapePerceptron

INF = np.inf


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


@pytest.mark.slow
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


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: UShapePerceptron(0.0), ValueError, "kappa must be positive for |h| >= kappa"),
        (lambda: IntervalModel([]), ValueError, "intervals must be a list of pairs (a, b), at least one"),
        (lambda: IntervalModel([(1, 0)]), ValueError, "intervals: every (a, b) needs a < b"),
        (lambda: IntervalModel([(0, np.nan)]), ValueError, "intervals: every (a, b) needs a < b"),
        (lambda: IntervalModel([(-INF, 1), (0, INF)]), ValueError, "intervals must forbid something"),
        (lambda: IntervalModel(["ab"]), TypeError, "intervals must be a real number or an array"),
        (lambda: IntervalModel(3), ValueError, "intervals must be a list of pairs (a, b), at least one; got 3"),
        (lambda: IntervalModel((0, 1)), ValueError, "intervals must be a list of pairs (a, b), at least one"),
        (lambda: IntervalModel.from_indicator(bool, []), ValueError, "edges must be numbers in a row, at least one"),
        (lambda: CustomModel(0.5), TypeError, "function must be callable as function(mean, std); got 0.5"),
        (lambda: CustomModel(step, edges=[]), ValueError, "edges must be numbers in a row, at least one"),
        (lambda: CustomModel(step, edges=[1, 0]), ValueError, "edges must be in increasing order, none twice"),
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


def test_words_that_are_the_same_in_every_process():
    """No address of a function, but its name and what it gives: fingerprints of instances hold these words."""
    same, other = (CustomModel(lambda mean, std, c=c: special.ndtr((mean - c) / std)) for c in (0.0, 0.5))
    again = CustomModel(lambda mean, std, c=0.0: special.ndtr((mean - c) / std))
    assert repr(same) == repr(again) != repr(other) and " at 0x" not in repr(same)
