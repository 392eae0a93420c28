"""The saddle points of the package, whose equations are written by hand, against what is derived from functionals."""

from functools import cache

import numpy as np
import pytest
import scipy
import sympy

import replica_theory as rt
from replica_theory import symbolic

EXACT = 1e-10
"""The doors stop at residuals of some 1e-12 in coordinates of their own."""
REFERENCE, TEACHER = r"\ell_R", r"\ell_T"
NAMES = {
    "q": "q", "q_hat": "q_hat", "Q": "mean_square", "c": "mean_square_hat", "R": "teacher_overlap", "m": "m",
    "R_hat": "teacher_overlap_hat", "t_0": "t0", "t_0_hat": "t0_hat", "t_hat": "t_hat", "q_ref": "q_ref",
    "q_ref_hat": "q_ref_hat", "q_2": "q2", "q_1": "q1", "q_0": "q0", "q_2_hat": "q2_hat", "q_1_hat": "q1_hat",
    "q_0_hat": "q0_hat", "Q_ref": "mean_square_ref",
}  # fmt: skip
"""Symbols, and what results call them."""
derived = cache(symbolic.saddle_equations)
LIMIT = {"q": "q0", "q_hat": "q0_hat", "dq": "gap", "dq_hat": "gap_hat", "t_hat": "t_hat"}


def named(result, names=NAMES):
    return {name: float(np.asarray(result[own])) for name, own in names.items() if own in result}


def typical(at, model):
    found = rt.replica_symmetric(model, at["alpha"])
    return named(vars(found)), found.free_entropy


def students(at, models):
    found = rt.replica_symmetric(rt.TeacherStudent(models[r"\ell"].kappa), at["alpha"])
    return named(vars(found)), found.free_entropy


def near_teacher(at, models):
    found = rt.around_teacher(rt.TeacherStudent(models[r"\ell"].kappa), at["alpha"], at["d"])
    return named(found.overlaps) | {"R": 1 - 2 * at["d"]}, found.entropy


def near_typical(at, models):
    found = rt.franz_parisi(models[r"\ell"], at["alpha"], at["d"])
    alone = rt.replica_symmetric(models[REFERENCE], at["alpha"])
    own = {"q_ref": alone.q, "q_ref_hat": alone.q_hat, "Q_ref": alone.mean_square, "c_ref": alone.mean_square_hat}
    return {"c": 1 / (1 - float(found.overlaps["q"]))} | named(found.overlaps) | own, found.entropy


def free(at, model):
    found = rt.local_entropy(model, at["alpha"], at["d"], y=at["y"])
    return named(found.overlaps), found.overlaps["phi"]


def free_levels(at, models):
    """With the conjugates of the mean squares, which the door does not keep: their equations are linear in them."""
    found, phi = free(at, models["g"])
    found |= {"c": 0.0, "c_ref": 0.0}
    equations = derived(symbolic.local_entropy(FEW.weights))
    names = [symbol.name for symbol in equations.functional.unknowns]
    rest = dict(zip(names, equations.residual(at | {"t": 1 - 2 * at["d"]} | found, models), strict=True))
    return found | {"c": -2 * rest["Q"] / at["y"], "c_ref": -2 * rest["Q_ref"]}, phi


def free_sphere(at, models):
    """With the multipliers: 1/(1 - q_1) of the replicas, that of the reference from its own equation."""
    found, phi = free(at, models["g"])
    c, field = 1 / (1 - found["q_1"]), at["y"] * found["t_hat"] ** 2
    least = field / (c - at["y"] * (found["q_1_hat"] - found["q_0_hat"]))
    gradient, numbers = derived(symbolic.local_entropy(SPHERE.weights)).gradient, symbolic.Numbers(models)

    def own(c_ref):
        return numbers.at(gradient[-1:], at | {"t": 1 - 2 * at["d"], "c": c, "c_ref": c_ref} | found)[0]

    return found | {"c": c, "c_ref": scipy.optimize.brentq(own, 1.2 * least, 3 * least, xtol=1e-13)}, phi


def among_students(at, models):
    found = rt.dense_teacher(rt.TeacherStudent(models[r"\ell"].kappa), at["alpha"], at["d"], y=at["y"])
    return named(found.overlaps), found.overlaps["phi"]


def near_solutions(at, models):
    found = rt.local_entropy(models[r"\ell"], at["alpha"], at["d"], y=at["y"], reference="solution")
    return named(found.overlaps), found.overlaps["phi"]


def coupled(at, model):
    found = rt.robust_ensemble(model, at["alpha"], at["gamma"], at["y"])
    return named(vars(found)), found.free_entropy


def limit(at, model):
    found = rt.local_entropy(model, at["alpha"], at["d"])
    return named(found.overlaps, LIMIT), found.entropy


def group(at, model):
    """Of the derivatives those at a given overlap in the group, and of a given size."""
    found = rt.tuple_entropy(model, at["alpha"], at["d"], m=3)
    return named(found.overlaps) | {"m_1": 3.0}, found.entropy


def sampled(at, model):
    found = rt.localization(model, at["alpha"], at["tau"])
    own = {"q": found.q, "q_hat": found.q_hat, "q_ref": found.q_ref, "q_ref_hat": found.q_hat_ref}
    return own, found.free_entropy


def classes(at, models):
    parts = [(at["p_1"], models[r"\ell_1"], 1), (at["p_2"], models[r"\ell_2"], -1)]
    found = rt.replica_symmetric(rt.Mixture(parts, shift="free"), at["alpha"])
    return named(vars(found)) | {"M": found.shift}, found.entropy


def broken(at, model):
    found = rt.local_entropy_1rsb(model, at["alpha"], at["d"], y=at["y"])
    return named(found.overlaps), found.overlaps["phi"]


GROUP = symbolic.Functional(
    symbolic.tuples().expression, tuple(one for one in symbolic.tuples().unknowns if one.name not in ("q_1", "m_1"))
)
MARGIN, SIGN = rt.BinaryPerceptron(0.1), rt.TreeCommittee(0.1)
LEVELS = rt.DiscreteWeights([-1, 0, 1], [1.0, 0.7, 1.2])
TAUGHT = {r"\ell": MARGIN, TEACHER: rt.BinaryPerceptron()}
AROUND = {r"\ell": MARGIN, REFERENCE: MARGIN}
SPHERE, FEW = MARGIN.at(weights=rt.SphericalWeights()), MARGIN.at(weights=rt.DiscreteWeights([-1, 0, 1]))
ON_SPHERE, ON_LEVELS = ({r"\ell": model, REFERENCE: model, "g": model} for model in (SPHERE, FEW))
STRONG = {"alpha": 0.25, "d": 0.3, "y": 0.3}
"""Where replica symmetry is broken for |h| >= 1.5, and the overlaps of different references vanish."""
SHARES = {"p_1": 0.3, "p_2": 0.7}
THEORIES = {
    "replica symmetric": (symbolic.replica_symmetric(), typical, MARGIN, {}),
    "thermal": (symbolic.replica_symmetric(), typical, MARGIN.at(beta=2.0), {}),
    "discrete": (symbolic.replica_symmetric(LEVELS), typical, MARGIN.at(weights=LEVELS), {}),
    "spherical": (symbolic.replica_symmetric(SPHERE.weights), typical, SPHERE, {}),
    "committee": (symbolic.replica_symmetric(activation="relu"), typical, SIGN.at(activation="relu"), {}),
    "students": (symbolic.teacher_student(), students, TAUGHT, {}),
    "near the teacher": (symbolic.around_teacher(), near_teacher, TAUGHT, {}),
    "near typical": (symbolic.franz_parisi(), near_typical, AROUND, {}),
    "near typical, sphere": (symbolic.franz_parisi(SPHERE.weights), near_typical, ON_SPHERE, {}),
    "free": (symbolic.local_entropy(), free, MARGIN, {}),
    "free, levels": (symbolic.local_entropy(FEW.weights), free_levels, ON_LEVELS, {}),
    "free, sphere": (symbolic.local_entropy(SPHERE.weights), free_sphere, ON_SPHERE, {}),
    "among students": (symbolic.dense_teacher(), among_students, TAUGHT, {}),
    "near solutions": (symbolic.around_solutions(), near_solutions, AROUND, {}),
    "coupled": (symbolic.robust_ensemble(), coupled, MARGIN, {}),
    "limit": (symbolic.largest_local_entropy(), limit, MARGIN, {}),
    "limit, committee": (symbolic.largest_local_entropy("sign"), limit, SIGN, {}),
    "limit, spherical": (symbolic.largest_spherical(), limit, SPHERE, {}),
    "group": (GROUP, group, MARGIN, {}),
    "sampled": (symbolic.localization(), sampled, rt.PowerWeight(0.1, power=1.5), {"tau": 0.8}),
    "classes": (symbolic.mixture(), classes, {r"\ell_1": MARGIN, r"\ell_2": MARGIN.at(kappa=-0.2)}, SHARES),
    "broken": (symbolic.broken_local_entropy(), broken, rt.UShapePerceptron(1.5), STRONG),
}


@pytest.mark.parametrize("name", THEORIES)
def test_saddle_points_of_the_package_solve_the_derived_equations(name):
    functional, door, models, given = THEORIES[name]
    rng = np.random.default_rng(len(name))
    at = {"alpha": rng.uniform(0.2, 0.5), "d": rng.uniform(0.06, 0.15), "y": rng.uniform(1.5, 3.0), "gamma": 0.5}
    at |= given
    found, value = door(at, models)
    values = at | {"t": 1 - 2 * at["d"]} | found
    equations = derived(functional)
    assert np.abs(equations.residual(values, models)).max() < EXACT
    assert equations.value(values, models) == pytest.approx(float(value), abs=EXACT)


def test_equations_are_those_written_by_hand():
    q, q_hat, alpha = sympy.symbols("q q_hat alpha", positive=True)
    z = sympy.Symbol("z", real=True)
    force = symbolic.kernel(z, 1 - q).diff(z)
    by_q, by_q_hat = derived(symbolic.replica_symmetric()).gradient
    assert by_q == q_hat / 2 - alpha / 2 * symbolic.Mean(force**2, z, 0, q)
    assert by_q_hat == q / 2 - symbolic.Mean(sympy.tanh(z) ** 2, z, 0, q_hat) / 2


@pytest.mark.parametrize("name", symbolic.FUNCTIONALS)
def test_second_derivatives_of_kernels_cancel(name):
    """But where `Q` is free (its conjugate is the mean of one), and at y = inf, where they stay by nature."""
    for expr in derived(symbolic.FUNCTIONALS[name]()).gradient:
        orders = {int(node.args[1]) for node in sympy.preorder_traversal(expr) if hasattr(node, "rate")}
        assert max(orders, default=0) <= (2 if "discrete" in name or "spher" in name or "largest" in name else 1)


def test_thresholds_of_tuples_are_stationary_in_the_sizes_too():
    model = rt.BinaryPerceptron()
    found = rt.tuple_threshold(model, levels=3)
    values = {"alpha": found.alpha, "m_1": found.sizes[0]}
    values |= {f"q_{k}": q for k, q in enumerate(found.overlaps)}
    values |= {f"q_{k}_hat": q_hat for k, q_hat in enumerate(found.conjugates)}
    equations = derived(symbolic.tuples())
    assert np.abs(equations.residual(values, model)).max() < EXACT
    assert equations.value(values, model) == pytest.approx(0.0, abs=EXACT)


def test_tuples_without_groups_are_pairs_at_any_distance():
    """One level of size y, without a coupling: the free reference at t_hat = 0 but for its own log 2."""
    at = {"alpha": 0.4, "y": 2.5, "m_1": 2.5, "t": 0.0, "t_hat": 0.0, "q_0": 0.2, "q_1": 0.5, "q_0_hat": 0.3}
    at |= {"q_1_hat": 0.6}
    tuples, references = (derived(one) for one in (symbolic.tuples(), symbolic.local_entropy()))
    assert tuples.value(at, MARGIN) == pytest.approx(references.value(at, MARGIN) - np.log(2), abs=1e-12)


@pytest.mark.parametrize(("tau", "rest"), [(0.1, 0.735167), (2.0, 0.159870)])
def test_localization_from_its_functional(tau, rest):
    """1 - q at alpha = 0.3, kappa = 0, found by a script of its own to the digits given."""
    alone = rt.replica_symmetric(rt.BinaryPerceptron(), 0.3)
    start = {"alpha": 0.3, "tau": tau, "q": 1 - 1.02 * rest, "q_ref": alone.q, "q_ref_hat": alone.q_hat}
    start["q_hat"] = alone.q_hat + 0.1 * tau
    found = derived(symbolic.localization()).solve(start, rt.BinaryPerceptron())
    assert 1 - found["q"] == pytest.approx(rest, abs=1e-6)


def test_what_is_no_functional_is_refused():
    q, x = sympy.symbols("q x")
    with pytest.raises(ValueError, match="unknowns must be a tuple of different symbols"):
        symbolic.Functional(q**2, (x,))
    with pytest.raises(ValueError, match="unknowns must be a tuple"):
        symbolic.Functional(q**2, ())
    with pytest.raises(TypeError, match="expression must be"):
        symbolic.Functional("q**2", (q,))
    with pytest.raises(ValueError, match="activation must be"):
        symbolic.franz_parisi(activation="cubic")
    with pytest.raises(TypeError, match="weights must be"):
        symbolic.replica_symmetric("heavy")
    with pytest.raises(ValueError, match="levels must be"):
        symbolic.tuples(0)
