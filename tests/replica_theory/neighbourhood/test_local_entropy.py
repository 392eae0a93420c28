"""Local-entropy large deviations: against a slow referee, printed values, exact identities, limits, refusals."""

import numpy as np
import pytest
from local_entropy_referee import Constrained, Free, Problem, replica_derivative

from replica_theory import (
    BinaryPerceptron,
    ConvergenceError,
    ConvergenceWarning,
    DiscreteWeights,
    SphericalWeights,
    Status,
    SymmetricBinaryPerceptron,
    TeacherStudent,
    binary_entropy,
    dense_teacher,
    franz_parisi,
    local_entropy,
    replica_symmetric,
)

BINARY, WARM = BinaryPerceptron(), BinaryPerceptron(0.1, 2.0)


def orders(curve, kind):
    return kind(*(float(curve.overlaps[name]) for name in kind._fields))


def derivative(values, step):
    """Central difference of fourth order from five equidistant values."""
    return (values[0] - 8 * values[1] + 8 * values[3] - values[4]) / (12 * step)


@pytest.mark.parametrize(("y", "entropy", "complexity"), [
    (1.0, 0.218091, 0.389877), (3.0, 0.237435, 0.352681), (8.0, 0.260440, 0.236435),
])  # fmt: skip
def test_values_around_solutions(y, entropy, complexity):
    curve = local_entropy(BINARY, 0.4, 0.1, reference="solution", y=y)
    assert (float(curve.entropy), float(curve.complexity)) == pytest.approx((entropy, complexity), abs=1e-6)


@pytest.mark.parametrize(("alpha", "distance", "value"), [
    (0.6, 0.05, 0.13008), (0.6, 0.1, 0.17842), (0.75, 0.01, 0.03851), (0.75, 0.03, 0.042728), (0.75, 0.1, 0.06877),
])  # fmt: skip
def test_values_at_infinite_y(alpha, distance, value):
    assert float(local_entropy(BINARY, alpha, distance).entropy) == pytest.approx(value, abs=5e-6)


@pytest.mark.slow
@pytest.mark.parametrize("reference", ["free", "solution"])
def test_derivatives_in_y(reference):
    """dphi/dy = S and dSigma/dy = -y dS/dy."""
    y, step = 3.0, 0.02
    curve = local_entropy(BINARY, 0.4, 0.1, reference=reference, y=y + step * np.arange(-2, 3))
    assert derivative(curve.overlaps["phi"], step) == pytest.approx(curve.entropy[2], abs=1e-9)
    by_y = derivative(curve.entropy, step)
    assert derivative(curve.complexity, step) == pytest.approx(-y * by_y, abs=1e-8) and by_y > 0


@pytest.mark.parametrize(("reference", "y"), [("free", 0.5), ("free", 10.0), ("solution", 3.0)])
def test_derivatives_in_distance(reference, y):
    """dphi/dd = 2 y gamma, and the slope reported."""
    step = 1e-3
    curve = local_entropy(BINARY, 0.4, 0.1 + step * np.arange(-2, 3), reference=reference, y=y)
    # Truncation: step^4 times the fifth derivative over 30.
    assert derivative(curve.overlaps["phi"], step) == pytest.approx(2 * y * curve.overlaps["gamma"][2], abs=1e-7)
    assert derivative(curve.entropy, step) == pytest.approx(curve.slope[2], abs=1e-7)


@pytest.mark.slow
@pytest.mark.parametrize(("reference", "y"), [
    ("free", np.inf), ("free", "zero-complexity"), ("solution", "zero-complexity"),
])  # fmt: skip
def test_slope_along_the_limits(reference, y):
    step = 1e-3
    curve = local_entropy(BINARY, 0.6, 0.1 + step * np.arange(-2, 3), reference=reference, y=y)
    assert derivative(curve.entropy, step) == pytest.approx(curve.slope[2], abs=1e-7)
    if y == "zero-complexity":
        np.testing.assert_allclose(curve.overlaps["phi"], curve.y * curve.entropy, rtol=1e-9)
        pinned = local_entropy(BINARY, 0.6, 0.1, reference=reference, y=float(curve.y[2]))
        assert (float(pinned.complexity), float(pinned.entropy)) == pytest.approx((0, curve.entropy[2]), abs=1e-7)


@pytest.mark.parametrize("margin", [0.0, 0.2])
def test_no_replica_is_franz_parisi(margin):
    distance = np.array([0.02, 0.1, 0.2])
    none = local_entropy(BINARY, 0.5, distance, reference="solution", y=0.0, kappa_ref=margin)
    typical = franz_parisi(BINARY, 0.5, distance, reference=BinaryPerceptron(margin))
    np.testing.assert_allclose(none.entropy, typical.entropy, atol=1e-11)
    np.testing.assert_allclose(none.slope, typical.slope, atol=1e-7)
    np.testing.assert_allclose(none.complexity, replica_symmetric(BinaryPerceptron(margin), 0.5).entropy, atol=1e-11)


def test_franz_parisi_value_of_the_literature():
    """0.204375 by two routes at alpha = 0.4 and d = 0.1."""
    none = local_entropy(BINARY, 0.4, 0.1, reference="solution", y=0.0)
    p, s = Problem(0.4, 0.0, 0.8), orders(none, Constrained)
    assert float(none.entropy) == pytest.approx(0.204375498, abs=1e-9)
    assert replica_derivative(p, s) == pytest.approx(0.204375498, abs=1e-8)


def test_one_replica_is_symmetric_with_its_reference():
    curve = local_entropy(BINARY, 0.4, np.array([0.03, 0.1, 0.2]), reference="solution", y=1.0)
    np.testing.assert_allclose(curve.overlaps["q_ref"], curve.overlaps["q0"], atol=1e-9)
    np.testing.assert_allclose(curve.overlaps["t0"], curve.overlaps["q0"], atol=1e-9)


@pytest.mark.parametrize("model", [BINARY, BinaryPerceptron(0.3), SymmetricBinaryPerceptron(1.0)])
def test_one_replica_of_a_free_reference(model):
    """Every solution has exp[N H2(d)] references at distance d: phi = RS entropy + H2(d)."""
    distance = np.array([0.05, 0.1, 0.3, 0.495])
    curve = local_entropy(model, 0.4, distance, y=1.0)
    expected = replica_symmetric(model, 0.4).entropy + binary_entropy(distance)
    np.testing.assert_allclose(curve.overlaps["phi"], expected, atol=1e-9)


@pytest.mark.parametrize("y", [0.5, 5.0, 50.0])
def test_far_references(y):
    """At d = 1/2 references do not matter: the RS entropy around all of them."""
    curve = local_entropy(BINARY, 0.6, np.array([0.1, 0.47, 0.4899, 0.4901, 0.499, 0.5]), y=y)
    assert curve.converged.all()
    assert curve.entropy[-1] == pytest.approx(replica_symmetric(BINARY, 0.6).entropy, abs=1e-9)
    assert curve.complexity[-1] == pytest.approx(np.log(2), abs=1e-8)
    assert curve.slope[-1] == 0 and (np.diff(curve.entropy) > 0).all()
    across = (curve.entropy[3] - curve.entropy[2]) / (curve.distance[3] - curve.distance[2])
    assert across == pytest.approx(curve.slope[2:4].mean(), rel=1e-6, abs=1e-8)


def test_near_references_cannot_tell_solutions():
    """S_infinity → H2(d) as d → 0, from below."""
    distance = np.array([0.001, 0.003, 0.01])
    missing = 1 - local_entropy(BINARY, 0.6, distance).entropy / binary_entropy(distance)
    assert (missing > -1e-9).all() and (np.diff(missing) > 0).all() and missing[0] < 1e-4


@pytest.mark.slow
def test_more_replicas_find_fewer_and_better_references():
    y = np.array([0.25, 1.0, 3.0, 8.0, 20.0])
    for reference in ("free", "solution"):
        curve = local_entropy(BINARY, 0.4, 0.1, reference=reference, y=y)
        assert (np.diff(curve.complexity) < 0).all() and (np.diff(curve.entropy) > 0).all()
    # Free references are more numerous, but the best of them (y → inf) bounds the local entropy of all.
    assert (curve.entropy < float(local_entropy(BINARY, 0.4, 0.1).entropy)).all()


def test_broadcasting():
    curve = local_entropy(BINARY, np.array([[0.4], [0.5]]), np.array([0.05, 0.1, 0.2]), y=2.0)
    assert curve.entropy.shape == curve.status.shape == curve.overlaps["q1"].shape == (2, 3)
    assert curve.entropy[1, 1] == pytest.approx(float(local_entropy(BINARY, 0.5, 0.1, y=2.0).entropy), abs=1e-11)


@pytest.mark.slow
@pytest.mark.parametrize(("reference", "alpha", "y"), [
    ("free", 0.6, 5.0), ("free", 0.4, 20.0), ("solution", 0.4, 0.5), ("solution", 0.4, 20.0),
])  # fmt: skip
def test_error_estimates(reference, alpha, y):
    """Below 1e-9 for y <= 20 and d >= 0.005, and a bound on the error (the referee's is of order 1e-10)."""
    distance = np.array([0.005, 0.02, 0.1, 0.25])
    curve = local_entropy(BINARY, alpha, distance, reference=reference, y=y)
    assert (curve.error < 1e-9).all() and (curve.overlaps["residual"] < 1e-8).all()
    kind = Free if reference == "free" else Constrained
    for k in (1, 2):
        s = kind(*(float(curve.overlaps[name][k]) for name in kind._fields))
        true = replica_derivative(Problem(alpha, y, 1 - 2 * distance[k]), s)
        assert abs(curve.entropy[k] - true) <= curve.error[k] + 1e-9


def test_statuses():
    """Beyond the last reference with a neighbour the entropy is negative; that is said, not hidden."""
    curve = local_entropy(BINARY, 0.8, np.array([0.02, 0.1]), reference="solution", y="zero-complexity")
    assert list(curve.status) == [Status.NEGATIVE_ENTROPY, Status.CONVERGED]
    many = local_entropy(BINARY, 0.6, 0.03, y=20.0)
    assert many.status == Status.NEGATIVE_COMPLEXITY and float(many.complexity) < 0


def test_scalar_failure_raises():
    with pytest.raises(ConvergenceError, match="turns back before this point") as caught:
        local_entropy(BINARY, 0.75, 0.005, y=6.0)
    assert caught.value.result.status == Status.FOLD
    with pytest.raises(ConvergenceError, match="lies outside what this computation can reach"):
        local_entropy(BINARY, 0.6, 1e-7, y=3.0)


def test_curve_ends_at_its_fold():
    """At alpha = 0.75 and y = 6 the branch turns back: there dd/dS = 0, S goes as the root of the distance left."""
    with pytest.warns(ConvergenceWarning, match="1 x fold"):
        lost = local_entropy(BINARY, 0.75, [0.005, 0.01], y=6.0)
    fold = float(lost.overlaps["fold"][0])
    assert 0.0070 < fold < 0.0073 and np.isnan(lost.overlaps["fold"][1])
    near = local_entropy(BINARY, 0.75, fold * (1 + 1e-4 * np.array([1.0, 4.0, 9.0, 16.0])), y=6.0)
    first, second = np.diff(near.entropy), np.diff(near.entropy, 2)
    assert (np.abs(second) < 0.02 * first[0]).all()  # linear in the square root
    with pytest.warns(ConvergenceWarning):
        assert not local_entropy(BINARY, 0.75, fold * np.array([1 - 1e-5, 0.9]), y=6.0).converged.any()


@pytest.mark.slow
@pytest.mark.parametrize(("alpha", "y", "distance"), [
    (0.6, 20.0, [0.0119]), (0.75, 15.0, [0.01, 0.02, 0.05]), (0.8, 6.0, [0.1, 0.3, 0.45]), (0.82, 50.0, [0.1]),
])  # fmt: skip
def test_points_alone_and_on_a_curve(alpha, y, distance):
    curve = local_entropy(BINARY, alpha, distance, y=y)
    assert curve.converged.all()
    for d, entropy, phi in zip(distance, curve.entropy, curve.overlaps["phi"], strict=True):
        alone = local_entropy(BINARY, alpha, d, y=y)
        assert (float(alone.entropy), float(alone.overlaps["phi"])) == pytest.approx((entropy, phi), abs=1e-9)
        h = 1e-3 * d
        beside = local_entropy(BINARY, alpha, d + h * np.arange(-2, 3), y=y)
        assert derivative(beside.overlaps["phi"], h) == pytest.approx(2 * y * alone.overlaps["gamma"], rel=1e-7)


@pytest.mark.slow
@pytest.mark.parametrize("y", [0.0, 1.0, 6.0])
def test_across_the_typical_distance(y):
    """There the replicas forget the reference: S and complexity are the typical entropy, and gamma = 0."""
    alone = replica_symmetric(BINARY, 0.6)
    typical = 0.5 * (1 - float(alone.q))
    curve = local_entropy(BINARY, 0.6, typical * (1 + 0.05 * np.arange(-3, 4)), reference="solution", y=y)
    assert curve.converged.all()
    middle = (float(curve.entropy[3]), float(curve.complexity[3]), float(curve.overlaps["gamma"][3]))
    assert middle == pytest.approx((float(alone.entropy), float(alone.entropy), 0.0), abs=1e-9)
    assert (np.abs(curve.entropy[3] - float(alone.entropy)) <= curve.error[3] + 1e-12).all()
    slope = derivative(curve.overlaps["phi"][1:6], 0.05 * typical)
    assert slope == pytest.approx(2 * y * curve.overlaps["gamma"][3], abs=1e-4)  # differences of 1.5 % in d
    if y == 1:  # pairs: the roles of the two solutions may be exchanged
        np.testing.assert_allclose(curve.overlaps["q_ref"], curve.overlaps["q0"], atol=1e-9)


def test_at_the_reference():
    """d = 0: one solution, as many references as solutions."""
    typical = float(replica_symmetric(BINARY, 0.6).entropy)
    for reference in ("free", "solution"):
        point = local_entropy(BINARY, 0.6, 0.0, reference=reference, y=3.0)
        assert (float(point.entropy), float(point.complexity)) == pytest.approx((0.0, typical), abs=1e-12)


@pytest.mark.slow
def test_complexity_that_does_not_vanish():
    """Towards the typical distance the y of zero complexity grows without bound."""
    with pytest.warns(ConvergenceWarning, match="2 x no-zero-complexity"):
        curve = local_entropy(BINARY, 0.75, [0.1, 0.15, 0.2, 0.25], reference="solution", y="zero-complexity")
    assert all(status.ok for status in curve.status[:2])
    assert curve.status[2:].tolist() == [Status.NO_ZERO_COMPLEXITY] * 2
    assert curve.y[1] > 2 * curve.y[0]


def test_teacher():
    """Students of a teacher: the door is the same."""
    one, other = local_entropy(TeacherStudent(), 0.8, 0.1), dense_teacher(TeacherStudent(), 0.8, 0.1)
    assert float(one.entropy) == float(other.entropy) and "generalization_error_ref" in one.overlaps


def test_names_survive_failure():
    with pytest.warns(ConvergenceWarning):
        curve = local_entropy(BINARY, 0.9, [0.1, 0.2], y=3.0)
    assert np.isnan(curve.overlaps["q1"]).all() and np.isnan(curve.overlaps["gamma"]).all()


@pytest.mark.parametrize(("arguments", "keywords", "message"), [
    ((BINARY, 0.4, 0.1), {"y": -1.0}, "y must be non-negative; got -1"),
    ((BINARY, 0.4, 0.1), {"y": np.nan}, "y must be non-negative"),
    ((BINARY, 0.4, 0.1), {"y": "zero"}, "y must be a number, inf or 'zero-complexity'; got 'zero'"),
    ((BINARY, 0.4, 0.1), {"reference": "solution"}, "y = inf is a theory of the free reference"),
    ((BINARY, 0.4, 0.1), {"reference": "any"}, "reference must be one of 'free', 'solution'; got 'any'"),
    ((BINARY, 0.4, 0.1), {"reference": "solution", "y": 1.0, "kappa_ref": -0.1}, "own constraint: kappa_ref=-0.1"),
    ((BINARY, 0.4, 0.1), {"y": 1.0, "kappa_ref": 0.1}, "kappa_ref must be left to references that are sol"),
    ((BINARY, 0.4, 0.1), {"reference": "solution", "y": 1.0, "kappa_ref": np.inf}, "kappa_ref must be finite"),
    ((SymmetricBinaryPerceptron(1.0), 0.4, 0.1), {"reference": "solution", "y": 1.0, "kappa_ref": 1.1}, "ref=1.1"),
    ((BINARY, 0.4, 0.6), {}, "distance"),
    ((BINARY, 0.4, -0.1), {}, "distance"),
    ((BINARY, -0.4, 0.1), {}, "alpha must be positive"),
    ((TeacherStudent(), 0.4, 0.1), {"reference": "solution", "y": 1.0}, "with a teacher, local_entropy takes free"),
])  # fmt: skip
def test_bad_input(arguments, keywords, message):
    with pytest.raises(ValueError, match=message):
        local_entropy(*arguments, **keywords)


def test_entropy_of_thermal_replicas():
    """At finite temperature the entropy is the entropy, here as in the theories of the limits; its slope likewise."""
    model = BinaryPerceptron(0.1, 2.0)
    distance = np.array([0.05, 0.1, 0.2])
    none = local_entropy(model, 0.5, distance, reference="solution", y=0.0)
    typical = franz_parisi(model, 0.5, distance)
    np.testing.assert_allclose(none.entropy, typical.entropy, atol=1e-12)
    np.testing.assert_allclose(none.overlaps["energy"], typical.overlaps["energy"], atol=1e-12)
    np.testing.assert_allclose(none.slope, typical.slope, atol=1e-7)
    alone = replica_symmetric(model, 0.5)
    for y in (3.0, np.inf):
        far = local_entropy(model, 0.5, 0.5, y=y)
        assert (float(far.entropy), float(far.overlaps["free_entropy"])) == pytest.approx(
            (float(alone.entropy), float(alone.free_entropy)), abs=1e-10
        )
        step = 1e-3
        curve = local_entropy(model, 0.5, 0.1 + step * np.arange(-2, 3), y=y)
        assert derivative(curve.entropy, step) == pytest.approx(curve.slope[2], abs=1e-7)
        assert derivative(curve.overlaps["free_entropy"], step) != pytest.approx(curve.slope[2], abs=1e-3)


@pytest.mark.parametrize("reference", ["free", "solution"])
def test_entropy_is_free_entropy_and_heat(reference):
    curve = local_entropy(WARM, 0.5, np.array([0.05, 0.1]), reference=reference, y=3.0)
    heat = WARM.beta * 0.5 * curve.overlaps["energy"]
    np.testing.assert_allclose(curve.entropy, curve.overlaps["free_entropy"] + heat, atol=1e-13)


@pytest.mark.parametrize("y", [2.0, np.inf])
def test_half_distance_at_finite_temperature(y):
    """The entropy and the energy there are the replica-symmetric ones."""
    typical = replica_symmetric(WARM, 0.5)
    curve = local_entropy(WARM, 0.5, 0.5, y=y)
    assert float(curve.entropy) == pytest.approx(typical.entropy, abs=1e-9)
    assert float(curve.overlaps["energy"]) == pytest.approx(typical.energy, abs=1e-9)


def test_on_the_sphere():
    """y -> 0 is Franz-Parisi (corrections of order y), y = 1 typical solutions flipped, d = 0 no volume at all."""
    model, distance = BinaryPerceptron(weights=SphericalWeights()), np.array([0.0, 0.05, 0.1])
    few = local_entropy(model, 0.6, distance, reference="solution", y=1e-6)
    np.testing.assert_allclose(few.entropy[1:], franz_parisi(model, 0.6, distance).entropy[1:], atol=1e-7)
    assert np.isneginf(few.entropy[0]) and (few.status == "converged").all()
    one = local_entropy(model, 0.6, distance, y=1.0)
    alone = float(replica_symmetric(model, 0.6).entropy)
    expected = alone + 0.5 * np.log(4 * distance[1:] * (1 - distance[1:]))
    np.testing.assert_allclose(one.overlaps["phi"][1:], expected, atol=1e-12)
    many = local_entropy(model, 0.6, distance, y=300.0)
    limit = local_entropy(model, 0.6, distance)
    assert (many.entropy[1:] < limit.entropy[1:]).all()
    np.testing.assert_allclose(many.entropy[1:], limit.entropy[1:], atol=5e-3)  # corrections of order 1/y


@pytest.mark.parametrize(
    ("weights", "asked"),
    [
        (SphericalWeights(), {"y": "zero-complexity"}),
        (DiscreteWeights([0, 1], [1.0, 2.0]), {"y": np.array([2.0, np.inf])}),
        (DiscreteWeights([0, 1]), {"y": 2.0, "reference": "solution"}),
        (DiscreteWeights([-1, 0, 1], [1.0, 2.0, 1.0]), {"y": 2.0}),
    ],
    ids=["sphere", "both", "uneven", "prior"],
)
def test_weights_without_a_theory_are_refused(weights, asked):
    with pytest.raises(ValueError, match="weights of the model must be"):
        local_entropy(BinaryPerceptron(weights=weights), 0.5, 0.1, **asked)


def test_levels_at_infinite_y_need_a_constraint_that_is_not_even():
    model = SymmetricBinaryPerceptron(weights=DiscreteWeights([-1, 0, 1]))
    with pytest.raises(ValueError, match="weights of the model must be binary or spherical here"):
        local_entropy(model, 0.5, 0.1)
