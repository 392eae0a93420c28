"""The weights of a probe: closed form and sums against direct averages over the fields."""

import numpy as np
import pytest

import replica_theory as rt
from replica_theory.replicas.probe_weights import ReferenceFields, discrete_probe, spherical_probe

Z = np.linspace(-8.5, 8.5, 241)
DZ = np.exp(-0.5 * Z**2) / np.sqrt(2 * np.pi) * (Z[1] - Z[0])
Q_HAT, T0_HAT, MU = 1.3, 0.7, 0.4


def test_discrete_levels_against_a_plain_sum():
    """Trapezoidal sums over two fields, exact to rounding for so smooth an integrand."""
    weights = rt.DiscreteWeights([-1, 0.5, 2], [0.5, 1.0, 0.3])
    q_ref_hat, c_ref, c = 0.9, 0.6, 0.8
    bias = weights.shares(np.sqrt(q_ref_hat) * Z, c_ref)[1]
    w = np.array(weights.levels)
    mean = bias @ w
    reference = ReferenceFields(float(DZ @ mean**2), q_ref_hat, float(DZ @ (bias @ w**2)), c_ref)
    found = discrete_probe(weights, reference, Q_HAT, T0_HAT, MU, c, (121, 41))
    first = T0_HAT / np.sqrt(q_ref_hat)
    field = first * Z[:, None] + np.sqrt(Q_HAT - first**2) * Z
    expected = np.zeros(8)
    for k, level in enumerate(weights.levels):
        tilt = weights.tilt(field + MU * level, c)
        square = tilt.variance + tilt.mean**2
        own, other = found.t0 / reference.q, (found.t - found.t0) / (reference.square - reference.q)
        left = tilt.mean - other * level - (own - other) * mean[:, None]
        columns = [tilt.log, tilt.mean**2, mean[:, None] * tilt.mean, level * tilt.mean, tilt.variance**2, left**2,
                   square, weights.log_prior(field + MU * level, c)]  # fmt: skip
        expected += [float((DZ * bias[:, k]) @ (values @ DZ)) for values in columns]
    np.testing.assert_allclose(np.delete(np.array(found), [1, 8]), expected, atol=1e-10)
    assert found.error < 1e-6 and found.c == c


def test_sphere_against_averages_over_gaussians():
    """Everything is a second moment of Gaussian fields: closed form to rounding."""
    q_ref = 0.6
    reference = ReferenceFields(q_ref, q_ref / (1 - q_ref) ** 2)
    found = spherical_probe(reference, Q_HAT, T0_HAT, MU)
    first = T0_HAT / np.sqrt(reference.q_hat)
    z, x, rest = Z[:, None, None], Z[None, :, None], Z[None, None, :]
    keep = slice(None, None, 8)  # moments of second order: exact on a coarse grid
    dz = DZ[keep] * 8
    z, x, rest = z[keep], x[:, keep], rest[:, :, keep]
    mean = np.sqrt(reference.q_hat) * (1 - q_ref) * z
    level = mean + np.sqrt(1 - q_ref) * rest
    w = (first * z + np.sqrt(Q_HAT - first**2) * x + MU * level) / found.c

    def expect(values):
        return float(np.einsum("abc,a,b,c->", np.broadcast_to(values, (len(dz),) * 3), dz, dz, dz))

    expected = [expect(w**2), expect(mean * w), expect(level * w)]
    np.testing.assert_allclose([found.q, found.t0, found.t], expected, rtol=1e-10)
    assert found.q + 1 / found.c == pytest.approx(1, rel=1e-14)
    left = found.q - found.t0**2 / q_ref - (found.t - found.t0) ** 2 / (1 - q_ref)
    assert found.c2 == pytest.approx(left, rel=1e-12)
    value = 0.5 * found.c * found.q - 0.5 * np.log(found.c) - 0.5
    assert found.value == pytest.approx(value, rel=1e-13)
