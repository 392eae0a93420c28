"""A few levels at y = inf: differences, a plain search, binary as a special case, and what many replicas tend to."""

import numpy as np
import pytest
from scipy import optimize

import replica_theory as rt
from replica_theory.numerics.squeezing import squeezed
from replica_theory.replicas.discrete_limit import LimitFields, aligned_levels, discrete_limit_weights
from replica_theory.replicas.equations import Equations
from replica_theory.replicas.finite_y import System
from replica_theory.replicas.infinite_y import LimitEquations

TERNARY, UNEVEN = rt.DiscreteWeights([-1, 0, 1]), rt.DiscreteWeights([-1, 0.3, 2], [1.0, 2.0, 0.5])
AT = {"q": 0.8, "gap": 0.5, "t": 0.4, "c": 0.6, "ratio": 0.7}
JUMPS = {"gap": 8.0, "t": 1.5}


def term(weights, order=10, **changes):
    return discrete_limit_weights(weights, LimitFields(**(AT | changes)), order)


@pytest.mark.parametrize("changes", [{}, JUMPS, {"q": 1e-2, "t": 3.0}], ids=["smooth", "jumps", "narrow"])
@pytest.mark.parametrize("weights", [TERNARY, UNEVEN, rt.DiscreteWeights([-2, -1, 0, 1, 2])], ids=["3", "uneven", "5"])
def test_derivatives_are_the_overlaps(weights, changes):
    found, at = term(weights, **changes), AT | changes
    finer = term(weights, 20, **changes)
    np.testing.assert_allclose(found, finer, rtol=1e-12, atol=1e-12)

    def slope(name):
        """A central difference: truncation and rounding of 1e-9 at most."""
        step = 1e-5 * at[name]
        values = [term(weights, **(changes | {name: at[name] + s})).value for s in (-step, step)]
        return (values[1] - values[0]) / (2 * step)

    expected = {
        "q": 0.5 * (found.square - found.q + found.gap),
        "gap": 0.5 * found.q,
        "c": -0.5 * found.square,
        "ratio": -0.5 * at["t"] * found.square_ref,
        "t": found.t - 0.5 * at["ratio"] * found.square_ref,
    }
    for name, value in expected.items():
        assert slope(name) == pytest.approx(value, rel=1e-7, abs=1e-8), name


def pieces(kinks, order=20):
    """Gauss-Legendre nodes and weights of Dz between kinks, in steps of a half at most."""
    cuts = np.unique(np.concatenate([np.arange(-9, 9.1, 0.5), kinks]))
    x, w = np.polynomial.legendre.leggauss(order)
    half = 0.5 * np.diff(cuts)[:, None]
    z = (0.5 * (cuts[1:] + cuts[:-1])[:, None] + half * x).ravel()
    return z, (half * w).ravel() * np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)


class Search:
    """The functional term by term: all levels of the reference, and fields from the highest and the lowest."""

    def __init__(self, weights):
        self.w, self.log_rho = np.array(weights.levels), np.log(weights.prior)

    def values(self, h, gap, t, c, c_ref):
        """Best value at each field, and the level of the reference it belongs to."""
        reference = self.w[:, None, None]
        a = h + t * reference
        f = a + gap * self.w[[0, -1]][:, None]
        for k in range(40):  # the fixed point is stable at a maximum; then Newton's method
            log, m, variance = self.tilt(f, c)
            f = f - (f - a - gap * m) / (1.0 if k < 30 else 1 - gap * variance)
        log, m, _ = self.tilt(f, c)
        value = (log - 0.5 * (f - a) ** 2 / gap - 0.5 * c_ref * reference**2).max(axis=1)
        return value.max(axis=0), value.argmax(axis=0)

    def tilt(self, f, c):
        e = [f * w - 0.5 * c * w**2 + r for w, r in zip(self.w, self.log_rho, strict=True)]
        top = np.max(e, axis=0)
        share = [np.exp(one - top) for one in e]
        total = sum(share)
        m, square = (sum(w**k * p for w, p in zip(self.w, share, strict=True)) / total for k in (1, 2))
        return top + np.log(total), m, square - m**2

    def average(self, q, gap, t, c, c_ref):
        root = np.sqrt(q)
        z = np.linspace(-9, 9, 181)
        best = self.values(root * z, gap, t, c, c_ref)[1]
        kinks = []
        for k in np.flatnonzero(np.diff(best)):
            low, high = z[k], z[k + 1]
            for _ in range(9):  # eightfold each time
                between = np.linspace(low, high, 9)
                left = int(np.argmax(self.values(root * between, gap, t, c, c_ref)[1] != best[k]))
                low, high = between[left - 1], between[left]
            kinks.append(low)
        nodes, weight = pieces(kinks)
        return float(weight @ self.values(root * nodes, gap, t, c, c_ref)[0])


@pytest.mark.parametrize(("weights", "changes"), [(TERNARY, {}), (UNEVEN, {}), (rt.DiscreteWeights([0, 1]), JUMPS)])
def test_against_a_search(weights, changes):
    at = AT | changes
    expected = Search(weights).average(at["q"], at["gap"], at["t"], at["c"], at["t"] * at["ratio"])
    assert term(weights, **changes).value == pytest.approx(expected, abs=2e-9)


def test_the_best_aligned_reference():
    """Of the configurations that are 0 below a threshold and a sign above it."""
    cosine, ratio = aligned_levels(TERNARY, 1.5, 0.3)
    z = np.linspace(0, 10, 200001)
    weight = np.exp(-0.5 * z**2) * np.sqrt(2 / np.pi) * (z[1] - z[0])
    tilt = TERNARY.tilt(np.sqrt(1.5) * z, 0.3)
    square = float(weight @ (tilt.variance + tilt.mean**2)) - 0.5 * weight[0] * float(tilt.variance[0])
    above = np.cumsum((weight * tilt.mean)[::-1])[::-1] / np.sqrt(np.cumsum(weight[::-1])[::-1] * square)
    assert cosine == pytest.approx(float(above.max()), abs=2e-5)  # a cut falls between two points
    assert ratio / 2 == pytest.approx(float(tilt.mean[np.argmax(above)]), abs=1e-2)


def energetic(model, q, gap, std):
    z, weight = pieces([])
    h = np.sqrt(q) * z
    f = h.copy()
    for _ in range(60):
        kernel = model.log_kernel(f, std)
        f = f - (f - h - gap * kernel.d1) / (1 - gap * kernel.d2)
    return float(weight @ (model.log_kernel(f, std).log - (f - h) ** 2 / (2 * gap)))


@pytest.mark.parametrize(
    ("weights", "alpha", "distance"), [(TERNARY, 0.8, 0.05), (rt.DiscreteWeights([0, 1], [1.0, 2.0]), 0.4, 0.05)]
)
def test_the_functional_is_stationary(weights, alpha, distance):
    """Differences of the printed functional in all nine unknowns, at what the door gives."""
    model = rt.BinaryPerceptron(weights=weights)
    curve = rt.local_entropy(model, alpha, distance)
    of = {name: float(curve.overlaps[name]) for name in curve.overlaps}
    q, square, square_ref, t_hat = (of[name] for name in ("q0", "mean_square", "mean_square_ref", "t_hat"))
    cosine, search = 1 - 2 * distance, Search(weights)
    t = cosine * np.sqrt(square * square_ref)
    bend = LimitEquations(model, alpha).forces(q, 0.0, of["gap"], square).bend
    at = np.array([q, square, square_ref, of["gap"], of["q0_hat"], of["gap_hat"], t_hat * t / square - bend,
                   t_hat * t / square_ref, t_hat])  # fmt: skip

    def functional(v):
        q, square, square_ref, gap, q_hat, gap_hat, c, c_ref, t_hat = v
        linear = 0.5 * (c * square + c_ref * square_ref - q_hat * (square - q) - gap * q_hat - q * gap_hat)
        linear -= cosine * np.sqrt(square * square_ref) * t_hat
        weights = search.average(q_hat, gap_hat, t_hat, c, c_ref)
        return linear + weights + alpha * energetic(model, q, gap, np.sqrt(square - q))

    assert functional(at) == pytest.approx(float(curve.overlaps["free_entropy"]), abs=1e-9)
    step = 1e-4
    slopes = [(functional(at + step * unit) - functional(at - step * unit)) / (2 * step) for unit in np.eye(9)]
    np.testing.assert_allclose(slopes, 0, atol=1e-6)  # third derivatives of some tens


def test_two_levels_are_binary_weights():
    """Levels ±1/2 at half the margin: the same to rounding."""
    distance = np.array([0.02, 0.1, 0.2, 0.4])
    one = rt.local_entropy(rt.BinaryPerceptron(0.1), 0.5, distance)
    other = rt.local_entropy(rt.BinaryPerceptron(0.05, weights=rt.DiscreteWeights([-0.5, 0.5])), 0.5, distance)
    np.testing.assert_allclose(other.entropy, one.entropy, atol=1e-13)
    np.testing.assert_allclose(other.slope, one.slope, atol=1e-9)
    np.testing.assert_allclose(other.overlaps["replicon"], one.overlaps["replicon"], atol=1e-10)


def test_slopes_and_the_flat_part():
    model = rt.BinaryPerceptron(weights=TERNARY)
    curve = rt.local_entropy(model, 0.8, [0.05 - 1e-4, 0.05, 0.05 + 1e-4, 0.3])
    difference = (curve.entropy[2] - curve.entropy[0]) / 2e-4
    assert curve.slope[1] == pytest.approx(difference, rel=1e-5)  # the square of the step times S'''/S'
    assert curve.entropy[3] == pytest.approx(float(rt.replica_symmetric(model, 0.8).entropy), abs=1e-14)
    alone = rt.replica_symmetric(model, 0.8)
    flat = 0.5 * (1 - aligned_levels(TERNARY, float(alone.q_hat), float(alone.mean_square_hat))[0])
    inside = rt.local_entropy(model, 0.8, flat * (1 - 1e-3))
    assert 0 < curve.entropy[3] - inside.entropy < 1e-6 and 0 < inside.slope < 0.02
    # A prior adds the average of its logarithm, which has a slope of its own.
    tilted = rt.BinaryPerceptron(weights=rt.DiscreteWeights([-1, 0, 1], [1.0, 1.5, 1.0]))
    near = rt.local_entropy(tilted, 0.5, [0.1 - 1e-4, 0.1, 0.1 + 1e-4])
    assert near.slope[1] == pytest.approx((near.entropy[2] - near.entropy[0]) / 2e-4, rel=1e-5)


def test_many_replicas_tend_to_the_limit():
    """S(y) - S_infinity falls as 1/y^2, from the equations of finite y started next to the limit."""
    model, t = rt.BinaryPerceptron(weights=TERNARY), 0.8
    limit = rt.local_entropy(model, 0.8, 0.1)
    of = {name: float(limit.overlaps[name]) for name in limit.overlaps}
    lag = []
    for y in (100.0, 200.0):
        equations = Equations(System(model, None, 0.8, y))
        start = [of["q0"], of["gap"] / y, of["mean_square"], of["mean_square_ref"], squeezed(of["t_hat"])]
        x = optimize.root(equations.residual, start, args=(t,), tol=1e-13).x
        lag.append(float(limit.entropy) - equations.evaluate(x, t)[1].entropy)
    assert lag[1] > 0 and lag[0] / lag[1] == pytest.approx(4, rel=0.02)  # corrections of relative order 1/y
