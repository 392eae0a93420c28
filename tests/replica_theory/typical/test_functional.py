"""The replica-symmetric functional: its equations, and its stability as printed."""

import mpmath as mp
import numpy as np
import pytest

from replica_theory import BinaryPerceptron, replica_symmetric


@pytest.mark.parametrize(("alpha", "kappa"), [(0.3, 0.0), (0.83, 0.0), (3.0, -1.0), (0.2, 1.0)])
def test_almeida_thouless_as_printed(alpha, kappa):
    """1 - alpha/(1-q)^2 E[R'(A)^2] E[sech^4], R = G/H and R' = R(R - A), on a dense grid."""
    point = replica_symmetric(BinaryPerceptron(kappa), alpha)
    z = np.linspace(-9, 9, 20001)
    gauss = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    a = (kappa - np.sqrt(point.q) * z) / np.sqrt(1 - point.q)
    ratio = np.array([float(mp.npdf(x) / (mp.erfc(x / mp.sqrt(2)) / 2)) for x in a[::20]])
    slope = (ratio * (ratio - a[::20])) ** 2
    sech4 = np.cosh(np.sqrt(point.q_hat) * z) ** -4.0
    direct = np.trapezoid(gauss[::20] * slope, z[::20]) * np.trapezoid(gauss * sech4, z) / (1 - point.q) ** 2
    assert point.stability == pytest.approx(1 - alpha * direct, abs=1e-10)
    assert point.stability > 0
