r"""The weights of a probe in the fields of a typical reference: what of a Franz-Parisi theory depends on the weights.

With the reference's weight :math:`\tilde W` in its field :math:`\sqrt{\hat{\tilde q}}z_1` at precision
:math:`\tilde c`, and the probe's field :math:`h = A + \mu\tilde W`, `A` of variance :math:`\hat q` and covariance
:math:`\hat t_0` with the reference's,

.. math:: G_S = E\,g(A + \mu\tilde W, c), \qquad q = E\langle w\rangle^2, \quad t = E\tilde W\langle w\rangle, \quad
   t_0 = E\langle\tilde W\rangle\langle w\rangle, \quad Q = E\langle w^2\rangle .

On the sphere everything is Gaussian: with :math:`a = \hat t_0(1-\tilde q)`,
:math:`E h^2 = \hat q + 2\mu a + \mu^2`, :math:`t = (a+\mu)/c`, :math:`t_0 = (a+\mu\tilde q)/c` and
:math:`c = \frac12(1 + \sqrt{1 + 4E h^2})`. Weights of a few levels are summed over those of the reference.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from replica_theory.models.weights import DiscreteWeights, SphericalWeights
from replica_theory.numerics.gaussian import rule
from replica_theory.typing import Array


class ProbeWeights(NamedTuple):
    """Entropic term: value, quadrature error, overlaps, curvature, the variance `c2` that t0 and t leave of q.

    `square` is the mean squared weight, `c` the conjugate at which the term was taken (the multiplier on the sphere)
    and `log_prior` the mean logarithm of the prior.
    """

    value: float
    error: float
    q: float
    t0: float
    t: float
    curvature: float
    c2: float
    square: float = 1.0
    c: float = 0.0
    log_prior: float = 0.0


class ReferenceFields(NamedTuple):
    """Overlap of the references, their mean squared weight, and the conjugates of both."""

    q: float
    q_hat: float
    square: float = 1.0
    c: float = 0.0


def spherical_probe(reference: ReferenceFields, q_hat: float, t0_hat: float, mu: float) -> ProbeWeights:
    """The term on the sphere, in closed form."""
    q_ref = reference.q
    a = t0_hat * (1 - q_ref)
    square = np.asarray(q_hat + 2 * mu * a + mu**2)
    c = float(SphericalWeights().multiplier(square, np.zeros(())))
    value = 0.5 * float(square) / c - 0.5 * float(np.log(c)) - 0.5
    rest = q_hat - (a**2 / q_ref if q_ref > 0 else 0.0)
    return ProbeWeights(
        value, 0.0, float(square) / c**2, (a + mu * q_ref) / c, (a + mu) / c, c**-2, max(rest, 0.0) / c**2, 1.0, c
    )


def discrete_probe(
    weights: DiscreteWeights,
    reference: ReferenceFields,
    q_hat: float,
    t0_hat: float,
    mu: float,
    c: float,
    nodes: tuple[int, int],
) -> ProbeWeights:
    """The term of weights of a few levels, by quadrature along the probe's field and across it."""
    root = max(float(np.sqrt(q_hat)), 1e-12)
    correlation = min(t0_hat / root, float(np.sqrt(reference.q_hat)))
    rest = float(np.sqrt(max(reference.q_hat - correlation**2, 0.0)))
    v = rule(0.0, 1.0, nodes[1])
    parts = []
    for k, level in enumerate(weights.levels):
        u, h = weights.field(np.asarray(root**2), np.asarray(mu * level), c, nodes[0])
        shares = weights.shares(correlation * u.nodes[:, None] + rest * v.nodes, reference.c)[1]
        mean = shares @ np.array(weights.levels)
        share = shares[..., k]
        tilt = weights.tilt(h, c)
        parts.append((level, u, tilt, share @ v.weights, (share * mean) @ v.weights, (share * mean**2) @ v.weights,
                      np.abs(share @ (v.weights - v.coarse)), weights.log_prior(h, c)))  # fmt: skip
    value = sum(float(u.integrate(p * tilt.log)) for _, u, tilt, p, *_ in parts)
    error = sum(
        float(u.error(p * tilt.log) + u.integrate(rough * np.abs(tilt.log))) for _, u, tilt, p, _, _, rough, _ in parts
    )
    t = sum(float(level * u.integrate(p * tilt.mean)) for level, u, tilt, p, *_ in parts)
    t0 = sum(float(u.integrate(first * tilt.mean)) for _, u, tilt, _, first, *_ in parts)
    own = t0 / reference.q if reference.q > 0 else 0.0
    t_own = (t - t0) / (reference.square - reference.q)
    along, c2, q, square, curvature, log_prior = own - t_own, 0.0, 0.0, 0.0, 0.0, 0.0
    for level, u, tilt, p, first, second, _, prior in parts:
        left: Array = tilt.mean - t_own * level
        c2 += float(u.integrate(p * left**2 - 2 * first * along * left + second * along**2))
        q += float(u.integrate(p * tilt.mean**2))
        square += float(u.integrate(p * (tilt.variance + tilt.mean**2)))
        curvature += float(u.integrate(p * tilt.variance**2))
        log_prior += 0.0 if prior is None else float(u.integrate(p * prior))
    return ProbeWeights(value, error, q, t0, t, curvature, c2, square, c, log_prior)
