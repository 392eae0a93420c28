"""The functional of nested tuples, slowly: Gauss-Legendre panels for every Gaussian, one level inside the other."""

import numpy as np
from scipy.special import log_ndtr


def gaussian(panels):
    """Nodes and weights of a standard normal average."""
    nodes, weights = np.polynomial.legendre.leggauss(16)
    edges = np.linspace(-9, 9, panels + 1)
    half = 0.5 * np.diff(edges)[:, None]
    x = (0.5 * (edges[1:] + edges[:-1])[:, None] + half * nodes).ravel()
    return x, (half * weights).ravel() * np.exp(-0.5 * x**2) / np.sqrt(2 * np.pi)


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


def integral(leaf, sizes, overlaps, std, panels=6):
    """Gamma: every level integrates the one below at all of its own fields."""
    x, dx = gaussian(panels)

    def free(h, level):
        if level > len(sizes):
            return leaf(h, std)
        size = sizes[level - 1]
        step = np.sqrt(overlaps[level] - overlaps[level - 1])
        held = size * free(h[..., None] + step * x, level + 1)
        top = held.max(axis=-1)
        return (top + np.log(np.exp(held - top[..., None]) @ dx)) / size

    return float(free(np.sqrt(overlaps[0]) * x, 1) @ dx)


def entropy(leaf, alpha, sizes, overlaps, conjugates, panels=24):
    """Logarithm of the number of tuples over their number of solutions."""
    count = -np.diff([0, *sizes, 1])
    linear = 0.5 * (conjugates[-1] + np.sum(count * np.array(overlaps) * np.array(conjugates)))
    energetic = integral(leaf, sizes, overlaps, np.sqrt(1 - overlaps[-1]), panels)
    return -linear + integral(spin, sizes, conjugates, 1.0, panels) + alpha * energetic
