"""Averages with errors: means, success probabilities, extrapolations in 1/N."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from replica_theory.typing import Array


@dataclass(frozen=True, eq=False)
class Estimate:
    """Means over the instances of an ensemble.

    Attributes
    ----------
    mean, error : array, shape (n_alpha, n_n, ...)
        Mean over the instances where the measurement has a finite value, and its standard error (NaN with fewer than
        two); for ``"solved"`` half of the Wilson interval at one standard deviation, which is never zero.
    low, high : array
        Ends of the interval that was asked for.
    count : array of int
        Instances that contributed.
    """

    mean: Array
    error: Array
    low: Array
    high: Array
    count: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Extrapolation:
    r"""Weighted fit :math:`a + b/N (+ c/N^2)` at every load.

    Attributes
    ----------
    alpha : array, shape (n_alpha,)
        Loads asked for.
    value, error : array, shape (n_alpha, ...)
        The value `a` at :math:`N=\infty` and its standard error; NaN where fewer sizes than coefficients have a mean
        with an error.
    chi2 : array
        Sum of squared residuals in standard errors.
    dof : array of int
        Sizes that took part minus coefficients; `chi2` should be about as large.
    coefficients : array, shape (n_alpha, ..., k)
        `a`, `b` (and `c`).
    covariance : array, shape (n_alpha, ..., k, k)
        Of the coefficients, from the standard errors of the means as they are (not rescaled by `chi2`).
    """

    alpha: Array
    value: Array
    error: Array
    chi2: Array
    dof: NDArray[np.int64]
    coefficients: Array
    covariance: Array

    def __str__(self) -> str:
        """Every value with its error and how well the fit describes the means, a line for each."""
        lines = []
        for place in np.ndindex(self.value.shape):
            value = quoted(float(self.value[place]), float(self.error[place]))
            where = "".join(f"[{k}]" for k in place[1:])
            fit = f"chi2 = {self.chi2[place]:.3g}, dof = {self.dof[place]}"
            lines.append(f"alpha = {self.alpha[place[0]]:g}{where}: {value} ({fit})")
        return "\n".join(lines)


def quoted(value: float, error: float) -> str:
    """A value with its error, which has two significant digits.

    Examples
    --------
    >>> quoted(0.3143987, 0.00123), quoted(1234.5, 67.8)
    ('0.3144 ± 0.0012', '1234 ± 68')
    """
    if not (np.isfinite(value) and np.isfinite(error) and error > 0):
        return f"{value:.6g} ± {error:.2g}"
    digits = max(0, 1 - int(np.floor(np.log10(error))))
    return f"{value:.{digits}f} ± {error:.{digits}f}"


def wilson(p: Array, count: NDArray[np.int64], z: float) -> tuple[Array, Array]:
    """Ends of the interval of a probability from the fraction `p` of `count` trials."""
    centre = p + z**2 / (2 * count)
    half = z * np.sqrt(p * (1 - p) / count + z**2 / (4.0 * count**2))
    return (centre - half) / (1 + z**2 / count), (centre + half) / (1 + z**2 / count)


def weighted_fit(powers: Array, mean: Array, error: Array) -> tuple[Array, Array, float, int]:
    """Weighted least squares: coefficients, their covariance, chi2 and degrees of freedom."""
    usable = np.isfinite(mean) & np.isfinite(error) & (error > 0)
    k = powers.shape[1]
    dof = int(usable.sum()) - k
    if dof < 0:
        return np.full(k, np.nan), np.full((k, k), np.nan), np.nan, dof
    scale = powers.max(axis=0)  # columns of like size: 1/N^2 beside 1 would cost digits
    design = (powers / scale)[usable] / error[usable, None]
    target = mean[usable] / error[usable]
    solution = np.linalg.lstsq(design, target, rcond=None)[0]
    covariance = np.linalg.inv(design.T @ design)
    chi2 = float(np.sum((design @ solution - target) ** 2))
    return solution / scale, covariance / np.outer(scale, scale), chi2, dof
