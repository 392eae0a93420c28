"""The energetic term of a few sign units against sums over their signs, differences, and one unit."""

import itertools

import numpy as np
import pytest
from scipy import special

from replica_theory import BinaryPerceptron, TreeCommittee
from replica_theory.typical.functional import conjugates, unfelt
from replica_theory.typical.majority import majority_term, sufficient


def log_allowed(fields, width, kappa, beta):
    """Logarithm of the probability that enough units are positive, sign by sign."""
    up = special.ndtr(fields / width)
    total, units = 0.0, len(fields)
    for signs in itertools.product((-1, 1), repeat=units):
        if sum(signs) / np.sqrt(units) >= kappa - 1e-12:
            total += np.prod([p if s > 0 else 1 - p for p, s in zip(up, signs, strict=True)])
    return np.log(np.exp(-beta) + -np.expm1(-beta) * total)


def referee(units, q, kappa=0.0, beta=np.inf, order=24):
    """The mean logarithm and the sums of squared derivatives, by Gauss-Hermite nodes and central differences."""
    x, w = np.polynomial.hermite_e.hermegauss(order)
    w = w / w.sum()
    width, h, total = np.sqrt(1 - q), 1e-3, np.zeros(3)
    eye = h * np.eye(units)

    def log(fields):
        return log_allowed(fields, width, kappa, beta)

    for index in itertools.product(range(order), repeat=units):
        weight = np.prod(w[list(index)])
        if weight < 1e-9 or list(index) != sorted(index):
            continue
        ways = len(set(itertools.permutations(index)))
        m = np.sqrt(q) * x[list(index)]
        first = [(log(m + e) - log(m - e)) / (2 * h) for e in eye]
        second = [
            (log(m + e + f) - log(m + e - f) - log(m - e + f) + log(m - e - f)) / (4 * h**2) for e in eye for f in eye
        ]
        total += ways * weight * np.array([log(m), np.sum(np.square(first)), np.sum(np.square(second))])
    return total


@pytest.mark.parametrize(("kappa", "beta"), [(0.0, np.inf), (0.6, 1.5)])
def test_three_units_sign_by_sign(kappa, beta):
    term = majority_term(TreeCommittee(kappa, beta, units=3), np.array([0.25]), 241)
    found = [term.log[0], term.force[0], term.curvature[0]]
    # Differences of step 1e-3 (1e-6), nodes of weight below 1e-9 left out.
    np.testing.assert_allclose(found, referee(3, 0.25, kappa, beta, order=12), rtol=2e-5)
    assert term.error[0] < 1e-10


@pytest.mark.parametrize("units", [1, 3, 5])
def test_the_conjugate_is_the_derivative_in_the_overlap(units):
    model, q, h = TreeCommittee(units=units), 0.2, 1e-3
    low, high = (majority_term(model, np.array([q + s * h]), 121).log[0] for s in (-1, 1))
    force = conjugates(model, np.array([q]), np.zeros(1)).q[0]
    # dG/dq = -force/2 (heat equation, field by field); truncated at h^2.
    assert -(high - low) / h == pytest.approx(force, rel=2e-5)


def test_one_unit_is_the_perceptron():
    # At margin 0, where the sign of a field says all; the output of one unit is ±1.
    q, zero = np.array([0.3, 0.8]), np.zeros(2)
    for beta in (np.inf, np.full((1, 1), 2.0)):
        one, plain = (
            kind(np.zeros((1, 1)), beta, **more)
            for kind, more in ((TreeCommittee, {"units": 1}), (BinaryPerceptron, {}))
        )
        np.testing.assert_allclose(conjugates(one, q, zero).q, conjugates(plain, q, zero).q, rtol=1e-10)
        for mine, other in zip(unfelt(one), unfelt(plain), strict=True):
            np.testing.assert_allclose(np.ravel(mine), np.ravel(other), rtol=1e-12)


def test_many_units():
    q = np.array([0.18])
    three, five, seven = (majority_term(TreeCommittee(units=k), q, 121, errors=k < 7).log[0] for k in (3, 5, 7))
    f = TreeCommittee().overlap_map.at(q)[0]
    z, w = np.polynomial.hermite_e.hermegauss(80)
    limit = w @ special.log_ndtr(np.sqrt(f / (1 - f)) * z) / w.sum()
    # The central limit theorem has corrections in powers of 1/K: with two of them through three numbers of units the
    # next is left, c/(3*5*7) with a coefficient of the size of theirs.
    powers = np.array([[1, 1 / k, 1 / k**2] for k in (3, 5, 7)])
    found, *coefficients = np.linalg.solve(powers, [three, five, seven])
    assert abs(found - limit) < np.abs(coefficients).max() / 105


def test_energy_is_the_derivative_in_the_temperature():
    h = 1e-4
    low, mid, high = (majority_term(TreeCommittee(0.0, 1.0 + s * h, units=3), np.array([0.4]), 241) for s in (-1, 0, 1))
    assert mid.energy[0] == pytest.approx(-(high.log[0] - low.log[0]) / (2 * h), abs=1e-8)  # truncated at h^2


def test_how_many_suffice():
    assert [sufficient(k, 0.0) for k in (1, 3, 5, 7)] == [1, 2, 3, 4]
    assert sufficient(3, 1 / np.sqrt(3)) == 2 and sufficient(3, 0.6) == 3
    assert sufficient(3, 2.0) == 4 and sufficient(3, -5.0) == 0
