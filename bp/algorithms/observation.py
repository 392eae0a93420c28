r"""The observation process of a hidden configuration, run forward: samples from any rule for the magnetisations.

An observation :math:`y_\tau = \tau W^* + \sqrt\tau\,g` of a hidden :math:`W^*\sim P`, weights ±1, leaves the measure
:math:`\propto P(W)e^{y_\tau\cdot W}`. As a process in :math:`\tau` it is, with the magnetisations `m` of that measure,

.. math:: dy = m(y)\,d\tau + dB, \qquad y_0 = 0,

which needs no :math:`W^*`: run forward, it ends in :math:`y_\tau/\tau\to W\sim P`. A step from :math:`\tau` to
:math:`\tau+h` uses the mean drift at both of its ends (Heun),

.. math:: \tilde y = y + h\,m(y) + \sqrt h\,g, \qquad y' = y + \tfrac h2[m(y)+m(\tilde y)] + \sqrt h\,g,

of weak order :math:`h^2`. At the last time the weights are drawn independently with the magnetisations that are left.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from bp.algorithms.runs import Boundary, progress
from replica_theory.terminable import terminable
from replica_theory.typing import Array


class Magnetizations(Protocol):
    """What gives the magnetisations of samples in external fields, both of shape (samples, N)."""

    def __call__(self, fields: Array, /) -> Array:
        """Magnetisations in these fields."""


class Observation(NamedTuple):
    """What came of samples.

    Attributes
    ----------
    magnetizations : array of float32, shape (samples, T, N)
        At every time.
    weights : array of int8, shape (samples, N)
        What the samples end in.
    """

    magnetizations: NDArray[np.float32]
    weights: NDArray[np.int8]


def observe(means: Magnetizations, times: Array, streams: Sequence[np.random.Generator], n: int) -> Observation:
    """Run the process through the times, which begin at 0, for a sample a stream of random numbers."""
    m = means(np.zeros((len(streams), n)))
    y, path = np.zeros_like(m), np.empty((len(streams), len(times), n), dtype=np.float32)
    path[:, 0] = m
    with progress("localization", "times") as show, terminable():
        for k, h in enumerate(np.diff(times), start=1):
            noise = math.sqrt(h) * np.array([stream.standard_normal(n) for stream in streams])
            ahead = means(y + h * m + noise)
            y = y + 0.5 * h * (m + ahead) + noise
            m = means(y)
            path[:, k] = m
            show(Boundary(k, len(times) - 1, f"overlap {np.mean(m**2):.3f}"))
    uniform = np.array([stream.random(n) for stream in streams])
    return Observation(path, np.where(2.0 * uniform - 1.0 < m, 1, -1).astype(np.int8))
