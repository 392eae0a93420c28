"""Unions of intervals and soft constraints in all three forms of messages: enumeration, each other, and theory."""

import numpy as np
import pytest
from messages_referee import exact_messages, gaussian_messages
from scipy import special

import replica_theory as rt
from bp import Instance, belief_propagation, local_entropy, random_instance
from bp.messages.edges import EdgeState
from bp.problems.perceptron import sphere_instance
from replica_theory import CustomModel, IntervalModel, UShapePerceptron

INF = np.inf
ROUNDING = 1e-12
U = UShapePerceptron(0.6)
BANDS = IntervalModel([(-2.0, -0.8), (-0.1, 0.4), (1.0, INF)])
SHELF = IntervalModel([(-1.6, -1.3), (0.3, INF)])
NOISY = CustomModel(lambda mean, std: 0.1 + 0.8 * special.ndtr(mean / std))
STEP = CustomModel(lambda mean, std: special.log_ndtr(mean / std), log=True, concave=True)
RUN = {"init": 0.1, "rng": 1, "damping": 0.5, "tol": 1e-8}


def tree(rng, n, blocks):
    """Patterns of ±1 on disjoint inputs, neighbours in the list sharing one weight."""
    patterns, start = np.zeros((len(blocks), n)), 0
    for a, size in enumerate(blocks):
        start = max(start - 1, 0)
        patterns[a, start : start + size] = rng.choice([-1, 1], size)
        start += size
    return patterns


def weighed(instance, beta, field):
    """Magnetisations and free entropy by a sum over all configurations, of hard and soft constraints."""
    weights = 2.0 * (np.arange(2**instance.n)[:, None] >> np.arange(instance.n) & 1) - 1
    accepted = instance.allowed.acceptance[(weights @ instance.xi.T).astype(int) + instance.n]
    with np.errstate(divide="ignore"):
        logs = np.log(np.exp(-beta) + (1 - np.exp(-beta)) * accepted).sum(axis=1) + weights @ field
    phi = special.logsumexp(logs)
    return np.exp(logs - phi) @ weights, phi / instance.n


@pytest.mark.parametrize("model", [U, BANDS, SHELF, NOISY], ids=["u-shape", "bands", "shelf", "noisy"])
@pytest.mark.parametrize("beta", [INF, 1.3, 0.0])
@pytest.mark.parametrize("n, blocks", [(7, [7]), (9, [4, 6]), (13, [4, 5, 6])])
def test_exact_messages_are_exact_on_trees(model, beta, n, blocks):
    rng = np.random.default_rng(n)
    instance = Instance(tree(rng, n, blocks), constraint=model)
    field = rng.normal(size=n)
    result = belief_propagation(instance, "exact", beta=beta, field=field, damping=0.0, tol=1e-13)
    m, phi = weighed(instance, beta, field)
    np.testing.assert_allclose(result.magnetizations, m, atol=ROUNDING)
    assert result.free_entropy == pytest.approx(phi, abs=ROUNDING)


@pytest.mark.parametrize("model", [U, BANDS], ids=repr)
@pytest.mark.parametrize("beta", [INF, 0.7])
@pytest.mark.parametrize("n, spread", [(301, 0.05), (300, 0.3), (1001, 0.02), (21, 0.5)])
def test_fast_gaussian_sweep_equals_direct_sweep_and_referee(model, beta, n, spread):
    rng = np.random.default_rng(n)
    instance = Instance(rng.choice([-1, 1], (23, n)), constraint=model)
    eta, field = rng.uniform(-spread, spread, (23, n)), rng.normal(size=n)
    fast, slow = EdgeState(instance, eta.copy(), beta=beta), EdgeState(instance, eta.copy(), beta=beta, fast=False)
    assert fast.sweep(field, 0.0) == pytest.approx(slow.sweep(field, 0.0), abs=ROUNDING)
    np.testing.assert_allclose(fast.eta, slow.eta, atol=ROUNDING)
    np.testing.assert_allclose(slow.eta, gaussian_messages(instance, eta, field, beta), atol=1e-11)
    single = EdgeState(instance, eta.astype(np.float32), beta=beta)
    single.sweep(field, 0.0)
    np.testing.assert_allclose(single.eta, slow.eta, atol=1e-5)


@pytest.mark.parametrize("model", [U, BANDS], ids=repr)
@pytest.mark.parametrize("beta", [INF, 0.7])
def test_exact_sweep_equals_convolution_of_all_other_weights(model, beta):
    rng = np.random.default_rng(3)
    instance = Instance(rng.choice([-1.0, 0.0, 1.0], (17, 12)), constraint=model)
    eta, field = rng.normal(size=(17, 12)), rng.normal(size=12)
    state = EdgeState(instance, eta.copy(), beta=beta, method="exact")
    state.sweep(field, 0.0)
    with np.errstate(divide="ignore"):
        expected = np.tanh(exact_messages(instance, eta, field, beta))
    np.testing.assert_allclose(np.tanh(state.eta), expected, atol=ROUNDING)


@pytest.mark.parametrize("beta", [INF, 1.5])
@pytest.mark.parametrize("schedule", ["parallel", "sequential"])
def test_one_interval_of_a_union_is_the_margin(beta, schedule):
    """An interval beyond all sums changes no message."""
    plain = random_instance(rt.BinaryPerceptron(0.2), 101, 0.4, rng=1)
    union = Instance(plain.xi, constraint=IntervalModel([(-60.0, -50.0), (0.2, INF)]))
    for method in ("gaussian", "exact"):
        one, other = (belief_propagation(i, method, beta=beta, schedule=schedule, rng=1) for i in (plain, union))
        np.testing.assert_allclose(one.magnetizations, other.magnetizations, atol=1e-8)
        assert one.entropy == pytest.approx(other.entropy, abs=1e-9)


@pytest.mark.parametrize("beta", [INF, 1.5])
@pytest.mark.parametrize("kind", ["u-shape", "bands", "noisy"])
def test_forms_agree_at_small_sizes(kind, beta):
    """Ends half-way between two sums, where a Gaussian has the weight of a lattice up to O(1/N^2) a pattern."""
    n, root = 51, np.sqrt(51)
    bands = IntervalModel([(-14 / root, -6 / root), (0, 4 / root), (8 / root, INF)])
    model = {"u-shape": UShapePerceptron(4 / root), "bands": bands, "noisy": NOISY}[kind]
    for seed in range(3):
        instance = random_instance(model, n, 0.4, rng=seed)
        exact = belief_propagation(instance, "exact", beta=beta, **RUN)
        for method in ("amp", "gaussian") if instance.allowed.is_hard else ("amp",):
            other = belief_propagation(instance, method, beta=beta, **RUN)
            assert other.entropy == pytest.approx(exact.entropy, abs=3 / n**2)
            assert other.energy == pytest.approx(exact.energy, abs=3 / n**2)
            np.testing.assert_allclose(other.magnetizations, exact.magnetizations, atol=0.5 / n)


@pytest.mark.slow
@pytest.mark.parametrize("beta", [INF, 1.5])
@pytest.mark.parametrize(
    "model, alpha", [(U, 0.3), (BANDS, 0.4), (SHELF, 0.4), (NOISY, 0.4)], ids=["u-shape", "bands", "shelf", "noisy"]
)
def test_entropies_are_those_of_theory(model, alpha, beta):
    for method, n, samples in (("amp", 1001, 8), ("gaussian", 301, 4)) if model is not NOISY else (("amp", 1001, 8),):
        theory = rt.replica_symmetric(model.at(beta=beta), round(alpha * n) / n)
        instances = [sphere_instance(model, n, alpha, np.random.default_rng(seed)) for seed in range(samples)]
        runs = [belief_propagation(instance, method, beta=beta, **RUN) for instance in instances]
        for name, field in (("entropy", "entropy"), ("q", "overlap"), ("energy", "energy")):
            values = np.array([getattr(run, field) for run in runs])
            error = values.std(ddof=1) / np.sqrt(len(values))
            assert abs(values.mean() - getattr(theory, name)) < 4 * error + 1 / n


def test_a_soft_constraint_of_a_step_is_the_margin():
    """At odd N no sum meets the edge, where a step is neither 0 nor 1."""
    hard = random_instance(rt.BinaryPerceptron(), 31, 0.5, rng=1)
    soft = Instance(hard.xi, constraint=STEP)
    for method in ("exact", "amp"):
        one, other = belief_propagation(hard, method), belief_propagation(soft, method)
        np.testing.assert_allclose(one.magnetizations, other.magnetizations, atol=1e-9)
        assert one.entropy == pytest.approx(other.entropy, abs=1e-10)


@pytest.mark.parametrize("beta", [INF, 1.0])
def test_local_entropies_of_a_soft_constraint(beta):
    instance = random_instance(NOISY, 31, 0.3, rng=1)
    center = np.ones(31)
    curve = local_entropy(instance, center, [0.0, 0.3, 0.5], method="exact", beta=beta)
    accepted = instance.allowed.acceptance[instance.xi.sum(axis=1, dtype=int) + 31]
    assert curve.entropy[0] == pytest.approx(np.log(np.exp(-beta) + (1 - np.exp(-beta)) * accepted).sum() / 31)
    assert curve.status[0].ok and np.all(np.diff(curve.entropy) > 0)


def test_gaussian_messages_of_a_soft_constraint_are_refused():
    with pytest.raises(TypeError, match="may be soft: belief_propagation and local_entropy take it, with method='amp'"):
        belief_propagation(random_instance(NOISY, 31, 0.3, rng=1))
