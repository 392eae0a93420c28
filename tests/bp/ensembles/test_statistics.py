"""Averages with errors: means, success probabilities, extrapolations whose errors are what they claim."""

import numba
import numpy as np
import pytest
from scipy import stats

from bp.ensembles.statistics import averaged, extrapolated, student, wilson
from bp.ensembles.table import Ensemble
from replica_theory import BinaryPerceptron

MODEL = BinaryPerceptron()


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """The instances are so small that threads would only wait for each other."""
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    yield
    numba.set_num_threads(threads)


def made(values, n, name="x"):
    """An ensemble of given numbers, one load."""
    array = np.asarray(values, dtype=float)[None]
    samples = array.shape[2]
    axes = np.array([0.5]), np.asarray(n), np.array([])
    return Ensemble(MODEL, *axes, {name: array}, 1, samples, "focusing-bp", "gaussian", 4, {})


def test_mean_and_its_error():
    values = [[1.0, 2.0, 4.0, np.nan], [3.0, np.nan, np.nan, -np.inf]]
    estimate = made(values, [10, 20]).mean("x", width=2.0)
    np.testing.assert_array_equal(estimate.count, [[3, 1]])
    np.testing.assert_allclose(estimate.mean, [[7 / 3, 3.0]], rtol=1e-15)
    np.testing.assert_allclose(estimate.error, [[np.std([1, 2, 4], ddof=1) / np.sqrt(3), np.nan]], rtol=1e-14)
    # two Gaussian deviations are sure to 95.45 %
    np.testing.assert_allclose(estimate.high - estimate.low, 2 * stats.t.isf(stats.norm.sf(2), 2) * estimate.error)


@pytest.mark.parametrize("samples", [2, 3, 5])
def test_the_interval_of_a_mean_holds_it_as_often_as_it_says(samples):
    # one standard error on either side holds it in 50, 58 and 63 % of the cases
    estimate = averaged(np.random.default_rng(samples).normal(size=(1, 4000, samples)))
    held = np.mean((estimate.low < 0) & (estimate.high > 0))
    assert held == pytest.approx(0.6827, abs=4 * np.sqrt(0.68 * 0.32 / 4000))


def test_students_widths():
    degrees = np.array([1.0, 3.0, 5.5, 1e9, np.inf])
    for width in (0.5, 1.0, 4.0, 10.0):
        known = stats.t.isf(stats.norm.sf(width), degrees[:-1])
        np.testing.assert_allclose(student(width, degrees), [*known, width], rtol=1e-9)


def test_wilson_interval():
    # 95 % intervals of Wilson's formula; none of 10 solved: z^2 / (n + z^2)
    z = 1.959963984540054
    estimate = made([[1.0] * 7 + [0.0] * 3, [0.0] * 10], [10, 20], "solved").mean("solved", width=z)
    np.testing.assert_allclose(estimate.low, [[0.39677815, 0.0]], atol=1e-8)
    np.testing.assert_allclose(estimate.high, [[0.89220873, z**2 / (10 + z**2)]], atol=1e-8)
    assert (estimate.error > 0).all()


@pytest.mark.parametrize("order", [1, 2])
def test_extrapolation_finds_exact_coefficients(order):
    n = np.array([101, 201, 401, 801])
    exact = np.array([0.3, -1.7, 40.0])[: order + 1]
    mean = (1.0 / n[:, None]) ** np.arange(order + 1) @ exact
    spread = np.array([4e-3, 3e-3, 2e-3, 1e-3])
    result = made(mean[:, None] + spread[:, None] * [-1, 1], n)
    fit = result.extrapolate("x", order=order)
    np.testing.assert_allclose(fit.coefficients[0], exact, rtol=1e-9)
    assert fit.chi2[0] == pytest.approx(0, abs=1e-18) and fit.dof[0] == 4 - order - 1
    # errors of the means are `spread` itself (two samples at +-spread); weights N, by hand
    design = (1.0 / n[:, None]) ** np.arange(order + 1)
    rows = np.linalg.inv(design.T @ np.diag(n) @ design) @ design.T @ np.diag(n)
    np.testing.assert_allclose(fit.covariance[0], (rows * spread**2) @ rows.T, rtol=1e-6)
    low, high = fit.interval()
    np.testing.assert_allclose([fit.value - low, high - fit.value], [fit.error, fit.error], rtol=1e-12)
    assert fit.error[0] == pytest.approx(student(1.0, fit.degrees)[0] * np.sqrt(fit.covariance[0, 0, 0]))


@pytest.mark.parametrize("samples", [2, 4, 8, 16, 64])
def test_an_extrapolation_is_right_as_often_as_its_error_says(samples):
    # 68.3 %; with weights from the estimated errors it was 59, 64 and 65 % at 4, 8 and 16 samples
    runs, n = 500, np.array([101, 201, 401, 801])
    noise = np.random.default_rng(samples).normal(size=(runs, 4, samples)) / np.sqrt(n)[:, None]
    fit = extrapolated(np.arange(runs), n, averaged(0.3 - 1.7 / n[:, None] + noise), 1)
    held = np.mean(np.abs(fit.value - 0.3) < fit.error)
    deviation = np.sqrt(0.68 * 0.32 / runs)
    assert -4 * deviation < held - 0.6827 < 4 * deviation + 0.05 * (samples == 2)  # that few: on the safe side
    low, high = fit.interval(1.96)
    assert np.mean((low < 0.3) & (high > 0.3)) > 0.95 - 4 * np.sqrt(0.95 * 0.05 / runs)
    assert np.mean(fit.probability < 0.05) < 0.05 + 4 * np.sqrt(0.05 * 0.95 / runs)


def test_an_extrapolation_prints_its_values_with_their_errors():
    fit = made([[0.49, 0.51], [0.39, 0.41], [0.355, 0.365]], [10, 20, 40]).extrapolate("x")
    assert str(fit) == "alpha = 0.5: 0.312 ± 0.010 (chi2 = 0.364, dof = 1)"
    empty = made([[1.0, np.nan], [1.0, 2.0]], [10, 20]).extrapolate("x")
    assert str(empty) == "alpha = 0.5: nan ± nan (chi2 = nan, dof = -1)"


def test_estimates_and_extrapolations_are_shown_in_a_line_and_equal_by_value():
    result = made([[0.49, 0.51], [0.39, 0.41], [0.355, 0.365]], [10, 20, 40])
    mean, fit = result.mean("x"), result.extrapolate("x")
    assert repr(mean) == "Estimate(shape (1, 3), mean = 0.36 to 0.5, error = 0.005 to 0.01)"
    assert repr(fit) == f"Extrapolation(shape (1,), value = {fit.value[0]:.6g}, error = {fit.error[0]:.6g})"
    assert mean == result.mean("x") and mean != result.mean("x", width=2.0) and mean != fit
    assert fit == result.extrapolate("x") and fit != result.extrapolate("x", order=2)
    empty = made([[1.0, np.nan], [1.0, 2.0]], [10, 20])
    assert empty.extrapolate("x") == empty.extrapolate("x")  # NaN and all


def test_an_extrapolation_says_whether_the_fit_describes_the_means():
    n, spread = np.array([10, 20, 40]), 0.01 * np.array([-1, 1])
    good, poor, missing = np.array([0.5, 0.4, 0.35]), np.array([0.5, 0.1, 0.5]), np.array([0.5, np.nan, np.nan])
    array = np.array([good, poor, missing])[:, :, None] + spread
    fit = extrapolated(np.array([0.1, 0.2, 0.3]), n, averaged(array), 1)
    # a single contrast: Student's t with the degrees of freedom of three means of two samples each
    contrast = np.cross(np.ones(3), 1.0 / n)
    freedom = np.sum(contrast**2) ** 2 / np.sum(contrast**4)
    expected = [2 * stats.t.sf(np.sqrt(chi2), freedom) for chi2 in fit.chi2[:2]]
    np.testing.assert_allclose(fit.probability, [*expected, np.nan], rtol=1e-12)
    assert expected[0] > 0.01 > expected[1]
    assert fit.message == (
        "Of 3 fits 1 describe the means, 1 do not (chi2 is larger than chance gives once in a hundred), "
        "1 have too few sizes with a mean and an error."
    )
    through = extrapolated(np.array([0.1]), n[:2], averaged(array[:1, :2]), 1)
    assert np.isnan(through.probability).all() and "1 pass through the means" in through.message


def test_extrapolation_without_enough():
    fit = made([[1.0, np.nan], [1.0, 2.0]], [10, 20]).extrapolate("x")  # nobody knows the scatter of the first
    assert np.isnan(fit.value[0]) and np.isnan(fit.error[0]) and fit.dof[0] == -1
    fit = made([[1.0, 1.0], [1.0, 2.0]], [10, 20]).extrapolate("x")  # the first does not scatter: it takes part
    assert fit.value[0] == pytest.approx(2.0) and fit.dof[0] == 0
    assert fit.covariance[0, 0, 0] == pytest.approx((2 * 0.5) ** 2) and fit.degrees[0] == pytest.approx(1)
    with pytest.raises(ValueError, match="a fit of order 2 needs at least 3 sizes"):
        made([[1.0, 2.0], [1.0, 2.0]], [10, 20]).extrapolate("x", order=2)


@pytest.mark.parametrize("width", [0.5, 1.0, 1.959963984540054, 3.0])
def test_wilsons_interval_is_that_of_scipy(width):
    level = stats.norm.cdf(width) - stats.norm.cdf(-width)
    for count in (1, 7, 64, 1000):
        for successes in {0, 1, count // 3, count}:
            low, high = wilson(np.array(successes / count), np.array(count), width)
            known = stats.binomtest(successes, count).proportion_ci(level, method="wilson")
            np.testing.assert_allclose([low, high], [known.low, known.high], atol=1e-14)


def test_a_very_wide_interval_still_lies_within_the_unit_interval():
    # as a level of confidence ten standard deviations are 1 to all digits
    estimate = averaged(np.array([[[0.0, 1.0, 1.0]]]), width=10.0, proportion=True)
    assert 0 < estimate.low.item() < 0.02 and 0.98 < estimate.high.item() < 1


def test_probabilities_are_weighted_alike_at_all_sizes():
    # their variance does not fall with N; with errors that are known, the interval is Gaussian
    solved = np.repeat([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]], 20, axis=1) * [[1], [1], [0]]
    n = np.array([101, 201, 401])
    fit, mean = made(solved, n, "solved").extrapolate("solved"), made(solved, n, "solved").mean("solved")
    expected = np.polyfit(1.0 / n, mean.mean[0], 1)
    np.testing.assert_allclose(fit.coefficients[0], expected[::-1], rtol=1e-9)
    assert fit.degrees[0] == np.inf and fit.error[0] == pytest.approx(np.sqrt(fit.covariance[0, 0, 0]))
    assert (mean.degrees == np.inf).all()
