"""Overlaps behind a hidden layer: closed forms against Gaussian integrals, and what is no map."""

import numpy as np
import pytest

from replica_theory import OverlapMap
from replica_theory.models.overlap_map import IDENTITY, MAPS, overlap_map

Q = np.array([1e-9, 0.1, 0.5, 0.9, 1 - 1e-6])


def correlation(activation, q, edge=True):
    """Covariance over variance of an activation with a kink at 0 at most, by quadrature on either side of it."""
    x, w = np.polynomial.legendre.leggauss(200)
    half, weight = 5.0 * (x + 1), 5.0 * w
    u = np.concatenate([-half[::-1], half])
    measure = np.concatenate([weight[::-1], weight]) * np.exp(-0.5 * u**2) / np.sqrt(2 * np.pi)
    values = activation(u)
    mean, square = measure @ values, measure @ values**2
    density = np.exp(-(q**2 * (u[:, None] ** 2 + u**2) - 2 * q * u[:, None] * u) / (2 * (1 - q**2))) / np.sqrt(1 - q**2)
    return ((measure * values) @ density @ (measure * values) - mean**2) / (square - mean**2)


@pytest.mark.parametrize(
    ("name", "activation"), [("sign", np.sign), ("relu", lambda u: np.maximum(u, 0)), ("linear", lambda u: u)]
)
def test_known_activations(name, activation):
    for q in (0.1, 0.5, 0.9):
        # 400 nodes resolve a density of width sqrt(1 - q^2) > 0.4 to rounding.
        assert overlap_map(name).value(q) == pytest.approx(correlation(activation, q), abs=1e-12)


@pytest.mark.parametrize("known", MAPS.values(), ids=lambda known: known.name)
def test_derivatives(known):
    h = 1e-3 * (1 - Q)
    for lower, upper in ((known.value, known.slope), (known.slope, known.bend)):
        # Central differences of relative step 1e-3: truncated at its square, and rounding over the step.
        difference = (lower(Q + h) - lower(Q - h)) / (2 * h)
        np.testing.assert_allclose(upper(Q), difference, rtol=1e-5, atol=1e-14 / h.min())


def test_small_overlaps_are_kept():
    # f is linear there; 1 - 2q/pi... is lost if the terms of order 1 are subtracted.
    np.testing.assert_allclose(MAPS["relu"].value(1e-12), 0.5 * np.pi / (np.pi - 1) * 1e-12, rtol=1e-11)


def test_a_smooth_function_has_a_series():
    found = overlap_map(np.tanh)
    for q in (0.1, 0.5, 0.9):
        assert found.value(q) == pytest.approx(correlation(np.tanh, q), abs=1e-9)  # what the series may lack
    assert overlap_map(np.tanh) == found and hash(overlap_map(np.tanh)) == hash(found)
    cube = overlap_map(lambda u: u**3 - 3 * u)
    np.testing.assert_allclose([cube.value(0.5), cube.slope(0.5), cube.bend(0.5)], [0.125, 0.75, 3.0], atol=1e-12)


def test_the_chain_rule_leaves_the_identity_alone():
    q = np.array([0.3])
    assert IDENTITY.at(q) is q and IDENTITY.conjugate(q, q) is q and IDENTITY.curvature(q, q, np.nan * q) is q
    sign = MAPS["sign"]
    assert sign.curvature(q, 2.0, 3.0) == pytest.approx(sign.slope(q) ** 2 * 2 + sign.bend(q) * 3, rel=1e-15)
    assert overlap_map(sign) is sign


def test_what_is_no_map():
    for wrong, sentence in (
        ("softmax", "activation must be one of 'linear', 'relu', 'sign'; got 'softmax'"),
        (np.sign, "activation must be a smooth function"),
        (np.ones_like, "activation must be a smooth function"),
        (lambda u: u[:3], "activation must give a finite number for every entry of an array"),
        (lambda u: 1 / 0, "activation must be a function of arrays; it raised ZeroDivisionError"),
    ):
        with pytest.raises(ValueError, match=f"^{sentence}"):
            overlap_map(wrong)
    with pytest.raises(ValueError, match=r"^value must be 0 at q = 0 and 1 at q = 1"):
        OverlapMap("half", lambda q: 0.5 * q, np.ones_like, np.zeros_like)
    with pytest.raises(ValueError, match=r"^slope must be a derivative"):
        OverlapMap("square", np.square, np.ones_like, np.zeros_like)
    with pytest.raises(ValueError, match=r"^bend must be a derivative"):
        OverlapMap("square", np.square, lambda q: 2 * q, np.zeros_like)
