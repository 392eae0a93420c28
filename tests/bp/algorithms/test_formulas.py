"""Solvers on formulas: each runs as on perceptrons, or says why it does not."""

import numpy as np
import pytest
from solver_runs import drive

import bp
from bp.algorithms.solver import registry, solver_of
from bp.messages.state import Graphical
from bp.problems.problem import Flippable, Focused, Online

SOLVERS = sorted(registry())
EASY = bp.random_satisfiability(n=100, ratio=3.0, k=3, rng=1)
HOPELESS = bp.random_satisfiability(n=50, ratio=7.0, k=3, rng=2)
"""No solutions, which unit propagation does not see."""
MOST = {"simulated-annealing": 600_000, "replicated-annealing": 600_000, "walksat": 600_000}
MOST |= {"focused-metropolis": 600_000, "entropic-monte-carlo": 1500}


def test_what_a_formula_can_do():
    assert isinstance(EASY, Flippable) and isinstance(EASY, Focused) and isinstance(EASY, Graphical)
    assert not isinstance(EASY, Online) and EASY.forms == ("exact", "survey") and EASY.energies == ("errors",)


@pytest.mark.parametrize("name", SOLVERS)
def test_formulas_are_solved_or_refused_with_a_sentence(name):
    if reason := solver_of(name, {}).applies(EASY):
        assert name in reason and "Satisfiability" in reason
        with pytest.raises(ValueError, match=name):
            bp.solve(EASY, name)
        return
    batch = bp.solve_batch(EASY, name, rngs=[5, 6])
    assert [bp.solve(EASY, name, rng=5), bp.solve(EASY, name, rng=6)] == batch
    for found in batch:
        assert found.solved and found.status == "solved" and EASY.errors(found.weights) == found.errors == 0
        assert found.weights.dtype == np.int8


@pytest.mark.parametrize("name", [name for name in SOLVERS if not solver_of(name, {}).applies(EASY)])
def test_an_interrupted_run_goes_on_bit_for_bit(name):
    solver = solver_of(name, {"max_iter": MOST.get(name, 300)})
    whole, boundaries = drive(solver.begin(HOPELESS, 3))
    assert boundaries > 1 and not whole.solved and whole.errors == HOPELESS.errors(whole.weights) > 0
    stored, _ = drive(solver.begin(HOPELESS, 3), stop=(boundaries + 1) // 2)
    resumed, _ = drive(solver.begin(HOPELESS, 3, stored))
    assert resumed == whole


def test_checkpoints_are_of_one_formula(tmp_path):
    found = bp.solve(EASY, "walksat", rng=1, checkpoint=tmp_path / "run.npz")
    assert found == bp.solve(EASY, "walksat", rng=1)
    assert EASY.fingerprint != HOPELESS.fingerprint


@pytest.mark.parametrize("name", [name for name in SOLVERS if not solver_of(name, {}).applies(EASY)])
def test_small_formulas(name):
    """One variable, mixed lengths, an empty clause; what unit propagation refutes is said to be refuted."""
    solver = solver_of(name, {"max_iter": 300 if solver_of(name, {}).unit in ("iterations", "sweeps") else 5000})
    for clauses in ([[-1]], [[1], [-1, 2], [2, 3, -4], [1, -3, 4, 5]]):
        assert solver(bp.Satisfiability(clauses), rng=1).status == "solved"
    for clauses in ([[1], [-1]], [[1], [-1, 2], [-2]], [[], [1, 2]]):
        assert solver(bp.Satisfiability(clauses), rng=1).status == "unsatisfiable"
    cube = bp.Satisfiability([[a, b, c] for a in (1, -1) for b in (2, -2) for c in (3, -3)])
    found = solver(cube, rng=1)
    assert found.errors == 1 and found.status in ("max-iterations", "schedule-ended", "stalled")
