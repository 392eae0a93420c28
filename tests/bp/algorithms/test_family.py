"""What holds of every solver of the package: seeds, batches, interruptions, honesty."""

import numpy as np
import pytest
from solver_runs import drive

import bp
from bp.algorithms.solver import registry, solver_of
from replica_theory import BinaryPerceptron, IntervalModel, SymmetricBinaryPerceptron, TeacherStudent, UShapePerceptron

EVERY = sorted(registry())
EASY = bp.random_instance(BinaryPerceptron(), 151, 0.45, rng=1)
SOLVERS = [name for name in EVERY if not solver_of(name, {}).applies(EASY)]
"""Those for perceptrons; on formulas, see `test_formulas`."""


@pytest.fixture(scope="module")
def instance():
    return EASY


@pytest.mark.parametrize("name", SOLVERS)
def test_solves_with_its_defaults_and_the_same_seed_gives_the_same(name, instance):
    found, again = (bp.solve(instance, name, rng=5) for _ in range(2))
    assert found.solved and found.status == "solved" and instance.errors(found.weights) == found.errors == 0
    assert found == again and found.weights.dtype == np.int8 and not found.weights.flags.writeable
    assert "errors" in found.trace.dtype.names and not found.trace.flags.writeable


@pytest.mark.parametrize("name", SOLVERS)
def test_batches_are_single_runs(name, instance):
    batch = bp.solve_batch(instance, name, rngs=[5, 6])
    assert [bp.solve(instance, name, rng=seed) for seed in (5, 6)] == batch


@pytest.mark.parametrize("name", SOLVERS)
def test_an_interrupted_run_goes_on_bit_for_bit(name):
    problem = bp.random_instance(BinaryPerceptron(), 61, 1.2, rng=2)
    most = {"simulated-annealing": 600_000, "replicated-annealing": 600_000, "replicated-sgd": 40}
    most |= {"entropic-monte-carlo": 2000}
    solver = solver_of(name, {"max_iter": most.get(name, 600)})
    whole, boundaries = drive(solver.begin(problem, 3))
    assert boundaries > 3 and not whole.solved
    stored, _ = drive(solver.begin(problem, 3), stop=boundaries // 2)
    resumed, _ = drive(solver.begin(problem, 3, stored))
    assert resumed == whole


@pytest.mark.parametrize("name", SOLVERS)
def test_says_so_when_it_does_not_solve(name):
    problem = bp.random_instance(BinaryPerceptron(), 101, 1.5, rng=1)
    found = bp.solve(problem, name, rng=1, max_iter=30)
    assert not found.solved and found.errors == problem.errors(found.weights) > 0
    assert found.status in ("max-iterations", "schedule-ended")
    assert found.iterations <= 30


@pytest.mark.parametrize("model", [BinaryPerceptron(0.5), SymmetricBinaryPerceptron(1.2), UShapePerceptron(0.4),
                                   IntervalModel([(-2.0, -0.4), (0.1, 1.5)]), TeacherStudent()], ids=repr)  # fmt: skip
@pytest.mark.parametrize("name", EVERY)
def test_other_constraints_are_solved_or_refused_with_a_sentence(name, model):
    problem = bp.random_instance(model, 101, 0.2, rng=3)
    if reason := solver_of(name, {}).applies(problem):
        assert name in reason
        with pytest.raises(ValueError, match=name):
            bp.solve(problem, name)
        return
    found = bp.solve(problem, name, rng=1)
    assert found.solved and problem.errors(found.weights) == 0


@pytest.mark.parametrize("name", EVERY)
def test_real_patterns(name):
    problem = bp.random_instance(BinaryPerceptron(), 101, 0.2, rng=3, patterns="gaussian")
    if reason := solver_of(name, {}).applies(problem):
        assert name in reason
        return
    assert bp.solve(problem, name, rng=1).solved
