"""The output of a committee machine against sums over all answers of its units, and AMP on it."""

import itertools

import mpmath as mp
import numpy as np
import pytest

import bp
from bp.messages._committee import channel, log_votes
from replica_theory import BinaryPerceptron, TeacherStudent


def output(omega, variance, kappa, beta):
    """Log-weights, and derivatives g and gamma, of one pattern by all answers of its units, to fifty digits."""
    with mp.workdps(50):
        std = [mp.sqrt(mp.mpf(float(v))) for v in variance]
        x = [(mp.mpf(kappa) - mp.mpf(float(w))) / s for w, s in zip(omega, std, strict=True)]
        chances = [(mp.erfc(-t / mp.sqrt(2)) / 2, mp.erfc(t / mp.sqrt(2)) / 2) for t in x]
        units, total = range(len(x)), mp.mpf(0)
        pivotal = [mp.mpf(0)] * len(x)
        for answers in itertools.product([0, 1], repeat=len(x)):
            if sum(answers) > len(x) // 2:
                total += mp.fprod(chances[k][answers[k]] for k in units)
            for k in units:
                if not answers[k] and sum(answers) == len(x) // 2:
                    pivotal[k] += mp.fprod(chances[j][answers[j]] for j in units if j != k)
        soft = mp.exp(-beta) if beta < np.inf else mp.mpf(0)
        weight = soft + (1 - soft) * total
        g = [(1 - soft) * d * mp.npdf(t) / s / weight for d, t, s in zip(pivotal, x, std, strict=True)]
        gamma = [a * (a - t / s) for a, t, s in zip(g, x, std, strict=True)]
        return float(mp.log(weight)), float(mp.log(total)), *(np.array(v, dtype=float) for v in (g, gamma))


def compiled(omega, variance, kappa, beta):
    outputs = (*np.empty((2, omega.shape[1])), *np.empty((2, *omega.shape)))
    channel(omega, variance, kappa, beta, *outputs)
    return outputs


@pytest.mark.parametrize("units", [1, 3, 5])
@pytest.mark.parametrize("beta", [np.inf, 1.5, 1e-9])
def test_output_by_all_answers(units, beta):
    """Near, in the tails, and where probabilities are below the range of floating-point numbers."""
    rng = np.random.default_rng(units)
    for size in (1.0, 8.0, 40.0, 1000.0):
        omega, variance = size * rng.normal(size=(units, 4)), rng.uniform(0.3, 1.0, (units, 4))
        log_z, log_p, g, gamma = compiled(omega, variance, 0.2, beta)
        for a in range(4):
            exact = output(omega[:, a], variance[:, a], 0.2, beta)
            assert log_z[a] == pytest.approx(exact[0], rel=1e-14, abs=1e-15)
            assert log_p[a] == pytest.approx(exact[1], rel=1e-14, abs=1e-15)
            # Exponents x^2/2 are known to their rounding: some 1e-12 at the x = 40 where small terms still count.
            np.testing.assert_allclose(g[:, a], exact[2], rtol=1e-11, atol=1e-290)
            scale = np.abs(exact[2]) * (np.abs(exact[2]) + np.abs(omega[:, a]) + 1.0)
            assert np.all(np.abs(gamma[:, a] - exact[3]) <= 1e-11 * scale + 1e-290)


@pytest.mark.parametrize("beta", [np.inf, 0.8])
def test_both_ways_agree_where_they_meet(beta):
    """A unit that is wrong by just less, or just more, than twelve standard deviations."""
    omega = np.array([[-12.0 + 1e-9, -12.0 - 1e-9]] * 2 + [[0.3, 0.3], [-1.0, -1.0], [2.0, 2.0]])
    for values in compiled(omega, np.ones((5, 2)), 0.0, beta):
        np.testing.assert_allclose(values[..., 0], values[..., 1], rtol=1e-7)  # 2e-9 times a derivative of 12


def test_derivatives_by_differences():
    rng = np.random.default_rng(2)
    omega, variance, step = rng.normal(size=(3, 1)), rng.uniform(0.3, 1.0, (3, 1)), 1e-4
    for beta in (np.inf, 1.0):
        _, _, g, gamma = compiled(omega, variance, 0.1, beta)
        for k in range(3):
            ends = [compiled(omega + sign * step * np.eye(3)[:, [k]], variance, 0.1, beta) for sign in (1, -1)]
            assert g[k, 0] == pytest.approx((ends[0][0] - ends[1][0])[0] / (2 * step), abs=1e-7)  # of order step^2
            assert gamma[k, 0] == pytest.approx(-(ends[0][2] - ends[1][2])[k, 0] / (2 * step), abs=1e-7)


def test_log_votes_by_all_answers():
    right = np.log([0.3, 0.9, 1e-200, 0.5, 1.0 - 1e-9])
    wrong = np.log(-np.expm1(right))
    half, more = np.empty(5), np.empty(5)
    total = log_votes(right, wrong, (np.empty((6, 6)), np.empty((6, 6))), half, more)

    def chance(others, most):
        answers = itertools.product([0, 1], repeat=len(others))
        return sum(np.prod([np.exp((wrong, right)[b][k]) for b, k in zip(bits, others, strict=True)])
                   for bits in answers if most(sum(bits)))  # fmt: skip

    assert np.exp(total) == pytest.approx(chance(range(5), lambda votes: votes > 2), rel=1e-13)
    for k in range(5):
        others = [j for j in range(5) if j != k]
        assert np.exp(half[k]) == pytest.approx(chance(others, lambda votes: votes == 2), rel=1e-13)
        assert np.exp(more[k]) == pytest.approx(chance(others, lambda votes: votes > 2), rel=1e-13)
    right = np.array([-np.inf, 0.0, 0.0])  # answers that are certain
    assert log_votes(right, np.array([0.0, -np.inf, -np.inf]), (np.empty((4, 4)),) * 2, half[:3], more[:3]) <= 0.0


@pytest.mark.parametrize("beta", [np.inf, 1.0])
def test_one_unit_is_the_perceptron(beta):
    inst = bp.random_instance(BinaryPerceptron(0.1), 201, 0.4, rng=1)
    com = bp.Committee(inst.patterns, inst.labels, units=1, kappa=0.1)
    one, other = (bp.belief_propagation(problem, method="amp", beta=beta) for problem in (inst, com))
    assert one.iterations == other.iterations
    assert one.entropy == pytest.approx(other.entropy, abs=1e-13)  # rounding
    np.testing.assert_allclose(one.magnetizations, other.magnetizations, atol=1e-12)


@pytest.mark.parametrize("tree", [False, True])
def test_node_variables_agree_with_messages_on_edges(tree):
    """To order 1/N: the corrections of a unit are of order 1/n, n = 201, in the whole entropy."""
    com = bp.random_committee(TeacherStudent(), 603, 3, 0.3, rng=1, tree=tree)
    amp, edges = (bp.belief_propagation(com, method=method, tol=1e-7) for method in ("amp", "gaussian"))
    assert amp.entropy == pytest.approx(edges.entropy, abs=1 / 603)
    assert amp.overlap == pytest.approx(edges.overlap, abs=5 / 603)


@pytest.mark.parametrize("tree", [False, True])
def test_real_patterns_of_any_scale(tree):
    """Without a margin their size means nothing; powers of two are exact."""
    real = np.random.default_rng(1).standard_normal((60, 303 if tree else 101))
    runs = [bp.belief_propagation(bp.Committee(real * size, units=3, tree=tree), "amp") for size in (1.0, 2.0**-40)]
    assert runs[0].entropy == runs[1].entropy and runs[0].iterations == runs[1].iterations
    assert runs[0].free_entropy == pytest.approx(np.log(2) - 60 * np.log(2) / 303, abs=0.05)  # half of all, each


def test_batches_are_single_steps():
    com = bp.random_committee(BinaryPerceptron(), 45, 3, 0.5, rng=1)
    alone, first, second = (com.messages("amp", init=0.3, rng=seed) for seed in (1, 1, 2))
    field = np.zeros(45)
    residual = alone.sweep(field, 0.2)
    assert type(first).sweep_together([first, second], [field, field], [0.2, 0.2])[0] == residual
    assert np.array_equal(alone.fields, first.fields) and np.array_equal(alone.g, first.g)


def test_refusals_name_the_argument():
    com = bp.random_committee(BinaryPerceptron(), 15, 3, 1.0, rng=1)
    for options, match in [({"schedule": "sequential"}, "schedule"), ({"device": "cpu"}, "device='cpu'"),
                           ({"init": bp.Messages("amp", np.zeros(15), np.zeros(15))}, r"g of shape \(3, 15\)"),
                           ({"init": bp.Messages("amp", np.zeros(5))}, r"shape \(15,\)")]:  # fmt: skip
        with pytest.raises(ValueError, match=match):
            com.messages("amp", **options)
