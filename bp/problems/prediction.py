"""Labels of new patterns by weights that were found, by magnetizations, or by a vote of many students."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from replica_theory.arguments import FINITE, checked_real
from replica_theory.typing import Array

_BLOCK = 2**22
"""Products formed at a time, at most."""


def predict(weights: ArrayLike, patterns: ArrayLike) -> NDArray[np.int8]:
    r"""Label patterns as one student, as the mean of all students, or by a vote.

    .. math:: \hat y = \mathrm{sign}\Big(\sum_i w_i\xi_i\Big), \qquad
       \hat y = \mathrm{sign}\Big(\sum_k\mathrm{sign}\sum_iW^k_i\xi_i\Big)\ \text{by a vote of several}.

    The magnetizations :math:`m` of belief propagation in the place of `w` give the vote of *all* students (solutions,
    or weights at the temperature): as N → ∞ their sums are Gaussian around :math:`\sum_im_i\xi_i`, so most of them have
    its sign. For labels of a teacher at kappa = 0 and beta = inf that is the prediction with the fewest errors (Bayes).

    Parameters
    ----------
    weights : array_like, shape (N,) or (K, N)
        A configuration ±1, such as `Solution.weights`, or any real weights, such as `BPResult.magnetizations`; or K
        students that vote, such as all `SolutionSet.solutions`, whose vote is exact at any N.
    patterns : array_like, shape (N,) or (P, N)
        One pattern or several, of ±1 or real.

    Returns
    -------
    array of int8, shape (P,), or () for one pattern
        Labels ±1; where a sum or a vote is exactly zero, +1, as `random_instance` labels.

    Raises
    ------
    TypeError, ValueError
        If an argument is no array of finite real numbers, or their shapes do not fit.

    Examples
    --------
    >>> import bp, replica_theory as rt
    >>> inst = bp.random_instance(rt.TeacherStudent(), n=1001, alpha=0.8, rng=1)
    >>> found = bp.solve(inst, rng=1)
    >>> bool((bp.predict(found.weights, inst.patterns) == inst.labels).all())
    True
    >>> new = np.random.default_rng(2).choice([-1, 1], (1000, 1001))
    >>> wrong = bp.predict(bp.belief_propagation(inst, "amp").magnetizations, new) != bp.predict(inst.teacher, new)
    >>> float(wrong.mean())
    0.244
    """
    students = checked_matrix("weights", weights, "(N,) or (K, N)")
    rows = unit_rows(checked_matrix("patterns", patterns, "(N,) or (P, N)", students.shape[1]))
    students = unit_rows(students)
    several = np.ndim(weights) == 2
    labels = np.ones(len(rows), dtype=np.int8)
    step = max(1, _BLOCK // len(students))
    for first in range(0, len(rows), step):
        sums = rows[first : first + step] @ students.T
        votes = np.where(sums < 0, -1, 1).sum(axis=1) if several else sums[:, 0]
        labels[first : first + step][votes < 0] = -1
    return labels.reshape(np.shape(patterns)[:-1])


def checked_matrix(name: str, values: ArrayLike, shape: str, n: int | None = None, owner: str = "weights") -> Array:
    """One row of numbers or several, as a matrix of doubles; of `n` columns, as many as what `owner` names has.

    Raises
    ------
    TypeError, ValueError
        If they are no finite real numbers, or of another shape.
    """
    array = np.asarray(checked_real(name, values, FINITE), dtype=np.float64)
    if array.ndim not in (1, 2) or 0 in array.shape:
        raise ValueError(f"{name} must have shape {shape}; got shape {array.shape}")
    if n is not None and array.shape[-1] != n:
        raise ValueError(f"{name} must have shape {shape} with N={n}, as {owner}; got shape {array.shape}")
    return np.atleast_2d(array)


def unit_rows(rows: Array) -> Array:
    """Rows divided by their largest entry in size, which no sign depends on and no product overflows with."""
    largest = np.abs(rows).max(axis=1, keepdims=True)
    return rows / np.where(largest > 0, largest, 1.0)
