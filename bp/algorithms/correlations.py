r"""Means of series whose entries remember those before them, with their errors."""

from __future__ import annotations

import numpy as np

from replica_theory.typing import Array

ENOUGH = 20
"""Correlation times that a chain must last."""
_BATCHES = 20
_WINDOW = 5  # correlation times over which the autocorrelation is summed


def correlation_time(series: Array) -> float:
    r"""Integrated autocorrelation time of a series, in its steps.

    .. math:: \tau = 1 + 2\sum_{s=1}^{5\tau}\rho(s)

    with the autocorrelation :math:`\rho`; the window is that of Sokal's lectures. At least 1; 1 where nothing changes.

    Examples
    --------
    >>> round(correlation_time(np.random.default_rng(1).normal(size=10_000)), 1)
    1.0
    """
    deviations = series - series.mean()
    count = len(deviations)
    power = np.abs(np.fft.rfft(deviations, 2 * count)) ** 2
    covariance = np.fft.irfft(power)[:count]
    if covariance[0] <= 0:
        return 1.0
    times = 2 * np.cumsum(covariance / covariance[0]) - 1
    within = np.arange(count) >= _WINDOW * times
    return max(1.0, float(times[np.argmax(within)] if within.any() else times[-1]))


def standard_error(series: Array) -> float:
    r"""Standard error of the mean of a series of T entries: :math:`\sqrt{\tau\,\mathrm{var}/T}`, or more.

    The scatter of the means of 20 consecutive batches is taken instead where it is larger: where a slow part of the
    series is small beside a fast one, the window of the correlation time may close before it counts.

    Examples
    --------
    >>> round(standard_error(np.random.default_rng(1).normal(size=10_000)), 2)
    0.01
    """
    time, count = correlation_time(series), len(series)
    batches = [batch.mean() for batch in np.array_split(series, min(_BATCHES, count))]
    correlated = np.sqrt(time * series.var() / max(count - time, 1.0))
    return float(max(correlated, np.std(batches, ddof=1) / np.sqrt(len(batches))))
