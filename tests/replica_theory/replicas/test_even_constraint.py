"""Even constraints in their two sectors, kernels that are not log-concave at y = inf, and diverging widths."""

import numpy as np
import pytest
from scipy import optimize

import replica_theory as rt
from replica_theory import (
    BinaryPerceptron,
    IntervalModel,
    SymmetricBinaryPerceptron,
    UShapePerceptron,
    binary_entropy,
    local_entropy,
    planted_bound,
    replica_symmetric,
)
from replica_theory.models.proximal import maxima
from replica_theory.replicas.even_constraint import limit_branch
from replica_theory.replicas.infinite_y import LimitEquations
from replica_theory.replicas.saturated import Satiated, satiated

STEP = 1e-4
SYMMETRIC, U_SHAPE = SymmetricBinaryPerceptron(1.0), UShapePerceptron(0.5)
BANDS = IntervalModel([(-2.0, -1.0), (1.0, 2.0)])


def centred(value):
    return value + STEP * np.array([-1.0, 0.0, 1.0])


@pytest.mark.parametrize(("model", "alpha"), [(SYMMETRIC, 1.5), (U_SHAPE, 0.5), (BANDS, 0.3)], ids=str)
def test_pairs_are_the_planted_bound(model, alpha):
    """Symmetric sector, y = 1, references that are solutions: the first moment of pairs, log 2 + alpha log P apart."""
    d = np.array([0.03, 0.1, 0.3])
    curve = local_entropy(model, alpha, d, reference="solution", y=1.0, sector="symmetric")
    planted = curve.overlaps["phi"] - rt.annealed_entropy(model, alpha)
    # Both are quadratures that converge geometrically; the bound is asked for 1e-12.
    np.testing.assert_allclose(planted, planted_bound(model, alpha, d), rtol=0, atol=1e-10)
    assert (curve.overlaps["q0"] == 0).all() and (curve.overlaps["q_ref"] == 0).all()


@pytest.mark.parametrize(
    ("model", "y", "reference", "sector"),
    [
        (SYMMETRIC, 2.0, "solution", "symmetric"),
        (SYMMETRIC, 8.0, "free", "broken"),
        (SYMMETRIC, 8.0, "solution", "broken"),
        (U_SHAPE, 2.0, "free", "symmetric"),
        (U_SHAPE, 2.0, "solution", "symmetric"),
        (U_SHAPE, 8.0, "free", "broken"),
    ],
    ids=str,
)
def test_derivatives_of_phi(model, y, reference, sector):
    options = {"reference": reference, "sector": sector}
    alpha = 1.5 if model == SYMMETRIC else 0.7
    along = local_entropy(model, alpha, centred(0.2), y=y, **options)
    counts = local_entropy(model, alpha, 0.2, y=centred(y), **options).overlaps["phi"]
    # Central differences: third derivatives (of order 100 y in d, below 1 in y) times step^2/6, rounding 1e-15/step.
    assert abs((counts[2] - counts[0]) / (2 * STEP) - along.entropy[1]) < 1e-7
    slope = (along.overlaps["phi"][2] - along.overlaps["phi"][0]) / (2 * STEP)
    assert abs(slope - 2 * y * along.overlaps["gamma"][1]) < 3e-7 * y
    assert abs((along.entropy[2] - along.entropy[0]) / (2 * STEP) - along.slope[1]) < 1e-6
    assert (along.overlaps["q0"] > 0.01).all() == (sector == "broken")


def test_symmetry_breaks_where_the_symmetric_sector_becomes_unstable():
    counts = np.array([1.0, 2.0, 2.8, 3.0, 3.5, 6.0])
    symmetric = local_entropy(SYMMETRIC, 1.5, 0.1, y=counts[1:], sector="symmetric")
    chosen = local_entropy(SYMMETRIC, 1.5, 0.1, y=counts[1:])
    stable = symmetric.overlaps["replicon_ref"] > 0
    assert stable.tolist() == [True, True, False, False, False]
    q0 = chosen.overlaps["q0"]
    assert (q0[stable] == 0).all() and (np.diff(q0[~stable]) > 0).all() and 0 < q0[2] < 0.06
    np.testing.assert_array_equal(chosen.entropy[stable], symmetric.entropy[stable])
    # q0 grows linearly past the transition, so the exponents part quadratically: the broken one is the smaller.
    gap = symmetric.overlaps["phi"] - chosen.overlaps["phi"]
    assert (gap[~stable] > 0).all() and gap[2] < 1e-5 < gap[4]


def test_below_the_transition_there_is_no_broken_sector():
    with pytest.raises(rt.ConvergenceError):
        local_entropy(SYMMETRIC, 1.5, 0.1, y=2.0, sector="broken")


@pytest.mark.parametrize(("sector", "y", "entropy"), [("symmetric", 7.7673, 0.104758), ("broken", 37.012, 0.090769)])
def test_zero_complexity(sector, y, entropy):
    """The unstable symmetric sector overestimates what references have."""
    curve = local_entropy(SYMMETRIC, 1.5, 0.1, y="zero-complexity", sector=sector)
    assert abs(curve.entropy - entropy) < 1e-6 and abs(curve.y - y) < 1e-3 * y
    there = local_entropy(SYMMETRIC, 1.5, 0.1, y=float(curve.y), sector=sector)
    assert abs(there.complexity) < 1e-9 and abs(there.entropy - curve.entropy) < 1e-10


@pytest.mark.parametrize(("model", "alpha"), [(SYMMETRIC, 1.5), (U_SHAPE, 0.5)], ids=str)
def test_many_replicas_tend_to_the_limit(model, alpha):
    limit = local_entropy(model, alpha, 0.2)
    fifty, hundred = local_entropy(model, alpha, 0.2, y=np.array([50.0, 100.0]), sector="broken").entropy
    # S(y) = S_inf - c/y^2 + O(1/y^3) for a smooth outer integrand; kinks (a hole) add orders in between.
    assert fifty < hundred < limit.entropy
    assert abs(hundred + (hundred - fifty) / 3 - limit.entropy) < 0.3 * (limit.entropy - hundred)


@pytest.mark.parametrize(
    ("model", "alpha"),
    [(SYMMETRIC, 1.0), (SYMMETRIC, 1.56), (SymmetricBinaryPerceptron(1.5), 3.8), (SymmetricBinaryPerceptron(0.5), 0.66),
     (UShapePerceptron(0.3), 1.5)],
    ids=str,
)  # fmt: skip
def test_limit_from_nothing(model, alpha):
    """From d = 1/2, where it is the typical entropy, to d -> 0, where it is all there is, with its own slope."""
    d = np.array([0.02, 0.1, 0.3, 0.49, 0.5])
    curve = local_entropy(model, alpha, d)
    typical = replica_symmetric(model, alpha).entropy
    assert abs(curve.entropy[-1] - typical) < 1e-13 and curve.slope[-1] == 0
    # S is even in t = 1 - 2d, t = 0.02 here.
    assert 0 < typical - curve.entropy[-2] < 2 * 0.02**2
    assert (curve.entropy <= binary_entropy(d)).all() and (curve.overlaps["q0"][:-1] > 0).all()
    near = local_entropy(model, alpha, centred(0.1))
    # Third derivatives up to 100: step^2/6 of it.
    assert abs((near.entropy[2] - near.entropy[0]) / (2 * STEP) - near.slope[1]) < 1e-6


def test_closest_references_have_everything():
    curve = local_entropy(SYMMETRIC, 1.5, np.array([0.0, 1e-5, 1e-3]))
    # The fields move by 2 sqrt(d) at most: the constraint costs exp(-kappa^2/8d).
    np.testing.assert_allclose(curve.entropy, binary_entropy(curve.distance), rtol=0, atol=1e-12)


def test_slope_threshold_of_the_symmetric_perceptron():
    """First load at which dS_inf/dd = 0 somewhere: 1.567 at kappa = 1."""
    d = np.linspace(0.055, 0.07, 7)
    assert (local_entropy(SYMMETRIC, 1.566, d).slope > 0).all() and (local_entropy(SYMMETRIC, 1.569, d).slope < 0).any()
    assert abs(rt.local_entropy_threshold(SYMMETRIC, "slope").alpha - 1.5675308) < 1e-6


@pytest.mark.parametrize("kappa", [0.2, 1.0])
def test_every_constraint_met_at_once(kappa):
    """Below alpha = 2/pi the best reference has all fields at 0: S = H2 + alpha log P(sqrt(1 - t^2) |x| <= kappa)."""
    model, d = SymmetricBinaryPerceptron(kappa), np.array([0.02, 0.1, 0.4])
    curve = local_entropy(model, 0.6, d)
    expected = [float(model.log_kernel(np.zeros(()), np.sqrt(1 - (1 - 2 * x) ** 2)).log) for x in d]
    np.testing.assert_allclose(curve.entropy, binary_entropy(d) + 0.6 * np.array(expected), rtol=0, atol=1e-13)
    np.testing.assert_allclose(curve.overlaps["q0"], (1 - 2 * d) ** 2, rtol=0, atol=1e-13)
    near = local_entropy(model, 0.6, centred(0.1))
    assert abs((near.entropy[2] - near.entropy[0]) / (2 * STEP) - near.slope[1]) < 1e-6


@pytest.mark.parametrize("model", [SYMMETRIC, IntervalModel([(0.1, 1.1)])], ids=str)
def test_the_width_diverges_continuously(model):
    """At the edge of the region, alpha E(h - c)^2 = (2/pi) t^2, both formulas agree."""
    t, c = 0.8, 0.0 if model == SYMMETRIC else 0.6
    edge = 2 / np.pi * t**2 / (t**2 + c**2)
    below, above = (local_entropy(model, edge * (1 + s * 1e-4), 0.1) for s in (-1, 1))
    assert np.isinf(below.overlaps["gap"]) and 1e3 < above.overlaps["gap"] < 1e5
    # The load changes by 2e-4, S by that times E log P ~ 1.
    assert abs(below.entropy - above.entropy) < 3e-4 and abs(below.slope - above.slope) < 3e-3
    assert satiated(model, edge * 1.0001, t) is None and isinstance(satiated(model, edge * 0.9999, t), Satiated)


def test_limit_branch_reports_what_it_cannot_reach():
    """Far above the slope threshold the branch ends at a distance; points below it are None, not another branch."""
    solved = limit_branch(SYMMETRIC, 1.76, [float(np.log(d)) for d in (0.05, 0.3)])
    assert solved[float(np.log(0.05))] is None and isinstance(solved[float(np.log(0.3))], np.ndarray)
    with pytest.warns(rt.ConvergenceWarning, match="1 of 2 points are NaN"):
        local_entropy(SYMMETRIC, 1.76, np.array([0.05, 0.3]))


@pytest.mark.parametrize(
    ("model", "gap"),
    [
        (U_SHAPE, 0.7),
        (UShapePerceptron(1.5), 3.0),
        (BinaryPerceptron(0.2, 3.0), 2.0),
        (IntervalModel([(-2, -1), (0.3, 0.5), (1, 9)]), 5.0),
    ],
    ids=str,
)
def test_inner_maxima_by_search(model, gap):
    q, std = 0.8, np.sqrt(0.2)
    best = maxima(model, q, gap, std, 10)
    f = np.linspace(-15, 15, 300001)
    value = model.log_kernel(f, std).log
    for k in range(0, len(best.h), 37):
        u = value - (f - best.h[k]) ** 2 / (2 * gap)
        found = model.log_kernel(best.fields[k], std).log - (best.fields[k] - best.h[k]) ** 2 / (2 * gap)
        # The grid of spacing 1e-4 misses the top by spacing^2 times the curvature.
        assert found >= u.max() - 1e-12 and abs(found - u.max()) < 1e-7
    assert abs(best.weights.sum() - 1) < 1e-13
    # E h M'(h) = q E M''(h): with the kinks.
    kernel = model.log_kernel(best.fields, std)
    curvature = best.weights @ (kernel.d2 / (1 - gap * kernel.d2)) + best.kinks(q, gap)
    assert abs(best.weights @ (best.h * kernel.d1) - q * curvature) < 1e-10
    assert len(best.jumps) >= 1


@pytest.mark.parametrize("beta", [1.0, 4.0])
def test_finite_temperature_at_infinite_y(beta):
    """Thermal kernels are not log-concave either: the slope, and the limit of many replicas."""
    model = BinaryPerceptron(0.0, beta)
    near = local_entropy(model, 0.6, centred(0.1))
    assert abs((near.entropy[2] - near.entropy[0]) / (2 * STEP) - near.slope[1]) < 1e-6
    twenty, forty = local_entropy(model, 0.6, 0.1, y=np.array([20.0, 40.0])).entropy
    assert twenty < forty < near.entropy[1] < forty + (forty - twenty)


def test_stationary_functional_with_a_hole():
    """The limit's functional is stationary where its equations vanish: kinks included."""
    equations, t = LimitEquations(UShapePerceptron(0.7), 0.4), 0.7
    x = limit_branch(equations.model, 0.4, [float(np.log(0.15))])[float(np.log(0.15))]
    assert np.abs(equations.residual(x, t)).max() < 1e-11
    exact = optimize.approx_fprime(np.array([t]), lambda v: equations.read(x, float(v[0])).entropy, 1e-6)
    # Explicit dependence on t at a fixed saddle: -t_hat.
    assert abs(exact[0] + equations.read(x, t).t_hat) < 1e-7


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: local_entropy(SYMMETRIC, 1.0, 0.1, y=1.0, sector="other"), "sector must be one of 'symmetric', 'broken'"),
        (lambda: local_entropy(BinaryPerceptron(), 0.5, 0.1, y=1.0, sector="symmetric"), "belongs to even constraints"),
        (lambda: local_entropy(SYMMETRIC, 1.0, 0.1, sector="symmetric"), "at y = inf only the broken sector exists"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ValueError, match=message):
        call()
