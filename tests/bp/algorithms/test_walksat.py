"""WalkSAT as a solver: solutions, limits, and runs that go on where they were."""

import pytest

import bp


@pytest.mark.parametrize("name", ["walksat", "focused-metropolis"])
def test_random_formulas_are_solved(name):
    sat = bp.random_satisfiability(300, 3.8, 3, rng=1)
    found = bp.solve(sat, name, rng=2)
    assert found.solved and sat.errors(found.weights) == 0 and found.trace["iterations"][-1] == found.iterations
    assert found == bp.solve(sat, name, rng=2)


@pytest.mark.parametrize("name", ["walksat", "focused-metropolis"])
def test_a_run_goes_on_from_a_snapshot(name):
    """Two blocks in a row are the run from the snapshot between them."""
    sat = bp.random_satisfiability(100, 7.0, 3, rng=1)
    solver = bp.algorithms.solver.solver_of(name, {"max_iter": 600_000})
    run, kept = solver.begin(sat, 3), []
    try:
        while True:
            boundary = next(run)
            kept.append({k: v() if callable(v) else v for k, v in boundary.snapshot().items()})
    except StopIteration as end:
        whole = end.value
    again = solver.begin(sat, 3, kept[0])
    try:
        while True:
            next(again)
    except StopIteration as end:
        assert end.value == whole
    assert not whole.solved and whole.iterations == 600_000 and whole.status == "max-iterations"


@pytest.mark.parametrize(("name", "option"), [("walksat", "noise"), ("focused-metropolis", "eta")])
def test_bad_options(name, option):
    for value in (-0.1, 1.5, "x"):
        with pytest.raises((TypeError, ValueError), match=option):
            bp.solve(bp.random_satisfiability(20, 2.0, 3, rng=1), name, **{option: value})


def test_other_problems_have_no_violated_clauses_to_walk_in():
    import replica_theory as rt

    with pytest.raises(ValueError, match="Focused"):
        bp.solve(bp.random_instance(rt.BinaryPerceptron(), 21, 0.3, rng=1), "walksat")


def test_an_empty_clause_ends_at_the_limit():
    found = bp.solve(bp.Satisfiability([[], [1, 2]], 5), "walksat", max_iter=1000, rng=1)
    assert found.errors == 1 and not found.solved
