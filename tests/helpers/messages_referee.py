"""Slow, readable statements of what the message-passing code computes."""

from itertools import product

import numpy as np
from scipy import special


def brute_force(instance, beta=np.inf, field=None):
    """Magnetisations, free entropy, entropy and energy by a sum over all configurations."""
    weights = np.array(list(product((-1, 1), repeat=instance.n)))
    errors = np.array([instance.errors(w) for w in weights])
    log_weight = weights @ (np.zeros(instance.n) if field is None else field)
    log_weight = np.where(errors == 0, log_weight, -np.inf) if beta == np.inf else log_weight - beta * errors
    phi = special.logsumexp(log_weight)
    p = np.exp(log_weight - phi)
    return p @ weights, phi / instance.n, np.sum(special.entr(p)) / instance.n, p @ errors / instance.n_patterns


def gaussian_messages(instance, eta, field, beta):
    """New message fields (P, N): the log-ratio of the pattern's mean weight at W = +1 and W = -1, Gaussian cavity."""
    h = np.tanh(field + eta.sum(axis=0) - eta)
    xi, model = instance.xi.astype(float), instance.model.at(beta=beta)
    omega, variance = np.sum(xi * h, axis=1, keepdims=True), np.sum(xi**2 * (1 - h**2), axis=1, keepdims=True)
    scale = np.sqrt(instance.n)
    std = np.sqrt(variance - xi**2 * (1 - h**2)) / scale
    plus, minus = (model.log_kernel((omega - xi * h + s * xi) / scale, std).log for s in (1, -1))
    return (plus - minus) / 2


def exact_messages(instance, eta, field, beta):
    """New message fields (P, N) by convolving, for every edge, the distributions of all other terms."""
    cavity = np.tanh(field + eta.sum(axis=0) - eta)
    limits = np.sqrt(instance.n) * instance.allowed.stabilities + [-1e-9, 1e-9]
    new = np.zeros_like(eta)
    for (a, i), x in np.ndenumerate(instance.xi):
        others = [j for j in range(instance.n) if j != i and instance.xi[a, j] != 0]
        p = np.ones(1)
        for j in others:
            up = (1 + instance.xi[a, j] * cavity[a, j]) / 2
            p = np.convolve(p, [1 - up, up])
        total = 2 * np.arange(len(p)) - len(others)
        weight = [
            np.sum(p * np.where(inside(total + s * x, limits), 1, np.exp(-beta)))
            for s in (1, -1)
        ]
        new[a, i] = np.log(weight[0] / weight[1]) / 2 if x else 0
    return new


def inside(values, limits):
    """Which values lie in one of the intervals."""
    return np.any([(values >= low) & (values <= high) for low, high in limits], axis=0)


def sequential_messages(instance, eta, field, beta, order):
    """Message fields (P, N) after the patterns have been updated one by one, each with the others as they stand."""
    eta = eta.astype(float)
    for a in order:
        eta[a] = gaussian_messages(instance, eta, field, beta)[a]
    return eta


def free_entropy(eta, field, log_weights):
    """Bethe free entropy per weight of messages (P, N), given the log of the mean weight of each pattern."""
    total = field + eta.sum(axis=0)
    edges = np.logaddexp(total - eta, eta - total) - np.logaddexp(total, -total)
    return (np.sum(log_weights) + np.sum(np.logaddexp(total, -total)) + np.sum(edges)) / len(total)


def amp_fields(instance, m, g, beta):
    """One step of AMP on the unpacked patterns: fields of the patterns and new output terms."""
    xi, n = instance.xi.astype(float), instance.n
    variance = xi**2 @ (1 - m**2) / n
    omega = xi @ m / np.sqrt(n) - variance * g
    _, first, second = instance.model.at(beta=beta).log_kernel(omega, np.sqrt(variance))
    return xi.T @ first / np.sqrt(n) - m * (xi.T**2 @ second) / n, first
