"""Even constraints in their two sectors, kernels that are not log-concave at y = inf, and diverging widths."""

import numpy as np
import pytest

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
from replica_theory.replicas.even_constraint import limit_branch, limit_start

STEP = 1e-4
SYMMETRIC, U_SHAPE = SymmetricBinaryPerceptron(1.0), UShapePerceptron(0.5)
BANDS = IntervalModel([(-2.0, -1.0), (1.0, 2.0)])


def centred(value):
    return value + STEP * np.array([-1.0, 0.0, 1.0])


@pytest.mark.parametrize(("model", "alpha"), [(SYMMETRIC, 1.5), (U_SHAPE, 0.5), (BANDS, 0.3)], ids=str)
def test_pairs_are_the_planted_bound(model, alpha):
    """Symmetric sector, y = 1, references that are solutions: the first moment of pairs, log 2 + alpha log P apart."""
    d = np.array([0.03, 0.1, 0.3])
    curve = local_entropy(model, alpha, d, reference="solution", y=1.0, sector="sign-symmetric")
    planted = curve.overlaps["phi"] - rt.annealed_entropy(model, alpha)
    # Both are quadratures that converge geometrically; the bound is asked for 1e-12.
    np.testing.assert_allclose(planted, planted_bound(model, alpha, d), rtol=0, atol=1e-10)
    assert (curve.overlaps["q0"] == 0).all() and (curve.overlaps["q_ref"] == 0).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "y", "reference", "sector"),
    [
        (SYMMETRIC, 2.0, "solution", "sign-symmetric"),
        (SYMMETRIC, 8.0, "free", "sign-broken"),
        (SYMMETRIC, 8.0, "solution", "sign-broken"),
        (U_SHAPE, 2.0, "free", "sign-symmetric"),
        (U_SHAPE, 2.0, "solution", "sign-symmetric"),
        (U_SHAPE, 8.0, "free", "sign-broken"),
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
    assert (along.overlaps["q0"] > 0.01).all() == (sector == "sign-broken")


@pytest.mark.slow
def test_symmetry_breaks_where_the_symmetric_sector_becomes_unstable():
    counts = np.array([1.0, 2.0, 2.8, 3.0, 3.5, 6.0])
    symmetric = local_entropy(SYMMETRIC, 1.5, 0.1, y=counts[1:], sector="sign-symmetric")
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
        local_entropy(SYMMETRIC, 1.5, 0.1, y=2.0, sector="sign-broken")


@pytest.mark.parametrize(
    ("sector", "y", "entropy"), [("sign-symmetric", 7.7673, 0.104758), ("sign-broken", 37.012, 0.090769)]
)
def test_zero_complexity(sector, y, entropy):
    """The unstable symmetric sector overestimates what references have."""
    curve = local_entropy(SYMMETRIC, 1.5, 0.1, y="zero-complexity", sector=sector)
    assert abs(curve.entropy - entropy) < 1e-6 and abs(curve.y - y) < 1e-3 * y
    there = local_entropy(SYMMETRIC, 1.5, 0.1, y=float(curve.y), sector=sector)
    assert abs(there.complexity) < 1e-9 and abs(there.entropy - curve.entropy) < 1e-10


@pytest.mark.parametrize(("model", "alpha"), [(SYMMETRIC, 1.5), (U_SHAPE, 0.5)], ids=str)
def test_many_replicas_tend_to_the_limit(model, alpha):
    limit = local_entropy(model, alpha, 0.2)
    fifty, hundred = local_entropy(model, alpha, 0.2, y=np.array([50.0, 100.0]), sector="sign-broken").entropy
    # S(y) = S_inf - c/y^2 + O(1/y^3) for a smooth outer integrand; kinks (a hole) add orders in between.
    assert fifty < hundred < limit.entropy
    assert abs(hundred + (hundred - fifty) / 3 - limit.entropy) < 0.3 * (limit.entropy - hundred)


@pytest.mark.slow
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


@pytest.mark.slow
def test_slope_threshold_of_the_symmetric_perceptron():
    """First load at which dS_inf/dd = 0 somewhere: 1.567 at kappa = 1."""
    d = np.linspace(0.055, 0.07, 7)
    assert (local_entropy(SYMMETRIC, 1.566, d).slope > 0).all() and (local_entropy(SYMMETRIC, 1.569, d).slope < 0).any()
    assert abs(rt.local_entropy_threshold(SYMMETRIC, "slope").alpha - 1.5675308) < 1e-6


def test_limit_branch_reports_what_it_cannot_reach():
    """Far above the slope threshold the branch ends; points below say how, and are not another branch."""
    solved = limit_branch(SYMMETRIC, 1.76, [float(np.log(d)) for d in (0.05, 0.3)])
    assert solved[float(np.log(0.05))].status in ("fold", "saddle-lost") and isinstance(
        solved[float(np.log(0.3))], np.ndarray
    )
    with pytest.warns(rt.ConvergenceWarning, match="1 of 2 points are NaN"):
        local_entropy(SYMMETRIC, 1.76, np.array([0.05, 0.3]))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: local_entropy(SYMMETRIC, 1.0, 0.1, y=1.0, sector="other"),
            "sector must be one of 'sign-symmetric', 'sign-bro",
        ),
        (
            lambda: local_entropy(BinaryPerceptron(), 0.5, 0.1, y=1.0, sector="sign-symmetric"),
            "belongs to even constraints",
        ),
        (
            lambda: local_entropy(SYMMETRIC, 1.0, 0.1, sector="sign-symmetric"),
            "at y = inf only the sign-broken sector exists",
        ),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.filterwarnings("error:.*encountered:RuntimeWarning")
def test_patterns_that_cost_nothing_divide_nothing():
    """At beta = 0 there is no annealed capacity to start from."""
    limit_start(UShapePerceptron(1.0, beta=0.0), 0.1)
