"""The vote of all students of a committee machine."""

from itertools import product

import numpy as np
import pytest
from scipy.special import ndtr

from bp import predict_probability
from bp.problems.majority import unit_sums, vote_log_odds


def probability(m, patterns, tree):
    """Every way in which the units can vote, one after the other."""
    units = len(m)
    parts = np.split(patterns, units, axis=1) if tree else [patterns] * units
    right = [predict_probability(w, part) for w, part in zip(m, parts, strict=True)]
    total = np.zeros(len(patterns))
    for votes in product([0, 1], repeat=units):
        if 2 * sum(votes) > units:
            total += np.prod([p if vote else 1 - p for p, vote in zip(right, votes, strict=True)], axis=0)
    return total


@pytest.mark.parametrize("tree", [False, True])
@pytest.mark.parametrize("units", [1, 3, 5])
def test_is_the_sum_over_all_votes(units, tree):
    rng = np.random.default_rng(units)
    m = rng.uniform(-0.9, 0.9, (units, 31))
    patterns = rng.choice([-1.0, 1.0], (40, units * 31 if tree else 31))
    odds = vote_log_odds(m, patterns, tree=tree)
    np.testing.assert_allclose(1 / (1 + np.exp(-odds)), probability(m, patterns, tree), rtol=1e-12)  # rounding


def test_one_unit_is_the_perceptron():
    rng = np.random.default_rng(1)
    m, patterns = rng.uniform(-1, 1, 101), rng.normal(size=(50, 101))
    expected = predict_probability(m, patterns)
    np.testing.assert_allclose(1 / (1 + np.exp(-vote_log_odds(m, patterns))), expected, rtol=1e-12)


def test_is_the_share_of_students_drawn():
    """Students drawn from the magnetizations, 4000 of them: within 4 standard errors and what finite n costs."""
    rng = np.random.default_rng(2)
    m, patterns = rng.uniform(-0.5, 0.5, (3, 301)), rng.choice([-1.0, 1.0], (20, 301))
    students = np.where(rng.random((4000, 3, 301)) < (1 + m) / 2, 1.0, -1.0)
    share = ((students @ patterns.T > 0).sum(axis=1) > 1).mean(axis=0)
    expected = 1 / (1 + np.exp(-vote_log_odds(m, patterns)))
    error = np.sqrt(expected * (1 - expected) / 4000)
    assert (np.abs(share - expected) < 4 * error + 1 / 301).all()  # Gaussian sums: corrections of order 1/n


def test_far_votes_keep_their_order_and_are_finite():
    steps = np.linspace(0.9, 0.999999, 50)
    odds = np.concatenate([vote_log_odds(np.full((3, 401), step), np.ones((1, 401))) for step in steps])
    assert (np.diff(odds) > 0).all() and odds[-1] > 1e6  # probabilities are 1 long before
    certain = vote_log_odds([[1.0, -1.0, 1.0]], [[1, 1, 1], [-1, -1, -1], [0.0, 1.0, 1.0]])
    assert np.isfinite(certain).all() and (np.sign(certain) == [1, -1, 0]).all()
    assert certain[0] == -certain[1] > 1e11
    assert ndtr(40.0) == 1.0


def test_mirror_images_have_the_opposite():
    rng = np.random.default_rng(3)
    m, patterns = rng.uniform(-1, 1, (5, 21)), rng.normal(size=(9, 21))
    np.testing.assert_allclose(vote_log_odds(m, -patterns), -vote_log_odds(m, patterns), rtol=1e-12)


def test_unit_sums():
    w, x = np.arange(6.0).reshape(3, 2), np.arange(12.0).reshape(2, 6)
    assert (unit_sums(w, x, tree=True) == [[x[a, 2 * k : 2 * k + 2] @ w[k] for a in range(2)] for k in range(3)]).all()
    assert unit_sums(w, x[:, :2]).shape == (3, 2)


@pytest.mark.parametrize(
    ("m", "patterns", "options", "words"),
    [
        ([[0.1, 0.2]] * 2, [[1, 1]], {}, "odd number of units"),
        ([[1.1, 0.2]], [[1, 1]], {}, r"lie in \[-1, 1\]"),
        ([[0.1, 0.2]], [[1, 1, 1]], {}, "N=2"),
        ([[0.1, 0.2]] * 3, [[1, 1]], {"tree": True}, "N=6"),
    ],
)
def test_bad_input(m, patterns, options, words):
    with pytest.raises(ValueError, match=words):
        vote_log_odds(m, patterns, **options)
