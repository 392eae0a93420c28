"""Messages of clauses: exact on trees, the same fixed point in every order, near enumeration on random formulas."""

import itertools

import numpy as np
import pytest

from bp import Satisfiability, belief_propagation, enumerate_solutions, local_entropy, random_satisfiability
from replica_theory.status import ConvergenceError, Status

TREE = [[1, -2, 3], [-3, 4], [4, 5, -6, 7], [-5], [2, 8, -9], [9, 10]]


def summed(sat, beta, field):
    """Free entropy, magnetisations and energy of all configurations."""
    every = np.array(list(itertools.product([-1, 1], repeat=sat.n)))
    errors = np.array([sat.errors(w) for w in every])
    weights = np.exp(every @ field) * (np.where(errors == 0, 1.0, 0.0) if beta == np.inf else np.exp(-beta * errors))
    energy = weights @ errors / weights.sum() / sat.n_constraints
    return np.log(weights.sum()) / sat.n, weights @ every / weights.sum(), energy


@pytest.mark.parametrize("beta", [np.inf, 2.0, 0.0])
@pytest.mark.parametrize("schedule", ["sequential", "parallel"])
def test_trees_are_exact(beta, schedule):
    sat, field = Satisfiability(TREE), np.linspace(-0.6, 0.9, 10)
    found = belief_propagation(sat, beta=beta, schedule=schedule, damping=0.0, field=field)
    free, m, energy = summed(sat, beta, field)
    assert found.free_entropy == pytest.approx(free, abs=1e-12) and found.energy == pytest.approx(energy, abs=1e-12)
    np.testing.assert_allclose(found.magnetizations, m, atol=1e-12)


def test_one_fixed_point_in_every_order_from_every_start():
    sat = random_satisfiability(300, 6.0, 4, rng=1)
    first = belief_propagation(sat)
    for options in ({"schedule": "parallel"}, {"init": 0.5, "rng": 7}, {"damping": 0.6}, {"init": first.messages}):
        again = belief_propagation(sat, **options)
        assert again.entropy == pytest.approx(first.entropy, abs=1e-9)
        np.testing.assert_allclose(again.magnetizations, first.magnetizations, atol=1e-6)
    assert belief_propagation(sat, init=first.messages).iterations <= 2


def test_small_formulas_are_near_their_enumeration():
    """Short loops at N = 24 cost some hundredths."""
    difference = []
    for seed in range(8):
        sat = random_satisfiability(24, 2.0, 3, rng=seed)
        difference.append(belief_propagation(sat).entropy - enumerate_solutions(sat).entropy)
    assert np.max(np.abs(difference)) < 0.03 and abs(np.mean(difference)) < 0.01


def test_local_entropy_around_an_assignment():
    sat = Satisfiability(TREE)
    solution = enumerate_solutions(sat).solutions()[5]
    curve = local_entropy(sat, solution, [0.05, 0.1, 0.2])
    for d, entropy, gamma in zip(curve.distance, curve.entropy, curve.overlaps["gamma"], strict=True):
        free = summed(sat, np.inf, gamma * solution)[0]
        assert entropy == pytest.approx(free - gamma * (1 - 2 * d), abs=1e-7)


def test_saturated_messages_are_no_contradiction():
    """Unit clauses force every variable; messages rest once they change by less than the tolerance."""
    n = 20
    forced = Satisfiability([[i] for i in range(1, n + 1)] + [[-i, i + 1] for i in range(1, n)])
    found = belief_propagation(forced)
    assert found.converged and abs(found.entropy) < 1e-12 and np.all(found.magnetizations > 1 - 1e-8)


def test_formulas_without_solutions_have_no_entropy():
    with pytest.raises(
        ConvergenceError, match="no weights satisfy every pattern: clauses with a single literal"
    ) as error:
        belief_propagation(Satisfiability([[1], [-1, 2], [-2]]))
    assert error.value.result.status is Status.UNSATISFIABLE and error.value.result.entropy == -np.inf


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"dtype": np.float32}, "dtype must be float64"),
        ({"device": "cuda"}, "perceptrons"),
        ({"method": "amp"}, "method"),
    ],
)
def test_what_clauses_do_not_have_is_refused(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        belief_propagation(random_satisfiability(20, 2.0, 3, rng=1), **options)


def test_memory_is_asked_for_first():
    with pytest.raises(MemoryError, match="messages of clauses"):
        belief_propagation(random_satisfiability(200, 3.0, 3, rng=1), memory_limit=1000)


CONTRADICTIONS = {
    "units": [[1], [-1]],
    "tree": [[1], [-1, 2], [-2]],
    "beside others": [[1], [-1, 2], [-2], [3, 4]],
    "wide": [[1], [-1, 2, 3], [-2], [-3]],
}


@pytest.mark.parametrize("schedule", ["sequential", "parallel"])
@pytest.mark.parametrize("clauses", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_contradictions_cost_what_they_cost_or_are_named(clauses, schedule):
    """Trees, so exact: messages of 1e-28 matter where a clause must be violated; none holds less than 1e-30."""
    sat = Satisfiability(clauses)
    exact = enumerate_solutions(sat, energies=True)
    for beta in (5.0, 30.0, 65.0):
        run = belief_propagation(sat, beta=beta, schedule=schedule, rng=1)
        assert run.free_entropy == pytest.approx(exact.free_entropy(beta), abs=1e-12)
    run = belief_propagation(sat, schedule=schedule, rng=1, on_failure="return")
    assert run.status is Status.UNSATISFIABLE and run.entropy == -np.inf
    assert not belief_propagation(sat, beta=100.0, schedule=schedule, rng=1, on_failure="return").converged
