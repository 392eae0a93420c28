"""Where overlaps nearly vanish (small loads, high temperatures, easy or nearly even constraints) nothing is lost.

To first order in the load the entropy at distance d is that of all configurations there, :math:`H_2(d)`, and for every
pattern the mean of :math:`\\ell(ts, \\sqrt{1-t^2})` over the reference's stability `s`: weighted by its own constraint
and by :math:`e^{y\\ell}`. The next order is that of the square of the load times the force on a field.
"""

import numpy as np
import pytest
from scipy import special

from replica_theory import (
    BinaryPerceptron,
    ConvergenceError,
    IntervalModel,
    TeacherStudent,
    around_teacher,
    binary_entropy,
    dense_teacher,
    franz_parisi,
    local_entropy,
    replica_symmetric,
)
from replica_theory.replicas.saturated import taught

D = np.array([0.01, 0.1, 0.3, 0.45])
BINARY = BinaryPerceptron()
MODELS = [BINARY, BinaryPerceptron(-3.0), BinaryPerceptron(0.0, 0.1), BinaryPerceptron(0.0, 1e-3)]
LOADS = [1e-2, 1e-4, 1e-8]


def first_order(model, y, constrained):
    """The coefficient of alpha at the distances D, by a plain sum on a fine grid of s."""
    s = np.linspace(-9, 9, 40001)
    found = []
    for d in D:
        t = 1 - 2 * d
        kernel = model.log_kernel(t * s, np.sqrt(1 - t**2)).log
        weight = np.exp(-0.5 * s**2 + y * kernel)
        if constrained:
            boltzmann = np.exp(-model.beta)
            met = model.acceptance(s)
            met[np.abs(s - float(model.kappa)) < 1e-9] = 0.5  # half of the step
            weight *= boltzmann + (1 - boltzmann) * met
        found.append(float(weight @ kernel / weight.sum()))
    return np.array(found)


@pytest.mark.parametrize("alpha", LOADS)
@pytest.mark.parametrize("model", MODELS, ids=str)
def test_first_order_of_franz_parisi(model, alpha):
    curve = franz_parisi(model, alpha, D)
    assert all(status.ok for status in curve.status)
    # The second order is below alpha^2 (forces are of order one); the sum over s has an error of about 1e-8.
    expected = binary_entropy(D) + alpha * first_order(model, 0.0, True)
    np.testing.assert_allclose(curve.overlaps["free_entropy"], expected, rtol=0, atol=alpha**2 + 1e-7 * alpha + 1e-11)


@pytest.mark.parametrize("reference", ["free", "solution"])
@pytest.mark.parametrize("alpha", LOADS[1:])
@pytest.mark.parametrize("model", MODELS, ids=str)
def test_first_order_of_the_local_entropy(model, alpha, reference):
    curve = local_entropy(model, alpha, D, y=2.0, reference=reference)
    assert all(status.ok for status in curve.status)
    expected = binary_entropy(D) + alpha * first_order(model, 2.0, reference == "solution")
    # Three copies feel each other: a factor of their number squared in the second order.
    found = curve.overlaps["free_entropy"]
    np.testing.assert_allclose(found, expected, rtol=0, atol=9 * alpha**2 + 1e-7 * alpha + 1e-11)


@pytest.mark.parametrize("alpha", LOADS)
@pytest.mark.parametrize("model", MODELS, ids=str)
def test_best_reference_meets_everything(model, alpha):
    """y = inf: between the typical entropy and H2, growing with the distance up to where it is flat."""
    d = np.array([*D, 0.49, 0.499, 0.5])
    curve = local_entropy(model, alpha, d)
    assert all(status.ok for status in curve.status)
    lost = binary_entropy(d) - curve.entropy
    assert (lost > -1e-15).all() and (np.diff(lost) > -1e-15).all() and (curve.slope >= -1e-12).all()
    assert curve.entropy[-1] == pytest.approx(replica_symmetric(model, alpha).entropy, abs=1e-12)
    assert (lost <= lost[-1] + 1e-15).all()


def test_the_width_diverges_where_the_branch_says():
    """The limit is taken where the width exceeds exp(40): on both sides the entropies agree."""
    near = local_entropy(BINARY, 1e-3, np.linspace(0.30, 0.45, 30))
    missing = binary_entropy(near.distance) - near.entropy
    assert (np.diff(missing) >= -1e-15).all() and missing[0] < 1e-15 < 1e-7 < missing[-1]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (lambda: franz_parisi(BINARY, 1e-4, 0.1), 0.3250580541666),
        (lambda: local_entropy(BINARY, 1e-6, 0.05), 0.1985152433459),
        (lambda: franz_parisi(BinaryPerceptron(0.0, 0.1), 0.01, 0.48), 0.692334496737),
    ],
)
def test_values(value, expected):
    assert float(value().entropy) == pytest.approx(expected, abs=1e-9)


def test_solutions_as_references_of_one_replica():
    """y = 1 and the same constraint: two solutions at a distance, whose overlaps with others are all the same."""
    curve = local_entropy(BINARY, 0.01, [0.1, 0.3, 0.4], y=1.0, reference="solution")
    for name in ("q_ref", "t0"):
        np.testing.assert_allclose(curve.overlaps[name], curve.overlaps["q0"], rtol=0, atol=1e-11)


def test_no_replicas_around_solutions_are_franz_parisi():
    typical, pulled = franz_parisi(BINARY, 1e-3, D), local_entropy(BINARY, 1e-3, D, y=0.0, reference="solution")
    assert (np.abs(pulled.entropy - typical.entropy) <= pulled.error + typical.error + 1e-14).all()


@pytest.mark.parametrize("excess", [1e-5])
def test_nearly_even(excess):
    """The even constraint is the limit, in every theory; the overlap of the references is of second order."""
    model, even = IntervalModel([(-1.0, 1.0 + excess)]), IntervalModel([(-1.0, 1.0)])
    for of in (
        lambda m: franz_parisi(m, 0.5, D),
        lambda m: local_entropy(m, 0.5, D, y=1.0),
        lambda m: local_entropy(m, 0.5, D, y=1.0, reference="solution"),
    ):
        np.testing.assert_allclose(of(model).entropy, of(even).entropy, rtol=0, atol=0.5 * excess)


@pytest.mark.parametrize("off", [0.0, 1e-12, 1e-10, -1e-8, 1e-8, 1e-6])
def test_next_to_the_typical_distance(off):
    """S = S_typ - c off^2, with the slope -2 c off."""
    typical = replica_symmetric(BINARY, 0.5)
    curve = franz_parisi(BINARY, 0.5, 0.5 * (1 - typical.q) + off)
    assert float(curve.entropy) - typical.entropy == pytest.approx(-2.4977 * off**2, abs=1e-14)
    assert float(curve.slope) == pytest.approx(-4.9955 * off, rel=1e-3, abs=1e-13)


def test_a_constraint_far_in_the_tail_is_no_fault_of_numpy():
    """P(30 < h < 31) is exp(-455): there is no saddle point, or an entropy, but no foreign error."""
    far = IntervalModel([(30.0, 31.0)])
    for call in (franz_parisi, local_entropy):
        with pytest.warns(UserWarning, match="are NaN"):
            call(far, 0.1, [0.1, 0.2])
    with pytest.warns(UserWarning, match="inaccurate-quadrature"):
        assert franz_parisi(far, 1e-4, [0.1]).status[0] == "inaccurate-quadrature"


@pytest.mark.parametrize("distance", [1e-6, 1e-4, 5e-4, 2e-3])
def test_overlaps_with_a_teacher_as_the_distance_vanishes(distance):
    """In the limit of a wide gap they follow from two equations; converged rows have no NaN among them."""
    curve, t = dense_teacher(TeacherStudent(), 0.6, distance), 1 - 2 * distance
    limit = taught(TeacherStudent(), 0.6, t)
    # The branch of the last distance carries the quadrature of its equations, 3e-7.
    assert float(curve.overlaps["teacher_overlap"]) == pytest.approx(limit.r, abs=1e-6)
    assert float(curve.overlaps["teacher_overlap_ref"]) == pytest.approx(limit.r / t, abs=1e-6)
    assert np.isfinite(float(curve.overlaps["generalization_error"]))


def test_limit_with_a_teacher_satisfies_its_equations():
    """Means of f - h over the teacher's fields, on a dense grid: alpha E(f-h)^2 = 4 t^2 G(rho)^2."""
    alpha, t = 0.6, 0.998
    limit = taught(TeacherStudent(), alpha, t)
    rho, std = np.sqrt(2) * special.erfinv(limit.r_ref), np.sqrt(1 - t**2)
    z = np.linspace(-9, 9, 100001)
    weight = np.exp(-0.5 * z**2) * 2 * special.ndtr(limit.r_ref * z / np.sqrt(1 - limit.r_ref**2))

    def moments(log_width):
        def lag(h):
            low, high = np.zeros_like(h) - 700.0, np.full_like(h, 3.0)
            for _ in range(60):  # bisection in log(f - h)
                u = 0.5 * (low + high)
                small = u + 0.5 * (np.maximum(h + np.exp(u), 0) / std) ** 2 < log_width
                low, high = np.where(small, u, low), np.where(small, high, u)
            return np.exp(low)

        square = weight @ lag(t * z) ** 2 / weight.sum()
        mean = np.exp(-0.5 * z**2) @ lag(t * np.sqrt(1 - limit.r_ref**2) * z) / np.exp(-0.5 * z**2).sum()
        return square, mean

    goal = 4 * t**2 * np.exp(-(rho**2)) / (2 * np.pi) / alpha
    low, high = 10.0, 1e4
    for _ in range(25):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if moments(middle)[0] < goal else (low, middle)
    square, mean = moments(0.5 * (low + high))
    assert np.sqrt(2 * alpha / np.pi) * mean / np.sqrt(square) == pytest.approx(rho, abs=1e-5)


def test_no_runaway_around_a_teacher():
    """At margin 1/2 the students' saddle point runs to q = 1 at d = 0.073: below it there is none."""
    curve_at = [0.01, 0.02, 0.03, 0.05, 0.0735, 0.1]
    with pytest.warns(UserWarning, match="4 of 6 points are NaN"):
        curve = around_teacher(TeacherStudent(0.5), 0.5, curve_at)
    assert [str(status) for status in curve.status[:4]] == ["saddle-lost"] * 4
    assert curve.entropy[-1] == pytest.approx(-0.110574142, abs=1e-9)
    assert 0 < 1 - curve.overlaps["q"][-2] < 0.01 and curve.entropy[-2] > -1


@pytest.mark.parametrize("kappa", [-1.0, -0.3])
def test_students_close_to_their_teacher(kappa):
    """Every configuration near the teacher is a solution at a negative margin: S = H2(d), at all distances together."""
    d = np.array([1e-7, 1e-6, 1e-5, 1e-4, 1e-3])
    curve = around_teacher(TeacherStudent(kappa), 0.8, d)
    np.testing.assert_allclose(curve.entropy, binary_entropy(d), rtol=2e-6)


@pytest.mark.parametrize("beta", [0.0, 1e-30, 1e-9])
def test_weights_that_nothing_constrains(beta):
    """beta = 0: all weights are solutions, H_2(d) around anything."""
    model, d = BinaryPerceptron(0.0, beta), np.array([0.1, 0.3])
    for curve in (franz_parisi(model, 0.5, d), local_entropy(model, 0.5, d), local_entropy(model, 0.5, d, y=2.0),
                  local_entropy(model, 0.5, d, reference="solution", y=2.0)):  # fmt: skip
        assert curve.converged.all()
        np.testing.assert_allclose(curve.entropy, binary_entropy(d), rtol=0, atol=1e-11)


def test_a_temperature_too_high_to_tell_is_no_foreign_error():
    """The branch would begin at an overlap below rounding."""
    for door, model in ((local_entropy, BinaryPerceptron(0.0, 1e-16)), (dense_teacher, TeacherStudent(0.0, 1e-16))):
        try:
            assert door(model, 0.5, 0.1).converged
        except ConvergenceError as error:
            assert not error.result.converged
