import warnings

import numpy as np
import pytest
from messages_referee import brute_force
from scipy import optimize

from bp import (
    Instance,
    belief_propagation,
    enumerate_solutions,
    local_entropy,
    random_instance,
    random_satisfiability,
    solve,
)
from bp.messages.amp import AmpState
from replica_theory import binary_entropy
from replica_theory.models.perceptron import BinaryPerceptron, TeacherStudent
from replica_theory.status import ConvergenceError, ConvergenceWarning, Status

GRID = [0.5, 0.35, 0.2, 0.1, 0.05]


@pytest.fixture(scope="module")
def planted():
    return random_instance(TeacherStudent(), 301, 0.4, rng=1)


@pytest.fixture(scope="module")
def curve(planted):
    return local_entropy(planted, planted.teacher, GRID)


def legendre(instance, reference, distance, beta):
    """The local entropy by exact sums: field, entropy and self-overlap at one distance."""

    def overlap(gamma):
        return np.mean(reference * brute_force(instance, beta, gamma * reference)[0])

    t = 1 - 2 * distance
    gamma = optimize.brentq(lambda gamma: overlap(gamma) - t, -8, 8, xtol=1e-13)
    m, phi, *_ = brute_force(instance, beta, gamma * reference)
    return gamma, phi - gamma * t, np.mean(m**2)


@pytest.mark.parametrize("constraint", ["margin", "symmetric"])
@pytest.mark.parametrize("beta", [np.inf, 0.8])
def test_exact_on_a_tree(beta, constraint):
    instance = Instance([[1.0, -1, 1, -1, 0, 0, 0], [0, 0, 0, 1, 1, 1, -1]], kappa=0.5, constraint=constraint)
    reference = np.array([1, -1, 1, -1, -1, 1, 1])
    distances = [0.45, 0.4, 0.3]  # the closest solution is two flips out of seven away
    curve = local_entropy(instance, reference, distances, method="exact", beta=beta, tol=1e-12)
    gamma, entropy, q = np.transpose([legendre(instance, reference, d, beta) for d in distances])
    # the field is found to 100 tol in atanh t, the entropy is stationary in it
    np.testing.assert_allclose(curve.overlaps["gamma"], gamma, atol=1e-9)
    np.testing.assert_allclose(curve.overlaps["q"], q, atol=1e-9)
    np.testing.assert_allclose(curve.entropy, entropy, atol=1e-12)


def test_overlap_slope_and_largest_value(planted, curve):
    assert np.all(curve.converged)
    np.testing.assert_allclose(curve.overlaps["t"], 1 - 2 * np.array(GRID), atol=1e-7)  # tolerance of atanh t
    np.testing.assert_array_equal(curve.slope, 2 * curve.overlaps["gamma"])
    step = 1e-3
    near = local_entropy(planted, planted.teacher, [0.2 + step, 0.2, 0.2 - step])
    # step^2 times the third derivative, and the O(1/N) by which Gaussian edge messages miss stationarity
    assert (near.entropy[0] - near.entropy[2]) / (2 * step) == pytest.approx(near.slope[1], abs=0.5 / planted.n)
    free = belief_propagation(planted)
    top = local_entropy(planted, planted.teacher, (1 - np.mean(planted.teacher * free.magnetizations)) / 2)
    assert top.overlaps["gamma"] == pytest.approx(0, abs=1e-7)
    assert top.entropy == pytest.approx(free.entropy, abs=1e-9)
    assert np.all(curve.entropy <= free.entropy + 1e-9)


def test_node_variables_agree_with_edges(planted, curve):
    amp = local_entropy(planted, planted.teacher, GRID, method="amp")
    # measured: 0.1 / N
    np.testing.assert_allclose(amp.entropy, curve.entropy, atol=0.3 / planted.n)
    np.testing.assert_allclose(amp.slope, curve.slope, atol=5 / planted.n)


def test_order_and_shape_of_the_distances_do_not_matter(planted, curve):
    shuffled = local_entropy(planted, planted.teacher, np.array([[0.1, 0.5], [0.05, 0.2]]))
    assert shuffled.entropy.shape == shuffled.status.shape == shuffled.overlaps["q"].shape == (2, 2)
    np.testing.assert_allclose(shuffled.entropy.ravel(), curve.entropy[[3, 0, 4, 2]], atol=1e-9)
    single = local_entropy(planted, planted.teacher, 0.2)
    assert single.entropy.shape == () and single.entropy == pytest.approx(curve.entropy[2], abs=1e-9)


@pytest.mark.parametrize("method", ["gaussian", "exact", "amp"])
def test_gauge(method):
    instance = random_instance(BinaryPerceptron(), 31, 0.3, rng=2)
    reference = np.ones(31)
    signs = np.random.default_rng(0).choice([-1, 1], 31)
    plain = local_entropy(instance, reference, [0.2, 0.4], method=method)
    turned = local_entropy(Instance(instance.xi * signs), signs, [0.2, 0.4], method=method)
    np.testing.assert_allclose(turned.entropy, plain.entropy, atol=1e-9)


def test_at_the_reference():
    instance = Instance([[1, 1, 1], [1, 1, -1]])
    exact = local_entropy(instance, [1, 1, 1], 0.0)
    assert exact.entropy == 0 and exact.slope == np.inf and exact.status.item() is Status.CONVERGED
    violated = local_entropy(instance, [-1, -1, -1], [0.0])
    assert violated.entropy[0] == -np.inf and violated.status[0] is Status.NEGATIVE_ENTROPY
    soft = local_entropy(instance, [-1, -1, -1], 0.0, beta=1.5)
    assert soft.entropy == -1.5 * 2 / 3 and soft.overlaps["energy"] == 1


def test_no_solutions_at_all():
    instance = Instance([[1, 1, 1], [-1, -1, -1]], kappa=0.5)
    with pytest.warns(ConvergenceWarning, match="2 x unsatisfiable"):
        curve = local_entropy(instance, [1, 1, 1], [0.2, 0.4], method="exact")
    assert np.all(np.isnan(curve.entropy)) and all(status is Status.UNSATISFIABLE for status in curve.status)


@pytest.mark.parametrize("method", ["gaussian", "exact", "amp"])
def test_a_distance_that_fails_leaves_the_others_alone(method):
    instance = random_instance(BinaryPerceptron(), 21, 0.3, rng=1)
    found = solve(instance, rng=1).weights
    exact = enumerate_solutions(instance)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # Gaussian messages do not reach d = 1/2
        together = local_entropy(instance, found, [0.5, 0.1, 0.2], method=method)
        alone = [local_entropy(instance, found, [d], method=method).entropy[0] for d in (0.5, 0.1, 0.2)]
    np.testing.assert_allclose(together.entropy, alone, atol=1e-12)  # the square of 100 tol, and rounding
    # at N = 21 shells are counted with log binomial coefficients, log(N)/N off their entropy
    for d, entropy in zip((0.1, 0.2), together.entropy[1:], strict=True):
        assert abs(entropy - exact.local_entropy(found, d)) < np.log(21) / 21


@pytest.mark.parametrize("method", ["gaussian", "amp"])
def test_around_weights_without_solutions_near(method):
    instance = random_instance(BinaryPerceptron(), 201, 0.5, rng=1)
    reference = np.where(np.random.default_rng(1).random(201) < 0.5, 1, -1)
    with pytest.warns(ConvergenceWarning, match="1 of 2 points are NaN \\(1 x below-zero\\)"):
        curve = local_entropy(instance, reference, [0.15, 0.3], method=method)
    assert curve.entropy[1] > 0.1 and curve.status[1] is Status.CONVERGED


@pytest.mark.parametrize("method", ["gaussian", "amp"])
def test_patterns_with_a_mean(method):
    rng = np.random.default_rng(0)
    instance = Instance(np.where(rng.random((90, 301)) < 0.8, 1, -1), np.where(rng.random(90) < 0.5, 1, -1))
    weights = solve(instance, rng=1).weights
    entropy = belief_propagation(instance, method).entropy
    curve = local_entropy(instance, weights, np.linspace(0.25, 0.5, 6), method=method)
    assert all(status is Status.CONVERGED for status in curve.status)
    assert np.all(curve.entropy < entropy) and curve.entropy.max() > 0.95 * entropy  # its maximum is the entropy


class TestFailures:
    instance = random_instance(BinaryPerceptron(), 51, 0.4, rng=1)
    reference = np.ones(51)

    def test_scalar_raises_with_the_curve(self):
        with pytest.raises(ConvergenceError, match=r"local_entropy\(method='amp'\): the iteration limit") as info:
            local_entropy(self.instance, self.reference, 0.3, method="amp", max_iter=2)
        assert np.isnan(info.value.result.entropy)
        assert info.value.result.status.item() is Status.MAX_ITERATIONS

    def test_array_warns_once_and_keeps_the_points(self):
        with pytest.warns(ConvergenceWarning, match=r"2 of 3 points are NaN \(2 x max-iterations\)"):
            curve = local_entropy(self.instance, self.reference, [0.3, 0.5, 0.0], method="amp", max_iter=2)
        np.testing.assert_array_equal(np.isnan(curve.entropy), [True, True, False])

    def test_unattainable_distance(self):
        # every solution of W1 + W2 + W3 = 3 is one configuration, three flips out of three from the reference
        instance = Instance([[1, 1, 1]], kappa=1.5)
        with pytest.raises(ConvergenceError, match="lies outside what this computation can reach"):
            local_entropy(instance, [-1, -1, -1], 0.2, method="exact")

    @pytest.mark.parametrize("distance", [-0.1, 0.51, np.nan, [0.1, np.inf]])
    def test_distance_outside_its_range(self, distance):
        with pytest.raises(ValueError, match=r"distance must lie in \[0, 1/2\]; got"):
            local_entropy(self.instance, self.reference, distance)

    def test_bad_arguments(self):
        with pytest.raises(ValueError, match=r"reference must have shape \(51,\); got shape \(3,\)"):
            local_entropy(self.instance, [1, 1, 1], 0.1)
        with pytest.raises(ValueError, match="reference must be ±1; entry 0 is 0"):
            local_entropy(self.instance, np.zeros(51), 0.1)
        with pytest.raises(ValueError, match="method must be one of 'gaussian', 'exact', 'amp'; got 'mc'"):
            local_entropy(self.instance, self.reference, 0.1, method="mc")
        with pytest.raises(TypeError, match="distance must be a real number or an array of them; got 'near'"):
            local_entropy(self.instance, self.reference, "near")
        with pytest.raises(TypeError, match=r"problem must be one with messages, such as bp\.Instance; got"):
            local_entropy([[1, 1]], [1, 1], 0.1)
        with pytest.raises(MemoryError, match="method='amp' needs node variables only"):
            local_entropy(self.instance, self.reference, 0.1, memory_limit=10)


def test_an_entropy_above_that_of_all_weights_is_unphysical():
    """Seven weights, three patterns: Gaussian messages exceed H_2(d) by a few 1e-6 at some small distances."""
    lost = 0
    for seed in range(4):
        inst = random_instance(BinaryPerceptron(), 7, 3 / 7, rng=seed)
        weights, d = np.where(inst.xi.sum(axis=0, dtype=int) > 0, 1, -1), np.array([0.001, 0.01, 0.05])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            curve = local_entropy(inst, weights, d)
        assert np.all(curve.entropy[curve.converged] <= binary_entropy(d)[curve.converged] + 1e-9)
        lost += np.count_nonzero(curve.status == Status.UNPHYSICAL)
    assert lost > 0


def test_an_overlap_that_does_not_answer_to_the_field_is_given_up(monkeypatch):
    """A single pattern on seven weights in AMP form: no field brings the overlap to zero."""
    sweep, count = AmpState.sweep, [0]

    def counted(self, field, damping):
        count[0] += 1
        return sweep(self, field, damping)

    monkeypatch.setattr(AmpState, "sweep", counted)
    inst = random_instance(BinaryPerceptron(), 7, 1 / 7, rng=0)
    with pytest.raises(ConvergenceError) as caught:
        local_entropy(inst, inst.xi[0], 0.5, method="amp")
    assert caught.value.result.status == Status.OUT_OF_RANGE and count[0] < 10_000


def test_surveys_have_no_distance():
    formula = random_satisfiability(20, 2.0, 3, rng=1)
    with pytest.raises(ValueError, match="'survey' counts clusters"):
        local_entropy(formula, np.ones(20), 0.2, method="survey")
