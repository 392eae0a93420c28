"""One step of symmetry breaking: the functional against plain sums, its limits, and the saddle points."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import special

from replica_theory import (
    BinaryPerceptron,
    ConvergenceWarning,
    SymmetricBinaryPerceptron,
    TeacherStudent,
    UShapePerceptron,
    binary_entropy,
    local_entropy,
    local_entropy_1rsb,
    replica_symmetric,
)
from replica_theory.neighbourhood.symmetry_breaking import functional
from replica_theory.replicas.finite_y import Overlaps, System
from replica_theory.replicas.finite_y import energetic as symmetric_energetic
from replica_theory.replicas.finite_y import entropic as symmetric_entropic
from replica_theory.replicas.infinite_y import LimitEquations
from replica_theory.replicas.one_step import Breaking, Orders, energetic, entropic

MODEL = BinaryPerceptron()
Q, HATS, T_HAT, T = Orders(0.5, 0.1, 0.2), Orders(1.5, 0.4, 0.6), 0.5, 0.8
CASES = [(3.0, 2.0), (20.0, 4.0), (0.5, 0.7), (np.inf, 2.5)]


def plain(n=241):
    """Trapezoidal rule for a Gaussian of variance one."""
    z = np.linspace(-9, 9, n)
    return z, np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi) * (z[1] - z[0])


def nested(log_f, y, m, q, shift=0.0, n=241):
    """The printed integrals, one axis each: E_h log int Dw [int Du F^m]^(y/m) at h, w, u."""
    z, weight = plain(n)
    h = np.sqrt(q.q0) * z[:, None] + np.sqrt(q.gap) * z + shift
    inner = np.exp(m * log_f(h[:, :, None] + np.sqrt(q.step) * z)) @ weight
    return np.log(inner ** (y / m) @ weight), weight


@pytest.mark.parametrize(("y", "m"), [(3.0, 2.0), (0.5, 0.7)])
def test_integrals_against_plain_sums(y, m):
    system = Breaking(MODEL, 0.6, y, m)
    rest = np.sqrt(1 - Q.q2(False))
    log_z, weight = nested(lambda f: special.log_ndtr(f / rest), y, m, Q)
    # Both rules converge geometrically: at these widths to rounding.
    assert energetic(system, Q).value == pytest.approx(weight @ log_z, abs=1e-10)
    up, down = (nested(lambda f: np.logaddexp(f, -f), y, m, HATS, shift=s * T_HAT)[0] for s in (1, -1))
    assert entropic(system, HATS, T_HAT).value == pytest.approx(weight @ np.logaddexp(up, down), abs=1e-10)


def test_limit_of_many_replicas_against_a_plain_maximum():
    m, (z, weight) = 2.5, plain()
    system = Breaking(MODEL, 0.6, np.inf, m)
    x = np.linspace(-9, 9, 3001)
    rest = np.sqrt(1 - Q.q0 - Q.step)

    def largest(log_f, h, gap, step):
        f = np.linspace(-14, 14, 4001)
        b = np.log(np.exp(m * log_f(f[:, None] + np.sqrt(step) * z)) @ weight) / m
        return np.max(-0.5 * x**2 + np.interp(h[:, None] + np.sqrt(gap) * x, f, b), axis=1)

    expected = weight @ largest(lambda f: special.log_ndtr(f / rest), np.sqrt(Q.q0) * z, Q.gap, Q.step)
    # The maximum on a grid of spacing s is low by s^2/8, and interpolation by as much: 1e-5 together.
    assert energetic(system, Q).value == pytest.approx(expected, abs=2e-5)
    h = np.sqrt(HATS.q0) * np.abs(z) + T_HAT
    expected = weight @ largest(lambda f: np.logaddexp(f, -f), h, HATS.gap, HATS.step)
    # The kink of |z| at 0 costs the trapezoidal rule spacing^2/12 times the jump of the slope.
    assert entropic(system, HATS, T_HAT).value == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(("y", "m"), CASES)
def test_moments_are_the_derivatives_of_the_functional(y, m):
    """Gradient in the conjugates and overlaps by central differences: the saddle-point equations."""
    system = Breaking(MODEL, 0.6, y, m)
    forces, spins = energetic(system, Q), entropic(system, HATS, T_HAT)
    x = np.array([*Q, *HATS, T_HAT])

    def phi(v):
        return functional(system, Orders(*v[:3]), Orders(*v[3:6]), v[6], T).phi

    steps = 1e-4 * x * np.eye(7)
    gradient = np.array([(phi(x + s) - phi(x - s)) / (2 * s.sum()) for s in steps])
    errors = np.concatenate([0.6 * np.array(forces.orders) - HATS, np.array(spins.orders) - Q])
    for part, error in ((gradient[:3], errors[:3]), (gradient[3:6], errors[3:])):
        zero, gap, step = error
        if np.isinf(y):
            last = 0.5 * (m - 1) * (zero + step)
            expected = [last - 0.5 * m * zero + 0.5 * gap, 0.5 * zero, last]
        else:
            last = 0.5 * y * (m - 1) * (zero + gap + step)
            middle = last + 0.5 * y * (y - m) * (zero + gap)
            expected = [middle - 0.5 * y**2 * zero, middle, last]
        # Central differences of a functional of size y^2: 1e-8 of that.
        np.testing.assert_allclose(part, expected, atol=1e-8 * max(1.0, min(y, 20.0) ** 2))
    assert gradient[6] == pytest.approx((1.0 if np.isinf(y) else y) * (spins.t - T), abs=1e-7)


@pytest.mark.parametrize(("y", "m"), CASES)
def test_entropy_and_cluster_complexity_are_derivatives(y, m):
    system, h = Breaking(MODEL, 0.6, y, m), 1e-4
    point = functional(system, Q, HATS, T_HAT, T)

    def derivative(**change):
        ends = [replace(system, **{k: getattr(system, k) + sign * v for k, v in change.items()}) for sign in (1, -1)]
        right, left = (functional(end, Q, HATS, T_HAT, T).phi for end in ends)
        return (right - left) / (2 * h)

    factor = -(m**2) / (1.0 if np.isinf(y) else y)
    assert point.clusters == pytest.approx(factor * derivative(m=h), abs=1e-7)
    expected = point.phi if np.isinf(y) else derivative(y=h)
    assert point.entropy == pytest.approx(expected, abs=1e-7)


def symmetric_phi(y, q, hats, t_hat, t):
    """The replica-symmetric functional of a free reference, from its own module."""
    system = System(MODEL, None, 0.6, y)
    forces, spins = symmetric_energetic(system, Overlaps(*q), 0.0), symmetric_entropic(system, Overlaps(*hats), t_hat)
    q1, hat1 = sum(q), sum(hats)
    linear = -0.5 * y * hat1 - 0.5 * y * (y - 1) * q1 * hat1 + 0.5 * y**2 * q[0] * hats[0] - y * t * t_hat
    return linear + spins.value + 0.6 * forces.value


def test_single_members_and_single_groups_are_replica_symmetric():
    y = 3.0
    one = functional(Breaking(MODEL, 0.6, y, 1.0), Q, HATS, T_HAT, T).phi
    # Resolutions differ; both are good to 1e-9.
    assert one == pytest.approx(symmetric_phi(y, Q[:2], HATS[:2], T_HAT, T), abs=1e-8)
    whole = functional(Breaking(MODEL, 0.6, y, y), Q, HATS, T_HAT, T).phi
    merged = ([v.q0, v.gap + v.step] for v in (Q, HATS))
    assert whole == pytest.approx(symmetric_phi(y, *merged, T_HAT, T), abs=1e-8)


def test_closed_step_is_replica_symmetric():
    def phi(step):
        return functional(Breaking(MODEL, 0.6, 3.0, 1.8), Q._replace(step=step), HATS._replace(step=step), T_HAT, T).phi

    # Off the saddle the deviation is linear in the step; second order is left: 1e-6 times a constant of order ten.
    expected = symmetric_phi(3.0, Q[:2], HATS[:2], T_HAT, T)
    assert 2 * phi(0.001) - phi(0.002) == pytest.approx(expected, abs=2e-5)


def test_limits_of_the_limit_of_many_replicas():
    """m = 1 and m → inf (with q2 - q1 = delta/m) at y = inf are the replica-symmetric limit."""
    equations = LimitEquations(MODEL, 0.6)
    x = np.array([0.6, np.log1p(0.3), 0.2])
    point = equations.read(x, T)

    def phi(m, gap, step, hat_gap, hat_step):
        q, hats = Orders(0.6, gap, step), Orders(point.q_hat, hat_gap, hat_step)
        return functional(Breaking(MODEL, 0.6, np.inf, m), q, hats, 0.25, T).phi

    assert phi(1.0, 0.3, 0.1, point.gap_hat, 0.3) == pytest.approx(point.entropy, abs=1e-9)
    shares = (0.2, 0.5 * point.gap_hat)
    low, high = (phi(m, 0.1, shares[0] / m, 0.5 * point.gap_hat, shares[1] / m) for m in (100.0, 200.0))
    # Corrections in 1/m, after extrapolation 1/m^2.
    assert 2 * high - low == pytest.approx(point.entropy, abs=1e-4)


@pytest.mark.parametrize("y", [100.0])
def test_many_replicas_tend_to_the_limit(y):
    def phi(y):
        system = Breaking(MODEL, 0.6, y, 2.5)
        return functional(system, Q._replace(gap=Q.gap / y), HATS._replace(gap=HATS.gap / y), T_HAT, T).phi / y

    limit = functional(Breaking(MODEL, 0.6, np.inf, 2.5), Q, HATS, T_HAT, T).phi
    # A Laplace integral: corrections in 1/y; the sign of the reference adds exponentially small ones on a window of
    # fields of width 1/y. Extrapolated, 1/y^2 times a constant of order ten.
    assert 2 * phi(2 * y) - phi(y) == pytest.approx(limit, abs=2e-3)


def test_frozen_groups_are_single_replicas():
    """q2 → 1: the functional of y replicas in groups of m is the symmetric one of y/m replicas."""
    y, m, hat = 0.9, 0.6, 60.0
    symmetric = symmetric_phi(y / m, (0.5, 0.2), (1.5 * m**2, 0.4 * m**2), T_HAT * m, T)
    values = []
    for rest in (4e-4, 1e-4):
        q, hats = Orders(0.5, 0.2, 0.3 - rest), Orders(1.5, 0.4, hat)
        system = Breaking(MODEL, 0.6, y, m)
        value = functional(system, q, hats, T_HAT, T).phi
        # The conjugate of 1 - q2 stands with a coefficient of its own.
        values.append(value + 0.5 * y * (m - 1) * (q.q2(False) - 1) * hats.q2(False))
    # The edge of the constraint is smoothed by sqrt(rest): extrapolated to zero in it.
    assert 2 * values[1] - values[0] == pytest.approx(symmetric, abs=2e-4)


def test_broken_saddle_of_the_u_shaped_constraint():
    model = UShapePerceptron(1.5)
    curve = local_entropy_1rsb(model, 0.25, 0.3, y=0.3)
    of = {name: float(value) for name, value in curve.overlaps.items()}
    assert of["q0"] == 0 and of["q1"] + 0.1 < of["q2"] < 1 and 0.3 < of["m"] < 1
    assert abs(of["cluster_complexity"]) < 1e-9 and of["replicon"] < 0
    symmetric = local_entropy(model, 0.25, 0.3, y=0.3)
    # phi is the least over m, below the symmetric one (m = y or 1).
    assert of["phi"] < float(symmetric.overlaps["phi"]) - 1e-6
    for m in (of["m"] - 0.05, of["m"] + 0.05):
        assert float(local_entropy_1rsb(model, 0.25, 0.3, y=0.3, m=m).overlaps["phi"]) > of["phi"]
    h = 1e-3
    ends = local_entropy_1rsb(model, 0.25, np.array([0.3 - h, 0.3 + h]), y=0.3)
    # Central differences: h^2 times third derivatives, 1e-5 at most here.
    assert np.diff(ends.overlaps["phi"])[0] / (2 * h) == pytest.approx(2 * 0.3 * of["gamma"], abs=1e-4)
    assert np.diff(ends.entropy)[0] / (2 * h) == pytest.approx(float(curve.slope), abs=1e-3)


def test_breaking_sets_in_where_the_symmetric_saddle_becomes_unstable():
    model, sizes = UShapePerceptron(1.5), []
    for alpha in (0.18, 0.2, 0.22):
        curve = local_entropy_1rsb(model, alpha, 0.45, y=0.05, m=0.5)
        sizes.append((float(curve.overlaps["replicon"]), float(curve.overlaps["q2"] - curve.overlaps["q1"])))
    replicon, size = np.array(sizes).T
    assert (replicon < 0).all() and (np.diff(size) > 0).all()
    # The size is linear in the eigenvalue near the transition: a parabola through three points goes through the origin.
    assert np.polyval(np.polyfit(replicon, size, 2), 0.0) == pytest.approx(0.0, abs=2e-3)
    stable = local_entropy_1rsb(model, 0.14, 0.45, y=0.05, m=0.5)
    assert stable.overlaps["replicon"] > 0 and stable.overlaps["q2"] == stable.overlaps["q1"]


@pytest.mark.parametrize("alpha", [0.75, 0.76])
def test_slope_threshold_is_that_of_the_symmetric_theory(alpha):
    broken, symmetric = local_entropy_1rsb(MODEL, alpha, 0.02), local_entropy(MODEL, alpha, 0.02)
    assert broken.overlaps["replicon"] > 0.9
    assert float(broken.entropy) == float(symmetric.entropy) and float(broken.slope) == float(symmetric.slope)
    assert (float(broken.slope) > 0) == (alpha < 0.755)


def test_negative_entropy_is_cured_by_frozen_clusters():
    curve = local_entropy_1rsb(MODEL, 0.6, 0.1, y=0.5)
    of = {name: float(value) for name, value in curve.overlaps.items()}
    replicas = 0.5 / of["m"]
    assert float(local_entropy(MODEL, 0.6, 0.1, y=0.5).entropy) < 0 and 0.5 < of["m"] < 1
    at_crisis = local_entropy(MODEL, 0.6, 0.1, y=replicas)
    assert abs(float(at_crisis.entropy)) < 1e-7
    assert (float(curve.entropy), of["q2"]) == (0.0, 1.0)
    assert of["phi"] == pytest.approx(float(at_crisis.overlaps["phi"]), abs=1e-12)
    # Closer than solutions come to each other, every reference of weight has one solution at that distance.
    single = local_entropy_1rsb(MODEL, 0.6, 0.05, y=0.8)
    expected = float(replica_symmetric(MODEL, 0.6).entropy + binary_entropy(0.05))
    assert (float(single.entropy), float(single.overlaps["m"])) == (0.0, 0.8)
    assert float(single.complexity) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize(("y", "m"), [(0.5, 0.7), (5.0, 2.0)])
def test_stable_symmetric_points_stay_symmetric_at_any_parameter(y, m):
    curve, symmetric = local_entropy_1rsb(MODEL, 0.6, 0.2, y=y, m=m), local_entropy(MODEL, 0.6, 0.2, y=y)
    assert symmetric.overlaps["replicon"] > 0
    assert float(curve.entropy) == float(symmetric.entropy) and float(curve.complexity) == float(symmetric.complexity)
    assert curve.overlaps["m"] == m and curve.overlaps["q2"] == curve.overlaps["q1"]


def test_points_without_a_saddle_are_reported():
    with pytest.warns(ConvergenceWarning, match="1 of 2 points"):
        curve = local_entropy_1rsb(UShapePerceptron(1.5), 0.25, np.array([0.45, 0.001]), y=0.05, m=0.5)
    assert np.isfinite(curve.entropy[0]) and np.isnan(curve.entropy[1])


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"m": 0.5}, ValueError, "m must be .* between 1 and y"),
        ({"m": 5.0}, ValueError, "got 5.0"),
        ({"m": "two"}, TypeError, "m must be a real number"),
        ({"y": -1.0}, ValueError, "y must be non-negative"),
        ({"y": "zero-complexity"}, TypeError, "y must be a real number"),
        ({"distance": 0.0}, ValueError, "strictly between"),
        ({"alpha": -1.0}, ValueError, "alpha must be positive"),
        ({"model": TeacherStudent()}, ValueError, "random labels"),
        ({"model": "perceptron"}, TypeError, "must be a Model"),
        ({"model": UShapePerceptron(1.0), "y": np.inf}, ValueError, "log-concave"),
        ({"model": BinaryPerceptron(beta=2.0), "y": np.inf}, ValueError, "log-concave"),
    ],
)
def test_bad_input_is_refused(change, error, words):
    arguments = {"model": MODEL, "alpha": 0.5, "distance": 0.1, "y": 3.0} | change
    with pytest.raises(error, match=words):
        local_entropy_1rsb(arguments.pop("model"), **arguments)


def test_shapes_broadcast():
    curve = local_entropy_1rsb(SymmetricBinaryPerceptron(1.0), np.array([[1.0], [1.2]]), np.array([0.2, 0.3]), y=2.0)
    assert curve.entropy.shape == curve.overlaps["q2"].shape == curve.y.shape == (2, 2)
    assert curve.converged.all()
