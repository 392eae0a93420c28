r"""Control variates: functions of the patterns whose mean is known take out most of the scatter between instances.

An entropy fluctuates from instance to instance with the overlaps :math:`C_{ab} = \xi^a\cdot\xi^b/N` of the patterns,
labels absorbed: patterns that happen to agree leave more solutions. Sums of overlaps are cheap and their means are
known, so the part of a measurement that follows them linearly is noise, and is removed by regression.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from bp.problems.committee import Committee
from bp.problems.perceptron import Instance
from replica_theory.typing import Array

_BLOCK_ENTRIES = 1 << 22  # worked on at a time


def control_variates(instance: Instance | Committee) -> Array:
    r"""Sums of pattern overlaps, divided by N, minus their means.

    :math:`\frac1N\sum_{a\ne b}C_{ab}` and :math:`\frac1N\sum_a(\sum_{b\ne a}C_{ab})^2`; with a teacher `T`, first
    :math:`\frac1N\sum_a(\xi^a\cdot T/\sqrt N)`, and :math:`C` is that of the patterns without their mean along it.

    Parameters
    ----------
    instance : Instance or Committee
        Independent patterns of ±1, or real ones of norm :math:`\sqrt N`, labels random or given by the teacher; of a
        committee machine a tree, with random labels (its patterns are the parts that the units see, side by side).

    Returns
    -------
    array, shape (2,) or (3,)
        Empty for an even constraint, which does not care for labels, and with a teacher whose weights are not ±1.

    Examples
    --------
    >>> import bp, replica_theory as rt
    >>> draws = [control_variates(bp.random_instance(rt.BinaryPerceptron(), 21, 0.5, rng=k)) for k in range(500)]
    >>> bool(np.all(abs(np.mean(draws, 0)) < 4 * np.std(draws, 0) / 500**0.5))
    True
    """
    if isinstance(instance, Committee):
        xi = instance.data.xi
        return np.array(_sums(xi, np.zeros(xi.shape[1]), 1.0))
    if instance.model.is_even or (instance.teacher is not None and instance.domain != "spins"):
        return np.empty(0)
    n, teacher = instance.n, instance.teacher
    if teacher is None:
        return np.array(_sums(instance.xi, np.zeros(n), 1.0))
    mean = _mean_stability(n, instance.is_binary)
    spread = (n - 2 * mean**2 + mean**4) / n
    stabilities = instance.stabilities(teacher)
    along = np.sum(np.abs(stabilities) - mean) / n
    # With the labels of the teacher, also where the instance has others (label noise).
    xi = (
        instance.xi * np.where(stabilities < 0, -1, 1).astype(np.int8)[:, None]
        if np.any(stabilities < 0)
        else instance.xi
    )
    return np.array([along, *_sums(xi, mean / np.sqrt(n) * teacher, spread)])


def _sums(xi: NDArray[Any], mean: Array, spread: float) -> tuple[float, float]:
    r"""Both sums, for patterns of a given mean with :math:`E\,C_{ab}^2` = `spread` / N; a block of rows at a time."""
    p, n = xi.shape
    rows = max(1, _BLOCK_ENTRIES // n)
    blocks = [slice(start, start + rows) for start in range(0, p, rows)]
    total = sum((xi[block].sum(axis=0, dtype=np.float64) for block in blocks), -p * mean)
    overlaps = np.empty(p)
    for block in blocks:
        x = xi[block] - mean
        overlaps[block] = (x @ total - np.sum(x * x, axis=1)) / n
    return float(overlaps.sum()) / n, (float(overlaps @ overlaps) - p * (p - 1) * spread / n) / n


def _mean_stability(n: int, binary: bool) -> float:
    r""":math:`E|\xi\cdot T|/\sqrt N` for patterns of ±1, or uniform on the sphere."""
    if not binary:
        return float(np.sqrt(n / np.pi) * np.exp(gammaln(n / 2) - gammaln((n + 1) / 2)))
    k = (n + 1) // 2
    return float(2 * k / np.sqrt(n) * np.exp(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) - n * np.log(2)))
