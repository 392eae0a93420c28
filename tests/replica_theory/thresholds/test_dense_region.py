"""Thresholds of the dense region: each against the curves that define it."""

import numpy as np
import pytest
from scipy import stats

from replica_theory import (
    BinaryPerceptron,
    ConvergenceError,
    ConvergenceWarning,
    SymmetricBinaryPerceptron,
    TeacherStudent,
    UShapePerceptron,
    capacity,
    franz_parisi,
    local_entropy,
    local_entropy_threshold,
)
from replica_theory.replicas.curve_rows import curve_rows
from replica_theory.results.curve import Row
from replica_theory.status import Status, silenced
from replica_theory.thresholds import dense_region
from replica_theory.thresholds.dense_region import _first_minimum, _largest_margin, _missing

BINARY = BinaryPerceptron(0.0)


def test_slope_of_the_free_reference():
    """Eight digits: the smallest slope of the curve itself changes sign there (dS'/dalpha is about -15)."""
    found = local_entropy_threshold(BINARY)
    assert 0.755 < found.alpha < 0.756
    assert found.alpha == pytest.approx(0.75530203, abs=1e-8)
    distance = found.distance * np.exp(np.linspace(-0.02, 0.02, 9))
    for shift, sign in ((-1e-6, 1), (1e-6, -1)):
        slope = local_entropy(BINARY, found.alpha + shift, distance).slope
        assert sign * slope.min() > 0


@pytest.mark.parametrize("kappa", [-0.3, 0.4])
def test_slope_at_other_margins(kappa):
    """Below capacity, and the slope vanishes there."""
    model = BinaryPerceptron(kappa)
    found = local_entropy_threshold(model)
    assert found.alpha < float(capacity(model).alpha)
    curve = local_entropy(model, found.alpha, found.distance)
    assert float(curve.slope) == pytest.approx(0, abs=1e-5)


@pytest.mark.slow
def test_slope_at_zero_complexity_is_the_literature_value():
    """0.7757 by the root finder (a minute): here the curves on either side of it, inside the published (0.77, 0.78)."""
    distance = np.geomspace(0.002, 0.02, 8)
    with silenced():
        below = local_entropy(BINARY, 0.7745, distance, reference="solution", y="zero-complexity")
        above = local_entropy(BINARY, 0.777, distance, reference="solution", y="zero-complexity")
    assert below.converged.all() and above.converged.all()
    assert below.slope.min() > 0 > above.slope.min()


def test_margin():
    """The references of the largest margin: monotone just below 0.729, not just above (literature: 0.727)."""
    distance = np.geomspace(2e-3, 0.02, 16)
    slopes = []
    for alpha in (0.727, 0.731):
        kappa = _largest_margin(BINARY, alpha)
        assert float(capacity(BinaryPerceptron(kappa)).alpha) == pytest.approx(alpha, abs=1e-5)
        slopes.append(franz_parisi(BINARY, alpha, distance, reference=BinaryPerceptron(kappa)).slope.min())
    assert slopes[0] > 0 > slopes[1]


def test_gap_counts_what_is_missing_at_finite_y_only():
    """Points lost because y grows without bound are no gap; points of negative complexity are."""
    rows = curve_rows(BINARY, BINARY, 0.6, 20.0, np.array([0.02, 0.05]))
    assert _missing(rows).tolist() == [row.complexity < 0 for row in rows]


def test_thresholds_of_margins():
    """An array of margins: one threshold each, the same as alone."""
    kappa = np.array([[-0.3], [0.0]])
    found = local_entropy_threshold(BinaryPerceptron(kappa))
    assert found.alpha.shape == found.distance.shape == (2, 1) and found.alpha[0, 0] > found.alpha[1, 0]
    assert found.alpha[1, 0] == pytest.approx(local_entropy_threshold(BINARY).alpha, abs=1e-9)
    assert [line.split("kappa = ")[1] for line in str(found).splitlines()] == ["-0.3", "0"]


def test_margins_without_threshold(monkeypatch):
    def fails(model, limit):
        raise ConvergenceError("none")

    monkeypatch.setattr("replica_theory.thresholds.dense_region._limit_slope", fails)
    with pytest.warns(ConvergenceWarning, match="1 of 1 points are NaN"):
        assert np.isnan(local_entropy_threshold(BinaryPerceptron(np.zeros(1))).alpha).all()
    with pytest.raises(ConvergenceError, match="none"):
        local_entropy_threshold(BINARY)


@pytest.mark.parametrize(("kappa", "alpha"), [(0.3, 0.20837), (0.5, 0.46116)])
def test_even_constraints_below_two_over_pi(kappa, alpha):
    """min_d log((1-d)/d)/(2 t |l''|), by hand: -l'' = 2 a G(a)/(s^2 (1 - 2 H(a))), a = kappa/s, s^2 = 4 d (1 - d)."""
    d = np.geomspace(1e-3, 0.4, 20001)
    s = 2 * np.sqrt(d * (1 - d))
    a = kappa / s
    curvature = 2 * a * stats.norm.pdf(a) / (s**2 * (1 - 2 * stats.norm.sf(a)))
    by_hand = np.min(np.log((1 - d) / d) / (2 * (1 - 2 * d) * curvature))
    model = SymmetricBinaryPerceptron(kappa)
    found = local_entropy_threshold(model)
    assert found.alpha == pytest.approx(by_hand, abs=1e-8) and by_hand == pytest.approx(alpha, abs=1e-5)
    slope = local_entropy(model, found.alpha, found.distance * np.array([0.9, 1.0, 1.1])).slope
    assert slope[1] == pytest.approx(0, abs=1e-6) and slope[0] > 0 < slope[2]


def test_which_margin_is_tighter():
    """A larger one for h >= kappa and |h| >= kappa, a smaller one for |h| <= kappa."""
    for model in (BINARY, UShapePerceptron(0.5), SymmetricBinaryPerceptron(1.0)):
        load = 0.9 * float(capacity(model).alpha)
        tighter = model.at(kappa=_largest_margin(model, load))
        assert model.contains(tighter) and float(capacity(tighter).alpha) == pytest.approx(load, rel=1e-4)


def test_bad_input():
    with pytest.raises(ValueError, match="criterion must be one of 'slope', 'gap', 'margin'; got 'width'"):
        local_entropy_threshold(BINARY, "width")
    with pytest.raises(ValueError, match="counts solutions and needs beta = inf"):
        local_entropy_threshold(BinaryPerceptron(0.0, 2.0))
    with pytest.raises(ValueError, match="reference must be one of 'free', 'solution'; got 'typical'"):
        local_entropy_threshold(BINARY, reference="typical")
    with pytest.raises(ValueError, match="a threshold needs random labels; for a teacher see dense_teacher_threshold"):
        local_entropy_threshold(TeacherStudent())
    with pytest.raises(TypeError, match=r"model must be a Model .*; got 0.0"):
        local_entropy_threshold(0.0)


def test_first_minimum_of_the_slope():
    """Interior minima count, wherever they lie; a window whose branch turned back has none that is positive."""

    def rows(bend):
        return lambda grid: [Row(Status.CONVERGED, slope=float(np.log(d / bend) ** 2 + 0.1)) for d in grid]

    for bend in (0.004, 0.02, 0.1, 0.3):
        assert _first_minimum(rows(bend)) == pytest.approx((0.1, bend), rel=1e-6)
    lost = _first_minimum(lambda grid: [Row(Status.FOLD if d < 0.01 else Status.CONVERGED, slope=1 - d) for d in grid])
    assert lost[0] == -np.inf and 0.005 < lost[1] < 0.01


@pytest.mark.parametrize(
    ("model", "y", "alpha", "distance"),
    [
        (BinaryPerceptron(-2.0), 10.0, 24.334269, 0.08126),
        (SymmetricBinaryPerceptron(1.0), 50.0, 1.5679076, 0.08855),
    ],
    ids=str,
)
def test_slope_that_vanishes_beyond_the_window(model, y, alpha, distance):
    """The thresholds of these models (half a minute each): on the curve there the slope touches 0, beyond d = 0.05."""
    curve = local_entropy(model, alpha, distance * np.array([0.8, 0.95, 1.0, 1.05, 1.25]), y=y)
    # A load wrong by 1e-5 of itself moves the slope, of derivative about 0.1 per load, by 2e-5.
    assert abs(curve.slope[2]) < 5e-5 < curve.slope[[0, 1, 3, 4]].min()


def test_gap_opens_at_the_fold(monkeypatch):
    """Where the branch turns back, not the nearest distance of the grid nor the end of the window."""

    def rows(model, alpha, grid, reference, y):
        fold = 0.0055 if alpha > 0.78 * 0.833 else 0.0
        return [Row(Status.FOLD, overlaps={"fold": fold}) if d < fold else Row(Status.CONVERGED, 0.1, 0.1, 0.0, 3.0)
                for d in grid]  # fmt: skip

    monkeypatch.setattr(dense_region, "_rows", rows)
    found = local_entropy_threshold(BINARY, "gap", reference="solution", y="zero-complexity")
    assert float(found.distance) == 0.0055
