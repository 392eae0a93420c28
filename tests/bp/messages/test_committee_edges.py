"""Messages on the edges of committee machines: exact where they should be, and equal to a slow readable referee."""

import itertools

import numpy as np
import pytest
from scipy.special import ndtr

import bp
from bp.messages.committee_edges import CommitteeEdges
from replica_theory import BinaryPerceptron


def configurations(n):
    return np.array(list(itertools.product([-1, 1], repeat=n)))


def errors(com, weights):
    """Violated patterns of each configuration."""
    rows = np.array([part.xi for part in com.parts], dtype=float)
    sums = np.einsum("kpn,bkn->bkp", rows, weights.reshape(len(weights), com.units, -1))
    return ((sums >= com.allowed.sums[0, 0]).sum(axis=1) < com.majority).sum(axis=1)


@pytest.mark.parametrize("schedule", ["parallel", "sequential"])
@pytest.mark.parametrize("tree", [False, True])
@pytest.mark.parametrize(("units", "beta"), [(3, np.inf), (3, 1.2), (5, 0.3)])
def test_exact_messages_of_one_pattern_are_exact(units, beta, tree, schedule):
    """One pattern is a tree, with external fields too: magnetisations and entropy to rounding."""
    com = bp.random_committee(BinaryPerceptron(0.3), 3 * units, units, 1 / (3 * units), rng=1, tree=tree)
    weights, theta = configurations(com.n), np.linspace(-0.6, 0.9, com.n)
    wrong = errors(com, weights)
    law = np.where(wrong, 0.0 if beta == np.inf else np.exp(-beta), 1.0) * np.exp(weights @ theta)
    found = bp.belief_propagation(com, "exact", beta=beta, field=theta, schedule=schedule, tol=1e-13)
    assert found.free_entropy == pytest.approx(np.log(law.sum()) / com.n, abs=1e-12)
    np.testing.assert_allclose(found.magnetizations, law @ weights / law.sum(), atol=1e-12)
    if beta < np.inf:
        assert found.energy == pytest.approx(law @ wrong / law.sum(), abs=1e-12)


@pytest.mark.parametrize("real", [False, True])
@pytest.mark.parametrize("tree", [False, True])
def test_messages_are_those_of_the_definition(tree, real):
    """Gaussian messages of every edge, by the probability of a majority with the weight at +1 and -1."""
    rng = np.random.default_rng(1)
    if real:
        com = bp.Committee(rng.standard_normal((6, 27 if tree else 9)), units=3, tree=tree, kappa=0.1)
    else:
        com = bp.random_committee(BinaryPerceptron(0.1), 27, 3, 6 / 27, rng=1, tree=tree)
    eta = rng.normal(size=(6, 27)) * 0.4
    state, beta = CommitteeEdges(com, eta.copy(), beta=1.5), 1.5
    total = eta.sum(axis=0)
    state.sweep(np.zeros(27), 0.0)
    for a in range(6):
        rows = np.array([part.xi[a] for part in com.parts], dtype=float)
        h = np.tanh(total - eta[a]).reshape(3, 9)
        for i in range(27):
            k, j = divmod(i, 9)
            weights = []
            for sign in (1, -1):
                mean, variance = rows * h, rows**2 * (1 - h**2)
                mean[k, j], variance[k, j] = rows[k, j] * sign, 0.0
                x = (mean.sum(axis=1) - 3 * 0.1) / np.sqrt(variance.sum(axis=1))
                p = ndtr(x)
                majority = sum(np.prod(np.where(answers, p, 1 - p)) for answers in itertools.product([0, 1], repeat=3)
                               if sum(answers) > 1)  # fmt: skip
                weights.append(np.exp(-beta) + (1 - np.exp(-beta)) * majority)
            assert state.eta[a, i] == pytest.approx(0.5 * np.log(weights[0] / weights[1]), abs=1e-13)


@pytest.mark.parametrize("method", ["gaussian", "exact"])
def test_close_to_enumeration(method):
    """Off by the order of 1/n at n = 7 inputs of a unit."""
    com = bp.random_committee(BinaryPerceptron(), 21, 3, 0.4, rng=3)
    exact, found = bp.enumerate_solutions(com), bp.belief_propagation(com, method)
    assert found.entropy == pytest.approx(exact.entropy, abs=0.02)
    assert np.sqrt(np.mean((found.magnetizations - exact.magnetizations) ** 2)) < 1 / 7  # 1/n of a unit
    reference = exact.solutions()[0]
    curve = bp.local_entropy(com, reference, [0.0, 1 / 3], method=method)
    assert curve.entropy[0] == 0.0
    assert curve.entropy[1] == pytest.approx(exact.local_entropy(reference, 1 / 3), abs=0.1)  # log(N)/2N beside 1/N


@pytest.mark.parametrize("schedule", ["parallel", "sequential"])
@pytest.mark.parametrize("method", ["gaussian", "exact"])
def test_one_unit_is_the_perceptron(method, schedule):
    inst = bp.random_instance(BinaryPerceptron(), 61, 0.4, rng=1)
    com = bp.Committee(inst.patterns, inst.labels, units=1)
    one, other = (bp.belief_propagation(problem, method, schedule=schedule, rng=3) for problem in (inst, com))
    assert one.iterations == other.iterations
    assert one.entropy == pytest.approx(other.entropy, abs=1e-13)  # rounding
    np.testing.assert_allclose(one.magnetizations, other.magnetizations, atol=1e-12)


@pytest.mark.parametrize("method", ["gaussian", "exact"])
def test_restored_messages_go_on_as_before(method):
    com = bp.random_committee(BinaryPerceptron(), 33, 3, 0.5, rng=1)
    state, field = com.messages(method, init=0.4, rng=1), np.linspace(-1, 1, 33)
    state.sweep(field, 0.3)
    saved, before = state.snapshot(), state.measure(field)
    state.sweep(field, 0.0)
    state.restore(saved)
    after = state.measure(field)
    np.testing.assert_allclose(after[0], before[0], atol=1e-13)
    assert after[1] == pytest.approx(before[1], abs=1e-13) and not state.contradiction
    state.restore(None)
    assert not state.fields.any() and state.sweep(field, 0.5) > 0


def test_refusals_name_the_argument():
    com = bp.random_committee(BinaryPerceptron(), 15, 3, 1.0, rng=1)
    real = bp.Committee([[0.5, 1.0, -2.0]], units=3)
    with pytest.raises(ValueError, match="device='cpu' is for perceptrons"):
        com.messages("gaussian", device="cpu")
    with pytest.raises(ValueError, match="method='exact' needs patterns with entries -1, 0 or 1"):
        real.messages("exact")
    with pytest.raises(ValueError, match="schedule"):
        com.messages("exact", schedule="random")
    with pytest.raises(MemoryError, match="15 x 15 edges"):
        com.messages("gaussian", memory_limit=100)
    with pytest.raises(ValueError, match=r"message fields of shape \(15, 15\)"):
        com.messages("gaussian", init=bp.Messages("gaussian", np.zeros((3, 5))))
