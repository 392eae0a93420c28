"""The functional of nested tuples, slowly: Gauss-Legendre panels for every Gaussian, one level inside the other."""

import numpy as np
from scipy.special import log_ndtr

NODES, WEIGHTS = np.polynomial.legendre.leggauss(24)
EDGES = np.linspace(-9, 9, 7)
HALF = 0.5 * np.diff(EDGES)[:, None]
X = (0.5 * (EDGES[1:] + EDGES[:-1])[:, None] + HALF * NODES).ravel()
DX = (HALF * WEIGHTS * np.ones_like(HALF)).ravel() * np.exp(-0.5 * X**2) / np.sqrt(2 * np.pi)


def above(kappa):
    """The leaf of h >= kappa."""
    return lambda h, std: log_ndtr((h - kappa) / std)


def between(kappa):
    """The leaf of |h| <= kappa."""

    def log_probability(h, std):
        near, far = log_ndtr((kappa - np.abs(h)) / std), log_ndtr((-kappa - np.abs(h)) / std)
        return near + np.log1p(-np.exp(far - near))

    return log_probability


def spin(h, std):
    """The leaf of a weight."""
    return np.logaddexp(h, -h)


def integral(leaf, sizes, overlaps, std):
    """Gamma: every level integrates the one below at all of its own fields."""

    def free(h, level):
        if level > len(sizes):
            return leaf(h, std)
        size = sizes[level - 1]
        step = np.sqrt(overlaps[level] - overlaps[level - 1])
        held = size * free(h[..., None] + step * X, level + 1)
        top = held.max(axis=-1)
        return (top + np.log(np.exp(held - top[..., None]) @ DX)) / size

    return float(free(np.sqrt(overlaps[0]) * X, 1) @ DX)


def entropy(leaf, alpha, sizes, overlaps, conjugates):
    """Logarithm of the number of tuples over their number of solutions."""
    count = -np.diff([0, *sizes, 1])
    linear = 0.5 * (conjugates[-1] + np.sum(count * np.array(overlaps) * np.array(conjugates)))
    energetic = integral(leaf, sizes, overlaps, np.sqrt(1 - overlaps[-1]))
    return -linear + integral(spin, sizes, conjugates, 1.0) + alpha * energetic
