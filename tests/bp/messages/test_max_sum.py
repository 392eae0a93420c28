"""Max-sum messages against maxima over all configurations of a pattern."""

from itertools import product

import numpy as np
import pytest

import bp
from bp.messages import _max_sum
from bp.messages.max_sum import MaxSumState
from bp.problems import _bits
from replica_theory import BinaryPerceptron, IntervalModel, SymmetricBinaryPerceptron, UShapePerceptron

N = 9
MODELS = [BinaryPerceptron(), BinaryPerceptron(0.7), SymmetricBinaryPerceptron(0.6), SymmetricBinaryPerceptron(0.4),
          IntervalModel([(-1.2, 0.5)]), IntervalModel([(-np.inf, 0.4)])]  # fmt: skip
SPINS = np.array(list(product([-1, 1], repeat=N)))


def brute_force(row, cavity, allowed):
    """Half the difference of the best allowed configurations with each weight up and down, the weight left out."""
    sums = SPINS @ row
    spins = SPINS[(sums >= allowed[0]) & (sums <= allowed[1])]
    best = [[np.max(spins[spins[:, i] == s] @ cavity - s * cavity[i]) for s in (1, -1)] for i in range(N)]
    return np.array([(up - down) / 2 for up, down in best])


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_messages_are_differences_of_brute_force_maxima(model):
    """Sweep for sweep, in the same random orders; the two ends of an interval are two factors."""
    inst = bp.random_instance(model, N, 0.5, rng=3)
    field = np.random.default_rng(2).normal(size=N)
    state = inst.messages("max-sum", rng=7)
    (least, most), *_ = inst.allowed.lattice.tolist()
    ends = [(least, N)] * (least > -N) + [(-N, most)] * (most < N)
    rng, u = np.random.default_rng(7), np.zeros((len(ends), inst.n_patterns, N))
    for _ in range(4):
        for k, end in enumerate(ends):
            for a in rng.permutation(inst.n_patterns):
                u[k, a] = brute_force(inst.xi[a].astype(int), field + u.sum(axis=(0, 1)) - u[k, a], end)
        state.sweep(field, 0.0)
        assert np.max(np.abs(state.fields - u.sum(axis=(0, 1)))) < 1e-12 and np.any(u)


def test_ties_and_rounding_leave_k_members():
    inst = bp.Instance(np.ones((2, N)))
    state = inst.messages("max-sum", rng=1)
    state.sweep(-np.ones(N), 0.0)
    assert all(np.unpackbits(members.view(np.uint8)).sum() == (N + 1) // 2 * 2 for members in state._members)


@pytest.mark.parametrize("k", [1, 4, 8])
def test_selection_from_any_guess(k):
    """The k-th largest number and the next, wherever they are looked for first."""
    z = np.random.default_rng(4).normal(size=N)
    ordered = np.sort(z)[::-1]
    for guess, width in [(0.0, 0.0), (ordered[k - 1], 1e-9), (50.0, 1.0), (-50.0, 1e3), (1e-9, 1e-300), (1e300, 1.0)]:
        assert _max_sum._largest(z, k, guess, width, np.empty(N))[:2] == (ordered[k - 1], ordered[k])


@pytest.mark.parametrize(("side", "k"), [(1, 151), (-1, 151), (1, 1), (1, 299), (-1, 299)])
def test_sweeps_against_sorting(side, k):
    """Bit for bit, over words that are full and one that is not, many numbers in a window, and equal numbers."""
    rng, n, p = np.random.default_rng(5), 300, 40
    xi = rng.choice([-1.0, 1.0], (p, n))
    bits = _bits.pack(xi)
    members, values, total = np.zeros_like(bits), np.zeros((p, 3)), np.round(rng.normal(size=n), 2)
    inside, messages, expected = np.zeros((p, n), bool), np.zeros((p, 2)), total.copy()
    quiet = 0
    for _ in range(12):
        total, expected = 1.5 * total, 1.5 * expected
        order, change = rng.permutation(p), 0.0
        for a in order:
            z = side * xi[a] * expected - np.where(inside[a], *messages[a])
            place = np.argsort(-z, kind="stable")
            old, inside[a] = messages[a].copy(), np.isin(np.arange(n), place[:k])
            following = z[place[k]] if k < n else -np.inf
            messages[a] = max(0.0, -following), max(0.0, -z[place[k - 1]])
            expected = side * xi[a] * (z + np.where(inside[a], *messages[a]))
            change, quiet = max(change, *np.abs(messages[a] - old)), quiet + (not old.any() and not messages[a].any())
        assert _max_sum.sweep(bits, order, side, k, members, values, total) == change
        assert np.array_equal(total, expected) and np.array_equal(values[:, :2], messages)
    assert bool(quiet) == (k < 299)  # patterns that send nothing and are passed over


def test_scales_and_snapshots():
    inst = bp.random_instance(SymmetricBinaryPerceptron(0.6), 65, 0.5, rng=3)
    field = np.random.default_rng(2).normal(size=65)
    one, other = (inst.messages("max-sum", rng=7) for _ in range(2))
    for state, size in ((one, 1.0), (other, 4.0)):
        state.sweep(size * field, 0.0)
    one.scale(4.0)
    assert np.array_equal(one.fields, other.fields)  # a power of two
    kept = one.snapshot()
    again = MaxSumState(inst, np.random.default_rng(9))
    again.restore(kept)
    assert np.array_equal(again.fields, one.fields)
    one._rng = np.random.default_rng(9)
    assert one.sweep(field, 0.0) == again.sweep(field, 0.0) and np.array_equal(again.fields, one.fields)
    m, entropy, log_p = again.measure(field)
    assert set(m.tolist()) == {-1.0, 1.0} and np.isnan(entropy) and log_p.shape == (inst.n_patterns,)


@pytest.mark.parametrize(
    ("model", "patterns", "sentence"),
    [
        (UShapePerceptron(0.5), "binary", "max-sum needs a single interval of allowed sums"),
        (BinaryPerceptron(), "gaussian", "max-sum needs patterns of ±1; these are real"),
        (BinaryPerceptron(3.0), "binary", "max-sum needs patterns that leave the weights a choice"),
        (BinaryPerceptron(9.0), "binary", "max-sum needs patterns that leave the weights a choice"),
    ],
)
def test_what_has_no_such_messages(model, patterns, sentence):
    inst = bp.random_instance(model, N, 0.5, rng=3, patterns=patterns)
    assert inst.optima("max-sum").startswith(sentence)
    with pytest.raises(ValueError, match="method must be one of"):
        inst.messages("max-sum")
    assert "max-sum" not in inst.forms and inst.optima("min-sum") == "min-sum messages are not known for Instance"
