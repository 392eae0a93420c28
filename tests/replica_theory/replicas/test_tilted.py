"""Measures tilted towards one of their samples."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from scipy import optimize, special

import replica_theory as rt
from replica_theory.replicas.tilted import Tilted

ONE = rt.PowerWeight(power=1.0)


@lru_cache
def tilted(power, alpha):
    model = rt.PowerWeight(power=power)
    return Tilted.of(model, alpha, rt.replica_symmetric(model, alpha))


def root(here, time):
    """A fixed point by bisection on the equation itself."""
    return here.at(optimize.brentq(lambda d: float(here.at(d).time) - time, 0.0, 5.0, xtol=1e-12))


def gauss(n=2001, reach=9.0):
    z = np.linspace(-reach, reach, n)
    return z, np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi) * (z[1] - z[0])


def referee(model, alpha, point, q, q_hat, time):
    """f_tau(q, q_hat) as it is written, by plain sums over both fields (good to 1e-9 where nothing is steep)."""
    z, w = gauss(401)
    a = np.sqrt(point.q_hat) * z[:, None]
    d = q_hat - point.q_hat + time
    spins = 0.0
    for sign in (-1, 1):
        field = a + np.sqrt(d) * z + d * sign
        spins += w @ (np.exp(a * sign) / (2 * np.cosh(a)) * np.logaddexp(field, -field)) @ w
    h = np.sqrt(point.q) * z[:, None] + np.sqrt(q - point.q) * z
    log = model.log_kernel(h, np.sqrt(1 - q)).log
    prior = model.log_kernel(np.sqrt(point.q) * z, np.sqrt(1 - point.q)).log
    patterns = w @ (np.exp(log - prior[:, None]) * log) @ w
    return -0.5 * q_hat * (1 + q) + point.q * point.q_hat + spins + alpha * patterns


@pytest.mark.parametrize(
    ("model", "alpha"), [(ONE, 0.3), (rt.BinaryPerceptron(0.2), 0.4), (rt.UShapePerceptron(1.0), 0.5)]
)
def test_stationary_points_of_the_functional_as_it_is_written(model, alpha):
    """Value and both derivatives (differences of order h^2 = 1e-8, and the referee's 1e-9 over h)."""
    point = rt.replica_symmetric(model, alpha)
    found = Tilted.of(model, alpha, point).at(1.3)
    q, q_hat, time, h = 1 - found.rest, found.q_hat, float(found.time), 1e-4

    def f(x, y):
        return referee(model, alpha, point, x, y, time)

    assert f(q, q_hat) == pytest.approx(float(found.free_entropy(time)), abs=1e-8)
    assert f(q + h, q_hat) - f(q - h, q_hat) == pytest.approx(0.0, abs=1e-7 * h + 1e-9)
    assert f(q, q_hat + h) - f(q, q_hat - h) == pytest.approx(0.0, abs=1e-7 * h + 1e-9)


def test_untilted():
    """At D = 0 everything is that of the replica-symmetric theory."""
    point, start = rt.replica_symmetric(ONE, 0.5), tilted(1.0, 0.5).at(0.0)
    for mine, theirs in ((start.rest, 1 - point.q), (start.q_hat, point.q_hat), (start.time, 0.0),
                         (start.stability, point.stability),
                         (start.free_entropy(0.0), point.free_entropy)):  # fmt: skip
        assert float(mine) == pytest.approx(theirs, abs=1e-12)  # quadratures of different nodes


@pytest.mark.parametrize(("power", "strength"), [(0.0, 2.0), (1.0, 2.0), (2.0, 9.0)])
def test_slopes(power, strength):
    """dtau/dD is the stability, dq/dD = E sech^4 and df/dq = (tau - tau(q))/2: differences of order h^2."""
    h = 1e-4
    low, mid, high = (tilted(power, 0.4).at(strength + s * h) for s in (-1, 0, 1))
    assert (high.time - low.time) / (2 * h) == pytest.approx(mid.stability, abs=1e-7)
    assert (low.rest - high.rest) / (2 * h) == pytest.approx(mid.response, abs=1e-7)
    for time in (0.5, 3.0):
        slope = (high.free_entropy(time) - low.free_entropy(time)) / (low.rest - high.rest)
        assert slope == pytest.approx(0.5 * (time - mid.time), abs=1e-5)


def test_all_the_way():
    """Of a sample alone tau + alpha E log w is left; the area under (1 - q)/2 is the entropy."""
    here, point = tilted(1.0, 0.3), rt.replica_symmetric(ONE, 0.3)
    path = here.path
    assert path.free_entropy(1.0)[-1] == pytest.approx(1.0 - 0.3 * point.energy, abs=1e-12)
    u, w = np.polynomial.legendre.leggauss(24)
    fine = here.series((s := 3.5 * (1 + u)) ** 2)  # over D to 49, where 1 - q is 1e-12
    assert np.sum(3.5 * w * s * fine.rest * fine.stability) == pytest.approx(point.entropy, abs=1e-9)
    assert path.response[-1] / path.rest[-1] == pytest.approx(0.5, abs=1e-2)  # corrections 1/(4 D)
    assert np.all(np.diff(path.rest) < 0) and not here.is_pinned


def test_small_loads():
    """Without patterns 1 - q is E sech^2 of a weight seen alone; small loads change it in proportion."""
    far, near = (root(tilted(1.0, a), 1.0) for a in (2e-4, 1e-4))
    alone = replace(tilted(1.0, 1e-4), q_hat_ref=0.0).spins(1.0)[0]
    z, w = gauss()
    assert alone == pytest.approx(w @ np.cosh(1 + z) ** -2.0, abs=1e-12)
    assert float(2 * near.rest - far.rest) == pytest.approx(alone, abs=1e-7)  # order alpha^2
    assert far.rest < near.rest < alone


@pytest.mark.parametrize(("power", "pinned"), [(0.0, True), (0.5, True), (0.99, True), (1.0, False), (1.01, False)])
def test_pinning(power, pinned):
    assert tilted(power, 0.3).is_pinned is pinned


def test_marginal_power_pins_at_large_loads():
    """At p = 1 the ratio of slopes at q = 1 passes one between these loads."""
    assert not tilted(1.0, 0.62).is_pinned and tilted(1.0, 0.64).is_pinned


def test_strength_of_an_overlap():
    here = tilted(1.0, 0.3)
    assert here.strength_of(float(here.at(2.5).rest)) == pytest.approx(2.5, abs=1e-10)
    assert here.strength_of(1.0) == 0.0


def test_iteration_of_message_passing():
    """State evolution of AMP with side information from q = q_tilde: its limit is the first fixed point."""
    here, time = tilted(1.0, 0.3), 1.5
    found = here.fixed_points(time)
    strength = 0.0
    for _ in range(25):  # errors fall by 1 - stability = 0.2 each time
        rest = here.spins(strength)[0]
        strength = time - here.q_hat_ref + here.alpha * here.patterns(rest)[1]
    assert len(found) == 1 and strength == pytest.approx(float(found[0].strength), rel=1e-9)
    assert float(root(here, time).strength) == pytest.approx(strength, rel=1e-9)


def test_erasures():
    """Fractions of known weights grow with the overlap exactly where decimation is stable (differences)."""
    here, h = tilted(1.0, 0.6), 1e-3
    for strength in (1.0, 6.0):
        low, mid, high = (here.at(strength + s * h) for s in (-1, 0, 1))
        fractions = [here.erased(point)[0] for point in (low, high)]
        slope = (fractions[1] - fractions[0]) / (low.rest - high.rest)
        rest = here.spins(float(mid.q_hat) - here.q_hat_ref)[0]
        assert slope == pytest.approx(here.erased(mid)[1] / rest, rel=1e-4)
    assert here.erased(here.at(0.0))[0] == pytest.approx(0.0, abs=1e-12)


def test_a_second_fixed_point_very_close_to_one():
    """At alpha = 0.63 and p = 1 the time turns at 1 - q = 4e-4 only; a slow sum over the pattern's field agrees."""
    here = tilted(1.0, 0.63)
    early, late = here.at(12.0), here.at(20.0)
    assert late.time < early.time and early.rest < 4e-4 and early.stability > -0.02

    def time(strength):
        rest = here.spins(strength)[0]
        q, std, ref = 1 - rest, np.sqrt(rest), here.q_ref
        u = np.linspace(-2.5, np.arcsinh(9 / std), 1501)
        t, width = np.sinh(u), np.cosh(u) * (u[1] - u[0]) * std / np.sqrt(q)
        moment = t * special.ndtr(t) + np.exp(-0.5 * t**2) / np.sqrt(2 * np.pi)
        y, w = gauss(181)
        y, w = 2 * y, 2 * w * np.exp(-1.5 * y**2)  # fields of samples go further
        v = t * std / np.sqrt(q)
        prior = ONE.log_kernel(ref / np.sqrt(q) * v[:, None] + np.sqrt(ref * (1 - ref / q)) * y, np.sqrt(1 - ref)).log
        weight = np.exp(-0.5 * v**2) / np.sqrt(2 * np.pi) * width * std * (np.exp(-prior) @ w)
        return strength + here.q_hat_ref - here.alpha * np.sum(weight * special.ndtr(t) ** 2 / moment) / rest

    for point in (early, late):
        assert time(float(point.strength)) == pytest.approx(float(point.time), abs=1e-7)  # the rule of the referee
