"""AMP on the sphere and of levels: its free energy written out, enumeration, theory, and ±1 as a special case."""

import numpy as np
import pytest
from scipy.special import log_ndtr

from bp import belief_propagation, local_entropy, random_instance
from bp.messages.channel import multiplier
from bp.messages.state import Messages
from bp.problems.perceptron import Instance
from replica_theory import (
    BinaryPerceptron,
    DiscreteWeights,
    SphericalWeights,
    SymmetricBinaryPerceptron,
    replica_symmetric,
)

SPHERE, TERNARY = SphericalWeights(), DiscreteWeights([-1, 0, 1])


def bethe(instance, theta, m, v, omega):
    """The free entropy as a function of means, variances and stabilities, times N; a margin, from dense patterns."""
    xi, n = instance.xi.astype(float), instance.n
    variance = xi**2 @ v / n
    z = xi @ m / np.sqrt(n)
    patterns = log_ndtr((omega - instance.kappa) / np.sqrt(variance)) + (omega - z) ** 2 / (2 * variance)
    if instance.domain == "reals":
        sites = 0.5 * np.log(v)
    else:
        square = m**2 + v
        shares = np.stack([(square - m) / 2, 1 - square, (square + m) / 2])
        sites = -np.sum(shares * np.log(shares), axis=0)
    return patterns.sum() + sites.sum() + theta @ m


@pytest.mark.parametrize("patterns", ["binary", "gaussian"])
@pytest.mark.parametrize("weights", [SPHERE, TERNARY])
def test_fixed_points_are_stationary(weights, patterns):
    """Differences of the free energy vanish in all directions but off the sphere; its value is that reported."""
    rng = np.random.default_rng(2)
    instance = random_instance(BinaryPerceptron(0.1, weights=weights), n=41, alpha=0.4, rng=1, patterns=patterns)
    theta = 0.3 * rng.standard_normal(41)
    run = belief_propagation(instance, field=theta, tol=1e-13)
    state = instance.messages("amp", init=run.messages)
    at = state.marginals(theta)
    omega = instance.xi.astype(float) @ at.mean / np.sqrt(41)
    omega -= (instance.xi.astype(float) ** 2 @ at.variance / 41) * state.g
    point = [at.mean, at.variance, omega]
    assert bethe(instance, theta, *point) == pytest.approx(41 * run.free_entropy, abs=1e-9)  # rounding of 41 terms
    normal = np.concatenate([2 * at.mean, np.ones(41)])
    for _ in range(5):
        move = rng.standard_normal(82)
        if weights is SPHERE:
            move -= normal * (normal @ move) / (normal @ normal)
        direction = [0.1 * move[:41] * at.variance, 0.1 * move[41:] * at.variance, rng.standard_normal(len(omega))]
        if weights is SPHERE:
            direction[:2] = move[:41], move[41:]
        slopes = [
            (bethe(instance, theta, *(x + e * d for x, d in zip(point, direction, strict=True)))
             - bethe(instance, theta, *(x - e * d for x, d in zip(point, direction, strict=True)))) / (2 * e)
            for e in (1e-4, 1e-5)
        ]  # fmt: skip
        assert abs((100 * slopes[1] - slopes[0]) / 99) < 1e-5  # cubic terms cancel; rounding 1e-14 / 1e-5 of some 30


def test_all_ternary_configurations_at_13_weights():
    """Bethe against counting: corrections of order 1/N to entropies and means."""
    weights = np.indices((3,) * 13, dtype=np.int8).reshape(13, -1).T.astype(np.float32) - 1
    gaps, errors = [], []
    for seed in range(3):
        instance = random_instance(BinaryPerceptron(weights=TERNARY), n=13, alpha=0.4, rng=seed, patterns="gaussian")
        solved = weights
        for pattern in instance.real.astype(np.float32):
            solved = solved[solved @ pattern >= 0]
        run = belief_propagation(instance, damping=0.5)
        gaps.append(run.entropy - np.log(len(solved)) / 13)
        errors.append(np.max(np.abs(run.magnetizations - solved.mean(axis=0))))
        assert run.mean_square == pytest.approx(np.mean(solved**2), abs=0.03)
        assert instance.errors(solved[0]) == 0
    assert np.max(np.abs(gaps)) < 0.02 and np.max(errors) < 0.15  # 1/N = 0.077 times a few tenths


@pytest.mark.parametrize(("weights", "alpha", "kappa"), [(SPHERE, 1.0, 0.0), (SPHERE, 0.5, 0.5), (TERNARY, 0.5, 0.0)])
def test_theory(weights, alpha, kappa):
    """Entropy, overlap and mean square on average over 10 instances of 1001 weights, to four standard errors."""
    model = BinaryPerceptron(kappa, weights=weights)
    theory = replica_symmetric(model, alpha)
    runs = [belief_propagation(random_instance(model, 1001, alpha, rng=k)) for k in range(10)]
    for name, field in (("entropy", "entropy"), ("overlap", "q"), ("mean_square", "mean_square")):
        values = np.array([getattr(run, name) for run in runs])
        scatter = max(values.std(ddof=1) / np.sqrt(10), 1e-12)
        assert abs(values.mean() - getattr(theory, field)) < 4 * scatter + 2 / 1001  # and a correction of order 1/N


def test_finite_temperature():
    model = BinaryPerceptron(0.0, beta=2.0, weights=SPHERE)
    instance = random_instance(model, 2001, 1.0, rng=1, patterns="gaussian")
    run, theory = belief_propagation(instance, beta=2.0), replica_symmetric(model, 1.0)
    assert run.energy == pytest.approx(theory.energy, abs=0.02) and run.entropy == pytest.approx(
        theory.entropy, abs=0.06
    )


@pytest.mark.parametrize("patterns", ["binary", "gaussian"])
def test_two_levels_are_binary_weights(patterns):
    """±a at margin κ are ±1 at κ/a, in belief propagation and around a reference; so is a zero level without weight."""
    binary = random_instance(BinaryPerceptron(0.1), 301, 0.5, rng=3, patterns=patterns)
    known = belief_propagation(binary, "amp", tol=1e-12)
    reference = binary.start(1)
    around = local_entropy(binary, reference, [0.3, 0.4], method="amp")
    for weights, a in ((DiscreteWeights([-0.5, 0.5]), 0.5), (DiscreteWeights([-1, 0, 1], [1, 1e-14, 1]), 1.0)):
        instance = Instance(binary.xi, constraint=BinaryPerceptron(0.1 * a, weights=weights))
        run = belief_propagation(instance, tol=1e-12)
        assert run.entropy == pytest.approx(known.entropy, abs=1e-10)
        assert np.allclose(run.magnetizations, a * known.magnetizations, atol=1e-9)
        assert run.mean_square == pytest.approx(a**2, abs=1e-12)
        again = local_entropy(instance, reference, [0.3, 0.4])
        assert np.allclose(
            again.entropy, around.entropy, atol=1e-8
        )  # misses of the field by 1e-7, squared or times 1/N


def test_a_prior_weighs_configurations_and_entropies_count_them():
    """The derivative of the free entropy in the logarithm of a prior is the share of the level."""

    def run(prior):
        model = BinaryPerceptron(weights=DiscreteWeights([-1, 0, 1], [1, prior, 1]))
        return belief_propagation(Instance(xi, constraint=model), tol=1e-12)

    xi = np.random.default_rng(1).standard_normal((60, 151))
    low, high, between = (run(0.5 * np.exp(x)) for x in (-1e-4, 1e-4, 0))
    share = (high.free_entropy - low.free_entropy) / 2e-4
    assert share == pytest.approx(1 - between.mean_square, abs=1e-7)  # of the square of the step
    assert between.entropy == pytest.approx(between.free_entropy - share * np.log(0.5), abs=1e-7)


def test_around_a_reference_on_the_sphere():
    """The largest local entropy is that of the instance, at the typical distance; the slope is the derivative."""
    instance = random_instance(BinaryPerceptron(weights=SPHERE), 501, 0.8, rng=1)
    run = belief_propagation(instance)
    cosine = np.sqrt(run.overlap)
    d = 0.5 * (1 - cosine)
    curve = local_entropy(instance, run.magnetizations, [d - 0.01, d, d + 0.01])
    assert curve.entropy[1] == pytest.approx(run.entropy, abs=1e-8)
    assert curve.slope[1] == pytest.approx(0, abs=1e-5) and curve.slope[0] > 0 > curve.slope[2]
    near = local_entropy(instance, 2 * run.magnetizations, [d - 0.01 - 1e-4, d - 0.01 + 1e-4])
    assert np.diff(near.entropy)[0] / 2e-4 == pytest.approx(curve.slope[0], rel=1e-4)  # the square of the step


def test_messages_go_on_where_they_were():
    instance = random_instance(BinaryPerceptron(weights=TERNARY), 201, 0.5, rng=1)
    run = belief_propagation(instance)
    again = belief_propagation(instance, init=run.messages)
    assert again.iterations == 1 and np.allclose(again.magnetizations, run.magnetizations, atol=1e-8)
    state = instance.messages("amp", init=run.messages)
    kept = state.snapshot()
    state.sweep(np.zeros(201), 0.0)
    state.restore(kept)
    assert np.array_equal(kept.fields, state.fields) and np.array_equal(kept.g, state.g)
    assert np.array_equal(kept.precisions, state.precisions)
    state.restore(None)
    assert not np.any(state.fields) and not np.any(state.precisions)
    assert isinstance(kept, Messages) and not kept.fields.flags.writeable


def test_even_constraints_start_from_random_fields():
    instance = random_instance(SymmetricBinaryPerceptron(1.0, weights=SPHERE), 301, 0.5, rng=1)
    assert belief_propagation(instance, init=1.0, rng=1).overlap == pytest.approx(0, abs=1e-8)


def test_what_is_not_known_is_refused():
    instance = random_instance(BinaryPerceptron(weights=SPHERE), 21, 0.5, rng=1)
    with pytest.raises(ValueError, match="method must be one of 'amp'; got 'gaussian'"):
        belief_propagation(instance, "gaussian")
    with pytest.raises(ValueError, match="device='cpu' is for weights of ±1"):
        belief_propagation(instance, device="cpu")
    with pytest.raises(ValueError, match=r"distance must lie in \(0, 1/2\]; got 0.0"):
        local_entropy(instance, np.ones(21), 0.0)
    with pytest.raises(ValueError, match="reference must not be zero"):
        local_entropy(instance, np.zeros(21), 0.1)


def test_multiplier():
    rng = np.random.default_rng(1)
    for h, a in (
        (rng.normal(size=50), rng.random(50)),
        (100 * rng.normal(size=9), -5 * rng.random(9)),
        (np.zeros(4), np.ones(4)),
    ):
        c = a + multiplier(h, a)
        assert np.all(c > 0) and np.mean((h / c) ** 2 + 1 / c) == pytest.approx(1, abs=1e-12)
