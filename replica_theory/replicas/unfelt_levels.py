r"""All weights of a few levels at a distance from the best reference: what is left of y = inf without a constraint.

With :math:`V(\tilde W) = g(\hat t\tilde W, c) - \tilde c\tilde W^2/2` the reference is made of the levels of the
largest value, of one kind or of two in the proportion at which :math:`\tilde c = \hat tt/\tilde Q`,

.. math:: S = \tfrac12cQ + \tfrac12\tilde c\tilde Q - t\hat t + \max_{\tilde W}V(\tilde W), \qquad c = \frac{\hat tt}Q,
   \qquad t = (1-2d)\sqrt{Q\tilde Q} .
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy import optimize

from replica_theory.models.weights import DiscreteWeights
from replica_theory.typing import Array

_SETTLED = 1e-10
_STARTS = (3.0, 6.0, 1.5, 12.0, 0.7)
"""Couplings, per squared level, from which a mixture is looked for."""


class Unfelt(NamedTuple):
    """Entropy with its slope in the distance, q, the mean squared weights of replicas and reference, free entropy."""

    entropy: float
    slope: float
    q: float
    square: float
    square_ref: float
    free_entropy: float


def unfelt_levels(weights: DiscreteWeights, cosine: float) -> Unfelt | None:
    """The largest number of weights at a cosine to one reference; None if it is not found.

    Of references of one direction the longest is reported.
    """
    kinds = sorted({abs(w) if weights.is_even else w for w in weights.levels})
    found = [_of(weights, cosine, kinds, mix) for n in (1, 2) for mix in combinations(kinds, n) if any(mix)]
    best = [one for one in found if one is not None]
    return max(best, key=lambda one: (round(one.free_entropy, 9), one.square_ref)) if best else None


def _of(weights: DiscreteWeights, cosine: float, kinds: list[float], mix: tuple[float, ...]) -> Unfelt | None:
    """The stationary point at which the reference is made of one level or two, if no other has a larger value."""
    levels = np.array(mix)

    def terms(x: Array) -> tuple[Array, float, float, float, float, Array, float]:
        t_hat, ratio = (float(v) for v in np.exp(x[:2]))
        c = t_hat * cosine**2 / ratio
        tilt = weights.tilt(t_hat * levels, c)
        share = np.array([1.0]) if len(mix) == 1 else np.array([x[2], 1 - x[2]])
        square = float(share @ (tilt.variance + tilt.mean**2))
        t, square_ref = float(share @ (levels * tilt.mean)), float(share @ levels**2)
        values = tilt.log - 0.5 * t_hat * ratio * levels**2
        return share, square, t, square_ref, float(share @ tilt.mean**2), values, c

    def residual(x: Array) -> Array:
        if np.abs(x[:2]).max() > 20:
            return np.full(len(x), np.nan)
        _, square, t, square_ref, _, values, _ = terms(x)
        if not square_ref > 0:
            return np.full(len(x), np.nan)
        return np.array([t / square_ref - np.exp(x[1]), t / np.sqrt(square * square_ref) - cosine, *np.diff(values)])

    for start in _STARTS:
        first = np.array([np.log(start / max(levels**2)), 0.0, *([0.5] if len(mix) == 2 else [])])
        x = optimize.root(residual, first, tol=1e-14).x
        if not (np.isfinite(x).all() and np.abs(residual(x)).max() < _SETTLED):
            continue
        share, square, t, square_ref, q, values, c = terms(x)
        t_hat, ratio = (float(v) for v in np.exp(x[:2]))
        others = weights.tilt(t_hat * np.array(kinds), c).log - 0.5 * t_hat * ratio * np.array(kinds) ** 2
        if share.min() < 0 or others.max() > values.max() + _SETTLED:
            continue
        free = 0.5 * c * square + 0.5 * t_hat * ratio * square_ref - t * t_hat + float(share @ values)
        prior = weights.log_prior(t_hat * levels, c)
        entropy = free - (0.0 if prior is None else float(share @ prior))
        return Unfelt(entropy, 2 * t_hat * float(np.sqrt(square * square_ref)), q, square, square_ref, free)
    return None
