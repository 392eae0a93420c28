"""Slow, independent evaluation of the Franz-Parisi functional, in the coordinates in which it is usually printed.

Nothing here comes from the package: dense trapezoidal sums over (z, w) and (z1, z2), no change of variables, no
saddle-point equations. Stationarity is checked by finite differences of the functional itself.
"""

from collections import namedtuple

import numpy as np
from scipy import optimize, special

Problem = namedtuple("Problem", "kappa beta kappa_ref beta_ref alpha q_ref q_ref_hat")
Saddle = namedtuple("Saddle", "q q_hat t_hat t0 t0_hat")


def plane(n, m=None):
    """Nodes (n, 1) and (1, m) on [-9, 9] and the weights of Dz Dw; the measure beyond is 2e-19."""
    z, w = np.linspace(-9, 9, n), np.linspace(-9, 9, m or n)
    density = np.exp(-0.5 * (z[:, None] ** 2 + w[None, :] ** 2)) / (2 * np.pi)
    return z[:, None], w[None, :], density * (z[1] - z[0]) * (w[1] - w[0])


def log_weight(beta, argument):
    """log[exp(-beta) + (1 - exp(-beta)) H(argument)]."""
    return (
        special.log_ndtr(-argument)
        if np.isinf(beta)
        else np.log(np.exp(-beta) + (1 - np.exp(-beta)) * special.ndtr(-argument))
    )


def reweighting(p, t, t0, q, z, w):
    """Field of the probe at (z, w) and the reference's weight, both as in the printed G_E."""
    big_a = (p.kappa_ref - np.sqrt(p.q_ref) * z) / np.sqrt(1 - p.q_ref)
    a, b = t0 / np.sqrt(p.q_ref), (t - t0) / np.sqrt(1 - p.q_ref)
    big_d = np.sqrt(q - a**2)
    c = np.sqrt(big_d**2 - b**2)
    log_omega = log_weight(p.beta_ref, (big_a * big_d - b * w) / c) - log_weight(p.beta_ref, big_a)
    return a * z + big_d * w, np.exp(log_omega)


def energetic(p, t, t0, q, n):
    z, w, measure = plane(n)
    h, omega = reweighting(p, t, t0, q, z, w)
    return float(np.sum(measure * omega * log_weight(p.beta, (p.kappa - h) / np.sqrt(1 - q))))


def energy(p, t, t0, q, n):
    """Fraction of patterns that the probe violates: minus the derivative of G_E in beta, done by hand."""
    z, w, measure = plane(n)
    h, omega = reweighting(p, t, t0, q, z, w)
    satisfied = special.ndtr((h - p.kappa) / np.sqrt(1 - q))
    weight = np.exp(-p.beta)
    return float(np.sum(measure * omega * weight * (1 - satisfied) / (weight + (1 - weight) * satisfied)))


def entropic(p, q_hat, t_hat, t0_hat, n):
    z1, z2, measure = plane(n)
    root = np.sqrt(p.q_ref_hat)
    total = 0.0
    for spin in (-1, 1):
        probability = special.expit(2 * root * z1 * spin)
        field = t0_hat / root * z1 + np.sqrt(q_hat - t0_hat**2 / p.q_ref_hat) * z2 + (t_hat - t0_hat) * spin
        total += np.sum(measure * probability * np.logaddexp(field, -field))
    return float(total)


def functional(p, t, s, n=601):
    """The free entropy at overlap t and order parameters s."""
    linear = -0.5 * s.q_hat * (1 - s.q) - t * s.t_hat + s.t0 * s.t0_hat
    return linear + entropic(p, s.q_hat, s.t_hat, s.t0_hat, n) + p.alpha * energetic(p, t, s.t0, s.q, n)


def gradient(p, t, s, n=601, step=1e-4):
    """Derivatives of the functional in the five order parameters, by central differences."""
    slopes = []
    for name in Saddle._fields:
        value = getattr(s, name)
        h = step * max(1.0, abs(value)) if name.endswith("hat") else step * min(1 - s.q, 1.0)
        up, down = (functional(p, t, s._replace(**{name: value + sign * h}), n) for sign in (1, -1))
        slopes.append((up - down) / (2 * h))
    return np.array(slopes)


def freezing_distance(p, guess):
    """Distance at which the probe's overlap reaches 1, from the q -> 1 limit of the same functional.

    There log H -> -(kappa - h)_+^2 / 2(1 - q), so with V = E[Omega (kappa - h)_+^2] at q = 1 the conjugates are
    q_hat = alpha V / (1 - q)^2 and t0_hat = alpha dV/dt0 / 2(1 - q), while 1 - q = E sech^2 -> 2 p(0) / sqrt(q_hat)
    with p the density of the field in units of sqrt(q_hat). The unknowns are d, t0 and m = (t_hat - t0_hat) /
    sqrt(q_hat); guess = (d, t0, m).
    """
    z, w, measure = plane(161, 3201)
    z1, measure1 = np.linspace(-9, 9, 801), None
    measure1 = np.exp(-0.5 * z1**2) / np.sqrt(2 * np.pi) * (z1[1] - z1[0])
    root = np.sqrt(p.q_ref_hat)

    def shortfall(t, t0):
        h, omega = reweighting(p, t, t0, 1.0, z, w)
        return float(np.sum(measure * omega * np.maximum(p.kappa - h, 0) ** 2))

    def equations(x):
        t, t0, m = 1 - 2 * np.exp(x[0]), x[1], x[2]
        v, step = shortfall(t, t0), 1e-5
        slope = (shortfall(t, t0 + step) - shortfall(t, t0 - step)) / (2 * step)
        chi = np.sqrt(p.alpha * v)
        r = p.alpha * slope / (2 * chi) / root
        s = np.sqrt(1 - r**2)
        at_zero, overlap_t0, overlap_t = 0.0, 0.0, 0.0
        for spin in (-1, 1):
            share = special.expit(2 * root * z1 * spin)
            x_mean = (r * z1 + m * spin) / s
            sign = 2 * special.ndtr(x_mean) - 1
            at_zero += np.sum(measure1 * share * np.exp(-0.5 * x_mean**2)) / np.sqrt(2 * np.pi) / s
            overlap_t0 += np.sum(measure1 * share * np.tanh(root * z1) * sign)
            overlap_t += np.sum(measure1 * share * spin * sign)
        return [chi - 2 * at_zero, overlap_t0 - t0, overlap_t - t]

    found = optimize.root(equations, [np.log(guess[0]), *guess[1:]], tol=1e-9)
    assert found.success, found.message
    return float(np.exp(found.x[0]))
