import numpy as np
import pytest

import bp
from bp.algorithms.localization import LocalizedSample, localize
from replica_theory import BinaryPerceptron, PowerWeight, Status, SymmetricBinaryPerceptron, sampling_threshold

TIMES = [0.1, 0.5, 1.0, 2.0, 4.0]
CURVE = 1.0 - np.array([0.569586, 0.410273, 0.279437, 0.135410, 0.034291])  # theory, kappa = 0, p = 1, alpha = 0.3


def linear(n, alpha=0.3, rng=1):
    return bp.random_instance(PowerWeight(power=1.0), n, alpha, rng=rng)


def shares(problem, weight):
    """Probabilities of all configurations (C, N), by enumeration."""
    cube = 2 * (np.arange(2**problem.n)[:, None] >> np.arange(problem.n) & 1) - 1
    values = np.array([weight(problem, one) for one in cube])
    return values / values.sum()


def counts(sample):
    n = sample.weights.shape[1]
    return np.bincount((sample.weights > 0) @ 2 ** np.arange(n), minlength=2**n)


@pytest.mark.parametrize(
    ("problem", "weight", "options"),
    [
        (bp.Instance([[1, -1, 1]]), lambda p, w: np.exp(-p.errors(w)), {"beta": 1.0, "method": "exact"}),
        (
            bp.Instance([[1, -1, 1]], constraint=PowerWeight(power=1.0)),
            lambda p, w: max(0.0, float(p.stabilities(w)[0])),
            {"method": "exact"},
        ),
        (bp.Satisfiability([[1, -2, 3]]), lambda p, w: float(p.errors(w) == 0), {}),
    ],
    ids=["temperature", "power", "formula"],
)
def test_samples_on_a_tree_are_those_of_the_measure(problem, weight, options):
    """Messages are exact there: only steps and statistics are left."""
    sample = localize(problem, samples=200, steps=16, horizon=16.0, rng=3, force=True, **options)
    expected, found = 200 * shares(problem, weight), counts(sample)
    assert not found[expected == 0].any() and not sample.failures.any()
    held = expected > 0
    chi2, dof = float(np.sum((found - expected)[held] ** 2 / expected[held])), held.sum() - 1
    assert abs(chi2 - dof) < 4 * np.sqrt(2 * dof)  # standard deviations
    assert np.all(np.abs(sample.drift[:-1]) < 4.5)  # standard errors, the largest of 16
    shares_of = expected[held] / 200
    entropy = -np.sum(shares_of * np.log(shares_of)) / problem.n
    assert abs(sample.entropy - entropy) < 4 * sample.error + 0.002  # and Simpson's rule on 16 steps


def test_the_overlap_curve_is_that_of_the_theory():
    sample = localize(linear(1001), samples=6, times=TIMES, rng=2)
    at = np.searchsorted(sample.times, TIMES)
    # four standard errors of six samples of one instance, and 2/N for what an instance of this size is off by
    assert np.all(np.abs(sample.overlap[at] - CURVE) < 4 * sample.overlap_error[at] + 0.001)
    assert sample.converged and sample.sound.all() and not sample.errors.any()
    overlaps = (sample.weights.astype(float) @ sample.weights.T / 1001)[np.triu_indices(6, 1)]
    assert abs(sample.entropy - 0.409837) < 4 * sample.error + 0.001  # that of the theory, likewise
    # pairs of samples overlap by q(0) in the mean; each pair fluctuates by some 1/sqrt(N)
    assert abs(overlaps.mean() - sample.overlap[0]) < 4 / np.sqrt(1001 * 6)
    assert sample.overlap[-1] > 0.9999


def test_free_weights_are_coins():
    instance = bp.random_instance(BinaryPerceptron(), 400, 0.5, rng=1)
    sample = localize(instance, beta=0.0, samples=4, rng=1)
    assert np.all(np.abs(sample.weights.mean(axis=1)) < 4 / np.sqrt(400)) and sample.overlap[0] == 0


def test_a_sample_is_the_same_in_any_company():
    instance = linear(101)
    alone, together = localize(instance, steps=8, rng=5), localize(instance, steps=8, samples=3, rng=5)
    assert np.array_equal(alone.weights[0], together.weights[0])
    assert np.array_equal(alone.overlaps[0], together.overlaps[0])
    assert np.isnan(alone.error) and np.isnan(alone.drift).all()


@pytest.mark.parametrize(
    "problem",
    [
        bp.random_instance(BinaryPerceptron(), 51, 0.3, rng=1),
        bp.random_instance(SymmetricBinaryPerceptron(1.0), 51, 0.3, rng=1),
        bp.random_instance(PowerWeight(power=0.5), 51, 0.3, rng=1),
        bp.random_committee(BinaryPerceptron(), 51, 3, 0.3, rng=1),
    ],
    ids=["margin", "symmetric", "root", "committee"],
)
def test_isolated_configurations_are_refused(problem):
    with pytest.raises(ValueError, match="an isolated configuration, q = 1, exists"):
        localize(problem)


def test_more_is_refused():
    instance = linear(51)
    with pytest.raises(ValueError, match="an isolated configuration"):
        localize(bp.random_instance(BinaryPerceptron(), 51, 0.3, rng=1), beta=0.5)
    with pytest.raises(ValueError, match=r"from alpha = 0\.6225 on"):
        localize(linear(101, 0.7))
    with pytest.raises(ValueError, match="'decimation' is a solver, not a sampler"):
        localize(instance, method="decimation")
    with pytest.raises(ValueError, match="clusters"):
        localize(bp.Satisfiability([[1, 2]]), method="survey")
    with pytest.raises(ValueError, match=r"times must lie in \[0, horizon=24\]; got 30"):
        localize(instance, times=[1.0, 30.0])


def test_the_marginal_load_is_that_of_the_theory():
    limit = sampling_threshold(PowerWeight(power=1.0)).alpha
    assert abs(limit - 0.6225) < 1e-4  # the digits that are kept
    localize(linear(40, 0.6), steps=1, rng=1)
    with pytest.raises(ValueError, match=r"from alpha = 0\.6225 on"):
        localize(linear(40, 0.625), steps=1, rng=1)


def test_uniform_samples_go_wrong_where_they_are_forced():
    """The messages lose the way where few weights are left, and samples violate patterns."""
    sample = localize(
        bp.random_instance(BinaryPerceptron(), 501, 0.5, rng=1), force=True, samples=2, max_iter=20, steps=16, rng=1
    )
    assert sample.errors.any() and sample.failures.any()
    assert sample.status is Status.MAX_ITERATIONS and "samples are off" in sample.message
    assert not sample.sound.all()


def test_an_array_of_samples_cannot_be_changed():
    sample = localize(linear(51), steps=4, rng=1)
    assert isinstance(sample, LocalizedSample)
    with pytest.raises(ValueError, match="read-only"):
        sample.weights[0, 0] = 1
