"""How many of all students say +1 to a pattern."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from bp.problems.prediction import checked_matrix, unit_rows


def predict_probability(magnetizations: ArrayLike, patterns: ArrayLike) -> Any:
    r"""Fraction of all students that label a pattern +1, by the magnetizations of belief propagation.

    .. math:: P(\hat y = +1) = H\Big(-\frac{\sum_im_i\xi_i}{\sqrt{\sum_i(1-m_i^2)\xi_i^2}}\Big), \qquad
       H(x) = \tfrac12\mathrm{erfc}(x/\sqrt2),

    exact as N → ∞, where the sums of students are Gaussian. For labels of a teacher at kappa = 0 and beta = inf this is
    the probability of the label +1, given the instance.

    Parameters
    ----------
    magnetizations : array_like, shape (N,)
        Mean weights, in [-1, 1].
    patterns : array_like, shape (N,) or (P, N)
        One pattern or several, of ±1 or real.

    Returns
    -------
    float or array, shape (P,)
        Probabilities; where a sum has no spread, 0 or 1 by its sign (1/2 if it vanishes too).

    Raises
    ------
    TypeError, ValueError
        If an argument is no array of finite real numbers, their shapes do not fit, or a magnetization is out of range.

    Examples
    --------
    >>> predict_probability([0.5, -0.5, 0.0], [[1, 1, 1], [1, -1, 1]]).round(4)
    array([0.5   , 0.7365])
    """
    m = checked_matrix("magnetizations", magnetizations, "(N,)")
    if np.ndim(magnetizations) != 1:
        raise ValueError(f"magnetizations must have shape (N,); got shape {m.shape}")
    if np.abs(m).max() > 1:
        raise ValueError(f"magnetizations must lie in [-1, 1]; the largest has the size {np.abs(m).max():.6g}")
    rows = unit_rows(checked_matrix("patterns", patterns, "(N,) or (P, N)", m.shape[1], "magnetizations"))
    mean, spread = rows @ m[0], np.sqrt(rows**2 @ (1 - m[0] ** 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        score = np.where(mean == 0, 0.0, mean / spread)
    shares = ndtr(score)
    return float(shares[0]) if np.ndim(patterns) == 1 else shares
