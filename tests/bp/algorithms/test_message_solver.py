"""Forms of messages: the default, and a sentence for what a problem has not."""

import numpy as np
import pytest

import bp
from bp.algorithms.message_solver import MessageSolver, Relaxing, restore_messages, stored_messages
from bp.algorithms.solver import registry
from replica_theory import BinaryPerceptron

KINDS = [kind for kind in registry().values() if issubclass(kind, MessageSolver)]


def test_which_they_are():
    names = {kind.name for kind in KINDS}
    assert names == {"decimation", "entropic-monte-carlo", "focusing-bp", "reinforced-bp"}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_forms(kind):
    problem = bp.random_instance(BinaryPerceptron(), 21, 0.5, rng=1)
    assert kind().form(problem) == "amp" and kind(method="gaussian").form(problem) == "gaussian"
    assert kind(method="pairs").applies(problem) == "method must be one of 'gaussian', 'exact', 'amp'; got 'pairs'"
    with pytest.raises(TypeError, match="method must be None or the name of one; got 3"):
        kind(method=3)
    assert bp.solve(problem, kind(method="gaussian"), rng=1).solved


def test_messages_rest_as_their_problem_asks_for():
    problem, formula = bp.random_instance(BinaryPerceptron(), 21, 0.5, rng=1), bp.random_satisfiability(50, 3.0, rng=1)
    for kind in (kind for kind in KINDS if issubclass(kind, Relaxing)):
        assert kind().relaxation(problem) == (0.5, 1e-3) and kind().relaxation(formula) == (0.3, 1e-2)
        assert kind(tol=0.1, damping=0.0).relaxation(formula) == (0.0, 0.1)
    assert bp.algorithms.reinforced.ReinforcedBP().resolved(formula).damping == 0.3


@pytest.mark.parametrize("method", ["amp", "gaussian"])
def test_messages_are_stored_and_restored(method):
    problem = bp.random_instance(BinaryPerceptron(), 21, 0.5, rng=1)
    one, other = (problem.messages(method, init=0.1, rng=seed) for seed in (1, 2))
    restore_messages(other, method, stored_messages(one))
    field = np.zeros(21)
    assert one.sweep(field, 0.5) == other.sweep(field, 0.5) and np.array_equal(one.fields, other.fields)
