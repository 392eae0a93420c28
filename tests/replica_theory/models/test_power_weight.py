"""Solutions weighted by a power of their margins."""

import numpy as np
import pytest
from scipy import integrate, special

import bp
import replica_theory as rt
from replica_theory.models.registry import describe, restore

ONE = rt.PowerWeight(power=1.0)


def linear(mean, std):
    """E (h + sigma x)_+ in closed form, to ordinary accuracy."""
    t = mean / std
    return std * (np.exp(-0.5 * t**2) / np.sqrt(2 * np.pi) + t * special.ndtr(t))


def test_no_power_is_the_perceptron_bit_for_bit():
    plain, same = rt.BinaryPerceptron(0.1, 2.0), rt.PowerWeight(0.1, 2.0, power=0)
    mean, std = np.linspace(-9, 9, 7), 0.3
    for mine, theirs in zip(same.log_kernel(mean, std), plain.log_kernel(mean, std), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    np.testing.assert_array_equal(same.violation(mean, std), plain.violation(mean, std))
    np.testing.assert_array_equal(same.probability(mean, std), plain.probability(mean, std))
    assert same.allowed_intervals == plain.allowed_intervals and not same.is_weighted
    one, other = rt.replica_symmetric(plain, 0.5), rt.replica_symmetric(same, 0.5)
    assert (one.entropy, one.energy, one.q) == (other.entropy, other.energy, other.q)
    assert rt.capacity(same.at(beta=np.inf)).alpha == rt.capacity(plain.at(beta=np.inf)).alpha


@pytest.mark.parametrize("power", [0.3, 1.0, 2.5])
def test_kernel_and_cost_against_quadrature(power):
    """The mean weight and its logarithm over the field, by adaptive quadrature (to its 1e-10)."""
    model, mean, std = rt.PowerWeight(0.2, power=power), -0.4, 0.7

    def average(f):
        def integrand(h):
            return f(h - 0.2) * np.exp(-0.5 * ((h - mean) / std) ** 2) / np.sqrt(2 * np.pi) / std

        return integrate.quad(integrand, 0.2, 9.0, epsabs=1e-13, epsrel=1e-12)[0]

    mass = average(lambda w: w**power)
    cost = average(lambda w: -power * np.log(w) * w**power)
    assert float(model.log_kernel(np.array(mean), std).log) == pytest.approx(np.log(mass), rel=1e-9)
    assert float(model.violation(np.array(mean), std)) == pytest.approx(cost / mass, rel=1e-9)
    h = 1e-4
    low, mid, high = (model.log_kernel(np.array(mean + s * h), std) for s in (-1, 0, 1))
    assert mid.d1 == pytest.approx((high.log - low.log) / (2 * h), rel=1e-7)  # differences of order h^2
    assert mid.d2 == pytest.approx((high.d1 - low.d1) / (2 * h), rel=1e-7)


def test_entropy_of_the_weighted_measure():
    """Cost and entropy from the density of stabilities, and from the free entropy of other powers."""
    point = rt.replica_symmetric(ONE, 0.3)
    assert point.entropy == pytest.approx(point.free_entropy + 0.3 * point.energy, rel=1e-14)
    h = 1e-4
    low, high = (rt.replica_symmetric(rt.PowerWeight(power=1.0 + s * h), 0.3).free_entropy for s in (-1, 1))
    assert point.energy == pytest.approx(-(high - low) / (2 * h) / 0.3, abs=1e-8)  # order h^2
    fields = np.linspace(0, 9, 9001)
    assert np.trapezoid(point.stability_distribution(fields), fields) == pytest.approx(1.0, abs=1e-6)  # trapezoid
    # A weight above one: the free entropy passes log 2, the entropy does not; Jensen holds for both.
    much = rt.replica_symmetric(rt.PowerWeight(-3.0, power=2.0), 0.3)
    assert much.free_entropy > np.log(2) > much.entropy > 0
    assert much.free_entropy < rt.annealed_entropy(rt.PowerWeight(-3.0, power=2.0), 0.3)


def test_a_weight_of_the_users_own():
    """The same weight by a function: all numbers to the accuracy of its differences and quadrature."""
    own = rt.CustomModel(linear, concave=True, weighted=True)
    mine, theirs = rt.replica_symmetric(own, 0.3), rt.replica_symmetric(ONE, 0.3)
    for name in ("free_entropy", "q", "stability"):
        assert getattr(mine, name) == pytest.approx(getattr(theirs, name), abs=1e-8)
    assert mine.entropy == pytest.approx(theirs.entropy, abs=1e-5)  # the logarithm ends in an edge
    assert own.allows([0.5, -0.5]).tolist() == [True, False]
    for bad in ({"weighted": False}, {"beta": 1.0}):
        with pytest.raises(ValueError, match=r"must return P in \[0, 1\]|beta must be inf where"):
            rt.CustomModel(linear, **{"weighted": True} | bad)
    with pytest.raises(ValueError, match=r"must return P in \[0, inf\); got -"):
        rt.CustomModel(lambda mean, std: mean + 0 * std, weighted=True)


def test_what_it_is():
    assert ONE.is_concave and not ONE.is_even and ONE.allowed_intervals is None and ONE.edges == (0.0,)
    np.testing.assert_allclose(ONE.at(kappa=0.5).acceptance([0.0, 0.5, 2.5]), [0.0, 0.0, 2.0])
    assert restore(describe(rt.PowerWeight(0.1, power=2))) == rt.PowerWeight(0.1, power=2) != ONE
    series = rt.replica_symmetric(rt.PowerWeight([0.0, 0.2]), 0.3)
    assert series.q[0] == pytest.approx(rt.replica_symmetric(ONE, 0.3).q, rel=1e-12)


@pytest.mark.parametrize(
    "call",
    [rt.capacity, lambda m: rt.franz_parisi(m, 0.3, 0.1), lambda m: rt.local_entropy(m, 0.3, 0.1),
     rt.stability_limit, lambda m: rt.robust_ensemble(m, 0.3, 0.1, 3.0), rt.local_entropy_threshold,
     lambda m: rt.planted_bound(m, 0.3, 0.1), lambda m: bp.random_committee(m, 9, 3, 0.5),
     lambda m: rt.franz_parisi(m.at(power=0), 0.3, 0.1, reference=m)],
)  # fmt: skip
def test_what_counts_solutions_refuses_it(call):
    with pytest.raises(ValueError, match=r"must count configurations here, not weigh them; got PowerWeight"):
        call(ONE)


@pytest.mark.parametrize("power", [-0.5, 101, np.nan])
def test_powers_that_are_none(power):
    with pytest.raises(ValueError, match=r"power must lie in \[0, 100\]"):
        rt.PowerWeight(power=power)
    with pytest.raises(ValueError, match="beta must be inf where a pattern has a weight of its own"):
        rt.PowerWeight(beta=2.0)
