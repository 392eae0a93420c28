import numpy as np
import pytest
from scipy import stats

from bp.ensembles.statistics import averaged, weighted_fit, wilson


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


@pytest.mark.parametrize("order", [1, 2])
def test_a_fit_leaves_out_what_has_no_error_and_solves_the_normal_equations(order):
    n = np.array([51, 101, 201, 401, 801])
    mean, error = np.array([0.31, 0.3, np.nan, 0.29, 0.28]), np.array([2.0, 1.0, 1.0, 0.5, 0.5]) / 100
    coefficients, covariance, chi2, dof = weighted_fit(n, mean, error, order)
    used = np.isfinite(mean)
    design = (1.0 / n[used, None]) ** np.arange(order + 1) / error[used, None]
    target = mean[used] / error[used]
    expected = np.linalg.inv(design.T @ design)
    np.testing.assert_allclose(covariance, expected, rtol=1e-7)
    np.testing.assert_allclose(coefficients, expected @ design.T @ target, rtol=1e-7)
    assert chi2 == pytest.approx(np.sum((design @ coefficients - target) ** 2), rel=1e-9)
    assert dof == 4 - order - 1
