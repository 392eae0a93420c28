"""How often weights and a teacher disagree on a new pattern."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from bp.problems.prediction import checked_matrix, unit_rows
from replica_theory.arguments import FINITE, checked_real, checked_signs


def generalization_error(weights: ArrayLike, teacher: ArrayLike) -> Any:
    r"""Probability that weights and teacher label a new random pattern differently.

    .. math:: \varepsilon = \frac1\pi\arccos\frac{\sum_iw_iW^T_i}{\sqrt{\sum_iw_i^2\,N}},

    exact for Gaussian patterns, and as N → ∞ for patterns of ±1. One student has :math:`\arccos(R)/\pi`; with
    magnetizations it is the error of the vote of all students (`predict`), of the Bayes-optimal student for labels of a
    teacher at kappa = 0 and beta = inf: :math:`\arccos(\sqrt q)/\pi` (`replica_theory.Learning` has both as N → ∞).

    Parameters
    ----------
    weights : array_like, shape (N,) or (K, N)
        A configuration ±1, magnetizations, any real weights; or several, each for itself.
    teacher : array_like, shape (N,)
        The teacher's weights ±1, such as `Instance.teacher`.

    Returns
    -------
    float or array, shape (K,)
        In [0, 1]; 1/2 for weights that are all zero.

    Raises
    ------
    TypeError, ValueError
        If `weights` are no finite real numbers, `teacher` is not ±1, or their shapes do not fit.

    Examples
    --------
    >>> teacher = [1, 1, -1, 1]
    >>> generalization_error(teacher, teacher), round(generalization_error([1, 1, -1, -1], teacher), 6)
    (0.0, 0.333333)
    """
    students = checked_matrix("weights", weights, "(N,) or (K, N)")
    if (shape := np.shape(checked_real("teacher", teacher, FINITE))) not in ((), students.shape[1:]):
        raise ValueError(f"teacher must have a sign for each of the {students.shape[1]} weights; got shape {shape}")
    signs = checked_signs("teacher", teacher, students.shape[1]).astype(np.float64)
    scaled = unit_rows(students)  # squares of tiny weights are zero
    length = np.sqrt((scaled**2).sum(axis=1) * len(signs))
    overlap = np.where(length > 0, scaled @ signs / np.where(length > 0, length, 1.0), 0.0)
    error = np.arccos(np.clip(overlap, -1.0, 1.0)) / np.pi
    return float(error[0]) if np.ndim(weights) == 1 else error
