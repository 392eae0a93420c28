r"""What the students of a committee machine say to a pattern, by the magnetizations of belief propagation."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_ndtr, logsumexp

from bp.problems.prediction import checked_matrix, unit_rows
from replica_theory.arguments import checked_flag
from replica_theory.typing import Array

_LARGEST = 1e6
"""Standard deviations at which a unit without spread, or nearly, is counted."""


def vote_log_odds(magnetizations: ArrayLike, patterns: ArrayLike, *, tree: bool = False) -> Array:
    r"""Logarithm of how many more students label a pattern +1 than -1.

    Unit `k` says +1 with the probability :math:`p_k=H(-\sum_im_{ki}\xi_i/\sqrt{\sum_i(1-m_{ki}^2)\xi_i^2})`, each for
    itself, which is exact as N → ∞; a student says what most of its `K` units say:

    .. math:: \log\frac{P_+}{P_-}, \qquad P_+ = \sum_{S:\,|S|>K/2}\ \prod_{k\in S}p_k\prod_{k\notin S}(1-p_k),
       \qquad P_-=1-P_+.

    Both are convolved in logarithms, so that votes near unanimity keep their order. For one unit :math:`P_+` is what
    `bp.predict_probability` gives.

    Parameters
    ----------
    magnetizations : array_like, shape (K, n) or (n,)
        Mean weights of the units, in [-1, 1]; `K` odd.
    patterns : array_like, shape (P, n), or (P, K n) for a tree
    tree : bool
        Whether every unit sees its own part of a pattern.

    Returns
    -------
    array, shape (P,)
        In nats; finite also where no unit has a spread (it is then counted as 10⁶ standard deviations from zero).

    Raises
    ------
    TypeError, ValueError
        If an argument is no array of finite real numbers, their shapes do not fit, a magnetization is out of range, or
        the number of units is even.

    Examples
    --------
    >>> odds = vote_log_odds([[0.5, -0.5, 0.0]], [[1, 1, 1], [1, -1, 1]])
    >>> (1 / (1 + np.exp(-odds))).round(4)
    array([0.5   , 0.7365])
    """
    m = checked_matrix("magnetizations", magnetizations, "(n,) or (K, n)")
    if np.abs(m).max() > 1:
        raise ValueError(f"magnetizations must lie in [-1, 1]; the largest has the size {np.abs(m).max():.6g}")
    if len(m) % 2 == 0:
        raise ValueError(f"magnetizations must be those of an odd number of units, for a majority; got {len(m)}")
    width = m.size if checked_flag("tree", tree) else m.shape[1]
    rows = unit_rows(checked_matrix("patterns", patterns, f"(P, {width})", width, "the units together"))
    mean, variance = unit_sums(m, rows, tree=tree), unit_sums(1 - m**2, rows**2, tree=tree)
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = np.where(mean == 0, 0.0, mean / np.sqrt(variance)).clip(-_LARGEST, _LARGEST)
    right, wrong = log_ndtr(scores), log_ndtr(-scores)
    votes = np.full((len(m) + 1, len(rows)), -np.inf)
    votes[0] = 0.0
    for log_p, log_q in zip(right, wrong, strict=True):
        votes[1:] = np.logaddexp(votes[1:] + log_q, votes[:-1] + log_p)
        votes[0] += log_q
    most = (len(m) + 1) // 2
    return np.asarray(logsumexp(votes[most:], axis=0) - logsumexp(votes[:most], axis=0))


def unit_sums(weights: Array, patterns: Array, *, tree: bool = False) -> Array:
    r"""Sums :math:`\sum_iw_{ki}\xi_i` of every unit, shape (K, P), from weights (K, n) and what they see."""
    if not tree:
        return np.asarray(weights @ patterns.T)
    parts = np.split(patterns, len(weights), axis=1)
    return np.array([part @ w for w, part in zip(weights, parts, strict=True)])
