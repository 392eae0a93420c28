"""Franz-Parisi entropy: against a slow referee in other coordinates, its slope, its limits, its end."""

import numpy as np
import pytest
from franz_parisi_referee import Problem, Saddle, energy, entropic, freezing_distance, functional, gradient
from scipy import special, stats

from replica_theory import (
    BinaryPerceptron,
    ConvergenceError,
    ConvergenceWarning,
    CustomModel,
    DiscreteWeights,
    IntervalModel,
    SphericalWeights,
    Status,
    SymmetricBinaryPerceptron,
    TeacherStudent,
    UShapePerceptron,
    annealed_entropy,
    binary_entropy,
    capacity,
    franz_parisi,
    minimum_distance,
    planted_bound,
    replica_symmetric,
)

BINARY = BinaryPerceptron()
CASES = [
    (BINARY, BINARY, alpha, distance)
    for alpha, distance in [(0.1, 0.01), (0.1, 0.3), (0.4, 0.1), (0.5, 0.01), (0.5, 0.1), (0.8, 0.05), (0.8, 0.4)]
] + [
    (BINARY, BinaryPerceptron(0.2), 0.5, 0.05),
    (BinaryPerceptron(0.3), BINARY, 0.4, 0.2),
    (BinaryPerceptron(0.3, 2.0), BINARY, 0.5, 0.05),
    (BINARY, BinaryPerceptron(0.0, 1.5), 0.5, 0.2),
    (BinaryPerceptron(0.0, 3.0), BinaryPerceptron(-0.2, 1.5), 0.5, 0.1),
]


def problem(probe, reference, alpha):
    typical = replica_symmetric(reference, alpha)
    return Problem(probe.kappa, probe.beta, reference.kappa, reference.beta, alpha, typical.q, typical.q_hat)


def saddle(curve):
    return Saddle(*(float(curve.overlaps[key]) for key in Saddle._fields))


@pytest.mark.parametrize(("probe", "reference", "alpha", "distance"), CASES)
def test_against_the_referee(probe, reference, alpha, distance):
    """Equal in value and stationary there: the functional as printed, on dense grids in other coordinates."""
    curve = franz_parisi(probe, alpha, distance, reference=reference)
    p, s, t = problem(probe, reference, alpha), saddle(curve), 1 - 2 * distance
    free = float(curve.overlaps["free_entropy"])
    # Both quadratures are at rounding level here; the saddle is solved to 1e-12.
    assert functional(p, t, s, 501) == pytest.approx(free, abs=1e-11)
    # Central differences with step 1e-4: truncation 1e-8 times third derivatives, largest where q is near 1.
    np.testing.assert_allclose(gradient(p, t, s, 301), 0, atol=2e-7)
    if np.isfinite(probe.beta):
        violated = energy(p, t, s.t0, s.q, 501)
        assert float(curve.overlaps["energy"]) == pytest.approx(violated, abs=1e-11)
        assert float(curve.entropy) == pytest.approx(free + probe.beta * alpha * violated, abs=1e-11)
    else:
        assert float(curve.entropy) == free


def test_slope_is_the_derivative():
    """dS/dd by central differences of the curve itself, on both sides of the typical distance (0.339)."""
    step = 1e-4
    for distance in (0.01, 0.1, 0.33, 0.339, 0.45):
        low, here, high = franz_parisi(BINARY, 0.5, [distance * (1 + s * step) for s in (-1, 0, 1)]).entropy
        slope = float(franz_parisi(BINARY, 0.5, distance).slope)
        # Truncation (d step)^2 S''' / 6 with S''' ~ 1/d^2: 1e-8.
        assert (high - low) / (2 * step * distance) == pytest.approx(slope, abs=1e-6)
        assert np.isfinite(here)


@pytest.mark.parametrize("model", [BINARY, BinaryPerceptron(-0.5), BinaryPerceptron(0.0, 2.0)])
@pytest.mark.parametrize("alpha", [0.1, 0.6])
def test_typical_distance(model, alpha):
    """Nothing is asked of a probe at the typical distance: the typical entropy, the free one at its maximum."""
    typical = replica_symmetric(model, alpha)
    curve = franz_parisi(model, alpha, 0.5 * (1 - typical.q))
    assert float(curve.entropy) == pytest.approx(typical.entropy, abs=1e-10)
    assert float(curve.overlaps["gamma"]) == pytest.approx(0, abs=1e-9)
    assert np.isfinite(curve.slope) and (np.isfinite(model.beta) or abs(curve.slope) < 1e-9)
    assert float(curve.overlaps["q"]) == pytest.approx(typical.q, abs=1e-10)
    assert float(curve.overlaps["t0"]) == pytest.approx(typical.q, abs=1e-10)


def test_typical_distance_to_another_ensemble():
    """The maximum over d of the free entropy around a reference of other margin is the probe's own."""
    probe, reference = BinaryPerceptron(0.0), BinaryPerceptron(0.3)
    typical = replica_symmetric(probe, 0.4)
    distance = np.linspace(0.3, 0.45, 31)
    curve = franz_parisi(probe, 0.4, distance, reference=reference)
    k = int(np.argmax(curve.entropy))
    # A parabola through the top three points: its error is third order in the spacing 0.005.
    top = np.polynomial.Polynomial.fit(distance[k - 1 : k + 2], curve.entropy[k - 1 : k + 2], 2)
    assert float(top(top.deriv().roots()[0])) == pytest.approx(typical.entropy, abs=1e-6)


def test_close_to_the_reference():
    """d = 1e-4 at alpha = 0.1 against doubled quadrature (0.00022561166), and the entropic bound."""
    curve = franz_parisi(BINARY, 0.1, [1e-4, 1e-3])
    np.testing.assert_allclose(curve.entropy, [0.00022561166, 0.00539276172], atol=1e-8)
    assert (curve.entropy < binary_entropy(curve.distance)).all()
    assert (curve.error < 1e-8).all()


def test_at_the_reference():
    """d = 0 is the reference itself: one solution, if the probe's constraint lets it pass."""
    curve = franz_parisi(BINARY, 0.5, 0.0)
    assert float(curve.entropy) == 0 and float(curve.slope) == np.inf and float(curve.overlaps["q"]) == 1
    assert float(franz_parisi(BINARY, 0.5, 0.0, reference=BinaryPerceptron(0.2)).entropy) == 0
    outside = franz_parisi(BinaryPerceptron(0.2), 0.5, 0.0, reference=BINARY)
    assert float(outside.entropy) == -np.inf and outside.status.item() is Status.NEGATIVE_ENTROPY
    assert float(franz_parisi(SymmetricBinaryPerceptron(1.0), 0.5, 0.0).entropy) == 0


def test_references_that_do_not_exist():
    """Above the capacity 0.4557 of kappa = 1/2 there are none: the value is kept, and called so before all else."""
    curve = franz_parisi(BINARY, 0.5, [0.01, 0.05], reference=BinaryPerceptron(0.5))
    assert [str(s) for s in curve.status] == ["no-reference"] * 2 and curve.converged.all()
    assert curve.entropy[0] == pytest.approx(0.0554168, abs=1e-7)
    assert str(franz_parisi(BINARY, 0.45, 0.01, reference=BinaryPerceptron(0.5)).status) == "converged"
    assert str(franz_parisi(BINARY, 0.9, 0.1).status) == "no-reference"
    with pytest.raises(ConvergenceError, match="references do not exist"):
        minimum_distance(BINARY, 0.5, reference=BinaryPerceptron(0.5))


def test_half_distance():
    """At d = 1/2 the probe is orthogonal to the reference: fewer probes than the typical ones, but not none."""
    curve = franz_parisi(BINARY, 0.5, 0.5)
    assert 0 < float(curve.entropy) < replica_symmetric(BINARY, 0.5).entropy and float(curve.slope) < 0


def test_robust_reference():
    """Around a reference of margin 0.2 every close configuration is a solution: S -> H2(d)."""
    curve = franz_parisi(BINARY, 0.5, [1e-4, 1e-3, 1e-2], reference=BinaryPerceptron(0.2))
    missing = binary_entropy(curve.distance) - curve.entropy
    assert (missing > -1e-12).all() and missing[0] < 1e-8 < missing[1] < 2e-5 < missing[2]


@pytest.mark.slow
@pytest.mark.parametrize("alpha", [0.3, 0.5, 0.7])
def test_end_of_the_branch(alpha):
    """The saddle ends where the probes freeze, q -> 1; the q -> 1 limit of the functional gives that distance."""
    near = {0.3: 8.3e-5, 0.5: 4.5e-4, 0.7: 1.9e-3}[alpha]
    # Just above: a converged point with negative entropy, and the start of the referee's root finding.
    above = franz_parisi(BINARY, alpha, 1.05 * near)
    assert above.status.item() is Status.NEGATIVE_ENTROPY and 1 - float(above.overlaps["q"]) < 1e-3
    s = saddle(above)
    freezes = freezing_distance(problem(BINARY, BINARY, alpha), (near, s.t0, (s.t_hat - s.t0_hat) / np.sqrt(s.q_hat)))
    with pytest.warns(ConvergenceWarning, match="1 of 2 points are NaN"):
        pair = franz_parisi(BINARY, alpha, freezes * np.array([1.02, 0.995]))
    # The documented resolution of the end is a fraction of a per cent in d.
    assert [str(status) for status in pair.status] == ["negative-entropy", "saddle-lost"]


def test_symmetric_quenched_below_planted():
    model, distance = SymmetricBinaryPerceptron(1.0), np.array([0.03, 0.1, 0.3, 0.5])
    curve, bound = franz_parisi(model, 0.8, distance), planted_bound(model, 0.8, distance)
    assert (curve.entropy[:-1] < bound[:-1]).all()
    assert float(curve.entropy[-1]) == pytest.approx(float(bound[-1]), abs=1e-12)
    # At d = 1/2 the reference is forgotten: the annealed entropy, exact for this model.
    assert float(bound[-1]) == pytest.approx(replica_symmetric(model, 0.8).entropy, abs=1e-12)


def symmetric_functional(kappa, alpha, t, q, q_hat, t_hat):
    """The functional of a reference without overlap (q_ref = t0 = 0), by dense sums over probe field and stability."""
    s = np.linspace(-kappa, kappa, 801)[:, None]
    x = np.linspace(-9, 9, 801)
    gauss = np.exp(-0.5 * x**2) / np.sqrt(2 * np.pi)
    field, std = t * s + np.sqrt(q - t**2) * x, np.sqrt(1 - q)
    inside = np.log(stats.norm.cdf((kappa - field) / std) - stats.norm.cdf((-kappa - field) / std))
    density = np.exp(-0.5 * s[:, 0] ** 2)
    mean = np.trapezoid(density * np.trapezoid(gauss * inside, x, axis=1), s[:, 0]) / np.trapezoid(density, s[:, 0])
    spins = np.trapezoid(gauss * np.logaddexp(np.sqrt(q_hat) * x + t_hat, -np.sqrt(q_hat) * x - t_hat), x)
    return -0.5 * q_hat * (1 - q) - t * t_hat + spins + alpha * mean


@pytest.mark.parametrize(("kappa", "alpha", "distance"), [(1.0, 0.8, 0.1), (0.5, 0.3, 0.3)])
def test_symmetric_against_its_functional(kappa, alpha, distance):
    curve = franz_parisi(SymmetricBinaryPerceptron(kappa), alpha, distance)
    orders = np.array([float(curve.overlaps[key]) for key in ("q", "q_hat", "t_hat")])
    t, step = 1 - 2 * distance, 1e-4
    # The sum over the stability ends inside its range: trapezoid error h^2/12 times the end slopes, 1e-6.
    assert symmetric_functional(kappa, alpha, t, *orders) == pytest.approx(float(curve.entropy), abs=1e-5)
    for shift in step * np.eye(3):
        high, low = (symmetric_functional(kappa, alpha, t, *(orders + sign * shift)) for sign in (1, -1))
        assert abs(high - low) / (2 * step) < 1e-5


@pytest.mark.parametrize(
    ("model", "edges"), [(BinaryPerceptron(0.3), (0.3,)), (SymmetricBinaryPerceptron(0.7), (-0.7, 0.7))]
)
@pytest.mark.parametrize("distance", [0.01, 0.2, 0.5])
def test_planted_bound_is_a_bivariate_normal(model, edges, distance):
    t, alpha = 1 - 2 * distance, 0.6
    options = {"cov": [[1, t], [t, 1]], "abseps": 1e-10, "releps": 1e-10}
    cdf = lambda x, y: float(stats.multivariate_normal.cdf([x, y], **options))  # noqa: E731
    if len(edges) == 1:
        both, single = cdf(-edges[0], -edges[0]), stats.norm.sf(edges[0])
    else:
        k = edges[1]
        both = cdf(k, k) - cdf(-k, k) - cdf(k, -k) + cdf(-k, -k)
        single = stats.norm.cdf(k) - stats.norm.cdf(-k)
    expected = float(binary_entropy(distance)) + alpha * np.log(both / single)
    # scipy's bivariate normal is good to about 1e-9.
    assert float(planted_bound(model, alpha, distance)) == pytest.approx(expected, abs=1e-7)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("model", [
    BinaryPerceptron(40.0), IntervalModel([(30, 31)]), SymmetricBinaryPerceptron(40.0), SymmetricBinaryPerceptron(1e-9),
    IntervalModel([(-3.5e-227, 2.3e-189)]), IntervalModel([(-2.9, -2.7), (-2e-289, 1.4e-123)]), UShapePerceptron(30.0),
], ids=str)  # fmt: skip
def test_planted_bound_of_improbable_sets(model):
    """Products of probabilities underflow, their logarithms do not: independent at d = 1/2, one and the same at 0."""
    at_zero, nearest, near, independent = planted_bound(model, 1.0, [0.0, 5e-324, 1e-99, 0.5])
    assert at_zero == 0.0 and nearest == pytest.approx(0.0, abs=1e-300)
    assert np.isfinite(near)
    assert float(independent) == pytest.approx(float(annealed_entropy(model, 1.0)), rel=1e-12)  # rtol of the integral


def test_planted_bound_of_a_soft_constraint():
    """Accepted by 0.9 or 0.1 with the sign: two of one stability by 0.41, independent ones by 0.25."""
    model = CustomModel(lambda mean, std: 0.1 + 0.8 * stats.norm.cdf(mean / std))
    found = planted_bound(model, 1.0, [0.0, 1e-18, 0.5])
    # A noise of 1e-9 around the step.
    np.testing.assert_allclose(found, [np.log(0.82), np.log(0.82), np.log(2) + np.log(0.5)], atol=1e-8)


@pytest.mark.parametrize("distance", [1e-3, 0.1, 0.4])
def test_planted_bound_of_a_point(distance):
    """Of a set of width w at m: the density of one stability at m, given the other there."""
    m, w, t = 1.3, 1e-9, 1 - 2 * distance
    variance = 1 - t**2
    density = -0.5 * (m * (1 - t)) ** 2 / variance - 0.5 * np.log(2 * np.pi * variance)
    expected = float(binary_entropy(distance)) + 0.7 * (np.log(w) + density)
    # The end of the interval is rounded to 1e-7 of its width.
    assert float(planted_bound(IntervalModel([(m, m + w)]), 0.7, distance)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("distance", [0.02, 0.2])
def test_planted_bound_bounds_binary_pairs(distance):
    """The annealed count of pairs at the margin of an even constraint, checked to be above the quenched one."""
    for alpha in (0.2, 1.0):
        model = SymmetricBinaryPerceptron(1.2)
        assert float(franz_parisi(model, alpha, distance).entropy) <= float(planted_bound(model, alpha, distance))


@pytest.mark.slow
def test_minimum_distance():
    """A root of the curve, growing with the load: typical solutions are isolated."""
    roots = [minimum_distance(BINARY, alpha) for alpha in (0.5, 0.7, 0.8)]
    assert roots == sorted(roots) and roots[0] == pytest.approx(0.0070029, abs=1e-6)
    for alpha, root in zip((0.5, 0.7, 0.8), roots, strict=True):
        around = franz_parisi(BINARY, alpha, root * np.array([0.999, 1.0, 1.001]))
        assert around.entropy[0] < 0 < around.entropy[2]
        assert abs(around.entropy[1]) < 1e-9
    assert minimum_distance(BINARY, 0.5, reference=BinaryPerceptron(0.2)) == 0.0


def test_minimum_distance_refusals():
    with pytest.raises(ConvergenceError, match=r"no minimum distance at alpha=0.85: the saddle point converged but"):
        minimum_distance(BINARY, 0.85)
    with pytest.raises(ValueError, match="alpha must be a single number; got"):
        minimum_distance(BINARY, [0.5, 0.6])


def test_broadcasting_equals_scalar_calls():
    alpha, distance = np.array([[0.2], [0.5]]), np.array([0.1, 0.45, 0.02])
    table = franz_parisi(BINARY, alpha, distance)
    assert table.entropy.shape == table.distance.shape == table.overlaps["q"].shape == (2, 3)
    assert table.converged.all()
    for i, j in np.ndindex(2, 3):
        alone = franz_parisi(BINARY, alpha[i, 0], distance[j])
        assert alone.entropy.shape == ()
        # Continuation reaches the same saddle in other steps; the entropy is stationary, the slope is not.
        assert table.entropy[i, j] == pytest.approx(float(alone.entropy), abs=1e-11)
        assert table.slope[i, j] == pytest.approx(float(alone.slope), abs=1e-9)


def test_arrays_of_margins():
    curve = franz_parisi(BinaryPerceptron([0.0, 0.1]), 0.3, 0.1, reference=BinaryPerceptron([0.2, 0.2]))
    for k, kappa in enumerate((0.0, 0.1)):
        alone = franz_parisi(BinaryPerceptron(kappa), 0.3, 0.1, reference=BinaryPerceptron(0.2))
        assert curve.entropy[k] == pytest.approx(float(alone.entropy), abs=1e-11)


def test_order_and_repetition_do_not_matter():
    distance = np.array([0.1, 0.02, 0.1, 0.0, 0.4])
    curve = franz_parisi(BINARY, 0.5, distance)
    assert curve.entropy[0] == curve.entropy[2]
    again = franz_parisi(BINARY, 0.5, distance[::-1])
    np.testing.assert_array_equal(curve.entropy, again.entropy[::-1])


def test_reference_above_its_existence():
    """No typical reference at this load: every point is lost, the sentence says so."""
    with pytest.raises(ConvergenceError, match=r"franz_parisi at distance 0.1: the branch") as caught:
        franz_parisi(BINARY, 1.5, 0.1)
    assert np.isnan(caught.value.result.entropy)


def test_lost_points_warn_once():
    with pytest.warns(ConvergenceWarning) as record:
        curve = franz_parisi(BINARY, 0.7, [1e-5, 1e-4, 0.1])
    assert [str(w.message) for w in record] == ["franz_parisi: 2 of 3 points are NaN (2 x saddle-lost)"]
    assert record[0].filename == __file__
    assert np.isnan(curve.entropy).tolist() == [True, True, False] == (~curve.converged).tolist()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((BINARY, 0.5, 0.6), ValueError, r"distance must lie in \[0, 1/2\]; got 0.6"),
        ((BINARY, 0.5, -0.1), ValueError, r"distance must lie in \[0, 1/2\]; got -0.1"),
        ((BINARY, 0.5, np.nan), ValueError, r"distance must lie in \[0, 1/2\]; got nan"),
        ((BINARY, 0.5, [0.1, 0.7]), ValueError, r"distance must lie in \[0, 1/2\]; got \[0.1, 0.7\]"),
        ((BINARY, 0.5, "near"), TypeError, "distance must be a real number or an array of them; got 'near'"),
        ((BINARY, 0.0, 0.1), ValueError, "alpha must be positive and finite; got 0.0"),
        ((TeacherStudent(), 0.5, 0.1), ValueError, "franz_parisi needs random labels"),
        (("binary", 0.5, 0.1), TypeError, "model must be a Model such as"),
    ],
)
def test_refusals(arguments, error, message):
    with pytest.raises(error, match=message):
        franz_parisi(*arguments)


def test_classes_must_agree():
    with pytest.raises(ValueError, match="reference must be a BinaryPerceptron like the model; got Symmetric"):
        franz_parisi(BINARY, 0.5, 0.1, reference=SymmetricBinaryPerceptron(1.0))


def test_planted_bound_refusals():
    with pytest.raises(ValueError, match=r"planted_bound counts solutions and needs beta = inf; got beta=1.0"):
        planted_bound(BinaryPerceptron(0.0, 1.0), 0.5, 0.1)
    with pytest.raises(ValueError, match=r"distance must lie in \[0, 1/2\]; got 0.9"):
        planted_bound(BINARY, 0.5, 0.9)


def test_below_capacity_only_up_to_it():
    """The typical distance keeps a positive entropy up to capacity, where all of the curve is below zero."""
    alpha = capacity(BINARY).alpha
    curve = franz_parisi(BINARY, alpha, [0.05, 0.2])
    assert (curve.entropy < 1e-9).all()


def test_referee_itself():
    """The referee's entropic term without coupling: the sum over the reference leaves a plain Gaussian average."""
    p = Problem(0.0, np.inf, 0.0, np.inf, 0.5, 0.3, 0.6)
    z = np.linspace(-9, 9, 4001)
    plain = np.trapezoid(np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi) * np.log(2 * np.cosh(np.sqrt(0.8) * z)), z)
    # With t_hat = t0_hat the field no longer knows the reference's spin.
    assert entropic(p, 0.8, 0.2, 0.2, 401) == pytest.approx(plain, abs=1e-12)


@pytest.mark.parametrize(
    ("model", "alpha", "nearer"),
    [
        pytest.param(IntervalModel([(-1, 0.5)]), 0.3, [0.02, 0.1], id="interval"),
        pytest.param(IntervalModel([(-2, -0.8), (-0.1, 0.4)]), 0.1, [0.1], id="two intervals", marks=pytest.mark.slow),
        pytest.param(UShapePerceptron(0.5), 0.2, [0.02, 0.1], id="u-shape"),
    ],
)
def test_other_constraints_without_a_warning(model, alpha, nearer):
    """Trial points outside the domain give NaN, and no warning; at the typical distance S is the entropy."""
    typical = replica_symmetric(model, alpha)
    curve = franz_parisi(model, alpha, np.array([*nearer, 0.5 * (1 - float(typical.q))]))
    assert curve.converged.all() and curve.entropy[-1] == pytest.approx(typical.entropy, abs=1e-10)
    assert np.all(np.diff(curve.entropy) > 0)


SPHERE, TERNARY = SphericalWeights(), DiscreteWeights([-1, 0, 1])


@pytest.mark.parametrize(
    ("margin", "expected"), [(0.0, [-1.139889518, -0.949125085]), (0.2, [-1.059804074, -0.902276946])]
)
def test_on_the_sphere_against_independent_values(margin, expected):
    """Values of a slow three-dimensional quadrature, to 1e-9; those of the notes to the six digits they have."""
    reference = BinaryPerceptron(margin, weights=SPHERE)
    curve = franz_parisi(BinaryPerceptron(weights=SPHERE), 1.0, np.array([0.05, 0.1]), reference=reference)
    np.testing.assert_allclose(curve.entropy, expected, atol=2e-9)
    assert (curve.status == "converged").all()  # a negative entropy is no failure there


def test_functional_of_the_sphere_is_stationary():
    """The functional as printed, with a plain triple integral: values and derivatives at the solution."""
    alpha, margin, t = 1.0, 0.4, 0.8
    reference = BinaryPerceptron(margin, weights=SPHERE)
    curve = franz_parisi(BinaryPerceptron(weights=SPHERE), alpha, 0.1, reference=reference)
    q_ref = float(replica_symmetric(reference, alpha).q)

    def functional(x):
        return spherical_functional(alpha, margin, q_ref, t, *x)

    x = np.array([float(curve.overlaps["q"]), float(curve.overlaps["t0"])])
    assert functional(x) == pytest.approx(float(curve.entropy), abs=1e-10)
    slopes = [(functional(x + 2e-5 * unit) - functional(x - 2e-5 * unit)) / 4e-5 for unit in np.eye(2)]
    np.testing.assert_allclose(slopes, 0.0, atol=1e-6)  # truncation: third derivatives of some 4000


def spherical_functional(alpha, margin, q_ref, t, q, t0):
    z = np.linspace(-8.5, 8.5, 121)
    measure = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
    low = np.maximum((margin - np.sqrt(q_ref) * z) / np.sqrt(1 - q_ref), -9.0)[:, None]
    u, w = np.polynomial.legendre.leggauss(100)
    length = np.where(low > 0, 40 / (low + 2), 9.5 - low)
    x = low + length * 0.5 * (u + 1)
    density = np.exp(-0.5 * (x**2 - low**2)) / (np.sqrt(np.pi / 2) * special.erfcx(low / np.sqrt(2))) * length * 0.5 * w
    a, b = t0 / np.sqrt(q_ref), (t - t0) / np.sqrt(1 - q_ref)
    rest = np.sqrt(q - a**2 - b**2)
    y, v = np.polynomial.hermite_e.hermegauss(30)
    field = a * z[:, None, None] + b * x[:, :, None] + rest * y
    energetic = measure @ (density * (special.log_ndtr(field / np.sqrt(1 - q)) @ (v / v.sum()))).sum(axis=1)
    g = (t - t0) ** 2 * (1 - 2 * q_ref) / (1 - q_ref) ** 2 + 2 * (t - t0) * t0 / (1 - q_ref)
    return 0.5 * np.log(1 - q) + (q - g) / (2 * (1 - q)) + alpha * float(energetic)


@pytest.mark.parametrize("weights", [SPHERE, TERNARY], ids=["sphere", "ternary"])
def test_slope_of_other_weights_is_the_derivative(weights):
    """Central differences of step 1e-3 d: truncation of relative order 1e-5."""
    curve = franz_parisi(BinaryPerceptron(weights=weights), 0.6, np.array([0.0999, 0.1, 0.1001]))
    assert (curve.entropy[2] - curve.entropy[0]) / 2e-4 == pytest.approx(curve.slope[1], rel=1e-5)


def test_discrete_weights_with_known_limits():
    """±a at margin a kappa is binary to rounding; a third level dies with its prior; the typical point is known."""
    distance = np.array([0.1])
    binary = franz_parisi(BinaryPerceptron(0.1), 0.4, distance)
    half = franz_parisi(BinaryPerceptron(0.05, weights=DiscreteWeights([-0.5, 0.5])), 0.4, distance)
    np.testing.assert_allclose(half.entropy, binary.entropy, atol=1e-12)
    rare = franz_parisi(BinaryPerceptron(0.1, weights=DiscreteWeights([-1, 0, 1], [1, 1e-9, 1])), 0.4, distance)
    np.testing.assert_allclose(rare.entropy, binary.entropy, atol=1e-7)  # 1e-9 times its logarithm
    model = BinaryPerceptron(weights=TERNARY)
    typical = replica_symmetric(model, 0.6)
    at = franz_parisi(model, 0.6, 0.5 * (1 - float(typical.q / typical.mean_square)))
    assert float(at.entropy) == pytest.approx(float(typical.entropy), abs=1e-10)
    assert float(at.slope) == pytest.approx(0.0, abs=1e-7)


def test_reference_has_the_weights_of_the_model():
    with pytest.raises(ValueError, match="reference must have the weights of the model"):
        franz_parisi(BinaryPerceptron(), 0.5, 0.1, reference=BinaryPerceptron(0.2, weights=SPHERE))
    with pytest.raises(ValueError, match="weights of the model must be binary or discrete here"):
        minimum_distance(BinaryPerceptron(weights=SPHERE), 0.5)
