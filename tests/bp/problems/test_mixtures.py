"""Instances of mixtures: thresholds of patterns by plain sums, messages by theory, shifts of either kind."""

import numpy as np
import pytest

import bp
import replica_theory as rt
from bp.problems.mixtures import on_sphere, translated

PLAIN, TAUGHT = rt.BinaryPerceptron(), rt.TeacherStudent()


def biased(f, shift, **parameters):
    return rt.Mixture([(f, PLAIN.at(kappa=0.1), 1), (1 - f, PLAIN, -1)], shift, **parameters)


def configurations(n):
    return 2 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1) - 1


@pytest.mark.parametrize("bias", [0.0, 0.6])
def test_solutions_are_those_of_the_definition(bias):
    model = biased(0.4, "free" if bias else -0.3)
    inst = bp.random_mixture(model, n=11, alpha=0.4, rng=3, bias=bias)
    w = configurations(11)
    u = w @ inst.patterns.T / np.sqrt(11)
    if bias:
        inputs = inst.patterns * np.sqrt(1 - bias**2)
        np.testing.assert_allclose(np.abs(inputs), 1, atol=1e-15)
    u = u + (0.0 if bias else -0.3)
    right = np.where(inst.labels > 0, u - 0.1, -u) >= 0
    found = bp.enumerate_solutions(inst, energies=True)
    assert found.count == right.all(axis=1).sum() > 0
    np.testing.assert_array_equal(found.energy_counts, np.bincount(4 - right.sum(axis=1), minlength=5))
    np.testing.assert_array_equal([inst.errors(one) for one in w[::100]], 4 - right[::100].sum(axis=1))
    walker = inst.walker(w[5].astype(np.int8))
    assert walker.errors == 4 - right[5].sum()
    costs = [inst.errors(np.where(np.arange(11) == i, -w[5], w[5])) - walker.errors for i in range(11)]
    np.testing.assert_array_equal([walker.cost(i) for i in range(11)], costs)


def test_numbers_of_the_classes_are_right_in_the_mean():
    model = biased(0.35, 0.2)
    counts = [(bp.random_mixture(model, 11, 0.8, rng=k).labels > 0).sum() for k in range(200)]
    assert set(counts) == {3, 4}
    assert np.mean(counts) == pytest.approx(0.35 * 9, abs=4 * 0.5 / np.sqrt(200))  # four standard errors at most


@pytest.mark.parametrize("method", ["gaussian", "amp"])
@pytest.mark.parametrize("beta", [np.inf, 2.0])
def test_messages_against_theory(method, beta):
    model = biased(0.4, -0.2)
    inst = bp.random_mixture(model, n=1001, alpha=0.4, rng=5)
    run, theory = bp.belief_propagation(inst, method, beta=beta), rt.replica_symmetric(model.at(beta=beta), inst.alpha)
    # Of the order of fluctuations between instances, which are some 0.005.
    np.testing.assert_allclose(
        [run.entropy, run.overlap, run.energy], [theory.entropy, theory.q, theory.energy], atol=0.02
    )


def test_a_common_threshold_is_a_margin():
    """Thresholds through every form of messages, against a margin; ±1 patterns are kept as real ones."""
    rng = np.random.default_rng(1)
    patterns = rng.choice([-1, 1], (40, 101))
    margin = bp.Instance(patterns, kappa=0.3)
    moved = bp.Instance(patterns, thresholds=np.full(40, 0.3))
    for method, options in (("gaussian", {}), ("gaussian", {"schedule": "sequential", "rng": 1}), ("amp", {})):
        for beta in (np.inf, 2.0):
            one, other = (bp.belief_propagation(inst, method, beta=beta, **options) for inst in (margin, moved))
            np.testing.assert_allclose(
                [one.entropy, one.overlap, one.energy], [other.entropy, other.overlap, other.energy], atol=1e-9
            )  # the stopping rule
    solution = bp.solve(moved, "reinforced-bp", rng=1)
    assert solution.solved
    assert margin.errors(solution.weights) == 0
    one, other = (bp.local_energy(inst, solution.weights, 0.1) for inst in (margin, moved))
    assert one == pytest.approx(other, abs=1e-14)
    assert bp.Instance(patterns, thresholds=np.zeros(40)).thresholds is None
    assert (moved.is_even, moved.refutation()) == (False, "")
    with pytest.raises(ValueError, match="needs patterns without thresholds"):
        bp.belief_propagation(moved, "exact")
    for wrong in (np.zeros(39), np.full(40, np.nan)):
        with pytest.raises(ValueError, match="thresholds must"):
            bp.Instance(patterns, thresholds=wrong)


def test_thresholds_on_the_sphere_and_of_soft_constraints():
    model = biased(0.4, -0.2, weights=rt.SphericalWeights())
    inst = bp.random_mixture(model, n=301, alpha=0.5, rng=1)
    found = bp.solve(inst, "gradient-descent", rng=1)
    u = inst.patterns @ found.weights / np.sqrt(301) - 0.2
    assert found.solved
    assert np.all(np.where(inst.labels > 0, u - 0.1, -u) > -1e-9)
    run, theory = bp.belief_propagation(inst, "amp"), rt.replica_symmetric(model, inst.alpha)
    np.testing.assert_allclose([run.entropy, run.overlap], [theory.entropy, theory.q], atol=0.05)  # of one instance
    soft = rt.CustomModel(lambda mean, std: 0.2 + 0.6 * (mean > 0) if np.all(std < 1e-6) else _soft(mean, std))
    one = bp.Instance([[1.0, -1.0, 1.0]], constraint=soft, thresholds=[2.0])
    np.testing.assert_allclose(one.log_acceptance([1, -1, 1]), np.log([0.2]), atol=1e-9)


def _soft(mean, std):
    from scipy.special import ndtr

    return 0.2 + 0.6 * ndtr(mean / std)


def test_files(tmp_path):
    inst = bp.random_mixture(biased(0.4, -0.2), n=15, alpha=0.5, rng=1)
    bp.write_instance(inst, tmp_path / "mixture.npz")
    back = bp.read_instance(tmp_path / "mixture.npz")
    assert back.fingerprint == inst.fingerprint != bp.random_mixture(biased(0.4, -0.1), 15, 0.5, rng=1).fingerprint
    with pytest.raises(ValueError, match="would lose"):
        bp.write_instance(inst, tmp_path / "mixture.txt")


def test_noisy_labels():
    model = rt.Mixture([(0.9, TAUGHT, 1), (0.1, TAUGHT, -1)])
    inst = bp.random_mixture(model, n=1001, alpha=0.8, rng=1)
    wrong = inst.stabilities(inst.teacher) < 0
    assert wrong.sum() == 80
    assert inst.is_binary
    run, theory = bp.belief_propagation(inst, "amp", beta=2.0), rt.replica_symmetric(model.at(beta=2.0), inst.alpha)
    found = [run.entropy, run.energy, inst.overlap(inst.teacher, run.magnetizations)]
    expected = [theory.entropy, theory.energy, theory.teacher_overlap]
    np.testing.assert_allclose(found, expected, atol=0.06)  # fluctuations: 1/sqrt(N) of the last


def test_classes_that_differ_by_a_shift():
    bands = rt.IntervalModel([(-1.0, 0.0), (1.0, np.inf)])
    model = rt.Mixture([(0.5, bands, 1), (0.5, bands.at(kappa=0.25), -1)], 0.5, kappa=1.0)
    first, moves = translated(model)
    assert first == bands
    np.testing.assert_allclose(moves, [0.5, 1.75])
    inst = on_sphere(model, 12, 1.0, np.random.default_rng(1))
    np.testing.assert_allclose(inst.norms, np.sqrt(12))
    assert on_sphere(PLAIN, 12, 1.0, np.random.default_rng(1)).thresholds is None
    for other in (rt.SymmetricBinaryPerceptron(1.0), PLAIN, rt.IntervalModel([(-1.0, 0.0), (1.5, np.inf)])):
        with pytest.raises(ValueError, match="may differ by a shift"):
            bp.random_mixture(rt.Mixture([(0.5, bands, 1), (0.5, other, -1)]), 15, 0.5, rng=1)


def test_what_random_mixture_refuses():
    for model, options in (
        (biased(0.4, "free"), {}),
        (biased(0.4, 0.1), {"bias": 0.5}),
        (biased(0.4, "free"), {"bias": 1.0}),
        (biased(0.4, 0.1), {"alpha": 0.01}),
    ):
        with pytest.raises(ValueError, match=r"must|gives no patterns"):
            bp.random_mixture(model, **({"n": 15, "alpha": 0.5, "rng": 1} | options))
    with pytest.raises(TypeError, match="must be a Mixture"):
        bp.random_mixture(PLAIN, 15, 0.5)
    with pytest.raises(ValueError, match="given shift"):
        bp.crosscheck(biased(0.4, "free"), 0.4, n=101, samples=2)


def test_crosscheck():
    check = bp.crosscheck(biased(0.4, -0.2), [0.4], n=201, samples=6, rng=1, comparisons=["entropy", "state-evolution"])
    assert {row.quantity for row in check.rows} == {"entropy", "overlap q", "AMP overlap q"}
    assert check.verdict.p_value > 1e-3
    noisy = rt.Mixture([(0.9, TAUGHT, 1), (0.1, TAUGHT, -1)])
    assert bp.crosscheck(noisy, [0.4], n=201, samples=6, rng=1, comparisons=["entropy"]).verdict.p_value > 1e-3
    with pytest.raises(ValueError, match="enumeration"):
        bp.crosscheck(noisy, [0.4], n=201, samples=6, rng=1, comparisons=["enumeration"])
