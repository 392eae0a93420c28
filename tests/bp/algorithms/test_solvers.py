"""Solvers as a user calls them: automatic restarts, reinforced BP, and runs that are killed and go on."""

import numpy as np
import pytest
from solver_runs import hard

import bp
from replica_theory.models.intervals import IntervalModel, SymmetricBinaryPerceptron, UShapePerceptron
from replica_theory.models.perceptron import BinaryPerceptron


@pytest.mark.parametrize("solver", ["focusing-bp", "reinforced-bp"])
def test_restarts_until_the_budget_is_spent(solver):
    found = bp.solve(hard(), solver, rng=1, max_iter=1500)
    assert not found.solved and found.status == "max-iterations"
    restart = found.trace["restart"]
    assert restart[0] == 0 and restart[-1] >= 2 and set(np.diff(restart)) == {0, 1}
    starts = np.flatnonzero(np.diff(restart)) + 1
    assert np.all(np.diff(found.trace["y"][starts]) == 0)
    searches = np.flatnonzero(np.isnan(found.trace["y"]))
    assert np.array_equal(searches[: len(starts)], starts - 1)  # one at the end of every pass
    # the budget is spent, searches of 4000 flips taken as 133 iterations, but for the rest of the last one
    assert found.iterations + 133 * (len(searches) - 1) <= 1500 <= found.iterations + 134 * len(searches)
    assert found.errors == found.trace["errors"].min() <= found.trace["errors"][searches].min()


@pytest.mark.parametrize("solver", ["focusing-bp", "reinforced-bp"])
@pytest.mark.parametrize("method", ["amp", "gaussian"])
@pytest.mark.parametrize(
    "model",
    [UShapePerceptron(0.6), IntervalModel([(-2.0, -0.8), (-0.1, 0.4), (1.0, np.inf)]), IntervalModel([(-0.5, 1.0)])],
    ids=repr,
)
def test_unions_of_intervals_are_solved(model, method, solver):
    inst = bp.random_instance(model, n=201, alpha=0.3, rng=2)
    found = bp.solve(inst, solver, method=method, rng=1)
    assert found.solved and np.all(model.allows(inst.stabilities(found.weights)))


def test_checkpoints_tell_intervals_apart():
    patterns = np.random.default_rng(1).choice([-1, 1], (5, 9))
    marks = [
        bp.Instance(patterns, constraint=IntervalModel(ends)).fingerprint
        for ends in ([(-1, 0)], [(-1, 0.5)], [(-1, 0), (1, 2)])
    ]
    assert len(set(marks)) == 3


def test_restarts_solve_what_one_pass_does_not():
    solved = np.zeros(2, dtype=int)
    for seed in range(6):
        inst = bp.random_instance(BinaryPerceptron(), n=501, alpha=0.74, rng=seed)
        found = bp.solve(inst, rng=seed, max_iter=3000)
        assert found.errors == inst.errors(found.weights)
        solved += (found.solved and found.trace["restart"][-1] == 0, found.solved)
    assert solved[1] > solved[0]


@pytest.mark.parametrize(("kappa", "alpha"), [(1.0, 0.02), (1.0, 0.05), (1.0, 1.3), (0.5, 0.3)])
def test_symmetric_at_small_and_large_loads(kappa, alpha):
    inst = bp.random_instance(SymmetricBinaryPerceptron(kappa), n=1001, alpha=alpha, rng=2)
    assert bp.solve(inst, rng=1).solved


# Many runs side by side


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"rngs": [1], "checkpoint": "x.npz"}, "checkpoint is for a single run"),
        ({"rngs": [1], "solver": "luck"}, "solver must be one of"),
        ({"rngs": [1, 2], "problem": [hard()]}, "one for each of the 2 rngs; got 1"),
    ],
)
def test_bad_batches(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        bp.solve_batch(**{"problem": hard()} | arguments)
    with pytest.raises(TypeError, match=r"focusing-bp has no option 'stops'; its options are .*schedule, steps"):
        bp.solve_batch(hard(), rngs=[1], stops=3)
    with pytest.raises(TypeError, match="rngs must be a sequence of seeds, one for each run; got 3"):
        bp.solve_batch(hard(), rngs=3)
    with pytest.raises(TypeError, match="problem must be a problem or a sequence of them; got NoneType"):
        bp.solve_batch(None, rngs=[1])
