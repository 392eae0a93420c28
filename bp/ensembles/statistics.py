"""Averages with errors: means, success probabilities, extrapolations in 1/N."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc

from replica_theory.arguments import POSITIVE, checked_number
from replica_theory.results.presentation import equal, in_a_line, ranged
from replica_theory.typing import Array

_RARE = 0.01
"""A chi2 that chance exceeds less often speaks against the fit."""


class _ByValue:
    """Equal if of one class with equal contents, NaN being equal to itself."""

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        names = [field.name for field in fields(self)]  # type: ignore[arg-type]
        return all(equal(getattr(self, name), getattr(other, name)) for name in names)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, eq=False)
class Estimate(_ByValue):
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

    def __repr__(self) -> str:
        return in_a_line(type(self).__name__, [], "mean", self.mean, f"error = {ranged(self.error)}")


@dataclass(frozen=True, eq=False)
class Extrapolation(_ByValue):
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

    Notes
    -----
    The instances of different sizes are independent, so the errors of the means are. Their loads are
    round(αN)/N: take sizes at which αN is an integer, or the rounding alike, or it enters the fit as noise.
    """

    alpha: Array
    value: Array
    error: Array
    chi2: Array
    dof: NDArray[np.int64]
    coefficients: Array
    covariance: Array

    @property
    def probability(self) -> Array:
        r"""How often chance alone gives a `chi2` at least as large, :math:`\Gamma(\nu/2,\chi^2/2)/\Gamma(\nu/2)`.

        Here :math:`\nu` is `dof`; NaN where that is 0 or less, as nothing is left to judge the fit by. With few samples
        the errors of the means are uncertain, and small probabilities come more often.
        """
        known = self.dof > 0
        return np.where(known, gammaincc(np.where(known, self.dof, 2) / 2, self.chi2 / 2), np.nan)

    @property
    def message(self) -> str:
        """How many of the fits describe the means, in a sentence: those whose `probability` is at least 1 %."""
        missing, tested = int(np.sum(np.isnan(self.value))), int(np.sum(self.dof > 0))
        poor = int(np.sum(self.probability < _RARE))
        ends = {
            "describe the means": tested - poor,
            "do not (chi2 is larger than chance gives once in a hundred)": poor,
            "pass through the means, with none left to judge by": self.value.size - tested - missing,
            "have too few sizes with a mean and an error": missing,
        }
        found = ", ".join(f"{count} {what}" for what, count in ends.items() if count)
        return f"Of {self.value.size} fits {found}."

    def __repr__(self) -> str:
        return in_a_line(type(self).__name__, [], "value", self.value, f"error = {ranged(self.error)}")

    def __str__(self) -> str:
        """Every value with its error and how well the fit describes the means, a line for each."""
        lines = []
        for place in np.ndindex(self.value.shape):
            value = quoted(float(self.value[place]), float(self.error[place]))
            where = "".join(f"[{k}]" for k in place[1:])
            fit = f"chi2 = {self.chi2[place]:.3g}, dof = {self.dof[place]}"
            lines.append(f"alpha = {self.alpha[place[0]]:g}{where}: {value} ({fit})")
        return "\n".join(lines)


def averaged(values: Array, *, width: float = 1.0, proportion: bool = False) -> Estimate:
    """Means over the third axis, without what is not finite.

    Parameters
    ----------
    values : array, shape (n_alpha, n_n, samples, ...)
    width : float
        Half width of the interval in standard deviations.
    proportion : bool
        Whether the values are 0 or 1: the interval is Wilson's then.

    Raises
    ------
    TypeError, ValueError
        If `width` is not a positive number.
    """
    checked_number("width", width, POSITIVE)
    finite = np.isfinite(values)
    count = finite.sum(axis=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(finite, values, 0.0).sum(axis=2) / count
        if proportion:
            low, high = wilson(mean, count, 1.0)
            return Estimate(mean, (high - low) / 2, *wilson(mean, count, width), count)
        squares = np.where(finite, values - mean[:, :, None], 0.0) ** 2
        error = np.where(count > 1, np.sqrt(squares.sum(axis=2) / (count - 1) / count), np.nan)
    return Estimate(mean, error, mean - width * error, mean + width * error, count)


def extrapolated(alpha: Array, n: NDArray[np.int64], estimate: Estimate, order: int) -> Extrapolation:
    """Fits of the means along their second axis, that of the sizes `n`.

    Raises
    ------
    ValueError
        If `order` is neither 1 nor 2, or there are no more sizes than that.
    """
    if order not in (1, 2):
        raise ValueError(f"order must be 1 or 2; got {order!r}")
    if len(n) <= order:
        raise ValueError(f"a fit of order {order} needs at least {order + 1} sizes n; got {n.tolist()}")
    mean, error = (np.moveaxis(a, 1, -1) for a in (estimate.mean, estimate.error))
    shape, k = mean.shape[:-1], order + 1
    rows = zip(mean.reshape(-1, len(n)), error.reshape(-1, len(n)), strict=True)
    fits = [weighted_fit(n, *row, order) for row in rows]
    coefficients = np.array([fit[0] for fit in fits]).reshape(*shape, k)
    covariance = np.array([fit[1] for fit in fits]).reshape(*shape, k, k)
    chi2 = np.array([fit[2] for fit in fits]).reshape(shape)
    dof = np.array([fit[3] for fit in fits]).reshape(shape)
    value, error = coefficients[..., 0], np.sqrt(covariance[..., 0, 0])
    return Extrapolation(alpha, value, error, chi2, dof, coefficients, covariance)


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
    r"""Ends of Wilson's interval of a probability at `z` standard deviations, from the fraction `p` of `count` trials.

    .. math:: \frac{p + z^2/2n \pm z\sqrt{p(1-p)/n + z^2/4n^2}}{1 + z^2/n},

    as ``scipy.stats.binomtest(...).proportion_ci(method="wilson")``, which takes `z` as a level of confidence: that has
    ten digits less at z = 6 and none from z = 8.3 on.
    """
    centre = p + z**2 / (2 * count)
    half = z * np.sqrt(p * (1 - p) / count + z**2 / (4.0 * count**2))
    return (centre - half) / (1 + z**2 / count), (centre + half) / (1 + z**2 / count)


def weighted_fit(n: NDArray[Any], mean: Array, error: Array, order: int) -> tuple[Array, Array, float, int]:
    """Polynomial in 1/N weighted with the errors: coefficients (constant first), covariance, chi2, dof."""
    usable = np.isfinite(mean) & np.isfinite(error) & (error > 0)
    k = order + 1
    dof = int(usable.sum()) - k
    if dof < 0:
        return np.full(k, np.nan), np.full((k, k), np.nan), np.nan, dof
    x, y, weight = 1.0 / n[usable], mean[usable], 1 / error[usable]
    falling, covariance = np.polyfit(x, y, order, w=weight, cov="unscaled")
    chi2 = float(np.sum((weight * (np.polyval(falling, x) - y)) ** 2))
    return falling[::-1], covariance[::-1, ::-1], chi2, dof
