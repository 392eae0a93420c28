"""Gradient descent on the sphere, and what solvers on real weights share."""

import numpy as np
import pytest
from solver_runs import drive, same

import bp
from bp.algorithms.gradient_descent import GradientDescent
from replica_theory import BinaryPerceptron, IntervalModel, SphericalWeights, TeacherStudent

SPHERE = SphericalWeights()
MODELS = [
    BinaryPerceptron(0.2, weights=SPHERE),
    BinaryPerceptron(-0.5, weights=SPHERE),
    IntervalModel([(-2.2, 1.3)], weights=SPHERE),
    TeacherStudent(weights=SPHERE),
]
REAL = ["gradient-descent", "perceptron-rule"]
CASES = [(name, model) for name in REAL for model in MODELS
         if name == "gradient-descent" or not isinstance(model, IntervalModel)]  # fmt: skip
"""Steps of the perceptron rule overshoot intervals."""


def instance(model=None, n=201, alpha=1.0, rng=1, **options):
    return bp.random_instance(model or BinaryPerceptron(weights=SPHERE), n, alpha, rng=rng, **options)


@pytest.mark.parametrize("patterns", ["binary", "gaussian"])
@pytest.mark.parametrize(("name", "model"), CASES, ids=repr)
def test_constraints_are_solved(name, model, patterns):
    problem = instance(model, alpha=0.4, patterns=patterns)
    found = bp.solve(problem, name, rng=1)
    assert found.solved and problem.errors(found.weights) == 0 and found.status == "solved"
    assert found.weights.dtype == np.float64 and not found.weights.flags.writeable
    assert np.mean(found.weights**2) == pytest.approx(1, abs=1e-12)
    assert np.array_equal(found.trace["iterations"], np.arange(1, found.iterations + 1))


@pytest.mark.parametrize("name", REAL)
def test_seeds_batches_and_interruptions(name, tmp_path):
    problem = instance(alpha=1.9)
    alone = [bp.solve(problem, name, rng=k, max_iter=12) for k in (1, 2)]
    assert all(map(same, alone, bp.solve_batch(problem, name, rngs=[1, 2], max_iter=12)))
    assert not alone[0].solved and alone[0].status == "max-iterations" and alone[0].iterations == 12
    assert alone[0].errors == problem.errors(alone[0].weights) == alone[0].trace["errors"].min()
    solver = bp.algorithms.solver.solver_of(name, {"max_iter": 12})
    whole, boundaries = drive(solver.begin(problem, 1))
    stored, _ = drive(solver.begin(problem, 1), stop=boundaries // 2)
    assert same(drive(solver.begin(problem, 1, stored))[0], whole) and same(whole, alone[0])
    assert bp.solve(problem, name, rng=1, max_iter=2, checkpoint=tmp_path / "run.npz").iterations == 2


@pytest.mark.parametrize("name", REAL)
def test_only_weights_on_the_sphere(name):
    binary = bp.random_instance(BinaryPerceptron(), 21, 0.5, rng=1)
    with pytest.raises(ValueError, match=f"{name} needs weights on the sphere; those of the problem are ±1"):
        bp.solve(binary, name)
    with pytest.raises(ValueError, match=f"{name} needs (a problem that is|weights on the sphere)"):
        bp.solve(bp.random_satisfiability(20, 3.0, 3, rng=1), name)


@pytest.mark.parametrize("loss", ["logistic", "hinge", "square"])
def test_forces_are_slopes_of_the_loss(loss):
    solver, gaps, step = GradientDescent(loss=loss, gain=4.0), np.linspace(-1, 1, 10), 1e-6
    slopes = (solver.values(gaps + step)[0] - solver.values(gaps - step)[0]) / (2 * step)
    assert np.allclose(solver.values(gaps)[1], -slopes, atol=1e-8)  # rounding over the step
    assert bp.solve(instance(alpha=0.8), solver, rng=1).solved


def test_the_loss_falls_and_the_weights_come_to_rest():
    """A small step on the logistic loss only goes down; with a tolerance descent goes on past the first solution."""
    problem = instance(alpha=0.8)
    first, rested = (bp.solve(problem, "gradient-descent", rng=1, gain=5.0, tol=tol) for tol in (None, 1e-3))
    assert first.solved and rested.solved and rested.iterations > first.iterations
    assert np.all(np.diff(rested.trace["loss"]) < 0)
    assert rested.trace["move"][-1] <= 1e-3 < rested.trace["move"][-2]
    assert problem.gaps(rested.weights)[0].min() > problem.gaps(first.weights)[0].min()


@pytest.mark.parametrize("option", [{"loss": "cubic"}, {"gain": 0}, {"step": -1.0}, {"tol": 0.0}, {"max_iter": 0}])
def test_bad_options(option):
    with pytest.raises(ValueError, match=next(iter(option))):
        GradientDescent(**option)


def test_real_solvers_are_compared_side_by_side():
    problems = bp.RandomProblems(BinaryPerceptron(weights=SPHERE), alpha=0.5, n=61, samples=2)
    table = bp.compare([*REAL, "sbpi"], problems, rng=1, measurements=["local_entropy"], distance=[0.1])
    assert np.allclose(table.mean("solved").mean[:2], 1) and "sbpi needs weights ±1" in str(table)
    with pytest.raises(ValueError, match="weights of the model must be binary"):
        bp.RandomProblems(BinaryPerceptron(weights=SPHERE), alpha=0.5, n=63, samples=2, units=3)
