"""Slow, independent evaluation of the local-entropy functionals, in the form in which they are usually printed.

Nothing here comes from the package: Gaussian averages are plain sums over z and w, inner integrals are taken directly
over a window wide enough for the largest y, inner maxima by zooming in on a grid. Stationarity is checked by finite
differences of the functional itself, and `solve` finds the stationary point with a generic root finder.
"""

from collections import namedtuple

import numpy as np
from scipy import optimize, special

Problem = namedtuple("Problem", "alpha y t kappa kappa_ref beta", defaults=(0.0, 0.0, np.inf))
Constrained = namedtuple("Constrained", "q_ref q0 q1 t0 q_ref_hat q0_hat q1_hat t0_hat t_hat")
Free = namedtuple("Free", "q0 q1 q0_hat q1_hat t_hat")
Limit = namedtuple("Limit", "q gap q_hat gap_hat t_hat")


def line(n, reach=8.5):
    """Nodes and weights of Dz; the measure beyond 8.5 is 2e-17."""
    z = np.linspace(-reach, reach, n)
    return z, np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi) * (z[1] - z[0])


def plane(n):
    z, w = line(n)
    return z[:, None], z[None, :], w[:, None] * w[None, :]


def log_weight(beta, argument):
    """log[exp(-beta) + (1 - exp(-beta)) H(argument)]."""
    bare = special.log_ndtr(-argument)
    return bare if np.isinf(beta) else np.logaddexp(-beta, np.log(-np.expm1(-beta)) + bare)


def log_inner(exponent, reach, scale):
    """Logarithm of the integral of Dw exp(exponent(w)): a trapezoidal sum over |w| < reach, spacing scale / 3."""
    count = int(np.ceil(6 * reach / scale)) + 1
    nodes = np.linspace(-reach, reach, count)
    total = None
    for w in nodes:  # one w at a time: no array is larger than the outer grid
        term = exponent(w) - 0.5 * w * w
        total = term if total is None else np.logaddexp(total, term)
    return total + np.log((nodes[1] - nodes[0]) / np.sqrt(2 * np.pi))


def entropic(p, s, n):
    """G_S of the constrained reference (the free one has q_ref_hat = t0_hat = 0)."""
    width = np.sqrt(s.q1_hat - s.q0_hat)
    reach = 9 + p.y * width
    if isinstance(s, Free):
        z, measure = line(n)
        h_ref, h, tau = 0.0, np.sqrt(s.q0_hat) * z, s.t_hat
    else:
        z1, z2, measure = plane(n)
        root = np.sqrt(s.q_ref_hat)
        h_ref = root * z1
        h = s.t0_hat / root * z1 + np.sqrt(max(s.q0_hat - s.t0_hat**2 / s.q_ref_hat, 0.0)) * z2
        tau = s.t_hat - s.t0_hat
    branches = []
    for spin in (-1, 1):
        center = h + tau * spin

        def exponent(w, center=center):
            return p.y * np.logaddexp(center + width * w, -center - width * w)

        branches.append(h_ref * spin + log_inner(exponent, reach, 1 / max(1.0, width)))
    return float(np.sum(measure * np.logaddexp(*branches)))


def energetic(p, s, n):
    """G_E of the constrained reference (the free one has no A_c)."""
    width, std = np.sqrt(s.q1 - s.q0), np.sqrt(1 - s.q1)
    if isinstance(s, Free):
        z, measure = line(n)
        h = np.sqrt(s.q0) * z

        def constraint(w):
            return 0.0
    else:
        z1, z2, measure = plane(n)
        root = np.sqrt(s.q_ref)
        h_ref = root * z1
        h = s.t0 / root * z1 + np.sqrt(max(s.q0 - s.t0**2 / s.q_ref, 0.0)) * z2
        rho = (p.t - s.t0) / (np.sqrt(1 - s.q_ref) * width)
        std_ref = np.sqrt((1 - s.q_ref) * (1 - rho**2))

        def constraint(w):
            return log_weight(p.beta, (p.kappa_ref - h_ref - rho * np.sqrt(1 - s.q_ref) * w) / std_ref)

    def exponent(w):
        return constraint(w) + p.y * log_weight(p.beta, (p.kappa - h - width * w) / std)

    # A field that violates the constraint is pulled back to it by w; here this far at most.
    reach = 9 + min((6 * np.sqrt(s.q0) + abs(p.kappa)) / width, p.y * width / std**2 * 9)
    scale = min(1.0, std / width / np.sqrt(max(p.y, 1.0)))
    if not isinstance(s, Free):
        scale = min(scale, std_ref / np.sqrt(1 - s.q_ref) / max(rho, 1e-3))
    return float(np.sum(measure * log_inner(exponent, reach, scale)))


def linear(p, s):
    y = p.y
    replicas = -0.5 * y * s.q1_hat - 0.5 * y * (y - 1) * s.q1 * s.q1_hat + 0.5 * y**2 * s.q0 * s.q0_hat
    if isinstance(s, Free):
        return replicas - y * p.t * s.t_hat
    return replicas - 0.5 * s.q_ref_hat * (1 - s.q_ref) - y * p.t * s.t_hat + y * s.t0 * s.t0_hat


def nodes(s):
    """Outer nodes along each field: for a free reference many, as G_S has a kink of width 1/y at h = 0."""
    return 2001 if isinstance(s, Free) else 61


def functional(p, s, n=None):
    """The free entropy phi(y, t) at the order parameters s, Constrained or Free."""
    n = n or nodes(s)
    return linear(p, s) + entropic(p, s, n) + p.alpha * energetic(p, s, n)


def regular(s):
    """Order parameters in which the functional is differentiable: t0 / q_ref and q0 - t0^2 / q_ref, and their hats."""
    if isinstance(s, Free):
        return np.array(s)
    slope, slope_hat = s.t0 / s.q_ref, s.t0_hat / s.q_ref_hat
    overlaps = [s.q_ref, slope, s.q0 - slope * s.t0, s.q1]
    return np.array([*overlaps, s.q_ref_hat, slope_hat, s.q0_hat - slope_hat * s.t0_hat, s.q1_hat, s.t_hat])


def printed(x):
    """The order parameters as printed, from the regular ones."""
    if len(x) == 5:
        return Free(*x)
    q_ref, slope, rest, q1, q_ref_hat, slope_hat, rest_hat, q1_hat, t_hat = x
    q0, q0_hat = rest + slope**2 * q_ref, rest_hat + slope_hat**2 * q_ref_hat
    return Constrained(q_ref, q0, q1, slope * q_ref, q_ref_hat, q0_hat, q1_hat, slope_hat * q_ref_hat, t_hat)


CENTRAL = np.arange(-2, 3), np.array([1, -8, 0, 8, -1]) / 12
FORWARD = np.arange(5), np.array([-25, 48, -36, 16, -3]) / 12


def gradient(p, s, n=None, step=1e-3):
    """Derivatives in the regular order parameters, by differences of fourth order (forward where a variance is 0)."""
    x, n, slopes = regular(s), n or nodes(s), []
    overlaps = 2 if isinstance(s, Free) else 4
    for k in range(len(x)):
        term, weight = (energetic, p.alpha) if k < overlaps else (entropic, 1.0)
        scale = min(s.q1 - s.q0, 1 - s.q1) if k < overlaps else min(s.q1_hat - s.q0_hat, 1.0)
        h = step * min(scale, x[4] if overlaps == 4 else 1.0)  # q_ref_hat is the smallest of them
        value = 0.0
        for move, share in zip(*(FORWARD if x[k] < 2 * h else CENTRAL), strict=True):
            if share:
                there = printed(x + move * h * (np.arange(len(x)) == k))
                value += share / h * (linear(p, there) + weight * term(p, there, n))
        slopes.append(value)
    return np.array(slopes)


def replica_derivative(p, s, n=None, step=1e-3):
    """Derivative of the functional in y at fixed order parameters: the local entropy at a stationary point."""
    values = [functional(p._replace(y=p.y + k * step), s, n) for k in (-2, -1, 1, 2)]
    return float(np.dot([1, -8, 8, -1], values) / (12 * step))


def solve(p, guess, n=None):
    """Stationary point of the functional near a guess, by a generic root finder on its finite differences."""

    def equations(x):
        with np.errstate(all="ignore"):
            slopes = gradient(p, printed(x), n)
        return np.where(np.isfinite(slopes), slopes, 1e3)

    found = optimize.root(equations, regular(guess), options={"eps": 1e-6})
    return printed(found.x)


def grid_maximum(f, shape, reach):
    """Largest value of f(x) for every outer node: a grid of 41 points, zoomed in on six times."""
    center, best = np.zeros(shape), None
    for _ in range(9):
        x = center[:, None] + reach * np.linspace(-1, 1, 41)
        values = f(x)
        k = values.argmax(axis=1)[:, None]
        center, best = np.take_along_axis(x, k, 1)[:, 0], np.take_along_axis(values, k, 1)[:, 0]
        reach *= 0.1
    return best


def limit_functional(p, s, n=160):
    """S_infinity at the order parameters s (Limit); a positive spin field, and by symmetry z > 0 there."""
    u, du = np.polynomial.legendre.leggauss(n)
    z, dz = 4.25 * (u + 1), 4.25 * du * np.sqrt(2 / np.pi)
    dz = dz * np.exp(-0.5 * z**2)
    field = np.sqrt(s.q_hat) * z[:, None] + s.t_hat

    def spins(x):
        h = field + np.sqrt(s.gap_hat) * x
        return -0.5 * x**2 + np.logaddexp(h, -h)

    v, dv = line(2 * n + 1)

    def patterns(x):
        return -0.5 * x**2 + log_weight(
            p.beta, (p.kappa - np.sqrt(s.q) * v[:, None] - np.sqrt(s.gap) * x) / np.sqrt(1 - s.q)
        )

    value = dz @ grid_maximum(spins, len(z), 4 + np.sqrt(s.gap_hat))
    value += p.alpha * (dv @ grid_maximum(patterns, len(v), 12 / np.sqrt(min(s.gap, 1.0))))
    return float(value - 0.5 * s.q_hat * (1 - s.q) - 0.5 * (s.gap * s.q_hat + s.q * s.gap_hat) - p.t * s.t_hat)


def limit_gradient(p, s, n=160, step=1e-3):
    """Derivatives of the functional at y = inf, by central differences of fourth order."""
    slopes = []
    for name in s._fields:
        h = step * min(1.0, getattr(s, name), 1 - s.q)
        values = [limit_functional(p, s._replace(**{name: getattr(s, name) + k * h}), n) for k in (-2, -1, 1, 2)]
        slopes.append((values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * h))
    return np.array(slopes)


def solve_limit(p, guess, n=160):
    """Stationary point at y = inf by a generic root finder, all five unknowns at once."""
    found = optimize.root(lambda x: limit_gradient(p, Limit(*np.abs(x)), n), guess, options={"eps": 1e-6})
    return Limit(*np.abs(found.x))
