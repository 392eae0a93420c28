"""Against python-sat (extra `sat`): the same formulas in files, the same solutions."""

import numpy as np
import pytest

import bp

pysat = pytest.importorskip("pysat.formula", reason="python-sat is not installed (an extra)")
solvers = pytest.importorskip("pysat.solvers", reason="python-sat is not installed (an extra)")


def mixed(seed):
    """Clauses of one to four literals over twelve variables."""
    rng = np.random.default_rng(seed)
    sizes = rng.choice([1, 2, 3, 4], 30, p=[0.03, 0.17, 0.5, 0.3])
    return [(rng.choice(12, k, replace=False) + 1) * rng.choice([-1, 1], k) for k in sizes]


@pytest.mark.parametrize("seed", range(6))
def test_counts_and_solutions_are_the_same(seed):
    sat = bp.Satisfiability(mixed(seed), 12)
    with solvers.Solver(name="minisat22", bootstrap_with=sat.clauses) as solver:
        # a variable in no clause is in no model: say that it may be either
        for i in range(1, sat.n + 1):
            solver.add_clause([i, -i])
        models = [model[: sat.n] for model in solver.enum_models()]
    found = bp.enumerate_solutions(sat)
    assert found.count == len(models)
    theirs = sorted(tuple(np.sign(model)) for model in models)
    assert theirs == sorted(map(tuple, found.solutions().tolist()))


@pytest.mark.parametrize("name", ["formula.cnf", "formula.cnf.gz"])
def test_files_are_read_the_same_both_ways(name, tmp_path):
    sat, path = bp.Satisfiability(mixed(1), 12), tmp_path / name
    bp.write_dimacs(sat, path)
    theirs = pysat.CNF(from_file=str(path))
    assert (theirs.nv, theirs.clauses) == (sat.n, sat.clauses)
    pysat.CNF(from_clauses=sat.clauses).to_file(str(path), comments=["c written by python-sat"])
    again = bp.read_dimacs(path)
    assert again.clauses == sat.clauses and again.n == theirs.nv


@pytest.mark.parametrize("seed", range(4))
def test_what_is_refuted_has_no_model_and_what_is_solved_has_one(seed):
    sat = bp.random_satisfiability(60, 4.3, 3, rng=seed)
    with solvers.Solver(name="minisat22", bootstrap_with=sat.clauses) as solver:
        satisfiable = solver.solve()
        found = bp.solve(sat, "walksat", rng=1, max_iter=300_000)
        assert found.solved == satisfiable  # 60 variables: WalkSAT finds what there is within 5000 flips each
        if found.solved:
            assert solver.solve(assumptions=(np.arange(1, 61) * found.weights).tolist())
