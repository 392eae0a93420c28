"""Formulas: clauses that come in are those that count; random ones have the law that they say."""

import itertools

import numpy as np
import pytest

from bp import Satisfiability, random_satisfiability, solve


def all_configurations(n):
    return np.array(list(itertools.product([-1, 1], repeat=n)))


def broken(clauses, weights):
    """The referee: a clause is violated if none of its literals is true."""
    return [not any(weights[abs(x) - 1] == np.sign(x) for x in clause) for clause in clauses]


def random_clauses(rng, n):
    sizes = rng.integers(1, min(n, 4) + 1, rng.integers(1, 3 * n + 1))
    return [(rng.choice(n, size, replace=False) + 1) * rng.choice([-1, 1], size) for size in sizes]


@pytest.mark.parametrize("seed", range(6))
def test_violated_clauses_are_those_without_a_true_literal(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 8))
    clauses = [list(map(int, clause)) for clause in random_clauses(rng, n)]
    sat = Satisfiability(clauses, n)
    assert sat.n_constraints == len(clauses) and sat.n_edges == sum(map(len, clauses)) and sat.clauses == clauses
    for weights in all_configurations(n):
        assert sat.violated(weights).tolist() == broken(clauses, weights)


def test_literals_that_come_twice_count_once_and_tautologies_do_not_count():
    sat = Satisfiability([[1, 1, -2], [3, -3], [2, -1, 2, 2], [1, 2, -1]], 4)
    assert sat.clauses == [[1, -2], [2, -1]] and sat.n == 4
    with pytest.raises(ValueError, match="at least one that is not always satisfied"):
        Satisfiability([[1, -1]])


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        (([[1, 0]],), ValueError, "integers other than 0"),
        (([[1, 2.0]],), TypeError, "clause 0 holds 2.0"),
        (([[1, True]],), TypeError, "clause 0 holds True"),
        (([[1], 2],), TypeError, "clause 1 is 2"),
        (("p cnf",), TypeError, "clauses must be sequences"),
        (([],), ValueError, "got none"),
        (([[1, -5]], 3), ValueError, "n must be at least 5"),
        (([[1, 2**31]],), ValueError, "clause 0 holds 2147483648"),
        (([[1, 2]], 0), ValueError, "n must be"),
    ],
)
def test_what_is_no_formula_is_refused(arguments, error, sentence):
    with pytest.raises(error, match=sentence):
        Satisfiability(*arguments)


def test_a_planted_configuration_has_to_satisfy_every_clause():
    assert Satisfiability([[1], [-2]], planted=[1, -1]).planted.tolist() == [1, -1]
    with pytest.raises(ValueError, match="planted must satisfy every clause; it violates 1"):
        Satisfiability([[1], [-2]], planted=[1, 1])
    for k, ratio in ((2, 5.0), (3, 8.0)):
        sat = random_satisfiability(50, ratio, k, rng=1, planted=True)
        assert sat.errors(sat.planted) == 0


def test_random_clauses_have_different_variables_and_random_signs():
    """12 000 literals; means of signs and of variables within 4 standard errors."""
    sat = random_satisfiability(1000, 4.0, 3, rng=3)
    variables = np.abs(sat.literals).reshape(-1, 3)
    assert all(len(set(row)) == 3 for row in variables.tolist()) and sat.n_constraints == 4000
    assert abs(np.sign(sat.literals).mean()) < 4 / np.sqrt(sat.n_edges)
    assert abs(variables.mean() - 500.5) < 4 * 289 / np.sqrt(sat.n_edges)
    small = random_satisfiability(5, 6.0, 5, rng=3)
    assert all(sorted(map(abs, clause)) == [1, 2, 3, 4, 5] for clause in small.clauses)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [((3, 1.0, 4), "k must be at most n=3"), ((10, 0.01, 3), "gives no clauses"), ((10, -1.0, 3), "ratio"),
     ((0, 1.0, 3), "n must"), ((10, 1.0, 0), "k must")],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        random_satisfiability(*arguments)


@pytest.mark.parametrize("seed", range(40))
def test_a_refutation_is_a_proof(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 7))
    sat = Satisfiability([list(map(int, clause)) for clause in random_clauses(rng, n)], n)
    if sat.refutation():
        assert min(sat.errors(weights) for weights in all_configurations(n)) > 0


def test_refutations_say_why():
    assert Satisfiability([[1, 2], []], 3).refutation() == "clause 2 is empty"
    assert "every literal of clause" in Satisfiability([[1], [-1, 2], [-2]]).refutation()
    assert Satisfiability([[1, 2], [-1, -2]]).refutation() == ""
    found = solve(Satisfiability([[1], [-1, 2], [-2]]), "reinforced-bp", rng=1)
    assert found.status == "unsatisfiable"


def test_unit_clauses_imply_values():
    sat = Satisfiability([[1], [-1, 2], [-2, -3, 4], [5, 6]])
    assert sat.implied(np.zeros(6, dtype=np.int8)).tolist() == [1, 1, 0, 0, 0, 0]
    assert sat.implied(np.array([0, 0, 1, 0, 0, -1], dtype=np.int8)).tolist() == [1, 1, 1, 1, 1, -1]
    against = np.array([-1, 0, 0, 0, 0, 0], dtype=np.int8)
    assert sat.implied(against).tolist() == against.tolist()


def test_equal_formulas_have_equal_fingerprints():
    first, second = (random_satisfiability(40, 3.0, 3, rng=seed) for seed in (1, 2))
    assert first.fingerprint == random_satisfiability(40, 3.0, 3, rng=1).fingerprint != second.fingerprint
    assert repr(first) == "Satisfiability(120 clauses of 3 literals over 40 variables)"


@pytest.mark.parametrize(
    ("starts", "literals", "error", "sentence"),
    [
        ([0, 3], [1, 2], ValueError, "starts must rise from 0 to the number of literals, 2"),
        ([1, 2], [1, 2], ValueError, "starts must rise from 0"),
        ([0, 2, 1, 2], [1, 2], ValueError, "starts must rise from 0"),
        ([0], [], ValueError, "starts must rise from 0"),
        ([0, 2], [0, 2], ValueError, "literals must be integers other than 0"),
        ([0, 2], [1.0, 2.0], TypeError, "literals must be an array of integers"),
        ([0.0, 2.0], [1, 2], TypeError, "starts must be an array of integers"),
    ],
)
def test_arrays_that_are_no_clauses_are_refused(starts, literals, error, sentence):
    arrays = [np.array(values, dtype=np.int64 if not values else None) for values in (starts, literals)]
    with pytest.raises(error, match=sentence):
        Satisfiability.of(*arrays, None)


def test_a_huge_ratio_is_refused_in_a_short_sentence():
    with pytest.raises(MemoryError, match=r"1e\+302 clauses of 3 literals") as refusal:
        random_satisfiability(100, 1e300)
    assert len(str(refusal.value)) < 200
