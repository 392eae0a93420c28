"""Averages with errors: means, success probabilities, extrapolations in 1/N."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtrit

from bp.ensembles.fit import fitted
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
        Ends of the interval that was asked for. It holds the mean of all instances as often as a Gaussian variable
        comes to lie within so many standard deviations: Student's interval, with `count` - 1 degrees of freedom (of 3
        instances that of one standard deviation is 1.32 standard errors wide on either side), or Wilson's.
    count : array of int
        Instances that contributed.
    degrees : array
        Degrees of freedom of the error; ``inf`` for ``"solved"``.
    """

    mean: Array
    error: Array
    low: Array
    high: Array
    count: NDArray[np.int64]
    degrees: Array

    def __repr__(self) -> str:
        return in_a_line(type(self).__name__, [], "mean", self.mean, f"error = {ranged(self.error)}")


@dataclass(frozen=True, eq=False)
class Extrapolation(_ByValue):
    r"""Fit :math:`a + b/N (+ c/N^2)` at every load.

    Attributes
    ----------
    alpha : array, shape (n_alpha,)
        Loads asked for.
    value, error : array, shape (n_alpha, ...)
        The value `a` at :math:`N=\infty`, and half of the interval around it that holds the truth in 68.3 % of the
        cases: Student's, which is wider than the standard error where few instances tell the scatter. NaN where fewer
        sizes than coefficients have a mean with an error.
    chi2 : array
        Least sum of squared residuals in standard errors.
    dof : array of int
        Sizes that took part minus coefficients; `chi2` should be about as large, or somewhat larger with few samples.
    coefficients : array, shape (n_alpha, ..., k)
        `a`, `b` (and `c`).
    covariance : array, shape (n_alpha, ..., k, k)
        Of the coefficients, from the standard errors of the means as they are (not rescaled by `chi2`): the standard
        error of the value is the root of its first entry.
    degrees : array
        Degrees of freedom of that standard error (Welch and Satterthwaite).
    probability : array
        How often chance alone gives a `chi2` at least as large, with the errors as uncertain as they are (Welch and
        James); NaN where `dof` is 0 or less, as nothing is left to judge the fit by.

    Notes
    -----
    The sizes are weighted with the number of instances, times N (but for probabilities) as the variance of an
    intensive quantity falls with 1/N; the errors come from the scatter found, whatever its law
    (``bp.ensembles.fit``). The instances of different sizes are independent, so the errors of the means are. Their
    loads are round(αN)/N: take sizes at which αN is an integer, or the rounding alike, or it enters the fit as noise.
    """

    alpha: Array
    value: Array
    error: Array
    chi2: Array
    dof: NDArray[np.int64]
    coefficients: Array
    covariance: Array
    degrees: Array
    probability: Array

    def interval(self, width: float = 1.0) -> tuple[Array, Array]:
        """Ends of the interval that holds the truth as often as a Gaussian variable lies within `width` deviations.

        Parameters
        ----------
        width : float
            In standard deviations: 1 for 68.3 %, 1.96 for 95 %.

        Raises
        ------
        TypeError, ValueError
            If `width` is not a positive number.
        """
        checked_number("width", width, POSITIVE)
        half = student(width, self.degrees) * np.sqrt(self.covariance[..., 0, 0])
        return self.value - half, self.value + half

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
        Half width of the interval in standard deviations of a Gaussian: 1 for 68.3 %, 1.96 for 95 %.
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
            known = np.full(count.shape, np.inf)
            return Estimate(mean, (high - low) / 2, *wilson(mean, count, width), count, known)
        squares = np.where(finite, values - mean[:, :, None], 0.0) ** 2
        error = np.where(count > 1, np.sqrt(squares.sum(axis=2) / (count - 1) / count), np.nan)
    degrees = np.maximum(count - 1.0, 0.0)
    half = student(width, degrees) * error
    return Estimate(mean, error, mean - half, mean + half, count, degrees)


def extrapolated(
    alpha: Array, n: NDArray[np.int64], estimate: Estimate, order: int, scaling: float = 1.0
) -> Extrapolation:
    """Fits of the means along their second axis, that of the sizes `n`.

    Parameters
    ----------
    alpha, n : array
    estimate : Estimate
    order : {1, 2}
        Highest power of 1/N.
    scaling : float
        Power of 1/N with which the variance of an instance falls: 1 for what is intensive, 0 for a probability.

    Raises
    ------
    ValueError
        If `order` is neither 1 nor 2, or there are no more sizes than that.
    """
    if order not in (1, 2):
        raise ValueError(f"order must be 1 or 2; got {order!r}")
    if len(n) <= order:
        raise ValueError(f"a fit of order {order} needs at least {order + 1} sizes n; got {n.tolist()}")
    columns = (estimate.mean, estimate.error, estimate.count, estimate.degrees)
    mean, *rest = (np.moveaxis(a, 1, -1) for a in columns)
    shape = mean.shape[:-1]
    rows = zip(*(a.reshape(-1, len(n)) for a in (mean, *rest)), strict=True)
    fits = zip(*(fitted(n, m, e, count, degrees, order, scaling) for m, e, count, degrees in rows), strict=True)
    arrays = [np.array(column).reshape(*shape, *np.shape(column[0])) for column in fits]
    coefficients, covariance, degrees, chi2, dof, probability = arrays
    error = student(1.0, degrees) * np.sqrt(covariance[..., 0, 0])
    return Extrapolation(alpha, coefficients[..., 0], error, chi2, dof, coefficients, covariance, degrees, probability)


def student(width: float, degrees: Array) -> Array:
    """Half width, in standard errors, of Student's interval that is as sure as `width` Gaussian standard deviations.

    Examples
    --------
    >>> student(1.0, np.array([1, 3, 63, np.inf])).round(3).tolist()
    [1.837, 1.197, 1.008, 1.0]
    """
    known = np.isfinite(degrees)
    return np.where(known, -stdtrit(np.where(known, degrees, 1.0), ndtr(-width)), width)


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
