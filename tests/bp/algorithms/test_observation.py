import numpy as np
from scipy.special import roots_hermitenorm

from bp.algorithms.observation import observe
from bp.problems.perceptron import random_instance
from replica_theory import BinaryPerceptron


def streams(number):
    return [np.random.default_rng([7, k]) for k in range(number)]


def exactly(configurations, log_weights):
    """The magnetisations of a measure on configurations (C, N), in fields."""

    def means(fields):
        shares = log_weights + fields @ configurations.T
        shares = np.exp(shares - shares.max(axis=1, keepdims=True))
        return shares @ configurations / shares.sum(axis=1, keepdims=True)

    return means


def excess(weights, configurations, log_weights):
    """Chi-square of samples against the measure, less its mean, in standard deviations."""
    powers = 2 ** np.arange(weights.shape[1])
    places = {int(code): k for k, code in enumerate((configurations > 0) @ powers)}
    counts = np.bincount([places[int(code)] for code in (weights > 0) @ powers], minlength=len(configurations))
    expected = np.exp(log_weights - np.logaddexp.reduce(log_weights)) * len(weights)
    rare = expected < 5  # merged, so that counts are near Gaussian
    if rare.any():
        counts, expected = (np.append(x[~rare], x[rare].sum()) for x in (counts, expected))
    dof = len(counts) - 1
    return (np.sum((counts - expected) ** 2 / expected) - dof) / np.sqrt(2 * dof)


def solutions(power):
    """Solutions of a small instance, and the logarithms of their weights h^p."""
    instance = random_instance(BinaryPerceptron(), 11, 0.4, rng=4)
    cube = 2.0 * (np.arange(2**11)[:, None] >> np.arange(11) & 1) - 1.0
    stabilities = cube @ instance.xi.T / np.sqrt(11)
    good = np.all(stabilities > 0, axis=1)
    return cube[good], power * np.log(stabilities[good]).sum(axis=1)


def test_samples_are_those_of_the_measure():
    for power in (0.0, 1.5):
        measure = solutions(power)
        seen = observe(exactly(*measure), 20.0 * (np.arange(33) / 32) ** 2, streams(1200), 11)
        assert abs(excess(seen.weights, *measure)) < 4  # standard deviations; steps of order 1/32^2 are not seen
        missed = np.einsum("stn,sn->st", seen.magnetizations, seen.weights) / 11
        missed -= np.mean(seen.magnetizations**2, axis=2)
        drift = missed[:, :-1].mean(axis=0) / (missed[:, :-1].std(axis=0) / np.sqrt(1200))
        assert np.all(np.abs(drift) < 4.5)  # standard errors, the largest of 32


def test_coarse_steps_are_seen():
    measure = solutions(1.0)
    seen = observe(exactly(*measure), np.array([0.0, 5.0, 20.0]), streams(1200), 11)
    assert excess(seen.weights, *measure) > 20


def test_steps_are_of_the_second_order():
    """Free weights: q(1) = E tanh^2(1 + g), an average over as many weights as one likes."""
    nodes, shares = roots_hermitenorm(80)
    exact = shares @ np.tanh(1.0 + nodes) ** 2 / shares.sum()
    errors = []
    for steps in (1, 2, 4):
        seen = observe(np.tanh, np.linspace(0.0, 1.0, steps + 1), streams(1), 2**20)
        errors.append(float(np.mean(seen.magnetizations[0, -1].astype(float) ** 2)) - exact)
    noise = 4 * 0.3 / 2**10  # four standard errors
    assert abs(errors[0]) > 20 * noise and abs(errors[2]) < abs(errors[0]) / 16 + 2 * noise
