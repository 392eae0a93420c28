"""Mixtures of pattern classes through every door that knows them, by independent values, limits and identities."""

import numpy as np
import pytest
import scipy

import bp
import replica_theory as rt
from replica_theory.models.mixture import ClassConstraint, class_constraints, same_classes
from replica_theory.models.registry import describe

PLAIN, TAUGHT = rt.BinaryPerceptron(), rt.TeacherStudent()


def biased(f, shift="free", **parameters):
    return rt.Mixture([(f, PLAIN, 1), (1 - f, PLAIN, -1)], shift, **parameters)


def noisy(eps, **parameters):
    return rt.Mixture([(1 - eps, TAUGHT, 1), (eps, TAUGHT, -1)], **parameters)


@pytest.mark.parametrize(
    ("f", "alpha"),
    [(0.4, 0.856547100), (0.3, 0.938458531), (0.1, 1.702656586), (0.01, 9.084226037), (0.5, 0.8330785997)],
)
def test_capacity_of_an_output_bias(f, alpha):
    found, mirrored = rt.capacity(biased(f)), rt.capacity(biased(1 - f))
    np.testing.assert_allclose(found.alpha, alpha, atol=6e-10)  # independent scripts, to the digits given
    np.testing.assert_allclose([mirrored.alpha, mirrored.shift], [found.alpha, -found.shift], atol=1e-12)
    if f == 0.4:
        assert found.shift == pytest.approx(-0.211749, abs=6e-7)


def test_typical_point_against_plain_quadrature():
    """The functional at fixed q_hat by scipy, the shift by a root finder."""
    point = rt.replica_symmetric(biased(0.3), 0.5)
    q, q_hat = point.q, point.q_hat

    def mean(function):
        return scipy.integrate.quad(lambda z: function(z) * scipy.stats.norm.pdf(z), -9, 9, epsabs=1e-12)[0]

    def energetic(shift):
        return sum(
            p * mean(lambda z, y=y: scipy.special.log_ndtr(y * (np.sqrt(q) * z + shift) / np.sqrt(1 - q)))
            for p, y in ((0.3, 1), (0.7, -1))
        )

    best = scipy.optimize.minimize_scalar(lambda m: -energetic(m), bracket=(-1, 0), tol=1e-10)
    spins = mean(lambda z: np.log(2 * np.cosh(np.sqrt(q_hat) * z)))
    assert point.shift == pytest.approx(best.x, abs=1e-6)  # a minimum by comparison: the root of rounding
    np.testing.assert_allclose(point.entropy, spins - 0.5 * q_hat * (1 - q) - 0.5 * best.fun, atol=1e-10)


def doors(model):
    """Numbers of all doors at a mixture and a load."""
    return {
        "typical": lambda load: rt.replica_symmetric(model, load).entropy,
        "annealed": lambda load: rt.annealed_entropy(model, load),
        "stability": lambda load: rt.replica_symmetric(model, load).stability,
        "evolution": lambda load: rt.state_evolution(model, load, 4).q[-1],
        "around": lambda load: rt.franz_parisi(model, load, 0.3).entropy,
        "dense": lambda load: rt.local_entropy(model, load, 0.1).entropy,
    }


@pytest.mark.parametrize("name", doors(PLAIN))
def test_one_class_and_a_balance_are_the_perceptron(name):
    plain = doors(PLAIN)[name](0.5)
    one = doors(rt.Mixture([(1.0, PLAIN, 1)]))[name](0.5)
    split = doors(biased(0.3, shift=0.0))[name](0.5)
    np.testing.assert_allclose([one, split], plain, rtol=0, atol=1e-11)  # sums over classes round
    if name != "evolution":
        np.testing.assert_allclose(doors(biased(0.5))[name](0.5), plain, rtol=0, atol=1e-11)


@pytest.mark.parametrize("name", doors(PLAIN))
def test_patterns_that_are_always_satisfied_dilute(name):
    """A class that allows everything that there is leaves the others at a smaller load."""
    mixed = rt.Mixture([(0.6, PLAIN.at(kappa=0.2), 1), (0.4, PLAIN.at(kappa=-15.0), 1)])
    alone = doors(PLAIN.at(kappa=0.2))[name](0.3)
    np.testing.assert_allclose(doors(mixed)[name](0.5), alone, rtol=0, atol=1e-10)


def test_a_given_shift_of_one_class_is_a_margin():
    # Also the reference's own shift: margins of probe and reference.
    moved, margin = rt.Mixture([(1.0, PLAIN, -1)], 0.3, kappa=0.1), PLAIN.at(kappa=0.4)
    assert rt.capacity(moved).alpha == pytest.approx(rt.capacity(margin).alpha, abs=1e-12)
    around = rt.franz_parisi(moved, 0.3, 0.3, reference=moved.at(kappa=0.3)).entropy
    assert around == pytest.approx(rt.franz_parisi(margin, 0.3, 0.3, reference=PLAIN.at(kappa=0.6)).entropy, abs=1e-10)
    even = rt.Mixture([(0.5, rt.SymmetricBinaryPerceptron(1.0), 1), (0.5, rt.SymmetricBinaryPerceptron(1.0), -1)])
    assert even.is_even
    assert rt.replica_symmetric(even, 1.0).q == 0


def test_a_free_shift_is_the_best_of_the_given_ones():
    free, step = biased(0.3), 1e-3
    point = rt.replica_symmetric(free, 0.5)
    around = rt.franz_parisi(free, 0.5, [0.3, 0.5 * (1 - point.q)])
    dense = rt.local_entropy(free, 0.5, [0.25])
    for curve, door in (
        (around, lambda model: rt.franz_parisi(model, 0.5, 0.3, reference=free)),
        (dense, lambda model: rt.local_entropy(model, 0.5, 0.25)),
    ):
        best, entropy = float(curve.overlaps["shift"][0]), float(curve.entropy[0])
        low, high = (float(door(free.at(shift=best + side)).entropy) for side in (-step, step))
        assert abs(high - low) < 1e-8  # even to the third order
        assert 0 < entropy - 0.5 * (high + low) < 2 * step**2  # concave
    assert float(around.overlaps["shift_ref"][0]) == point.shift
    np.testing.assert_allclose(
        [around.entropy[1], around.overlaps["shift"][1]], [point.entropy, point.shift], atol=1e-9
    )


@pytest.mark.parametrize(("door", "shift"), [(rt.franz_parisi, -0.4), (rt.local_entropy, "free")])
def test_slope_of_a_curve(door, shift):
    curve = door(biased(0.3, shift), 0.5, [0.2999, 0.3, 0.3001])
    assert float(curve.entropy[2] - curve.entropy[0]) / 2e-4 == pytest.approx(float(curve.slope[1]), abs=1e-6)  # step^2


def test_threshold_of_the_slope():
    assert rt.local_entropy_threshold(biased(0.5)).alpha == pytest.approx(0.75530203, abs=6e-9)


def test_other_weights():
    # Gardner 1988: the volume shrinks to a point at 1/alpha = min_M sum_y p_y E((-y M + z)_+)^2.
    sphere = rt.capacity(biased(0.2, weights=rt.SphericalWeights()))

    def missed(m):
        return sum(
            p * scipy.integrate.quad(lambda z, y=y: max(z - y * m, 0.0) ** 2 * scipy.stats.norm.pdf(z), -9, 9)[0]
            for p, y in ((0.2, 1), (0.8, -1))
        )

    best = scipy.optimize.minimize_scalar(missed, bracket=(-1, 0), tol=1e-10)
    np.testing.assert_allclose([sphere.alpha, sphere.shift], [1 / best.fun, best.x], rtol=1e-6)
    levels = rt.DiscreteWeights([-1, 0, 1])
    for door in (rt.replica_symmetric, rt.annealed_entropy):
        values = [door(model, 0.5) for model in (biased(0.5, weights=levels), PLAIN.at(weights=levels))]
        one, other = (getattr(value, "entropy", value) for value in values)
        assert one == pytest.approx(other, abs=1e-10)


def test_noisy_labels():
    # Half of the labels wrong are random ones; more are the mirror image.
    random, half = rt.replica_symmetric(PLAIN, 0.5), rt.replica_symmetric(noisy(0.5), 0.5)
    np.testing.assert_allclose([half.entropy, half.q, half.teacher_overlap], [random.entropy, random.q, 0], atol=1e-10)
    few, many = (rt.replica_symmetric(noisy(eps, beta=2.0), 0.5) for eps in (0.1, 0.9))
    np.testing.assert_allclose([many.entropy, many.teacher_overlap], [few.entropy, -few.teacher_overlap], atol=1e-10)
    # Energy is -d(free entropy)/d(beta)/alpha.
    low, high = (rt.replica_symmetric(noisy(0.1, beta=b), 0.5).free_entropy for b in (1.999, 2.001))
    assert (low - high) / (0.5 * 2e-3) == pytest.approx(few.energy, abs=1e-6)  # of second order in the step
    clean = rt.replica_symmetric(noisy(1e-12), 0.5)
    assert clean.entropy == pytest.approx(rt.replica_symmetric(TAUGHT, 0.5).entropy, abs=1e-9)


def test_stabilities_of_typical_solutions():
    point = rt.replica_symmetric(biased(0.3), 0.5)
    h = np.linspace(0, 9, 9001)
    p = point.stability_distribution(h)
    assert np.trapezoid(p, h) == pytest.approx(1, abs=1e-6)  # the trapezoid's error
    # More of the output that is rarer lie near the edge.
    q, m = point.q, point.shift
    z = np.linspace(-9, 9, 4001)
    own = sum(
        share
        * np.trapezoid(
            scipy.stats.norm.pdf(z)
            * scipy.stats.norm.pdf(0.5, y * (np.sqrt(q) * z + m), np.sqrt(1 - q))
            / scipy.special.ndtr(y * (np.sqrt(q) * z + m) / np.sqrt(1 - q)),
            z,
        )
        for share, y in ((0.3, 1), (0.7, -1))
    )
    assert float(point.stability_distribution(0.5)) == pytest.approx(own, abs=1e-9)


def test_class_constraint_is_the_constraint_of_the_stability():
    model = rt.IntervalModel([(-0.5, 1.0), (2.0, np.inf)])
    one = ClassConstraint(model=model, output=-1, shift=0.3, kappa=0.2)
    u = np.array([-3.0, -1.7, -1.0, -0.2, 0.15, 1.0])
    assert one.allows(u).tolist() == model.allows(-(u + 0.3) - 0.2).tolist()
    np.testing.assert_array_equal(one.acceptance(u), model.acceptance(-(u + 0.3) - 0.2))
    np.testing.assert_allclose(np.ravel(one.allowed_intervals), [-np.inf, -2.5, -1.5, -0.0], atol=1e-15)
    np.testing.assert_allclose(one.edges, [-2.5, -1.5, 0.0], atol=1e-15)
    kernel, step = one.log_kernel(u, 0.5), 1e-6
    difference = (one.log_kernel(u + step, 0.5).log - one.log_kernel(u - step, 0.5).log) / (2 * step)
    np.testing.assert_allclose(kernel.d1, difference, atol=1e-8)
    assert not one.has_teacher
    assert not one.is_concave


def test_what_it_says_of_itself():
    model = biased(0.3)
    assert model == biased(0.3) != biased(0.4)
    assert hash(model) == hash(biased(0.3))
    assert (model.is_free, model.given_shift, biased(0.3, 0.5).given_shift) == (True, 0.0, 0.5)
    assert model.is_concave
    assert not model.is_even
    assert model.edges == (0.0, 0.0)
    assert model.allowed_intervals is None
    assert same_classes(model, model.at(kappa=0.3))
    assert not same_classes(model, biased(0.4))
    assert model.contains(model.at(kappa=0.1))
    assert not model.contains(model.at(kappa=-0.1))
    assert "is" in describe(model)
    with pytest.raises(TypeError, match="no kernel of its own"):
        model.log_kernel(np.zeros(1), 1.0)
    shares = [p for p, _ in class_constraints(model, np.zeros((2, 1)))]
    assert shares == [0.3, 0.7]


REFUSING = [
    lambda model: rt.robust_ensemble(model, 0.5, gamma=0.5, y=3),
    lambda model: rt.local_entropy_1rsb(model, 0.4, 0.1, y=3),
    lambda model: rt.planted_bound(model, 0.4, 0.1),
    lambda model: rt.stability_limit(model),
    lambda model: rt.local_energy(model, 0.5, 0.1),
    lambda model: rt.focusing_fixed_point(model, 0.5, gamma=0.5, y=3),
    lambda model: rt.capacity(model, digits=5),
    lambda model: bp.Instance([[1, 1]], constraint=model),
    lambda model: bp.random_instance(model, n=15, alpha=0.4, rng=1),
    lambda model: bp.random_committee(model, n=15, units=3, alpha=0.4, rng=1),
    lambda model: bp.ensemble(model, 0.4, 15, samples=2),
]


@pytest.mark.parametrize("door", REFUSING)
def test_doors_that_know_no_mixtures_refuse(door):
    with pytest.raises(ValueError, match=r"^model must be of one class of patterns here; got Mixture\("):
        door(biased(0.3, shift=0.1))


def test_what_is_not_known_of_mixtures():
    bounded = rt.Mixture(
        [(0.5, rt.SymmetricBinaryPerceptron(1.0), 1), (0.5, rt.SymmetricBinaryPerceptron(2.0), 1)], 0.1
    )
    for model, asked in ((biased(0.3), {"y": 2.0}), (biased(0.3), {"reference": "solution", "y": 1.0}), (bounded, {})):
        with pytest.raises(ValueError, match="mixtures are known for free references at y = inf"):
            rt.local_entropy(model, 0.5, 0.1, **asked)
    for criterion in ("gap", "margin"):
        with pytest.raises(ValueError, match="mixtures are known"):
            rt.local_entropy_threshold(biased(0.3), criterion)
    with pytest.raises(ValueError, match="needs a mixture of given shift"):
        rt.state_evolution(biased(0.3), 0.5, 2)
    with pytest.raises(ValueError, match="reference must have the classes of the model"):
        rt.franz_parisi(biased(0.3), 0.5, 0.1, reference=biased(0.4))


def test_what_is_no_mixture():
    two = [(0.5, PLAIN, 1), (0.5, PLAIN, -1)]
    for wrong in (
        {"classes": two, "shift": "fixed"},
        {"classes": two, "shift": np.inf},
        {"classes": two, "shift": "free", "beta": 2.0},
        {"classes": [(0.5, PLAIN, 1), (0.5, PLAIN, 1)], "shift": "free"},
        {"classes": [(0.5, TAUGHT, 1), (0.5, TAUGHT, -1)], "shift": "free"},
        {"classes": [(0.5, PLAIN, 1), (0.5, rt.UShapePerceptron(0.5), 1)], "shift": "free"},
        {"classes": [(0.5, PLAIN, 1), (0.4, PLAIN, -1)]},
        {"classes": [(1.0, rt.TreeCommittee(), 1)]},
        {"classes": [(1.0, PLAIN, 0)]},
        {"classes": two, "kappa": np.nan},
    ):
        with pytest.raises(ValueError, match=r"must|needs"):
            rt.Mixture(**wrong)
