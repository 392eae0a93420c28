"""Fits in 1/N: the values, and that errors made of a few instances are as large as they claim."""

import numpy as np
import pytest
from scipy import stats

from bp.ensembles.fit import fitted
from bp.ensembles.statistics import student

N = np.array([51, 101, 201, 401, 801])
MANY = np.full(5, 100)


@pytest.mark.parametrize("order", [1, 2])
def test_a_fit_leaves_out_what_has_no_error_and_solves_the_normal_equations(order):
    mean, error = np.array([0.31, 0.3, np.nan, 0.29, 0.28]), np.array([2.0, 1.0, 1.0, 0.5, 0.5]) / 100
    count = np.array([10, 20, 30, 40, 50])
    fit = fitted(N, mean, error, count, count - 1.0, order)
    used = np.isfinite(mean)
    design = (1.0 / N[used, None]) ** np.arange(order + 1)
    weights = np.diag((count * N)[used].astype(float))
    rows = np.linalg.inv(design.T @ weights @ design) @ design.T @ weights
    np.testing.assert_allclose(fit.coefficients, rows @ mean[used], rtol=1e-7)  # the normal equations lose digits
    np.testing.assert_allclose(fit.covariance, (rows * error[used] ** 2) @ rows.T, rtol=1e-7)
    shares = rows[0] ** 2 * error[used] ** 2
    assert fit.degrees == pytest.approx(shares.sum() ** 2 / np.sum(shares**2 / (count[used] - 1)), rel=1e-7)
    # chi2: the least of any weighting, that with the errors
    best = np.polyfit(1.0 / N[used], mean[used], order, w=1 / error[used])
    chi2 = np.sum(((np.polyval(best, 1.0 / N[used]) - mean[used]) / error[used]) ** 2)
    assert fit.chi2 == pytest.approx(chi2, rel=1e-9) and fit.dof == 4 - order - 1


def test_known_errors_give_the_chi2_distribution():
    fit = fitted(N, np.array([0.5, 0.42, 0.3, 0.38, 0.3]), np.full(5, 0.05), MANY, np.full(5, np.inf), 1)
    assert fit.degrees == np.inf and fit.probability == pytest.approx(stats.chi2.sf(fit.chi2, 3), rel=1e-9)


def test_one_contrast_is_a_test_of_welch_and_satterthwaite():
    # three sizes, a line: the residual is one contrast of the means, chi2 the square of Student's t
    n, mean, error, degrees = N[:3], np.array([0.5, 0.35, 0.33]), np.array([3.0, 2.0, 4.0]) / 100, np.array([3.0, 4, 9])
    fit = fitted(n, mean, error, MANY[:3], degrees, 1)
    contrast = np.cross(np.ones(3), 1.0 / n)
    shares = contrast**2 * error**2
    t = contrast @ mean / np.sqrt(shares.sum())
    freedom = shares.sum() ** 2 / np.sum(shares**2 / degrees)
    assert fit.chi2 == pytest.approx(t**2, rel=1e-9)
    assert fit.probability == pytest.approx(2 * stats.t.sf(abs(t), freedom), rel=1e-9)


def test_sizes_without_scatter_take_part():
    exact = 0.3 + 2.0 / N
    fit = fitted(N, exact, np.zeros(5), MANY, MANY - 1.0, 1)
    np.testing.assert_allclose(fit.coefficients, [0.3, 2.0], rtol=1e-12)
    assert fit.covariance[0, 0] == 0 and fit.degrees == 495 and fit.dof == 3 and fit.probability > 0.05
    bent = fitted(N, exact + (N == 201) * 0.01, np.zeros(5), MANY, MANY - 1.0, 1)
    assert bent.chi2 > 1e20 and bent.probability < 1e-9
    nothing = fitted(N, np.zeros(5), np.zeros(5), MANY, MANY - 1.0, 1)
    assert nothing.coefficients.tolist() == [0.0, 0.0] and nothing.chi2 == 0


@pytest.mark.parametrize("law", [0.0, 1.0, 2.0])
@pytest.mark.parametrize("samples", [2, 4, 8])
def test_intervals_hold_the_truth_as_often_as_they_say(law, samples):
    # variances ~ N^-law, of which the fit knows nothing; at 4 samples weights from estimated errors gave 59 and 83 %
    rng, n, count = np.random.default_rng(int(10 * law) + samples), N[1:], np.full(4, samples)
    runs, values, chi2 = 600, [], []
    for _ in range(runs):
        x = 0.3 - 1.7 / n[:, None] + n[:, None] ** (-law / 2) * rng.normal(size=(4, samples))
        error = x.std(axis=1, ddof=1) / np.sqrt(samples)
        fit = fitted(n, x.mean(axis=1), error, count, count - 1.0, 1)
        values.append(((fit.coefficients[0] - 0.3) / np.sqrt(fit.covariance[0, 0]), fit.degrees))
        chi2.append(fit.probability)
    z, degrees = np.transpose(values)
    for width, level in ((1.0, 0.6827), (1.96, 0.95)):
        held = np.mean(np.abs(z) < student(width, degrees))
        deviation = np.sqrt(level * (1 - level) / runs)
        # four binomial deviations below; above, the approximation errs on the safe side (up to 5 % at 2 samples)
        assert -4 * deviation < held - level < 4 * deviation + 0.05 * (samples == 2)
    assert np.mean(np.array(chi2) < 0.05) < 0.05 + 4 * np.sqrt(0.05 * 0.95 / runs)


def test_frequencies_are_extrapolated_with_intervals_that_hold():
    rng, n, samples, runs, held = np.random.default_rng(3), N[1:], np.full(4, 30), 600, 0
    for _ in range(runs):
        p = rng.binomial(30, 0.4 - 10 / n) / 30
        error = np.sqrt(p * (1 - p) / 30 + 1 / 3600) / (1 + 1 / 30)  # Wilson's half width at one deviation
        fit = fitted(n, p, error, samples, np.full(4, np.inf), 1, scaling=0.0)
        held += abs(fit.coefficients[0] - 0.4) < np.sqrt(fit.covariance[0, 0])
    assert held / runs == pytest.approx(0.6827, abs=4 * np.sqrt(0.68 * 0.32 / runs))
