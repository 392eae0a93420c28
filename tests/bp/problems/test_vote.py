"""The share of students that say +1."""

import numpy as np
import pytest

import bp
from replica_theory import TeacherStudent


def test_shares_are_those_of_independent_weights():
    """Weights drawn from the marginals: their sums are binomial, near Gaussian at N = 400."""
    rng = np.random.default_rng(3)
    m, patterns = np.tanh(rng.standard_normal(400)), rng.choice([-1.0, 1.0], (20, 400))
    drawn = np.where(rng.random((8000, 400)) < 0.5 * (1 + m), 1.0, -1.0) @ patterns.T
    share = np.mean(drawn > 0, axis=0) + 0.5 * np.mean(drawn == 0, axis=0)
    expected = bp.predict_probability(m, patterns)
    # 4 standard errors of 8000 draws, and the Edgeworth term of order 1/sqrt(N) of skewed sums
    np.testing.assert_allclose(share, expected, atol=4 * 0.5 / np.sqrt(8000) + 0.02 / np.sqrt(400))
    assert np.array_equal(expected > 0.5, bp.predict(m, patterns) > 0)


def test_probabilities_are_calibrated():
    """Of the patterns to which the vote gives a label with probability p, a fraction p has it."""
    gaps = []
    for seed in range(10):
        rng = np.random.default_rng([seed, 8])
        instance = bp.random_instance(TeacherStudent(), 501, 0.8, rng)
        m = bp.belief_propagation(instance, "amp", damping=0.3).magnetizations
        new = rng.choice([-1.0, 1.0], (1500, 501))
        p, right = bp.predict_probability(m, new), bp.predict(instance.teacher, new) > 0
        gaps.append([right[(p > low) & (p <= low + 0.2)].mean() - p[(p > low) & (p <= low + 0.2)].mean()
                     for low in (0.0, 0.2, 0.4, 0.6, 0.8)])  # fmt: skip
    mean, error = np.mean(gaps, axis=0), np.std(gaps, axis=0, ddof=1) / np.sqrt(len(gaps))
    assert np.all(np.abs(mean) < 4.5 * error)  # Student's t with 9 degrees of freedom: beyond in 1.5e-3 of the cases


def test_certainty_and_ignorance():
    assert bp.predict_probability([1, -1, 1], [[1, 1, 1], [1, 1, -1]]).tolist() == [1.0, 0.0]
    assert bp.predict_probability([0.0, 0.0], [1, 1]) == 0.5 and isinstance(bp.predict_probability([0.0], [1]), float)
    assert bp.predict_probability([1, -1], [1, 1]) == 0.5


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (([1.5, 0], [1, 1]), r"magnetizations must lie in \[-1, 1\]; the largest has the size 1.5"),
        (([[1, 0]], [1, 1]), r"magnetizations must have shape \(N,\); got shape \(1, 2\)"),
        (([1, 0], [1, 1, 1]), "patterns must have shape"),
    ],
)
def test_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        bp.predict_probability(*arguments)
