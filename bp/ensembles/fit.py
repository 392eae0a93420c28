r"""A polynomial in 1/N through means whose errors are themselves estimated, often from a handful of instances."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, gammaincc

from replica_theory.typing import Array

_ROUNDING = 1e-15  # of a mean, relative: errors below it say nothing
_KNOWN = 1e-8  # an F distribution so near to chi2's is taken for it


class Fit(NamedTuple):
    """Outcome of `fitted`.

    Attributes
    ----------
    coefficients : array, shape (k,)
        Constant first.
    covariance : array, shape (k, k)
        Of the coefficients.
    degrees : float
        Degrees of freedom of the error of the constant.
    chi2 : float
        Least sum of squared residuals in standard errors.
    dof : int
        Sizes that took part minus coefficients.
    probability : float
        How often chance alone gives a `chi2` at least as large; NaN where `dof` is 0 or less.
    """

    coefficients: Array
    covariance: Array
    degrees: float
    chi2: float
    dof: int
    probability: float


def fitted(
    n: NDArray[Any], mean: Array, error: Array, count: NDArray[Any], degrees: Array, order: int, scaling: float = 1.0
) -> Fit:
    r"""Fit of :math:`a + b/N (+ c/N^2)` to means of different sizes.

    The weights are :math:`w_i = m_i N_i^s` for `m` instances, whatever these have shown: the variance of an intensive
    quantity falls as 1/N, that of a frequency does not. (Weights from estimated errors favour the sizes whose scatter
    came out too small, and the error of the fit with them.) The errors come from the scatter. With
    :math:`a = \sum_i c_i\bar x_i` and the standard errors :math:`\sigma_i` that have :math:`\nu_i` degrees of freedom,

    .. math:: \sigma_a^2 = \sum_i c_i^2\sigma_i^2, \qquad
              \nu = \frac{\sigma_a^4}{\sum_i c_i^4\sigma_i^4/\nu_i},

    which is unbiased for any law of the scatter; :math:`(a - a_\infty)/\sigma_a` follows Student's t with
    :math:`\nu` degrees of freedom (Welch and Satterthwaite).

    Parameters
    ----------
    n : array, shape (sizes,)
    mean, error : array, shape (sizes,)
        Sizes without a finite mean and error do not take part.
    count : array, shape (sizes,)
        Instances.
    degrees : array, shape (sizes,)
        Degrees of freedom of the errors; ``inf`` where they are known otherwise.
    order : int
        Highest power of 1/N.
    scaling : float
        The power `s` with which the variance of an instance falls.

    References
    ----------
    Welch, Biometrika 34, 28 (1947). Johansen, Biometrika 67, 85 (1980): law of `chi2`.

    Examples
    --------
    >>> n, few = np.array([100, 200, 400]), np.array([4, 4, 4])
    >>> fit = fitted(n, 0.3 + 2 / n, 0.1 / n**0.5, few, few - 1.0, order=1)
    >>> fit.coefficients.round(12).tolist(), round(fit.degrees, 2), fit.dof
    ([0.3, 2.0], 5.26, 1)
    """
    usable = np.isfinite(mean) & np.isfinite(error)
    k = order + 1
    dof = int(usable.sum()) - k
    if dof < 0:
        return Fit(np.full(k, np.nan), np.full((k, k), np.nan), np.nan, np.nan, dof, np.nan)
    inverse, y, degrees = 1.0 / n[usable], mean[usable], degrees[usable]
    variance = error[usable] ** 2
    weights = count[usable] / inverse**scaling
    scale = inverse.max()
    design = np.vander(inverse / scale, k, increasing=True)
    units = scale ** -np.arange(k)
    rows = units[:, None] * _solver(design, weights)
    covariance = (rows * variance) @ rows.T
    chi2, probability = _residuals(design, y, variance, degrees, dof)
    return Fit(rows @ y, covariance, _degrees(rows[0] ** 2 * variance, degrees), chi2, dof, probability)


def _solver(design: Array, weights: Array) -> Array:
    """The rows that make the coefficients of a weighted fit out of the means."""
    root = np.sqrt(weights / weights.max())
    return np.asarray(np.linalg.pinv(design * root[:, None]) * root)


def _degrees(shares: Array, degrees: Array) -> float:
    """Degrees of freedom of a sum of estimated variances."""
    total = float(shares.sum())
    if total == 0:
        return float(degrees.sum())
    spread = float(np.sum((shares / total) ** 2 / degrees))
    return 1 / spread if spread else np.inf


def _residuals(design: Array, y: Array, variance: Array, degrees: Array, dof: int) -> tuple[float, float]:
    r"""The least chi2 of any fit, and how often chance exceeds it.

    With :math:`A = \sum_i(1-h_i)^2/\nu_i`, `h` the leverages and `f` = `dof`, chi2 over :math:`f + 2A - 6A/(f+2)`
    follows an F distribution with `f` and :math:`f(f+2)/3A` degrees of freedom (Welch and James; for known errors, A =
    0, that is chi2 itself). It is the tail of a beta distribution.
    """
    variance = np.maximum(variance, (_ROUNDING * np.abs(y).max()) ** 2)
    if not dof or not variance.all():
        return 0.0, np.nan
    root = 1 / np.sqrt(variance)
    basis = np.linalg.qr(design * root[:, None])[0]
    target = y * root
    residual = target - basis @ (basis.T @ target)
    chi2 = float(residual @ residual)
    uncertain = float(np.sum((1 - np.sum(basis**2, axis=1)) ** 2 / degrees))
    if uncertain < _KNOWN:
        return chi2, float(gammaincc(dof / 2, chi2 / 2))
    scaled = chi2 / (dof + 2 * uncertain - 6 * uncertain / (dof + 2)) * dof
    second = dof * (dof + 2) / (3 * uncertain)
    return chi2, float(betainc(second / 2, dof / 2, second / (second + scaled)))
