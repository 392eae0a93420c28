"""The closed form of finite y on the sphere: derivatives in the conjugates, norms, limits."""

import numpy as np
import pytest

from replica_theory.replicas.limit_weights import spherical_limit_weights
from replica_theory.replicas.spherical_y import OuterFields, spherical_y

FIELDS, GAP, TAU, Y = OuterFields(0.9, 0.4, 1.1, 0.3), 0.7, 0.5, 3.0


def value(reference=0.9, cross=0.4, replica=1.1, r=0.3, gap=GAP, tau=TAU, y=Y):
    return spherical_y(OuterFields(reference, cross, replica, r), gap, tau, y).value


def slope(step=1e-5, **change):
    """Central difference in one conjugate, of truncation error 1e-10."""
    (name, at), *_ = change.items()
    return (value(**{name: at + step}) - value(**{name: at - step})) / (2 * step)


def test_derivatives_are_the_overlaps():
    r"""As multipliers are stationary: :math:`\partial_\tau = yt`, :math:`\partial_{\hat q}` and the mean of g."""
    found = spherical_y(FIELDS, GAP, TAU, Y)
    assert slope(tau=TAU) == pytest.approx(Y * found.t, rel=1e-7)
    # of q1_hat - q0_hat, of q0_hat at given q1_hat - q0_hat, of t0_hat and of q_ref_hat
    q1 = found.q0 + found.gap
    assert slope(gap=GAP) == pytest.approx(0.5 * Y * (1 + (Y - 1) * q1), rel=1e-7)
    assert slope(replica=1.1) == pytest.approx(0.5 * Y * (1 - Y * found.q0 + (Y - 1) * q1), rel=1e-7)
    assert slope(cross=0.4) == pytest.approx(Y * (found.t - found.t0), rel=1e-7)
    assert slope(reference=0.9) == pytest.approx(0.5 * (1 - found.q_ref), rel=1e-7)
    assert slope(r=0.3) == pytest.approx(Y * found.r, rel=1e-7)
    assert slope(y=Y) == pytest.approx(found.log, rel=1e-7)


def test_one_replica_around_nothing_is_the_replica_symmetric_term():
    found = spherical_y(OuterFields(0.0, 0.0, 1.1, 0.0), 0.0, 0.0, 1.0)
    lam = 0.5 * (1 + np.sqrt(1 + 4 * 1.1))
    assert found.value == pytest.approx(0.5 * (lam - 1 - np.log(lam)) + 0.55 / lam, rel=1e-12)
    assert (found.q0, found.gap, found.c) == pytest.approx((1 - 1 / lam, 0.0, lam), rel=1e-12)


def test_many_replicas_are_the_limit():
    """Corrections of order 1/y."""
    y, gap_hat = 1e7, 0.6
    found = spherical_y(OuterFields(0.0, 0.0, 1.1, 0.3), gap_hat / y, 0.5, y)
    limit = spherical_limit_weights(1.1, gap_hat, 0.5, 0.3)
    ours = (found.value / y, found.q0, y * found.gap, found.t, found.c**-2, found.r, found.r_ref)
    assert (*ours, 1.0, 1.0, 0.0) == pytest.approx(tuple(limit), rel=1e-5)


def test_nothing_is_found_where_the_reference_is_opposite():
    assert spherical_limit_weights(1.0, 0.5, -1.5, 0.0) is None
