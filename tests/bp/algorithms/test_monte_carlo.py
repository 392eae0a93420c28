import numpy as np
import pytest
from scipy.signal import lfilter

from bp import Instance, belief_propagation, enumerate_solutions, monte_carlo, random_instance
from bp.algorithms import runs
from bp.algorithms.monte_carlo import Sample
from replica_theory import BinaryPerceptron, IntervalModel, SymmetricBinaryPerceptron, UShapePerceptron


def exact_energy(instance, beta):
    counts = enumerate_solutions(instance, energies=True).energy_counts
    violated = np.arange(len(counts))
    weights = counts * np.exp(-beta * violated)
    return weights @ violated / weights.sum() / instance.n_patterns


BANDS = IntervalModel([(-2.0, -0.8), (-0.1, 0.4), (1.0, np.inf)])


@pytest.mark.parametrize(
    "model, kappa",
    [
        (BinaryPerceptron, 0.0),
        (BinaryPerceptron, 0.5),
        (SymmetricBinaryPerceptron, 1.0),
        (UShapePerceptron, 0.6),
    ],
)
@pytest.mark.parametrize("beta", [0.0, 1.0, 2.0])
@pytest.mark.parametrize("patterns", ["binary", "gaussian"])
def test_energies_are_those_of_enumeration(model, kappa, beta, patterns):
    instance = random_instance(model(kappa), 15, 0.8, rng=3, patterns=patterns)
    sample = monte_carlo(instance, beta, sweeps=20_000, rng=5)
    assert sample.energy_error < 0.004
    assert abs(sample.energy - exact_energy(instance, beta)) < 4 * sample.energy_error


@pytest.mark.parametrize("patterns", ["binary", "gaussian"])
def test_energies_of_several_intervals(patterns):
    instance = random_instance(BANDS, 15, 0.8, rng=3, patterns=patterns)
    sample = monte_carlo(instance, 1.0, sweeps=20_000, rng=5)
    assert sample.energy_error < 0.004
    assert abs(sample.energy - exact_energy(instance, 1.0)) < 4 * sample.energy_error


def test_errors_are_standard_errors():
    instance = random_instance(BinaryPerceptron(), 15, 0.8, rng=3)
    exact = exact_energy(instance, 1.0)
    samples = [monte_carlo(instance, 1.0, sweeps=1000, rng=k) for k in range(200)]
    z = np.array([(s.energy - exact) / s.energy_error for s in samples])
    # Student's t with 19 degrees of freedom has variance 19/17; batches of 50 sweeps are a little correlated
    assert abs(np.mean(z)) < 4 / np.sqrt(200)
    assert 0.8 < np.std(z) < 1.35


def test_close_to_belief_propagation_on_a_large_instance():
    instance = random_instance(BinaryPerceptron(), 401, 0.6, rng=1)
    sample = monte_carlo(instance, 1.5, sweeps=2000, rng=1)
    run = belief_propagation(instance, "amp", beta=1.5)
    assert abs(sample.energy - run.energy) < 4 * sample.energy_error + 1 / instance.n  # BP is off by O(1/N)


def test_the_state_is_consistent_and_the_seed_fixes_it():
    instance = random_instance(BinaryPerceptron(), 101, 0.6, rng=1)
    a, b = (monte_carlo(instance, 1.0, sweeps=20, rng=7) for _ in range(2))
    np.testing.assert_array_equal(a.energies, b.energies)
    assert a.energies[-1] == instance.errors(a.weights) / instance.n_patterns
    assert 0 < a.acceptance < 1 and a.energies.shape == (20,)
    assert monte_carlo(instance, 0.0, sweeps=20, rng=7).acceptance < 0.6
    assert not a.energies.flags.writeable and not a.weights.flags.writeable


@pytest.mark.parametrize(
    "options, error, message",
    [
        ({"beta": np.inf}, ValueError, "beta must be finite and non-negative; got inf"),
        ({"beta": -1.0}, ValueError, "beta must be finite"),
        ({"beta": 1.0, "sweeps": 10}, ValueError, "sweeps must be an integer of at least 20; got 10"),
        ({"beta": 1.0, "sweeps": 100.0}, TypeError, "sweeps must be an integer"),
        ({"beta": 1.0, "equilibration": -1}, ValueError, "equilibration must be a non-negative integer; got -1"),
    ],
)
def test_bad_arguments(options, error, message):
    with pytest.raises(error, match=message):
        monte_carlo(Instance([[1, 1, 1]]), **options)
    with pytest.raises(TypeError, match="problem must be a problem with walkers"):
        monte_carlo([[1]], 1.0)


def test_the_correlation_time_is_that_of_a_known_chain():
    # x' = 0.9 x + noise has tau = (1 + 0.9)/(1 - 0.9) = 19; over 10^5 steps the estimate scatters by some 4 %
    noise = np.random.default_rng(1).normal(size=100_000)
    chain = lfilter([1.0], [1.0, -0.9], noise)
    sample = Sample(0.0, 0.0, chain, 0.5, np.ones(3, dtype=np.int8))
    assert sample.correlation_time == pytest.approx(19, rel=0.15) and sample.converged
    assert Sample(0.0, 0.0, noise, 0.5, sample.weights).correlation_time == pytest.approx(1, abs=0.05)
    short = Sample(0.0, 0.0, chain[:40], 0.5, sample.weights)
    assert short.status == "max-iterations" and "too few to forget the start" in short.message


def test_a_chain_that_does_not_move_has_no_energy_of_its_own():
    stuck = Sample(0.2, 0.0, np.full(50, 0.2), 0.0, np.ones(3, dtype=np.int8))
    assert stuck.correlation_time == np.inf and not stuck.converged
    content = monte_carlo(Instance([[1, 1, 1]]), 50.0, sweeps=100, rng=1)
    assert content.acceptance > 0 and content.correlation_time == 1 and content.converged


def test_a_frozen_chain_says_so():
    # two narrow intervals: of 1000 flips one is made, and the energy stays 0.02 above that of the measure
    instance = random_instance(IntervalModel([(-1.6, -1.3), (0.3, np.inf)]), 401, 0.8, rng=1)
    assert monte_carlo(instance, 3.0, sweeps=200, rng=1).status == "max-iterations"
    assert monte_carlo(random_instance(BinaryPerceptron(), 101, 0.3, rng=1), 1.5, sweeps=500, rng=1).converged


def test_long_chains_log_their_progress(monkeypatch, caplog):
    monkeypatch.setattr(runs, "_QUIET", 0.0)
    with caplog.at_level("INFO", logger=runs.__name__):
        monte_carlo(random_instance(BinaryPerceptron(), 21, 0.5, rng=1), 1.0, sweeps=20, rng=1)
    assert "monte carlo: 24 of 24 sweeps" in caplog.text
