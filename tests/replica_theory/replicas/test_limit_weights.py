"""The entropic term of y = inf on the sphere against differences in its conjugates."""

import numpy as np
import pytest

from replica_theory.replicas.limit_weights import spherical_limit_weights

AT = np.array([0.8, 0.6, 0.4, 0.3])


def test_derivatives_are_the_overlaps():
    r"""Of :math:`\hat q`, :math:`\delta\hat q`, :math:`\hat t` and :math:`\hat R`; differences to 1e-10."""
    found, step = spherical_limit_weights(*AT), 1e-5
    slopes = [
        (spherical_limit_weights(*(AT + step * unit)).value - spherical_limit_weights(*(AT - step * unit)).value)
        / (2 * step)
        for unit in np.eye(4)
    ]
    assert slopes == pytest.approx((0.5 * (1 - found.q + found.gap), 0.5 * found.q, found.t, found.r), rel=1e-8)
    assert found.q == pytest.approx(found.t**2, rel=1e-14) and found.r == pytest.approx(
        found.t * found.r_ref, rel=1e-14
    )
